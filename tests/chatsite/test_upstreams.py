"""chatsite/upstreams.py: other servers by variables, and one clear sentence for a mistake."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from chatsite.upstreams import CITED, FALLBACK, RAW, upstreams, with_fallback

ROOT = Path(__file__).resolve().parents[2]
TAKEN = {"rules", "gpt2", "router", "checkpoint", "default"}
URL = "http://127.0.0.1:8001/v1"
ONE = {"DUOLOGUE_UPSTREAM_URL": URL, "DUOLOGUE_UPSTREAM_MODEL": "m"}


def test_without_variables_there_is_none():
    assert upstreams({"HOME": "/", "DUOLOGUE_UPSTREAMS": " "}, TAKEN) == {}


def test_a_single_one_needs_no_list():
    raw = {"BACKEND": RAW, "OPTIONS": {"base_url": URL, "model": "m"}}
    assert upstreams(ONE, TAKEN) == {"upstream": {"BACKEND": CITED, "OPTIONS": {"model": raw, "label": ""}}}


def test_several_by_name_each_with_its_own_options():
    found = upstreams(
        {
            "DUOLOGUE_UPSTREAMS": "big-one, other",
            "DUOLOGUE_UPSTREAM_BIG_ONE_URL": f"{URL}/",
            "DUOLOGUE_UPSTREAM_BIG_ONE_MODEL": "org/big",
            "DUOLOGUE_UPSTREAM_BIG_ONE_KEY": "secret",
            "DUOLOGUE_UPSTREAM_BIG_ONE_LABEL": "The big one",
            "DUOLOGUE_UPSTREAM_BIG_ONE_FIRST_TOKEN_S": "2.5",
            "DUOLOGUE_UPSTREAM_OTHER_URL": "https://chat.example.com/v1",
            "DUOLOGUE_UPSTREAM_OTHER_MODEL": "default",
            "DUOLOGUE_UPSTREAM_OTHER_ARTICLES": "Server",
            "DUOLOGUE_UPSTREAM_OTHER_RETRIES": "0",
            "DUOLOGUE_UPSTREAM_OTHER_LARGE": "yes",
        },
        TAKEN,
    )
    big = {"base_url": URL, "model": "org/big", "api_key": "secret", "label": "The big one", "first_token_s": 2.5}
    other = {
        "base_url": "https://chat.example.com/v1",
        "model": "default",
        "articles": "server",
        "retries": 0,
        "large": True,
    }
    assert found == {
        "big-one": {
            "BACKEND": CITED,
            "OPTIONS": {"model": {"BACKEND": RAW, "OPTIONS": big}, "label": "The big one"},
        },
        "other": {"BACKEND": RAW, "OPTIONS": other},
    }


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"DUOLOGUE_UPSTREAMS": "Big"}, "'Big'"),
        ({"DUOLOGUE_UPSTREAMS": "rules"}, "'rules'"),
        ({"DUOLOGUE_UPSTREAMS": "a-b,a_b"}, "twice"),
        ({"DUOLOGUE_UPSTREAMS": "a"}, "DUOLOGUE_UPSTREAM_A_URL"),
        ({"DUOLOGUE_UPSTREAMS": "a", **ONE}, "DUOLOGUE_UPSTREAM_A_URL"),
        ({"DUOLOGUE_UPSTREAM_URL": URL}, "DUOLOGUE_UPSTREAM_MODEL"),
        ({**ONE, "DUOLOGUE_UPSTREAM_ADDRESS": URL}, "DUOLOGUE_UPSTREAM_ADDRESS"),
        ({**ONE, "DUOLOGUE_UPSTREAM_URL": "127.0.0.1:8001"}, "DUOLOGUE_UPSTREAM_URL"),
        ({**ONE, "DUOLOGUE_UPSTREAM_URL": "http://user:key@host/v1"}, "DUOLOGUE_UPSTREAM_URL"),
        ({**ONE, "DUOLOGUE_UPSTREAM_URL": "http://host:99999/v1"}, "DUOLOGUE_UPSTREAM_URL"),
        ({**ONE, "DUOLOGUE_UPSTREAM_ARTICLES": "both"}, "DUOLOGUE_UPSTREAM_ARTICLES"),
        ({**ONE, "DUOLOGUE_UPSTREAM_RETRIES": "9"}, "DUOLOGUE_UPSTREAM_RETRIES"),
        ({**ONE, "DUOLOGUE_UPSTREAM_GAP_S": "soon"}, "DUOLOGUE_UPSTREAM_GAP_S"),
        ({**ONE, "DUOLOGUE_UPSTREAM_GAP_S": "nan"}, "DUOLOGUE_UPSTREAM_GAP_S"),
        ({**ONE, "DUOLOGUE_UPSTREAM_KEY": "a\nb"}, "DUOLOGUE_UPSTREAM_KEY"),
        ({**ONE, "DUOLOGUE_UPSTREAM_KEY": "钥匙"}, "DUOLOGUE_UPSTREAM_KEY"),
        ({**ONE, "DUOLOGUE_UPSTREAM_LABEL": "a\nb"}, "DUOLOGUE_UPSTREAM_LABEL"),
        ({**ONE, "DUOLOGUE_UPSTREAM_LARGE": "rather"}, "DUOLOGUE_UPSTREAM_LARGE"),
    ],
)
def test_a_mistake_is_named_and_no_key_with_it(variables: dict[str, str], named: str):
    with pytest.raises(ImproperlyConfigured) as caught:
        upstreams(variables, TAKEN)
    assert named in str(caught.value)
    assert "user:key" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_default_may_have_others_behind_it():
    known = {*TAKEN, "vllm"}
    assert with_fallback("vllm", [], known) == "vllm"
    entry = {"BACKEND": FALLBACK, "OPTIONS": {"backends": ["vllm", "rules"]}}
    assert with_fallback("vllm", ["rules"], known) == entry


@pytest.mark.parametrize("fallbacks", [["nobody"], ["router"]])
def test_a_fallback_is_another_engine_of_the_site(fallbacks: list[str]):
    with pytest.raises(ImproperlyConfigured, match="DUOLOGUE_FALLBACK"):
        with_fallback("router", fallbacks, TAKEN)


def started(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The settings as a start reads them, in a process of their own."""
    told = (
        "from chatsite import settings as s; print(s.INFERENCE['default'], s.INFERENCE['router']['OPTIONS']['model'])"
    )
    mine = {name: value for name, value in os.environ.items() if not name.startswith("DUOLOGUE_")}
    return subprocess.run(
        [sys.executable, "-c", told],
        cwd=ROOT,
        env={**mine, "DUOLOGUE_DATA_DIR": str(tmp_path), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_settings_take_the_names_of_upstreams(tmp_path: Path):
    done = started(
        tmp_path,
        **ONE,
        DUOLOGUE_ENGINE="upstream",
        DUOLOGUE_FALLBACK="rules",
        DUOLOGUE_ROUTER_MODEL="upstream",
    )
    entry = {"BACKEND": FALLBACK, "OPTIONS": {"backends": ["upstream", "rules"]}}
    assert done.stdout == f"{entry} upstream\n"


def test_settings_stop_the_start_at_a_name_that_is_not_there(tmp_path: Path):
    done = started(tmp_path, DUOLOGUE_ENGINE="upstream")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "django.core.exceptions.ImproperlyConfigured: "
        "DUOLOGUE_ENGINE must be one of checkpoint, gpt2, router, rules, not 'upstream'."
    )
