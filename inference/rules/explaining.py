"""A verdict's explanation as plain JSON of bounded size, whatever was asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inference.prompting import OUT_OF_SCOPE, SMALL_TALK
from inference.rules.calibration import HEAD_START
from inference.rules.keywords import Score
from inference.rules.verdict import Candidate, Evidence

WORDS, MATCHES, CANDIDATES, PATTERNS, TEXT = 60, 12, 5, 8, 300


def explain(
    found: Evidence, kind: str, chosen: Candidate | None, likely: float, offers: Sequence[str] = ()
) -> dict[str, Any]:
    """`kind` is what decided: "pattern", "keywords", "retrieval", "talk" or "none"; then what it decided by."""
    article = chosen.slug if chosen and kind != "none" else {"talk": SMALL_TALK}.get(kind, OUT_OF_SCOPE)
    words = _matches(chosen.keywords) if chosen else []
    hit = chosen.hit if chosen else None
    line = max(found.outside.total, found.talk.total) + HEAD_START
    facts = {
        "kind": kind,
        "article": article,
        "matched": words or [{"text": word} for word in (hit.matched[:MATCHES] if hit else ())],
        "score": round(chosen.score, 3) if chosen else 0.0,
        "threshold": round(chosen.threshold if chosen else line, 3),
        "confidence": round(likely, 4),
        "steps": _steps(found),
    }
    runner_up = next((other for other in found.candidates if other is not chosen), None)
    if runner_up:
        facts["runner_up"] = {"article": runner_up.slug, "score": round(runner_up.score, 3)}
    if kind == "talk":
        facts["topic"] = found.topic.key
    return facts | ({"offered": list(offers)} if offers else {})


def _steps(found: Evidence) -> list[dict[str, Any]]:
    """Every step in its order, also those that found nothing."""
    topic = found.topic
    likeness = {"topic": topic.key, "likeness": round(topic.likeness, 3), "pattern": topic.pattern}
    steps: list[dict[str, Any]] = [
        {"step": "words", "text": found.text[:TEXT], "words": list(found.words[:WORDS])},
        {"step": "patterns", "fired": [{"article": a, "pattern": p} for a, p in found.fired[:PATTERNS]]},
        {"step": "talk", **likeness, **_against(found.talk)},
        {"step": "outside", **_against(found.outside)},
        {"step": "articles", "candidates": [_candidate(one) for one in found.candidates[:CANDIDATES]]},
    ]
    return [*steps, {"step": "context", "article": found.context}] if found.context else steps


def _candidate(candidate: Candidate) -> dict[str, Any]:
    told = {"article": candidate.slug, "score": round(candidate.score, 3), "threshold": round(candidate.threshold, 3)}
    told |= {"keywords": _matches(candidate.keywords), "keywords_score": round(candidate.keywords.total, 3)}
    if candidate.hit:
        hit = candidate.hit
        told["retrieval"] = {"score": hit.score, "field": hit.field, "matched": list(hit.matched[:MATCHES])}
    shares = {"retrieval_score": candidate.found, "exact": candidate.exact, "context": candidate.context}
    return told | {name: round(share, 3) for name, share in shares.items() if share}


def _against(score: Score) -> dict[str, Any]:
    return {"score": round(HEAD_START + score.total, 3), "keywords": _matches(score)}


def _matches(score: Score) -> list[dict[str, Any]]:
    return [
        {"text": match.text, "weight": round(match.weight, 3), "share": round(match.share, 3)}
        for match in score.found()[:MATCHES]
    ]
