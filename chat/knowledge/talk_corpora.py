"""Questions from the published small-talk corpora, as talk/selection.json chose them.

Only questions are taken: the corpora's answers claim bodies, feelings and opinions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from chat.enums import Language

LANGUAGES = {"english": Language.ENGLISH, "chinese": Language.CHINESE}
CHATTERBOT_CAP = 40
CHITCHAT_CAP = 15
_HALF_TO_FULL = str.maketrans("?!,", "？！，")


def chatterbot_questions(selection: dict[str, Any]) -> Iterator[tuple[Language, str, str]]:
    """(language, topic, question) of chatterbot-corpus."""
    exclude = set(selection["exclude"])
    for folder, files in selection["relabel"].items():
        for name, topics in files.items():
            conversations = _conversations(folder, name)
            for topic, chosen in topics.items():
                indices = range(len(conversations)) if chosen == "all" else chosen
                questions = dict.fromkeys(_question(conversations[i]) for i in indices)
                kept = [question for question in questions if question and question not in exclude]
                yield from ((LANGUAGES[folder], topic, _tidy(folder, text)) for text in kept[:CHATTERBOT_CAP])


def chitchat_questions(selection: dict[str, Any]) -> Iterator[tuple[Language, str, str]]:
    """(language, topic, question) of chitchat-dataset: the first line of a conversation, if it is a greeting."""
    rules, counts = selection["chitchat"], dict.fromkeys(selection["chitchat"]["patterns"], 0) | {"hello_again": 0}
    for text in dict.fromkeys(_openings()):
        topic = _topic(text, rules)
        if topic and counts[topic] < CHITCHAT_CAP:
            counts[topic] += 1
            yield Language.ENGLISH, topic, text.strip()


def _topic(text: str, rules: dict[str, Any]) -> str | None:
    if re.fullmatch(rules["hello_again_raw"], text.strip().lower()):
        return "hello_again"
    plain = " ".join(re.sub(r"[^a-z ']", "", text.lower()).split())
    return next((topic for topic, pattern in rules["patterns"].items() if re.fullmatch(pattern, plain)), None)


def _openings() -> list[str]:
    data = json.loads((_package("chitchat_dataset") / "dataset.json").read_text(encoding="utf-8"))
    return [row["messages"][0][0]["text"] for row in data.values() if row["messages"] and row["messages"][0]]


@lru_cache
def _conversations(folder: str, name: str) -> list[Any]:
    import yaml

    path = _package("chatterbot_corpus") / "data" / folder / name
    return yaml.safe_load(path.read_text(encoding="utf-8"))["conversations"]


def _question(conversation: Any) -> str:
    """The opening of a conversation; some entries of the corpus are broken and are no list."""
    return str(conversation[0]).strip() if isinstance(conversation, list) else ""


def _tidy(folder: str, text: str) -> str:
    if text.isupper() and folder == "english":
        text = text.lower()
    return text.translate(_HALF_TO_FULL) if folder == "chinese" else text


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{name} is not installed: pip install -e '.[train]'")
    return Path(spec.origin).parent
