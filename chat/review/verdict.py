"""What the votes say, in sentences, with how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chat.review.labels import engine_label
from chat.review.preference import Interval, Pair
from chat.review.report import Report

CLOSE = 0.05  # an interval this near to the middle is of equals
NAMED = 4  # topics


@dataclass(frozen=True, slots=True)
class Verdict:
    """The one sentence, and what it rests on."""

    sentence: str
    details: list[str]


def verdict(report: Report, title: Callable[[str], str]) -> Verdict:
    """About the pair with the most votes. `title` names an article."""
    if not report.pairs:
        return Verdict(_("Nobody has voted yet, so nothing can be said about which engine answers better."), [])
    pair = report.pairs[0]
    if pair.share is None:
        return Verdict(_("All votes so far say that both answers are bad."), [_both_bad(pair)])
    details = [_measured(pair, pair.share), _both_bad(pair), *_leads(report, title)]
    return Verdict(_sentence(pair, pair.share), details)


def _sentence(pair: Pair, share: Interval) -> str:
    names = {"a": engine_label(pair.former), "b": engine_label(pair.latter)}
    if share.low >= 0.5 - CLOSE and share.high <= 0.5 + CLOSE:
        return _("%(a)s and %(b)s answer equally well.") % names
    if share.low > 0.5:
        return _("%(a)s answers better than %(b)s.") % names
    if share.high < 0.5:
        return _("%(b)s answers better than %(a)s.") % names
    return _("It cannot be said yet whether %(a)s or %(b)s answers better.") % names


def _measured(pair: Pair, share: Interval) -> str:
    """From the side of the better one, so that the share is more than half."""
    ahead, behind = pair.former, pair.latter
    if share.value < 0.5:
        share = Interval(1 - share.value, 1 - share.high, 1 - share.low)
        ahead, behind = behind, ahead
    values = {
        "a": engine_label(ahead),
        "b": engine_label(behind),
        "share": f"{share.value:.{share.places}%}",
        "low": f"{share.low:.{share.places}%}",
        "high": f"{share.high:.{share.places}%}",
        "votes": f"{pair.counted:,}",
        "questions": f"{pair.prompts:,}",
    }
    return (
        _(
            "Against %(b)s, %(a)s got %(share)s of the votes, ties as halves (votes: %(votes)s, questions: "
            "%(questions)s). With 95%% certainty its true share is between %(low)s and %(high)s."
        )
        % values
    )


def _both_bad(pair: Pair) -> str:
    share = pair.both_bad / pair.votes
    text = ngettext(
        "%(n)s vote of %(all)s (%(share)s) says that both answers are bad; it counts for neither.",
        "%(n)s votes of %(all)s (%(share)s) say that both answers are bad; they count for neither.",
        pair.both_bad,
    )
    return text % {"n": f"{pair.both_bad:,}", "all": f"{pair.votes:,}", "share": f"{share:.0%}"}


def _leads(report: Report, title: Callable[[str], str]) -> list[str]:
    found = []
    for engine, slugs in report.leads.items():
        named = _("; ").join(title(slug) for slug in slugs[:NAMED])
        values = {"engine": engine_label(engine), "topics": named, "n": len(slugs) - NAMED}
        if len(slugs) > NAMED:
            found.append(_("%(engine)s is ahead on: %(topics)s, and %(n)d more topics.") % values)
        elif slugs:
            found.append(_("%(engine)s is ahead on: %(topics)s.") % values)
    return found
