"""Structured results: the schema, what counts as a result, and what people read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils import translation

from chat.assistants import results
from chat.assistants.lines import read_choices, write_choices
from chat.assistants.results import Choice, Row
from chat.structured import html
from tests.chat.assistants.conftest import FIELDS

KNOWN = results.read_fields(FIELDS)
GOOD = {"sentiment": "good", "places": ["Bonn"]}


def test_fields_are_kept_as_they_are():
    assert results.write_fields(KNOWN) == FIELDS


def test_the_schema_asks_for_every_field_and_no_other():
    assert results.schema(KNOWN, "zh-hans") == {
        "type": "object",
        "properties": {
            "sentiment": {"type": "string", "enum": ["good", "bad"], "description": "情感"},
            "places": {"type": "array", "items": {"type": "string"}, "description": "places"},
        },
        "required": ["sentiment", "places"],
        "additionalProperties": False,
    }
    assert results.schema((), "en") == {}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (json.dumps(GOOD), GOOD),
        (f"```json\n{json.dumps(GOOD)}\n```", GOOD),
        ('{"sentiment": " GOOD ", "places": [], "extra": 1}', {"sentiment": "good", "places": []}),
        ('{"sentiment": "great", "places": []}', None),
        ('{"sentiment": "good"}', None),
        ('{"sentiment": "good", "places": "Bonn"}', None),
        ('{"sentiment": "good", "places": [1]}', None),
        ('{"sentiment": NaN, "places": []}', None),
        ('{"sentiment": "good", "places": [', None),
        ("[" * 100_000, None),
        (json.dumps({"sentiment": "good", "places": ["x"] * 101}), None),
        ("[]", None),
        ("Good, I think.", None),
        ("", None),
    ],
)
def test_what_is_a_result(text: str, values: dict[str, Any] | None):
    assert results.parse(KNOWN, text) == values


def test_labels_are_in_the_readers_language():
    assert results.rows(KNOWN, GOOD, "zh-hans") == [Row("情感", ["好"]), Row("places", ["Bonn"])]
    assert results.rows(KNOWN, {"sentiment": "bad", "places": []}) == [Row("Sentiment", ["bad"]), Row("Places", [])]


def test_a_result_is_a_table_and_nothing_in_it_is_markup():
    text = json.dumps({"sentiment": "good", "places": ["<img src=x onerror=alert(1)>", "Bonn"]})
    assert html(KNOWN, text, "complete") == (
        '<table><tbody><tr><th scope="row">Sentiment</th><td>Good</td></tr><tr><th scope="row">Places</th>'
        "<td>&lt;img src=x onerror=alert(1)&gt;<br>Bonn</td></tr></tbody></table>"
    )
    with translation.override("zh-hans"):
        assert '<th scope="row">情感</th><td>好</td>' in html(KNOWN, text, "complete")


def test_what_is_no_result_is_shown_as_text_with_a_sentence_and_half_of_one_not_at_all():
    shown = html(KNOWN, "I <b>cannot</b>.", "complete")
    assert shown == (
        "<p><em>The model gave no valid result. This is what it wrote:</em></p><p>I &lt;b&gt;cannot&lt;/b&gt;.</p>"
    )
    assert html(KNOWN, '{"sentiment": "go', "stopped") == "<p>The answer ended before there was a result.</p>"


def test_choices_are_written_one_a_line():
    choices = (Choice("good", "Good", "好"), Choice("bad"), Choice("so_so", "", "一般"))
    assert write_choices(choices) == "good = Good = 好\nbad\nso_so =  = 一般"
    assert read_choices("good = Good = 好\r\n\r\nbad\nso_so =  = 一般") == choices
