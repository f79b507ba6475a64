"""What a browser may ask for: a text frame in, a frozen command out. No client's dict goes further than here.

The size is checked before the JSON is parsed; unknown and missing fields, wrong types, duplicate keys
and numbers that are not JSON are refused.
"""

from __future__ import annotations

import dataclasses
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, get_type_hints

from django.conf import settings

from chat import limits
from chat.enums import Better, FeedbackReasonCode, FeedbackValue
from chat.errors import BadCommand, TooLong

COMMENT_MAX_CHARS = 2000
WORD_MAX_CHARS, MAX_WORDS = 64, 16


class BadFrame(BadCommand):
    """Not a JSON object in a text frame of allowed size; a few of these close the socket."""


def clean_text(value: Any) -> str:
    """A text as it can be stored: NUL left out; BadCommand for anything but a string of whole characters."""
    if not isinstance(value, str):
        raise BadCommand()
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        raise BadCommand() from None
    return value.replace("\x00", "")


def parse_uuid(value: Any) -> uuid.UUID:
    """A UUID in its usual form only; braces, prefixes and missing hyphens are refused."""
    text = clean_text(value)
    try:
        parsed = uuid.UUID(text)
    except ValueError:
        raise BadCommand() from None
    if str(parsed) != text.lower():
        raise BadCommand()
    return parsed


def parse_message_text(value: Any) -> str:
    """What a visitor wrote: not blank, not over the limit."""
    text = clean_text(value).strip()
    if not text:
        raise BadCommand()
    limits.check_length(text)
    return text


def _parse_client_id(value: Any) -> str:
    return str(parse_uuid(value))


def _parse_value(value: Any) -> FeedbackValue:
    if type(value) is not int or value not in FeedbackValue.values:
        raise BadCommand()
    return FeedbackValue(value)


def _parse_reasons(value: Any) -> tuple[FeedbackReasonCode, ...]:
    if not isinstance(value, list) or len(value) > len(FeedbackReasonCode):
        raise BadCommand()
    if not all(isinstance(code, str) and code in FeedbackReasonCode.values for code in value):
        raise BadCommand()
    return tuple(FeedbackReasonCode(code) for code in dict.fromkeys(value))


def _parse_better(value: Any) -> Better:
    if not isinstance(value, str) or value not in Better.values:
        raise BadCommand()
    return Better(value)


def parse_word(value: Any) -> str:
    """A short text, such as a name."""
    text = clean_text(value)
    if len(text) > WORD_MAX_CHARS:
        raise BadCommand()
    return text


def _parse_words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MAX_WORDS:
        raise BadCommand()
    return tuple(dict.fromkeys(parse_word(word) for word in value))


def _parse_comment(value: Any) -> str:
    text = clean_text(value).strip()
    if len(text) > COMMENT_MAX_CHARS:
        raise TooLong()
    return text


# A field's type with the function that makes it from what a client sent.
MessageId = Annotated[uuid.UUID, parse_uuid]
ClientId = Annotated[str, _parse_client_id]
MessageText = Annotated[str, parse_message_text]


@dataclass(frozen=True, slots=True)
class Command:
    """Base; `type` is its name on the wire, `generates` how many answers it makes engines write."""

    type: ClassVar[str] = ""
    generates: ClassVar[int] = 0


@dataclass(frozen=True, slots=True)
class SendMessage(Command):
    """A new message at the end of the active branch."""

    type: ClassVar[str] = "message.send"
    generates: ClassVar[int] = 1
    client_id: ClientId
    text: MessageText


@dataclass(frozen=True, slots=True)
class CompareAnswers(Command):
    """A new message at the end of the active branch, answered by two engines side by side."""

    type: ClassVar[str] = "message.compare"
    generates: ClassVar[int] = 2
    client_id: ClientId
    text: MessageText


@dataclass(frozen=True, slots=True)
class DecideComparison(Command):
    """Which of the two answers to this question is better. What the words mean is checked where votes are kept."""

    type: ClassVar[str] = "comparison.vote"
    message_id: MessageId
    better: Annotated[Better, _parse_better]
    reasons: Annotated[tuple[str, ...], _parse_words]
    guess: Annotated[str, parse_word]


@dataclass(frozen=True, slots=True)
class EditMessage(Command):
    """A sibling of an earlier message, with another text."""

    type: ClassVar[str] = "message.edit"
    generates: ClassVar[int] = 1
    message_id: MessageId
    client_id: ClientId
    text: MessageText


@dataclass(frozen=True, slots=True)
class StopReply(Command):
    """End the running reply; its text stays."""

    type: ClassVar[str] = "reply.stop"
    message_id: MessageId


@dataclass(frozen=True, slots=True)
class RegenerateReply(Command):
    """Another reply to the same question; also what Retry does."""

    type: ClassVar[str] = "reply.regenerate"
    generates: ClassVar[int] = 1
    message_id: MessageId


@dataclass(frozen=True, slots=True)
class ContinueReply(Command):
    """Go on with a reply that was stopped or interrupted."""

    type: ClassVar[str] = "reply.continue"
    generates: ClassVar[int] = 1
    message_id: MessageId


@dataclass(frozen=True, slots=True)
class SelectVersion(Command):
    """Show the branch that runs through this sibling."""

    type: ClassVar[str] = "version.select"
    message_id: MessageId


@dataclass(frozen=True, slots=True)
class SetFeedback(Command):
    """Rate a reply, or change the rating."""

    type: ClassVar[str] = "feedback.set"
    message_id: MessageId
    value: Annotated[FeedbackValue, _parse_value]
    reasons: Annotated[tuple[FeedbackReasonCode, ...], _parse_reasons]
    comment: Annotated[str, _parse_comment]

    def __post_init__(self) -> None:
        good = self.value == FeedbackValue.GOOD
        if any(code.startswith("good_") != good for code in self.reasons):
            raise BadCommand()


@dataclass(frozen=True, slots=True)
class ClearFeedback(Command):
    """Take a rating back."""

    type: ClassVar[str] = "feedback.clear"
    message_id: MessageId


@dataclass(frozen=True, slots=True)
class SetChoice(Command):
    """Who answers from now on: an assistant (empty: the default one), and an engine (empty: the assistant's)."""

    type: ClassVar[str] = "conversation.set"
    assistant: Annotated[str, parse_word]
    engine: Annotated[str, parse_word]


@dataclass(frozen=True, slots=True)
class LoadHistory(Command):
    """Messages older than this one."""

    type: ClassVar[str] = "history.load"
    before: MessageId


@dataclass(frozen=True, slots=True)
class Sync(Command):
    """The state as it is now."""

    type: ClassVar[str] = "sync"


COMMANDS: dict[str, type[Command]] = {
    command.type: command
    for command in (
        SendMessage,
        CompareAnswers,
        DecideComparison,
        EditMessage,
        StopReply,
        RegenerateReply,
        ContinueReply,
        SelectVersion,
        SetFeedback,
        ClearFeedback,
        SetChoice,
        LoadHistory,
        Sync,
    )
}


def _parsers(kind: type[Command]) -> dict[str, Callable[[Any], Any]]:
    hints = get_type_hints(kind, include_extras=True)
    return {item.name: hints[item.name].__metadata__[0] for item in dataclasses.fields(kind)}


_PARSERS = {kind: _parsers(kind) for kind in COMMANDS.values()}


def parse_frame(frame: str | bytes | None) -> Command:
    """The command in a frame. Raises BadFrame, or BadCommand or TooLong with the ids that the page sent."""
    raw = parse_object(frame)
    try:
        return _command(raw)
    except (BadCommand, TooLong) as error:
        error.client_id, error.message_id = _ids_of(raw)
        raise


def parse_object(frame: str | bytes | None) -> dict[str, Any]:
    """A JSON object of allowed size; BadFrame for anything else."""
    if frame is None or len(frame) > settings.CHAT_LIMITS["frame_bytes"]:
        raise BadFrame()
    try:
        if len(frame.encode() if isinstance(frame, str) else frame) > settings.CHAT_LIMITS["frame_bytes"]:
            raise BadFrame()
        raw = json.loads(frame, object_pairs_hook=_once_each, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise BadFrame() from None
    if not isinstance(raw, dict):
        raise BadFrame()
    return raw


def _command(raw: dict[str, Any]) -> Command:
    values = dict(raw)
    name = values.pop("type", None)
    kind = COMMANDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise BadCommand()
    parsers = _PARSERS[kind]
    if values.keys() != parsers.keys():
        raise BadCommand()
    return kind(**{name: parse(values[name]) for name, parse in parsers.items()})


def _ids_of(raw: dict[str, Any]) -> tuple[str, str]:
    """The ids that an error repeats, so that the page knows what failed."""
    found = []
    for name in ("client_id", "message_id"):
        try:
            found.append(str(parse_uuid(raw.get(name))))
        except BadCommand:
            found.append("")
    return found[0], found[1]


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("duplicate key")
    return values


def _refuse(name: str) -> Any:
    raise ValueError(name)
