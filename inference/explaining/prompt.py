"""What the model saw: its prompt, part by part, and what was left out."""

from __future__ import annotations

from inference.explaining.reading import Reading
from inference.explaining.rendering import CONTROL, Renderer
from inference.explaining.subject import Subject
from inference.explaining.views import LeftOut, Piece, PromptView
from inference.explaining.words import parts_of
from inference.types import Role


def prompt(subject: Subject, reading: Reading) -> PromptView:
    """No pass at all: rendering is enough."""
    renderer = subject.renderer
    return PromptView(
        pieces=_pieces(subject, reading),
        left_out=_left_out(renderer, reading),
        prompt_tokens=len(reading.prompt),
        truncated_tokens=reading.rendered.prompt.truncated_tokens,
        window=renderer.window,
        history_turns=renderer.history_turns,
    )


def _pieces(subject: Subject, reading: Reading) -> tuple[Piece, ...]:
    found = []
    for span in reading.rendered.spans:
        ids = reading.prompt[span.start : span.end]
        text = "".join(map(subject.spelled, ids)) if span.kind == CONTROL else parts_of(subject.vocabulary, ids)[0]
        found.append(Piece(span.kind, text, span.message, span.start, len(ids)))
    return tuple(found)


def _left_out(renderer: Renderer, reading: Reading) -> tuple[LeftOut, ...]:
    messages = reading.request.messages if reading.rendered.kept else ()
    turns = [i for i, message in enumerate(messages) if message.role is not Role.SYSTEM]
    bound = renderer.history_turns
    taught = 0 if bound is None else max(0, len(turns) - 1 - bound)
    return tuple(
        LeftOut(
            message=i,
            role=messages[i].role.value,
            text=messages[i].content,
            tokens=renderer.tokens_of(messages[i]),
            reason="history" if place < taught else "window",
        )
        for place, i in enumerate(turns)
        if i not in reading.rendered.kept
    )
