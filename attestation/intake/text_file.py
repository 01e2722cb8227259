"""A text file (csv) as rows: its encoding, its delimiter, its records. Works in the child process."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from attestation.intake.refused_file import RefusedFile

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
# What KZ-1048 has in the places of letters that Russian does not use in windows-1251.
KAZAKH_BYTES = bytes.fromhex("8d8e9d9ea1a2a3a5aaafb4babcbdbebf")
# Letters of PT154, LibreOffice's encoding for Kazakh, as KZ-1048 shows them within a word.
PT154 = re.compile("(?<=[Ѐ-ӿ])[ѓњ‡‰¤µ¦±](?=[Ѐ-ӿ])")
ERRORS = re.compile(
    r"#(N/A|VALUE!|REF!|DIV/0!|NUM!|NAME\?|NULL!|SPILL!|CALC!|Н/Д|ЗНАЧ!|ССЫЛКА!|ДЕЛ/0!|ЧИСЛО!|ИМЯ\?|ПУСТО!)|Err:\d+"
)
HASHES = frozenset("#E")  # how an error begins


def read_csv(data: bytes, limits: dict[str, Any]) -> tuple[dict[str, Any], Iterator[tuple[int, list[Any]]]]:
    """What was assumed of the file, and its records. Raises RefusedFile with line and position."""
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
    meta = {"encoding": encoding, "delimiter": delimiter, "unterminated": text[-1:] not in ("\r", "\n")}
    return meta, csv_rows(text, delimiter, limits)


MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def decode(data: bytes) -> tuple[str, str]:
    """The text and the encoding: by its mark, else UTF-8, else by letters one of four of a byte each."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            name = "UTF-8" if encoding == "utf-8" else "UTF-16"
            return strictly(data[len(mark) :], encoding, name, len(mark)), name
    order = utf16_order(data)
    if order:
        return strictly(data, order, "UTF-16", 0), "UTF-16"
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
    if looks_like_cp866(data):
        return strictly(data, "cp866", "CP866", 0), "CP866"
    # One alone may be somebody's name in another language.
    if len(set(PT154.findall(data.decode("kz1048", "replace")))) > 1:
        return strictly(data, "ptcp154", "PT154", 0), "PT154"
    name = "KZ-1048" if data.translate(None, KAZAKH_BYTES) != data else "windows-1251"
    return strictly(data, "kz1048" if name == "KZ-1048" else "cp1251", name, 0), name


def looks_like_cp866(data: bytes) -> bool:
    """Whether most letters stand where DOS programs have the Cyrillic ones, and none where they have the
    lines of tables: windows-1251 has its capitals there, KZ-1048 Kazakh letters."""
    high = data.translate(None, bytes(range(0x80)))
    letters = len(high) - len(high.translate(None, bytes(range(0x80, 0xB0))))
    lines = len(high) - len(high.translate(None, bytes(range(0xB0, 0xE0))))
    return 2 * letters > len(high) and not lines


def is_text(data: bytes) -> bool:
    """Whether the beginning could be that of a text file."""
    if data.startswith(tuple(mark for mark, _encoding in MARKS)) or utf16_order(data):
        return True
    return not CONTROL.search(data[:4096].decode("latin-1"))


def utf16_order(data: bytes) -> str | None:
    """The encoding of UTF-16 without its mark: in Russian and Kazakh texts every second byte is 0 or 4."""
    start = data[:4096]
    for encoding, high, low in (
        ("utf-16-le", start[1::2], start[::2]),
        ("utf-16-be", start[::2], start[1::2]),
    ):
        if 0 in high and 0 not in low and len(high.translate(None, b"\0\4")) * 10 <= len(high):
            return encoding
    return None


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
    for delimiter in (";", "\t", ",", "|"):
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


def typed_text(cell: str) -> Any:
    """An error that is written as a text is an error."""
    return ["e", cell] if ERRORS.fullmatch(cell) else cell


def csv_rows(text: str, delimiter: str, limits: dict[str, Any]) -> Iterator[tuple[int, list[Any]]]:
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
        yield number, [typed_text(cell) if cell[:1] in HASHES else cell for cell in cells]
