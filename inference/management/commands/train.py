"""Train a checkpoint from a file of questions and answers."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inference.errors import InferenceError
from inference.training import Progress, TrainingOptions, train

OPTIONS = {
    "validation": (Path, gettext_lazy("rows that are never trained on, to measure by")),
    "base": (str, gettext_lazy("begin from this checkpoint: embedded, a folder or a hub name")),
    "layers": (int, gettext_lazy("layers of a new network")),
    "width": (int, gettext_lazy("width of a new network")),
    "heads": (int, gettext_lazy("attention heads of a new network")),
    "vocabulary": (int, gettext_lazy("tokens of a new vocabulary")),
    "positions": (int, gettext_lazy("how many tokens a new network reads at most")),
    "epochs": (float, gettext_lazy("passes over the data")),
    "learning_rate": (float, gettext_lazy("the highest learning rate")),
    "batch": (int, gettext_lazy("rows in a step")),
    "dropout": (float, gettext_lazy("share of activations dropped in a new network")),
    "label_smoothing": (float, gettext_lazy("share of certainty taken from each label")),
    "text_weight": (float, gettext_lazy("what a word of an answer counts for, its source counting 1")),
    "augment": (float, gettext_lazy("share of questions that get typos and the like")),
    "seed": (int, gettext_lazy("number that everything random comes from")),
    "device": (str, gettext_lazy("auto, cpu, cuda or mps")),
    "max_minutes": (float, gettext_lazy("end after this time, with the learning rate ending in time too; 0: no limit")),
    "save_seconds": (float, gettext_lazy("time between two saved states")),
}


class Command(BaseCommand):
    help = "Trains a checkpoint from conversations (.jsonl) or questions and answers (.csv)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("data", type=Path, help=_("training rows: .jsonl or .csv"))
        parser.add_argument("--out", type=Path, required=True, help=_("folder for the checkpoint"))
        parser.add_argument("--resume", action="store_true", help=_("go on with a run that was cut short"))
        defaults = {field.name: field.default for field in fields(TrainingOptions)}
        for name, (kind, text) in OPTIONS.items():
            flag = "--" + name.replace("_", "-")
            parser.add_argument(flag, type=kind, default=defaults[name], help=f"{text} [{defaults[name]}]")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = {field.name: options[field.name] for field in fields(TrainingOptions)}
        try:
            with Display(self.stdout) as display:
                metrics = train(TrainingOptions(**chosen), display.show)
        except InferenceError as error:
            raise CommandError(sentence(error)) from error
        except KeyboardInterrupt:
            raise CommandError(_("Stopped. Add --resume to go on from the last saved state.")) from None
        self._say_result(options["out"], metrics)

    def _say_result(self, out: Path, metrics: dict[str, Any]) -> None:
        for name, group in metrics.get("validation", {}).get("groups", {}).items():
            self.stdout.write(
                _("%(name)s: %(source)d%% right source, %(text)d%% right text (of %(n)d).")
                % {
                    "name": name,
                    "source": round(100 * group["source_right"]),
                    "text": round(100 * group["text_right"]),
                    "n": group["n"],
                }
            )
        self.stdout.write(_("The checkpoint is in %(path)s.") % {"path": out})


def sentence(error: InferenceError) -> str:
    """The error's sentence in the reader's language where it has a template."""
    template = getattr(error, "template", "")
    return _(template).format(**error.params) if template else str(error)  # type: ignore[attr-defined]


class Display:
    """A progress bar on a terminal; elsewhere a line now and then."""

    def __init__(self, stdout: Any) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        self._console = Console(file=getattr(stdout, "_out", None))
        self._bar = Bar(TextColumn("{task.description}"), BarColumn(), console=self._console, transient=False)
        self._task = self._bar.add_task("", total=None)
        self._shown = ("", 0)

    def __enter__(self) -> Display:
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def show(self, progress: Progress) -> None:
        """One piece of news from the run."""
        text = describe(progress)
        if self._console.is_terminal:
            self._bar.update(self._task, description=text, completed=progress.step, total=progress.steps or None)
        elif self._is_news(progress):
            self._console.print(text, highlight=False, soft_wrap=True)

    def _is_news(self, progress: Progress) -> bool:
        """A twentieth further, or another phase."""
        moving = progress.phase in ("training", "topics")
        place = (progress.phase, 20 * progress.step // progress.steps if moving else 0)
        changed, self._shown = place != self._shown, place
        return changed


def describe(progress: Progress) -> str:
    """A plain sentence for where the run stands."""
    if progress.phase == "tokenizer":
        return _("Reading the data")
    if progress.phase == "topics":
        return _("Learning what questions mean, %(share)d%%") % {"share": progress.step}
    if progress.phase == "evaluation":
        return _("Asking the validation questions")
    values = {
        "step": progress.step,
        "steps": progress.steps,
        "epoch": progress.epoch + 1,
        "loss": f"{progress.loss:.3f}",
        "rate": f"{progress.tokens_per_s:,.0f}",
        "left": duration(progress.seconds_left),
        "right": "" if progress.accuracy is None else _(", %(share)d%% right") % {"share": 100 * progress.accuracy},
    }
    return (
        _("Step %(step)d of %(steps)d, epoch %(epoch)d: loss %(loss)s%(right)s; %(rate)s tokens/s, %(left)s left")
        % values
    )


def duration(seconds: float | None) -> str:
    """Minutes and seconds, or a question mark when nobody knows."""
    return "?" if seconds is None else f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
