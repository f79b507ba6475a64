"""A prompt with the places of its parts: the engine's own rendering, looked at piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import TemplateError

from inference.prompting import Prompt, Prompter
from inference.types import ChatMessage, Request, Role

CONTROL, INSTRUCTIONS, PREFIX, TEXT = "control", "instructions", "prefix", "text"


@dataclass(frozen=True, slots=True)
class Span:
    """Tokens `start` to `end` (exclusive) of the prompt; see views.Piece."""

    kind: str
    message: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Rendered:
    """The prompt of a request, its parts, and the numbers of the messages that are in it."""

    prompt: Prompt
    spans: tuple[Span, ...]
    kept: tuple[int, ...]


class Renderer(Prompter):
    """The engine's Prompter, which also tells what became of each message."""

    def __init__(self, tokenizer: Any, window: int, history_turns: int | None = None) -> None:
        super().__init__(tokenizer, window, history_turns)
        self.window = window
        self.history_turns = history_turns
        self._last: list[ChatMessage] = []

    def render(self, request: Request) -> Rendered:
        """Raises MessageTooLong where the engine does."""
        prompt = self.of_request(request)
        if request.prompt:
            return Rendered(prompt, (Span(TEXT, -1, 0, len(prompt.token_ids)),), ())
        kept = _kept(request.messages, self._last)
        return Rendered(prompt, self._spans(request.messages, kept, len(prompt.token_ids)), kept)

    def without(self, request: Request, rendered: Rendered, message: int) -> list[int] | None:
        """The prompt's tokens without one of its messages; None when the template cannot be rendered without it."""
        left = [request.messages[i] for i in rendered.kept if i != message]
        try:
            ids = self._join(left, [self.encode_text(one.content) for one in left])
        except TemplateError:
            return None
        return ids + (self.encode_text(request.prefix) if request.prefix else [])

    def tokens_of(self, message: ChatMessage) -> int:
        """How many tokens its words are."""
        return len(self.encode_text(message.content))

    def _join(self, messages: list[ChatMessage], contents: list[list[int]]) -> list[int]:
        """As the Prompter does; the last messages that it joined are those of the prompt."""
        self._last = messages
        return super()._join(messages, contents)

    def _spans(self, messages: tuple[ChatMessage, ...], kept: tuple[int, ...], end: int) -> tuple[Span, ...]:
        """Where the parts lie, from the same template joined around one negative number for each content.

        What is behind the template, up to `end`, is the beginning of the answer.
        """
        chosen = [messages[i] for i in kept]
        skeleton = super()._join(chosen, [[-1 - i] for i in range(len(kept))])
        spans: list[Span] = []
        at = 0
        for token in skeleton:
            if token < 0:
                message = messages[kept[-1 - token]]
                spans.append(Span(_kind(message), kept[-1 - token], at, at + self.tokens_of(message)))
            elif spans and spans[-1].kind == CONTROL:
                spans[-1] = Span(CONTROL, -1, spans[-1].start, at + 1)
            else:
                spans.append(Span(CONTROL, -1, at, at + 1))
            at = spans[-1].end
        return (*spans, Span(PREFIX, -1, at, end)) if at < end else tuple(spans)


def _kind(message: ChatMessage) -> str:
    return INSTRUCTIONS if message.role is Role.SYSTEM else message.role.value


def _kept(messages: Sequence[ChatMessage], last: Sequence[ChatMessage]) -> tuple[int, ...]:
    """The numbers of the messages that were joined: all instructions, then as many of the latest turns."""
    system = [i for i, message in enumerate(messages) if message.role is Role.SYSTEM]
    turns = [i for i, message in enumerate(messages) if message.role is not Role.SYSTEM]
    return (*system, *turns[len(turns) - (len(last) - len(system)) :])
