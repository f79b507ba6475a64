"""The report of an evaluation as one HTML file that needs nothing else: no script, no font, no network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from inference.evaluating.answers import Answer
from inference.evaluating.pairs import Group, groups
from inference.evaluating.questions import OUTSIDE, key
from inference.evaluating.run import Run
from inference.management import evaluation_pictures as pictures
from inference.management.evaluation_words import (
    engine_name,
    form_names,
    interval,
    milliseconds,
    notes,
    outcome_names,
    p_value,
    percent,
    verdicts,
    why,
)

MARKS = {"right": "✓", "wrong": "✗", "abstained": "–", "failed": "!"}
MAX_TEXT = 700  # characters of an answer
MAX_LINKS = 6
LEVELS = (0.95, 0.85, 0.7, 0.5, 0.25)  # shares of right answers at which a topic's cell gets another shade


def render(run: Run, summary: dict[str, Any], places: list[int]) -> str:
    """The page, in the active language. `places` are the questions of the random sample."""
    return render_to_string("inference/evaluation.html", _Page(run, summary, places).context())


class _Page:
    """Gathers what the template shows."""

    def __init__(self, run: Run, summary: dict[str, Any], places: list[int]) -> None:
        self._run, self._summary, self._places = run, summary, places
        self._figures: dict[str, Any] = summary["engines"]
        self._language = get_language() or "en"
        self._slugs = {key(document.slug): document.slug for document in run.knowledge.documents}
        self._groups = groups(run, summary["seed"])
        happened = [name for name in MARKS if any(figures[name] for figures in self._figures.values())]
        self._outcomes = {name: label for name, label in outcome_names().items() if name in happened}

    def context(self) -> dict[str, Any]:
        """Everything by the names that the template uses."""
        return {
            "language": self._language,
            "now": timezone.now(),
            "summary": self._summary,
            "engines": [self._engine(number, name) for number, name in enumerate(self._figures)],
            "verdicts": verdicts(self._summary),
            "notes": notes(self._summary),
            "bars": list(self._bars()),
            "outcomes": [(name, MARKS[name], label) for name, label in self._outcomes.items()],
            "risk": pictures.risk(self._figures),
            "risk_rows": list(self._risk_rows()),
            "latency": pictures.latency(self._run),
            "comparisons": [self._comparison(pair) for pair in self._summary["comparisons"]],
            "forms": list(self._forms()),
            "topics": list(self._topics()),
            "confusions": [(engine_name(name), self._confusions(name)) for name in self._figures],
            "groups": [self._group(number, group) for number, group in enumerate(self._groups)],
            "sample": [self._pair(place) for place in self._places],
        }

    def _engine(self, number: int, name: str) -> dict[str, Any]:
        figures = self._figures[name]
        facts = [str(value)[:16] for value in self._summary["facts"].get(name, {}).values()]
        times = {kind: [milliseconds(value) for value in figures[kind].values()] for kind in pictures.TIMES}
        return {
            "name": name,
            "label": engine_name(name),
            "number": number,
            "facts": ", ".join(facts),
            "cpu": milliseconds(figures["cpu_ms_per_answer"]),
            "rate": milliseconds(figures["answers_per_s"]),
            **times,
        }

    def _bars(self) -> Iterator[dict[str, Any]]:
        """Groups of questions, each with a bar per engine."""
        yield {"title": _("All questions"), "rows": [self._bar(name, f) for name, f in self._figures.items()]}
        parts = [("in_scope", _("Within the business")), ("out_of_scope", _("Outside the business"))]
        if self._summary["out_of_scope"]:
            for part, title in parts:
                yield {"title": title, "rows": [self._bar(name, f[part]) for name, f in self._figures.items()]}
        if len(self._summary["languages"]) > 1:
            for language in sorted(self._summary["languages"]):
                found = {name: f["languages"].get(language) for name, f in self._figures.items()}
                rows = [self._bar(name, group["in_scope"]) for name, group in found.items() if group]
                yield {"title": _spoken(language), "rows": rows}

    def _bar(self, name: str, group: dict[str, Any]) -> dict[str, Any]:
        n = group["n"]
        parts = [
            {"kind": kind, "label": label, "percent": percent(group[kind] / n), "width": f"{100 * group[kind] / n:.2f}"}
            for kind, label in self._outcomes.items()
            if n and group[kind]
        ]
        ends = group["accuracy_ci95"] or (0.0, 0.0)
        return {
            "label": engine_name(name),
            "n": n,
            "parts": parts,
            "cells": [percent(group[kind] / n) if n else "–" for kind in self._outcomes],
            "interval": interval(group["accuracy_ci95"]),
            "low": f"{100 * ends[0]:.2f}",
            "span": f"{100 * (ends[1] - ends[0]):.2f}",
        }

    def _risk_rows(self) -> Iterator[list[str]]:
        for name, figures in self._figures.items():
            curve, wrong = figures["risk_coverage"], figures["wrong_of_answered"]
            today = curve["today"] or {"coverage": None}
            yield [
                engine_name(name),
                percent(today["coverage"]),
                f"{percent(wrong['share'])} [{interval(wrong['ci95'])}]",
                percent(curve["coverage_at_3_percent"]),
                percent(curve["area"]),
                percent(curve["largest_coverage"]),
                *(percent(figures[kind]["share"]) for kind in ("refused_in_scope", "refused_out_of_scope")),
            ]

    @staticmethod
    def _comparison(pair: dict[str, Any]) -> dict[str, Any]:
        names = {"first": engine_name(pair["first"]), "second": engine_name(pair["second"])}
        return {**pair, **names, "p": p_value(pair["p"])}

    def _forms(self) -> Iterator[tuple[str, list[str]]]:
        for name, label in form_names().items():
            found = [figures["form"][name] for figures in self._figures.values()]
            yield label, [f"{percent(one['share'])} ({one['count']} / {one['n']})" for one in found]

    def _topics(self) -> Iterator[dict[str, Any]]:
        """The topics, those with most to gain first, with links to pairs that are written out."""
        names = {name for figures in self._figures.values() for name in figures["topics"]}
        shares = {name: [f["topics"].get(name) for f in self._figures.values()] for name in names}

        def gain(name: str) -> float:
            return -sum(cell["n"] - cell["right"] for cell in shares[name] if cell)

        for name in sorted(names, key=lambda name: (gain(name), name)):
            cells = [_cell(group) for group in shares[name]]
            yield {"name": self._topic(name), "cells": cells, "links": self._links(name)}

    def _links(self, topic: str) -> list[int]:
        shown = [place for group in self._groups if group.not_right for place in group.places]
        return [place for place in shown if self._run.questions[place].expected == topic][:MAX_LINKS]

    def _confusions(self, name: str) -> list[dict[str, Any]]:
        found = self._figures[name]["confusions"]
        return [
            {**one, "expected": self._topic(one["expected"]), "given": one["given"] or _("no article")} for one in found
        ]

    def _group(self, number: int, group: Group) -> dict[str, Any]:
        return {
            "number": number,
            "title": _group_title(group),
            "n": group.n,
            "shown": len(group.places),
            "pairs": [self._pair(place) for place in group.places],
        }

    def _pair(self, place: int) -> dict[str, Any]:
        question = self._run.questions[place]
        answers = [(engine.name, engine.answers[place]) for engine in self._run.engines]
        return {
            "place": place,
            "question": question.text,
            "language": question.language,
            "expected": self._topic(question.expected),
            "title": self._title(question.expected),
            "answers": [self._answer(name, answer) for name, answer in answers],
        }

    def _answer(self, name: str, answer: Answer) -> dict[str, Any]:
        text = answer.text if len(answer.text) <= MAX_TEXT else answer.text[:MAX_TEXT] + " …"
        return {
            "engine": engine_name(name),
            "kind": answer.outcome.value,
            "mark": MARKS[answer.outcome.value],
            "outcome": self._outcomes[answer.outcome.value],
            "text": text,
            "source": answer.source,
            "confidence": percent(answer.confidence, 0) if answer.confidence is not None else "",
            "by": engine_name(answer.answered_by) if answer.answered_by not in ("", name) else "",
            "why": why(answer),
            "error": answer.error,
        }

    def _topic(self, name: str) -> str:
        return _("outside the business") if name == OUTSIDE else self._slugs.get(name, name)

    def _title(self, name: str) -> str:
        found = self._run.knowledge.document(self._slugs.get(name, name), self._language)
        return found.question if found else ""


def _cell(group: dict[str, Any] | None) -> dict[str, Any]:
    if not group:
        return {"level": "", "text": "–"}
    level = sum(group["accuracy"] < step for step in LEVELS)
    return {"level": level, "text": percent(group["accuracy"], 0), "n": f"{group['right']} / {group['n']}"}


def _group_title(group: Group) -> str:
    right = _(" and ").join(engine_name(name) for name in group.right)
    others = _(" and ").join(engine_name(name) for name in group.not_right)
    if not group.right:
        return _("Right by none") if len(group.not_right) > 1 else _("Not right")
    if not group.not_right:
        return _("Right by all") if len(group.right) > 1 else _("Right")
    return _("Right by %(right)s, not by %(others)s") % {"right": right, "others": others}


def _spoken(language: str) -> str:
    names = {"en": _("Within the business, in English"), "zh-hans": _("Within the business, in Chinese")}
    return names.get(language, language)
