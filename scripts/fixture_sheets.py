"""Writes the fixture spreadsheets so that the same rows give the same bytes."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

Cell = str | int | date | datetime | None
Rows = Sequence[Sequence[Cell]]

_STAMP = "2026-01-05T09:00:00Z"
_STAMPED = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(<)")


def write_xlsx(path: Path, header: Sequence[str], rows: Rows, title: str | None = None) -> None:
    """A workbook with an optional title and a blank line above the header, as officers' files have them."""
    book = Workbook()
    sheet = book.active
    sheet.title = path.stem[:31]
    if title:
        sheet.append([title])
        sheet.append([])
    sheet.append(list(header))
    for cell in sheet[sheet.max_row]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = f"A{sheet.max_row + 1}"
    for row in rows:
        sheet.append(list(row))
    _format(sheet, len(header), rows)
    packed = io.BytesIO()
    book.save(packed)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_fixed_times(packed.getvalue()))


def _format(sheet, columns: int, rows: Rows) -> None:  # type: ignore[no-untyped-def]  # openpyxl has no types
    for number in range(columns):
        widest = max((len(str(row[number] or "")) for row in rows), default=8)
        sheet.column_dimensions[get_column_letter(number + 1)].width = min(max(widest + 2, 12), 60)
    for line in sheet.iter_rows():
        for cell in line:
            if isinstance(cell.value, datetime):
                cell.number_format = "DD.MM.YYYY HH:MM"
            elif isinstance(cell.value, date):
                cell.number_format = "DD.MM.YYYY"
            elif isinstance(cell.value, str):
                cell.number_format = "@"


def _fixed_times(content: bytes) -> bytes:
    """The same archive with one fixed time in its entries and its document properties."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w") as target:
        for name in sorted(source.namelist()):
            data = source.read(name)
            if name == "docProps/core.xml":
                data = _STAMPED.sub(rb"\g<1>" + _STAMP.encode() + rb"\g<3>", data)
            entry = zipfile.ZipInfo(name, date_time=(2026, 1, 5, 9, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, data)
    return out.getvalue()


def write_csv(
    path: Path,
    header: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    encoding: str = "utf-8",
    delimiter: str = ",",
) -> None:
    """A text file; dates as DD.MM.YYYY, times as DD.MM.YYYY HH:MM."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([_text(cell) for cell in row])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.getvalue().encode(encoding))


def _text(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return f"{cell:%d.%m.%Y %H:%M}" if cell.second == 0 else f"{cell:%d.%m.%Y %H:%M:%S}"
    if isinstance(cell, date):
        return f"{cell:%d.%m.%Y}"
    return "" if cell is None else str(cell)
