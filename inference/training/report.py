"""What a run leaves beside its weights: metrics, the loss curve as a picture, a model card to fill in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from inference.training.options import TrainingOptions

METRICS_FILE = "metrics.json"
CURVE_FILE = "loss.png"
CARD_FILE = "README.md"

_CARD = """# {name}

A {shape} trained by Duologue's `train` command.

- Data: {rows:,} conversations in `{data}`. *Say here where they are from, and under which licence.*
- Settings: {settings}
- Trained for {minutes} minutes on {device}, {steps:,} steps, {tokens:,} tokens ({speed:,} a second).

![loss curve]({curve})

{figures}
## Limits

*Say here what it should not be used for, and what it gets wrong.*
"""


def write(path: Path, options: TrainingOptions, metrics: dict[str, Any]) -> None:
    """All three files; a model card that somebody wrote stays."""
    (path / METRICS_FILE).write_text(json.dumps(metrics, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    draw_curve(path / CURVE_FILE, metrics["curve"])
    if not (path / CARD_FILE).exists():
        (path / CARD_FILE).write_text(card(path.name, options, metrics), encoding="utf-8")


def draw_curve(path: Path, curve: list[dict[str, float]]) -> None:
    """Loss on training and validation rows over the steps, and the share of sources chosen right."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    steps = [point["step"] for point in curve]
    axes.plot(steps, [point["loss"] for point in curve], color="#1f5fa8", label="loss, training (smoothed labels)")
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    axes.set_ylim(bottom=0)
    if curve and "validation_loss" in curve[-1]:
        axes.plot(steps, [point["validation_loss"] for point in curve], color="#b4540a", label="loss, validation")
    if curve and "accuracy" in curve[-1]:
        right = axes.twinx()
        right.plot(steps, [100 * point["accuracy"] for point in curve], color="#2d7d46", linestyle="--")
        right.set_ylabel("right article, validation (%, dashed)")
        right.set_ylim(0, 100)
    axes.legend(loc="upper right")
    figure.savefig(path, dpi=110, metadata={"Software": None})


def card(name: str, options: TrainingOptions, metrics: dict[str, Any]) -> str:
    """A model card with everything that the run knows about itself."""
    millions = metrics["parameters"] / 1e6
    return _CARD.format(
        name=name,
        shape=f"{millions:.1f}M parameter model" + (f" based on {options.base}" if options.base else " (GPT-2)"),
        rows=metrics["rows"],
        data=options.data.name,
        settings=", ".join(f"{key} {value}" for key, value in options.facts().items() if value not in ("", 0)),
        minutes=round(metrics["seconds"] / 60),
        device=metrics["device"],
        steps=metrics["steps"],
        tokens=metrics["tokens"],
        speed=metrics["tokens_per_s"],
        curve=CURVE_FILE,
        figures=figures_table(metrics.get("validation", {})),
    )


def figures_table(validation: dict[str, Any]) -> str:
    """The validation figures as a Markdown table, with how many rows each is from."""
    if not validation:
        return ""
    lines = ["## Figures on validation rows", "", "| rows | n | source right | text right | ended | repeats |"]
    lines.append("|---|---:|---:|---:|---:|---:|")
    for name, group in validation["groups"].items():
        shares = (group[key] for key in ("source_right", "text_right", "ended", "repeats"))
        lines.append(f"| {name} | {group['n']} | " + " | ".join(f"{100 * share:.1f}%" for share in shares) + " |")
    return "\n".join(lines) + "\n"
