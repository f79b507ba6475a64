"""inference/grounding.py: what may be said, from what is cited, published and found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inference.grounding import NEVER, Case, Limits, Plan, judge, untaught
from inference.knowledge import EMPTY, KnowledgeBase, Teaching
from inference.retrieval.index import Hit
from inference.types import Citation
from tests.inference.knowing import ARRIVAL, BASE, DOUBTS, LIMIT, MORTGAGE, REFUSALS, TAUGHT

CASE = Case("Where is it?", "en", BASE, TAUGHT)


def said(plan: Plan) -> tuple[str | None, str, tuple[str, ...], bool]:
    return plan.text, plan.decision.reason, plan.decision.sources, plan.decision.abstained


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_words_about_an_article_as_it_was_taught_go_out(language: str):
    plan = judge(replace(CASE, language=language), Citation("card_arrival", 0.9))
    assert said(plan) == (None, "", ("card_arrival",), False)
    assert plan.decision.confidence == 0.9


def test_an_article_that_changed_since_is_quoted():
    assert said(judge(CASE, Citation("top_up_limits", 0.9))) == (
        *(LIMIT.answer, "article_changed", ("top_up_limits",)),
        False,
    )


@pytest.mark.parametrize("teaching", [Teaching(), Teaching(TAUGHT.slugs)])
def test_what_nobody_noted_down_is_trusted(teaching: Teaching):
    assert said(judge(replace(CASE, teaching=teaching), Citation("top_up_limits", 0.9)))[0] is None


def test_a_language_that_was_never_taught_is_quoted():
    english = {"card_arrival": {"en": "0"}}
    plan = judge(replace(CASE, language="zh-hans", teaching=Teaching(None, english)), Citation("card_arrival", 0.9))
    assert said(plan)[1] == "article_changed"


def test_the_best_hit_is_quoted_when_the_checkpoint_has_no_token_for_it():
    case = replace(CASE, hits=(Hit("mortgage", "en", 0.6), Hit("card_arrival", "en", 0.3)))
    expected = (MORTGAGE.answer, "article_unknown", ("mortgage",), False)
    assert said(judge(case, Citation("card_arrival", 0.9))) == expected
    before = untaught(case)
    assert before is not None
    assert said(before) == expected
    assert before.decision.confidence == 1 - 0.5**8
    assert untaught(replace(case, hits=(Hit("mortgage", "en", 0.6), Hit("card_arrival", "en", 0.55)))) is None
    assert untaught(replace(case, hits=(Hit("mortgage", "en", 0.05),))) is None
    assert untaught(replace(case, hits=(Hit("card_arrival", "en", 0.9),))) is None
    assert untaught(CASE) is None


def test_a_retired_article_is_never_cited():
    without = replace(CASE, knowledge=replace(BASE, documents=(ARRIVAL, MORTGAGE)))
    second = judge(without, Citation("top_up_limits", 0.5, "card_arrival", 0.5))
    assert said(second) == (ARRIVAL.answer, "article_retired", ("card_arrival",), False)
    nothing = judge(without, Citation("top_up_limits", 0.9, "card_arrival", 0.1))
    assert said(nothing) == (nothing.text, "unsure", (), True)
    assert nothing.decision.explanation["offered"] == ["card_arrival"]
    assert said(judge(without, Citation("top_up_limits", 0.9)))[1:] == ("unsure", (), True)
    assert without.source_prior() == {"top_up_limits": NEVER}


def test_the_prior_is_retrievals_as_long_as_everything_is_published():
    assert replace(CASE, prior={"card_arrival": -0.1}).source_prior() == {"card_arrival": -0.1}
    assert replace(CASE, knowledge=EMPTY).source_prior() == {}


def test_whoever_is_not_sure_offers_articles_and_a_person():
    case = replace(CASE, hits=(Hit("mortgage", "en", 0.4), Hit("top_up_limits", "en", 0.35)))
    plan = judge(case, Citation("card_arrival", 0.45, "top_up_limits", 0.35))
    assert plan.text == (
        f"{DOUBTS['en'][0]}\n\n- [My card has not arrived](/help/card_arrival/)\n"
        "- [How much can I top up?](/help/top_up_limits/)\n- [Do you offer \\[mortgages\\]?](/help/mortgage/)"
    )
    assert plan.decision.explanation["offered"] == ["card_arrival", "top_up_limits", "mortgage"]
    assert said(plan)[1:] == ("unsure", (), True)


def test_where_only_the_article_is_in_doubt_the_best_finds_are_offered_too():
    hits = (Hit("mortgage", "en", 0.2), Hit("top_up_limits", "en", 0.18), Hit("card_arrival", "en", 0.05))
    doubted = judge(replace(CASE, hits=hits), Citation("card_arrival", 0.4, "-oos", 0.3))
    assert doubted.decision.explanation["offered"] == ["card_arrival", "mortgage", "top_up_limits"]
    outside = judge(replace(CASE, hits=hits), Citation("-oos", 0.6, "card_arrival", 0.2))
    assert outside.decision.explanation["offered"] == []


def test_a_question_outside_the_business_is_refused_in_its_language():
    plan = judge(replace(CASE, language="zh-hans"), Citation("-oos", 0.99, "card_arrival", 0.01))
    assert said(plan) == (REFUSALS["zh-hans"][0], "unsure", (), True)
    bare = judge(Case("x", "zh-hans", KnowledgeBase("1", (ARRIVAL,))), Citation("-oos", 1.0))
    assert bare.text == "这个我不了解，请联系人工客服。"


def test_asking_again_gets_the_refusal_in_other_words():
    texts = [judge(replace(CASE, seed=seed), Citation("-oos", 1.0)).text for seed in (None, 0, 1, 7)]
    assert sorted({str(text) for text in texts}) == sorted(REFUSALS["en"])
    assert texts[0] not in texts[1:]


@pytest.mark.parametrize(("language", "answers"), [("en", True), ("zh-hans", False)])
def test_each_language_may_have_its_threshold(language: str, answers: bool):
    case = replace(CASE, language=language, limits=Limits({"en": 0.3, "zh-hans": 0.7}))
    assert judge(case, Citation("card_arrival", 0.6)).decision.abstained is not answers


def test_small_talk_needs_no_article_but_is_not_a_guess():
    assert said(judge(CASE, Citation("-talk", 0.7))) == (None, "", (), False)
    assert said(judge(CASE, Citation("-talk", 0.5)))[1:] == ("unsure", (), True)


def test_a_model_that_names_no_source_is_recorded_as_such():
    assert said(judge(CASE, None)) == (None, "no_citation", (), False)


def test_where_there_are_no_articles_the_model_is_trusted():
    assert said(judge(Case("x", "en", EMPTY), Citation("card_arrival", 0.1)))[2] == ("card_arrival",)


def test_the_explanation_holds_what_was_found_and_cited():
    case = replace(CASE, hits=(Hit("card_arrival", "en", 0.81234, ("card", "where")),))
    plan = judge(case, Citation("card_arrival", 0.9, "-oos", 0.05))
    assert plan.decision.explanation == {
        "retrieval": [{"article": "card_arrival", "score": 0.8123, "matched": ["card", "where"]}],
        "citation": {
            "article": "card_arrival",
            "confidence": 0.9,
            "runner_up": {"article": "-oos", "confidence": 0.05},
        },
    }


def test_what_another_engine_came_to_as_well_needs_less_certainty():
    case = replace(CASE, limits=Limits(threshold=0.9), seconded="card_arrival")
    assert said(judge(case, Citation("card_arrival", 0.7))) == (None, "", ("card_arrival",), False)
    assert said(judge(replace(case, seconded="top_up_limits"), Citation("card_arrival", 0.7)))[3]


def test_the_threshold_is_lower_where_less_is_known():
    limits = Limits(threshold={"en": 0.9}, threshold_by_words={"en": 0.55})
    assert (limits.of("en", seconded=True), limits.of("en", by_meaning=False, seconded=True)) == (0.6, 0.55)
    assert (limits.of("en"), limits.of("en", by_meaning=False), Limits(0.7).of("en", by_meaning=False)) == (
        0.9,
        0.55,
        0.7,
    )
