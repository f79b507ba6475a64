"""A web process without a model: its default engine is another process's /v1, and PyTorch is never in its memory."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil

from inference.backends.openai_compatible import OpenAICompatibleBackend
from inference.types import ChatMessage, Request, Role
from tests.e2e.conftest import needs_embedded
from tests.e2e.serving import Site
from tests.e2e.visiting import Event, Visitor

QUESTION = "How do I activate my card?"
HEAVY = ("libtorch", "torch/", "transformers/", "tokenizers/")


def new_key(site: Site) -> str:
    """A key of that installation for the web tier."""
    assert site.manage("create_api_key", "web tier").wait(120) == 0
    return next(line for line in site.log.read_text().splitlines() if line.startswith("duo-"))


def asked(site: Site) -> Event:
    """The end of the reply to a question, as a page gets it."""
    visitor = Visitor(site.url)
    tab = visitor.open(visitor.create())
    tab.ask(QUESTION)
    reply = str(tab.until("turn.created")["messages"][-1]["id"])
    tab.until_done(reply)
    done = next(event for event in tab.events if event["type"] == "reply.done" and event["message_id"] == reply)
    tab.close()
    return done


def heavy_files(site: Site) -> list[str]:
    """Files of heavy libraries in the process's memory."""
    assert site.process is not None
    mapped = psutil.Process(site.process.pid).memory_maps()
    return sorted(part.path for part in mapped if any(name in part.path for name in HEAVY))


@needs_embedded
def test_sources_and_confidence_come_through_and_no_pytorch(tmp_path: Path):
    (tmp_path / "model").mkdir()
    (tmp_path / "web").mkdir()
    with Site(tmp_path / "model", "chatsite.settings", DUOLOGUE_ENGINE="gpt2", DUOLOGUE_MEANING="off") as behind:
        behind.start()
        upstream = {
            "DUOLOGUE_ENGINE": "behind",
            "DUOLOGUE_FALLBACK": "rules",
            "DUOLOGUE_UPSTREAMS": "behind",
            "DUOLOGUE_UPSTREAM_BEHIND_URL": f"{behind.url}/v1",
            "DUOLOGUE_UPSTREAM_BEHIND_MODEL": "gpt2",
            "DUOLOGUE_UPSTREAM_BEHIND_KEY": new_key(behind),
            "DUOLOGUE_UPSTREAM_BEHIND_ARTICLES": "server",
            "DUOLOGUE_UPSTREAM_BEHIND_FIRST_TOKEN_S": "60",
        }
        with Site(tmp_path / "web", "chatsite.settings", DUOLOGUE_MEANING="off", **upstream) as web:
            web.start()
            ours, theirs = asked(behind), asked(web)
            same = ("status", "text", "engine", "confidence", "abstained", "sources")
            assert {name: theirs[name] for name in same} == {name: ours[name] for name in same}
            assert (theirs["engine"], theirs["sources"][0]["slug"]) == ("gpt2", "activate_my_card")
            assert recorded(web) == [("behind", "")]

            key = upstream["DUOLOGUE_UPSTREAM_BEHIND_KEY"]
            begun, rest = ours["text"][:40], ours["text"][40:]
            assert asyncio.run(continued(behind, key, begun)) == rest

            behind.end()
            assert asked(web)["status"] == "complete"
            assert recorded(web) == [("behind", ""), ("rules", "fallback")]
            assert heavy_files(web) == []


async def continued(site: Site, key: str, begun: str) -> str:
    """What that installation goes on with when an answer was cut short."""
    options = {"base_url": f"{site.url}/v1", "model": "gpt2", "api_key": key, "articles": "server"}
    backend = OpenAICompatibleBackend("behind", **options)
    request = Request((ChatMessage(Role.USER, QUESTION),), prefix=begun)
    try:
        return "".join([chunk.text async for chunk in backend.stream(request)])
    finally:
        await backend.aclose()


def recorded(site: Site) -> list[tuple[str, ...]]:
    """Who wrote each reply, and why they did."""
    return site.rows("SELECT answered_by, reason FROM chat_generation ORDER BY id")
