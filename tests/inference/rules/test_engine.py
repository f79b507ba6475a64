from __future__ import annotations

import json

import pytest

from inference.knowledge import Keyword, Rule
from inference.rules.calibration import confidence
from inference.rules.engine import RulesEngine
from tests.inference.knowing import BASE, LIMIT
from tests.inference.rules.conftest import Make

LIMITS = Rule("top_up_limits", (Keyword("limit", 6), Keyword("上限", 6)))
OUTSIDE = Rule("-oos", (Keyword("weather", 3), Keyword("mortgage", 3)))


def kind(engine: RulesEngine, text: str) -> tuple[str, str]:
    verdict = engine.decide(text)
    return verdict.slug, verdict.explanation["kind"]


def test_the_very_question_of_an_article_is_answered_by_it(make: Make):
    assert kind(make(), "Where is my new card?") == ("card_arrival", "retrieval")
    assert kind(make(), "我的新卡在哪里") == ("card_arrival", "retrieval")


def test_a_new_article_is_found_by_its_examples_though_its_words_were_outside(make: Make):
    assert kind(make(rules=(OUTSIDE,)), "do you offer a mortgage") == ("mortgage", "retrieval")
    assert kind(make(rules=(OUTSIDE,)), "what is the weather") == ("-oos", "none")


def test_keywords_find_what_no_example_says(make: Make):
    assert kind(make(rules=(LIMITS,)), "any limits?") == ("top_up_limits", "keywords")
    assert kind(make(rules=(LIMITS,)), "上限是多少") == ("top_up_limits", "keywords")


def test_a_pattern_goes_before_everything(make: Make):
    engine = make(rules=(LIMITS, Rule("card_arrival", patterns=(r"limit of \d+ days",))))
    assert kind(engine, "Is there a LIMIT of 5 days?") == ("card_arrival", "pattern")


def test_a_broken_pattern_is_no_pattern(make: Make):
    assert kind(make(rules=(Rule("card_arrival", patterns=("(",)),)), "hello") == ("-talk", "talk")


def test_a_rule_of_an_article_that_is_not_published_counts_nothing(make: Make):
    assert kind(make(rules=(Rule("gone", (Keyword("zebra", 9),), ("zebra",)),)), "zebra") == ("-oos", "none")


@pytest.mark.parametrize(
    ("text", "topic"),
    [("Hello!", "greeting"), ("你好", "greeting"), ("get me a REAL person", "human_agent"), ("转人工", "human_agent")],
)
def test_small_talk_is_known_by_its_phrases_and_patterns(make: Make, text: str, topic: str):
    verdict = make().decide(text)
    assert (verdict.slug, verdict.topic, verdict.sure) == ("-talk", topic, True)


def test_what_nothing_speaks_for_is_refused_and_near_articles_are_offered(make: Make):
    assert make().decide("xyzzy").offers == ()
    near = make(rules=(Rule("top_up_limits", (Keyword("limit", 1),)), *_other_keywords()))
    verdict = near.decide("limit")
    assert (verdict.slug, verdict.sure, verdict.offers[0]) == ("-oos", False, "top_up_limits")


def _other_keywords() -> tuple[Rule, ...]:
    """Enough words that retrieval has no say of its own any more."""
    return (Rule("top_up_limits", tuple(Keyword(f"word{n}", 0.1) for n in range(20))),)


def test_a_question_that_says_little_goes_on_about_the_article_before(make: Make):
    engine = make(rules=(LIMITS,))
    assert engine.decide("and abroad?").slug == "-oos"
    verdict = engine.decide("and abroad?", "", ("Is there a limit?",))
    assert (verdict.slug, verdict.sure) == ("top_up_limits", False)
    assert verdict.explanation["steps"][-1] == {"step": "context", "article": "top_up_limits"}
    assert engine.decide("and abroad?", "", ("what a nice day",)).slug == "-oos"
    assert engine.decide("Where is my new card?", "", ("Is there a limit?",)).slug == "card_arrival"


def test_the_explanation_says_everything_as_plain_json(make: Make):
    told = make(rules=(LIMITS, OUTSIDE)).decide("Is there a limit?").explanation
    assert json.loads(json.dumps(told)) == told
    assert [step["step"] for step in told["steps"]] == ["words", "patterns", "talk", "outside", "articles"]
    assert told["matched"] == [{"text": "limit", "weight": 6.0, "share": 6.0}]
    assert (told["article"], told["threshold"], told["runner_up"]["article"]) == ("top_up_limits", 1.6, "card_arrival")


def test_the_explanation_stays_small_whatever_is_asked(make: Make):
    rules = tuple(Rule(d.slug, tuple(Keyword(f"w{n}", 1) for n in range(300))) for d in BASE.documents)
    told = make(rules=rules).decide(" ".join(f"w{n}" for n in range(300)) * 50).explanation
    assert len(json.dumps(told)) < 12_000


def test_nothing_published_and_nothing_asked(make: Make):
    assert make(documents=(), talk=()).decide("hello").slug == "-oos"
    assert make().decide("").slug == "-oos"


def test_confidence_grows_with_the_lead():
    values = [confidence(1.0, lead) for lead in (0.0, 0.2, 0.5, 1.0, 1.5, 9.0)]
    assert values == sorted(values)
    assert values[-1] == values[-2]


def test_the_language_says_which_text_is_searched_first(make: Make):
    assert make(documents=(LIMIT,)).decide("top-up limit", "zh-hans").slug == "top_up_limits"
