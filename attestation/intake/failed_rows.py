"""The rows that an import left out, as a spreadsheet; and how a spreadsheet is made.

Imported where the file is asked for alone: openpyxl is a seventh of what every command takes to start.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from attestation.intake.messages import message_of
from attestation.intake.spec import resource_of
from attestation.intake.values import harmless, plain, shown
from attestation.models import ImportJob, ImportRow


def failed_rows(job: ImportJob) -> bytes:
    """The rows with errors as .xlsx: the file's columns and the reasons, to be corrected and read again."""
    header = [*map(plain, job.columns["header"]), _("Reasons")]
    return workbook(_("Rows to correct"), header, _lines(job, len(header) - 1))


def _lines(job: ImportJob, width: int) -> Iterator[list[Any]]:
    titles = resource_of(job.kind).titles()
    rows = job.rows.filter(kind=ImportRow.Kind.ERROR).order_by("row_no")
    for row in rows.iterator(chunk_size=1000):
        cells = [_thawed(cell) for cell in (row.cells or [])[:width]]
        cells += [None] * (width - len(cells))
        reasons = " ".join(message_of(error, titles) for error in row.errors or ())
        yield [*cells, _("Row %(row)s: %(note)s") % {"row": row.row_no, "note": reasons}]


def workbook(title: str, header: Iterable[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """An .xlsx of one sheet with a bold header; no cell is a formula (F-I22)."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    bold = [WriteOnlyCell(sheet, value=writable(word)) for word in header]
    for cell in bold:
        cell.font = Font(bold=True)
    sheet.append(bold)
    for row in rows:
        sheet.append([writable(cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _thawed(cell: Any) -> Any:
    """A staged cell as a spreadsheet program would hold it, without the apostrophe that `writable` puts."""
    if not isinstance(cell, list):
        return plain(cell)
    if cell[0] == "d":
        return date.fromisoformat(cell[1])
    if cell[0] == "t":
        return datetime.fromisoformat(cell[1])
    return Decimal(cell[1]) if cell[0] == "n" else shown(cell)


def writable(value: Any) -> Any:
    """F-I22: numbers and days as they are; a text never begins like a formula."""
    if value is None or isinstance(value, date | int | float | Decimal):
        return value
    return harmless(ILLEGAL_CHARACTERS_RE.sub("\ufffd", str(value)))
