"""Leave one out: what the answer loses when a turn or a source is taken away (occlusion, Zeiler & Fergus 2014, ECCV).

The only panel that shows a cause: the model is really run without the thing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import Tensor

from inference.explaining.reading import Reading, logprobs, logprobs_of, mixed, of_answer
from inference.explaining.subject import Subject
from inference.explaining.views import LeaveOneOut, Without

MOST_SOURCES = 5  # of the prior, likeliest first, beside the one that the answer names
SHOWN = 200  # characters of a turn


def leave_one_out(subject: Subject, reading: Reading) -> LeaveOneOut:
    """One pass for each turn; the sources change only the first token, for which one pass is enough."""
    if not reading.answer:
        return LeaveOneOut(None, "", None, ())
    rows = logprobs(subject, reading)
    found = (*_turns(subject, reading, rows), *_sources(subject, reading))
    source = subject.sources.slugs[reading.answer[0]] if reading.named else ""
    return LeaveOneOut(_mean(rows, reading), source, _share(subject, reading, rows[0]), found)


def _turns(subject: Subject, reading: Reading, rows: Tensor) -> Iterator[Without]:
    """The turns and instructions before the last turn."""
    messages = reading.request.messages
    for message in reading.rendered.kept:
        if message == len(messages) - 1:
            continue
        prompt = subject.renderer.without(reading.request, reading.rendered, message)
        if prompt is not None:
            left = logprobs_of(subject, prompt, reading)
            change = _mean(left, reading) - _mean(rows, reading)
            source = _difference(_share(subject, reading, left[0]), _share(subject, reading, rows[0]))
            yield Without("turn", message, "", messages[message].content[:SHOWN], change, source)


def _sources(subject: Subject, reading: Reading) -> Iterator[Without]:
    """Retrieval's likeliest sources, and retrieval as a whole: what it says reaches the model at one token only."""
    prior = reading.request.source_prior
    if not reading.named or not prior:
        return
    # The row as the model itself gives it, into which the evidence goes.
    row = subject.logits(reading.prompt, 1)[0]
    for slug in _chosen(prior, subject.sources.slugs[reading.answer[0]]):
        left = {other: value for other, value in prior.items() if other != slug}
        yield _without(subject, reading, row, "source", slug, left)
    yield _without(subject, reading, row, "retrieval", "", {})


def _chosen(prior: Mapping[str, float], source: str) -> list[str]:
    best = sorted(prior, key=lambda slug: (-prior[slug], slug))[:MOST_SOURCES]
    return best if source in best or source not in prior else [*best, source]


def _without(
    subject: Subject, reading: Reading, row: Tensor, kind: str, slug: str, left: Mapping[str, float]
) -> Without:
    before, after = (mixed(subject, row, prior).log_softmax(-1) for prior in (reading.request.source_prior, left))
    token = reading.answer[0]
    change = float(after[token] - before[token]) / len(reading.answer)
    source = _difference(_share(subject, reading, after), _share(subject, reading, before))
    return Without(kind, -1, slug, "", change, source)


def _mean(rows: Tensor, reading: Reading) -> float:
    return float(of_answer(rows, reading).mean())


def _share(subject: Subject, reading: Reading, row: Tensor) -> float | None:
    """The probability of the source among all sources, as the answer's confidence was told."""
    citation = subject.sources.cite(row, reading.answer[0]) if reading.named else None
    return None if citation is None else citation.confidence


def _difference(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before
