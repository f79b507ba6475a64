"""An answer as the tokens that were served, and its log probabilities in one teacher-forced pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from inference.errors import InvalidRequest
from inference.explaining.decoding import generate, names_source
from inference.explaining.rendering import Rendered
from inference.explaining.served import Served
from inference.explaining.subject import Subject
from inference.explaining.words import parts_of
from inference.types import FinishReason, Request


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """`prompt` and `answer` are token ids, `named` tells that the answer's first one names its source.

    `exact` is False when the answer's tokens are those of its text, and their number is not the engine's.
    """

    request: Request
    rendered: Rendered
    answer: tuple[int, ...]
    named: bool
    exact: bool

    @property
    def prompt(self) -> list[int]:
        return self.rendered.prompt.token_ids

    @property
    def together(self) -> list[int]:
        return [*self.prompt, *self.answer]

    def before(self, token: int) -> list[int]:
        """All that the model had read when it chose a token of the answer. Raises InvalidRequest for any other."""
        if not 0 <= token < len(self.answer):
            raise InvalidRequest(f"token must be between 0 and {len(self.answer) - 1}.")
        return self.together[: len(self.prompt) + token]


def read(subject: Subject, served: Served) -> Reading:
    """The tokens of what was served. Raises MessageTooLong, and InvalidRequest when the two do not fit the window."""
    rendered = subject.renderer.render(served.request)
    named = names_source(subject, served.request)
    answer, exact = _answer(subject, served, rendered.prompt.token_ids, named)
    if len(rendered.prompt.token_ids) + len(answer) > subject.renderer.window:
        raise InvalidRequest("The prompt and the answer together are longer than the model's window.")
    named = named and bool(answer) and answer[0] in subject.sources.slugs
    return Reading(served.request, rendered, tuple(answer), named, exact)


def logprobs(subject: Subject, reading: Reading) -> Tensor:
    """(answer's tokens, vocabulary): natural, raw, with the request's evidence at the token that names the source."""
    return logprobs_of(subject, reading.prompt, reading)


def logprobs_of(subject: Subject, prompt: list[int], reading: Reading) -> Tensor:
    """The same after another prompt."""
    count = len(reading.answer)
    if not count:
        return torch.zeros(0, subject.model.config.vocab_size)
    logits = subject.logits([*prompt, *reading.answer[:-1]], count)
    if reading.named:
        first = mixed(subject, logits[0], reading.request.source_prior)
        logits = torch.cat([first[None], logits[1:]])
    return logits.log_softmax(-1)


def mixed(subject: Subject, logits: Tensor, prior: Mapping[str, float]) -> Tensor:
    """A row of logits at the source token with what retrieval says."""
    return subject.sources.mix(logits, prior) if prior else logits


def of_answer(values: Tensor, reading: Reading) -> Tensor:
    """From each row of log probabilities that of the answer's token: (answer's tokens,)."""
    return values.gather(1, torch.tensor(reading.answer, dtype=torch.long)[:, None]).squeeze(1)


def _answer(subject: Subject, served: Served, prompt: list[int], named: bool) -> tuple[list[int], bool]:
    """The answer's tokens, and whether they are surely those that were served.

    A text can be split in several ways, and sampling may take any of them: where the usual one has another number of
    tokens than the engine counted, the answer is drawn again from its seed.
    """
    if served.token_ids:
        return list(served.token_ids), True
    usual = _encoded(subject, served, prompt, named)
    if served.completion_tokens is None or len(usual) == served.completion_tokens:
        return usual, True
    again = _drawn_again(subject, served, prompt)
    return (usual, False) if again is None else (again, True)


def _encoded(subject: Subject, served: Served, prompt: list[int], named: bool) -> list[int]:
    source = _source(subject, served, prompt) if named else None
    ids = ([] if source is None else [source]) + subject.renderer.encode_text(served.text)
    ended = served.finish is FinishReason.STOP and subject.end_id is not None
    return [*ids, subject.end_id] if ended and subject.end_id is not None else ids


def _source(subject: Subject, served: Served, prompt: list[int]) -> int | None:
    """The token that names the source, where none is noted the one that the checkpoint names now."""
    if served.source:
        return subject.source_id(served.source)
    row = mixed(subject, subject.logits(prompt, 1)[0], served.request.source_prior)
    token = int(row.argmax())
    return token if token in subject.sources.slugs else None


def _drawn_again(subject: Subject, served: Served, prompt: list[int]) -> list[int] | None:
    """None when it cannot be, or when another text comes of it (other numerics can draw another token)."""
    sampling = served.request.sampling
    if sampling.temperature > 0 and sampling.seed is None:
        return None
    request = replace(served.request, sampling=replace(sampling, max_new_tokens=served.completion_tokens or 1))
    ids = generate(subject, request, prompt)
    text, _ = parts_of(subject.vocabulary, ids)
    # A stop string ends the text before the last tokens do.
    same = text == served.text or (served.text and text.startswith(served.text) and subject.renderer.stops(request))
    return ids if same and len(ids) == served.completion_tokens else None
