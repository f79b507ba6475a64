"""A group for those who look at the comparison and at what visitors wrote."""

from django.db import migrations

GROUP = "Reviewers"
# app, model, codename, and the name that Django gives the permission
PERMISSIONS = (
    ("review", "comparison", "view_comparison", "Can view comparison"),
    ("chat", "conversation", "read_transcripts", "Can read transcripts"),
)


def make_group(apps, schema_editor):
    """Django creates permissions only after all migrations, so those that the group needs are made here."""
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=GROUP)
    for app, model, codename, name in PERMISSIONS:
        kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label=app, model=model)
        permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
            content_type=kind, codename=codename, defaults={"name": name}
        )
        group.permissions.add(permission)


def remove_group(apps, schema_editor):
    """The permissions stay: they are Django's own."""
    apps.get_model("auth", "Group").objects.filter(name=GROUP).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("review", "0001_comparisons"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_group, remove_group)]
