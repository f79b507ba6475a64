"""Keys, and requests as programs make them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import AsyncClient

from chat.api import actions
from chat.api.models import ApiKey

QUESTION = [{"role": "user", "content": "Where is my card?"}]

MakeKey = Callable[..., tuple[ApiKey, str]]


@pytest.fixture
def make_key(transactional_db: None) -> MakeKey:
    """Makes a key and gives its secret along."""

    def make(name: str = "a program", **fields: Any) -> tuple[ApiKey, str]:
        key = ApiKey(name=name, **fields)
        return key, actions.issue_key(key)

    return make


@pytest.fixture
def secret(make_key: MakeKey) -> str:
    """A key that may do everything."""
    return make_key()[1]


class Program:
    """A client with a key; `cookies` are whatever a browser has."""

    def __init__(self, secret: str | None) -> None:
        self.client = AsyncClient()
        self._headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}

    async def get(self, path: str, **headers: str) -> HttpResponse:
        return await self.client.get(f"/v1/{path}", headers={**self._headers, **headers})

    async def post(self, path: str, body: Any) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body)
        return await self.client.post(f"/v1/{path}", data, content_type="application/json", headers=self._headers)

    async def chat(self, **fields: Any) -> Any:
        body = {"model": "default", "messages": QUESTION, **fields}
        return await self.post("chat/completions", {name: value for name, value in body.items() if value is not ...})


@pytest.fixture
def program(secret: str) -> Program:
    """A program whose key may do everything."""
    return Program(secret)


async def events(response: StreamingHttpResponse) -> list[Any]:
    """What a streamed answer says: objects, "[DONE]", and comments as they are."""
    return [read_event(data) async for data in response]  # type: ignore[attr-defined]


def read_event(data: bytes) -> Any:
    """One event of a stream."""
    text = data.decode()
    assert text.endswith("\n\n")
    if not text.startswith("data: "):
        return text.strip()
    value = text.removeprefix("data: ").strip()
    return value if value == "[DONE]" else json.loads(value)
