"""A comparison with the Platform as a spreadsheet: each difference in a row of its own.

Imported where the file is asked for alone, as `intake.failed_rows`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from attestation import access
from attestation.admin.comparison import HERE, Line, all_lines
from attestation.intake.failed_rows import workbook
from attestation.models import ImportJob, ImportRow

Kind = ImportRow.Kind


def differences(job: ImportJob, user: access.Anyone) -> bytes:
    """What is not the same, as .xlsx."""
    header = [
        *(_("Row"), _("What it is"), _("IIN"), _("Case"), _("Purpose and cycle"), _("State here")),
        *(_("Field"), _("On the Platform"), _("Here"), _("Points of the order"), _("Why")),
    ]
    return workbook(_("Differences"), header, _rows(job, user))


def _rows(job: ImportJob, user: access.Anyone) -> Iterator[tuple[Any, ...]]:
    kinds = {
        Kind.CHANGED: _("differs"),
        HERE: _("only here"),
        Kind.NEW: _("only on the Platform"),
        Kind.ERROR: _("error"),
    }
    for line in all_lines(job, user):
        case = line.case.case_no if line.case else ""
        about = (line.number, kinds[line.kind], line.iin, case, line.about, line.state_shown)
        for cells in _fields(line):
            yield *about, *cells


def _fields(line: Line) -> Iterator[tuple[Any, ...]]:
    why = (", ".join(line.cites_shown), " ".join(line.reasons))
    for error in line.errors:
        yield error["cell"], error["value"], "", "", error["message"]
    for each in line.fields:
        yield each.title, each.theirs, each.ours, *why
    if not line.errors and not line.fields:
        yield ()
