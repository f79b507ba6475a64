import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("knowledge", "0003_carry_articles_over")]

    operations = [
        migrations.RemoveConstraint(model_name="articletext", name="article_text_per_language"),
        migrations.RemoveField(model_name="articletext", name="article"),
        migrations.AlterField(
            model_name="articletext",
            name="revision",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="texts", to="knowledge.revision"),
        ),
        migrations.AddConstraint(
            model_name="articletext",
            constraint=models.UniqueConstraint(fields=("revision", "language"), name="article_text_per_language"),
        ),
        migrations.RemoveField(model_name="article", name="tags"),
    ]
