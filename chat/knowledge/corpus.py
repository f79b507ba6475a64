"""The sample business as training and validation conversations for inference.training.

What is validation is decided by each question's own hash or place, before anything else is done
with it. A row's `source` is an article's slug, or OUT_OF_SCOPE or SMALL_TALK.
"""

from __future__ import annotations

import csv
import hashlib
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chat.enums import Language
from chat.knowledge.sample_data import SampleArticle, Talk
from inference.prompting import OUT_OF_SCOPE, SMALL_TALK
from inference.training import Turn
from inference.training.dataset import slug
from inference.types import Role

VALIDATION_SHARE = 0.1

# How often a row is seen in an epoch, and how often with its text (see inference.training).
ENGLISH_WEIGHT, CHINESE_WEIGHT, ANSWER_SHARE = 0.7, 1.0, 0.15
TALK_WEIGHT, TALK_ANSWER_SHARE = 4.0, 0.8
REFUSAL_WEIGHT, REFUSAL_ANSWER_SHARE = 3.0, 0.15
CLINC_WEIGHT, CLINC_TALK_WEIGHT = 0.15, 0.4
MORE_TALK_WEIGHT = 1.5
FOLLOW_UP_WEIGHT, LATER_ANSWER_SHARE = 0.6, 0.4
TOPIC_CHANGES = {Language.ENGLISH: 0.35, Language.CHINESE: 0.7}  # of the questions also come after another turn
VALIDATION_TOPIC_CHANGES = 0.15
BLENDS, BLEND_WEIGHT = 16, 0.5  # pairs of an article's Chinese questions in one message, how often each is seen
SENTENCE_WEIGHT = 0.5  # of a sentence from a Chinese answer, asked as a question


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation, with how it is to be trained (see inference.training.Conversation)."""

    kind: str
    language: Language
    turns: tuple[Turn, ...]
    weight: float = 1.0
    answer_share: float = 1.0

    def as_json(self) -> dict[str, Any]:
        """The row in inference.training's JSONL format."""
        messages = [
            {"role": turn.role.value, "content": turn.content} | ({"source": turn.source} if turn.source else {})
            for turn in self.turns
        ]
        facts = {"kind": self.kind, "language": self.language.value, "weight": self.weight}
        return {"messages": messages, **facts, "answer_share": self.answer_share}


@dataclass(frozen=True, slots=True)
class Item:
    """A question that stands for itself, and the answers that are right for it."""

    kind: str
    language: Language
    question: str
    source: str
    answers: tuple[str, ...]
    weight: float = 1.0
    answer_share: float = ANSWER_SHARE

    def wording(self, rng: random.Random) -> str:
        """One of the answers, the published one most often: greedy decoding needs a favourite to hold on to."""
        return rng.choices(self.answers, [3.0] + [1.0] * (len(self.answers) - 1))[0]

    def row(self, rng: random.Random) -> Row:
        """The question alone with one of its answers."""
        answer = Turn(Role.ASSISTANT, self.wording(rng), self.source)
        turns = (Turn(Role.USER, self.question), answer)
        return Row(self.kind, self.language, turns, self.weight, self.answer_share)


@dataclass(frozen=True, slots=True)
class Split:
    """The two parts: never a question in both."""

    train: list[Any]
    validation: list[Any]


def held_back(text: str, share: float = VALIDATION_SHARE) -> bool:
    """Whether a question belongs to the validation part, by nothing but its own words."""
    words = " ".join("".join(c if c.isalnum() else " " for c in text.lower()).split())
    return int(hashlib.sha256(words.encode()).hexdigest()[:8], 16) < share * 0x1_0000_0000


def read_questions(path: Path) -> list[tuple[str, str]]:
    """(text, category as a slug) of a CSV with these two columns."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["text"].strip(), slug(row["category"])) for row in csv.DictReader(file)]


def article_items(
    articles: list[SampleArticle],
    banking: Iterable[tuple[str, str]],
    more: dict[str, list[str]],
    chinese: dict[str, list[str]],
) -> Split:
    """Questions about the articles: BANKING77's in English, the writers' in Chinese (and some English).

    `more` is for training alone; of `chinese` a tenth is validation.
    """
    by_slug = {article.slug: article for article in articles}
    split = Split([], [])
    for text, category in banking:
        answers = by_slug[category].texts[Language.ENGLISH].answers
        part = split.validation if held_back(text) else split.train
        part.append(Item("question", Language.ENGLISH, text, category, answers, ENGLISH_WEIGHT))
    seen = {item.question.lower() for item in split.validation}
    for article in articles:
        for name, item in _own_questions(article):
            if item.question.lower() not in seen:
                getattr(split, name).append(item)
        for question in more.get(article.slug, []):
            split.train.append(_chinese_item(article, question))
        for question in chinese.get(article.slug, []):
            part = split.validation if held_back(question) else split.train
            part.append(_chinese_item(article, question, "question_new"))
    return split


def _own_questions(article: SampleArticle) -> Iterator[tuple[str, Item]]:
    english, chinese = article.texts[Language.ENGLISH], article.texts[Language.CHINESE]
    for question in (english.title, *english.questions):
        yield "train", Item("question", Language.ENGLISH, question, article.slug, english.answers)
    first = len(chinese.examples)
    for place, question in enumerate((*chinese.questions, chinese.title)):
        part = "validation" if first <= place < len(chinese.questions) else "train"
        yield part, _chinese_item(article, question)


def _chinese_item(article: SampleArticle, question: str, kind: str = "question") -> Item:
    answers = article.texts[Language.CHINESE].answers
    return Item(kind, Language.CHINESE, question, article.slug, answers, CHINESE_WEIGHT)


def talk_items(
    talk: list[Talk],
    refusals: list[Talk],
    clinc: Iterable[tuple[str, str]],
    intents: dict[str, Any],
    corpora: Iterable[tuple[Language, str, str]],
    more: dict[str, dict[Language, list[str]]],
) -> Split:
    """Small talk and questions outside the business, hand-written and from the published corpora."""
    topics = {(entry.key, entry.language): entry for entry in (*talk, *refusals)}
    split = Split([], [])
    for entry in topics.values():
        held = min(25, len(entry.questions) // 6) if entry.key == "out_of_scope" else len(entry.questions) // 10
        for place, question in enumerate(entry.questions):
            part = split.validation if place >= len(entry.questions) - held else split.train
            part.append(_talk_item(entry, question, REFUSAL_WEIGHT if entry.key == "out_of_scope" else TALK_WEIGHT))
    keys = intents["small_talk"] | dict.fromkeys([*intents["out_of_scope"], "oos"], "out_of_scope")
    for question, intent in clinc:
        if intent in keys:
            part = split.validation if held_back(question) else split.train
            part.append(_talk_item(topics[keys[intent], Language.ENGLISH], question, _clinc_weight(intent, keys)))
    for language, key, question in corpora:
        split.train.append(_talk_item(topics[key, language], question, 1.0))
    for key, language, question in ((k, lang, q) for k, by in more.items() for lang, qs in by.items() for q in qs):
        part = split.validation if held_back(question) else split.train
        part.append(_talk_item(topics[key, language], question, MORE_TALK_WEIGHT))
    return split


def _clinc_weight(intent: str, keys: dict[str, str]) -> float:
    """Few of each intent: all together they would outnumber the questions about the bank."""
    if intent == "oos":
        return 1.0
    return CLINC_WEIGHT if keys[intent] == "out_of_scope" else CLINC_TALK_WEIGHT


def _talk_item(entry: Talk, question: str, weight: float) -> Item:
    if entry.key == "out_of_scope":
        args = ("out_of_scope", entry.language, question, OUT_OF_SCOPE, entry.answers, weight, REFUSAL_ANSWER_SHARE)
    else:
        args = ("small_talk", entry.language, question, SMALL_TALK, entry.answers, weight, TALK_ANSWER_SHARE)
    return Item(*args)


def build(articles: list[SampleArticle], questions: Split, talk: Split, seed: int = 0) -> Split:
    """All rows: single questions, follow-ups, and changes of topic within a conversation."""
    questions, talk = _apart(questions, talk)
    rng = random.Random(seed)
    openings = defaultdict(list)
    for item in questions.train:
        openings[item.source, item.language].append(item)
    extra = _more_chinese(articles, openings, rng)
    parts = Split([item.row(rng) for item in (*questions.train, *extra, *talk.train)], [])
    parts.validation.extend(item.row(rng) for item in (*questions.validation, *talk.validation))
    for part, row in _follow_ups(articles, openings, rng):
        getattr(parts, part).append(row)
    for items, kind in ((questions, "topic_change"), (talk, "talk_after")):
        short = [item for item in talk.train if item.weight >= REFUSAL_WEIGHT]
        parts.train.extend(_topic_changes(items.train, kind, (questions.train, short), TOPIC_CHANGES, rng))
        shares = dict.fromkeys(Language, VALIDATION_TOPIC_CHANGES)
        parts.validation.extend(_topic_changes(items.validation, kind, (questions.train, []), shares, rng))
    return parts


def _apart(*splits: Split) -> Iterator[Split]:
    """The same without training questions that validation asks too: two sources may hold the same words."""
    asked = {" ".join(item.question.lower().split()) for split in splits for item in split.validation}
    for split in splits:
        apart = [item for item in split.train if " ".join(item.question.lower().split()) not in asked]
        yield Split(apart, split.validation)


def _more_chinese(articles: list[SampleArticle], openings: Any, rng: random.Random) -> Iterator[Item]:
    """There are few Chinese questions: two of them in one message, and what the answers say, teach the words too."""
    for article in articles:
        items, answers = openings[article.slug, Language.CHINESE], article.texts[Language.CHINESE].answers
        facts = (article.slug, answers)
        for _ in range(BLENDS):
            one, other = (item.question.rstrip("。？！?!") for item in rng.sample(items, 2))
            yield Item("question", Language.CHINESE, f"{one}，{other}", *facts, BLEND_WEIGHT, 0.0)
        sentences = [part for answer in answers for part in re.split(r"[。；\n]", answer) if len(part) > 7]
        for sentence in sentences:
            yield Item("question", Language.CHINESE, sentence.replace("**", ""), *facts, SENTENCE_WEIGHT, 0.0)


def _follow_ups(articles: list[SampleArticle], openings: Any, rng: random.Random) -> Iterator[tuple[str, Row]]:
    """Every wording after some openings of its article; the last wording is validation."""
    for article in articles:
        for language, text in article.texts.items():
            for follow_up in text.follow_ups:
                for place, question in enumerate(follow_up.questions):
                    held = place == len(follow_up.questions) - 1
                    answer = Turn(Role.ASSISTANT, follow_up.answer, article.slug)
                    for item in rng.sample(openings[article.slug, language], 1 if held else 4):
                        turns = (*_past(item, rng), Turn(Role.USER, question), answer)
                        row = Row("follow_up", language, turns, FOLLOW_UP_WEIGHT, LATER_ANSWER_SHARE)
                        yield "validation" if held else "train", row


def _topic_changes(
    items: list[Item],
    kind: str,
    pasts: tuple[list[Item], list[Item]],
    shares: dict[Language, float],
    rng: random.Random,
) -> Iterator[Row]:
    """The same questions after a turn about something else, an article or small talk: the new question decides."""
    pools = [[item for item in pool if item.language == language] for language in Language for pool in pasts]
    for item in items:
        if rng.random() < shares[item.language]:
            about, talk = pools[2 * list(Language).index(item.language) :][:2]
            past = rng.choice(talk if talk and rng.random() < 0.4 else about)
            if past.source != item.source:
                row, weight = item.row(rng), min(1.0, item.weight)
                yield Row(kind, item.language, (*_past(past, rng), *row.turns), weight, LATER_ANSWER_SHARE)


def _past(item: Item, rng: random.Random) -> tuple[Turn, Turn]:
    """An earlier turn; what is shown of an earlier answer never has its source token."""
    return Turn(Role.USER, item.question), Turn(Role.ASSISTANT, item.wording(rng))
