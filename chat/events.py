"""What the server tells the pages of a conversation, and the only place that sends to a group.

An event is a dict with "type"; MSG, FEEDBACK, SOURCE and MODEL are described in serializers.py.

snapshot {conversation, messages: [MSG], running, comparison: COMPARISON|null, has_older, model}
                                              the newest messages of the active branch
history {messages: [MSG], has_older}
turn.created {messages: [MSG]}                a new question with its empty reply, or a new reply alone
reply.waiting {message_id, state, position, wait_s}
reply.delta {message_id, seq, text}           piece number `seq`; a gap means: sync
reply.text {message_id, seq, text}            the whole text so far (polling only, in place of deltas)
reply.resumed {message_id, status, seq}       after Continue
reply.done {message_id, status, seq, text, html, lang, detail, engine, confidence, abstained, sources: [SOURCE]}
feedback.saved {message_id, feedback: FEEDBACK|null}
conversation.updated {conversation}
model.status {model: MODEL}
error {code, detail, client_id?, message_id?, retry_after_s?}
again {command}                               nothing was done: send it once more after the reconnect that follows

In a MSG and in reply.done: `engine` is whose words these are ("rules", "gpt2"; empty: nobody's that a person knows),
`confidence` how sure it is ("sure", "fairly", "unsure"; empty: the answer needs no article), and `abstained` tells an
answer that says that it does not know. In a MSG `structured` tells an answer that is a result: its text is JSON, and
its html a table in the reader's language.

COMPARISON = {id, messages: [id of answer A, id of answer B], verdict: VERDICT|null, engines: [ENGINE, ENGINE]|null}
VERDICT = {better: "a"|"b"|"tie"|"both_bad", reasons: [code], guess, guess_right: bool|null}
ENGINE = {name, confidence: 0..1|null}

A comparison is there while its two answers are the end of what is shown; its id is that of the question, and the
messages hold both answers, A first, under the same parent (and below them, when both were bad, the sentence with
which the conversation goes on). Until the vote their sources are empty, and engines is null. `running` is the first
message that runs; the other one may run as well. That a comparison begins, is decided or is left behind, tabs are
told by RESYNC alone: it happens as seldom as people speak, and a snapshot cannot be half a pair.

The layer may lose, and a reader may see an event that its snapshot contains already. So a reader ignores a
delta, and a MSG, whose `seq` is not above what it has of that message.

Two events never leave the server: RESYNC (the branch changed: each tab gets its own snapshot) and GONE (the
conversation was deleted). What people read is translated per tab, by `localized`.
"""

from __future__ import annotations

import json
from typing import Any

from chat import hub, reply_errors, structured
from chat.assistants.results import read_fields
from chat.enums import Language, Status
from chat.errors import ChatError
from chat.models import Conversation, Message
from chat.serializers import answerer_json, conversation_json, generation_of, html_of, language_of, sources_json

Event = dict[str, Any]
MAX_BYTES = 60_000
RESYNC = hub.RESYNC
GONE: Event = {"type": "gone"}


async def publish(conversation_id: str, event: Event) -> None:
    """Tell every tab. Losing an event is allowed: a tab that sees a gap asks for the state."""
    frame = json.dumps(event)
    if len(frame) > MAX_BYTES:
        event, frame = RESYNC, json.dumps(RESYNC)
    await hub.get_hub().tell(conversation_id, event, frame)


def localized(event: Event) -> Event:
    """The event as one reader gets it, with its sentences in the active language."""
    if event["type"] != "reply.done":
        return event
    shown = {name: value for name, value in event.items() if name not in ("error_code", "retry_after_s", "fields")}
    if event["fields"]:
        shown["html"] = structured.html(read_fields(event["fields"]), event["text"], event["status"])
    code = event["error_code"]
    shown["detail"] = reply_errors.sentence(code, event["retry_after_s"]) if code else ""
    return shown


def delta(message_id: str, seq: int, text: str) -> Event:
    """A stored piece of a running reply."""
    return {"type": "reply.delta", "message_id": message_id, "seq": seq, "text": text}


def whole_text(message: Message) -> Event:
    """All of a running reply so far, for a page that polls."""
    return {
        "type": "reply.text",
        "message_id": str(message.public_id),
        "seq": message.seq,
        "text": message.content,
    }


def waiting(message_id: str, state: str, position: int, wait_s: float | None) -> Event:
    """Where a reply stands before its first word."""
    return {
        "type": "reply.waiting",
        "message_id": message_id,
        "state": state,
        "position": position,
        "wait_s": wait_s,
    }


def resumed(message: Message) -> Event:
    """The same reply goes on."""
    return {
        "type": "reply.resumed",
        "message_id": str(message.public_id),
        "status": message.status,
        "seq": message.seq,
    }


def done(message: Message, retry_after_s: float | None = None) -> Event:
    """A reply's end, before `localized`."""
    generation = generation_of(message)
    failed = message.status == Status.FAILED
    language = language_of(message, Language(message.conversation.language))
    return {
        "type": "reply.done",
        "message_id": str(message.public_id),
        "status": message.status,
        "seq": message.seq,
        "text": message.content,
        "html": html_of(message) or "",
        "fields": generation.result_fields if generation else [],
        "lang": language,
        "error_code": (generation.error_class if generation else "") or reply_errors.INTERNAL if failed else "",
        "retry_after_s": retry_after_s,
        **answerer_json(message),
        "sources": sources_json(message, language),
    }


def feedback_saved(message: Message, feedback: Event | None) -> Event:
    """A rating, changed or taken back."""
    return {"type": "feedback.saved", "message_id": str(message.public_id), "feedback": feedback}


def conversation_updated(conversation: Conversation) -> Event:
    """A title, given or changed."""
    return {"type": "conversation.updated", "conversation": conversation_json(conversation)}


def again(frame: str) -> Event:
    """A command that another process shall carry out, as it came."""
    return {"type": "again", "command": json.loads(frame)}


def error(problem: ChatError) -> Event:
    """A refusal, in the active language."""
    event: Event = {"type": "error", "code": problem.code, "detail": str(problem.detail)}
    for name in ("client_id", "message_id", "retry_after_s"):
        value = getattr(problem, name)
        if value:
            event[name] = value
    return event
