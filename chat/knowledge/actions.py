"""Every write to the knowledge base."""

from __future__ import annotations

from django.db import transaction

from chat.knowledge.models import Article, ArticleText
from chat.knowledge.sample_data import SampleArticle, load_articles


@transaction.atomic
def load_sample_knowledge() -> int:
    """Store the sample articles in an empty knowledge base; how many were stored (0 when it is not empty)."""
    if Article.objects.exists():
        return 0
    samples = load_articles()
    articles = Article.objects.bulk_create(Article(slug=item.slug, tags=list(item.tags)) for item in samples)
    pairs = zip(articles, samples, strict=True)
    ArticleText.objects.bulk_create(text for article, sample in pairs for text in _texts(article, sample))
    return len(articles)


def _texts(article: Article, sample: SampleArticle) -> list[ArticleText]:
    return [
        ArticleText(
            article=article,
            language=language,
            question=text.title,
            answer=text.answers[0],
            example_questions=list(text.questions),
        )
        for language, text in sample.texts.items()
    ]
