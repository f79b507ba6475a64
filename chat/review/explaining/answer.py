"""A stored answer as it can be explained: who gave it, in whose words, and what exactly was asked."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.conf import settings

from chat.enums import Status
from chat.models import Generation, Message
from chat.replies import build_request
from inference import ChatMessage, Completion, FinishReason, Request, Sampling, checkpoints, priors
from inference import Role as Speaker
from inference.checkpoints import WEIGHTS_FILE
from inference.errors import CheckpointError
from inference.explaining.served import Served

QUOTED = {"article_changed", "article_unknown", "article_retired", "wrong_language"}
MAX_BYTES = 2_000_000_000  # of weights: a copy of a larger model would take the memory of the one that serves
MAX_STEPS = 8  # from an engine to the model behind it


class Words(StrEnum):
    """Whose words an answer is in, which decides what can be shown of it."""

    MODEL = "model"
    RULES = "rules"
    QUOTED = "quoted"
    REFUSED = "refused"
    ELSEWHERE = "elsewhere"  # another server's
    OTHER_CHECKPOINT = "other_checkpoint"
    TOO_LARGE = "too_large"
    NONE = "none"  # nothing was said, or it is still being said


@dataclass(frozen=True)
class Answer:
    """`message` comes with its conversation and its record."""

    message: Message

    @property
    def record(self) -> Generation:
        """How it came to be."""
        return self.message.generation

    @property
    def engine(self) -> str:
        """The engine that answered; the one that was asked where nobody noted which it was."""
        return self.record.answered_by or self.record.backend

    @cached_property
    def checkpoint(self) -> str | None:
        """What the settings call the checkpoint of that engine; None for an engine that runs none here."""
        return checkpoint_of(self.engine)

    @cached_property
    def words(self) -> Words:
        """Whose words these are."""
        if not self.message.content or self.message.status == Status.STREAMING:
            return Words.NONE
        if self.engine == "rules":
            return Words.RULES
        if self.record.reason in QUOTED:
            return Words.QUOTED
        if self.checkpoint is None:
            return Words.ELSEWHERE
        return Words.REFUSED if self.record.abstained else self._of_checkpoint(self.checkpoint)

    @cached_property
    def base(self) -> Request:
        """The question as it would be asked now, from its beginning."""
        return replace(build_request(self.message), prefix="")

    @property
    def questions(self) -> list[str]:
        """What the visitor said, the last question at the end."""
        return [turn.content for turn in self.base.messages if turn.role is Speaker.USER]

    @property
    def sources(self) -> list[str]:
        """The slugs of the articles that the answer cites, or else of those that its model was given."""
        cited, told = self.record.sources, self.explanation.get("in_prompt")
        slugs = cited if isinstance(cited, list) and cited else told if isinstance(told, list) else []
        return [slug for slug in slugs if isinstance(slug, str) and not slug.startswith("-")]

    @property
    def explanation(self) -> dict[str, Any]:
        """What the record says of it."""
        told = self.record.explanation
        return told if isinstance(told, dict) else {}

    def served(self) -> Served:
        """What its checkpoint was asked and said, all from the record and the stored turns."""
        told = str(self.explanation.get("instructions") or "")
        turns = tuple(turn for turn in self.base.messages if turn.role is not Speaker.SYSTEM)
        turns = (ChatMessage(Speaker.SYSTEM, told), *turns) if told else turns
        request = replace(self.base, messages=turns, source_prior=priors.recalled(self.explanation))
        return Served.of_record(request, self.message.content, self._completion(), self._finish())

    def asked_of(self, engine: str) -> Request:
        """The same question for another engine, without chance in its answer."""
        sampling = Sampling(max_new_tokens=self.base.sampling.max_new_tokens)
        return replace(self.base, backend=engine, sampling=sampling, schema={}, id=f"explain-{self.message.public_id}")

    def _completion(self) -> Completion:
        record = self.record
        known = {one.name: getattr(record, one.name) for one in fields(Completion)}
        numbers = {name: known[name] or 0 for name in ("prompt_tokens", "truncated_tokens", "queue_ms", "total_ms")}
        return Completion(**{**known, **numbers, "explanation": self.explanation, "sources": tuple(self.sources)})

    def _finish(self) -> FinishReason:
        known = self.record.finish_reason
        return FinishReason(known) if known in list(FinishReason) else FinishReason.CANCELLED

    def _of_checkpoint(self, name: str) -> Words:
        try:
            found = checkpoints.resolve(name)
            if found.sha256 != self.record.checkpoint_sha256:
                return Words.OTHER_CHECKPOINT
            return Words.TOO_LARGE if (found.path / WEIGHTS_FILE).stat().st_size > MAX_BYTES else Words.MODEL
        except (CheckpointError, OSError):
            return Words.OTHER_CHECKPOINT


def checkpoint_of(engine: str) -> str | None:
    """The checkpoint that an engine of the settings runs in this process; None where it runs none."""
    name: Any = engine
    for _step in range(MAX_STEPS):
        entry = settings.INFERENCE.get(name) if isinstance(name, str) else None
        if entry is None:
            return None
        if isinstance(entry, str):
            name = entry
            continue
        options = entry.get("OPTIONS", {})
        if entry["BACKEND"].endswith(".LocalBackend"):
            return str(options.get("checkpoint", "embedded"))
        name = options.get("model")
    return None


def other_engine(engine: str) -> str:
    """The one to set beside it: of the two that are compared, the other one; empty where there is none."""
    pair = [name for name in settings.CHAT_COMPARE["engines"] if name in settings.INFERENCE]
    return next((name for name in pair if name != engine), "")
