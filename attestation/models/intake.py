"""Uploaded spreadsheets: what was read, what it would change, what was confirmed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from attestation.models.base import optional_link
from attestation.models.centers import Center
from attestation.models.cycles import Cycle
from attestation.models.people import User


class ImportJob(models.Model):
    """One upload: previewed, then confirmed as a whole or not at all. Bound to its officer and hash."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting to be read")
        READING = "reading", _("being read")
        ASKED = "asked", _("waits for your answers")
        PREVIEWED = "previewed", _("previewed")
        CONFIRMING = "confirming", _("being imported")
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
    # Why a worker did not read or import the file: an entry as `messages.message_of` reads it.
    refusal = models.JSONField(null=True, blank=True, editable=False)
    rows_new = models.PositiveIntegerField(_("new"), default=0)
    rows_changed = models.PositiveIntegerField(_("changed"), default=0)
    rows_same = models.PositiveIntegerField(_("same"), default=0)
    rows_skipped = models.PositiveIntegerField(_("skipped"), default=0)
    rows_error = models.PositiveIntegerField(_("errors"), default=0)
    created_at = models.DateTimeField(_("uploaded at"))
    confirmed_at = models.DateTimeField(_("imported at"), null=True, blank=True)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    # What the undoing left and why, kept when the rows go.
    undone = models.JSONField(_("undone"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return self.filename

    @property
    def rows_read(self) -> int:
        """How many rows were read as those of persons or things."""
        return self.rows_new + self.rows_changed + self.rows_same + self.rows_error


class ImportWork(models.Model):
    """What a worker has to do for an import, while it has: reading the file, or importing it (F-I14).

    Who works on it holds a lease, renewed with each batch; one that is over is anybody's.
    """

    job = models.OneToOneField(ImportJob, on_delete=models.CASCADE, primary_key=True, related_name="work")
    holder = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    # Of the try under way; `rows` is 0 until the file is open.
    began_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    # Of the confirm: when the officer asked for it, and how.
    asked_at = models.DateTimeField(null=True)
    skip_errors = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("import under way")
        verbose_name_plural = _("imports under way")

    def __str__(self) -> str:
        return f"№ {self.pk}"


class ImportFile(models.Model):
    """The bytes of a file that waits to be read, or to be read once more when its officer has answered.

    They go with the import, or with the day after which a preview can't be confirmed.
    """

    job = models.OneToOneField(ImportJob, on_delete=models.CASCADE, primary_key=True, related_name="file")
    data = models.BinaryField()

    class Meta:
        verbose_name = _("file to be read")
        verbose_name_plural = _("files to be read")

    def __str__(self) -> str:
        return f"№ {self.pk}"


class ImportAnswer(models.Model):
    """What an officer said of a header or of a word, for further files of the kind and the centre.

    `field` is that whose word it is, "" for a header; `given` as answers know it; `answer` a field or a term,
    "" for a column that is not needed.
    """

    officer = models.ForeignKey(User, on_delete=models.CASCADE, related_name="import_answers")
    kind = models.CharField(max_length=20)
    center = models.ForeignKey(Center, on_delete=models.CASCADE, null=True)
    field = models.CharField(max_length=40, blank=True)
    given = models.CharField(max_length=255)
    answer = models.CharField(max_length=40, blank=True)
    answered_at = models.DateTimeField()

    class Meta:
        verbose_name = _("answer about a file")
        verbose_name_plural = _("answers about files")
        constraints = (
            models.UniqueConstraint(
                fields=("officer", "kind", "center", "field", "given"), name="import_answer_of_center"
            ),
            models.UniqueConstraint(
                fields=("officer", "kind", "field", "given"),
                condition=models.Q(center=None),
                name="import_answer_without_center",
            ),
        )

    def __str__(self) -> str:
        return self.given


class ImportRow(models.Model):
    """One row of an upload, staged: what it would change, or what is wrong with it.

    What a row keeps has its price: the same as on record, its key; a changed one the version it saw,
    before and after; a new one what it brings; one with errors its cells, to be given back.
    """

    class Kind(models.TextChoices):
        NEW = "new", _("new")
        CHANGED = "changed", _("changed")
        SAME = "same", _("same")
        ERROR = "error", _("error")

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="rows", db_index=False)
    row_no = models.PositiveIntegerField(_("row"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    key = models.CharField(_("key"), max_length=120, blank=True)
    cells = models.JSONField(_("cells"), null=True, blank=True)
    before = models.JSONField(_("before"), null=True, blank=True)
    after = models.JSONField(_("after"), null=True, blank=True)
    # What the write needs beside the fields: the version it saw, keys of order and search, ends of periods.
    seen = models.PositiveIntegerField(null=True, editable=False)
    derived = models.JSONField(null=True, blank=True, editable=False)
    # The record that the confirm made or changed.
    record = models.PositiveBigIntegerField(null=True, editable=False)
    # Why the undoing of the import left it: code, moment, account.
    left = models.JSONField(null=True, blank=True, editable=False)
    errors = models.JSONField(_("errors"), null=True, blank=True)
    notes = models.JSONField(_("notes"), null=True, blank=True)

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of an import")
        ordering = ("job", "row_no")
        indexes = (models.Index(fields=("job", "kind", "row_no")),)

    def __str__(self) -> str:
        return f"{self.job} / {self.row_no}"


@dataclass(frozen=True)
class StagedRows:
    """The staged rows of one kind between two row numbers, both inclusive: a batch to be written."""

    job_id: int
    kind: str
    first: int
    last: int

    def narrowed(self, first: int, last: int) -> StagedRows:
        """Fewer of them."""
        return replace(self, first=first, last=last)

    def queryset(self) -> models.QuerySet[ImportRow]:
        """The rows, in the order of the file."""
        rows = ImportRow.objects.filter(job=self.job_id, kind=self.kind)
        return rows.filter(row_no__gte=self.first, row_no__lte=self.last).order_by("row_no")

    @staticmethod
    def of(alias: str) -> str:
        """The condition that holds for them alone, in a statement that calls their table so."""
        return f"{alias}.job_id = %s AND {alias}.kind = %s AND {alias}.row_no BETWEEN %s AND %s"

    @property
    def params(self) -> list[Any]:
        """The values of that condition."""
        return [self.job_id, self.kind, self.first, self.last]
