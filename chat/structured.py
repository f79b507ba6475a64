"""Answers that are results: shown as a small table in the reader's language, never as the JSON that they are."""

from __future__ import annotations

from django.utils.html import format_html, format_html_join, linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from chat.assistants.results import ResultField, Row, parse, read_fields, rows
from chat.enums import Status
from chat.models import Message


def fields_of(message: Message) -> tuple[ResultField, ...]:
    """What the answer was asked to be a result of; nothing for an answer in words."""
    record = getattr(message, "generation", None)
    return read_fields(record.result_fields) if record and record.result_fields else ()


def html(fields: tuple[ResultField, ...], text: str, status: str) -> str:
    """The result as a table in the active language; of what is none, the text and the fact that it is none."""
    values = parse(fields, text)
    if values is not None:
        return _table(rows(fields, values))
    if status != Status.COMPLETE:
        return format_html("<p>{}</p>", _("The answer ended before there was a result."))
    note = _("The model gave no valid result. This is what it wrote:")
    return format_html("<p><em>{}</em></p>{}", note, mark_safe(linebreaks(text, autoescape=True)))  # noqa: S308


def _table(found: list[Row]) -> SafeString:
    cells = [
        (row.label, format_html_join(mark_safe("<br>"), "{}", ((value,) for value in row.values)) or "–")
        for row in found
    ]
    lines = format_html_join("", '<tr><th scope="row">{}</th><td>{}</td></tr>', cells)
    return format_html("<table><tbody>{}</tbody></table>", lines)
