"""A comparison with the Platform as a spreadsheet: each difference in a row of its own.

Imported where the file is asked for alone, as `intake.failed_rows`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from attestation import access
from attestation.admin.comparison import HERE, Line, all_lines
from attestation.intake.failed_rows import writable
from attestation.models import ImportJob, ImportRow

Kind = ImportRow.Kind


def differences(job: ImportJob, user: access.Anyone) -> bytes:
    """What is not the same, as .xlsx."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("Differences")[:31])
    header = [
        *(_("Row"), _("What it is"), _("IIN"), _("Case"), _("Purpose and cycle"), _("State here")),
        *(_("Field"), _("On the Platform"), _("Here"), _("Points of the order"), _("Why")),
    ]
    bold = [WriteOnlyCell(sheet, value=title) for title in header]
    for cell in bold:
        cell.font = Font(bold=True)
    sheet.append(bold)
    kinds = {
        Kind.CHANGED: _("differs"),
        HERE: _("only here"),
        Kind.NEW: _("only on the Platform"),
        Kind.ERROR: _("error"),
    }
    for line in all_lines(job, user):
        about = [line.number, kinds[line.kind], line.iin, line.case.case_no if line.case else ""]
        about += [line.about, line.state_shown]
        for cells in _fields(line):
            sheet.append([writable(cell) for cell in (*about, *cells)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fields(line: Line) -> Iterator[tuple[Any, ...]]:
    why = (", ".join(line.cites), " ".join(line.reasons))
    for error in line.errors:
        yield error["cell"], error["value"], "", "", error["message"]
    for each in line.fields:
        yield each.title, each.theirs, each.ours, *why
    if not line.errors and not line.fields:
        yield ()
