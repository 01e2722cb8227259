"""Uploaded spreadsheets: what was read, what it would change, what was confirmed."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from attestation.models.base import optional_link
from attestation.models.centers import Center
from attestation.models.cycles import Cycle
from attestation.models.people import User


class ImportJob(models.Model):
    """One upload: previewed, then confirmed as a whole or not at all. Bound to its officer and hash."""

    class State(models.TextChoices):
        PREVIEWED = "previewed", _("previewed")
        CONFIRMED = "confirmed", _("imported")
        REFUSED = "refused", _("refused")
        CANCELLED = "cancelled", _("cancelled")
        UNDONE = "undone", _("undone")

    kind = models.CharField(_("kind"), max_length=20)
    filename = models.CharField(_("file"), max_length=255)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    sheet = models.CharField(_("sheet"), max_length=255, blank=True)
    actor = optional_link(User, _("officer"), "import_jobs")
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("cycle"))
    center = models.ForeignKey(
        Center, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("centre")
    )
    options = models.JSONField(default=dict)
    columns = models.JSONField(default=list)
    notes = models.JSONField(_("notes"), default=list)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.PREVIEWED)
    rows_new = models.PositiveIntegerField(_("new"), default=0)
    rows_changed = models.PositiveIntegerField(_("changed"), default=0)
    rows_same = models.PositiveIntegerField(_("same"), default=0)
    rows_skipped = models.PositiveIntegerField(_("skipped"), default=0)
    rows_error = models.PositiveIntegerField(_("errors"), default=0)
    created_at = models.DateTimeField(_("uploaded at"))
    confirmed_at = models.DateTimeField(_("imported at"), null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return self.filename


class ImportRow(models.Model):
    """One row of an upload with what it would change, and what is wrong with it."""

    class Kind(models.TextChoices):
        NEW = "new", _("new")
        CHANGED = "changed", _("changed")
        SAME = "same", _("same")
        ERROR = "error", _("error")

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="rows")
    row_no = models.PositiveIntegerField(_("row"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    key = models.CharField(_("key"), max_length=120, blank=True)
    values = models.JSONField(_("values"), default=dict)
    before = models.JSONField(_("before"), null=True, blank=True)
    after = models.JSONField(_("after"), null=True, blank=True)
    errors = models.JSONField(_("errors"), default=list)
    notes = models.JSONField(_("notes"), default=list)

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of an import")
        ordering = ("job", "row_no")
        indexes = (models.Index(fields=("job", "kind", "row_no")),)

    def __str__(self) -> str:
        return f"{self.job} / {self.row_no}"
