"""Which votes and which answers a report is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.utils import timezone

from chat.enums import Language
from chat.models import Feedback, Generation
from chat.review.enums import Audience, Mode
from chat.review.models import ComparisonVote

PERIODS = ("7", "30", "90")


@dataclass(frozen=True, slots=True)
class Filters:
    """Empty: all. `days` counts back from now; `mode` and `asked` are about votes alone."""

    days: str = ""
    language: str = ""
    mode: str = ""
    asked: str = ""

    @classmethod
    def of_query(cls, query: Mapping[str, str]) -> Filters:
        """What an address asks for; what does not exist counts as not asked for."""
        known = {"days": PERIODS, "language": Language.values, "mode": Mode.values, "asked": Audience.values}
        return cls(**{name: query[name] for name, values in known.items() if query.get(name) in values})

    def query(self, **changes: str) -> str:
        """The same filters with some changed, as they stand in an address."""
        wanted = asdict(replace(self, **changes))
        return urlencode({name: value for name, value in wanted.items() if value})

    def votes(self) -> QuerySet[ComparisonVote]:
        """The votes in question."""
        known = {
            "comparison__language": self.language,
            "comparison__mode": self.mode,
            "comparison__offered_to": self.asked,
        }
        return ComparisonVote.objects.filter(**self._since(), **_given(known))

    def generations(self) -> QuerySet[Generation]:
        """The records of the replies in question, those that are still being written left out."""
        rows = Generation.objects.filter(**self._since(), **_given({"message__conversation__language": self.language}))
        return rows.exclude(finish_reason="", error_class="")

    def feedback(self) -> QuerySet[Feedback]:
        """The visitors' ratings in question."""
        known = _given({"message__conversation__language": self.language})
        return Feedback.objects.filter(message__generation__isnull=False, **self._since(), **known)

    def _since(self) -> dict[str, Any]:
        return {"created_at__gte": timezone.now() - timedelta(days=int(self.days))} if self.days else {}


def _given(conditions: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in conditions.items() if value}
