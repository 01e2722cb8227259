"""The journal: append-only, each entry chained to the one before it by a hash."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from attestation.models.cycles import Attestation


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
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who"),
    )
    act = models.CharField(_("act"), max_length=60)
    attestation = models.ForeignKey(
        Attestation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="journal",
        verbose_name=_("attestation"),
    )
    subject = models.CharField(_("subject"), max_length=120, blank=True)
    data = models.JSONField(_("data"), default=dict)
    prev_hash = models.CharField(_("hash before"), max_length=64)
    hash = models.CharField(_("hash"), max_length=64)

    class Meta:
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal")
        ordering = ("-seq",)
        indexes = (models.Index(fields=("subject",)), models.Index(fields=("act",)))

    def __str__(self) -> str:
        return f"№ {self.seq}"
