"""Engines compared on questions whose right answer is known: asked, judged, counted, and reported."""

from inference.evaluating.questions import pick, read_questions
from inference.evaluating.run import Options, Run, run
from inference.evaluating.summary import questions, sample, sampled, summarise

__all__ = ["Options", "Run", "pick", "questions", "read_questions", "run", "sample", "sampled", "summarise"]
