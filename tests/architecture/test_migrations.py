"""An upgrade goes from process to process: the release before must go on working on the tables of the next one.

Holds for every migration after those with which several processes came. A step that the release before would stumble
over (a column taken away, renamed, or required without a default in the database) comes a release later, when no code
uses it any more; its Migration then says so in `unused_since`.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader

BEFORE = {
    "chat": "0007",
    "knowledge": "0005",
    "review": "0002",
    "api": "0001",
    "assistants": "0001",
}
BREAKING = (
    migrations.RemoveField,
    migrations.RenameField,
    migrations.RenameModel,
    migrations.DeleteModel,
    migrations.AlterField,
    migrations.AlterModelTable,
    migrations.AddConstraint,
)


def breaks_the_release_before(migration: Any) -> list[str]:
    """What of a migration code that does not know it cannot live with."""
    if getattr(migration, "unused_since", ""):
        return []
    made = {operation.name_lower for operation in migration.operations if isinstance(operation, migrations.CreateModel)}
    return [
        operation.describe()
        for operation in migration.operations
        if getattr(operation, "model_name_lower", "") not in made and _breaks(operation)
    ]


def _breaks(operation: Any) -> bool:
    if isinstance(operation, migrations.AddField):
        field = operation.field
        return not (field.null or field.many_to_many or field.has_db_default())
    return isinstance(operation, BREAKING)


def test_the_release_before_can_live_with_every_migration() -> None:
    found = {
        f"{app}.{name}": broken
        for (app, name), migration in MigrationLoader(None, ignore_no_migrations=True).disk_migrations.items()
        if app in BEFORE and name[:4] > BEFORE[app] and (broken := breaks_the_release_before(migration))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("operation", "breaks"),
    [
        (migrations.AddField("message", "a", models.TextField(default="")), True),
        (migrations.AddField("message", "a", models.TextField(db_default="")), False),
        (migrations.AddField("message", "a", models.TextField(null=True)), False),
        (migrations.RemoveField("message", "text"), True),
        (migrations.AddIndex("message", models.Index(fields=["a"], name="a")), False),
    ],
)
def test_the_rule_sees_what_it_forbids(operation: Any, breaks: bool) -> None:
    migration = migrations.Migration("0099_x", "chat")
    migration.operations = [operation]
    assert bool(breaks_the_release_before(migration)) == breaks
    migration.unused_since = "0.3"  # type: ignore[attr-defined]
    assert breaks_the_release_before(migration) == []
