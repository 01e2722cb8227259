"""A question that is itself faulty: one ruling for everyone who met it in the cycle (I-13, I-14)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from appeals.models.commission import Commission
from attestation.models import Cycle, User
from attestation.models.base import link


class FaultyQuestion(models.Model):
    """The ruling, and what it changed case by case; written once, never edited, never undone (trigger).

    `digest` is that of the table which the chair saw and confirmed.
    """

    cycle = link(Cycle, _("cycle"), "faulty_questions")
    test_variant = models.CharField(_("test variant"), max_length=60)
    question = models.PositiveIntegerField(_("question"))
    reason = models.TextField(_("reason of the ruling"))
    commission = link(Commission, _("commission"), "faulty_questions")
    ruled_by = link(User, _("ruled by"))
    ruled_at = models.DateTimeField(_("ruled at"))
    changes = models.JSONField(_("what it changed, case by case"), default=list)
    digest = models.CharField(max_length=64, editable=False)

    class Meta:
        verbose_name = _("faulty question")
        verbose_name_plural = _("faulty questions")
        ordering = ("-ruled_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("cycle", "test_variant", "question", "digest"), name="faulty_question_once_a_table"
            ),
            models.CheckConstraint(
                condition=Q(question__gte=1) & ~Q(test_variant="") & ~Q(reason=""),
                name="faulty_question_named_with_reason",
            ),
        )

    def __str__(self) -> str:
        return f"{self.cycle} · {self.test_variant} · № {self.question}"
