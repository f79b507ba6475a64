"""The room's tables: comparisons and gaps, rubrics, the queue, reviews."""

from chat.review.models.comparisons import Comparison, ComparisonVote, GapDismissal
from chat.review.models.openings import ExplanationOpening
from chat.review.models.queue import Assignment, FillRule, ReviewItem, ReviewQueue
from chat.review.models.reviews import Review, ReviewScore
from chat.review.models.rubrics import Criterion, RootCause, Rubric, RubricVersion

__all__ = [
    "Assignment",
    "Comparison",
    "ComparisonVote",
    "Criterion",
    "ExplanationOpening",
    "FillRule",
    "GapDismissal",
    "Review",
    "ReviewItem",
    "ReviewQueue",
    "ReviewScore",
    "RootCause",
    "Rubric",
    "RubricVersion",
]
