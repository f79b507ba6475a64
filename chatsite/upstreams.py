"""Other servers that speak the OpenAI protocol, as variables name them, in the form of the INFERENCE setting.

`DUOLOGUE_UPSTREAMS=vllm,cloud` names them; `DUOLOGUE_UPSTREAM_VLLM_URL` and its sisters (FIELDS) describe each. A
single one needs no list: `DUOLOGUE_UPSTREAM_URL` and its sisters describe the one that is called "upstream".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

PREFIX = "DUOLOGUE_UPSTREAM"
NAMES = f"{PREFIX}S"
SINGLE = "upstream"
RAW = "inference.backends.openai_compatible.OpenAICompatibleBackend"
CITED = "inference.backends.cited.CitedBackend"
FALLBACK = "inference.backends.fallback.FallbackBackend"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_PROMPT, _SERVER = "prompt", "server"

Entry = dict[str, Any]


def upstreams(variables: Mapping[str, str], taken: Iterable[str]) -> dict[str, Entry]:
    """Engine names to their entries. Raises ImproperlyConfigured, in one sentence, for what cannot be meant."""
    given = {name: value.strip() for name, value in variables.items() if name.startswith(PREFIX) and value.strip()}
    names = _names(given.pop(NAMES, ""), set(taken))
    single = not names and any(f"{PREFIX}_{field}" in given for field in FIELDS)
    prefixes = {SINGLE: PREFIX} if single else {name: f"{PREFIX}_{_variable(name)}" for name in names}
    described = {name: _described(prefix, given) for name, prefix in prefixes.items()}
    known = {f"{prefix}_{field}" for prefix in prefixes.values() for field in FIELDS}
    for variable in sorted(set(given) - known):
        raise ImproperlyConfigured(f"{variable} belongs to no server that {NAMES} names, or is misspelt.")
    return {name: _entry(options) for name, options in described.items()}


def with_fallback(engine: str, fallbacks: list[str], known: Iterable[str]) -> str | Entry:
    """The entry "default": the engine alone, or the engine and those that answer when it is down."""
    for name in fallbacks:
        if name not in known:
            raise ImproperlyConfigured(f"DUOLOGUE_FALLBACK must name one of {', '.join(sorted(known))}, not {name!r}.")
        if name == engine:
            raise ImproperlyConfigured(f"DUOLOGUE_FALLBACK must be another engine than DUOLOGUE_ENGINE ({engine!r}).")
    if not fallbacks:
        return engine
    return {"BACKEND": FALLBACK, "OPTIONS": {"backends": [engine, *fallbacks]}}


def _names(listed: str, taken: set[str]) -> list[str]:
    names = [name.strip() for name in listed.split(",") if name.strip()]
    for name in names:
        if not _NAME.fullmatch(name):
            raise ImproperlyConfigured(
                f"{NAMES} must hold names of small letters, digits, - and _, divided by commas, not {name!r}."
            )
        if name in taken:
            raise ImproperlyConfigured(f"{NAMES} cannot call a server {name!r}: an engine of this site has that name.")
    if len({_variable(name) for name in names}) < len(names):
        raise ImproperlyConfigured(f"{NAMES} names a server twice.")
    return names


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")


def _described(prefix: str, given: Mapping[str, str]) -> Entry:
    options = {}
    for field, (option, read) in FIELDS.items():
        if f"{prefix}_{field}" in given:
            options[option] = read(f"{prefix}_{field}", given[f"{prefix}_{field}"])
    for option, field in (("base_url", "URL"), ("model", "MODEL")):
        if option not in options:
            raise ImproperlyConfigured(f"{prefix}_{field} is missing: an upstream needs an address and a model.")
    return options


def _entry(options: Entry) -> Entry:
    """Articles go into the prompt, unless the server knows them itself (another Duologue does)."""
    if options.get("articles") == _SERVER:
        return {"BACKEND": RAW, "OPTIONS": options}
    raw = {"BACKEND": RAW, "OPTIONS": {name: value for name, value in options.items() if name != "articles"}}
    return {"BACKEND": CITED, "OPTIONS": {"model": raw, "label": options.get("label", "")}}


def _text(variable: str, value: str) -> str:
    if value.isprintable():
        return value
    raise ImproperlyConfigured(f"{variable} must be one line of text.")


def _key(variable: str, value: str) -> str:
    """A header's value, which cannot hold any other characters."""
    if value.isascii() and value.isprintable() and " " not in value:
        return value
    raise ImproperlyConfigured(f"{variable} must be one word of ASCII characters.")


def _url(variable: str, value: str) -> str:
    """An address that requests can go to as it is: the key has a variable of its own."""
    parts = urlsplit(value)
    try:
        well = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        well = False
    if well and not (parts.username or parts.password or parts.query or parts.fragment):
        return value.rstrip("/")
    raise ImproperlyConfigured(f"{variable} must be an address such as http://127.0.0.1:8001/v1, without a key in it.")


def _one_of(*choices: str) -> Callable[[str, str], str]:
    def read(variable: str, value: str) -> str:
        if value.lower() in choices:
            return value.lower()
        raise ImproperlyConfigured(f"{variable} must be one of {', '.join(choices)}, not {value!r}.")

    return read


def _yes(variable: str, value: str) -> bool:
    return _one_of("true", "false", "yes", "no", "on", "off", "1", "0")(variable, value) in ("true", "yes", "on", "1")


def _seconds(variable: str, value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if 0 < seconds <= 3600:
        return seconds
    raise ImproperlyConfigured(f"{variable} must be a number of seconds, above 0 and at most 3600, not {value!r}.")


def _retries(variable: str, value: str) -> int:
    if value in ("0", "1", "2"):
        return int(value)
    raise ImproperlyConfigured(f"{variable} must be 0, 1 or 2, not {value!r}.")


# The end of a variable's name: the backend's option, and how its value is read.
FIELDS: dict[str, tuple[str, Callable[[str, str], Any]]] = {
    "URL": ("base_url", _url),
    "KEY": ("api_key", _key),
    "MODEL": ("model", _text),
    "LABEL": ("label", _text),
    "ARTICLES": ("articles", _one_of(_PROMPT, _SERVER)),
    "CONTINUES": ("continues", _one_of("ask", "prefill")),
    "LOGPROBS": ("logprobs", _one_of("auto", "on", "off")),
    "CANDIDATES": ("candidates", _one_of("together", "apart")),
    "LARGE": ("large", _yes),
    "MAX_TOKENS": ("max_tokens_field", _one_of("max_tokens", "max_completion_tokens")),
    "CONNECT_S": ("connect_s", _seconds),
    "FIRST_TOKEN_S": ("first_token_s", _seconds),
    "GAP_S": ("gap_s", _seconds),
    "TOTAL_S": ("total_s", _seconds),
    "RETRIES": ("retries", _retries),
}
