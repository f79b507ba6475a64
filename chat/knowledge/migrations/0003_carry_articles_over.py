"""Every article that there is becomes its own published revision 1.

Apart from the changes of the tables, because PostgreSQL refuses to change a table in the transaction that
wrote rows whose foreign keys it has still to check.
"""

from django.db import migrations
from django.utils import timezone


def carry_over(apps, schema_editor):
    models = {name: apps.get_model("knowledge", name) for name in ("Article", "Revision", "ArticleText", "KnowledgeVersion")}
    now = timezone.now()
    articles = list(models["Article"].objects.all())
    if not articles:
        return
    revisions = models["Revision"].objects.bulk_create(
        models["Revision"](article=article, number=1, state="published", tags=article.tags, published_at=now)
        for article in articles
    )
    for revision in revisions:
        models["ArticleText"].objects.filter(article_id=revision.article_id).update(revision=revision)
    models["Article"].objects.update(state="published")
    models["KnowledgeVersion"].objects.create(id=1, number=1, changed_at=now)


class Migration(migrations.Migration):

    dependencies = [("knowledge", "0002_revisions")]

    operations = [migrations.RunPython(carry_over)]
