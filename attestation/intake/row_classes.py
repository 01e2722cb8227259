"""What a row under the header is: a person's, or a total, a numbering, a note. Only persons' rows are read.

What is left out is listed with its row, so that nobody's data go in silence; a row that says whose it is, or
most of what it must say, is a person's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

from attestation.intake.child import squeezed
from attestation.intake.columns import Layout
from attestation.intake.reading import Cell, Row
from attestation.intake.spec import Column
from attestation.intake.template_marks import EXAMPLE, NAMES
from attestation.intake.values import folded, is_blank, shown

TOTAL, NUMBERING, NOTE = "total", "numbering", "note"
# Of our own templates.
EXAMPLE_ROW, UNFILLED = "example", "unfilled"
TOTAL_WORD = re.compile(
    r"(итого|всего|итог|общий итог|барлығы|жиыны|жиынтығы|қорытынды|(grand |sub)?total)(?!\w)", re.IGNORECASE
)
NOTE_WORD = re.compile(
    r"(примечани[ея]|примеч|исполнитель|исп|составил[аи]?|подготовил[аи]?|директор|руководитель|начальник"
    r"|главный бухгалтер|подпись|м ?[.] ?[по]|дата|тел(ефон)?|ескерт(у|пе)|орындаушы|басшы|қолы|бастық|күні"
    r"|үлгі|пример|мысал|example|notes?|signature|prepared by|director)(?!\w)",
    re.IGNORECASE,
)
# As many digits in a cell are a number that was meant to say whose the row is.
DIGITS_OF_A_NUMBER = 10
MOST_SHOWN = 80


class LeftOut(NamedTuple):
    """A row that was not read as a person's, and its first words."""

    row: int
    what: str
    text: str


class RowClasses:
    """Tells the rows of one file apart, once its layout is known."""

    def __init__(self, columns: Mapping[str, Column], layout: Layout, key_field: str) -> None:
        self.key = layout.places[key_field]
        self.by_digits = key_field in ("iin", "bin")
        self.required = {layout.places[name] for name, column in columns.items() if column.required}
        self.titles = {place: squeezed(title) for place, title in enumerate(layout.header) if title}
        names = [place for place, title in self.titles.items() if title == squeezed(NAMES)]
        # What the template of a cycle says of a person by itself; nothing where the file has no such column.
        self.given_by_us = {layout.places["iin"], *names} if names else set()

    def class_of(self, row: Row, *, first: bool) -> LeftOut | None:
        """What the row is where it is nobody's; `first`: it stands right under the header."""
        key = row.cells[self.key] if self.key < len(row.cells) else None
        if not first and self.by_digits and not self.given_by_us and _has_number(key):
            return None
        filled = {place: cell for place, cell in enumerate(row.cells) if not is_blank(cell)}
        if key == EXAMPLE:
            what = EXAMPLE_ROW
        elif self.given_by_us and filled.keys() <= self.given_by_us:
            what = UNFILLED
        elif first and is_numbering(list(filled.values())):
            what = NUMBERING
        else:
            what = self._class_of(filled, key)
        text = " ".join(map(shown, filled.values()))[:MOST_SHOWN]
        return LeftOut(row.number, what, text) if what else None

    def _class_of(self, filled: Mapping[int, Cell], key: Cell) -> str:
        if self._is_header(filled):
            return NOTE
        given = len(self.required & filled.keys())
        word = next((folded(cell) for cell in filled.values() if isinstance(cell, str)), "")
        if TOTAL_WORD.match(word) and given < len(self.required) and not _has_number(key):
            return TOTAL
        if _has_number(key) if self.by_digits else not is_blank(key):
            return ""
        is_note = len(filled) == 1 or (NOTE_WORD.match(word) and 2 * given <= len(self.required))
        return NOTE if is_note else ""

    def _is_header(self, filled: Mapping[int, Cell]) -> bool:
        """Whether the header stands here again, as over each printed page."""
        return len(filled) > 1 and all(
            isinstance(cell, str) and squeezed(cell) == self.titles.get(place)
            for place, cell in filled.items()
        )


def _has_number(key: Cell) -> bool:
    """Whether a number stands here that was meant to say whose the row is."""
    text = key if key.__class__ is str else shown(key)
    # Nearly every row begins with a number and nothing else.
    if text.isdigit():
        return len(text) >= DIGITS_OF_A_NUMBER
    return sum(map(str.isdigit, text)) >= DIGITS_OF_A_NUMBER


def is_numbering(cells: list[Cell]) -> bool:
    """Whether the columns are numbered here: 1, 2, 3 …, some perhaps hidden; forms begin with А, Б, 1 …"""
    numbers = [shown(cell).strip() for cell in cells]
    while numbers and len(numbers[0]) == 1 and numbers[0].isalpha():
        numbers.pop(0)
    if len(numbers) < 2 or numbers[0] != "1" or not all(re.fullmatch("[0-9]{1,3}", one) for one in numbers):
        return False
    return all(int(one) < int(next_one) for one, next_one in pairwise(numbers))
