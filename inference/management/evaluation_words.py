"""Names and sentences for an evaluation's figures, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inference.evaluating.answers import Answer, rules_part

MOST_WORDS = 12  # of those that matched


def engine_name(name: str) -> str:
    """What people call the engine of that name in INFERENCE."""
    names = {"rules": _("Rules"), "gpt2": "GPT-2", "router": _("Router"), "checkpoint": _("GPT-2 alone")}
    return names.get(name, name)


def percent(share: float | None, digits: int = 1) -> str:
    """0.907 as 90.7%; a dash for nothing."""
    return "–" if share is None else f"{100 * share:.{digits}f}%"


def interval(ci95: list[float] | None) -> str:
    """[0.888, 0.924] as 88.8–92.4; empty for nothing."""
    return "" if ci95 is None else f"{100 * ci95[0]:.1f}–{100 * ci95[1]:.1f}"


def milliseconds(value: float | None) -> str:
    """As many digits as mean something."""
    if value is None:
        return "–"
    return f"{value:.2f}" if value < 1 else f"{value:.1f}" if value < 10 else f"{value:,.0f}"


def p_value(p: float) -> str:
    """A p-value without false precision."""
    text = "p < 0.0001" if p < 0.0001 else f"p = {p:.2g}" if p < 0.1 else f"p = {p:.2f}"
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def outcome_names() -> dict[str, str]:
    """The four outcomes of an answer."""
    return {"right": _("right"), "wrong": _("wrong"), "abstained": _("abstained"), "failed": _("failed")}


def form_names() -> dict[str, str]:
    """What is checked of an answer's text."""
    return {
        "good": _("nothing is wrong with the text"),
        "ended": _("ended by itself"),
        "whole": _("the last sentence is whole"),
        "language_right": _("in the question's language"),
        "no_repetition": _("no repetition"),
        "markup_whole": _("no broken markup"),
        "published": _("word for word the published article"),
    }


def verdicts(summary: dict[str, Any]) -> list[str]:
    """A sentence for each engine, the best first, and one for each two of them."""
    engines = sorted(summary["engines"].items(), key=lambda item: -item[1]["accuracy"])
    return [_engine(name, figures) for name, figures in engines] + [_compared(pair) for pair in summary["comparisons"]]


def _engine(name: str, figures: dict[str, Any]) -> str:
    values = {
        "engine": engine_name(name),
        "right": percent(figures["accuracy"]),
        "interval": interval(figures["accuracy_ci95"]),
        "n": figures["n"],
        "wrong": percent(figures["wrong_of_answered"]["share"]),
        "abstained": percent(figures["shares"]["abstained"]["share"]),
    }
    return (
        _(
            "%(engine)s: %(right)s right [%(interval)s] of %(n)d questions; where it chose to answer, %(wrong)s wrong; "
            "left %(abstained)s to a person that it should have answered."
        )
        % values
    )


def _compared(pair: dict[str, Any]) -> str:
    """McNemar's test in words."""
    ahead, behind = ("second", "first") if pair["only_second"] > pair["only_first"] else ("first", "second")
    values = {
        "ahead": engine_name(pair[ahead]),
        "behind": engine_name(pair[behind]),
        "more": pair[f"only_{ahead}"],
        "fewer": pair[f"only_{behind}"],
        "p": p_value(pair["p"]),
    }
    if pair["differ"]:
        return (
            _(
                "%(ahead)s is better than %(behind)s: right on %(more)d questions where %(behind)s is not, against "
                "%(fewer)d the other way round; chance alone does not explain that (%(p)s)."
            )
            % values
        )
    return (
        _(
            "%(ahead)s and %(behind)s cannot be told apart: right alone on %(more)d and %(fewer)d questions, which may "
            "be chance (%(p)s)."
        )
        % values
    )


def notes(summary: dict[str, Any]) -> list[str]:
    """What the reader must know about how the figures came about."""
    found = []
    if summary["stopped"]:
        found.append(_("The run was stopped early: these are the answers that there were until then."))
    if summary["examples"]:
        message = ngettext(
            "%(count)d question is an example in an article, word for word: an engine that searches the examples finds "
            "it. Leave it out with --unseen to measure how new questions are answered.",
            "%(count)d questions are examples in the articles, word for word: an engine that searches the examples "
            "finds them. Leave them out with --unseen to measure how new questions are answered.",
            summary["examples"],
        )
        found.append(message % {"count": summary["examples"]})
    if summary["unknown_topics"]:
        count = sum(summary["unknown_topics"].values())
        message = ngettext(
            "%(count)d question expects an article that is not published (%(articles)s): no engine can be right there.",
            "%(count)d questions expect articles that are not published (%(articles)s): no engine can be right there.",
            count,
        )
        found.append(message % {"count": count, "articles": _some(sorted(summary["unknown_topics"]))})
    return found


def _some(names: list[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")


def why(answer: Answer) -> list[str]:
    """How an engine came to its answer, as far as its record tells."""
    explanation = answer.explanation
    chosen = (explanation.get("router") or {}).get("reason")
    found = [reasons().get(code, code) for code in dict.fromkeys((chosen, answer.reason)) if code]
    cited = explanation.get("citation")
    if isinstance(cited, dict):
        return [*found, *_next_best(cited.get("runner_up"), "confidence"), *_retrieved(explanation)]
    return [*found, *_by_rules(rules_part(explanation))]


def _by_rules(explanation: Mapping[str, Any]) -> Iterator[str]:
    words = explanation.get("matched")
    if words:
        texts = [str(word.get("text", "")) if isinstance(word, dict) else str(word) for word in words[:MOST_WORDS]]
        yield _("matched: %(words)s") % {"words": ", ".join(texts)}
    if "score" in explanation:
        values = {"score": _number(explanation["score"]), "threshold": _number(explanation.get("threshold"))}
        yield _("score %(score)s, threshold %(threshold)s") % values
    yield from _next_best(explanation.get("runner_up"), "score")


def _next_best(other: Any, measure: str) -> Iterator[str]:
    if isinstance(other, dict) and other.get("article"):
        yield _("next best: %(article)s (%(score)s)") % {
            "article": other["article"],
            "score": _number(other.get(measure)),
        }


def _retrieved(explanation: Mapping[str, Any]) -> Iterator[str]:
    for hit in (explanation.get("retrieval") or [])[:1]:
        yield _("retrieval: %(article)s (%(score)s)") % {
            "article": hit.get("article"),
            "score": _number(hit.get("score")),
        }


def reasons() -> dict[str, str]:
    """Why the router chose as it did, by the code in the record."""
    return {
        "rules_sure": _("The rules were sure, so they answered."),
        "rules_unsure": _("The rules were not sure, so the language model was asked."),
        "policy_rules": _("On this site or topic the rules always answer."),
        "policy_model": _("On this site or topic the language model always answers."),
        "model_starting": _("The language model was still starting, and the rules were sure."),
        "model_failed": _("The language model could not be used, and the rules were sure."),
        "article_changed": _("The article has changed since the model was taught it, so it was quoted as published."),
        "article_unknown": _("The model was never taught this article, so it was quoted as published."),
        "article_retired": _(
            "The model named an article that is not published any more; the next best one was quoted."
        ),
        "unsure": _("The model was not sure enough, so the answer says that it does not know."),
        "no_citation": _("The checkpoint names no sources, so its words went out unchecked."),
    }


def _number(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, int | float) else "–"
