"""Papers about a case: proof that a result or a decision was served, and annulments by a higher body."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from attestation.models.base import link, optional_link
from attestation.models.cycles import Attestation
from attestation.models.decisions import Decision
from attestation.models.ledger import Notice
from attestation.models.people import User
from attestation.models.results import Result


class ProofOfService(models.Model):
    """That the employee was handed a result or a decision: when, how, by whom, signed or refused."""

    class How(models.TextChoices):
        IN_PERSON = "in_person", _("in person")
        EMAIL = "email", _("by e-mail")
        LETTER = "letter", _("by letter")

    class Outcome(models.TextChoices):
        SIGNED = "signed", _("received against signature")
        REFUSED = "refused", _("refused to sign")
        SENT = "sent", _("sent; no signature")

    attestation = link(Attestation, _("attestation"), "services")
    result = optional_link(Result, _("test result"), "services")
    decision = optional_link(Decision, _("decision"), "services")
    notice = optional_link(Notice, _("notice served by hand"), "services")
    served_at = models.DateTimeField(_("served at"))
    how = models.CharField(_("how"), max_length=10, choices=How.choices)
    outcome = models.CharField(_("signature"), max_length=10, choices=Outcome.choices)
    served_by = optional_link(User, _("served by"))
    note = models.TextField(_("note"), blank=True)
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = optional_link(User, _("recorded by"))

    class Meta:
        verbose_name = _("proof of service")
        verbose_name_plural = _("proofs of service")
        ordering = ("-served_at", "-pk")
        indexes = (models.Index(fields=("served_at", "id"), name="service_by_moment"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(result__isnull=False, decision__isnull=True)
                | Q(result__isnull=True, decision__isnull=False),
                name="service_of_one_paper",
            ),
        )

    def __str__(self) -> str:
        return f"№ {self.pk}"


class Annulment(models.Model):
    """A decision annulled by a court or a higher body, by a document of theirs."""

    class Body(models.TextChoices):
        COURT = "court", _("court")
        HIGHER = "higher", _("higher body")

    decision = models.OneToOneField(
        Decision, on_delete=models.PROTECT, related_name="annulment", verbose_name=_("decision")
    )
    attestation = link(Attestation, _("attestation"), "annulments")
    body = models.CharField(_("annulled by"), max_length=10, choices=Body.choices)
    document_no = models.CharField(_("number of the document"), max_length=120)
    document_date = models.DateField(_("date of the document"))
    reason = models.TextField(_("what it says"))
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = optional_link(User, _("recorded by"))

    class Meta:
        verbose_name = _("annulment")
        verbose_name_plural = _("annulments")
        ordering = ("-recorded_at", "-pk")

    def __str__(self) -> str:
        return self.document_no


class CalendarFeed(models.Model):
    """A personal address from which a calendar program reads one's deadlines; only its hash is kept."""

    user = link(User, _("account"), "feeds")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField(_("made at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_read_at = models.DateTimeField(_("last read at"), null=True, blank=True)

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")
        ordering = ("-made_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("user",), condition=Q(revoked_at__isnull=True), name="one_live_feed_a_user"
            ),
        )

    def __str__(self) -> str:
        return f"№ {self.pk}"
