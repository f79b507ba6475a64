"""The comparison page with no vote, a few and filters; the pairs behind it; its pictures."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from chat import actions as chat_actions
from chat.access import Actor
from chat.enums import FeedbackValue, Language
from chat.knowledge import actions as knowledge_actions
from chat.knowledge.drafts import ArticleDraft, TextDraft
from chat.models import Generation
from chat.review.actions import Vote, record_vote
from chat.review.charts import PICTURES, THEMES, draw
from chat.review.enums import Audience, Outcome, VoteReason
from chat.review.filters import Filters
from chat.review.models import Comparison, ComparisonVote
from chat.review.report import report
from tests.chat.admin.conftest import make_staff, signed_in
from tests.chat.review.conftest import cite, compare

pytestmark = pytest.mark.django_db

PAGE = "/review/compare/"
REVIEWER = ("review.view_comparison", "chat.read_transcripts")


@pytest.fixture
def client() -> Client:
    """A reviewer who edits articles as well."""
    return signed_in(make_staff(*REVIEWER, "knowledge.add_article", "knowledge.change_article"))


def voted(
    ann: Actor, outcome: Outcome, text: str = "Where is my card?", rater: str = "r", **facts: object
) -> Comparison:
    """A pair with a vote: the rules cite card_arrival, GPT-2 change_pin."""
    found = compare(chat_actions.create_conversation(ann), text)
    cite(found.first, "card_arrival", answered_by="rules", finish_reason="stop", first_token_ms=1, total_ms=2, cpu_ms=1)
    cite(found.second, "change_pin", answered_by="gpt2", finish_reason="stop", first_token_ms=90, total_ms=400)
    Comparison.objects.filter(pk=found.pk).update(**facts)
    record_vote(found, Actor(visitor=rater), Vote(outcome, (VoteReason.CLEAR,), guessed="rules"))
    return found


def test_without_a_vote_the_page_says_so(client: Client) -> None:
    page = client.get(PAGE)
    assert page.context["verdict"].sentence.startswith("Nobody has voted yet")
    assert (page.context["report"].votes, page.context["topics"]) == (0, [])


def test_two_votes_prove_nothing(client: Client, ann: Actor) -> None:
    voted(ann, Outcome.FIRST)
    voted(ann, Outcome.BOTH_BAD, "How do I change my PIN?")
    page = client.get(PAGE)
    assert (
        page.context["verdict"].sentence == "It cannot be said yet whether GPT-2 with articles or Rules answers better."
    )
    assert page.context["verdict"].details == [
        "Against GPT-2 with articles, Rules got 100% of the votes, ties as halves (votes: 1, questions: 1). "
        "With 95% certainty its true share is between 21% and 100%.",
        "1 vote of 2 (50%) says that both answers are bad; it counts for neither.",
    ]
    assert [(row.slug, row.votes, row.both_bad) for _title, row in page.context["topics"]] == [("card_arrival", 2, 1)]


def test_many_votes_make_a_sentence(ann: Actor, client: Client) -> None:
    for number in range(12):
        voted(ann, Outcome.SECOND, f"Question {number}")
    page = client.get(PAGE)
    assert page.context["verdict"].sentence == "GPT-2 with articles answers better than Rules."
    assert page.context["verdict"].details[-1] == "GPT-2 with articles is ahead on: change pin."
    assert [rank.engine for rank in page.context["report"].ranking] == ["gpt2", "rules"]


def test_the_records_are_summed_up_by_engine(ann: Actor) -> None:
    pair = voted(ann, Outcome.FIRST)
    chat_actions.set_feedback(ann, pair.first, FeedbackValue.GOOD, [], "")
    cite(voted(ann, Outcome.TIE).second, answered_by="gpt2", abstained=True, finish_reason="stop")
    cite(voted(ann, Outcome.TIE).second, answered_by="gpt2", error_class="timeout", finish_reason="error")
    cite(voted(ann, Outcome.TIE).second, answered_by="", backend="gpt2", finish_reason="cancelled")
    found = report(Filters())
    by_engine = {one.engine: (one.answered, one.abstained, one.failed, one.stopped, one.good) for one in found.outcomes}
    assert by_engine == {"rules": (4, 0, 0, 0, 1), "gpt2": (1, 1, 1, 1, 0)}
    assert [(one.engine, one.n, one.mean) for one in found.cost] == [("rules", 4, 1.0), ("gpt2", 0, None)]
    assert [(one.engine, one.n, one.p50) for one in found.total] == [("rules", 4, 2.0), ("gpt2", 2, 400.0)]
    assert (found.blind.right, found.blind.guesses, found.blind.left, found.blind.sided) == (4, 4, 1, 1)


def test_filters_choose_votes(ann: Actor) -> None:
    voted(ann, Outcome.FIRST)
    voted(ann, Outcome.FIRST, mode="offline")
    voted(ann, Outcome.FIRST, language="zh-hans", offered_to=Audience.VISITOR)
    old = voted(ann, Outcome.FIRST)
    ComparisonVote.objects.filter(comparison=old).update(created_at=timezone.now() - timedelta(days=8))
    queries = ({}, {"mode": "offline"}, {"asked": "visitor"}, {"language": "en"}, {"days": "7"}, {"days": "1 OR 1"})
    assert [report(Filters.of_query(query)).votes for query in queries] == [4, 1, 1, 3, 3, 4]
    assert (
        Filters.of_query({"days": "7", "mode": "x", "asked": "staff"}).query(mode="live")
        == "days=7&mode=live&asked=staff"
    )


def test_the_report_is_kept_until_something_changes(ann: Actor) -> None:
    voted(ann, Outcome.FIRST)
    report(Filters())
    with CaptureQueriesContext(
        connection,
    ) as again:
        report(Filters())
    assert len(again) == 4  # those that ask whether something has changed
    voted(ann, Outcome.SECOND)
    assert report(Filters()).votes == 2


def test_a_cell_opens_its_pairs(ann: Actor, client: Client) -> None:
    first = voted(ann, Outcome.FIRST)
    second = voted(ann, Outcome.SECOND, "How do I change my PIN?")
    record_vote(second, Actor(visitor="other"), Vote(Outcome.TIE))
    tie = voted(ann, Outcome.TIE)
    shown = {
        query: [row["pair"].comparison for row in client.get(f"{PAGE}pairs/?{query}").context["pairs"]]
        for query in (
            *("", "topic=change_pin", "topic=", "topic=card_arrival&engine=rules", "engine=gpt2&result=won"),
            *("engine=gpt2&result=lost", "result=tie", "engine=router", f"before={second.pk}", "before=-1&result=x"),
        )
    }
    assert list(shown.values()) == [
        *([tie, second, first], [second], [], [tie, second, first], [second]),
        *([first], [tie, second], [], [first], [tie, second, first]),
    ]
    row = client.get(f"{PAGE}pairs/?topic=change_pin").context["pairs"][0]
    assert (row["said"], row["reasons"]) == ([("gpt2", 1), ("equally good", 1)], [("Easier to understand", 1)])
    assert [(engine, best) for engine, _reply, best in row["sides"]] == [("rules", False), ("gpt2", True)]


def test_pairs_lead_to_an_article_and_to_its_rules(ann: Actor, client: Client) -> None:
    draft = ArticleDraft("card_arrival", {Language.ENGLISH: TextDraft("Where is my card?", "On its way.")})
    article = knowledge_actions.save_draft(None, draft, None, "").article
    voted(ann, Outcome.FIRST, "Where's\nmy card?")
    row = client.get(f"{PAGE}pairs/").context["pairs"][0]
    form = client.get(row["article"]).context["adminform"].form
    assert form["question_en"].value() == "Where's my card?"
    assert row["rule"] == f"/admin/knowledge/article/{article.pk}/change/#id_patterns"
    plain = signed_in(make_staff(*REVIEWER)).get(f"{PAGE}pairs/").context["pairs"][0]
    assert (plain["article"], plain["rule"]) == ("", "")


def test_pairs_of_deleted_conversations_are_not_shown(ann: Actor, client: Client) -> None:
    chat_actions.delete(voted(ann, Outcome.FIRST).conversation)
    assert client.get(f"{PAGE}pairs/").context["pairs"] == []


def test_pairs_come_page_by_page_in_a_few_queries(ann: Actor, client: Client) -> None:
    for number in range(11):
        voted(ann, Outcome.FIRST, f"Question {number}")
    with CaptureQueriesContext(connection) as queries:
        page = client.get(f"{PAGE}pairs/?engine=rules")
    assert (len(page.context["pairs"]), len(queries) <= 12) == (10, True)
    older = client.get(f"{PAGE}pairs/{page.context['older']}")
    assert [row["pair"].comparison.prompt.content for row in older.context["pairs"]] == ["Question 0"]


def test_who_may_not_read_transcripts_sees_figures_alone(ann: Actor) -> None:
    voted(ann, Outcome.FIRST)
    client = signed_in(make_staff("review.view_comparison"))
    body = client.get(PAGE).content.decode()
    assert ("/review/compare/pairs/" in body, "/review/gaps/" in body) == (False, False)
    assert [client.get(f"/review/{path}").status_code for path in ("compare/pairs/", "gaps/", "")] == [403, 403, 200]


def test_hostile_words_stay_words(ann: Actor, client: Client) -> None:
    pair = voted(ann, Outcome.FIRST, "<script>alert(1)</script>")
    pair.first.content = "<img src=x onerror=alert(1)> [x](javascript:alert(1))"
    pair.first.save()
    body = client.get(f"{PAGE}pairs/").content.decode()
    assert ("<script>alert" in body, "<img src=x" in body, 'href="javascript' in body) == (False, False, False)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in body


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_text_and_lines_without_styles(ann: Actor, name: str) -> None:
    empty = draw(name, "dark", report(Filters())).decode()
    voted(ann, Outcome.FIRST)
    drawn = draw(name, "light", report(Filters())).decode()
    for svg in (empty, drawn):
        ElementTree.fromstring(svg)
        assert ("style" in svg, "<text" in svg) == (False, True)
    assert (THEMES["dark"].ink in empty, THEMES["light"].ink in drawn) == (True, True)


def test_chinese_labels_are_text_that_the_browser_draws(ann: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    voted(ann, Outcome.FIRST)
    Generation.objects.filter(answered_by="rules").update(answered_by="规则引擎")
    assert "规则引擎" in draw("outcomes", "light", report(Filters())).decode()


@pytest.mark.parametrize("path", ["nothing.svg", "total.svg?theme=pink"])
def test_other_pictures_do_not_exist(client: Client, path: str) -> None:
    assert client.get(PAGE + path).status_code == 404


def test_the_group_of_reviewers_may_see_all_this() -> None:
    from django.contrib.auth.models import Group

    names = Group.objects.get(name="Reviewers").permissions.values_list("codename", flat=True)
    assert sorted(names) == ["add_review", "read_transcripts", "view_comparison"]


def test_the_pages_speak_chinese(ann: Actor, client: Client) -> None:
    voted(ann, Outcome.FIRST)
    with translation.override("zh-hans"):
        for path in ("/review/", PAGE, f"{PAGE}pairs/", "/review/gaps/"):
            page = client.get(path, headers={"Accept-Language": "zh-CN"})
            assert (page.status_code, '<html lang="zh-hans">' in page.content.decode()) == (200, True)
