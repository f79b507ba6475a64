"""An answer as it was served: all that is needed to run it through the checkpoint again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from inference.types import Completion, FinishReason, Request


@dataclass(frozen=True, slots=True)
class Served:
    """The request as the engine got it (`sampling.seed` and `source_prior` included) and the text that came of it.

    `source` is the slug that the answer names ("-talk" and "-oos" among them; empty: what the checkpoint names now).
    `completion_tokens` is the engine's count, None when nobody noted it: where the text alone encodes to another
    number of tokens, the answer is generated again from its seed. `token_ids` are those of the answer where they are
    known, control tokens included.
    """

    request: Request
    text: str
    source: str = ""
    finish: FinishReason = FinishReason.STOP
    completion_tokens: int | None = None
    token_ids: tuple[int, ...] = ()

    @classmethod
    def of_record(cls, request: Request, text: str, record: Completion, finish: FinishReason) -> Served:
        """From what the engine told at the end of the answer, with the seed that it drew from."""
        if record.seed is not None:
            request = replace(request, sampling=replace(request.sampling, seed=record.seed, n=1))
        citation = record.explanation.get("citation") or {}
        source = citation.get("article") or next(iter(record.sources), "")
        return cls(request, text, source, finish, record.completion_tokens)
