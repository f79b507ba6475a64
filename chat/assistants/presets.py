"""The assistants that are shipped, as they stand in presets.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chat.assistants.models import Assistant

PRESETS = Path(__file__).parent / "presets.json"
LANGUAGES = ("en", "zh")


def load_presets(path: Path = PRESETS) -> list[Assistant]:
    """Each as an assistant that is not stored, in the order of the file."""
    entries = json.loads(path.read_text(encoding="utf-8"))
    return [Assistant(**_fields(entry), position=10 * place) for place, entry in enumerate(entries, start=1)]


def _fields(entry: dict[str, Any]) -> dict[str, Any]:
    fields = {name: value for name, value in entry.items() if name not in LANGUAGES}
    for language in LANGUAGES:
        for name, value in entry[language].items():
            fields[f"{name}_{language}"] = "\n".join(value) if name == "instructions" else value
    return fields
