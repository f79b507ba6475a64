"""Combinations of settings that would lose words or open a door; `manage.py check` and `serve` refuse them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.utils.translation import to_locale

LOCAL = {"localhost", "127.0.0.1", "[::1]", "::1"}
SOURCE_LANGUAGE = "en"
MIN_KEY, MIN_KEY_VARIETY = 50, 5  # as Django's own check has it, which only --deploy runs
EXAMPLES = ("django-insecure", "change-me", "changeme", "replace-me", "your-secret", "example")


@register(Tags.compatibility)
def one_process_on_the_embedded_pair(**_kwargs: Any) -> list[CheckMessage]:
    """E001, E002, E008, E009: what is made for one process knows nothing of a second one."""
    if settings.PROCESSES <= 1:
        return []
    return [
        Error(f"Several processes (DUOLOGUE_PROCESSES) cannot share {what}.", hint=hint, id=f"duologue.{code}")
        for code, unshared, what, hint in _UNSHARED
        if unshared()
    ]


_UNSHARED: list[tuple[str, Callable[[], bool], str, str]] = [
    (
        "E001",
        lambda: settings.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3",
        "SQLite",
        "Set DATABASE_URL to a PostgreSQL database, or run one process.",
    ),
    (
        "E002",
        lambda: settings.CHANNEL_LAYERS["default"]["BACKEND"] == "channels.layers.InMemoryChannelLayer",
        "the in-memory channel layer: a tab would miss what another process says",
        "Set REDIS_URL, or run one process.",
    ),
    (
        "E008",
        lambda: settings.CACHES["default"]["BACKEND"] == "django.core.cache.backends.locmem.LocMemCache",
        "the in-memory cache: each of them would count a visitor's messages by itself",
        "Set REDIS_URL, or run one process.",
    ),
    (
        "E009",
        lambda: not settings.SECRET_KEY_GIVEN,
        "a secret key that one of them made in its data folder: the others would know none of its visitors",
        "Set DJANGO_SECRET_KEY to the same long random text for all of them.",
    ),
]


@register(Tags.security)
def no_wildcards(**_kwargs: Any) -> list[CheckMessage]:
    """E003, E004: a wildcard lets any page open a visitor's socket."""
    found: list[CheckMessage] = []
    if any(host == "*" or host.startswith((".", "*")) for host in settings.ALLOWED_HOSTS):
        found.append(
            Error(
                "DJANGO_ALLOWED_HOSTS must name each host; a wildcard makes foreign pages look like this site.",
                hint="List the names under which people reach the site.",
                id="duologue.E003",
            )
        )
    if any("*" in origin for origin in settings.CSRF_TRUSTED_ORIGINS):
        found.append(
            Error(
                "DJANGO_TRUSTED_ORIGINS must be full origins such as https://chat.example.com, without wildcards.",
                hint="List every origin by itself.",
                id="duologue.E004",
            )
        )
    return found


@register(Tags.security)
def no_debug_in_public(**_kwargs: Any) -> list[CheckMessage]:
    """E005: error pages of DEBUG show settings and visitors' words."""
    if not settings.DEBUG or set(settings.ALLOWED_HOSTS) <= LOCAL:
        return []
    return [
        Error(
            "DEBUG is on, and the site answers to names beyond this machine.",
            hint="Turn DJANGO_DEBUG off, or leave DJANGO_ALLOWED_HOSTS at its default.",
            id="duologue.E005",
        )
    ]


@register(Tags.security)
def no_secrets_of_examples(**_kwargs: Any) -> list[CheckMessage]:
    """E010: whoever knows the key can sign sessions, and everybody knows those of examples."""
    key = settings.SECRET_KEY
    if set(settings.ALLOWED_HOSTS) <= LOCAL or not _is_weak(key):
        return []
    return [
        Error(
            "DJANGO_SECRET_KEY is short, or one that examples show.",
            hint="Set it to 50 random characters or more, or leave it away: one process makes its own.",
            id="duologue.E010",
        )
    ]


def _is_weak(key: str) -> bool:
    plain = key.lower().replace("_", "-")
    return len(key) < MIN_KEY or len(set(key)) < MIN_KEY_VARIETY or any(word in plain for word in EXAMPLES)


@register(Tags.translation)
def translations_are_compiled(**_kwargs: Any) -> list[CheckMessage]:
    """W006: without its .mo file a language silently shows English."""
    return [
        Warning(
            f"The texts in {code} are not compiled, so people who read it see English.",
            hint="Run: python manage.py compilemessages",
            id="duologue.W006",
        )
        for code in missing_languages()
    ]


@register(Tags.compatibility)
def compared_engines_exist(**_kwargs: Any) -> list[CheckMessage]:
    """W007: a comparison of engines that are not there is offered to nobody."""
    engines = settings.CHAT_COMPARE["engines"]
    known = [name for name in engines if not isinstance(settings.INFERENCE.get(name, ""), str)]
    if settings.CHAT_COMPARE["offered_to"] == "off" or (len(set(known)) == len(engines) == 2):
        return []
    return [
        Warning(
            "Two answers cannot be compared: DUOLOGUE_COMPARE_ENGINES must be two different engines of INFERENCE.",
            hint=f"Known engines: {', '.join(settings.INFERENCE)}. DUOLOGUE_COMPARE=off switches the comparison off.",
            id="duologue.W007",
        )
    ]


def missing_languages() -> list[str]:
    """The codes of the offered languages that have no compiled texts."""
    codes = [code for code, _name in settings.LANGUAGES if code != SOURCE_LANGUAGE]
    return [code for code in codes if not any(_mo(folder, code).is_file() for folder in settings.LOCALE_PATHS)]


def _mo(folder: str | Path, code: str) -> Path:
    return Path(folder) / to_locale(code) / "LC_MESSAGES" / "django.mo"
