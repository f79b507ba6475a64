"""There is one default, and edits of shipped assistants stay."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError

from chat.assistants import actions
from chat.assistants.models import Assistant
from chat.assistants.presets import load_presets
from chat.assistants.results import read_fields, write_fields
from tests.chat.assistants.conftest import assistant

pytestmark = pytest.mark.django_db

SLUGS = ["support", "knowledge", "tutor", "writing", "translation", "classification"]


def test_the_shipped_ones_are_whole_in_both_languages():
    for preset in load_presets():
        preset.full_clean()
        assert write_fields(read_fields(preset.result_fields)) == preset.result_fields
        for short in ("en", "zh"):
            assert all(
                getattr(preset, f"{name}_{short}") for name in ("name", "summary", "description", "instructions")
            )
            assert len(getattr(preset, f"starters_{short}")) <= 6
        assert ("language model" in preset.description_en, "语言模型" in preset.description_zh) == (True, True)
    assert [preset.slug for preset in load_presets()] == SLUGS


def test_they_are_added_once_and_never_overwritten(capsys: pytest.CaptureFixture[str]):
    call_command("load_assistants")
    assert [row.slug for row in Assistant.objects.all()] == SLUGS
    Assistant.objects.filter(slug="tutor").update(instructions_en="Mine.")
    Assistant.objects.filter(slug="writing").delete()
    assert actions.add_presets() == ["writing"]
    assert Assistant.objects.get(slug="tutor").instructions_en == "Mine."
    call_command("load_assistants")
    assert capsys.readouterr().out.splitlines() == [
        f"Added: {', '.join(SLUGS)}.",
        "All shipped assistants are there already; nothing was changed.",
    ]


def test_where_somebody_has_a_default_the_shipped_one_is_none():
    assistant("ours", is_default=True)
    actions.add_presets()
    assert list(Assistant.objects.filter(is_default=True).values_list("slug", flat=True)) == ["ours"]


def test_a_new_default_takes_the_place_of_the_old_one():
    old, new = assistant("old", is_default=True), assistant("new")
    new.is_default = True
    actions.save_assistant(new)
    assert [(row.slug, row.is_default) for row in Assistant.objects.all()] == [("new", True), ("old", False)]
    new.is_default = False
    with pytest.raises(ValidationError):
        actions.save_assistant(new)
    actions.delete_assistants(Assistant.objects.all())
    assert [row.slug for row in Assistant.objects.all()] == ["new"]
    assert old.pk


def test_the_database_knows_one_default_that_is_for_everybody():
    assistant("one", is_default=True)
    with pytest.raises(IntegrityError):
        assistant("two", is_default=True)


@pytest.mark.parametrize("fields", [{"enabled": False}, {"audience": "staff"}, {"needs": "large"}])
def test_the_default_has_to_be_for_everybody(fields: dict[str, object]):
    with pytest.raises(ValidationError):
        Assistant(slug="x", is_default=True, **fields).clean()


@pytest.mark.parametrize(("name", "value"), [("temperature", 2.1), ("top_p", 0.0), ("max_new_tokens", 5000)])
def test_sampling_is_what_inference_takes(name: str, value: float):
    with pytest.raises(ValidationError) as raised:
        Assistant(slug="x", **{name: value}).clean()
    assert list(raised.value.message_dict) == [name]
