"""Learn the sample articles' keywords from known questions."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from chat.knowledge import corpus
from chat.knowledge.keyword_training import PER_LANGUAGE, Example, learn
from chat.knowledge.management.commands.build_corpus import questions_of
from chat.knowledge.sample_data import SAMPLE
from inference.knowledge import Rule


class Command(BaseCommand):
    help = (
        "Writes keywords.json for the sample articles: weighted words learned from their own questions, BANKING77's "
        "and CLINC150's training parts. Needs the packages of the extra `train`, two minutes and 3 GB of memory."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--banking77", type=Path, required=True, help="BANKING77's training part (text,category)")
        parser.add_argument("--clinc", type=Path, required=True, help="CLINC150's training part (text,category)")
        parser.add_argument("--clinc-oos", type=Path, required=True, help="CLINC150's out-of-scope training part")
        parser.add_argument("--out", type=Path, default=SAMPLE / "keywords.json", help="file to write")
        parser.add_argument("--per-language", type=int, default=PER_LANGUAGE, help="keywords an article and language")

    def handle(self, *args: Any, **options: Any) -> None:
        for name in ("banking77", "clinc", "clinc_oos"):
            if not options[name].is_file():
                raise CommandError(_("There is no file %(path)s.") % {"path": options[name]})
        questions, talk = questions_of(options["banking77"], options["clinc"], options["clinc_oos"])
        rules = learn(_examples(questions) + _examples(talk), options["per_language"])
        _write(rules, options["out"])
        numbers = {"n": sum(len(rule.keywords) for rule in rules), "articles": len(rules), "path": options["out"]}
        self.stdout.write(_("%(n)d keywords of %(articles)d articles in %(path)s.") % numbers)


def _examples(split: corpus.Split) -> list[Example]:
    """The training part. Weights above 1 are for texts that a model shall learn to write; here only words count."""
    return [Example(item.question, item.source, min(1.0, item.weight)) for item in split.train]


def _write(rules: list[Rule], path: Path) -> None:
    """One keyword a line, by article and text, so that two versions can be compared line by line."""
    found = {rule.slug: {keyword.text: keyword.weight for keyword in rule.keywords} for rule in rules}
    text = json.dumps(found, ensure_ascii=False, indent=0, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")
