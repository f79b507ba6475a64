"""How an answer came about, as tables that staff can read. What is stored is taken for what it is: anybody's JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.models import Generation

DASH = "–"
KINDS = {
    "pattern": gettext_lazy("a pattern fits"),
    "keywords": gettext_lazy("weighted keywords"),
    "retrieval": gettext_lazy("words that the article has too"),
    "talk": gettext_lazy("small talk"),
    "none": gettext_lazy("nothing fits well enough"),
}
SPECIAL = {"-oos": gettext_lazy("outside the business"), "-talk": gettext_lazy("small talk")}


@dataclass(frozen=True, slots=True)
class Table:
    """One part of an explanation; `note` is a sentence under it."""

    caption: str
    head: list[str]
    rows: list[list[str]]
    note: str = ""


def tables(record: Generation) -> list[Table]:
    """What the model named, what the rules thought, what retrieval found; only what there is."""
    told = _dict(record.explanation)
    rules = _dict(told.get("rules")) or (told if "kind" in told else {})
    found = [_citation(_dict(told.get("citation"))), *_rules(rules), _hits(_list(told.get("retrieval")))]
    return [table for table in found if table is not None]


def _citation(cited: dict[str, Any]) -> Table | None:
    if not cited:
        return None
    second = _dict(cited.get("runner_up"))
    ranked = [(_("Named source"), cited), (_("Runner-up"), second)]
    rows = [[name, _article(one), _number(one.get("confidence"))] for name, one in ranked if one]
    return Table(_("What the model named"), ["", _("Article"), _("Confidence")], rows)


def _rules(rules: dict[str, Any]) -> list[Table | None]:
    if not rules:
        return []
    second = _dict(rules.get("runner_up"))
    ranked = [(_("Best"), rules), (_("Runner-up"), second)]
    rows = [
        [name, _article(one), _number(one.get("score")), _number(one.get("threshold", rules.get("threshold")))]
        for name, one in ranked
        if one.get("article")
    ]
    kind = str(rules.get("kind", ""))
    note = _("Decided by: %(kind)s.") % {"kind": KINDS.get(kind, kind)}
    head = ["", _("Article"), _("Score"), _("Threshold")]
    steps = {str(step.get("step")): step for step in map(_dict, _list(rules.get("steps")))}
    return [
        Table(_("What the rules thought"), head, rows, note),
        _matched(_list(rules.get("matched"))),
        _fired(_list(steps.get("patterns", {}).get("fired"))),
        _weighed(_list(steps.get("articles", {}).get("candidates"))),
    ]


def _fired(patterns: list[Any]) -> Table | None:
    if not patterns:
        return None
    rows = [[_article(one), str(one.get("pattern", DASH))] for one in map(_dict, patterns)]
    return Table(_("Patterns that fit"), [_("Article"), _("Pattern")], rows)


def _weighed(candidates: list[Any]) -> Table | None:
    """The articles that something spoke for, with the keywords that did."""
    if not candidates:
        return None
    rows = []
    for one in map(_dict, candidates):
        words = ", ".join(str(_dict(word).get("text", word)) for word in _list(one.get("keywords"))) or DASH
        rows.append([_article(one), _number(one.get("score")), _number(one.get("threshold")), words])
    return Table(_("Articles that the rules weighed"), [_("Article"), _("Score"), _("Threshold"), _("Keywords")], rows)


def _matched(matched: list[Any]) -> Table | None:
    """The matched words, with what each adds to the score where the rules say so."""
    if not matched:
        return None
    rows = [
        [str(_dict(one).get("text", one)), _number(_dict(one).get("share", _dict(one).get("weight")))]
        for one in matched
    ]
    return Table(_("Matched words"), [_("Word"), _("Weight")], rows)


def _hits(hits: list[Any]) -> Table | None:
    if not hits:
        return None
    rows = [
        [
            _article(_dict(hit)),
            _number(_dict(hit).get("score")),
            ", ".join(map(str, _list(_dict(hit).get("matched")))) or DASH,
        ]
        for hit in hits
    ]
    return Table(_("What retrieval found"), [_("Article"), _("Score"), _("Matched words")], rows)


def _article(one: dict[str, Any]) -> str:
    slug = str(one.get("article") or DASH)
    return str(SPECIAL.get(slug, slug))


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return DASH
    return number_format(round(value, 2), decimal_pos=2)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
