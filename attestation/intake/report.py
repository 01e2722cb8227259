"""What an import answers: as data and as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attestation.models import ImportJob, ImportRow

MOST_SHOWN = 50


def errors_of(job: ImportJob) -> Iterator[dict[str, Any]]:
    """Each error with the row, column and field where it stands, in the order of the file."""
    rows = job.rows.filter(kind=ImportRow.Kind.ERROR).order_by("row_no").values_list("errors", flat=True)
    for errors in rows.iterator(chunk_size=2000):
        yield from errors


def notes_of(job: ImportJob) -> list[dict[str, Any]]:
    """Each remark on a row that is imported all the same, in the order of the file."""
    rows = job.rows.exclude(notes=[]).order_by("row_no").values_list("row_no", "notes")
    return [{"row": number, "note": note} for number, notes in rows for note in notes]


def as_data(job: ImportJob) -> dict[str, Any]:
    """The contract of the import commands."""
    return {
        "job": job.pk,
        "new": job.rows_new,
        "changed": job.rows_changed,
        "same": job.rows_same,
        "skipped": job.rows_skipped,
        "errors": list(errors_of(job)),
        "notes": notes_of(job),
    }


def refusal_data(filename: str, sentence: str) -> dict[str, Any]:
    """The same for a file that was refused as a whole."""
    error = {"row": None, "column": None, "field": None, "value": filename, "message": sentence}
    return {"job": None, "new": 0, "changed": 0, "same": 0, "skipped": 0, "errors": [error], "notes": []}


def as_text(job: ImportJob) -> str:
    """A few lines for a person at a terminal."""
    lines = [
        _(
            "%(file)s (import %(job)s): %(new)s new, %(changed)s changed, %(same)s same, "
            "%(errors)s with errors."
        )
        % {
            "file": job.filename,
            "job": job.pk,
            "new": job.rows_new,
            "changed": job.rows_changed,
            "same": job.rows_same,
            "errors": job.rows_error,
        },
        *job.notes,
    ]
    noted = job.rows.exclude(notes=[]).order_by("row_no").values_list("row_no", "notes")
    for number, notes in noted[:MOST_SHOWN]:
        lines += [_("Row %(row)s: %(note)s") % {"row": number, "note": note} for note in notes]
    for place, error in enumerate(errors_of(job)):
        if place == MOST_SHOWN:
            lines.append(_("… and more; --json lists all of them."))
            break
        address = f"{error['column'] or ''}{error['row']}"
        lines.append(_("Cell %(cell)s: %(message)s") % {"cell": address, "message": error["message"]})
    lines.append(_state_line(job))
    return "\n".join(str(line) for line in lines)


def _state_line(job: ImportJob) -> str:
    if job.state != ImportJob.State.CONFIRMED:
        return _("Nothing was imported.")
    if not job.rows_skipped:
        return _("The whole file was imported.")
    return ngettext(
        "Imported; %(count)s row was left out.", "Imported; %(count)s rows were left out.", job.rows_skipped
    ) % {"count": job.rows_skipped}
