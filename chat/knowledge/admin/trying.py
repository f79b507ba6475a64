"""A question on trial: what the rules would answer, and everything that speaks for and against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asgiref.sync import async_to_sync
from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.enums import Language
from chat.knowledge.admin.pages import ArticlePages
from chat.knowledge.models import Article
from chat.language import guess_language
from chat.markdown import render
from inference import knowledge
from inference.knowledge import KnowledgeBase
from inference.rules import Verdict, engine_of

MAX_CHARS = 500
WIDTH = 240  # of a drawing, in its own units
SPECIAL = {"-oos": gettext_lazy("outside the business"), "-talk": gettext_lazy("small talk")}
FIELDS = {
    "question": gettext_lazy("its question"),
    "example": gettext_lazy("its example questions"),
    "answer": gettext_lazy("its answer"),
    "tags": gettext_lazy("its tags"),
}


class TryForm(forms.Form):
    """A question and the language of its answer."""

    text = forms.CharField(
        label=gettext_lazy("Question"),
        max_length=MAX_CHARS,
        widget=forms.TextInput({"class": "vLargeTextField", "autofocus": True}),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        required=False,
        choices=[("", gettext_lazy("As the question")), *Language.choices],
    )


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from zero, to the right for what speaks for an article; `line` is where the threshold is."""

    x: float
    width: float
    zero: float
    against: bool
    line: float | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A word, or whatever else adds to a score. `weight` is None where there is none."""

    text: str
    weight: float | None
    share: float
    bar: Bar


@dataclass(frozen=True, slots=True)
class Row:
    """An article with its score."""

    slug: str
    title: str
    edit: str
    score: float
    threshold: float
    bar: Bar
    parts: list[Part]


class Scale:
    """Scores to places in a drawing: one scale for all bars of a page."""

    def __init__(self, values: list[float]) -> None:
        self._low = min(0.0, *values)
        self._unit = WIDTH / ((max(0.0, *values) - self._low) or 1.0)

    def at(self, value: float) -> float:
        """The place."""
        return round((value - self._low) * self._unit, 1)

    def bar(self, value: float, line: float | None = None) -> Bar:
        """From zero to there."""
        start, end = self.at(min(0.0, value)), self.at(max(0.0, value))
        return Bar(start, round(end - start, 1), self.at(0.0), value < 0, None if line is None else self.at(line))


class TryPages(ArticlePages):
    """Mixed into the admin of articles."""

    def try_urls(self) -> list[URLPattern]:
        """The route."""
        return [path("try/", self.admin_site.admin_view(self.try_view), name="knowledge_try")]

    def try_view(self, request: HttpRequest) -> HttpResponse:
        """The form, and what comes of the question."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        form = TryForm(request.GET) if "text" in request.GET else TryForm()
        context: dict[str, Any] = {"title": _("Try a question"), "form": form, "width": WIDTH}
        if form.is_bound and form.is_valid():
            context |= _outcome(form.cleaned_data["text"], form.cleaned_data["language"])
        return self.article_page(request, "try", context)


def _outcome(text: str, chosen: str) -> dict[str, Any]:
    base = async_to_sync(knowledge.current)()
    language = Language(chosen) if chosen else guess_language(text)
    verdict = engine_of(base).decide(text, str(language))
    steps = {step["step"]: step for step in verdict.explanation["steps"]}
    rows = _rows(steps["articles"]["candidates"], base, language)
    against = [(str(SPECIAL[slug]), steps[name]) for slug, name in (("-oos", "outside"), ("-talk", "talk"))]
    scale = _scale(rows_of := steps["articles"]["candidates"], [step for _name, step in against])
    return {
        "verdict": verdict,
        "percent": round(100 * verdict.confidence),
        "answered": _answered(verdict, base, language),
        "words": steps["words"]["words"],
        "fired": steps["patterns"]["fired"],
        "talk": steps["talk"],
        "rows": [_drawn(row, told, scale) for row, told in zip(rows, rows_of, strict=True)],
        "against": [(name, step["score"], scale.bar(step["score"]), _words(step, scale)) for name, step in against],
    }


def _scale(candidates: list[dict[str, Any]], against: list[dict[str, Any]]) -> Scale:
    words = [word["share"] for step in (*candidates, *against) for word in step["keywords"]]
    scores = [one[name] for one in candidates for name in ("score", "threshold")]
    return Scale([*words, *scores, *(step["score"] for step in against), 0.0])


def _rows(candidates: list[dict[str, Any]], base: KnowledgeBase, language: Language) -> list[tuple[str, str, str]]:
    """(slug, title, address of the editor's page) of each."""
    slugs = [told["article"] for told in candidates]
    keys = dict(Article.objects.filter(slug__in=slugs).values_list("slug", "pk"))
    found = []
    for slug in slugs:
        document = base.document(slug, str(language))
        edit = reverse("admin:knowledge_article_change", args=[keys[slug]]) if slug in keys else ""
        found.append((slug, document.question if document else slug, edit))
    return found


def _drawn(row: tuple[str, str, str], told: Mapping[str, Any], scale: Scale) -> Row:
    parts = _words(told, scale)
    rest = told["keywords_score"] - sum(word["share"] for word in told["keywords"])
    others = [(_("other keywords"), rest), (_("asked in these very words"), told.get("exact", 0.0))]
    if retrieval := told.get("retrieval"):
        where = FIELDS.get(retrieval["field"], retrieval["field"])
        words = ", ".join(retrieval["matched"])
        text = _("found in %(where)s: %(words)s") % {"where": where, "words": words}
        others.insert(0, (text, told.get("retrieval_score", 0.0)))
    parts += [Part(text, None, share, scale.bar(share)) for text, share in others if abs(share) >= 0.005]
    score, threshold = told["score"], told["threshold"]
    return Row(*row, score, threshold, scale.bar(score, threshold), parts)


def _words(step: Mapping[str, Any], scale: Scale) -> list[Part]:
    return [Part(one["text"], one["weight"], one["share"], scale.bar(one["share"])) for one in step["keywords"]]


def _answered(verdict: Verdict, base: KnowledgeBase, language: Language) -> dict[str, Any]:
    """What the visitor would read."""
    document = base.document(verdict.slug, str(language))
    if document is not None:
        lang = "zh-Hans" if document.language == Language.CHINESE else "en"
        return {"question": document.question, "html": render(document.answer), "lang": lang}
    offered = [found for slug in verdict.offers if (found := base.document(slug, str(language)))]
    return {"special": SPECIAL[verdict.slug], "offered": [found.question for found in offered]}
