"""Files that a page gives away: to be saved, never shown; their names are ours."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from django.http import HttpResponse

from attestation.intake.values import harmless

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Lets spreadsheet programs know that the text is UTF-8.
MARK = "\ufeff"


def download(content: bytes, name: str, content_type: str = XLSX) -> HttpResponse:
    """The answer to a request for a file."""
    return HttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def download_csv(text: str, name: str) -> HttpResponse:
    """The answer to a request for a table."""
    return download(f"{MARK}{text}".encode(), name, "text/csv; charset=utf-8")


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with its header; no cell is a formula (F-I22)."""
    out = io.StringIO()
    writer = csv.writer(out)
    for row in (header, *rows):
        writer.writerow([_writable(cell) for cell in row])
    return out.getvalue()


def _writable(cell: object) -> object:
    """A number stays one; everything else is text, a lazy translation too."""
    return cell if cell is None or isinstance(cell, (int, float)) else harmless(str(cell))
