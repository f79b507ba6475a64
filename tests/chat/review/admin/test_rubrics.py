"""Scorecards, causes and rules in the admin: what is frozen stays, what is copied can be edited."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chat.review import actions
from chat.review.models import Criterion, FillRule, ReviewQueue, RootCause, Rubric, RubricVersion
from tests.chat.admin.conftest import signed_in
from tests.chat.review.reviewing import card, person, queued, shipped

pytestmark = pytest.mark.django_db
ADMIN = "/admin/review/"


@pytest.fixture
def queue() -> ReviewQueue:
    return shipped()


@pytest.fixture
def lead(queue: ReviewQueue) -> Client:
    """One of the group that has these pages."""
    return signed_in(person("Review leads"))


def page(version: RubricVersion) -> str:
    return f"{ADMIN}rubricversion/{version.pk}/change/"


def fields(version: RubricVersion, **changes: Any) -> dict[str, Any]:
    """The form as the page sends it, with changes to the first criterion."""
    names = ("id", "key", "name_en", "name_zh", "anchors_en", "anchors_zh", "levels", "weight", "position")
    rows = list(version.criteria.all())
    sent: dict[str, Any] = {"criteria-TOTAL_FORMS": len(rows), "criteria-INITIAL_FORMS": len(rows)}
    for number, row in enumerate(rows):
        sent[f"criteria-{number}-version"] = version.pk
        for name in names:
            sent[f"criteria-{number}-{name}"] = getattr(row, name)
        sent |= {f"criteria-{number}-{name}": "on" for name in ("allow_na", "critical") if getattr(row, name)}
    return sent | {f"criteria-0-{name}": value for name, value in changes.items()}


def test_a_version_is_edited_until_a_review_was_given_by_it(queue: ReviewQueue, lead: Client):
    version = RubricVersion.objects.get()
    assert lead.post(page(version), fields(version, weight=40)).status_code == 302
    assert version.criteria.get(key="correct").weight == 40
    refused = lead.post(page(version), fields(version, levels=4))
    assert "Write 4 lines, one for each level; there are 5." in refused.content.decode()
    queued(queue)
    actions.submit(actions.reserve(queue, person())[0], card())
    shown = lead.get(page(version)).content.decode()
    assert ("it stays as it is" in shown, 'name="criteria-0-weight"' in shown) == (True, False)
    lead.post(page(version), fields(version, weight=50))
    assert version.criteria.get(key="correct").weight == 40


def test_a_copy_is_made_and_taken_into_use(queue: ReviewQueue, lead: Client):
    version = RubricVersion.objects.get()
    made = lead.post(page(version), {"_new_version": "1"}, follow=True)
    copy = RubricVersion.objects.get(number=2)
    assert "Version 2 is a copy." in made.content.decode()
    assert (copy.active, copy.criteria.count()) == (False, version.criteria.count())
    lead.post(page(copy), {"_use": "1"})
    assert list(RubricVersion.objects.filter(active=True)) == [copy]


def test_a_reviewer_has_none_of_these_pages(queue: ReviewQueue):
    reviewer = signed_in(person())
    version = RubricVersion.objects.get()
    asked = [reviewer.post(page(version), {name: "1"}).status_code for name in ("_new_version", "_use")]
    assert (asked, RubricVersion.objects.count()) == ([403, 403], 1)


def test_an_empty_version_is_not_taken_into_use(lead: Client):
    lead.post(f"{ADMIN}rubric/add/", {"slug": "other", "name_en": "Other", "name_zh": "其他"})
    version = RubricVersion.objects.get(rubric=Rubric.objects.get(slug="other"))
    lead.post(page(version), {"_use": "1"})
    version.refresh_from_db()
    assert (version.number, version.active, Criterion.objects.filter(version=version).count()) == (1, False, 0)


def test_engines_and_languages_of_a_rule_are_ticked(queue: ReviewQueue, lead: Client):
    rule = queue.rules.first()
    assert rule is not None
    sent = {
        **{"name": "Chinese by rules", "queue": queue.pk, "stream": "random", "active": "on", "position": 0},
        **{"engines": ["rules"], "languages": ["zh-hans"], "feedback": "", "confidence_below": "", "kind": ""},
        **{"rate": "0.5", "daily_quota": "10", "reason": ""},
    }
    assert lead.post(f"{ADMIN}fillrule/{rule.pk}/change/", sent).status_code == 302
    changed = FillRule.objects.get(pk=rule.pk)
    assert (changed.engines, changed.languages, changed.rate) == (["rules"], ["zh-hans"], 0.5)
    refused = lead.post(f"{ADMIN}fillrule/{rule.pk}/change/", {**sent, "rate": "1.5", "engines": ["nobody"]})
    assert sorted(refused.context["adminform"].form.errors) == ["engines", "rate"]


def test_a_cause_is_part_of_a_group_only(lead: Client):
    below = RootCause.objects.get(key="kb_missing")
    sent = {"key": "deeper", "name_en": "Deeper", "name_zh": "更深", "parent": below.pk, "position": 1, "active": "on"}
    assert "parent" in lead.post(f"{ADMIN}rootcause/add/", sent).context["adminform"].form.errors
    lead.post(f"{ADMIN}rootcause/add/", {**sent, "parent": below.parent_id})
    assert RootCause.objects.get(key="deeper").parent_id == below.parent_id


def test_leads_see_the_lists(lead: Client):
    paths = ("rubric", "rubricversion", "rootcause", "fillrule", "reviewqueue")
    assert [lead.get(f"{ADMIN}{path}/").status_code for path in paths] == [200] * 5
    assert User.objects.count() == 1
