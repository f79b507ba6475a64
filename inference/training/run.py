"""A training run from its files to a finished checkpoint folder."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from transformers.utils import logging

from inference.checkpoints import write_manifest
from inference.evaluation import evaluate
from inference.knowledge import answer_sha256
from inference.prompting import source_token
from inference.topics import save as save_topics
from inference.training import model as network
from inference.training import report as reports
from inference.training import state
from inference.training.dataset import Conversation, read_dataset
from inference.training.encode import Encoder, Epochs
from inference.training.loop import Loop
from inference.training.options import Progress, TrainingOptions
from inference.training.tokenizer import sources_of
from inference.training.topics import train_topics

PROBES = 1500
PROBES_WITH_TEXT = 100
EVALUATED = 300  # of each kind and language


def run(options: TrainingOptions, report: Callable[[Progress], None]) -> dict[str, Any]:
    """See inference.training.train."""
    logging.disable_progress_bar()  # one bar is enough
    rows = read_dataset(options.data)
    validation = read_dataset(options.validation) if options.validation else []
    folder = state.prepare_folder(options)
    mark = state.fingerprint(options)
    report(Progress("tokenizer"))
    model, tokenizer = network.build(options, rows)
    loop = _loop(model, tokenizer, rows, validation, options)
    loop.position = state.load(folder, model, loop.optimizer, mark)
    loop.run(folder, mark, report)
    network.save(model.cpu(), tokenizer, options.out)
    write_manifest(options.out, **_facts(options, loop, rows), **lessons_of(rows))
    _train_topics(options, loop, rows, report)
    report(Progress("evaluation", loop.position.step, loop.steps))
    metrics = _metrics(options, loop, rows, validation)
    reports.write(options.out, options, metrics)
    return metrics


def _loop(
    model: Any, tokenizer: Any, rows: list[Conversation], validation: list[Conversation], options: TrainingOptions
) -> Loop:
    window = network.window_of(model)
    encoder = Encoder(tokenizer, options, window)
    for row in rows:
        encoder.probe(row, with_text=True)  # a row that is too long is said now, not in an hour
    loop = Loop(model, encoder, Epochs(rows, encoder, options), options, window)
    chosen = random.Random(options.seed).sample(validation, min(PROBES, len(validation)))
    loop.probes = [encoder.probe(row, i < PROBES_WITH_TEXT) for i, row in enumerate(chosen)]
    loop.source_ids = [tokenizer.convert_tokens_to_ids(source_token(source)) for source in sources_of(rows)]
    return loop


def lessons_of(rows: list[Conversation]) -> dict[str, Any]:
    """For the manifest: how many earlier turns the rows show, and by article and language the hash of its answer.

    Of several wordings the most frequent one counts as the article's.
    """
    wordings: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        answer = row.turns[-1]
        if len(row.turns) == 2 and answer.content and row.language and not answer.source.startswith("-"):
            wordings[answer.source, row.language][answer.content] += 1
    taught: dict[str, dict[str, str]] = defaultdict(dict)
    for (source, language), counts in sorted(wordings.items()):
        taught[source][language] = answer_sha256(counts.most_common(1)[0][0])
    return {"history_turns": max(len(row.turns) for row in rows) - 2, "taught": taught}


def _train_topics(
    options: TrainingOptions, loop: Loop, rows: list[Conversation], report: Callable[[Progress], None]
) -> None:
    """The networks of inference.topics beside the weights, where there is a package for embeddings."""

    def tell(share: float) -> None:
        report(Progress("topics", round(100 * share), 100))

    topics = train_topics(rows, options.out / state.FOLDER / "vectors.npz", options.seed, tell)
    if topics is not None:
        save_topics(topics, options.out)


def _facts(options: TrainingOptions, loop: Loop, rows: list[Conversation]) -> dict[str, Any]:
    return {
        "settings": options.facts(),
        "rows": len(rows),
        "steps": loop.position.step,
        "parameters": sum(parameter.numel() for parameter in loop.model.parameters()),
    }


def _metrics(
    options: TrainingOptions, loop: Loop, rows: list[Conversation], validation: list[Conversation]
) -> dict[str, Any]:
    place = loop.position
    speed = round(place.tokens / place.seconds) if place.seconds else 0
    timing = {"seconds": round(place.seconds), "tokens": place.tokens, "tokens_per_s": speed}
    facts = {**_facts(options, loop, rows), **timing, "device": str(loop.device), "curve": place.curve}
    if validation:
        facts["validation"] = evaluate(str(options.out), _some(validation), rows, device=options.device).as_dict()
    return facts


def _some(rows: list[Conversation]) -> list[Conversation]:
    """At most EVALUATED rows of each kind and language, chosen at random but always the same."""
    groups: dict[tuple[str, str], list[Conversation]] = defaultdict(list)
    for row in random.Random(1).sample(rows, len(rows)):
        groups[row.kind, row.language].append(row)
    return [row for group in groups.values() for row in group[:EVALUATED]]
