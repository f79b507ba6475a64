"""Which engine is better at which topic. A topic is the article that the better answer cites."""

from __future__ import annotations

from dataclasses import dataclass

from chat.review.preference import Interval, Pair, wilson
from chat.review.tally import BOTH_BAD, FORMER, LATTER, TIE, Cell, Topic

MAX_TOPICS = 200
# With 75 topics at 95%, three or four would seem to differ by chance; and below ten questions nothing is said.
LEVEL = 0.99
LED_FROM = 10


@dataclass(frozen=True, slots=True)
class TopicCell:
    """One engine on one topic: its share of the votes that count, ties as halves; None for no such vote."""

    engine: str
    share: float | None
    counted: int


@dataclass(frozen=True, slots=True)
class TopicRow:
    """One topic; `slug` is empty for answers without an article."""

    slug: str
    votes: int
    both_bad: int
    cells: tuple[TopicCell, ...]


def topic_rows(topics: dict[str, Topic], engines: list[str]) -> list[TopicRow]:
    """The topics with the most votes, one column for each engine."""
    rows = [_row(slug, topic, engines) for slug, topic in topics.items()]
    return sorted(rows, key=lambda row: (-row.votes, row.slug))[:MAX_TOPICS]


def leads(topics: dict[str, Topic], pair: Pair) -> dict[str, list[str]]:
    """The topics that each engine of the pair leads beyond chance, those with the most questions first."""
    found: dict[str, list[str]] = {pair.former: [], pair.latter: []}
    for slug, topic in sorted(topics.items(), key=lambda item: -item[1].prompts[pair.former, pair.latter]):
        share = _share(topic, pair) if slug else None
        if share and share.low > 0.5:
            found[pair.former].append(slug)
        elif share and share.high < 0.5:
            found[pair.latter].append(slug)
    return found


def _share(topic: Topic, pair: Pair) -> Interval | None:
    prompts = topic.prompts[pair.former, pair.latter]
    wins, losses, ties = (topic.votes[Cell(pair.former, pair.latter, kind)] for kind in (FORMER, LATTER, TIE))
    if prompts < LED_FROM:
        return None
    return wilson((wins + ties / 2) / (wins + losses + ties) * prompts, prompts, LEVEL)


def _row(slug: str, topic: Topic, engines: list[str]) -> TopicRow:
    both_bad = sum(votes for cell, votes in topic.votes.items() if cell.result == BOTH_BAD)
    return TopicRow(slug, topic.votes.total(), both_bad, tuple(_cell(topic, engine) for engine in engines))


def _cell(topic: Topic, engine: str) -> TopicCell:
    points, counted = 0.0, 0
    for cell, votes in topic.votes.items():
        if engine in cell[:2] and cell.result != BOTH_BAD:
            counted += votes
            points += votes * _worth(cell, engine)
    return TopicCell(engine, points / counted if counted else None, counted)


def _worth(cell: Cell, engine: str) -> float:
    if cell.result == TIE:
        return 0.5
    return float((cell.result == FORMER) == (cell.former == engine))
