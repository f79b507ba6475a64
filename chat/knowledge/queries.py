"""Reading articles: what is published, and what an editor works on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from chat.enums import Language
from chat.knowledge.drafts import ArticleDraft, TextDraft
from chat.knowledge.enums import ArticleState, RevisionState
from chat.knowledge.models import Article, ArticleText, KnowledgeVersion, Revision
from inference.knowledge import Document, Keyword, KnowledgeBase, Policy, Rule

MANY = 500  # keys in one statement


class Titles:
    """The titles of some published articles in every language that they have: one query, none for no articles."""

    def __init__(self, slugs: Iterable[str]) -> None:
        wanted = set(slugs)
        texts = _published_texts().filter(revision__article__slug__in=wanted) if wanted else ArticleText.objects.none()
        rows = texts.values_list("revision__article__slug", "language", "question")
        self._titles = {(slug, language): title for slug, language, title in rows}
        self._slugs = {slug for slug, _language in self._titles}

    def __contains__(self, slug: str) -> bool:
        """Whether anything is published under this slug."""
        return slug in self._slugs

    def of(self, slug: str, language: Language) -> str:
        """The title in this language, else in English, else what the slug says."""
        known = (self._titles.get((slug, wanted)) for wanted in (language, Language.ENGLISH))
        return next((title for title in known if title), slug.replace("_", " "))


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """A published article for its readers; `answer` is Markdown, `languages` all that it is written in."""

    slug: str
    language: Language
    question: str
    answer: str
    tags: tuple[str, ...]
    languages: tuple[Language, ...]
    revision: int
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListedArticle:
    """A published article in a list; `language` is that of the title."""

    slug: str
    language: Language
    title: str
    tags: tuple[str, ...]


def article_page(slug: str, language: Language) -> ArticlePage | None:
    """What is published under this slug, in the language or in one that there is; None for nothing: two queries."""
    found = Revision.objects.filter(article__slug=slug, state=RevisionState.PUBLISHED).prefetch_related("texts").first()
    text = _in_language(found.texts.all(), language) if found else None
    if found is None or text is None:
        return None
    languages = tuple(sorted(Language(text.language) for text in found.texts.all()))
    shown = (Language(text.language), text.question, text.answer)
    return ArticlePage(slug, *shown, tuple(found.tags), languages, found.number, found.published_at)


def published_list(language: Language) -> list[ListedArticle]:
    """Everything published by slug, with the title in the language or in one that there is: two queries."""
    titles: dict[int, dict[str, str]] = defaultdict(dict)
    for revision, written_in, title in _published_texts().values_list("revision_id", "language", "question"):
        titles[revision][written_in] = title
    rows = _published_revisions().values_list("pk", "article__slug", "tags")
    return [
        ListedArticle(slug, Language(shown), titles[key][shown], tuple(tags))
        for key, slug, tags in rows
        if (shown := _best(titles.get(key, {}), language))
    ]


def published_texts(slugs: Iterable[str]) -> dict[str, dict[Language, TextDraft]]:
    """What is published of these articles, in every language: one query."""
    found: dict[str, dict[Language, TextDraft]] = defaultdict(dict)
    texts = _published_texts().filter(revision__article__slug__in=list(slugs))
    columns = ("revision__article__slug", "language", "question", "answer")
    for slug, language, question, answer in texts.values_list(*columns):
        found[slug][Language(language)] = TextDraft(question, answer)
    return dict(found)


def article_keys(slugs: Iterable[str]) -> dict[str, int]:
    """The keys of the articles that there are, in whatever state: one query, none for no slugs."""
    wanted = set(slugs)
    return dict(Article.objects.filter(slug__in=wanted).values_list("slug", "pk")) if wanted else {}


def knowledge_changed_at() -> datetime | None:
    """When something published last changed; None when there never was an article."""
    return KnowledgeVersion.objects.values_list("changed_at", flat=True).first()


def published_questions(language: Language, limit: int) -> list[tuple[str, list[str], list[str]]]:
    """Titles with example questions and tags of published articles in one language, by slug."""
    texts = _published_texts().filter(language=language).order_by("revision__article__slug")
    return list(texts.values_list("question", "example_questions", "revision__tags")[:limit])


def knowledge_version() -> str:
    """What changes with everything that is published; empty when there never was an article."""
    return next((str(version) for version in KnowledgeVersion.objects.all()[:1]), "")


class PublishedReader:
    """Reads everything published, and of the articles only those that it has not read before.

    A revision never changes, so that after an edit among 10,000 articles one of them is read. When it was
    made belongs to its name: a key can come again after a backup was put back.
    """

    def __init__(self) -> None:
        self._read: dict[tuple[int, datetime], _Read] = {}

    def read(self) -> KnowledgeBase:
        """Five queries, however many articles.

        The version is read first: what is published while the rest is read makes it another one, so that the
        next look reads again.
        """
        version = knowledge_version()
        policies = Article.objects.exclude(policy="").values_list("slug", "policy")
        known = {slug: Policy(policy) for slug, policy in policies}
        names = list(_published_revisions().values_list("pk", "created_at"))
        new = [key for key, made in names if (key, made) not in self._read]
        found = self._read | dict(_read_revisions(new))
        # One that was deleted in between is not found.
        self._read = {name: found[name] for name in names if name in found}
        documents = tuple(document for read in self._read.values() for document in read.documents)
        rules = tuple(read.rule for read in self._read.values() if read.rule)
        return KnowledgeBase(version, documents, rules, known)


@dataclass(frozen=True, slots=True)
class _Read:
    documents: list[Document]
    rule: Rule | None


def published_knowledge() -> KnowledgeBase:
    """Everything published, read anew."""
    return PublishedReader().read()


def published_documents() -> list[Document]:
    """Every language of everything published."""
    return list(published_knowledge().documents)


def draft_of(revision: Revision) -> ArticleDraft:
    """What a revision says."""
    texts = {
        Language(text.language): TextDraft(text.question, text.answer, tuple(text.example_questions))
        for text in revision.texts.all()
    }
    keywords = tuple(Keyword(**keyword) for keyword in revision.keywords)
    return ArticleDraft(revision.article.slug, texts, tuple(revision.tags), keywords, tuple(revision.patterns))


def newest_revision(article: Article) -> Revision | None:
    """The revision that an editor goes on from."""
    return article.revisions.select_related("article").prefetch_related("texts").order_by("-number").first()


def revisions_of(article: Article) -> QuerySet[Revision]:
    """An article's revisions, the newest first, with their texts and people."""
    people = ("article", "author", "published_by", "ended_by")
    return article.revisions.select_related(*people).prefetch_related("texts").order_by("-number")


def newest_revisions() -> QuerySet[Revision]:
    """Of every article the newest revision."""
    newer = Revision.objects.filter(article=OuterRef("article"), number__gt=OuterRef("number"))
    return Revision.objects.filter(~Exists(newer))


def standing_revisions(
    slugs: Iterable[str] | None = None, articles: QuerySet[Article] | None = None
) -> Iterator[Revision]:
    """Of every article, or of these, what is published, else the newest revision; by slug, some thousands at a time."""
    published = Q(state=RevisionState.PUBLISHED)
    newest = Q(pk__in=newest_revisions().order_by().values("pk")) & ~Q(article__state=ArticleState.PUBLISHED)
    found = Revision.objects.filter(published | newest).select_related("article").order_by("article__slug")
    if slugs is not None:
        found = found.filter(article__slug__in=list(slugs))
    if articles is not None:
        found = found.filter(article__in=articles.order_by().values("pk"))
    return found.prefetch_related("texts").iterator(chunk_size=2000)


def used_tags() -> list[str]:
    """Every tag of a newest revision, in alphabetical order."""
    found = newest_revisions().order_by().values_list("tags", flat=True).distinct()
    return sorted({str(tag) for tags in found for tag in tags})


def _read_revisions(keys: list[int]) -> Iterator[tuple[tuple[int, datetime], _Read]]:
    """These revisions in two queries, and no object per row; of very many, everything published."""
    few = {"pk__in": keys} if len(keys) <= MANY else {"state": RevisionState.PUBLISHED}
    revisions = Revision.objects.filter(**few)
    columns = ("pk", "created_at", "number", "article__slug", "tags", "keywords", "patterns")
    rows = list(revisions.values_list(*columns))
    texts: dict[int, dict[Language, TextDraft]] = defaultdict(dict)
    written = ArticleText.objects.filter(revision__in=revisions.order_by())
    for revision, language, question, answer, examples in written.values_list(
        "revision_id", "language", "question", "answer", "example_questions"
    ):
        texts[revision][Language(language)] = TextDraft(question, answer, tuple(examples))
    for key, made, number, slug, tags, keywords, patterns in rows:
        weighted = tuple(Keyword(**keyword) for keyword in keywords)
        draft = ArticleDraft(slug, texts.get(key, {}), tuple(tags), weighted, tuple(patterns))
        yield (key, made), _Read(draft.documents(number), draft.rule())


def _published_texts() -> QuerySet[ArticleText]:
    return ArticleText.objects.filter(revision__state=RevisionState.PUBLISHED)


def _published_revisions() -> QuerySet[Revision]:
    published = Revision.objects.filter(state=RevisionState.PUBLISHED)
    return published.order_by("article__slug")


def _in_language(texts: Iterable[ArticleText], language: Language) -> ArticleText | None:
    by_language = {text.language: text for text in texts}
    return by_language.get(_best(by_language, language))


def _best(written_in: Iterable[str], language: Language) -> str:
    """The language, else English, else any; empty for none."""
    there = list(written_in)
    return next((choice for choice in (language, Language.ENGLISH, *there) if choice in there), "")
