"""The review room in Django admin."""

from chat.review.admin import comparisons, filling, rubrics

__all__ = ["comparisons", "filling", "rubrics"]
