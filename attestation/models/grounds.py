"""I-32: cases to be decided on anew: a ground fell, or the revised readings would not carry them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from attestation.models.base import link, optional_link
from attestation.models.cycles import Attestation
from attestation.models.people import User


class GroundMarkQuerySet(models.QuerySet["GroundMark"]):
    def unsettled(self) -> GroundMarkQuerySet:
        """Those on which nobody has decided yet."""
        return self.filter(settled_at__isnull=True)


class GroundMark(models.Model):
    """I-32: that a ground of a case fell, and what became of the case. Settled once, never deleted (trigger).

    `grounds` holds codes: `repeat`, `existing`, `window`; of a case that ended before the readings were
    revised, those of `cases.past_careers`, and there is no earlier case.
    """

    class Cause(models.TextChoices):
        ANNULLED = "annulled", _("its ground was annulled")
        REOPENED = "reopened", _("its ground is decided anew")
        REVISED = "revised", _("the revised readings would not carry it")

    class Outcome(models.TextChoices):
        STANDS = "stands", _("stands")
        ANEW = "anew", _("formed anew")

    attestation = link(Attestation, _("attestation"), "ground_marks")
    earlier = optional_link(Attestation, _("earlier case"))
    cause = models.CharField(_("what happened"), max_length=10, choices=Cause.choices)
    grounds = models.JSONField(_("grounds"))
    marked_at = models.DateTimeField(_("marked at"))
    outcome = models.CharField(_("what became of it"), max_length=10, choices=Outcome.choices, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    settled_by = optional_link(User, _("settled by"))

    objects = GroundMarkQuerySet.as_manager()

    class Meta:
        verbose_name = _("case to be decided on anew")
        verbose_name_plural = _("cases to be decided on anew")
        ordering = ("-marked_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("attestation", "earlier"),
                condition=Q(settled_at__isnull=True),
                name="one_unsettled_mark_a_ground",
            ),
            models.UniqueConstraint(
                fields=("attestation",), condition=Q(cause="revised"), name="reviewed_once_a_case"
            ),
            models.CheckConstraint(
                condition=Q(cause="revised") | Q(earlier__isnull=False), name="ground_of_an_earlier_case"
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, outcome="")
                | (Q(settled_at__isnull=False) & ~Q(outcome="")),
                name="ground_settled_with_an_outcome",
            ),
        )

    def __str__(self) -> str:
        return f"№ {self.pk}"
