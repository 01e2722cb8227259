"""The journal: append-only, each entry chained to the one before it by a hash."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from attestation.models.base import optional_link
from attestation.models.cycles import Attestation
from attestation.models.people import User


class JournalHead(models.Model):
    """The last entry's number and hash; locking this one row puts all acts in one order."""

    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="")

    class Meta:
        verbose_name = _("head of the journal")
        verbose_name_plural = _("head of the journal")

    def __str__(self) -> str:
        return str(self.seq)


class JournalEntry(models.Model):
    """One act: who, when, what, on which case. Never changed or deleted (trigger)."""

    seq = models.BigIntegerField(_("number"), primary_key=True)
    at = models.DateTimeField(_("moment"))
    actor = optional_link(User, _("who"))
    act = models.CharField(_("act"), max_length=60)
    attestation = optional_link(Attestation, _("attestation"), "journal")
    subject = models.CharField(_("subject"), max_length=120, blank=True)
    data = models.JSONField(_("data"), default=dict)
    prev_hash = models.CharField(_("hash before"), max_length=64)
    hash = models.CharField(_("hash"), max_length=64)

    class Meta:
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal")
        ordering = ("-seq",)
        indexes = (
            models.Index(fields=("subject",)),
            models.Index(fields=("act",)),
            models.Index(fields=("at",), name="journal_by_moment"),
        )

    def __str__(self) -> str:
        return f"№ {self.seq}"
