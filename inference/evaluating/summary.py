"""All figures of a run as plain JSON: what the terminal, the JSON file and the page show."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict
from itertools import combinations
from typing import Any

from inference.evaluating import statistics
from inference.evaluating.answers import Answer, Outcome
from inference.evaluating.questions import OUTSIDE, Question, is_example, key
from inference.evaluating.run import EngineRun, Run
from inference.evaluating.statistics import share, share_of

BEARABLE_RISK = 0.03
CONFUSIONS = 15
EXAMPLES = 3
FORMS = ("ended", "whole", "language_right", "no_repetition", "markup_whole")

Pair = tuple[Question, Answer]


def summarise(run: Run) -> dict[str, Any]:
    """Counts, shares with intervals, curves, tests; {"engines": {NAME: ...}, "comparisons": [...], ...}."""
    return {
        "questions": len(run.questions),
        "languages": dict(Counter(question.language for question in run.questions)),
        "out_of_scope": sum(question.expected == OUTSIDE for question in run.questions),
        "examples": sum(map(is_example(run.knowledge), run.questions)),
        "unknown_topics": unknown_topics(run),
        "streams": run.streams,
        "stopped": run.stopped,
        "engines": {engine.name: _engine(run, engine) for engine in run.engines},
        "comparisons": [_comparison(*pair) for pair in combinations(run.engines, 2)],
    }


def unknown_topics(run: Run) -> dict[str, int]:
    """Expected articles that are not published, with how many questions expect each: nobody can be right there."""
    known = {key(document.slug) for document in run.knowledge.documents} | {OUTSIDE}
    return dict(Counter(question.expected for question in run.questions if question.expected not in known))


def sample(run: Run, size: int, seed: int) -> list[int]:
    """The places of some questions that every engine has answered, at random but the same for the same seed."""
    common = set(range(len(run.questions))).intersection(*(engine.answers for engine in run.engines))
    return sorted(random.Random(seed).sample(sorted(common), min(size, len(common))))


def questions(run: Run) -> list[dict[str, Any]]:
    """Every question with each engine's answer, less its text."""
    rows = []
    for place, question in enumerate(run.questions):
        answers = {engine.name: engine.answers[place] for engine in run.engines if place in engine.answers}
        given = {name: _brief(answer) for name, answer in answers.items()}
        rows.append({**asdict(question), "answers": given})
    return rows


def sampled(run: Run, places: Iterable[int]) -> list[dict[str, Any]]:
    """The answers of a sample in full."""
    return [
        {
            "question": run.questions[place].text,
            "expected": run.questions[place].expected,
            "answers": {engine.name: _full(engine.answers[place]) for engine in run.engines},
        }
        for place in places
    ]


def _engine(run: Run, engine: EngineRun) -> dict[str, Any]:
    pairs = [(run.questions[place], answer) for place, answer in engine.answers.items()]
    inside = [pair for pair in pairs if pair[0].expected != OUTSIDE]
    outside = [pair for pair in pairs if pair[0].expected == OUTSIDE]
    answers = list(engine.answers.values())
    counts = {outcome.value: sum(answer.outcome is outcome for answer in answers) for outcome in Outcome}
    right = share(counts["right"], len(answers))
    return {
        "n": len(answers),
        **counts,
        "accuracy": right["share"],
        "accuracy_ci95": right["ci95"],
        "latency_ms": statistics.percentiles(_known(answer.total_ms for answer in answers)),
        "first_token_ms": statistics.percentiles(_known(answer.first_token_ms for answer in answers)),
        "cpu_ms_per_answer": round(1000 * engine.cpu_s / len(answers), 2),
        "answers_per_s": round(len(answers) / engine.wall_s, 2) if engine.wall_s else None,
        "shares": {name: share(count, len(answers)) for name, count in counts.items()},
        "wrong_of_answered": share_of(answer.outcome is Outcome.WRONG for answer in answers if answer.answered),
        "in_scope": _outcomes(inside),
        "out_of_scope": _outcomes(outside),
        "refused_out_of_scope": share_of(answer.abstained for _, answer in outside),
        "refused_in_scope": share_of(answer.abstained for _, answer in inside),
        "languages": _groups(pairs, lambda question: question.language, _language),
        "answered_by": dict(Counter(answer.answered_by for answer in answers if answer.answered_by)),
        "reasons": dict(Counter(answer.reason for answer in answers if answer.reason)),
        "risk_coverage": _risk_coverage(pairs),
        "form": _form(answers),
        "topics": _groups(pairs, lambda question: question.expected, _outcomes),
        "confusions": _confusions(pairs),
    }


def _groups(
    pairs: list[Pair], by: Callable[[Question], str], make: Callable[[list[Pair]], dict[str, Any]]
) -> dict[str, Any]:
    parts: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        parts[by(pair[0])].append(pair)
    return {name: make(parts[name]) for name in sorted(parts)}


def _outcomes(pairs: list[Pair]) -> dict[str, Any]:
    counts = {outcome.value: sum(answer.outcome is outcome for _, answer in pairs) for outcome in Outcome}
    right = share(counts["right"], len(pairs))
    return {"n": len(pairs), **counts, "accuracy": right["share"], "accuracy_ci95": right["ci95"]}


def _language(pairs: list[Pair]) -> dict[str, Any]:
    """A language's outcomes, and apart those of the questions within the business."""
    return {**_outcomes(pairs), "in_scope": _outcomes([pair for pair in pairs if pair[0].expected != OUTSIDE])}


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _risk_coverage(pairs: list[Pair]) -> dict[str, Any]:
    judged = [
        (answer.sureness, key(answer.candidate) == question.expected)
        for question, answer in pairs
        if answer.sureness is not None and (answer.answered or answer.candidate)
    ]
    points = statistics.risk_coverage(judged, len(pairs))
    answered = [answer for _, answer in pairs if answer.answered]
    wrong = sum(answer.outcome is Outcome.WRONG for answer in answered)
    return {
        "points": [asdict(point) for point in statistics.thin(points)],
        "area": statistics.area(points),
        "largest_coverage": points[-1].coverage if points else None,
        "coverage_at_3_percent": statistics.coverage_at(points, BEARABLE_RISK) if points else None,
        "today": {"coverage": len(answered) / len(pairs), "risk": wrong / len(answered)} if answered else None,
    }


def _form(answers: list[Answer]) -> dict[str, Any]:
    """How the texts read. `published`: word for word the article that is cited."""
    forms = [answer.form for answer in answers if answer.form]
    checks = {name: share_of(getattr(form, name) for form in forms) for name in FORMS}
    published = share_of(answer.published for answer in answers if answer.published is not None)
    return {"good": share_of(form.good for form in forms), **checks, "published": published}


def _confusions(pairs: list[Pair]) -> list[dict[str, Any]]:
    """The most frequent wrong answers: what was expected, what was cited ("" for no article), some questions."""
    parts: dict[tuple[str, str], list[str]] = defaultdict(list)
    for question, answer in pairs:
        if answer.outcome is Outcome.WRONG:
            parts[question.expected, answer.source].append(question.text)
    most = sorted(parts.items(), key=lambda part: (-len(part[1]), part[0]))[:CONFUSIONS]
    return [
        {"expected": expected, "given": given, "n": len(texts), "examples": texts[:EXAMPLES]}
        for (expected, given), texts in most
    ]


def _comparison(first: EngineRun, second: EngineRun) -> dict[str, Any]:
    common = sorted(first.answers.keys() & second.answers.keys())
    right = Outcome.RIGHT
    pairs = [(first.answers[i].outcome is right, second.answers[i].outcome is right) for i in common]
    found = statistics.compare(first.name, second.name, pairs)
    return {**asdict(found), "differ": found.differ}


def _brief(answer: Answer) -> dict[str, Any]:
    facts = (answer.outcome.value, answer.source, answer.confidence, answer.answered_by, answer.reason, answer.total_ms)
    names = ("outcome", "source", "confidence", "answered_by", "reason", "total_ms")
    return {name: fact for name, fact in zip(names, facts, strict=True) if fact not in ("", None)}


def _full(answer: Answer) -> dict[str, Any]:
    form = asdict(answer.form) if answer.form else {}
    return {**_brief(answer), "text": answer.text, "form": form, "published": answer.published}
