"""How good a checkpoint's greedy answers are on conversations that it was not trained on.

Two figures: whether the source that it names is right, and, whatever it names, whether the text is
the right article's: the known answer that it resembles most is one of that article's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from inference.checkpoints import load_model, load_tokenizer, resolve
from inference.prompting import OUT_OF_SCOPE, SMALL_TALK, Prompter, source_slug
from inference.training.dataset import Conversation
from inference.types import ChatMessage

BATCH = 48
MAX_NEW_TOKENS = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said: the source that it named (empty for none), the text, whether it ended by itself."""

    source: str
    text: str
    ended: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row judged."""

    kind: str
    language: str
    expected: str
    source: str
    text_source: str
    ended: bool
    repeats: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Shares over the rows of one kind and language. `refused` are those answered as out of scope."""

    n: int
    source_right: float
    text_right: float
    ended: float
    repeats: float
    refused: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All outcomes, and the shares by "kind, language"."""

    outcomes: list[Outcome]
    groups: dict[str, Group]

    def as_dict(self) -> dict[str, Any]:
        """The shares alone, for a JSON file."""
        return {"groups": {name: asdict(group) for name, group in self.groups.items()}}


class GreedyAnswerer:
    """Plain batched greedy decoding with transformers, the yardstick for the engine too."""

    def __init__(self, checkpoint: str, device: str = "auto") -> None:
        import torch

        from inference.training.loop import pick_device

        found = resolve(checkpoint)
        self._device = pick_device(device)
        self._model = load_model(found, torch.float32, self._device)
        self._tokenizer = load_tokenizer(found)
        self._window = int(self._model.config.max_position_embeddings)
        self._prompter = Prompter(self._tokenizer, self._window)

    def answer(self, conversations: list[tuple[ChatMessage, ...]]) -> list[Answer]:
        """An answer for each, in order; conversations of like length share a batch."""
        prompts = [self._prompter.build(messages, MAX_NEW_TOKENS).token_ids for messages in conversations]
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        answers: dict[int, Answer] = {}
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            answers |= zip(chosen, self._generate([prompts[i] for i in chosen]), strict=True)
        return [answers[i] for i in range(len(prompts))]

    def _generate(self, prompts: list[list[int]]) -> list[Answer]:
        import torch

        pad, longest = self._model.config.pad_token_id, max(map(len, prompts))
        ids = torch.tensor([[pad] * (longest - len(prompt)) + prompt for prompt in prompts], device=self._device)
        mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts])
        room = min(MAX_NEW_TOKENS, self._window - longest)
        out = self._model.generate(
            input_ids=ids, attention_mask=mask.to(self._device), max_new_tokens=room, do_sample=False
        )
        return [self._read(row) for row in out[:, longest:].tolist()]

    def _read(self, ids: list[int]) -> Answer:
        end = self._model.config.eos_token_id
        ended = end in ids
        ids = ids[: ids.index(end)] if ended else ids
        first = self._tokenizer.convert_ids_to_tokens(ids[0]) if ids else ""
        return Answer(source_slug(first) or "", self._tokenizer.decode(ids, skip_special_tokens=True), ended)


class AnswerIndex:
    """Known answers by language: which source's answer does a text resemble most?"""

    def __init__(self, rows: Iterable[Conversation]) -> None:
        self._grams: dict[str, dict[str, set[str]]] = defaultdict(dict)
        self._sources: dict[str, dict[str, str]] = defaultdict(dict)
        for row in rows:
            answer = row.turns[-1]
            if answer.content and answer.content not in self._grams[row.language]:
                self._grams[row.language][answer.content] = grams(answer.content)
                self._sources[row.language][answer.content] = answer.source

    def nearest(self, text: str, language: str) -> str:
        """The source of the known answer with the largest share of common trigrams, empty if none has any."""
        wanted = grams(text)
        known = self._grams[language]
        best = max(known, key=lambda answer: _overlap(wanted, known[answer]), default="")
        return self._sources[language][best] if best and _overlap(wanted, known[best]) else ""


def grams(text: str, size: int = 3) -> set[str]:
    """The character trigrams of a text, less spaces and case."""
    plain = "".join(text.lower().split())
    return {plain[i : i + size] for i in range(max(1, len(plain) - size + 1))}


def _overlap(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)


def repeats(text: str, size: int = 12) -> bool:
    """Whether any stretch of `size` characters comes three times."""
    counts = Counter(text[i : i + size] for i in range(len(text) - size + 1))
    return any(count >= 3 for count in counts.values())


def evaluate(
    checkpoint: str, rows: list[Conversation], known: Iterable[Conversation], device: str = "auto"
) -> Evaluation:
    """Ask every row's last question and judge the answers; `known` are the rows with all known answers."""
    index = AnswerIndex([*known, *rows])
    asked = [tuple(ChatMessage(turn.role, turn.content) for turn in row.turns[:-1]) for row in rows]
    answers = GreedyAnswerer(checkpoint, device).answer(asked)
    outcomes = [_judge(row, answer, index) for row, answer in zip(rows, answers, strict=True)]
    return Evaluation(outcomes, dict(_groups(outcomes)))


def _judge(row: Conversation, answer: Answer, index: AnswerIndex) -> Outcome:
    nearest = index.nearest(answer.text, row.language)
    facts = (row.kind or "rows", row.language, row.turns[-1].source)
    return Outcome(*facts, answer.source, nearest, answer.ended, repeats(answer.text))


def _groups(outcomes: list[Outcome]) -> Iterator[tuple[str, Group]]:
    parts: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        parts[", ".join(filter(None, (outcome.kind, outcome.language)))].append(outcome)
        if outcome.expected not in (OUT_OF_SCOPE, SMALL_TALK):
            parts["all with an article"].append(outcome)
    yield from ((name, _group(parts[name])) for name in sorted(parts))


def _group(part: list[Outcome]) -> Group:
    def share(hits: Iterable[bool]) -> float:
        return round(sum(hits) / len(part), 4)

    return Group(
        n=len(part),
        source_right=share(item.source == item.expected for item in part),
        text_right=share(item.text_source == item.expected for item in part),
        ended=share(item.ended for item in part),
        repeats=share(item.repeats for item in part),
        refused=share(item.source == OUT_OF_SCOPE for item in part),
    )
