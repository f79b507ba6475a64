"""What every part's tests may ask for. Nothing here loads a model."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.core.cache import cache
from django.db import connection
from django.utils import translation

import inference
from inference import retrieval
from tests import scheduling
from tests.scripted import ScriptedBackend

# Embedding the sample's questions takes a core for a minute: only the tests of meaning turn it on.
retrieval.configure(meaning="off")
os.environ["DUOLOGUE_MEANING"] = "off"  # for the processes that tests start


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    return scheduling.processes(config.args)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> scheduling.FilesInOrder | None:
    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False
    return scheduling.FilesInOrder(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=scheduling.place)


@pytest.fixture
def backend() -> Iterator[ScriptedBackend]:
    """The chat answers from a script until the test is over."""
    inference.configure({"default": {"BACKEND": "tests.scripted.ScriptedBackend"}})
    scripted = inference.get_backend()
    assert isinstance(scripted, ScriptedBackend)
    yield scripted
    inference.configure(settings.INFERENCE)


@pytest.fixture
def duel(backend: ScriptedBackend, settings: LazySettings) -> tuple[ScriptedBackend, ScriptedBackend]:
    """Two engines from scripts, "rules" and "gpt2", whose answers visitors may compare."""
    scripted = {"BACKEND": "tests.scripted.ScriptedBackend"}
    inference.configure({"default": scripted, "rules": scripted, "gpt2": scripted})
    settings.CHAT_COMPARE = {"offered_to": "visitors", "engines": ["rules", "gpt2"]}
    rules, gpt2 = inference.get_backend("rules"), inference.get_backend("gpt2")
    assert isinstance(rules, ScriptedBackend)
    assert isinstance(gpt2, ScriptedBackend)
    return rules, gpt2


@pytest.fixture(autouse=True)
def _no_counts_from_other_tests() -> None:
    cache.clear()


def pytest_unconfigure() -> None:
    """Remove what SQLite left beside the test database: worker threads had it open when it was deleted."""
    for name in ("-wal", "-shm"):
        Path(f"{settings.DATABASES['default']['TEST']['NAME']}{name}").unlink(missing_ok=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """PostgreSQL drops no database that somebody is connected to, and worker threads keep their connections."""
    yield
    if connection.vendor == "postgresql":
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(f"{others} AND pid <> pg_backend_pid()")


@pytest.fixture(autouse=True)
def _articles_of_other_tests_forgotten() -> None:
    from chat.knowledge.source import source

    source.forget()


@pytest.fixture(autouse=True)
def _language_of_other_tests_forgotten() -> Iterator[None]:
    """A socket or a page that speaks Chinese leaves it active in this thread."""
    translation.activate("en")
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _no_serving_process() -> Iterator[None]:
    """A test that enters this process into the table does so for itself alone."""
    from chat import processes

    yield
    processes.become(None)
    processes.begin_draining(False)
