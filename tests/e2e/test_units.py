"""The shipped systemd units and the example of an environment: what systemd and the site make of them."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from chatsite.upstreams import upstreams
from tests.e2e.proxying import DEPLOY, ROOT


def unit(name: str) -> configparser.ConfigParser:
    """A unit as sections of names and values; of a name that is said twice the last one."""
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(DEPLOY / name)
    return parser


def variables() -> dict[str, str]:
    """All variables of the example, those that are commented out too."""
    lines = (DEPLOY / "duologue.env").read_text().splitlines()
    found = [re.fullmatch(r"#?([A-Z_]+)=(\S*)", line) for line in lines]
    return {match.group(1): match.group(2) for match in found if match}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here")
@pytest.mark.parametrize("name", ["duologue@.service", "vllm.service"])
def test_systemd_understands_the_unit(name: str, tmp_path: Path) -> None:
    # Of the program's path nothing can be known here: it is replaced by one that exists.
    text = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", (DEPLOY / name).read_text())
    (tmp_path / name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / name], capture_output=True, text=True, timeout=60
    )
    assert [line for line in done.stderr.splitlines() if name.partition("@")[0].partition(".")[0] in line] == []


def test_the_end_waits_for_the_drain() -> None:
    service = unit("duologue@.service")["Service"]
    drain_s = int(variables()["DUOLOGUE_DRAIN_S"])
    assert int(service["TimeoutStopSec"]) == drain_s + 25
    assert (service["Restart"], service["KillMode"]) == ("always", "mixed")


def test_the_unit_starts_our_command_on_its_port() -> None:
    command = unit("duologue@.service")["Service"]["ExecStart"].split()
    assert command[1:] == ["manage.py", "serve", "--host", "127.0.0.1", "--port", "%i"]


def test_only_the_data_folder_can_be_written() -> None:
    service = unit("duologue@.service")["Service"]
    assert service["ProtectSystem"] == "strict"
    assert variables()["DUOLOGUE_DATA_DIR"] == f"/var/lib/{service['StateDirectory']}"


def test_the_processes_of_the_proxy_are_as_many_as_the_environment_says() -> None:
    servers = re.findall(r"(?m)^    server 127\.0\.0\.1:\d+", (DEPLOY / "nginx.conf").read_text())
    assert len(servers) == int(variables()["DUOLOGUE_PROCESSES"])


def test_the_settings_know_every_variable_of_the_example() -> None:
    source = (ROOT / "chatsite" / "settings.py").read_text()
    known = {name: value for name, value in variables().items() if f'"{name}"' in source}
    server = {name: value for name, value in variables().items() if name.startswith("DUOLOGUE_UPSTREAM_")}
    assert set(known) | set(server) == set(variables())
    assert list(upstreams(server, taken=[])) == [known["DUOLOGUE_ENGINE"]]


def test_the_example_passes_the_checks_for_production(tmp_path: Path) -> None:
    values = variables()
    chosen = {name: values[name] for name in values if name.startswith("DJANGO_")}
    chosen |= {
        "DJANGO_SECRET_KEY": "k" * 20 + "0123456789abcdefghijklmnopqrstuvwxyz",
        "DUOLOGUE_DATA_DIR": str(tmp_path),
    }
    chosen |= {name: values[name] for name in ("DATABASE_URL", "REDIS_URL", "DUOLOGUE_PROCESSES")}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, cwd=ROOT, env={"PATH": "/usr/bin", **chosen}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
