"""Explains the answers of one checkpoint, on a copy of it that serves nobody."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from inference.engine.thread import in_background
from inference.explaining.served import Served
from inference.explaining.support import support
from inference.explaining.views import Attention, Belief, LeaveOneOut, Lens, PromptView, Saliency, Support, Tokens
from inference.knowledge import Document

if TYPE_CHECKING:
    from inference.explaining.panels import Reading, Subject

KEPT = 64  # views
T = TypeVar("T")


class Explainer:
    """The views of the answers of `checkpoint` ("embedded", a folder or a hub name).

    Nothing is loaded before the first view. All work is done in the background thread, one view after the other, and
    the last `keep` views are remembered by checkpoint, prompt and answer. The copy is on the CPU and in fp32, four
    bytes a parameter, until `unload`. Every view raises CheckpointError when the checkpoint cannot be read, and
    InvalidRequest when the answer cannot be one of its own.
    """

    def __init__(self, checkpoint: str = "embedded", keep: int = KEPT) -> None:
        self.checkpoint = checkpoint
        self._keep = keep
        self._subject: Subject | None = None
        self._views: OrderedDict[str, Any] = OrderedDict()

    async def prompt(self, served: Served) -> PromptView:
        """What the model saw, and what was left out."""
        return await self._view("prompt", served)

    async def tokens(self, served: Served) -> Tokens:
        """The answer token by token."""
        return await self._view("tokens", served)

    async def belief(self, served: Served) -> Belief:
        """Whether the answer is an accident of sampling."""
        return await self._view("belief", served)

    async def leave_one_out(self, served: Served) -> LeaveOneOut:
        """What each turn and source did for the answer."""
        return await self._view("leave_one_out", served)

    async def saliency(self, served: Served, token: int, foil: int | None = None) -> Saliency:
        """Why token number `token` of the answer rather than the one with the id `foil`, by default the runner-up."""
        return await self._view("saliency", served, token, foil)

    async def attention(self, served: Served, token: int) -> Attention:
        """Where each head looked for token number `token` of the answer."""
        return await self._view("attention", served, token)

    async def lens(self, served: Served, token: int) -> Lens:
        """What each layer would have said at token number `token` of the answer."""
        return await self._view("lens", served, token)

    async def support(self, text: str, sources: Sequence[Document], asked: str = "") -> Support:
        """What of a text its sources bear out. Needs no checkpoint, but some time for embeddings."""
        return await _elsewhere(support, text, sources, asked)

    async def unload(self) -> None:
        """Give the copy's memory back; the next view loads it again."""
        await _elsewhere(self._unload)

    async def _view(self, name: str, served: Served, *arguments: Any) -> Any:
        return await _elsewhere(self._compute, name, served, arguments)

    # --- in the background thread, where torch and the tokenizer are used alone --------------------------------
    def _compute(self, name: str, served: Served, arguments: tuple[Any, ...]) -> Any:
        from inference.explaining import panels

        if self._subject is None:
            self._subject = panels.load(self.checkpoint)
        with panels.modestly(self._subject):
            reading = panels.read(self._subject, served)
            key = _key(self._subject.names.sha256, reading, name, arguments)
            if key not in self._views:
                self._views[key] = panels.PANELS[name](self._subject, reading, *arguments)
        self._views.move_to_end(key)
        while len(self._views) > self._keep:
            self._views.popitem(last=False)
        return self._views[key]

    def _unload(self) -> None:
        self._subject = None
        self._views.clear()


async def _elsewhere(work: Callable[..., T], *arguments: Any) -> T:
    return await asyncio.wrap_future(in_background(work, *arguments))


def _key(sha256: str, reading: Reading, name: str, arguments: tuple[Any, ...]) -> str:
    """All that a view depends on, the id of the request left out."""
    request = reading.request
    facts = (sha256, name, arguments, reading.prompt, reading.answer, reading.exact, request.messages, request.sampling)
    whole = (*facts, request.prefix, request.prompt, sorted(request.source_prior.items()))
    return hashlib.sha256(repr(whole).encode()).hexdigest()
