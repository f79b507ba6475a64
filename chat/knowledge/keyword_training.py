"""What the words of known questions say about articles, learned as weighted keywords that an editor can read.

A linear support vector machine per article over words and pairs of words (characters in Chinese), all of them
fitted at once, with the score exactly as the rules compute it (inference/rules/keywords.py) and a common start for
all articles, so that a new article without learned keywords begins no lower than the others. In rounds, the
weakest phrases are left out and the weights of the rest are learned anew, until an editor can read what is left.

Measured (right article by keywords alone, one fifth of the training questions held back):

    keywords an article and language   all    400    200    120     80     40     20
    BANKING77                         89.0%  88.6%  88.3%  87.5%  86.2%  83.7%  80.1%
    Chinese                           86.0%  84.5%  83.8%  83.3%  82.6%  79.1%  74.8%
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from inference.knowledge import Keyword, Rule
from inference.prompting import OUT_OF_SCOPE, SMALL_TALK
from inference.retrieval.text import is_chinese, normalise
from inference.rules.calibration import LEARNED_HEAD_START
from inference.rules.words import key, phrases, units

SPECIAL = (OUT_OF_SCOPE, SMALL_TALK)
LONGEST = 2  # words of a learned keyword; three were no better
SEEN = 3  # times, at least, in all questions
START = -1.6  # where an article's score begins for the machines: the middle of what they choose themselves
ROUNDS = (400, 200)  # keywords an article and language that stay before the last round
SPECIAL_SHARE = 10  # nobody reads the words of "-oos" and "-talk", and these have far more to be about
PASSES = 40
PER_LANGUAGE = 120


@dataclass(frozen=True, slots=True)
class Example:
    """A question with the article that answers it, or "-oos" or "-talk"."""

    text: str
    slug: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class _Data:
    """Questions as rows, phrases as columns; `chinese` says of each phrase whether it has a Chinese character."""

    matrix: Any
    slugs: list[str]
    targets: Any
    weights: Any
    phrases: list[str]
    chinese: Any


def learn(examples: Sequence[Example], per_language: int) -> list[Rule]:
    """Keywords by article and for "-oos" and "-talk": at most `per_language` English and as many Chinese ones each."""
    data = _count(examples)
    weights = _fit(data, data.chinese[:, None] | True)
    for most in (*ROUNDS, per_language):
        weights = _fit(data, _strongest(data, weights, most))
    texts = _spellings(example.text for example in examples)
    return [Rule(slug, _keywords(data.phrases, weights[:, column], texts)) for column, slug in enumerate(data.slugs)]


def _count(examples: Sequence[Example]) -> _Data:
    import numpy as np
    from scipy.sparse import csr_matrix

    rows = [phrases(units(example.text), LONGEST) for example in examples]
    seen = Counter(phrase for row in rows for phrase in row)
    known = {phrase: place for place, phrase in enumerate(sorted(p for p, n in seen.items() if n >= SEEN))}
    cells = [(place, known[phrase]) for place, row in enumerate(rows) for phrase in row if phrase in known]
    matrix = csr_matrix((np.ones(len(cells)), tuple(np.array(cells).T)), (len(rows), len(known)))
    slugs = sorted({example.slug for example in examples})
    targets = np.array([[example.slug == slug for slug in slugs] for example in examples])
    chinese = np.array([is_chinese(phrase) for phrase in known])
    weights = np.array([example.weight for example in examples])
    return _Data(matrix, slugs, targets, weights, list(known), chinese)


def _strongest(data: _Data, weights: Any, most: int) -> Any:
    """Which phrases stay: those with a large weight, frequent ones before rare ones."""
    import numpy as np

    worth = np.abs(weights) * np.asarray(data.matrix.sum(0)).ravel()[:, None] ** 0.25
    kept = np.zeros(weights.shape, bool)
    for column, slug in enumerate(data.slugs):
        for part in (np.flatnonzero(data.chinese), np.flatnonzero(~data.chinese)):
            share = SPECIAL_SHARE if slug in SPECIAL else 1
            best = np.argsort(-worth[part, column], kind="stable")[: share * most]
            kept[part[best], column] = True
    return kept & (weights != 0)


def _fit(data: _Data, kept: Any) -> Any:
    """The weights of the kept phrases: squared hinge loss with an L2 penalty."""
    import numpy as np
    from scipy.optimize import minimize

    kept = np.broadcast_to(kept, (len(data.phrases), len(data.slugs)))
    used = kept.any(1)
    matrix = _scaled(data.matrix[:, used])
    transposed, free = matrix.T.tocsr(), np.flatnonzero(kept[used].ravel())
    sides = 2.0 * data.targets - 1.0
    start = np.array([START + (LEARNED_HEAD_START if slug in SPECIAL else 0.0) for slug in data.slugs])
    shape = (matrix.shape[1], len(data.slugs))

    def spread(values: Any) -> Any:
        weights = np.zeros(shape[0] * shape[1])
        weights[free] = values
        return weights.reshape(shape)

    def loss(values: Any) -> tuple[float, Any]:
        short = np.maximum(0.0, 1.0 - sides * (matrix @ spread(values) + start))
        slope = -2.0 * data.weights[:, None] * sides * short
        total = (data.weights[:, None] * short**2).sum() + 0.5 * values @ values
        return total, (transposed @ slope).ravel()[free] + values

    options = {"maxiter": PASSES, "maxcor": 5}
    best = minimize(loss, np.zeros(len(free)), jac=True, method="L-BFGS-B", options=options)
    weights = np.zeros(kept.shape)
    weights[used] = spread(best.x)
    return weights


def _scaled(matrix: Any) -> Any:
    """Every row divided by the root of how many known phrases it has, as the rules do."""
    import numpy as np
    from scipy.sparse import diags

    known = np.maximum(1.0, np.asarray(matrix.sum(1)).ravel())
    return (diags(known**-0.5) @ matrix).tocsr()


def _keywords(known: list[str], weights: Any, texts: dict[str, str]) -> tuple[Keyword, ...]:
    """Those with a weight, by their text, spelt as people write them."""
    found = ((_spelt(phrase, texts), round(float(weight), 2)) for phrase, weight in zip(known, weights, strict=True))
    return tuple(Keyword(text, weight) for text, weight in sorted(found) if weight)


def _spelt(phrase: str, texts: dict[str, str]) -> str:
    """The phrase with the commonest form of each stem, without spaces between Chinese characters."""
    text = " ".join(texts.get(unit, unit) for unit in phrase.split(" "))
    tight = text.replace(" ", "") if is_chinese(text) else text
    return next((form for form in (tight, text) if key(form) == phrase), phrase)


def _spellings(texts: Iterable[str]) -> dict[str, str]:
    """By stem, the word that people write most often."""
    words = Counter(word.strip(".,?!;:()\"'-/") for text in texts for word in normalise(text).split())
    forms: dict[str, tuple[int, str]] = {}
    for word, count in words.items():
        stems = units(word)
        if len(stems) == 1:
            forms[stems[0]] = max(forms.get(stems[0], (0, "")), (count, word))
    return {stem: word for stem, (_count, word) in forms.items()}
