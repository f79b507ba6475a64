"""Who looked at why an answer is as it is: a reviewer who did may judge it otherwise."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models import Message


class ExplanationOpening(models.Model):
    """The page "Explain this answer" was opened; every time counts."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="openings", verbose_name=_("answer"))
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("reader")
    )
    at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        verbose_name = _("opened explanation")
        verbose_name_plural = _("opened explanations")
        ordering = ["-id"]
        indexes = [models.Index(fields=["message", "reader", "at"], name="opening_by_message")]

    def __str__(self) -> str:
        return f"{self.message_id} {self.at:%Y-%m-%d %H:%M}"
