"""Combinations of settings that are refused, and the documented ones that are clean."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from chat import checks

ROOT = Path(__file__).resolve().parents[2]
POSTGRES = {"default": {"ENGINE": "django.db.backends.postgresql"}}


def ids(found: list[Any]) -> list[str]:
    return [message.id for message in found]


def test_the_defaults_are_clean() -> None:
    assert checks.one_process_on_the_embedded_pair() == []
    assert checks.no_wildcards() == []
    assert checks.no_debug_in_public() == []
    assert checks.compared_engines_exist() == []


@pytest.mark.parametrize("engines", [[], ["rules"], ["rules", "rules"], ["rules", "nowhere"], ["rules", "default"]])
def test_a_comparison_needs_two_engines_that_exist(settings: LazySettings, engines: list[str]) -> None:
    settings.INFERENCE = {"default": "rules", "rules": {"BACKEND": "x"}, "gpt2": {"BACKEND": "x"}}
    settings.CHAT_COMPARE = {"offered_to": "staff", "engines": engines}
    assert ids(checks.compared_engines_exist()) == ["duologue.W007"]
    settings.CHAT_COMPARE = {"offered_to": "off", "engines": engines}
    assert checks.compared_engines_exist() == []


def test_several_processes_need_more_than_the_embedded_pair(settings: LazySettings, monkeypatch: Any) -> None:
    settings.PROCESSES = 2
    settings.SECRET_KEY_GIVEN = ""
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    found = ids(checks.one_process_on_the_embedded_pair())
    assert found == ["duologue.E001", "duologue.E002", "duologue.E008", "duologue.E009"]


def test_several_processes_may_share_what_is_made_for_it(settings: LazySettings, monkeypatch: Any) -> None:
    settings.PROCESSES = 2
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer"}}
    settings.CACHES = {**settings.CACHES, "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}}
    settings.SECRET_KEY_GIVEN = "a long one"
    assert checks.one_process_on_the_embedded_pair() == []


@pytest.mark.parametrize("host", ["*", ".example.com", "*.example.com"])
def test_hosts_are_named(settings: LazySettings, host: str) -> None:
    settings.ALLOWED_HOSTS = ["chat.example.com", host]
    assert ids(checks.no_wildcards()) == ["duologue.E003"]


def test_origins_are_named(settings: LazySettings) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.example.com"]
    assert ids(checks.no_wildcards()) == ["duologue.E004"]


def test_debug_stays_at_home(settings: LazySettings) -> None:
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = ["localhost"]
    assert checks.no_debug_in_public() == []
    settings.ALLOWED_HOSTS = ["localhost", "chat.example.com"]
    assert ids(checks.no_debug_in_public()) == ["duologue.E005"]


GOOD_KEY = "b4-uF%k2(mZ7q!xW9_e@rT1^sD6&gH3*jL5)pN8=cV0+yA2#oI7$"


@pytest.mark.parametrize("key", ["short", "a" * 60, "django-insecure-" + GOOD_KEY, "CHANGE_ME_" + GOOD_KEY])
def test_a_key_that_others_know_stays_at_home(settings: LazySettings, key: str) -> None:
    settings.SECRET_KEY = key
    settings.ALLOWED_HOSTS = ["localhost"]
    assert checks.no_secrets_of_examples() == []
    settings.ALLOWED_HOSTS = ["chat.example.com"]
    assert ids(checks.no_secrets_of_examples()) == ["duologue.E010"]
    settings.SECRET_KEY = GOOD_KEY
    assert checks.no_secrets_of_examples() == []


def test_a_language_without_its_texts_is_noticed(settings: LazySettings, tmp_path: Path) -> None:
    settings.LOCALE_PATHS = [tmp_path]
    assert ids(checks.translations_are_compiled()) == ["duologue.W006"]
    (tmp_path / "zh_Hans" / "LC_MESSAGES").mkdir(parents=True)
    (tmp_path / "zh_Hans" / "LC_MESSAGES" / "django.mo").touch()
    assert checks.translations_are_compiled() == []


def test_the_documented_production_settings_pass_djangos_own_check(tmp_path: Path) -> None:
    documented = {
        "DJANGO_HTTPS": "1",
        "DJANGO_TRUSTED_PROXY": "1",
        "DJANGO_ALLOWED_HOSTS": "chat.example.com",
        "DJANGO_TRUSTED_ORIGINS": "https://chat.example.com",
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    environment = {**os.environ, **documented, "DUOLOGUE_DATA_DIR": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "System check identified no issues (0 silenced).\n"), done.stderr
