"""The child process that opens an uploaded file: started by reading.py, alone, with `python -I`.

It has limits on memory, CPU time and files, imports neither Django nor models, and may die of what it reads;
the parent then says that the file is damaged or too large. In: the limits as JSON in the last argument, the
file as standard input. Out: JSON lines into a file: {"sheet": …} first, then lists of rows, {"end": rows,
"unterminated": …} last; or {"refused": code, …} last.

A row is [number, cells], [number, cells, null, true] if it is hidden or filtered out, and in a csv
[number, cells, width]: how many fields the record had, for blank cells at the end of `cells` are left out.
Rows can be seen to be hidden in .xlsx and .ods; calamine does not show it of an .xls, and a csv hides none.

A cell is null, a text, an integer, true/false, or a mark: ["n", "4.6"] a decimal, ["d", ISO date],
["t", ISO date and time other than midnight], ["e", "#N/A"] an error, ["f"] a formula without a stored value,
["o", text] a time of day or a duration.
"""

from __future__ import annotations

import errno
import io
import json
import math
import os
import re
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from attestation.intake.refused_file import RefusedFile
from attestation.intake.sheet_xml import BookXml, Found, as_shown_in_ods, hidden_in_ods
from attestation.intake.text_file import HASHES, read_csv, typed_text

CHUNK = 1000
HEADER_WITHIN = 10
TOO_LARGE, NO_ROOM = 3, 4  # exit statuses, where nothing more can be written
Rows = Iterator[tuple[int, list[Any]]]
BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def squeezed(text: str) -> str:
    """A header as headers are compared: no case, ё as е, no blanks, no `* : .` at the end."""
    return "".join(text.replace("\ufeff", "").split()).rstrip("*:.").casefold().replace("ё", "е")


def bare(text: str) -> str:
    """The same without what stands in brackets."""
    return squeezed(BRACKETS.sub("", text))


def main() -> None:
    limits = json.loads(sys.argv[-1])
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["seconds"], limits["seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["spool"], limits["spool"]))
    try:
        data = sys.stdin.buffer.read()
        if limits["kind"] == "csv":
            meta, rows = read_csv(data, limits)
            say(meta)
            send(rows, limits)
        else:
            meta, rows, hidden = read_workbook(data, limits)
            say(meta)
            send(rows, limits, hidden)
    except RefusedFile as refusal:
        say({"refused": refusal.code, **refusal.params})
    except MemoryError:
        say({"refused": "too_large"})


def say(message: Any) -> None:
    try:
        sys.stdout.buffer.write(encode(message).encode() + b"\n")
        sys.stdout.buffer.flush()
    except OSError as error:
        os._exit(TOO_LARGE if error.errno == errno.EFBIG else NO_ROOM)


def send(rows: Rows, limits: dict[str, Any], hidden: set[int] | None = None) -> None:
    """Rows in chunks, blank rows left out; stops at the caps on rows, columns and text."""
    count, characters = 0, 0
    chunk: list[Any] = []
    for number, cells in rows:
        width = len(cells)
        while cells and cells[-1] in (None, ""):
            cells.pop()
        if not cells:
            continue
        count += 1
        if count > limits["rows"]:
            raise RefusedFile("too_many_rows", limit=limits["rows"])
        if len(cells) > limits["columns"]:
            raise RefusedFile("too_many_columns", row=number, column=len(cells), limit=limits["columns"])
        for place, cell in enumerate(cells):
            if cell.__class__ is str:
                characters += len(cell)
                if len(cell) > limits["cell"]:
                    raise RefusedFile("cell_too_long", row=number, column=place + 1, limit=limits["cell"])
        if characters > limits["text"]:
            raise RefusedFile("too_large")
        if hidden is None:
            chunk.append([number, cells, width])
        elif number in hidden:
            chunk.append([number, cells, None, True])
        else:
            chunk.append([number, cells])
        if len(chunk) == CHUNK:
            say(chunk)
            chunk = []
    if chunk:
        say(chunk)
    say({"end": count})


# --- workbooks ---------------------------------------------------------------------------------


def read_workbook(data: bytes, limits: dict[str, Any]) -> tuple[dict[str, Any], Rows, set[int]]:
    """What the file is, the rows of the sheet that is read, and the numbers of its hidden rows."""
    import python_calamine as calamine

    try:
        return _read_workbook(data, limits)
    except calamine.PasswordError:
        raise RefusedFile("protected") from None
    except (calamine.CalamineError, OSError, ValueError):
        raise RefusedFile("damaged") from None


def _read_workbook(data: bytes, limits: dict[str, Any]) -> tuple[dict[str, Any], Rows, set[int]]:
    import python_calamine as calamine

    xml = BookXml(data) if limits["kind"] == "xlsx" else None
    if limits["kind"] == "ods":
        data = as_shown_in_ods(data)
    opened = Opened(xml.data if xml else data, xml, limits["columns"])
    sheets = [m for m in opened.book.sheets_metadata if m.typ == calamine.SheetTypeEnum.WorkSheet]
    names = [m.name for m in sheets]
    wanted = limits["sheet"]
    if wanted and wanted not in names:
        raise RefusedFile("no_such_sheet", sheet=wanted[:80], sheets=", ".join(names[:20])[:400])
    # A hidden sheet usually holds the lists of a drop-down: the visible ones come first.
    sheets.sort(key=lambda m: m.visible != calamine.SheetVisibleEnum.Visible)
    filled = [m.name for m in sheets if opened.has_rows(m.name)]
    if not filled or (wanted and wanted not in filled):
        raise RefusedFile("no_rows")
    name = wanted or filled[0]
    headers = set(limits["headers"])
    if not wanted and len(filled) > 1 and headers:
        name = next((other for other in filled if opened.has_headers(other, headers)), name)
    sheet, found = opened.sheet(name)
    if found.far_data:
        raise RefusedFile("far_row", row=found.far_data[0], before=found.far_data[1])
    if sheet.start is None:
        raise RefusedFile("no_rows")
    if sheet.end[1] - sheet.start[1] >= limits["columns"]:
        raise RefusedFile("too_many_columns", row=0, column=sheet.end[1] + 1, limit=limits["columns"])
    if limits["kind"] == "ods":
        found.hidden = hidden_in_ods(data, name, sheet.end[0] + 1)
    meta = {
        "sheet": name,
        "sheets": names,
        "others": [other for other in filled if other != name],
        "stray": found.stray,
        "strays": found.strays,
        "links": bool(xml and xml.has_links),
    }
    return meta, typed_rows(sheet, found.marks), found.hidden


class Opened:
    """A workbook of which one sheet at a time is in memory."""

    def __init__(self, data: bytes, xml: BookXml | None, columns: int) -> None:
        import python_calamine as calamine

        self.load = calamine.load_workbook
        self.book = self.load(io.BytesIO(data))
        self.xml = xml
        self.parts = xml.parts() if xml else {}
        self.columns = columns

    def texts(self, name: str) -> Iterator[list[str]]:
        """The rows that are not blank, as texts. Of an .xlsx by its XML: a further sheet is not loaded."""
        if self.xml and name in self.parts:
            yield from self.xml.texts(self.parts[name])
        else:
            for row in self.book.get_sheet_by_name(name).iter_rows():
                texts = [str(cell) for cell in row if str(cell).strip()]
                if texts:
                    yield texts

    def has_rows(self, name: str) -> bool:
        return next(self.texts(name), None) is not None

    def has_headers(self, name: str, headers: set[str]) -> bool:
        """Whether one of the first ten rows that are not blank holds two of the header words."""
        return any(
            len(headers & {bare(word) for text in row for word in (text, *text.split("/"))}) > 1
            for row in islice(self.texts(name), HEADER_WITHIN)
        )

    def sheet(self, name: str) -> tuple[Any, Found]:
        """The sheet without what lies far away."""
        found = Found()
        if self.xml and name in self.parts:
            found = self.xml.scan(self.parts[name], self.columns)
            if found.far_rows or found.far_cells:
                self.book = self.load(self.xml.without(self.parts[name], found, self.columns))
        return self.book.get_sheet_by_name(name), found


def typed_rows(sheet: Any, marks: dict[int, list[tuple[int, list[str]]]]) -> Rows:
    """Rows with the numbers a person sees. calamine shows an error and a formula without value as empty."""
    left: list[Any] = [None] * sheet.start[1]
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        row = left + [
            cell if cell.__class__ is str and cell[:1] not in HASHES else typed(cell) for cell in cells
        ]
        for column, mark in marks.pop(number, ()):
            if column <= len(row):
                row[column - 1] = mark
            else:
                row += [None] * (column - len(row) - 1) + [mark]
        yield number, row
    for number in sorted(marks):
        row = []
        # Below the last row that holds a value.
        for column, mark in sorted(marks[number]):
            row += [None] * (column - len(row) - 1) + [mark]
        yield number, row


def typed(cell: Any) -> Any:
    kind = cell.__class__
    if kind is str:
        return typed_text(cell)
    if kind is float:
        if not math.isfinite(cell):
            return ["e", str(cell)]
        # A spreadsheet shows fifteen digits; what a formula left behind them is nobody's.
        return int(cell) if cell.is_integer() and abs(cell) < 1e16 else ["n", f"{cell:.15g}"]
    if kind is datetime:
        # A whole number of days is a day, however the file says it.
        if cell.time() == time():
            return ["d", cell.date().isoformat()]
        return ["t", cell.isoformat()]
    if kind is date:
        return ["d", cell.isoformat()]
    if kind in (time, timedelta):
        return ["o", str(cell)]
    return cell
