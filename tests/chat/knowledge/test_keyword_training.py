from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from chat.knowledge.keyword_training import Example, learn
from chat.knowledge.sample_data import load_articles, load_keywords
from chat.knowledge.source import source
from inference.retrieval import Options
from inference.retrieval.index import Library
from inference.rules import RulesEngine
from inference.rules.keywords import Keywords
from inference.rules.words import key, units

QUESTIONS = {
    "lost": ("my card is lost", "I lost my card", "lost card please help", "卡丢了", "我的卡丢了", "卡弄丢了怎么办"),
    "fees": ("what are the fees", "any fee for my card", "fees please", "手续费多少", "有手续费吗", "手续费怎么算"),
    "-oos": ("weather today", "what is the weather", "weather please", "天气怎么样", "今天天气", "天气多少度"),
}


def _examples() -> list[Example]:
    return [Example(text, slug) for slug, texts in QUESTIONS.items() for text in texts]


def test_keywords_tell_the_articles_apart():
    rules = learn(_examples(), 5)
    keywords = Keywords(rules)
    for slug, texts in QUESTIONS.items():
        for text in texts:
            scores = keywords.scores(units(text))
            assert (max(scores, key=lambda found: scores[found].total), text) == (slug, text)


def test_keywords_are_words_that_people_write_and_no_more_than_asked_for():
    rules = {rule.slug: [keyword.text for keyword in rule.keywords] for rule in learn(_examples(), 3)}
    assert {"lost", "手续"} & {*rules["lost"], *rules["fees"]}
    assert max(len([text for text in rules[slug] if text.isascii()]) for slug in ("lost", "fees")) == 3
    assert [text for texts in rules.values() for text in texts if not key(text)] == []


def test_the_sample_has_learned_keywords_for_every_article():
    learned = load_keywords()
    assert {article.slug for article in load_articles() if not article.keywords} == set()
    assert sorted(slug for slug in learned if slug.startswith("-")) == ["-oos", "-talk"]
    assert max(len(words) for slug, words in learned.items() if not slug.startswith("-")) <= 240


async def test_the_sample_business_is_answered_by_the_rules(db: None):
    knowledge = await source()
    engine = RulesEngine(knowledge, Library(Options("off")).index(knowledge))
    asked = ("my card got swallowed by the atm", "卡被取款机吞了", "what is the weather in paris", "hello!", "转人工")
    verdicts = [engine.decide(text) for text in asked]
    assert [(v.slug, v.topic) for v in verdicts] == [
        *(("card_swallowed", ""), ("card_swallowed", "")),
        *(("-oos", ""), ("-talk", "greeting"), ("-talk", "human_agent")),
    ]


def test_the_command_writes_one_keyword_a_line(tmp_path: Path, monkeypatch):
    for name in ("banking77", "clinc", "oos"):
        (tmp_path / f"{name}.csv").write_text("text,category\n", encoding="utf-8")
    monkeypatch.setattr(
        "chat.knowledge.management.commands.learn_keywords.learn", lambda rows, most: learn(_examples(), most)
    )
    out, told = tmp_path / "keywords.json", StringIO()
    files = {
        f: tmp_path / f"{n}.csv" for f, n in (("banking77", "banking77"), ("clinc", "clinc"), ("clinc_oos", "oos"))
    }
    call_command("learn_keywords", **files, out=out, per_language=2, stdout=told)
    found = json.loads(out.read_text(encoding="utf-8"))
    assert (list(found), out.read_text(encoding="utf-8").count(": ")) == (
        sorted(found),
        sum(map(len, found.values())) + 3,
    )
    assert told.getvalue().startswith(f"{sum(map(len, found.values()))} keywords of 3 articles")
