"""The openai package's own methods against a real server with the real engines."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI

from chat.api.secrets import hash_of
from tests.e2e.conftest import needs_embedded
from tests.e2e.serving import Site
from tests.e2e.words import WORDS, all_words

pytestmark = needs_embedded

QUESTION: list[Any] = [{"role": "user", "content": "How do I activate my card?"}]
ENGINES = ["router", "rules", "gpt2", "checkpoint"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for all of these tests."""
    with Site(tmp_path_factory.mktemp("api"), "tests.chat.api.site") as site:
        yield site.start()


@pytest.fixture(scope="module")
def key(site: Site) -> str:
    """As the command prints it."""
    assert site.manage("create_api_key", "tests", "--rate", "10000").wait(60) == 0
    # The server writes to the same log.
    return next(line for line in site.log.read_text().splitlines() if line.startswith("duo-"))


def another_key(site: Site, name: str, rate: int = 100) -> str:
    """A key like the first one, without waiting for another command."""
    fields = "scopes, engines, daily_tokens, created_at"
    site.write(
        f"insert into api_apikey (name, prefix, hash, rate_per_minute, {fields})"
        f" select ?, prefix, ?, ?, {fields} from api_apikey where name = 'tests'",
        *(name, hash_of(name), rate),
    )
    return name


@pytest.fixture(scope="module")
def client(site: Site, key: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{site.url}/v1", api_key=key, max_retries=0) as client:
        yield client


def ask(client: OpenAI, model: str = "gpt2", **fields: Any) -> Any:
    return client.chat.completions.create(
        **{"model": model, "messages": QUESTION, "max_tokens": 60, "temperature": 0, **fields}
    )


def said(chunks: Any, index: int = 0) -> str:
    choices = [choice for chunk in chunks for choice in chunk.choices]
    return "".join(choice.delta.content or "" for choice in choices if choice.index == index)


# --- what the client can do --------------------------------------------------------------------------------
def test_models(client: OpenAI):
    listed = client.models.list().data
    assert [model.id for model in listed] == ["router", "checkpoint", "gpt2", "rules", "words"]
    assert client.models.retrieve("gpt2") == next(model for model in listed if model.id == "gpt2")


@pytest.mark.parametrize("model", ENGINES)
def test_a_streamed_answer_is_the_whole_one(client: OpenAI, model: str):
    whole, pieces = ask(client, model), list(ask(client, model, stream=True))
    assert said(pieces) == whole.choices[0].message.content
    assert "Activate" in said(pieces)
    assert {choice.finish_reason for piece in pieces for choice in piece.choices} == {None, "stop"}
    assert whole.usage.completion_tokens > 0
    assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens
    assert whole.model_extra["duologue"]["sources"] == ["activate_my_card"]
    assert pieces[-1].model_extra["duologue"] == whole.model_extra["duologue"]


@pytest.mark.parametrize("model", ENGINES)
def test_bounds_hold_for_every_engine(client: OpenAI, model: str):
    short = ask(client, model, max_tokens=None, max_completion_tokens=5)
    assert (short.choices[0].finish_reason, short.usage.completion_tokens) == ("length", 5)
    stopped = ask(client, model, stop=["nowhere in it", "Activate"])
    assert (stopped.choices[0].finish_reason, "Activate" in stopped.choices[0].message.content) == ("stop", False)
    assert ask(client, model).choices[0].message.content.startswith(stopped.choices[0].message.content)


@pytest.mark.parametrize("model", ["checkpoint", "gpt2"])
def test_candidates_and_seeds(client: OpenAI, model: str):
    asked = {"n": 3, "seed": 7, "temperature": 1.2, "max_tokens": 12}
    once, again = ask(client, model, **asked), ask(client, model, **asked)
    texts = [choice.message.content for choice in once.choices]
    assert [choice.index for choice in once.choices] == [0, 1, 2]
    assert [choice.message.content for choice in again.choices] == texts
    second = ask(client, model, seed=8, temperature=1.2, max_tokens=12).choices[0].message.content
    assert second == texts[1]
    pieces = list(ask(client, model, stream=True, **asked))
    assert [said(pieces, index) for index in range(3)] == texts


def test_logprobs(client: OpenAI):
    whole = ask(client, "checkpoint", logprobs=True, top_logprobs=2, max_tokens=20)
    content = whole.choices[0].logprobs.content
    text = whole.choices[0].message.content
    assert b"".join(bytes(one.bytes) for one in content).decode() == text
    assert all(len(one.top_logprobs) == 2 and one.top_logprobs[0].logprob <= 0 for one in content)
    assert all(one.logprob <= one.top_logprobs[0].logprob + 1e-4 for one in content)
    pieces = ask(client, "checkpoint", logprobs=True, top_logprobs=2, max_tokens=20, stream=True)
    told = [choice.logprobs for piece in pieces for choice in piece.choices if choice.logprobs]
    assert [one.token for part in told for one in part.content] == [one.token for one in content]
    assert ask(client, "rules", logprobs=True).choices[0].logprobs is None


def test_usage_of_a_stream(client: OpenAI):
    pieces = list(ask(client, "gpt2", stream=True, stream_options={"include_usage": True}))
    assert (pieces[-1].choices, pieces[-1].usage) == ([], ask(client, "gpt2").usage)
    assert {piece.usage for piece in pieces[:-1]} == {None}


def test_an_answer_is_continued(client: OpenAI):
    whole = ask(client, "checkpoint").choices[0].message.content
    begun = whole.partition(" in the app")[0]
    turns = [*QUESTION, {"role": "assistant", "content": begun}]
    flags = {"continue_final_message": True, "add_generation_prompt": False}
    for fields in ({"extra_body": flags}, {}):
        assert begun + ask(client, "checkpoint", messages=turns, **fields).choices[0].message.content == whole


def test_the_models_own_words(client: OpenAI):
    own = ask(client, "router", extra_body={"duologue": {"articles": False}})
    assert own.model_extra["duologue"]["reason"] == "articles_off"
    with pytest.raises(openai.BadRequestError):
        ask(client, "rules", extra_body={"duologue": {"articles": False}})


def test_completions(client: OpenAI):
    fields: dict[str, Any] = {"model": "checkpoint", "prompt": "To activate your", "max_tokens": 8, "temperature": 0}
    whole = client.completions.create(**fields, logprobs=2)
    choice = whole.choices[0]
    assert (choice.finish_reason, whole.usage.completion_tokens) == ("length", 8)
    assert "".join(choice.logprobs.tokens) == choice.text
    assert [choice.text[at:][:1] for at in choice.logprobs.text_offset] == [
        token[:1] for token in choice.logprobs.tokens
    ]
    assert "".join(piece.choices[0].text for piece in client.completions.create(**fields, stream=True)) == choice.text
    asked = client.completions.create(model="rules", prompt=QUESTION[0]["content"])
    assert "Activate" in asked.choices[0].text


def test_errors_are_the_clients_own(site: Site, client: OpenAI):
    with pytest.raises(openai.AuthenticationError):
        OpenAI(base_url=f"{site.url}/v1", api_key="wrong", max_retries=0).models.list()
    with pytest.raises(openai.NotFoundError):
        ask(client, "gpt-4")
    with pytest.raises(openai.BadRequestError) as wrong:
        ask(client, extra_body={"nonsense": 1})
    assert (wrong.value.param, wrong.value.code) == ("nonsense", "unknown_parameter")
    with pytest.raises(openai.BadRequestError) as long:
        ask(client, "checkpoint", messages=[{"role": "user", "content": "card " * 9000}])
    assert long.value.code == "context_length_exceeded"
    slow = OpenAI(base_url=f"{site.url}/v1", api_key=another_key(site, "slow", rate=1), max_retries=0)
    slow.models.list()
    with pytest.raises(openai.RateLimitError) as many:
        slow.models.list()
    assert int(many.value.response.headers["Retry-After"]) > 0


async def test_the_asynchronous_client(site: Site, key: str):
    async with AsyncOpenAI(base_url=f"{site.url}/v1", api_key=key, max_retries=0) as client:
        whole = await client.chat.completions.create(model="words", messages=QUESTION)
        stream = await client.chat.completions.create(model="words", messages=QUESTION, stream=True)
        assert said([piece async for piece in stream]) == whole.choices[0].message.content == "".join(all_words())


# --- who goes away -----------------------------------------------------------------------------------------
@pytest.mark.usefixtures("key")
def test_closing_a_stream_ends_the_answer(site: Site):
    """Counted in the database: fewer words than there are, and only when the engine has ended."""
    with OpenAI(base_url=f"{site.url}/v1", api_key=another_key(site, "leaving"), max_retries=0) as client:
        with ask(client, "words", stream=True) as stream:
            for piece in stream:
                if piece.choices[0].delta.content:
                    break
        assert 0 < counted(site, "leaving") < WORDS


@pytest.mark.usefixtures("key")
def test_hanging_up_on_a_whole_answer_ends_it(site: Site):
    secret = another_key(site, "hanging up")
    body = json.dumps({"model": "words", "messages": QUESTION})
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nAuthorization: Bearer {secret}"
    with socket.create_connection(("127.0.0.1", site.port)) as line:
        line.sendall(f"{head}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        line.settimeout(0.3)  # long enough for some words, not for all
        with pytest.raises(TimeoutError):
            line.recv(1)
    assert counted(site, "hanging up") < WORDS


def counted(site: Site, name: str) -> int:
    """Tokens that the key has written, once its request is counted."""
    query = "select completion_tokens from api_apiuse join api_apikey on api_apikey.id = key_id where name = ?"
    for _ in range(200):
        rows = site.rows(query, name)
        if rows:
            return int(rows[0][0])
        time.sleep(0.05)
    raise AssertionError("The request was never counted.")


def test_the_bytes_of_a_stream(site: Site, key: str):
    """As curl shows them: comments while waiting, one line of JSON for each piece, the mark at the end."""
    body = json.dumps({"model": "words", "messages": QUESTION, "stream": True}, ensure_ascii=False)
    command = ["curl", "-sN", f"{site.url}/v1/chat/completions", "-H", f"Authorization: Bearer {key}", "-d", body]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60).stdout
    events = shown.split("\n\n")
    assert (events[-2:], {event[:2] for event in events[:-2]}) == (["data: [DONE]", ""], {": ", "da"})
    assert "👩‍💻2" in shown


def test_a_server_that_stops_ends_what_it_has_begun(site: Site, client: OpenAI):
    """The last test of this server."""
    with ask(client, "words", stream=True, max_tokens=100) as stream:
        first = next(iter(stream))
        process, site.process = site.process, None
        assert process is not None
        process.send_signal(signal.SIGTERM)
        assert said([first, *stream]) == "".join(all_words())
    assert process.wait(30) == 0
