"""I-33: what an attestee asks to have corrected after the final decision, and what was answered."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from attestation.models.base import link, optional_link
from attestation.models.corrections import Correction
from attestation.models.cycles import Attestation, Status
from attestation.models.people import User


class CorrectionRequestQuerySet(models.QuerySet["CorrectionRequest"]):
    def unanswered(self) -> CorrectionRequestQuerySet:
        """Those that nobody has answered yet."""
        return self.filter(answer="")

    def granted(self) -> CorrectionRequestQuerySet:
        """Those granted whose correction nobody has proposed yet, or whose proposal was withdrawn."""
        unproposed = Q(correction__isnull=True) | Q(correction__state=Correction.State.WITHDRAWN)
        found = self.filter(unproposed, answer=CorrectionRequest.Answer.GRANTED, corrected_at__isnull=True)
        return found.exclude(attestation__status=Status.CLOSED)

    def waiting(self) -> CorrectionRequestQuerySet:
        """Those that somebody has to answer, or to follow with a correction."""
        return self.filter(Q(pk__in=self.unanswered().values("pk")) | Q(pk__in=self.granted().values("pk")))


class CorrectionRequest(models.Model):
    """I-33: a request with its document, answered once with a reason. Never deleted (trigger).

    `correction` is what was proposed upon it; `corrected_at` stands where the result was corrected at once,
    since the decision was not final any more.
    """

    class Answer(models.TextChoices):
        GRANTED = "granted", _("request granted")
        REFUSED = "refused", _("request refused")

    attestation = link(Attestation, _("attestation"), "correction_requests")
    asked_on = models.DateField(_("asked on"))
    text = models.TextField(_("what is asked"))
    document = models.CharField(_("document"), max_length=200)
    recorded_by = link(User, _("recorded by"))
    recorded_at = models.DateTimeField(_("recorded at"))
    answer = models.CharField(_("answer"), max_length=10, choices=Answer.choices, blank=True)
    reason = models.TextField(_("reason of the answer"), blank=True)
    answered_by = optional_link(User, _("answered by"))
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    correction = optional_link(Correction, _("correction proposed"), "requests")
    corrected_at = models.DateTimeField(_("corrected at"), null=True, blank=True)

    objects = CorrectionRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request for a correction")
        verbose_name_plural = _("requests for a correction")
        ordering = ("-recorded_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("attestation",), condition=Q(answer=""), name="one_unanswered_request_a_case"
            ),
            models.CheckConstraint(
                condition=Q(answer="", reason="", answered_by__isnull=True, answered_at__isnull=True)
                | (~Q(answer="") & ~Q(reason="") & Q(answered_by__isnull=False, answered_at__isnull=False)),
                name="correction_request_answered_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(answer="granted") | Q(correction__isnull=True, corrected_at__isnull=True),
                name="correction_request_granted_first",
            ),
            models.CheckConstraint(
                condition=~Q(text="") & ~Q(document=""), name="correction_request_has_document"
            ),
        )

    def __str__(self) -> str:
        return f"№ {self.pk}"
