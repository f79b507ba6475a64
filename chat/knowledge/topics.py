"""Topics: the tags of the articles, by the names that readers see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.knowledge.queries import ListedArticle

NAMES = {
    "account": gettext_lazy("Your account"),
    "cards": gettext_lazy("Cards"),
    "cash": gettext_lazy("Cash"),
    "exchange": gettext_lazy("Currencies"),
    "identity": gettext_lazy("Identity"),
    "payments": gettext_lazy("Payments"),
    "security": gettext_lazy("Security"),
    "top-up": gettext_lazy("Topping up"),
    "transfers": gettext_lazy("Transfers"),
}
STARTER = "starter"  # marks what the chat begins with, for the chat alone
PER_TOPIC = 50


@dataclass(frozen=True, slots=True)
class Topic:
    """A tag with its articles by title; `more` is how many there are beyond those that are listed."""

    tag: str
    name: str
    articles: list[ListedArticle]
    more: int = 0

    @property
    def anchor(self) -> str:
        """Its place on the page of all topics."""
        return anchor(self.tag)


def anchor(tag: str) -> str:
    """The place of a topic on the page of all topics."""
    return "topic-" + "-".join(tag.split())


def name(tag: str) -> str:
    """What readers call it: our own tags are translated, others stay as the editor wrote them."""
    return str(NAMES.get(tag, tag))


def by_topic(articles: Iterable[ListedArticle]) -> list[Topic]:
    """The topics, the largest first; an article stands in each of its topics, one without tags in a last one."""
    groups: dict[str, list[ListedArticle]] = defaultdict(list)
    for article in sorted(articles, key=lambda article: article.title.casefold()):
        for tag in shown_tags(article.tags) or [""]:
            groups[tag].append(article)
    tags = sorted(groups, key=lambda tag: (tag == "", -len(groups[tag]), tag))
    return [_topic(tag, groups[tag]) for tag in tags]


def shown_tags(tags: Iterable[str]) -> list[str]:
    """Those that are topics."""
    return [tag for tag in tags if tag != STARTER]


def _topic(tag: str, articles: list[ListedArticle]) -> Topic:
    title = name(tag) if tag else _("Everything else")
    return Topic(tag, title, articles[:PER_TOPIC], max(0, len(articles) - PER_TOPIC))
