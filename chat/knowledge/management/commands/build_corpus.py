"""Write the training and validation conversations of the sample business."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from chat.knowledge import corpus, sample_data, talk_corpora
from inference.prompting import OUT_OF_SCOPE, SMALL_TALK


class Command(BaseCommand):
    help = (
        "Writes train.jsonl and validation.jsonl for `train`, and validation.csv for `evaluate`, from the sample "
        "articles and published questions."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--banking77", type=Path, required=True, help="BANKING77's training part (text,category)")
        parser.add_argument("--clinc", type=Path, required=True, help="CLINC150's training part (text,category)")
        parser.add_argument("--clinc-oos", type=Path, required=True, help="CLINC150's out-of-scope training part")
        parser.add_argument("--out", type=Path, required=True, help="folder to write to")

    def handle(self, *args: Any, **options: Any) -> None:
        for name in ("banking77", "clinc", "clinc_oos"):
            if not options[name].is_file():
                raise CommandError(_("There is no file %(path)s.") % {"path": options[name]})
        rows = _build(options["banking77"], options["clinc"], options["clinc_oos"])
        options["out"].mkdir(parents=True, exist_ok=True)
        for name in ("train", "validation"):
            part = getattr(rows, name)
            lines = (json.dumps(row.as_json(), ensure_ascii=False) + "\n" for row in part)
            (options["out"] / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
            self.stdout.write(_("%(name)s.jsonl: %(n)d conversations.") % {"name": name, "n": len(part)})
        questions = list(_questions(rows.validation))
        _write_csv(options["out"] / "validation.csv", questions)
        self.stdout.write(_("validation.csv: %(n)d questions.") % {"n": len(questions)})


def _questions(rows: list[corpus.Row]) -> Iterator[tuple[str, str, str]]:
    """(text, category, language) of what is asked first: questions for an article, and those outside the business.

    Left out are requests to another kind of assistant, which would outnumber all others.
    """
    for row in rows:
        source = row.turns[-1].source
        if len(row.turns) == 2 and source != SMALL_TALK and row.weight != corpus.CLINC_WEIGHT:
            yield row.turns[0].content, "oos" if source == OUT_OF_SCOPE else source, row.language.value


def _write_csv(path: Path, rows: list[tuple[str, str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("text", "category", "language"), *rows])


def _build(banking: Path, clinc: Path, clinc_oos: Path) -> corpus.Split:
    return corpus.build(sample_data.load_articles(), *questions_of(banking, clinc, clinc_oos))


def questions_of(banking: Path, clinc: Path, clinc_oos: Path) -> tuple[corpus.Split, corpus.Split]:
    """(questions about the articles, small talk and questions from outside): each for training and for validation."""
    articles, selection = sample_data.load_articles(), sample_data.load_selection()
    corpora = [*talk_corpora.chatterbot_questions(selection), *talk_corpora.chitchat_questions(selection)]
    chinese = (sample_data.load_more_questions(), sample_data.load_chinese_questions())
    questions = corpus.article_items(articles, corpus.read_questions(banking), *chinese)
    published = [*corpus.read_questions(clinc), *corpus.read_questions(clinc_oos)]
    own = (sample_data.load_small_talk(), sample_data.load_out_of_scope())
    talk = corpus.talk_items(*own, published, sample_data.load_intents(), corpora, sample_data.load_talk_questions())
    return questions, talk
