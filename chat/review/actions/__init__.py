"""Every change in this room: one function each, one transaction each."""

from chat.review.actions.comparisons import (
    MAX_MS,
    Candidate,
    Vote,
    claim_votes,
    create_comparison,
    dismiss_gap,
    record_vote,
    restore_gap,
)
from chat.review.actions.filling import add_gold, fill
from chat.review.actions.openings import record_opening
from chat.review.actions.reserving import reserve, skip
from chat.review.actions.reviewing import Scorecard, submit, undo
from chat.review.actions.rubrics import first_version, new_version, require_unfrozen, use_version

__all__ = [
    "MAX_MS",
    "Candidate",
    "Scorecard",
    "Vote",
    "add_gold",
    "claim_votes",
    "create_comparison",
    "dismiss_gap",
    "fill",
    "first_version",
    "new_version",
    "record_opening",
    "record_vote",
    "require_unfrozen",
    "reserve",
    "restore_gap",
    "skip",
    "submit",
    "undo",
    "use_version",
]
