"""inference/backends/openai_compatible.py against a real server that misbehaves on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from inference.backends.base import Backend
from inference.backends.openai_compatible import OpenAICompatibleBackend
from inference.backends.upstream import deadlines, exchange, health
from inference.errors import (
    InferenceError,
    InvalidRequest,
    MessageTooLong,
    Overloaded,
    StreamBroken,
    UpstreamRefused,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from inference.types import (
    BackendState,
    ChatMessage,
    Chunk,
    Decision,
    FinishReason,
    Request,
    Role,
    Sampling,
    TokenLogprob,
)
from tests.e2e.serving import free_port
from tests.misbehaving import Misbehaving, Talk, misbehaving

IMPATIENT = {"first_token_s": 0.3, "gap_s": 0.2, "total_s": 0.6}
REQUEST = Request((ChatMessage(Role.SYSTEM, "Be brief."), ChatMessage(Role.USER, "How do I activate my card?")))


@pytest.fixture
async def server() -> AsyncIterator[Misbehaving]:
    async with misbehaving() as running:
        yield running


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(exchange, "BACKOFF_S", 0.001)
    monkeypatch.setattr(deadlines, "FAREWELL_S", 0.1)


def made(server: Misbehaving, model: str, **options: Any) -> OpenAICompatibleBackend:
    return OpenAICompatibleBackend("cloud", base_url=server.url, model=model, **options)


async def asked(backend: OpenAICompatibleBackend, request: Request = REQUEST) -> list[Chunk]:
    try:
        async with aclosing(backend.stream(request)) as chunks:
            return [chunk async for chunk in chunks]
    finally:
        await backend.aclose()


def text_of(chunks: list[Chunk], index: int = 0) -> str:
    return "".join(chunk.text for chunk in chunks if chunk.index == index)


def last_of(chunks: list[Chunk], index: int = 0) -> Chunk:
    [last] = [chunk for chunk in chunks if chunk.finish_reason is not None and chunk.index == index]
    return last


async def test_an_answer_with_its_record(server: Misbehaving):
    backend = made(server, "well")
    assert isinstance(backend, Backend)
    chunks = await asked(backend)
    assert chunks[0].decision == Decision(answered_by="cloud")
    assert text_of(chunks) == "Open the app."
    last = last_of(chunks)
    assert last is chunks[-1]
    assert (last.finish_reason, last.error) == (FinishReason.STOP, None)
    record = last.completion
    assert (record.backend, record.checkpoint, record.answered_by) == ("cloud", "well", "cloud")
    assert (record.prompt_tokens, record.completion_tokens) == (11, 3)
    assert (record.mean_logprob, record.seed, record.sources) == (None, None, ())
    assert 0 < record.first_token_ms <= record.total_ms


async def test_nothing_leaves_the_house_but_words_and_how_to_choose(
    server: Misbehaving, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-the-machine")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-of-the-machine")
    sampling = Sampling(0.7, 0.9, seed=5, max_new_tokens=40, stop=("\n\n",), top_logprobs=2)
    await asked(made(server, "well", api_key="key"), replace(REQUEST, sampling=sampling, language="en", id="my-id"))
    [seen] = server.requests
    assert (seen.method, seen.path) == ("POST", "/v1/chat/completions")
    assert seen.headers == {
        "host": server.url.split("/")[2],
        "accept": "application/json",
        "accept-encoding": seen.headers["accept-encoding"],
        "connection": "keep-alive",
        "content-type": "application/json",
        "content-length": seen.headers["content-length"],
        "authorization": "Bearer key",
        "user-agent": "Duologue",
    }
    assert seen.body == {
        "model": "well",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "How do I activate my card?"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.7,
        "top_p": 0.9,
        "seed": 5,
        "max_tokens": 40,
        "stop": ["\n\n"],
        "logprobs": True,
        "top_logprobs": 2,
    }


async def test_without_a_key_none_is_sent(server: Misbehaving, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-the-machine")
    await asked(made(server, "well"))
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize(
    ("model", "error", "attempts"),
    [
        ("401", UpstreamRejected, 1),
        ("403", UpstreamRejected, 1),
        ("404", UpstreamRejected, 1),
        ("302", UpstreamRejected, 1),
        ("quota", UpstreamRejected, 1),
        ("400", UpstreamRefused, 1),
        ("422", UpstreamRefused, 1),
        ("filter", UpstreamRefused, 1),
        ("filtered", UpstreamRefused, 1),
        ("without_messages", UpstreamRefused, 1),
        ("too_long", MessageTooLong, 1),
        ("429", Overloaded, 1),
        ("504", UpstreamTimeout, 1),
        ("hang", UpstreamTimeout, 1),
        ("hang_after_headers", UpstreamTimeout, 1),
        ("pings", UpstreamTimeout, 1),
        ("500", UpstreamUnreachable, 3),
        ("502", UpstreamUnreachable, 3),
        ("503", UpstreamUnreachable, 3),
        ("html", StreamBroken, 3),
        ("broken_json", StreamBroken, 3),
        ("nonsense", StreamBroken, 3),
        ("wrong_shape", StreamBroken, 3),
        ("error_in_200", StreamBroken, 3),
        ("cut_early", StreamBroken, 3),
        ("empty", StreamBroken, 3),
    ],
)
async def test_what_fails_before_the_first_word_is_one_error_of_ours(
    server: Misbehaving, model: str, error: type[InferenceError], attempts: int
):
    options = IMPATIENT if error is UpstreamTimeout else {}
    with pytest.raises(InferenceError) as caught:
        await asked(made(server, model, **options))
    assert (type(caught.value), len(server.requests)) == (error, attempts)
    assert "cloud" in str(caught.value)
    assert "SECRET" not in str(caught.value)
    for seen in server.requests:
        await asyncio.wait_for(seen.gone.wait(), 5)


@pytest.mark.parametrize(
    ("model", "error", "text"),
    [
        ("broken_json_later", StreamBroken, "Open "),
        ("error_in_200_later", StreamBroken, "Open the "),
        ("cut", StreamBroken, "Open the "),
        ("no_end", StreamBroken, "Open the "),
        ("filtered_later", UpstreamRefused, "Open "),
        ("hang_later", UpstreamTimeout, "Open "),
    ],
)
async def test_what_fails_later_ends_the_answer_and_is_never_asked_again(
    server: Misbehaving, model: str, error: type[InferenceError], text: str
):
    options = IMPATIENT if error is UpstreamTimeout else {}
    chunks = await asked(made(server, model, **options))
    last = last_of(chunks)
    assert (text_of(chunks), last.finish_reason, type(last.error)) == (text, FinishReason.ERROR, error)
    assert "SECRET" not in str(last.error)
    assert last.completion.completion_tokens == len(text.split())
    [seen] = server.requests
    await asyncio.wait_for(seen.gone.wait(), 5)


async def test_a_trickle_ends_at_the_limit_for_all(server: Misbehaving):
    chunks = await asked(made(server, "trickle", **IMPATIENT))
    last = last_of(chunks)
    assert (last.finish_reason, type(last.error)) == (FinishReason.ERROR, UpstreamTimeout)
    assert set(text_of(chunks).split()) == {"drip"}
    await asyncio.wait_for(server.requests[0].gone.wait(), 5)


async def test_figures_that_do_not_come_do_not_spoil_an_answer(server: Misbehaving):
    chunks = await asked(made(server, "hang_at_the_end"))
    assert (text_of(chunks), last_of(chunks).finish_reason) == ("Open ", FinishReason.LENGTH)


@pytest.mark.parametrize(("model", "attempts"), [("429_soon", 3), ("503_once", 2), ("flaky", 3)])
async def test_what_passes_is_asked_again_and_said_once(server: Misbehaving, model: str, attempts: int):
    chunks = await asked(made(server, model))
    assert (text_of(chunks), len(server.requests)) == ("Open the app.", attempts)
    assert last_of(chunks).error is None


async def test_retries_can_be_switched_off(server: Misbehaving):
    with pytest.raises(UpstreamUnreachable):
        await asked(made(server, "503_once", retries=0))
    assert len(server.requests) == 1


async def test_the_wait_that_a_busy_server_asks_for_is_told(server: Misbehaving):
    with pytest.raises(Overloaded) as caught:
        await asked(made(server, "429"))
    assert caught.value.retry_after_s == 70.0


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "http://nobody.invalid/v1"])
async def test_a_server_that_is_not_there(url: str):
    backend = OpenAICompatibleBackend("cloud", base_url=url, model="m")
    with pytest.raises(UpstreamUnreachable, match="cloud cannot be reached"):
        await asked(backend)


async def test_closing_the_iterator_closes_the_servers_stream(server: Misbehaving):
    backend = made(server, "hang_later")
    async with aclosing(backend.stream(REQUEST)) as chunks:
        async for chunk in chunks:
            if chunk.text:
                break
    await asyncio.wait_for(server.requests[0].gone.wait(), 5)
    assert backend.status().running == 0
    await backend.aclose()


@pytest.mark.parametrize("model", ["hang", "hang_later"])
async def test_cancelling_the_task_closes_it_too(server: Misbehaving, model: str):
    task = asyncio.create_task(asked(made(server, model)))
    while not server.requests:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(server.requests[0].gone.wait(), 5)


@pytest.mark.parametrize("model", ["without_stream_options", "without_max_tokens", "without_response_format"])
async def test_an_answer_does_without_a_field_that_the_server_refuses(server: Misbehaving, model: str):
    field = model.removeprefix("without_")
    backend = made(server, model)
    request = replace(REQUEST, schema={"type": "object", "properties": {}}, language="en")
    chunks = [chunk async for chunk in backend.stream(request)]
    again = await asked(backend, request)
    assert text_of(chunks) == text_of(again) == "Open the app."
    assert [field in seen.body for seen in server.requests] == [True, False, False]
    assert backend.describe()["refused_fields"] == [field]
    body = server.requests[-1].body
    if field == "max_tokens":
        assert body["max_completion_tokens"] == 256
    if field == "response_format":
        assert "JSON Schema" in body["messages"][0]["content"]
    else:
        assert body["response_format"]["json_schema"]["schema"] == request.schema


@pytest.mark.parametrize(
    ("model", "options", "counts"),
    [
        ("well", {}, [3]),
        ("well", {"candidates": "apart"}, [None, None, None]),
        ("one_only", {}, [None, None, None]),
        ("without_n", {}, [3, None, None, None]),
    ],
)
async def test_several_candidates(server: Misbehaving, model: str, options: dict[str, str], counts: list[int | None]):
    chunks = await asked(made(server, model, **options), replace(REQUEST, sampling=Sampling(0.5, n=3, seed=7)))
    assert [text_of(chunks, index) for index in range(3)] == ["Open the app."] * 3
    assert [last_of(chunks, index).completion.completion_tokens for index in range(3)] == [3, 3, 3]
    assert [seen.body.get("n") for seen in server.requests] == counts
    if counts == [None, None, None] and options:
        assert sorted(seen.body["seed"] for seen in server.requests) == [7, 8, 9]


async def test_each_candidate_has_an_end_when_the_server_is_gone(server: Misbehaving):
    chunks = await asked(made(server, "cut"), replace(REQUEST, sampling=Sampling(n=2)))
    assert [type(last_of(chunks, index).error) for index in range(2)] == [StreamBroken, StreamBroken]


async def test_log_probabilities(server: Misbehaving):
    def token(text: str, value: float, top: list[Any]) -> dict[str, Any]:
        return {"token": text, "logprob": value, "bytes": list(text.encode()), "top_logprobs": top}

    async def play(talk: Talk) -> None:
        await talk.stream()
        await talk.say("Yes", logprobs={"content": [token("Yes", -0.5, [token("Yes", -0.5, []), token("No", -2, [])])]})
        await talk.say(" it is", logprobs={"content": [token(" it", -1.5, []), token(" is", float("-inf"), [])]})
        await talk.finish()
        await talk.done()

    server.plays["sure"] = play
    request = replace(REQUEST, sampling=Sampling(top_logprobs=2))
    chunks = await asked(made(server, "sure"), request)
    told = [token for chunk in chunks for token in chunk.logprobs]
    others = (TokenLogprob("Yes", -0.5, b"Yes"), TokenLogprob("No", -2.0, b"No"))
    assert told[:2] == [TokenLogprob("Yes", -0.5, b"Yes", others), TokenLogprob(" it", -1.5, b" it")]
    record = last_of(chunks).completion
    assert (record.completion_tokens, record.min_logprob) == (3, -9999.0)
    quiet = await asked(made(server, "sure", logprobs="on"))
    assert [chunk.logprobs for chunk in quiet if chunk.logprobs] == []
    assert last_of(quiet).completion.min_logprob == -9999.0


async def test_an_answer_is_continued_as_the_server_can(server: Misbehaving):
    request = replace(REQUEST, prefix="Open", language="en")
    await asked(made(server, "well"), request)
    await asked(made(server, "well", continues="prefill"), request)
    asking, filling = (seen.body for seen in server.requests)
    assert [turn["role"] for turn in asking["messages"]] == ["system", "user", "assistant", "user"]
    assert "continue_final_message" not in asking
    assert filling["messages"][-1] == {"role": "assistant", "content": "Open"}
    assert (filling["continue_final_message"], filling["add_generation_prompt"]) == (True, False)


async def test_nothing_more_to_say_is_no_fault_of_a_continuation(server: Misbehaving):
    chunks = await asked(made(server, "empty"), replace(REQUEST, prefix="Open the app."))
    assert (text_of(chunks), last_of(chunks).finish_reason) == ("", FinishReason.STOP)


TOLD = {"answered_by": "rules", "reason": "rules_sure", "confidence": 0.93, "sources": ["card"], "abstained": False}


async def knowing(talk: Talk) -> None:
    await talk.stream()
    await talk.say("Open", duologue=TOLD)
    await talk.finish(duologue=TOLD)
    await talk.done()


async def test_another_duologue_tells_its_sources(server: Misbehaving):
    server.plays["knowing"] = knowing
    backend = made(server, "knowing", articles="server")
    chunks = await asked(backend)
    decision = Decision("cloud", "rules_sure", 0.93, ("card",), False, {"upstream": {"answered_by": "rules"}})
    assert chunks[0].decision == decision
    record = last_of(chunks).completion
    assert (record.sources, record.confidence, record.answered_by) == (("card",), 0.93, "cloud")
    await asked(made(server, "knowing", articles="server"), replace(REQUEST, articles=False))
    with_articles, without = (seen.body for seen in server.requests)
    assert without["duologue"] == {"articles": False}
    # A bound would cut the article that it may quote.
    assert [name in with_articles for name in ("duologue", "max_tokens")] == [False, False]
    assert without["max_tokens"] == 256


async def test_any_other_server_cannot_name_articles_of_ours(server: Misbehaving):
    server.plays["knowing"] = knowing
    chunks = await asked(made(server, "knowing"), replace(REQUEST, articles=False))
    assert (chunks[0].decision, last_of(chunks).completion.sources) == (Decision("cloud"), ())
    assert "duologue" not in server.requests[0].body


@pytest.mark.parametrize(
    "told",
    [
        {"sources": "card", "confidence": "high", "reason": 7, "abstained": "no"},
        {"sources": [7, "x" * 65, "a\nb"], "confidence": True},
        {"confidence": 1.5},
    ],
)
async def test_whatever_another_says_about_itself_can_be_stored(server: Misbehaving, told: dict[str, Any]):
    async def play(talk: Talk) -> None:
        await talk.stream()
        await talk.say("Open", duologue=told)
        await talk.finish()
        await talk.done()

    server.plays["odd"] = play
    record = last_of(await asked(made(server, "odd", articles="server"))).completion
    assert (record.sources, record.confidence, record.reason, record.abstained) == ((), None, "", False)


async def test_status_is_what_was_seen_last(server: Misbehaving):
    backend = made(server, "500", retries=0)
    backend.start()
    assert backend.status().state is BackendState.READY
    with pytest.raises(UpstreamUnreachable) as caught:
        [chunk async for chunk in backend.stream(REQUEST)]
    status = backend.status()
    assert (status.state, status.error_code, status.detail) == (
        BackendState.FAILED,
        "upstream_unreachable",
        str(caught.value),
    )
    server.plays["500"] = server.plays["well"]
    await asked(backend)
    assert backend.status().state is BackendState.READY
    await backend.aclose()


async def test_a_server_that_came_back_is_noticed_without_a_question(
    server: Misbehaving, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(health, "LOOK_AGAIN_WHEN_DOWN_S", 0.0)
    server.models = ["m"]
    backend = made(server, "503", retries=0)
    with pytest.raises(UpstreamUnreachable):
        [chunk async for chunk in backend.stream(REQUEST)]
    while (await asyncio.to_thread(backend.status)).state is not BackendState.READY:
        await asyncio.sleep(0.01)
    assert ("GET", "/v1/models") in {(seen.method, seen.path) for seen in server.requests}
    await backend.aclose()


async def test_the_models_of_a_server(server: Misbehaving):
    backend = made(server, "m")
    assert await backend.models() is None
    server.models = ["m", "n"]
    assert await backend.models() == ["m", "n"]
    await backend.aclose()


async def test_the_key_is_told_nobody(server: Misbehaving):
    backend = made(server, "401", api_key="sk-secret", label="Our cloud")
    with pytest.raises(UpstreamRejected) as caught:
        await asked(backend)
    assert "sk-secret" not in str(caught.value)
    assert backend.describe() == {
        "backend": "openai_compatible",
        "model": "401",
        "url": server.url,
        "label": "Our cloud",
        "refused_fields": [],
    }


def test_a_server_has_a_large_model_but_for_another_duologue():
    def large(**options: Any) -> bool:
        return OpenAICompatibleBackend("cloud", base_url="http://h/v1", model="m", **options).large

    assert [large(), large(articles="server"), large(articles="server", large=True), large(large=False)] == [
        *(True, False, True, False)
    ]


@pytest.mark.parametrize("options", [{"retries": 3}, {"gap_s": 0}, {"articles": "yes"}, {"max_tokens_field": "n"}])
def test_options_that_cannot_be_meant(options: dict[str, Any]):
    with pytest.raises(InvalidRequest):
        OpenAICompatibleBackend("cloud", base_url="http://h/v1", model="m", **options)


def test_every_event_loop_has_connections_of_its_own():
    port = free_port()
    backend = OpenAICompatibleBackend("cloud", base_url=f"http://127.0.0.1:{port}/v1", model="well")

    async def once() -> str:
        async with misbehaving(port):
            return text_of(await asked(backend))

    assert [asyncio.run(once()), asyncio.run(once())] == ["Open the app.", "Open the app."]
