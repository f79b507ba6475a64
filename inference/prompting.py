"""Conversation in, token ids out, within the model's context window.

The chat template's own text and the words of people never meet before they are ids: the template is
rendered with a marker in place of every content, each piece between markers is encoded with control
tokens on, each content alone with control tokens off, and the ids are joined. So a visitor who types
`<|endoftext|>` or `<|assistant|>` gets these characters, not the token.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from inference.errors import InvalidRequest, MessageTooLong
from inference.types import ChatMessage, Request, Role

ROLE_TOKENS = {role: f"<|{role.value}|>" for role in Role}
END_TOKEN = "<|end|>"  # noqa: S105 - a control token of the vocabulary
PAD_TOKEN = "<|pad|>"  # noqa: S105
OUT_OF_SCOPE = "-oos"
SMALL_TALK = "-talk"
_SOURCE = re.compile(r"<\|source:(.+)\|>")

# One turn: <|role|>text<|end|>; an answer begins with the token of the article that it cites.
CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
# For a base model that was never taught a template.
PLAIN_TEMPLATE = (
    "{% for message in messages %}{{ message.role | capitalize }}: {{ message.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}Assistant: {% endif %}"
)
PLAIN_STOP = "\nUser:"
_MARKER = "\ue000{}\ue001"
_MARKERS = re.compile("\ue000(\\d+)\ue001")


def source_token(slug: str) -> str:
    """The control token with which an answer names the article it is from."""
    return f"<|source:{slug}|>"


def source_slug(token: str) -> str | None:
    """The inverse of source_token; None for any other token."""
    match = _SOURCE.fullmatch(token)
    return match.group(1) if match else None


@dataclass(frozen=True, slots=True)
class Prompt:
    """Token ids for the model, and how many content tokens of older turns were left out."""

    token_ids: list[int]
    truncated_tokens: int


class Prompter:
    """Builds prompts for one tokenizer and one context window (in tokens).

    `history_turns` bounds the turns before the last one, for a checkpoint that was taught on short conversations only.
    Not thread-safe: a fast tokenizer must stay in one thread ("Already borrowed").
    """

    def __init__(self, tokenizer: Any, window: int, history_turns: int | None = None) -> None:
        self._tokenizer = tokenizer
        self._history_turns = history_turns
        self._window = window
        self._template = tokenizer.chat_template or PLAIN_TEMPLATE
        self.stop = () if tokenizer.chat_template else (PLAIN_STOP,)
        # No token stands for more characters than the longest one of the vocabulary spells bytes.
        self._longest_token = max(map(len, tokenizer.get_vocab()))

    def of_request(self, request: Request) -> Prompt:
        """The request's conversation, or the text that it wants to be continued. Raises MessageTooLong."""
        reserve = request.sampling.max_new_tokens
        if request.prompt:
            return self._as_it_is(request.prompt, reserve)
        return self.build(request.messages, reserve, request.prefix)

    def stops(self, request: Request) -> tuple[str, ...]:
        """Where this request's answer ends: at its own stop strings, and at the next turn of a conversation."""
        return request.sampling.stop if request.prompt else (*request.sampling.stop, *self.stop)

    def build(self, messages: tuple[ChatMessage, ...], reserve: int, prefix: str = "") -> Prompt:
        """Instructions first, then as many of the latest turns as fit beside `reserve` tokens of answer.

        `prefix` is the beginning of the answer that the model shall go on with.
        Raises MessageTooLong when the last turn alone does not fit.
        """
        budget = self._window - min(reserve, self._window // 2)
        self._refuse_hopeless((*messages, ChatMessage(Role.ASSISTANT, prefix)), budget)
        contents = [self.encode_text(message.content) for message in messages]
        tail = self.encode_text(prefix) if prefix else []
        system = [i for i, message in enumerate(messages) if message.role is Role.SYSTEM]
        turns = [i for i, message in enumerate(messages) if message.role is not Role.SYSTEM]
        oldest = 0 if self._history_turns is None else max(0, len(turns) - 1 - self._history_turns)
        if not turns or messages[turns[-1]].role is not Role.USER:
            raise InvalidRequest("The last message must be the user's.")
        for first in self._starts(messages, turns, contents, budget - len(tail)):
            if first < oldest:
                continue
            kept = system + turns[first:]
            ids = self._join([messages[i] for i in kept], [contents[i] for i in kept]) + tail
            if len(ids) <= budget:
                return Prompt(ids, sum(len(contents[i]) for i in turns[:first]))
        raise MessageTooLong(f"The last message is longer than the {budget} tokens that the model can read.")

    def encode_text(self, text: str) -> list[int]:
        """Ids of people's words: whatever looks like a control token stays text."""
        backend = self._tokenizer._tokenizer
        backend.encode_special_tokens = True
        try:
            return backend.encode(text, add_special_tokens=False).ids
        finally:
            backend.encode_special_tokens = False

    def _as_it_is(self, text: str, reserve: int) -> Prompt:
        budget = self._window - min(reserve, self._window // 2)
        self._refuse_hopeless((ChatMessage(Role.USER, text), ChatMessage(Role.ASSISTANT, "")), budget)
        ids = self.encode_text(text)
        if len(ids) > budget:
            raise MessageTooLong(f"The text is longer than the {budget} tokens that the model can read.")
        return Prompt(ids, 0)

    def _refuse_hopeless(self, messages: tuple[ChatMessage, ...], budget: int) -> None:
        """Refuse by length alone what no tokenizer could make fit, before any tokenizer works on it."""
        longest = max((len(message.content) for message in (messages[-2], messages[-1])), default=0)
        if longest > budget * self._longest_token:
            raise MessageTooLong(f"The message has {longest} characters; the model reads at most {budget} tokens.")

    @staticmethod
    def _starts(
        messages: tuple[ChatMessage, ...], turns: list[int], contents: list[list[int]], budget: int
    ) -> list[int]:
        """Indices into `turns` to begin from, longest history first: user turns whose contents alone fit."""
        total, starts = 0, [len(turns) - 1]
        for position in range(len(turns) - 1, -1, -1):
            total += len(contents[turns[position]])
            if total > budget:
                break
            if messages[turns[position]].role is Role.USER and position not in starts:
                starts.append(position)
        return sorted(starts)

    def _join(self, messages: list[ChatMessage], contents: list[list[int]]) -> list[int]:
        """Render the template around the contents and encode the pieces in between."""
        marked = [{"role": m.role.value, "content": _MARKER.format(i)} for i, m in enumerate(messages)]
        text = self._tokenizer.apply_chat_template(
            marked, chat_template=self._template, tokenize=False, add_generation_prompt=True
        )
        ids: list[int] = []
        for position, piece in enumerate(_MARKERS.split(text)):
            if position % 2:
                ids += contents[int(piece)]
            elif piece:
                ids += self._tokenizer._tokenizer.encode(piece, add_special_tokens=False).ids
        return ids
