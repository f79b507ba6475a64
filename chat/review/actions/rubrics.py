"""Rubrics: a version that reviews were given by stays as it is; changes go into a new one."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from chat.review.errors import Frozen
from chat.review.models import Rubric, RubricVersion


def first_version(rubric: Rubric) -> RubricVersion:
    """An empty version of a new rubric."""
    return RubricVersion.objects.create(rubric=rubric, number=1)


def new_version(version: RubricVersion) -> RubricVersion:
    """A copy that can be edited; reviews go on by the version in use."""
    with transaction.atomic():
        rows = RubricVersion.objects.filter(rubric=version.rubric_id)
        list(rows.select_for_update())
        number = (rows.aggregate(last=Max("number"))["last"] or 0) + 1
        copy = RubricVersion.objects.create(rubric_id=version.rubric_id, number=number)
        for criterion in version.criteria.all():
            criterion.pk, criterion.version, criterion._state.adding = None, copy, True
            criterion.save()
    return copy


def use_version(version: RubricVersion) -> None:
    """From now on, reviews are given by this version."""
    with transaction.atomic():
        rows = RubricVersion.objects.select_for_update().filter(rubric=version.rubric_id)
        rows.filter(active=True).exclude(pk=version.pk).update(active=False)
        rows.filter(pk=version.pk).update(active=True)


def require_unfrozen(version: RubricVersion) -> None:
    """Frozen, if a review was given by it; otherwise none can come in before this transaction ends."""
    if RubricVersion.objects.select_for_update().get(pk=version.pk).frozen:
        raise Frozen()


def freeze(version: RubricVersion) -> None:
    """A review is given by it."""
    RubricVersion.objects.filter(pk=version.pk, used_at__isnull=True).update(used_at=timezone.now())
