"""Corrections that two persons make after a final decision: a result, a rating, a violation (I-33, I-34)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from attestation.models.base import link, optional_link
from attestation.models.cycles import Attestation
from attestation.models.people import User
from attestation.models.results import Result


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def proposed(self) -> CorrectionQuerySet:
        """Those that wait for a second person."""
        return self.filter(state=Correction.State.PROPOSED)


class Correction(models.Model):
    """I-33, I-34: what one person proposes and another confirms. Once decided it never changes (trigger)."""

    class Kind(models.TextChoices):
        RESULT = "result", _("clerical error in the result")
        RATING = "rating", _("rating recorded wrongly")
        VIOLATION = "violation", _("violation recorded wrongly")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed: waits for a second person")
        CONFIRMED = "confirmed", _("confirmed")
        WITHDRAWN = "withdrawn", _("withdrawn")

    attestation = link(Attestation, _("attestation"), "corrections")
    kind = models.CharField(_("what is corrected"), max_length=10, choices=Kind.choices)
    # The result that was on record then; the numbers beside it are those it should have had.
    result = optional_link(Result, _("test result"), "corrections")
    questions_total = models.PositiveIntegerField(_("questions total"), null=True, blank=True)
    correct_answers = models.PositiveIntegerField(_("correct answers"), null=True, blank=True)
    wrong_questions = models.JSONField(_("wrong questions"), null=True, blank=True)
    test_variant = models.CharField(_("test variant"), max_length=60, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    external_id = models.CharField(_("external id"), max_length=120, blank=True)
    reason = models.TextField(_("reason"))
    document = models.CharField(_("document"), max_length=200)
    proposed_by = link(User, _("proposed by"))
    proposed_at = models.DateTimeField(_("proposed at"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PROPOSED)
    decided_by = optional_link(User, _("confirmed or withdrawn by"))
    decided_at = models.DateTimeField(_("confirmed or withdrawn at"), null=True, blank=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        ordering = ("-proposed_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("attestation",), condition=Q(state="proposed"), name="one_proposed_correction_a_case"
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(state="proposed") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="correction_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | ~Q(decided_by=F("proposed_by")),
                name="correction_of_two_persons",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind="result",
                    external_id="",
                    result__isnull=False,
                    questions_total__isnull=False,
                    correct_answers__isnull=False,
                    finished_at__isnull=False,
                )
                | (
                    ~Q(kind="result")
                    & ~Q(external_id="")
                    & Q(result__isnull=True, questions_total__isnull=True, correct_answers__isnull=True)
                ),
                name="correction_says_what",
            ),
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(document=""), name="correction_has_reason_and_document"
            ),
        )

    def __str__(self) -> str:
        return f"№ {self.pk}"
