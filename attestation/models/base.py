"""Pieces that several models share."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

M = TypeVar("M", bound=models.Model)


def link(to: type[M], verbose_name: Any, related_name: str = "+") -> models.ForeignKey[M | Combinable, M]:
    """What this row belongs to; it can't be deleted from under it."""
    return models.ForeignKey(
        to, on_delete=models.PROTECT, related_name=related_name, verbose_name=verbose_name
    )


def optional_link(
    to: type[M], verbose_name: Any, related_name: str = "+"
) -> models.ForeignKey[M | Combinable | None, M | None]:
    """A `link` that may be empty: of an account, where the system itself did it."""
    return models.ForeignKey(
        to,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name=related_name,
        verbose_name=verbose_name,
    )


class NotVoid(models.Manager[M]):
    """The rows that count; what an undone import had put on record is void and left out."""

    def get_queryset(self) -> models.QuerySet[M]:
        return super().get_queryset().filter(voided_at__isnull=True)


class Versioned(models.Model):
    """A record that two people may hold open at once: each save by a service adds one to `version`."""

    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    class Meta:
        abstract = True
