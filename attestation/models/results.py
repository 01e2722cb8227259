"""Test results: superseded, never edited (¶17, I-13)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from attestation.models.base import link, optional_link
from attestation.models.cycles import Attestation
from attestation.models.people import LANGUAGES, User


class ResultSource(models.TextChoices):
    """Where a result row comes from."""

    PLATFORM = "platform", _("the Platform's result")
    APPEAL = "appeal", _("amended after an appeal")
    CORRECTION = "correction", _("clerical error corrected")


class ResultQuerySet(models.QuerySet["Result"]):
    def current(self) -> ResultQuerySet:
        """The rows that nothing has superseded."""
        return self.filter(superseded_at__isnull=True)


class Result(models.Model):
    """The outcome of one test. Only the three moments at the end are ever set later (trigger).

    `voided_at`: the import that put it on record was undone before it was published; superseded as well.
    """

    attestation = link(Attestation, _("attestation"), "results")
    questions_total = models.PositiveIntegerField(_("questions total"))
    correct_answers = models.PositiveIntegerField(_("correct answers"))
    wrong_questions = models.JSONField(_("wrong questions"), null=True, blank=True)
    test_variant = models.CharField(_("test variant"), max_length=60, blank=True)
    # Blank where the Platform does not say.
    test_language = models.CharField(_("language of the test"), max_length=2, choices=LANGUAGES, blank=True)
    finished_at = models.DateTimeField(_("finished at"))
    source = models.CharField(
        _("source"), max_length=12, choices=ResultSource.choices, default=ResultSource.PLATFORM
    )
    reason = models.TextField(_("reason"), blank=True)
    supersedes = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="superseded_by",
        verbose_name=_("supersedes"),
    )
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = optional_link(User, _("recorded by"))
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    superseded_at = models.DateTimeField(_("superseded at"), null=True, blank=True)
    voided_at = models.DateTimeField(_("void since (import undone)"), null=True, blank=True, editable=False)

    objects = ResultQuerySet.as_manager()

    class Meta:
        verbose_name = _("test result")
        verbose_name_plural = _("test results")
        ordering = ("attestation", "pk")
        indexes = (
            models.Index(
                fields=("attestation",),
                condition=Q(superseded_at__isnull=False),
                name="result_superseded_by_case",
            ),
            models.Index(
                fields=("attestation",),
                condition=Q(superseded_at__isnull=True, published_at__isnull=True),
                name="result_to_publish",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("attestation",),
                condition=Q(superseded_at__isnull=True),
                name="one_current_result",
            ),
            models.CheckConstraint(condition=Q(questions_total__gte=1), name="result_has_questions"),
            models.CheckConstraint(
                condition=Q(correct_answers__gte=0, correct_answers__lte=F("questions_total")),
                name="correct_at_most_total",
            ),
        )

    def __str__(self) -> str:
        return f"{self.correct_answers}/{self.questions_total}"
