"""What an import answers: as data, as text, and as a file of the rows that were left out."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from attestation.intake.values import harmless, shown
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


def failed_rows(job: ImportJob) -> bytes:
    """The rows with errors as .xlsx: the file's columns and the reasons, to be corrected and read again."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("Rows to correct")[:31])
    header = [*job.columns["header"], _("Reasons")]
    bold = []
    for title in header:
        cell = WriteOnlyCell(sheet, value=_writable(title))
        cell.font = Font(bold=True)
        bold.append(cell)
    sheet.append(bold)
    width = len(header) - 1
    rows = job.rows.filter(kind=ImportRow.Kind.ERROR).order_by("row_no")
    for row in rows.iterator(chunk_size=1000):
        cells = [_writable(_thawed(cell)) for cell in row.values[:width]]
        cells += [None] * (width - len(cells))
        reasons = " ".join(error["message"] for error in row.errors)
        sheet.append([*cells, _writable(_("Row %(row)s: %(note)s") % {"row": row.row_no, "note": reasons})])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _thawed(cell: Any) -> Any:
    """A staged cell as a spreadsheet program would hold it."""
    if not isinstance(cell, list):
        return cell
    if cell[0] == "d":
        return date.fromisoformat(cell[1])
    if cell[0] == "t":
        return datetime.fromisoformat(cell[1])
    return Decimal(cell[1]) if cell[0] == "n" else shown(cell)


def _writable(value: Any) -> Any:
    """F-I22: a text that a spreadsheet would take for a formula stands behind an apostrophe."""
    if not isinstance(value, str):
        return value
    clean = ILLEGAL_CHARACTERS_RE.sub("\ufffd", value)
    # A staged cell that has its apostrophe keeps the one; the import takes one off.
    return clean if clean.startswith("'") else harmless(clean)
