"""The review room as Django knows it."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewConfig(AppConfig):
    """The room of comparisons, knowledge gaps and reviews."""

    name = "chat.review"
    label = "review"
    verbose_name = _("Review")

    def ready(self) -> None:
        from chat import chores, comparing
        from chat.privacy import retention
        from chat.review.kept import Reviewed
        from chat.review.live import LiveRecords

        comparing.connect(LiveRecords())
        retention.connect(Reviewed())
        chores.every_minute("fill the review queue", _fill)


def _fill() -> None:
    from chat.review import actions

    actions.fill()
