"""The panels that are computed when they are opened: each gives its template, its context, and data for the page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import inference
from chat.admin.explanations import SPECIAL
from chat.markdown import render
from chat.review.explaining import drawing
from chat.review.explaining.answer import Answer, Words, other_engine
from chat.review.explaining.computing import explainer
from inference import Completion, FinishReason, Request, knowledge
from inference.backends.questions import language_of
from inference.errors import GenerationError, InvalidRequest
from inference.explaining.served import Served
from inference.explaining.support import PARTLY, SUPPORTED
from inference.explaining.views import Attention, Tokens

HEAD_WORDS = 6


@dataclass(frozen=True, slots=True)
class Panel:
    """What comes of a computation."""

    template: str
    context: dict[str, Any]
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Task:
    """An answer as a panel needs it, read from the database already. `token` is the one asked for, None for none."""

    checkpoint: str
    served: Served
    cited: list[str]
    asked: str
    other: str
    other_request: Request
    token: int | None = None


def task(answer: Answer, query: Mapping[str, str]) -> Task:
    """Raises InvalidRequest for a token that is no number."""
    given = query.get("token", "")
    if given and not (given.isascii() and given.isdigit() and len(given) < 6):
        raise InvalidRequest("token must be a number.")
    other = other_engine(answer.engine)
    return Task(
        checkpoint=answer.checkpoint or "",
        served=answer.served(),
        cited=answer.sources,
        asked="\n".join(answer.questions),
        other=other,
        other_request=answer.asked_of(other),
        token=int(given) if given else None,
    )


def offered(answer: Answer) -> list[str]:
    """The panels for this answer, in the order in which they are read."""
    if answer.words is Words.NONE:
        return []
    other = ["other"] if other_engine(answer.engine) else []
    if answer.words is not Words.MODEL:
        return ["support", *other]
    return ["prompt", "tokens", "belief", "support", *other, "leave_one_out", *INSIDE]


async def _prompt(asked: Task) -> Panel:
    view = await explainer(asked.checkpoint).prompt(asked.served)
    return Panel("prompt", {"view": view})


async def _tokens(asked: Task) -> Panel:
    view = await explainer(asked.checkpoint).tokens(asked.served)
    context = {
        "words": drawing.words(view),
        "legend": drawing.legend(),
        "doubtful": drawing.doubtful(view),
        "marked": drawing.marked(view.marks),
        "exact": view.exact,
        "low": drawing.percent(view.low),
    }
    return Panel("tokens", context, drawing.details(view))


async def _belief(asked: Task) -> Panel:
    view = await explainer(asked.checkpoint).belief(asked.served)
    at = view.parts_at_character
    context = {
        "view": view,
        "source": SPECIAL.get(view.greedy_source, view.greedy_source),
        "same_part": asked.served.text[:at] if at is not None else asked.served.text,
        "said": asked.served.text[at:] if at is not None else "",
        "greedy": view.greedy_text[at:] if at is not None else "",
        "sampled": asked.served.request.sampling.temperature > 0,
        "percent": {
            name: drawing.percent(getattr(view, name))
            for name in ("probability_there", "not_first", "mass_cut", "repetition", "greedy_repetition")
        },
    }
    return Panel("belief", context)


async def _support(asked: Task) -> Panel:
    base, language = await knowledge.current(), language_of(asked.other_request)
    documents = [found for slug in asked.cited if (found := base.document(slug, language))]
    view = await explainer(asked.checkpoint).support(asked.served.text, documents, asked.asked)
    levels = [sentence.level for sentence in view.sentences]
    context = {
        "view": view,
        "sentences": [(one, _pieces(one)) for one in view.sentences],
        "documents": documents,
        "missing": sorted(set(asked.cited) - {document.slug for document in documents}),
        "counts": (levels.count(SUPPORTED), levels.count(PARTLY), len(levels)),
    }
    return Panel("support", context)


def _pieces(sentence: Any) -> list[tuple[str, Any]]:
    """The sentence's text, cut at its figures; each piece with its figure or None."""
    found, at = [], sentence.start
    for figure in sentence.figures:
        found += [(sentence.text[at - sentence.start : figure.start - sentence.start], None), (figure.text, figure)]
        at = figure.end
    return [*found, (sentence.text[at - sentence.start :], None)]


async def _other(asked: Task) -> Panel:
    text, record = await _said(asked.other_request)
    context = {
        "engine": asked.other,
        "html": render(text),
        "original": render(asked.served.text),
        "record": record,
        "confidence": drawing.percent(record.confidence),
    }
    return Panel("other", context)


async def _said(request: Request) -> tuple[str, Completion]:
    """The whole answer of an engine; nothing of it is stored. Raises what the engine raises."""
    text: list[str] = []
    async with aclosing(inference.stream(request)) as chunks:  # type: ignore[type-var]
        async for chunk in chunks:
            text.append(chunk.text)
            if chunk.finish_reason is FinishReason.ERROR:
                raise chunk.error or GenerationError()
            if chunk.completion is not None:
                return "".join(text), chunk.completion
    raise GenerationError()


async def _leave_one_out(asked: Task) -> Panel:
    view = await explainer(asked.checkpoint).leave_one_out(asked.served)
    turns = [one for one in view.without if one.kind == "turn"]
    sources = [one for one in view.without if one.kind != "turn"]
    roles = [str(turn.role) for turn in asked.served.request.messages]
    context = {
        "view": view,
        "width": drawing.WIDTH,
        "source": SPECIAL.get(view.source, view.source),
        "source_share": drawing.percent(view.source_probability),
        "turns": [
            (one, roles[one.message], bar)
            for one, bar in zip(turns, drawing.bars([one.logprob_change for one in turns]), strict=True)
        ],
        "sources": [
            (SPECIAL.get(one.slug, one.slug), bar, None if one.source_change is None else 100 * one.source_change)
            for one, bar in zip(sources, drawing.bars([one.source_change for one in sources]), strict=True)
        ],
    }
    return Panel("leave_one_out", context)


async def _saliency(asked: Task) -> Panel:
    tokens, chosen = await _chosen(asked)
    view = await explainer(asked.checkpoint).saliency(asked.served, chosen)
    drawn = drawing.signed(view.words)
    context = {
        "target": (drawing.named(view.target.text), drawing.percent(view.target.probability)),
        "foil": (drawing.named(view.foil.text), drawing.percent(view.foil.probability)),
        "words": drawn,
        "most_for": drawing.strongest(drawn, "for"),
        "most_against": drawing.strongest(drawn, "against"),
    }
    return Panel("saliency", context, _tokens_of(tokens, chosen))


async def _attention(asked: Task) -> Panel:
    tokens, chosen = await _chosen(asked)
    view = await explainer(asked.checkpoint).attention(asked.served, chosen)
    layers = _heads(view)
    context = {
        "token": drawing.named(tokens.tokens[chosen].text),
        "layers": layers,
        "heads": range(1, len(layers[0]) + 1),
        "mean": _seen(view, [one.score for one in view.words]),
    }
    return Panel("attention", context, _tokens_of(tokens, chosen))


async def _lens(asked: Task) -> Panel:
    tokens, chosen = await _chosen(asked)
    view = await explainer(asked.checkpoint).lens(asked.served, chosen)
    layers = [
        {
            "layer": one.layer,
            "rank": one.rank,
            "share": drawing.percent(one.probability),
            "top": [(guess.text, drawing.percent(guess.probability)) for guess in one.top[:3]],
            "shade": drawing.shade(one.probability),
        }
        for one in view.layers
    ]
    return Panel("lens", {"token": drawing.named(view.target.text), "layers": layers}, _tokens_of(tokens, chosen))


def _heads(view: Attention) -> list[list[dict[str, Any]]]:
    """By layer and head: the words that it looked at most, and how much of its attention the first of them had."""
    found = []
    for layer in view.weights:
        row = []
        for head in layer:
            sums = [float(head[one.first : one.last + 1].sum()) for one in view.words]
            seen = _seen(view, sums)
            row.append({"seen": seen, "most": drawing.percent(max(sums)), "shade": drawing.shade(max(sums))})
        found.append(row)
    return found


def _seen(view: Attention, scores: list[float]) -> list[dict[str, Any]]:
    ranked = sorted(range(len(scores)), key=lambda place: -scores[place])[:HEAD_WORDS]
    return [
        {
            "text": view.words[i].text.strip() or "␣",
            "share": drawing.percent(scores[i]),
            "answer": view.words[i].in_answer,
        }
        for i in ranked
    ]


async def _chosen(asked: Task) -> tuple[Tokens, int]:
    """The token to look at: the one asked for, else the one of the text that was the least likely."""
    view = await explainer(asked.checkpoint).tokens(asked.served)
    if asked.token is not None:
        return view, asked.token
    places = [i for i, token in enumerate(view.tokens) if not token.control] or range(len(view.tokens))
    if not places:
        raise InvalidRequest("The answer has no token.")
    return view, min(places, key=lambda i: view.tokens[i].probability)


def _tokens_of(view: Tokens, chosen: int) -> dict[str, Any]:
    """The tokens to choose from."""
    return {
        "chosen": chosen,
        "choices": [[drawing.named(one.text), drawing.percent(one.probability)] for one in view.tokens],
    }


INSIDE = ("saliency", "attention", "lens")
PANELS: dict[str, Callable[[Task], Awaitable[Panel]]] = {
    "prompt": _prompt,
    "tokens": _tokens,
    "belief": _belief,
    "support": _support,
    "other": _other,
    "leave_one_out": _leave_one_out,
    "saliency": _saliency,
    "attention": _attention,
    "lens": _lens,
}
