"""A question on which commissions ruled differently: put before the chair (I-13). Ours, not the order's."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from appeals.models.filing import AppealItem
from attestation.models import Cycle, User
from attestation.models.base import link, optional_link


class DifferingRulingQuerySet(models.QuerySet["DifferingRuling"]):
    def waiting(self) -> DifferingRulingQuerySet:
        """Nobody has decided what becomes of those who were rejected."""
        return self.filter(settled_at__isnull=True)


class DifferingRuling(models.Model):
    """One question of a test variant, upheld for one appellant and rejected for another; `item` is the one
    whose ruling made it so. At most one waits for each question."""

    class Outcome(models.TextChoices):
        FAULTY = "faulty", _("the question was ruled faulty for everyone")
        LEFT = "left", _("the rulings stay as they are")

    item = link(AppealItem, _("appeal item"), "differing_rulings")
    cycle = link(Cycle, _("cycle"), "differing_rulings")
    test_variant = models.CharField(_("test variant"), max_length=60)
    question = models.PositiveIntegerField(_("question"))
    noticed_at = models.DateTimeField(_("noticed at"))
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome.choices, blank=True, default="")
    reason = models.TextField(_("reason"), blank=True, default="")
    settled_at = models.DateTimeField(pgettext_lazy("differing rulings", "settled at"), null=True, blank=True)
    settled_by = optional_link(User, pgettext_lazy("differing rulings", "settled by"))

    objects = DifferingRulingQuerySet.as_manager()

    class Meta:
        verbose_name = _("question ruled on differently")
        verbose_name_plural = _("questions ruled on differently")
        ordering = ("-noticed_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("cycle", "test_variant", "question"),
                condition=Q(settled_at__isnull=True),
                name="one_differing_ruling_waits",
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, settled_by__isnull=True, outcome="", reason="")
                | (
                    Q(settled_at__isnull=False, settled_by__isnull=False, outcome__in=["faulty", "left"])
                    & ~Q(reason="")
                ),
                name="differing_ruling_settled_says_how",
            ),
        )

    def __str__(self) -> str:
        return f"{self.cycle} · {self.test_variant} · № {self.question}"
