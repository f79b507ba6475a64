"""What votes say about engines: shares of wins and a ranking, with intervals drawn anew by question.

A tie is half a win for each. "Both are bad" is no vote for either and stands apart: two poor engines tie too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chat.review.tally import BOTH_BAD, FORMER, LATTER, TIE, Cell, Tally

SAMPLES = 1000
FEW_SAMPLES = 200  # where there are many patterns, each sample costs more, and differs less
MANY_PATTERNS = 5000
RANKED = 300  # of the samples; each is a fit of its own
RANKED_FROM = 10  # questions; a ranking of fewer would be a guess with decimals
EDGES = (2.5, 97.5)
NARROW = 0.03

Figures = Any  # numpy arrays


@dataclass(frozen=True, slots=True)
class Interval:
    """A value and where it is likely to be, at 95%."""

    value: float
    low: float
    high: float

    @property
    def places(self) -> int:
        """How many decimals a share needs in per cent, so that its edges look different."""
        return int(self.high - self.low < NARROW)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two engines beside each other. `share` is the former's of what counts; None while nothing does."""

    former: str
    latter: str
    wins: int
    losses: int
    ties: int
    both_bad: int
    prompts: int
    share: Interval | None

    @property
    def votes(self) -> int:
        """All of them."""
        return self.wins + self.losses + self.ties + self.both_bad

    @property
    def counted(self) -> int:
        """Those that prefer one, or say that both are good."""
        return self.wins + self.losses + self.ties


@dataclass(frozen=True, slots=True)
class Rank:
    """An engine's Bradley-Terry strength on the scale of Elo: 400 points are odds of 10 to 1, 1000 the mean."""

    engine: str
    points: Interval
    votes: int


def wilson(count: float, n: float, level: float = 0.95) -> Interval | None:
    """A share with its Wilson interval; None of nothing."""
    return _wilson(count, n, level) if n else None


def _wilson(count: float, n: float, level: float = 0.95) -> Interval:
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(count, n, alpha=1 - level, method="wilson")
    return Interval(count / n, float(low), float(high))


class Preferences:
    """Pairs and ranking of a tally."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.cells = sorted(tally.votes())
        self.votes = tally.votes()
        self._place = {cell: number for number, cell in enumerate(self.cells)}
        self._samples: Figures = _resampled(tally, self._place) if self.cells else None
        self.pairs = sorted((self._pair(*names) for names in self._names()), key=lambda pair: -pair.votes)

    def ranking(self) -> list[Rank]:
        """The engines that are connected by votes, best first; empty while there are too few questions."""
        engines = _connected(self.pairs)
        if self.tally.prompts < RANKED_FROM or not engines:
            return []
        import numpy

        totals = [self.votes[cell] for cell in self.cells]
        fitted = self._fit(engines, totals)
        drawn = numpy.array([self._fit(engines, row) for row in self._samples[:RANKED]])
        low, high = numpy.percentile(drawn, EDGES, axis=0)
        ranks = [
            Rank(engine, Interval(fitted[i], float(low[i]), float(high[i])), self._votes_of(engine))
            for i, engine in enumerate(engines)
        ]
        return sorted(ranks, key=lambda rank: -rank.points.value)

    def _names(self) -> set[tuple[str, str]]:
        return {(cell.former, cell.latter) for cell in self.cells}

    def _votes_of(self, engine: str) -> int:
        return sum(pair.counted for pair in self.pairs if engine in (pair.former, pair.latter))

    def _pair(self, former: str, latter: str) -> Pair:
        counts = [self.votes[Cell(former, latter, result)] for result in (FORMER, LATTER, TIE, BOTH_BAD)]
        prompts = _prompts(self.tally, former, latter)
        share = self._share(former, latter, counts, prompts) if prompts else None
        wins, losses, ties, both_bad = counts
        return Pair(former, latter, wins, losses, ties, both_bad, prompts, share)

    def _share(self, former: str, latter: str, counts: list[int], prompts: int) -> Interval:
        """The wider of two intervals: redrawing a handful of questions knows only what was seen in them."""
        import numpy

        wins, losses, ties = (self._column(Cell(former, latter, result)) for result in (FORMER, LATTER, TIE))
        counted = wins + losses + ties
        drawn = (wins + ties / 2)[counted > 0] / counted[counted > 0]
        low, high = numpy.percentile(drawn, EDGES)
        value = (counts[0] + counts[2] / 2) / sum(counts[:3])
        few = _wilson(value * prompts, prompts)
        return Interval(value, min(float(low), few.low), max(float(high), few.high))

    def _column(self, cell: Cell) -> Figures:
        place = self._place.get(cell)
        return self._samples[:, place] if place is not None else 0 * self._samples[:, 0]

    def _fit(self, engines: list[str], totals: Figures) -> list[float]:
        """Points in the order of `engines`. Half a tie per pair keeps those finite that never lost."""
        import evalica
        import numpy
        import pandas

        winners = {FORMER: evalica.Winner.X, LATTER: evalica.Winner.Y, TIE: evalica.Winner.Draw}
        games = [(cell.former, cell.latter, winners[cell.result], total) for cell, total in self._games(totals)]
        games += [(pair.former, pair.latter, evalica.Winner.Draw, 0.5) for pair in self.pairs]
        xs, ys, results, weights = zip(*(game for game in games if game[0] in engines), strict=True)
        # Without an index evalica numbers the engines by their first game, which differs between samples.
        fit = evalica.bradley_terry(xs, ys, results, index=pandas.Index(engines), weights=[float(w) for w in weights])
        points = 400 * numpy.log10([fit.scores[engine] for engine in engines])
        return [float(value) for value in 1000 + points - points.mean()]

    def _games(self, totals: Figures) -> Iterator[tuple[Cell, float]]:
        for cell, total in zip(self.cells, totals, strict=True):
            if cell.result != BOTH_BAD and total:
                yield cell, total


def _prompts(tally: Tally, former: str, latter: str) -> int:
    """How many questions have a vote on this pair that counts."""
    wanted = {Cell(former, latter, result) for result in (FORMER, LATTER, TIE)}
    return sum(n for pattern, n in tally.patterns.items() if any(cell in wanted for cell, _votes in pattern))


def _resampled(tally: Tally, place: dict[Cell, int]) -> Figures:
    """Votes by cell, a row for each time that the questions were drawn anew. The same votes give the same rows."""
    import numpy

    matrix = numpy.zeros((len(tally.patterns), len(place)))
    for row, pattern in enumerate(tally.patterns):
        for cell, votes in pattern:
            matrix[row, place[cell]] = votes
    shares = numpy.array(list(tally.patterns.values())) / tally.prompts
    draw = numpy.random.default_rng(0)
    samples = SAMPLES if len(shares) <= MANY_PATTERNS else FEW_SAMPLES
    return numpy.stack([draw.multinomial(tally.prompts, shares) @ matrix for _ in range(samples)])


def _connected(pairs: list[Pair]) -> list[str]:
    """The engines of the part with the most votes: between parts that never met there is no comparison."""
    parts: list[set[str]] = []
    for pair in pairs:
        if pair.counted:
            touched = [part for part in parts if part & {pair.former, pair.latter}]
            parts = [part for part in parts if part not in touched]
            parts.append({pair.former, pair.latter}.union(*touched))
    weight: Counter[int] = Counter()
    for number, part in enumerate(parts):
        weight[number] = sum(pair.counted for pair in pairs if pair.former in part)
    return sorted(parts[weight.most_common(1)[0][0]]) if parts else []
