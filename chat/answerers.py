"""Who answered and why, in words: for staff in the transcript, for the visitor under an answer."""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext_lazy as _

import inference
from chat.models import Generation

ENGINES = {
    "rules": _("the help articles (rules)"),
    "gpt2": _("the language model"),
    "checkpoint": _("the language model, unchecked"),
}
REASONS = {
    "rules_sure": _("The rules were sure, so they answered."),
    "rules_unsure": _("The rules were not sure, so the language model was asked."),
    "policy_rules": _("On this site or topic the rules always answer."),
    "policy_model": _("On this site or topic the language model always answers."),
    "model_starting": _("The language model was still starting, and the rules were sure."),
    "model_failed": _("The language model could not be used, and the rules were sure."),
    "article_changed": _("The article has changed since the model was taught it, so it was quoted as published."),
    "article_unknown": _("The model was never taught this article, so it was quoted as published."),
    "article_retired": _("The model named an article that is not published any more; the next best one was quoted."),
    "wrong_language": _("The model began in another language than the question, so the article was quoted."),
    "unsure": _("The model was not sure enough, so the answer says that it does not know."),
    "articles_off": _("The model was asked for its own words, without the help articles."),
    "fallback": _("The engine that answers otherwise was down, so this one stood in for it."),
    "no_citation": _("The checkpoint names no sources, so its words went out unchecked."),
}
SURE_FROM, FAIRLY_FROM = 0.85, 0.6


class Level(StrEnum):
    """How sure an answer is, as far as a person needs it; empty when it needs no article, or nobody noted it."""

    SURE = "sure"
    FAIRLY = "fairly"
    UNSURE = "unsure"
    NONE = ""


def engine_name(code: str) -> str:
    """The engine in words; the label that an operator gave it, or its name, when it is one of their own."""
    return str(ENGINES.get(code) or inference.registry.label(code) or code)


def author(record: Generation) -> str:
    """Which of the engines that visitors know wrote it, here or on the server that was asked; empty for another."""
    told = record.explanation if isinstance(record.explanation, dict) else {}
    there = told.get("upstream")
    names = [record.answered_by, there.get("answered_by") if isinstance(there, dict) else ""]
    return next((name for name in names if name in ENGINES), "")


def reasons(record: Generation) -> list[str]:
    """Why this engine answered and why in this way: a sentence each."""
    codes = [_chosen(record), record.reason]
    return [str(REASONS.get(code, code)) for code in dict.fromkeys(codes) if code]


def level(record: Generation) -> Level:
    """How sure the answer is."""
    if record.abstained:
        return Level.UNSURE
    if record.confidence is None or not record.sources:
        return Level.NONE
    if record.confidence >= SURE_FROM:
        return Level.SURE
    return Level.FAIRLY if record.confidence >= FAIRLY_FROM else Level.UNSURE


def _chosen(record: Generation) -> str:
    """The router's own reason, where a router chose the engine."""
    told = record.explanation if isinstance(record.explanation, dict) else {}
    router = told.get("router")
    return str(router.get("reason") or "") if isinstance(router, dict) else ""
