"""Articles to rows and rows to articles, with django-import-export: all rows or none.

Loads the library: import it where a file is read or written, not at the start.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import tablib
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from import_export import resources
from import_export.fields import Field
from import_export.instance_loaders import BaseInstanceLoader
from import_export.results import Result

from chat.knowledge import actions
from chat.knowledge.actions import Entry
from chat.knowledge.cleaning import clean_draft
from chat.knowledge.differences import Change, changes
from chat.knowledge.drafts import ArticleDraft
from chat.knowledge.enums import ArticleState
from chat.knowledge.fields import LABELS, fields_of, read_fields
from chat.knowledge.models import Article, Revision
from chat.knowledge.queries import draft_of, standing_revisions

COLUMNS = ("slug", "state", *LABELS)
FIRST_ROW = 2  # as a spreadsheet counts: the names of the columns are row 1


class PlanChanged(Exception):
    """Articles have been changed since the person saw what the file would do."""


@dataclass(slots=True)
class Row:
    """A row on its way: what there is, and what the row makes of it."""

    standing: Revision | None
    entry: Entry | None = None

    @property
    def was(self) -> ArticleDraft | None:
        """What the article says now."""
        return draft_of(self.standing) if self.standing else None

    @property
    def is_new(self) -> bool:
        """Whether there is no article of that slug yet."""
        return self.standing is None

    def changes(self) -> list[Change]:
        """What differs."""
        return changes(self.was, self.entry.draft) if self.entry else []

    def unchanged(self) -> bool:
        """Whether the article says and is already what the row says; a draft leaves the state alone."""
        if self.standing is None or self.entry is None:
            return False
        same_state = self.entry.state in (ArticleState.DRAFT, self.standing.article.state)
        return same_state and not self.changes()


class ArticleResource(resources.Resource):
    """The library reads rows, counts and reports; what a row means is here, and what is written in the actions."""

    def __init__(self, user: Any = None, summary: str = "", agreed: str = "") -> None:
        super().__init__()
        for column in COLUMNS:
            self.fields[column] = Field(attribute=column, column_name=column)
        self.user, self.summary, self.agreed = user, summary, agreed
        self.accepted: list[tuple[int, Row]] = []
        self._standing: dict[str, Revision] = {}
        self._seen: dict[str, int] = {}

    class Meta:
        import_id_fields = ("slug",)
        instance_loader_class = BaseInstanceLoader  # ours is `before_import`
        use_transactions = True
        use_bulk = True  # no savepoint for every row
        skip_diff = True  # its differences have colours in style attributes, which the pages' policy forbids
        report_skipped = False
        export_order = COLUMNS

    def before_import(self, dataset: tablib.Dataset, **kwargs: Any) -> None:
        """The columns are ours; what there is already is read at once."""
        headers = list(dataset.headers)
        unknown = sorted({header for header in headers if header not in COLUMNS})
        if unknown:
            known = ", ".join(COLUMNS)
            message = _("There is no column %(names)s. The columns are %(known)s.")
            raise ValidationError(message % {"names": ", ".join(unknown)[:200], "known": known})
        if "slug" not in headers or len(set(headers)) < len(headers):
            raise ValidationError(_("There must be a column slug, and each column once."))
        slugs = {slug.strip() for slug in dataset["slug"]}
        self._standing = {revision.article.slug: revision for revision in standing_revisions(slugs)}

    def get_or_init_instance(self, instance_loader: Any, row: dict[str, str]) -> tuple[Row, bool]:
        """The article of the row's slug, or a new one."""
        found = Row(self._standing.get(row["slug"].strip()))
        return found, found.is_new

    def import_instance(self, instance: Row, row: dict[str, str], **kwargs: Any) -> None:
        """What the row says, checked; columns that the file does not have stay as they are."""
        if not any(cell.strip() for cell in row.values()):
            return
        slug, number = row["slug"].strip(), kwargs["row_number"] + FIRST_ROW - 1
        first = self._seen.setdefault(slug, number)
        if first != number:
            raise ValidationError({"slug": [_("Row %(row)d has the same slug.") % {"row": first}]})
        known = fields_of(instance.was) if instance.was else {}
        state, faults = _state(row.get("state", ""))
        try:
            draft = clean_draft(read_fields(slug, known | row), new=instance.is_new)
        except ValidationError as error:
            raise ValidationError(faults | error.message_dict) from None
        if faults:
            raise ValidationError(faults)
        instance.entry = Entry(instance.standing.article if instance.standing else None, draft, state)

    def skip_row(self, instance: Row, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        """Rows that are empty or change nothing."""
        return not import_validation_errors and (instance.entry is None or instance.unchanged())

    def validate_instance(self, instance: Row, import_validation_errors: Any = None, **kwargs: Any) -> None:
        """Pass on what `import_instance` found."""
        if import_validation_errors:
            raise ValidationError(import_validation_errors)

    def save_instance(self, instance: Row, is_create: bool, row: Any, **kwargs: Any) -> None:
        """Keep it until all rows are known to be good."""
        self.accepted.append((kwargs["row_number"] + FIRST_ROW - 1, instance))

    def after_import(self, dataset: tablib.Dataset, result: Result, **kwargs: Any) -> None:
        """All of them, in one transaction, or none; none as well when it is not what the person agreed to."""
        if not self.agreed or problems(result):
            return
        if self.plan() != self.agreed:
            raise PlanChanged
        actions.store_many([row.entry for _number, row in self.accepted if row.entry], self.user, self.summary)

    def plan(self) -> str:
        """A digest of what would be done to which revisions; empty for nothing."""
        facts = [
            (number, row.entry.draft.slug, row.entry.state, row.standing.number if row.standing else 0)
            for number, row in self.accepted
            if row.entry
        ]
        return hashlib.sha256(repr(facts).encode()).hexdigest() if facts else ""

    def export(self, queryset: QuerySet[Article] | None = None, **kwargs: Any) -> tablib.Dataset:
        """A row for each article: what is published, or else the newest revision."""
        dataset = tablib.Dataset(headers=COLUMNS)
        for revision in standing_revisions(articles=queryset):
            fields = fields_of(draft_of(revision))
            dataset.append([revision.article.slug, revision.article.state, *fields.values()])
        return dataset


def plan_changed(result: Result) -> bool:
    """Whether nothing was stored because it is not what the person agreed to."""
    return any(isinstance(error.error, PlanChanged) for error in result.base_errors)


def problems(result: Result) -> list[tuple[int | None, str]]:
    """(row as a spreadsheet counts, what is wrong with it) of everything that is; None for the whole file."""
    if result.base_errors:
        return [(None, _sentence(error.error)) for error in result.base_errors]
    rows: list[tuple[int | None, str]] = []
    for invalid in result.invalid_rows:
        rows += [(invalid.number + FIRST_ROW - 1, message) for message in _messages(invalid.error)]
    for broken in result.error_rows:
        rows += [(broken.number + FIRST_ROW - 1, _sentence(error.error)) for error in broken.errors]
    return sorted(rows, key=lambda row: row[0] or 0)


def _messages(error: ValidationError) -> Iterator[str]:
    for name, messages in error.message_dict.items():
        label = LABELS.get(name, name)
        yield from (f"{label}: {message}" for message in messages)


def _sentence(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    return _("This row could not be read.")


def _state(cell: str) -> tuple[ArticleState, dict[str, list[str]]]:
    """The state, and what is wrong with it. A row without one is a draft: it changes nothing that visitors see."""
    try:
        return ArticleState(cell.strip().lower() or ArticleState.DRAFT), {}
    except ValueError:
        message = _("%(state)s is no state: write draft, published or retired.")
        return ArticleState.DRAFT, {"state": [message % {"state": cell.strip()[:40]}]}
