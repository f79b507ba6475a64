"""Rows as the wire shows them: MSG, FEEDBACK, SOURCE, MODEL, the snapshot (the contract is in events.py)."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

import inference
from chat import comparing, markdown, queries, reply_errors, structured
from chat.access import Actor
from chat.answerers import author, level
from chat.comparing import Verdict
from chat.enums import Language, Role, Status
from chat.knowledge.queries import Titles
from chat.language import guess_language
from chat.models import Conversation, Feedback, Generation, Message
from chat.queries import Page, Tree

Json = dict[str, Any]


def conversation_json(conversation: Conversation) -> Json:
    """A conversation's heading; its assistant is empty for the default one, its engine for the assistant's."""
    return {
        "id": str(conversation.public_id),
        "title": conversation.title,
        "language": conversation.language,
        "assistant": conversation.assistant.slug if conversation.assistant else "",
        "engine": conversation.engine,
    }


def messages_json(actor: Actor, messages: list[Message], tree: Tree) -> list[Json]:
    """MSG for each message, with what this actor thinks of it; a constant number of queries."""
    feedback = queries.feedback_of(actor, messages)
    titles = Titles(slug for message in messages for slug in _cited(message))
    return [_message_json(message, tree, feedback.get(message.pk), titles) for message in messages]


def page_json(actor: Actor, page: Page) -> Json:
    """A page of older messages."""
    return {"messages": messages_json(actor, page.messages, page.tree), "has_older": page.has_older}


def snapshot_json(actor: Actor, conversation: Conversation) -> Json:
    """Everything that a page needs to show the conversation as it is now."""
    page = queries.latest_page(conversation)
    question = queries.shown_pair(conversation) if page.messages and page.messages[-1].side else None
    running = next((message for message in page.messages if message.status == Status.STREAMING), None)
    return {
        "conversation": conversation_json(conversation),
        **page_json(actor, page),
        "running": str(running.public_id) if running else None,
        "comparison": comparison_json(question) if question else None,
        "model": model_json(),
    }


def comparison_json(question: Message) -> Json:
    """Two answers side by side: which they are, and after the vote what was said and who wrote them."""
    pair = queries.candidates(question)
    verdict = comparing.records().verdict(question)
    return {
        "id": str(question.public_id),
        "messages": [str(reply.public_id) for reply in pair],
        "verdict": _verdict_json(verdict) if verdict else None,
        "engines": _engines_json(question, pair) if verdict else None,
    }


def _verdict_json(verdict: Verdict) -> Json:
    return {
        "better": verdict.better,
        "reasons": list(verdict.reasons),
        "guess": verdict.guess,
        "guess_right": verdict.guess_right,
    }


def _engines_json(question: Message, pair: list[Message]) -> list[Json]:
    names = comparing.records().engines(question)
    return [{"name": name, "confidence": reply.generation.confidence} for name, reply in zip(names, pair, strict=True)]


def is_secret(message: Message) -> bool:
    """Whether it must not be known yet who wrote this: one of two answers that wait for a vote."""
    if not message.side or message.parent is None or comparing.records().verdict(message.parent) is not None:
        return False
    return queries.shown_pair(message.conversation) == message.parent


def feedback_json(feedback: Feedback | None) -> Json | None:
    """A rating as its author sees it."""
    if feedback is None:
        return None
    reasons = sorted(reason.code for reason in feedback.reasons.all())
    return {"value": feedback.value, "reasons": reasons, "comment": feedback.comment}


def model_json() -> Json:
    """Whether the model can answer, in the active language."""
    status = inference.get_backend().status()
    return {
        "state": str(status.state),
        "progress": round(status.progress, 3),
        "eta_s": status.eta_s,
        "detail": reply_errors.model_sentence(status.state, status.error_code),
    }


def html_of(message: Message) -> str | None:
    """A finished reply as safe HTML; None for what is shown as plain text."""
    if message.role != Role.ASSISTANT or message.status == Status.STREAMING:
        return None
    if fields := structured.fields_of(message):
        return structured.html(fields, message.content, message.status)
    whole = message.status == Status.COMPLETE
    text = message.content if whole else markdown.without_open_bold(message.content)
    return markdown.render(markdown.evened(text) if message.side else text)


def whole_html_of(message: Message) -> str:
    """A reply as safe HTML in whatever state it is, with everything that its author put into it: for staff."""
    fields = structured.fields_of(message)
    return structured.html(fields, message.content, message.status) if fields else markdown.render(message.content)


def generation_of(message: Message) -> Generation | None:
    """The reply's generation record; None for a visitor's message."""
    return getattr(message, "generation", None)


def language_of(message: Message, otherwise: Language) -> Language:
    """The language that a message is written in."""
    return guess_language(message.content, otherwise)


def sources_json(message: Message, language: Language, titles: Titles | None = None) -> list[Json]:
    """SOURCE {slug, title, url} of each article that a reply cites.

    The title is in the reply's own language; an article that was taken back has no address.
    """
    slugs = _cited(message)
    titles = titles or Titles(slugs)
    return [{"slug": slug, "title": titles.of(slug, language), "url": _url(slug, titles)} for slug in slugs]


def _url(slug: str, titles: Titles) -> str:
    return reverse("help:article", args=[slug]) if slug in titles else ""


def answerer_json(message: Message) -> Json:
    """Who wrote a reply and how sure it is; nothing while that is secret, or when nobody noted it."""
    generation = generation_of(message)
    if generation is None or is_secret(message):
        return {"engine": "", "confidence": "", "abstained": False}
    return {"engine": author(generation), "confidence": level(generation).value, "abstained": generation.abstained}


def _cited(message: Message) -> list[str]:
    generation = generation_of(message)
    return generation.sources if generation and not is_secret(message) else []


def _message_json(message: Message, tree: Tree, feedback: Feedback | None, titles: Titles) -> Json:
    siblings = tree.siblings(message.pk)
    language = language_of(message, tree.language)
    return {
        "id": str(message.public_id),
        "parent": tree.public_id(message.parent_id),
        "role": message.role,
        "status": message.status,
        "seq": message.seq,
        "text": message.content,
        "html": html_of(message),
        "structured": bool(structured.fields_of(message)),
        "client_id": message.client_id,
        "created_at": message.created_at.isoformat(),
        "lang": language,
        "versions": {
            "ids": [str(node.public_id) for node in siblings],
            "index": [node.pk for node in siblings].index(message.pk),
        },
        "feedback": feedback_json(feedback),
        "detail": _detail(message, generation_of(message)),
        **answerer_json(message),
        "sources": sources_json(message, language, titles),
    }


def _detail(message: Message, generation: Generation | None) -> str:
    if message.status != Status.FAILED:
        return ""
    return reply_errors.sentence(generation.error_class if generation else "")
