"""Keys of other programs, and what each was used for. Rows are written in chat/api/actions.py alone."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.api.enums import Scope

DEFAULT_RATE = 60


def every_scope() -> list[str]:
    """All that there is to use."""
    return [str(scope) for scope in Scope]


def today(now: datetime | None = None) -> date:
    """The day by which use is counted: it begins at midnight UTC, wherever the server is."""
    return (now or timezone.now()).astimezone(UTC).date()


class ApiKey(models.Model):
    """Somebody's way into the API. The key itself is not here: `hash` is its SHA-256, `prefix` how it begins.

    An empty list of `engines` (names in settings.INFERENCE, the API's models) allows all of them; without
    `daily_tokens` there is no budget.
    """

    name = models.CharField(_("name"), max_length=80, unique=True)
    prefix = models.CharField(_("begins with"), max_length=16, editable=False)
    hash = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(_("may"), default=every_scope)
    engines = models.JSONField(_("engines"), default=list, blank=True)
    rate_per_minute = models.PositiveIntegerField(
        _("requests a minute"), default=DEFAULT_RATE, validators=[MinValueValidator(1), MaxValueValidator(100_000)]
    )
    daily_tokens = models.PositiveBigIntegerField(
        _("tokens a day"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(_("valid until"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return self.name

    def valid(self, now: datetime | None = None) -> bool:
        """Whether it opens anything now."""
        now = now or timezone.now()
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)

    def allows(self, scope: Scope) -> bool:
        """Whether it may be used for that."""
        return scope in self.scopes

    def sees(self, model: str) -> bool:
        """Whether that engine is there for it."""
        return not self.engines or model in self.engines


class ApiUse(models.Model):
    """What a key was used for on one day (UTC) with one engine; `model` is empty where none was asked."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="uses", verbose_name=_("API key"))
    day = models.DateField(_("day"))
    model = models.CharField(_("engine"), max_length=64, blank=True, default="")
    requests = models.PositiveBigIntegerField(_("requests"), default=0)
    prompt_tokens = models.PositiveBigIntegerField(_("tokens read"), default=0)
    completion_tokens = models.PositiveBigIntegerField(_("tokens written"), default=0)
    errors = models.PositiveBigIntegerField(_("errors"), default=0)

    class Meta:
        verbose_name = _("use of an API key")
        verbose_name_plural = _("use of API keys")
        constraints = [models.UniqueConstraint(fields=["key", "day", "model"], name="use_once_per_day_and_model")]

    def __str__(self) -> str:
        return f"{self.day} {self.model}"
