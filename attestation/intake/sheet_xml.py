"""What calamine does not show of a sheet, from the sheet's own XML, in one pass.

Of an .xlsx: error cells and formulas without a value (calamine shows both as empty), hidden rows, and stray
cells. Of an .ods: hidden rows, line breaks, tabs and errors. calamine keeps every cell between the first and
the last one in memory, so one far cell costs 400 MB: `without` takes such cells out before calamine opens the
file (F-I12).
"""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, Any
from xml.etree import ElementTree

from attestation.intake.addresses import column_letter, column_place
from attestation.intake.refused_file import RefusedFile

PIECE = 1 << 20
LONGEST_ROW = 1 << 24  # bytes of XML
FAR_ROW = 1000  # a row that many rows below the one before it is far away
LONGEST_HEADER = 100
NAMED = 20  # stray cells named; the others are counted
NEVER_READ = "xl/externallinks/"  # F-I13; in lower case

SUSPECTS = (b't="e"', b"t='e'", b"<f")
ROW = re.compile(rb"""<row(?:\sr="([0-9]+)")?(?=[\s/>])([^>]*)>""")
# A row, as most are: one of whose first cells holds something.
PLAIN_ROW = re.compile(rb"""<row\sr="([0-9]+)"[^>]*>(?:<c[^>]*/>)*<c[^>]*[^>/]><(?:v|is)>""")
ROW_NUMBER = re.compile(rb"""\sr=["']([0-9]+)""")
HIDDEN = re.compile(rb"""\shidden=["'](?:1|true)["']""")
CELL = re.compile(rb"<c(?=[\s/>])([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
WIDE = re.compile(rb"""r=["']([A-Z]{2,3})[0-9]""")
PLACE = re.compile(rb"""\sr=["']([A-Z]{1,3})[0-9]""")
TYPE = re.compile(rb"""\st=["'](\w+)["']""")
FORMULA = re.compile(rb"<f[\s/>]")
VALUE = re.compile(rb"<(v|is)(?:\s[^>]*)?>(.*?)</\1>", re.DOTALL)
TAG = re.compile(rb"<[^>]*>")
SHARED_TEXT = re.compile(rb"<si(?=[\s/>])[^>]*?(?:/>|>(.*?)</si>)", re.DOTALL)


class Found:
    """What the pass over one sheet found. Rows and columns count from 1."""

    def __init__(self) -> None:
        self.marks: dict[int, list[tuple[int, list[str]]]] = {}
        self.hidden: set[int] = set()
        self.stray: list[str] = []
        self.strays = 0
        self.far_rows: set[int] = set()
        self.far_cells = False
        self.far_data: tuple[int, int] | None = None  # a far row of two or more values, the row before it

    def name(self, column: int, row: int) -> None:
        self.strays += 1
        if len(self.stray) < NAMED:
            self.stray.append(f"{column_letter(column)}{row}")


class BookXml:
    """The parts of an .xlsx, beside what calamine reads of it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.book = zipfile.ZipFile(io.BytesIO(data))
        linked = [name for name in self.book.namelist() if name.lower().startswith(NEVER_READ)]
        self.has_links = bool(linked)
        if linked:
            out = io.BytesIO(data)
            with zipfile.ZipFile(out, "a") as new:
                forget(new, linked)
            self.data = out.getvalue()
            self.book = zipfile.ZipFile(out)
        self.known: list[str] = []
        self.unread = self._shared_texts()

    def _shared_texts(self) -> Iterator[str]:
        part = self._name("xl/sharedStrings.xml")
        if part:
            with self.book.open(part) as stream:
                for window in windows(stream, b"<si"):
                    for text in SHARED_TEXT.finditer(window):
                        yield plain(text[1] or b"")

    def shared(self, index: int) -> str:
        """The beginning of the shared text of this index; the texts are read only as far as needed."""
        while len(self.known) <= index:
            text = next(self.unread, None)
            if text is None:
                return "?"
            self.known.append(text)
        return self.known[index]

    def _name(self, part: str) -> str | None:
        names = {name.lower(): name for name in self.book.namelist()}
        return names.get(part.lower())

    def parts(self) -> dict[str, str]:
        """{name of the sheet: its entry in the zip}; a sheet whose entry can't be found is left out."""
        try:
            # Entities were refused before the child began, and the child's memory is limited.
            workbook = ElementTree.fromstring(self.book.read("xl/workbook.xml"))  # noqa: S314
            links = ElementTree.fromstring(self.book.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
        except (KeyError, ElementTree.ParseError, zipfile.BadZipFile):
            return {}
        targets = {link.get("Id"): link.get("Target", "") for link in links}
        found = {}
        for element in workbook.iter():
            if element.tag.rpartition("}")[2] == "sheet":
                ids = [value for key, value in element.attrib.items() if key.endswith("}id")]
                target = targets.get(ids[0], "") if ids else ""
                part = self._name(target.lstrip("/") if target.startswith("/") else f"xl/{target}")
                if part:
                    found[element.get("name", "")] = part
        return found

    def texts(self, part: str) -> Iterator[list[str]]:
        """Each row's texts, numbers and marks among them; rows without any are left out."""
        with self.book.open(part) as stream:
            for window in windows(stream, b"<row"):
                for _number, row, end in rows_of(window, 0):
                    cells = cells_of(window, row.end(), end, self.shared)
                    texts = [text for _column, _mark, text in cells if text]
                    if texts:
                        yield texts

    def scan(self, part: str, columns: int) -> Found:
        """One pass over a sheet. `columns`: how many are read."""
        found = Found()
        before = last = 0
        with self.book.open(part) as stream:
            for window in windows(stream, b"<row"):
                look = any(suspect in window for suspect in SUSPECTS)
                hides = b"hidden=" in window
                wide = any(column_place(name) > columns for name in set(WIDE.findall(window)))
                if not (look or hides or wide) and last == before:
                    end = before + window.count(b"<row")
                    numbers = [int(number) for number in PLAIN_ROW.findall(window)]
                    if numbers == list(range(before + 1, end + 1)):
                        last = before = end
                        continue
                for number, row, end in rows_of(window, before):
                    before, begin = number, row.end()
                    if hides and HIDDEN.search(row[2]):
                        found.hidden.add(number)
                    apart = wide or number > last + 1
                    if apart or (look and is_suspect(window, begin, end)):
                        # Only where a blank makes a difference is a shared text looked up.
                        cells = cells_of(window, begin, end, self.shared if apart else unseen)
                        if judge(found, number, last, columns, cells):
                            last = max(last, number)
                    elif window.find(b"<v", begin, end) >= 0 or window.find(b"<is", begin, end) >= 0:
                        last = max(last, number)
        return found

    def without(self, part: str, found: Found, columns: int) -> io.BytesIO:
        """The workbook without what lies far away in this sheet, which is written behind the old entries."""
        out = io.BytesIO(self.data)
        with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
            forget(new, [part])
            with self.book.open(part) as source, new.open(part, "w") as target:
                before = 0
                for window in windows(source, b"<row"):
                    kept = 0
                    for number, row, end in rows_of(window, before):
                        before = number
                        target.write(window[kept : row.start()])
                        close = window.find(b"</row>", row.end(), end)
                        kept = close + len(b"</row>") if close >= 0 else row.end()
                        if number not in found.far_rows:
                            whole = window[row.start() : kept]
                            target.write(narrowed(whole, columns) if found.far_cells else whole)
                    target.write(window[kept:])
        out.seek(0)
        return out


def forget(book: zipfile.ZipFile, names: list[str]) -> None:
    """Takes entries out of the zip's table of contents; their bytes stay, and nobody finds them."""
    for name in names:
        book.filelist.remove(book.NameToInfo.pop(name))
    book.comment = book.comment  # it has the table of contents written anew


def judge(found: Found, number: int, last: int, columns: int, cells: Iterator[tuple[int, Any, str]]) -> bool:
    """Puts down what a row's cells are; whether the row stays and holds anything."""
    near, marks = [], []
    for column, mark, text in cells:
        if column > columns:
            found.far_cells = True
            if text:
                found.name(column, number)
            continue
        if mark:
            marks.append((column, mark))
        if text:
            near.append(column)
    if last and number > last + FAR_ROW:
        found.far_rows.add(number)
        if len(near) == 1:
            found.name(near[0], number)
        elif near and not found.far_data:
            found.far_data = (number, last)
        return False
    if marks:
        found.marks[number] = marks
    return bool(near)


def windows(stream: IO[bytes], cut_at: bytes) -> Iterator[bytes]:
    """The part in pieces that begin with `cut_at`, but for the first; a prefix of its names is taken off."""
    rest = b""
    prefix: bytes | None = None
    while True:
        piece = stream.read(PIECE)
        window = rest + piece
        if prefix is None:
            root = re.search(rb"<(\w+:)?(?:worksheet|sst)[\s>]", window)
            prefix = (root and root[1]) or b""
        cut = max(window.rfind(b"<"), 0) if piece else len(window)
        whole, tail = window[:cut], window[cut:]
        if prefix:
            whole = whole.replace(b"<" + prefix, b"<").replace(b"</" + prefix, b"</")
        if not piece:
            yield whole
            return
        cut = max(whole.rfind(cut_at), 0)
        if cut:
            yield whole[:cut]
        rest = whole[cut:] + tail
        if len(rest) > LONGEST_ROW:
            raise RefusedFile("too_large")


def unseen(_index: int) -> str:
    """In place of `BookXml.shared`: whether a cell is blank makes no difference here."""
    return "?"


def is_suspect(window: bytes, begin: int, end: int) -> bool:
    """Whether these cells may be errors or formulas. Three plain searches are faster than one pattern."""
    return any(window.find(suspect, begin, end) >= 0 for suspect in SUSPECTS)


def rows_of(window: bytes, number: int) -> Iterator[tuple[int, re.Match[bytes], int]]:
    """Each row's number, its tag, and where its cells end. `number` is that of the row before the window."""
    before: re.Match[bytes] | None = None
    for row in ROW.finditer(window):
        if before:
            yield number, before, row.start()
        before = row
        at = row[1] or ((found := ROW_NUMBER.search(row[2])) and found[1])
        number = int(at) if at else number + 1
    if before:
        yield number, before, len(window)


def cells_of(
    xml: bytes, begin: int, end: int, shared: Callable[[int], str]
) -> Iterator[tuple[int, list[str] | None, str]]:
    """Of each cell its column, its mark (an error, a formula without value) and the beginning of its text."""
    column = 0
    for cell in CELL.finditer(xml, begin, end):
        attributes, inside = cell.groups()
        place = PLACE.search(attributes)
        column = column_place(place[1]) if place else column + 1
        if not inside:
            yield column, None, ""
            continue
        given = TYPE.search(attributes)
        kind = given[1] if given else b""
        if shared is unseen and kind != b"e" and b"<f" not in inside:
            yield column, None, "?"
            continue
        value = VALUE.search(inside)
        if kind == b"e":
            error = value[2].decode("utf-8", "replace")[:20] if value else "#"
            yield column, ["e", error], error
        elif FORMULA.search(inside) and not (value and (value[2] or kind == b"str")):
            yield column, ["f"], "="
        elif value and kind == b"s" and value[2].isdigit():
            yield column, None, shared(int(value[2]))
        else:
            yield column, None, plain(value[2]) if value else ""


def plain(xml: bytes) -> str:
    """A text without markup and blanks around it; only its beginning, for headers are short."""
    return html.unescape(TAG.sub(b"", xml).decode("utf-8", "replace")).strip()[:LONGEST_HEADER]


def narrowed(row: bytes, columns: int) -> bytes:
    """The row without the cells right of the columns that are read."""
    column = 0

    def keep(cell: re.Match[bytes]) -> bytes:
        nonlocal column
        place = PLACE.search(cell[1])
        column = column_place(place[1]) if place else column + 1
        return cell[0] if column <= columns else b""

    return CELL.sub(keep, row)


# --- ods ---------------------------------------------------------------------------------------

ODS_TOKEN = re.compile(rb"<table:table(?:\s([^>]*))?>|<table:table-row(?=[\s/>])([^>]*)>|</table:table>")
ODS_NAME = re.compile(rb"""table:name=(?:"([^"]*)"|'([^']*)')""")
ODS_REPEATED = re.compile(rb"""table:number-rows-repeated=["']([0-9]+)""")
ODS_UNSEEN = re.compile(
    rb"""<text:(line-break|tab)\s*/>|office:string-value=(?:""|'')\s+(?=calcext:value-type=["']error["'])"""
)
ODS_SUSPECTS = (b"<text:line-break", b"<text:tab", b'"error"', b"'error'")
ODS_SIGNS = {b"line-break": b"\n", b"tab": b"\t"}
ODS_HIDDEN = re.compile(rb"""table:visibility=["'](?:collapse|filter)["']""")


def as_shown_in_ods(data: bytes) -> bytes:
    """The workbook with its line breaks, tabs and errors as text, which calamine drops or shows as empty."""
    with zipfile.ZipFile(io.BytesIO(data)) as book, book.open("content.xml") as stream:
        pieces = windows(stream, b"<table:table-row")
        if not any(suspect in window for window in pieces for suspect in ODS_SUSPECTS):
            return data
    out = io.BytesIO(data)
    with (
        zipfile.ZipFile(io.BytesIO(data)) as book,
        book.open("content.xml") as source,
        zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        forget(new, ["content.xml"])
        with new.open("content.xml", "w") as target:
            for window in windows(source, b"<table:table-row"):
                target.write(ODS_UNSEEN.sub(lambda found: ODS_SIGNS.get(found[1], b""), window))
    return out.getvalue()


def hidden_in_ods(data: bytes, sheet: str, rows: int) -> set[int]:
    """The hidden and filtered-out rows of a sheet among the first `rows`."""
    hidden: set[int] = set()
    number, here = 0, False
    with zipfile.ZipFile(io.BytesIO(data)) as book, book.open("content.xml") as stream:
        for window in windows(stream, b"<table:table-row"):
            for token in ODS_TOKEN.finditer(window):
                if token[2] is not None:
                    repeated = ODS_REPEATED.search(token[2])
                    count = int(repeated[1]) if repeated else 1
                    if here and ODS_HIDDEN.search(token[2]):
                        hidden.update(range(number + 1, min(number + count, rows) + 1))
                    number += count
                else:
                    name = ODS_NAME.search(token[1] or b"")
                    title = html.unescape((name[1] or name[2] or b"").decode("utf-8")) if name else None
                    here, number = title == sheet, 0
    return hidden
