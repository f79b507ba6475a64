"""The review room as Django knows it."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewConfig(AppConfig):
    """The room of comparisons and knowledge gaps."""

    name = "chat.review"
    label = "review"
    verbose_name = _("Review")

    def ready(self) -> None:
        from chat import comparing
        from chat.review.live import LiveRecords

        comparing.connect(LiveRecords())
