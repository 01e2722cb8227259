"""Cells into a row's values: each distinct cell of a column is read once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from attestation.intake.columns import Layout
from attestation.intake.messages import column_letter
from attestation.intake.reading import Row
from attestation.intake.spec import Column, SheetRow
from attestation.intake.values import CellError, Notes, is_blank

T = TypeVar("T")

MOST_KEPT = 5000


class Parsed(NamedTuple):
    """What a cell says: its value and remarks, or what is wrong with it; a blank one none of them."""

    value: Any = None
    notes: Notes = []  # never changed
    error: CellError | None = None


BLANK = Parsed()


class RowParser:
    """Reads the rows of one file; what a cell gives is kept by column, up to 5,000 different ones."""

    def __init__(self, columns: Mapping[str, Column], layout: Layout) -> None:
        self.places = layout.places
        self.width = len(layout.header)
        self.columns: list[tuple[str, int, Column, dict[Any, Parsed]]] = [
            (name, layout.places[name], column, {})
            for name, column in columns.items()
            if name in layout.places
        ]

    def parse(self, row: Row) -> SheetRow:
        """The row with its values; errors are put down at the cell."""
        cells = row.cells
        parsed = SheetRow(row.number, cells, self.places)
        values, last = parsed.values, len(cells)
        for name, place, column, known in self.columns:
            cell = cells[place] if place < last else None
            # A list is a mark and its text; True and 1 are one key, so truths are not kept.
            key = tuple(cell) if cell.__class__ is list else cell
            found = known.get(key)
            if found is None or cell.__class__ is bool:
                found = read_cell(column, cell)
                if len(known) < MOST_KEPT:
                    known[key] = found
            if found is BLANK:
                if column.required:
                    parsed.fail(name, "missing")
            elif found.error is None:
                values[name] = found.value
                for code, params in found.notes:
                    parsed.note(name, code, **params)
            else:
                self._fail(parsed, name, place, found.error)
        return parsed

    @staticmethod
    def _fail(row: SheetRow, name: str, place: int, error: CellError) -> None:
        params = error.params
        if error.code in ("formula", "cell_error"):
            params = {"cell": f"{column_letter(place + 1)}{row.number}"}
        row.fail(name, error.code, **params)


def read_cell(column: Column, cell: Any) -> Parsed:
    """What the cell says in a column of this type."""
    if is_blank(cell):
        return BLANK
    if cell.__class__ is list and cell[0] in ("e", "f"):
        return Parsed(error=CellError("formula" if cell[0] == "f" else "cell_error"))
    notes: Notes = []
    try:
        return Parsed(column.parser(cell, notes), notes)
    except CellError as error:
        return Parsed(error=error)


def batched(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """The rows in lists of at most `size`."""
    iterator = iter(rows)
    while some := list(islice(iterator, size)):
        yield some
