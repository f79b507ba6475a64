"""The numbers that the rules decide with, and where they are from.

All chosen by cross-validation on training questions (two fifths held back in turn, the keywords learned from the
rest: 3,498 questions of BANKING77, 2,029 Chinese ones, 4,594 from outside, 1,038 of small talk); never on the
validation part.
"""

from __future__ import annotations

import math

LEARNED_HEAD_START = 1.4  # where the machines of keyword_training begin "-oos" and "-talk" above the articles
# "Outside" and small talk begin here, articles at 0, so that a question without a known word is outside. At 1.4 the
# rules refuse 1.1% of the questions about the articles and 92% of CLINC150's, at 1.6 1.9% and 94%, at 2.0 4.9% and 96%.
HEAD_START = 1.6
RETRIEVAL = 1.5  # what a hit of score 1 adds. Without: 0.3 points fewer right in English, 1.6 in Chinese
# The same for an article with fewer than FEW keywords, by the question's language. As if each article in turn were
# new: of its questions 69% are found in English (59% if retrieval decided alone), and 0.4% of the others lost to it.
ALONE = {"en": 10.0, "zh-hans": 13.0}
FEW = 20
EXACT = 3.0  # added when an article lists the very question
TALK_LIKENESS = 0.33  # from which words of small talk are like a known phrase
# What the article of the question before adds to its score, when a question says little (at most SHORT words or
# Chinese characters) and when it says more. Of the sample's follow-up questions, which are hard, 47% get their article
# (12% alone); after a change of topic 84.4% are right instead of 84.8%, and from outside 95.6% instead of 98.0%.
CONTEXT, CONTEXT_OF_LONG, SHORT = 1.6, 0.4, 8
# P(right) by how far the best article is above the threshold (at most FAR) and above the next one (at most WIDE):
# logistic regression; over ten steps of confidence the share of right ones differs by 0.06 at most.
INTERCEPT, ABOVE, LEAD = -0.76, 0.35, 3.52
FAR, WIDE = 2.0, 1.5
# P(nothing answers it) by how far the best article is below the threshold: 0.59 observed at 0.15, 0.78 at 0.45, 0.92
# at 0.8, 0.99 at 1.25.
BELOW = 3.0
LIKE_TALK = 0.8  # the confidence of small talk that is no known phrase
# From which confidence on at most 3% of the answers are wrong.
SURE = {"en": 0.85, "zh-hans": 0.93}
FIRED = 0.97  # the confidence of a pattern: an editor wrote it for this


def confidence(above: float, lead: float) -> float:
    """The probability that an article which is so far above the threshold and the runner-up is right."""
    return _logistic(INTERCEPT + ABOVE * min(above, FAR) + LEAD * min(lead, WIDE))


def doubt(below: float) -> float:
    """The probability that nothing answers, when the best article is so far below the threshold."""
    return _logistic(BELOW * below)


def _logistic(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-value))
