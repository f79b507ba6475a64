"""From evidence to a verdict: patterns first, then small talk, then whatever is above the threshold."""

from __future__ import annotations

from inference.prompting import OUT_OF_SCOPE, SMALL_TALK
from inference.rules.calibration import FIRED, HEAD_START, LIKE_TALK, SURE, TALK_LIKENESS, confidence, doubt
from inference.rules.explaining import explain
from inference.rules.verdict import Candidate, Evidence, Verdict

OFFERS = 3
OFFER_ABOVE = -1.5  # how far below the threshold an article may be to be offered


def verdict_of(found: Evidence) -> Verdict:
    """What answers, with the whole of how it came to that."""
    fired = [candidate for candidate in found.candidates if candidate.slug in dict(found.fired)]
    if fired:
        return _article(found, fired[0], FIRED, "pattern")
    best = found.candidates[0] if found.candidates else None
    if _is_talk(found, best):
        return _talk(found)
    if best is None or best.above < 0:
        return _none(found, best)
    kind = "retrieval" if best.found + best.exact > best.keywords.total + best.context else "keywords"
    return _article(found, best, confidence(best.above, best.above - _second(found)), kind)


def _is_talk(found: Evidence, best: Candidate | None) -> bool:
    """A wish that a pattern knows, a phrase that is known, or words of small talk that are like a known phrase."""
    topic = found.topic
    if topic.pattern:
        return True
    if best is not None and best.exact:
        return False
    if topic.likeness > 0.999:
        return True
    ahead = best is None or found.talk.total + HEAD_START > best.score
    return topic.likeness >= TALK_LIKENESS and ahead and found.talk.total > found.outside.total


def _second(found: Evidence) -> float:
    return found.candidates[1].above if len(found.candidates) > 1 else -HEAD_START


def _article(found: Evidence, candidate: Candidate, likely: float, kind: str) -> Verdict:
    # An article that was only meant because of the question before is never a sure thing.
    sure = likely >= SURE[found.language] and not candidate.context
    return Verdict(candidate.slug, likely, sure, explanation=explain(found, kind, candidate, likely))


def _talk(found: Evidence) -> Verdict:
    likely = FIRED if found.topic.pattern or found.topic.likeness > 0.999 else LIKE_TALK
    explanation = explain(found, "talk", None, likely)
    return Verdict(SMALL_TALK, likely, likely >= SURE[found.language], found.topic.key, explanation=explanation)


def _none(found: Evidence, best: Candidate | None) -> Verdict:
    """The probability of being right falls as an article comes near to the threshold."""
    likely = doubt(-best.above if best else HEAD_START)
    near = [candidate.slug for candidate in found.candidates if candidate.above >= OFFER_ABOVE]
    offers = tuple(near[:OFFERS])
    return Verdict(OUT_OF_SCOPE, likely, False, offers=offers, explanation=explain(found, "none", best, likely, offers))
