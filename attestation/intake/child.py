"""The child process that opens an uploaded file: run by reading.py, alone, as `python -I child.py`.

It imports nothing of ours, has limits on memory, time and files, and may die of what it reads; the
parent then says that the file is damaged or too large. In: the limits as JSON in argv[1], the file as
standard input. Out: JSON lines: {"sheet": …} first, then lists of [row number, cells], {"end": rows}
last; or {"refused": code, …}.

A cell is null, a text, an integer, true/false, or a mark: ["n", "4.6"] a decimal, ["d", ISO date],
["t", ISO date and time], ["e", "#N/A"] an error, ["f"] a formula without a stored value,
["o", text] a time of day or a duration.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any
from xml.etree import ElementTree

CHUNK = 1000
Rows = Iterator[tuple[int, list[Any]]]
Marks = dict[int, list[tuple[int, list[str]]]]
MOST_BETWEEN_CELLS = 1 << 22
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
ERRORS = re.compile(
    r"#(N/A|VALUE!|REF!|DIV/0!|NUM!|NAME\?|NULL!|SPILL!|CALC!|Н/Д|ЗНАЧ!|ССЫЛКА!|ДЕЛ/0!|ЧИСЛО!|ИМЯ\?|ПУСТО!)|Err:\d+"
)
HASHES = frozenset("#E")
# What KZ-1048 has in the places of letters that Russian does not use in windows-1251.
KAZAKH_BYTES = bytes.fromhex("8d8e9d9ea1a2a3a5aaafb4babcbdbebf")


class RefusedFile(Exception):
    """The file can't be read; `params` says where."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def main() -> None:
    limits = json.loads(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["seconds"], limits["seconds"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        data = sys.stdin.buffer.read()
        meta, rows = read_csv(data, limits) if limits["kind"] == "csv" else read_workbook(data, limits)
        say(meta)
        send(rows, limits)
    except RefusedFile as refusal:
        say({"refused": refusal.code, **refusal.params})
    except MemoryError:
        say({"refused": "too_large"})


def say(message: Any) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def send(rows: Rows, limits: dict[str, Any]) -> None:
    """Rows in chunks, blank rows left out; stops at the caps on rows, columns and text."""
    count, characters = 0, 0
    chunk: list[Any] = []
    for number, cells in rows:
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
        chunk.append([number, cells])
        if len(chunk) == CHUNK:
            say(chunk)
            chunk = []
    if chunk:
        say(chunk)
    say({"end": count})


# --- workbooks ---------------------------------------------------------------------------------


def read_workbook(data: bytes, limits: dict[str, Any]) -> tuple[dict[str, Any], Rows]:
    import python_calamine as calamine

    try:
        workbook = calamine.load_workbook(io.BytesIO(data))
        sheets = [m for m in workbook.sheets_metadata if m.typ == calamine.SheetTypeEnum.WorkSheet]
        names = [m.name for m in sheets]
        shown = [m.name for m in sheets if m.visible == calamine.SheetVisibleEnum.Visible]
        wanted = limits.get("sheet")
        if wanted and wanted not in names:
            raise RefusedFile("no_such_sheet", sheet=wanted)
        # A hidden sheet usually holds the lists of a drop-down: the visible ones come first.
        for name in [wanted] if wanted else [*shown, *(name for name in names if name not in shown)]:
            sheet = workbook.get_sheet_by_name(name)
            start, end = sheet.start, sheet.end
            if start is not None and end is not None:
                break
        else:
            raise RefusedFile("no_rows")
    except calamine.PasswordError:
        raise RefusedFile("protected") from None
    except (calamine.CalamineError, OSError, ValueError):
        raise RefusedFile("damaged") from None
    if end[1] - start[1] >= limits["columns"]:
        raise RefusedFile("too_many_columns", row=0, column=end[1] + 1, limit=limits["columns"])
    marks = marked_cells(data, name) if limits["kind"] == "xlsx" else {}
    return {"sheet": name, "sheets": names}, typed_rows(sheet, marks)


def typed_rows(sheet: Any, marks: Marks) -> Rows:
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
        return ["e", cell] if ERRORS.fullmatch(cell) else cell
    if kind is float:
        if not math.isfinite(cell):
            return ["e", str(cell)]
        return int(cell) if cell.is_integer() and abs(cell) < 1e16 else ["n", repr(cell)]
    if kind is datetime:
        return ["t", cell.isoformat()]
    if kind is date:
        return ["d", cell.isoformat()]
    if kind in (time, timedelta):
        return ["o", str(cell)]
    return cell


CELL = re.compile(rb"<(?:\w+:)?c\s([^>]*?[^>/])>(.*?)</(?:\w+:)?c>", re.DOTALL)
SUSPECTS = (b't="e"', b"t='e'", b"<f", b":f")
FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
VALUE = re.compile(rb"<(?:\w+:)?(?:v|is)(?:\s[^>]*)?>(.*?)</(?:\w+:)?(?:v|is)>", re.DOTALL)
PLACE = re.compile(rb"""(?:^|\s)r=["']([A-Z]{1,3})([0-9]{1,7})["']""")
TEXT_TYPE = re.compile(rb"""(?:^|\s)t=["']str["']""")
ERROR_TYPE = re.compile(rb"""(?:^|\s)t=["']e["']""")


def marked_cells(data: bytes, sheet_name: str) -> Marks:
    """{row: [(column, mark)]} of the error cells and of the formulas that were saved without a value."""
    marks: Marks = {}
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        part = sheet_part(book, sheet_name)
        if part is None:
            return marks
        rest = b""
        with book.open(part) as stream:
            while True:
                piece = stream.read(1 << 20)
                window = rest + piece
                cut = max(window.rfind(b"</c>"), window.rfind(b":c>")) + 4 if piece else len(window)
                whole, rest = window[:cut], window[cut:][-MOST_BETWEEN_CELLS:]
                if any(suspect in whole for suspect in SUSPECTS):
                    mark_cells(whole, marks)
                if not piece:
                    return marks


def mark_cells(xml: bytes, marks: Marks) -> None:
    for attributes, inside in CELL.findall(xml):
        place = PLACE.search(attributes)
        if not place:
            continue
        value = VALUE.search(inside)
        if ERROR_TYPE.search(attributes):
            mark = ["e", value.group(1).decode("utf-8", "replace")[:20] if value else "#"]
        elif FORMULA.search(inside) and not (value and (value.group(1) or TEXT_TYPE.search(attributes))):
            mark = ["f"]
        else:
            continue
        column = 0
        for letter in place.group(1):
            column = column * 26 + letter - 64
        marks.setdefault(int(place.group(2)), []).append((column, mark))


def sheet_part(book: zipfile.ZipFile, sheet_name: str) -> str | None:
    """The entry of the zip that holds the sheet of this name."""
    try:
        # Entities were refused before the child began, and the child's memory is limited.
        workbook = ElementTree.fromstring(book.read("xl/workbook.xml"))  # noqa: S314
        links = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    except (KeyError, ElementTree.ParseError, zipfile.BadZipFile):
        return None
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    for element in workbook.iter():
        if element.tag.rpartition("}")[2] == "sheet" and element.get("name") == sheet_name:
            ids = [value for key, value in element.attrib.items() if key.endswith("}id")]
            target = targets.get(ids[0], "") if ids else ""
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            return part if part in book.namelist() else None
    return None


# --- text --------------------------------------------------------------------------------------


def read_csv(data: bytes, limits: dict[str, Any]) -> tuple[dict[str, Any], Rows]:
    text, encoding = decode(data)
    control = CONTROL.search(text)
    if control:
        place = control.start()
        line = text.count("\n", 0, place) + 1
        code = f"U+{ord(control.group()):04X}"
        raise RefusedFile("control_character", position=place + 1, line=line, character=code)
    # Excel takes a first line like "sep=;" as an instruction and does not show it.
    hint = re.match(r"sep=(.)(\r\n|\r|\n)", text, re.IGNORECASE)
    if hint:
        text = text[hint.end() :]
    delimiter = hint.group(1) if hint else guess_delimiter(text)
    csv.field_size_limit(limits["cell"] + 1)
    meta: dict[str, Any] = {"sheet": "", "sheets": [], "encoding": encoding, "delimiter": delimiter}
    return meta, csv_rows(text, delimiter, limits)


MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def decode(data: bytes) -> tuple[str, str]:
    """The text and the encoding: by its mark, else UTF-8, else KZ-1048 or windows-1251 by its letters."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            name = "UTF-8" if encoding == "utf-8" else "UTF-16"
            return strictly(data[len(mark) :], encoding, name, len(mark)), name
    place = data.find(b"\0")
    if place >= 0:
        line = data.count(b"\n", 0, place) + 1
        raise RefusedFile("control_character", position=place + 1, line=line, character="U+0000")
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        loose = data.decode("utf-8", "replace")
        damaged = loose.count("\ufffd")
        foreign = len(re.findall(r"[^\x00-\x7f\ufffd]", loose))
        if foreign > 10 * damaged:
            strictly(data, "utf-8", "UTF-8", 0)
    name = "KZ-1048" if data.translate(None, KAZAKH_BYTES) != data else "windows-1251"
    return strictly(data, "kz1048" if name == "KZ-1048" else "cp1251", name, 0), name


def strictly(data: bytes, encoding: str, name: str, offset: int) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise RefusedFile(
            "undecodable",
            encoding=name,
            position=offset + error.start + 1,
            line=data.count(b"\n", 0, error.start) + 1,
            byte=f"{data[error.start]:02X}",
        ) from None


def guess_delimiter(text: str) -> str:
    """The delimiter under which most of the first rows have the same number of columns, more than one."""
    best = (0, 0, ",")
    for delimiter in (";", "\t", ","):
        widths = []
        try:
            for row in islice(csv.reader(io.StringIO(text[:65536], newline=""), delimiter=delimiter), 25):
                if any(row):
                    widths.append(len(row))
        except csv.Error:
            continue
        common = [width for width in set(widths) if width > 1]
        score = max(((widths.count(width), width) for width in common), default=(0, 0))
        if (*score, delimiter)[:2] > best[:2]:
            best = (*score, delimiter)
    return best[2]


def csv_rows(text: str, delimiter: str, limits: dict[str, Any]) -> Rows:
    """Records, numbered as a spreadsheet shows them: a record of several lines is one row."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        began = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "limit" in str(error):
                raise RefusedFile("cell_too_long", row=number, column=0, limit=limits["cell"]) from None
            raise RefusedFile("quotes", row=number, line=began) from None
        yield number, [typed(cell) if cell[:1] in HASHES else cell for cell in cells]


if __name__ == "__main__":
    main()
