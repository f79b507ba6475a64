import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0005_failed_replies")]

    operations = [
        migrations.CreateModel(
            name="Process",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120, verbose_name="process")),
                ("started_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="started")),
                ("heartbeat_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="last heartbeat")),
                ("draining", models.BooleanField(default=False, verbose_name="about to end")),
                ("left", models.BooleanField(default=False, verbose_name="has handed on its answers")),
            ],
            options={"verbose_name": "server process", "verbose_name_plural": "server processes"},
        ),
        migrations.AddField(
            model_name="message",
            name="process",
            field=models.ForeignKey(
                blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="chat.process"
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(condition=models.Q(("process__isnull", False)), fields=["process"], name="message_by_process"),
        ),
    ]
