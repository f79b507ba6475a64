"""Who may import whom."""

from __future__ import annotations

import pytest

from tests.architecture.source import imports_any, modules

DJANGO_ALLOWED = ("inference/apps.py", "inference/checks.py", "inference/management/")

# Each may import those before it, of these; other modules of chat may import them all.
ORDER = [
    {"chat.enums", "chat.errors"},
    {"chat.models", "chat.language", "chat.turns"},
    {"chat.access", "chat.queries", "chat.comparing", "chat.assisting", "chat.processes"},
    {"chat.actions", "chat.leases"},
]
REVIEW_ORDER = [
    {"chat.review.enums", "chat.review.errors", "chat.review.prompts", "chat.review.handover"},
    {"chat.review.models"},
    {"chat.review.access", "chat.review.queries", "chat.review.scoring", "chat.review.matching", "chat.review.waiting"},
    {"chat.review.actions"},
]
API_ORDER = [
    {"chat.api.enums", "chat.api.secrets", "chat.api.errors"},
    {"chat.api.models", "chat.api.fields"},
    {"chat.api.usage", "chat.api.messages"},
    {"chat.api.access", "chat.api.actions"},
    {"chat.api.calls"},
    {"chat.api.answers", "chat.api.wire"},
    {"chat.api.stream"},
]


def test_the_chat_knows_no_model_library_and_no_wiring():
    found = {
        module.path: names
        for module in modules()
        if module.path.startswith("chat/") and (names := imports_any(module, "torch", "transformers", "chatsite"))
    }
    assert found == {}


def test_inference_knows_neither_the_chat_nor_channels():
    found = {
        module.path: names
        for module in modules()
        if module.path.startswith("inference/") and (names := imports_any(module, "chat", "chatsite", "channels"))
    }
    assert found == {}


def test_inference_runs_without_django():
    found = {
        module.path: names
        for module in modules()
        if module.path.startswith("inference/")
        and not module.path.startswith(DJANGO_ALLOWED)
        and (names := imports_any(module, "django"))
    }
    assert found == {}


@pytest.mark.parametrize("room", ["review", "api"])
def test_the_chat_does_not_know_the_rooms_above_it(room: str):
    found = {
        module.path: names
        for module in modules()
        if module.path.startswith("chat/")
        and not module.path.startswith(f"chat/{room}/")
        and (names := imports_any(module, f"chat.{room}"))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("room", "order", "level"),
    [
        (room, order, level)
        for room, order in (("chat.review", REVIEW_ORDER), ("chat.api", API_ORDER))
        for level in range(len(order))
    ],
)
def test_inside_a_room_imports_go_one_way(room: str, order: list[set[str]], level: int):
    below = set().union(*order[: level + 1])
    found: dict[str, list[str]] = {name: [] for name in order[level]}
    for module in modules():
        name = ".".join(module.path.removesuffix(".py").split("/")[:3])  # a package counts as one
        if name in found:
            imported = {name for name in imports_any(module, room) if name.count(".") == 2}
            found[name] += sorted(imported - below)
    assert found == {name: [] for name in order[level]}


@pytest.mark.parametrize("level", range(len(ORDER)))
def test_inside_the_chat_imports_go_one_way(level: int):
    below = set().union(*ORDER[: level + 1])
    paths = {name.replace(".", "/") + ".py": name for name in ORDER[level]}
    found = {}
    for module in modules():
        if module.path in paths:
            imported = {name for name in module.imports() if name.startswith("chat.") and name.count(".") == 1}
            found[module.path] = sorted(imported - below)
    assert found == {path: [] for path in paths}
