"""The sample business as it stands in the repository: articles in two languages, small talk, refusals."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chat.enums import Language
from inference.knowledge import Keyword, Topic

SAMPLE = Path(__file__).parent / "sample"
HELD_BACK = {Language.CHINESE: 6}  # of an article's own questions; English has published ones to be measured by
LANGUAGE_KEYS = {"en": Language.ENGLISH, "zh": Language.CHINESE}


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What people ask after the answer, in several wordings, and what they are told then."""

    questions: tuple[str, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class SampleText:
    """An article in one language: `answers` are wordings of the same facts, the first one is published.

    The last `held_back` questions are for validation: neither taught nor published as examples.
    """

    title: str
    answers: tuple[str, ...]
    questions: tuple[str, ...]
    follow_ups: tuple[FollowUp, ...]
    held_back: int = 0

    @property
    def examples(self) -> tuple[str, ...]:
        """The questions that the article shows as examples."""
        return self.questions[: len(self.questions) - self.held_back]


@dataclass(frozen=True, slots=True)
class SampleArticle:
    """One article with its texts by language."""

    slug: str
    tags: tuple[str, ...]
    texts: dict[Language, SampleText]
    keywords: tuple[Keyword, ...] = ()
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Talk:
    """A topic of small talk, or what is outside the business, in one language."""

    key: str
    language: Language
    questions: tuple[str, ...]
    answers: tuple[str, ...]


def load_articles(folder: Path = SAMPLE / "articles") -> list[SampleArticle]:
    """All articles, by slug, with the keywords that were learned for them."""
    keywords = load_keywords(folder.parent / "keywords.json")
    return [_article(_read(path), keywords) for path in sorted(folder.glob("*.json"))]


def load_keywords(path: Path = SAMPLE / "keywords.json") -> dict[str, tuple[Keyword, ...]]:
    """By article, and for "-oos" and "-talk": what `learn_keywords` wrote; nothing before it ever did."""
    learned = _read(path) if path.exists() else {}
    return {slug: tuple(Keyword(text, weight) for text, weight in words.items()) for slug, words in learned.items()}


def load_more_questions(path: Path = SAMPLE / "more_questions_zh.json") -> dict[str, list[str]]:
    """More Chinese questions by article, short ones, for training alone: they are not shown as examples."""
    return _read(path)


def load_chinese_questions(path: Path = SAMPLE / "questions_zh.json") -> dict[str, list[str]]:
    """Sixty more Chinese questions an article, over its whole range; a tenth of them is held back for validation."""
    return _read(path)


def load_talk_questions(folder: Path = SAMPLE / "talk") -> dict[str, dict[Language, list[str]]]:
    """More questions by topic of small talk, or "out_of_scope", and language."""
    topics = _read(folder / "questions.json").items()
    return {key: {LANGUAGE_KEYS[short]: texts for short, texts in entry.items()} for key, entry in topics}


def load_small_talk(folder: Path = SAMPLE / "talk") -> list[Talk]:
    """Greetings, thanks and the like, one entry per topic and language."""
    return [talk for topic in _read(folder / "small_talk.json")["topics"] for talk in _talk(topic["key"], topic)]


def load_out_of_scope(folder: Path = SAMPLE / "talk") -> list[Talk]:
    """Questions that the business does not answer, and refusals that offer a person."""
    return _talk("out_of_scope", _read(folder / "out_of_scope.json"))


def load_refusals(folder: Path = SAMPLE / "talk") -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """By language: wordings of "I do not know that", and of "I am not sure which of these you mean"."""
    data = _read(folder / "out_of_scope.json")
    refusals = {str(language): tuple(data[key]["answers"]) for key, language in LANGUAGE_KEYS.items()}
    doubts = {str(language): tuple(data[key]["doubts"]) for key, language in LANGUAGE_KEYS.items()}
    return refusals, doubts


def load_topics(folder: Path = SAMPLE / "talk") -> tuple[Topic, ...]:
    """Small talk as the backends see it: with all the phrases that are known."""
    more = load_talk_questions(folder)
    return tuple(_topic(data, more.get(data["key"], {})) for data in _read(folder / "small_talk.json")["topics"])


def _topic(data: dict[str, Any], more: dict[Language, list[str]]) -> Topic:
    questions = {
        str(language): (*data[key]["questions"], *more.get(language, ())) for key, language in LANGUAGE_KEYS.items()
    }
    answers = {str(language): tuple(data[key]["answers"]) for key, language in LANGUAGE_KEYS.items()}
    return Topic(data["key"], questions, answers, tuple(data.get("patterns", ())))


def load_selection(folder: Path = SAMPLE / "talk") -> dict[str, Any]:
    """Which questions of the published small-talk corpora are of use, and as what."""
    return _read(folder / "selection.json")


def load_intents(folder: Path = SAMPLE / "talk") -> dict[str, Any]:
    """Which intents of CLINC150 are outside the business, and which are small talk of which topic."""
    return _read(folder / "clinc150.json")


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def _article(data: dict[str, Any], keywords: dict[str, tuple[Keyword, ...]]) -> SampleArticle:
    texts = {language: _text(data[key], HELD_BACK.get(language, 0)) for key, language in LANGUAGE_KEYS.items()}
    known = keywords.get(data["slug"], ())
    return SampleArticle(data["slug"], tuple(data["tags"]), texts, known, tuple(data.get("patterns", ())))


def _text(data: dict[str, Any], held_back: int) -> SampleText:
    follow_ups = tuple(FollowUp(tuple(item["questions"]), item["answer"]) for item in data["follow_ups"])
    return SampleText(data["question"], tuple(data["answers"]), tuple(data["questions"]), follow_ups, held_back)


def _talk(key: str, data: dict[str, Any]) -> list[Talk]:
    return [
        Talk(key, language, tuple(data[short]["questions"]), tuple(data[short]["answers"]))
        for short, language in LANGUAGE_KEYS.items()
    ]
