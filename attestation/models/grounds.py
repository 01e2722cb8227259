"""I-32: cases whose ground fell: what they rest on was annulled, or is decided anew."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from attestation.models.cycles import Attestation


class GroundMarkQuerySet(models.QuerySet["GroundMark"]):
    def unsettled(self) -> GroundMarkQuerySet:
        """Those on which nobody has decided yet."""
        return self.filter(settled_at__isnull=True)


class GroundMark(models.Model):
    """I-32: that a ground of a case fell, and what became of the case. Settled once, never deleted (trigger).

    `grounds` holds codes: `repeat`, `existing`, `window`.
    """

    class Cause(models.TextChoices):
        ANNULLED = "annulled", _("its ground was annulled")
        REOPENED = "reopened", _("its ground is decided anew")

    class Outcome(models.TextChoices):
        STANDS = "stands", _("stands")
        ANEW = "anew", _("formed anew")

    attestation = models.ForeignKey(
        Attestation, on_delete=models.PROTECT, related_name="ground_marks", verbose_name=_("attestation")
    )
    earlier = models.ForeignKey(
        Attestation, on_delete=models.PROTECT, related_name="+", verbose_name=_("earlier case")
    )
    cause = models.CharField(_("what happened"), max_length=10, choices=Cause.choices)
    grounds = models.JSONField(_("grounds"))
    marked_at = models.DateTimeField(_("marked at"))
    outcome = models.CharField(_("what became of it"), max_length=10, choices=Outcome.choices, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("settled by"),
    )

    objects = GroundMarkQuerySet.as_manager()

    class Meta:
        verbose_name = _("fallen ground")
        verbose_name_plural = _("fallen grounds")
        ordering = ("-marked_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("attestation", "earlier"),
                condition=Q(settled_at__isnull=True),
                name="one_unsettled_mark_a_ground",
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, outcome="")
                | (Q(settled_at__isnull=False) & ~Q(outcome="")),
                name="ground_settled_with_an_outcome",
            ),
        )

    def __str__(self) -> str:
        return f"№ {self.pk}"
