import chat.knowledge.models
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def person(**options):
    return models.ForeignKey(
        blank=True,
        null=True,
        on_delete=django.db.models.deletion.SET_NULL,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
        **options,
    )


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("knowledge", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="article",
            name="state",
            field=models.CharField(choices=[("draft", "Draft"), ("published", "Published"), ("retired", "Retired")], db_index=True, default="draft", max_length=10, verbose_name="state"),
        ),
        migrations.AddField(
            model_name="article",
            name="policy",
            field=models.CharField(blank=True, choices=[("rules", "The rules"), ("model", "The model"), ("rules_when_sure", "The rules when they are sure, else the model")], default="", max_length=16, verbose_name="who answers"),
        ),
        migrations.CreateModel(
            name="Revision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("article", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="revisions", to="knowledge.article")),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                ("state", models.CharField(choices=[("draft", "Draft"), ("published", "Published"), ("superseded", "Superseded")], default="draft", max_length=10, verbose_name="state")),
                ("author", person(verbose_name="author")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("summary", models.CharField(blank=True, default="", max_length=200, verbose_name="what changed")),
                ("tags", models.JSONField(blank=True, default=list, encoder=chat.knowledge.models.ReadableJSON, verbose_name="tags")),
                ("keywords", models.JSONField(blank=True, default=list, verbose_name="keywords")),
                ("patterns", models.JSONField(blank=True, default=list, verbose_name="patterns")),
                ("published_at", models.DateTimeField(blank=True, null=True, verbose_name="published")),
                ("published_by", person()),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="published until")),
                ("ended_by", person()),
            ],
            options={"verbose_name": "revision", "verbose_name_plural": "revisions", "ordering": ["article", "-number"]},
        ),
        migrations.AddConstraint(
            model_name="revision",
            constraint=models.UniqueConstraint(fields=("article", "number"), name="revision_number_per_article"),
        ),
        migrations.AddConstraint(
            model_name="revision",
            constraint=models.UniqueConstraint(condition=models.Q(("state", "published")), fields=("article",), name="one_published_revision"),
        ),
        migrations.AddConstraint(
            model_name="revision",
            constraint=models.UniqueConstraint(condition=models.Q(("state", "draft")), fields=("article",), name="one_draft_revision"),
        ),
        migrations.CreateModel(
            name="KnowledgeVersion",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("number", models.PositiveBigIntegerField(default=0)),
                ("changed_at", models.DateTimeField()),
            ],
            options={"constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="one_knowledge_version")]},
        ),
        migrations.AddField(
            model_name="articletext",
            name="revision",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="texts", to="knowledge.revision"),
        ),
        migrations.AlterField(
            model_name="articletext",
            name="article",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="knowledge.article"),
        ),
    ]
