"""Engines compared on questions whose right answer is known: asked, judged, counted, and reported.

Engines are asked as the chat asks them, whatever they are. `inference.evaluation`, in contrast, looks at one checkpoint
during its training, with plain decoding and on whole conversations.
"""

from inference.evaluating.questions import Question, is_example, pick, read_questions
from inference.evaluating.run import Options, Run, run
from inference.evaluating.summary import questions, sample, sampled, summarise

__all__ = [
    "Options",
    "Question",
    "Run",
    "is_example",
    "pick",
    "questions",
    "read_questions",
    "run",
    "sample",
    "sampled",
    "summarise",
]
