"""The doctor as an operator calls it: on a healthy installation, on a broken one, and beside a running site."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.e2e.serving import Site
from tests.e2e.visiting import Visitor

PARTS = [
    *("configuration", "torch", "engine", "model", "answer", "database", "knowledge", "channel_layer", "page"),
    *("static", "websocket", "translations", "disk", "memory"),
]


def examine(site: Site) -> tuple[int, dict[str, Any]]:
    """The doctor's exit status and what it says about each part."""
    before = len(site.log.read_text()) if site.log.exists() else 0
    status = site.manage("doctor", "--json").wait(300)
    text = site.log.read_text()[before:]
    report = json.loads(text[text.index("{") :])
    assert report["ok"] == (status == 0)
    return status, {check.pop("name"): check for check in report["checks"]}


def test_a_running_site_is_well_and_its_answers_are_left_alone(site: Site) -> None:
    site.start()
    visitor = Visitor(site.url)
    tab = visitor.open(visitor.create())
    tab.ask("Tell me a lot")
    reply = str(tab.until("turn.created")["messages"][-1]["id"])
    status, parts = examine(site)
    tab.until_done(reply)
    tab.close()
    assert tab.statuses[reply] == "complete"
    assert status == 0
    assert list(parts) == PARTS
    assert parts["model"]["facts"]["checkpoint"] == "words"
    assert parts["database"]["facts"]["articles"] == 77
    assert parts["knowledge"]["facts"]["articles"] == {"en": 77, "zh-hans": 77}
    assert parts["websocket"]["facts"]["foreign"] == 403
    assert parts["static"]["state"] == "ok"
    assert all(part["detail"].endswith((".", "!")) for part in parts.values())
    assert all(part["remedy"] for part in parts.values() if part["state"] != "ok")


def test_what_is_broken_is_said_with_a_remedy(tmp_path: Path) -> None:
    with Site(
        tmp_path, settings="chatsite.settings", DUOLOGUE_CHECKPOINT=str(tmp_path), DUOLOGUE_PROCESSES="2"
    ) as site:
        status, parts = examine(site)
    assert status == 1
    states = {name: part["state"] for name, part in parts.items()}
    assert (states["configuration"], states["model"], states["database"]) == ("fail", "fail", "warn")
    assert "duologue.E002" in parts["configuration"]["facts"]["ids"]
    assert "answer" not in parts
    assert parts["database"]["remedy"].startswith("Run: python manage.py migrate")


def test_for_people_it_prints_a_sentence_a_line(site: Site) -> None:
    site.start()
    assert site.manage("doctor").wait(300) == 0
    lines = site.log.read_text().splitlines()
    assert [line.split()[1] for line in lines if line[:1] in "✓!✗" and line[1:2] == " "] == PARTS
    assert lines[-1] == "Everything works."
