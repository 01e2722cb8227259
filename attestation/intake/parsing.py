"""Cells into a row's values: each distinct cell of a column is read once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from attestation.intake.addresses import column_letter
from attestation.intake.answers import answers_of
from attestation.intake.columns import Layout
from attestation.intake.reading import Row
from attestation.intake.spec import Column, SheetRow
from attestation.intake.values import CellError, Notes, folded, is_blank, plain, word_for_nothing
from attestation.models import ImportJob, ImportRow

T = TypeVar("T")

MOST_KEPT = 5000


class Parsed(NamedTuple):
    """What a cell says: its value and remarks, or what is wrong with it. None: that it says nothing."""

    value: Any = None
    notes: Sequence[tuple[str, dict[str, Any]]] = ()
    error: CellError | None = None


BLANK = Parsed()


class RowParser:
    """Reads the rows of one file; what a cell gives is kept by column, up to 5,000 different ones.

    `chosen`: for fields that hold a term, what an officer said that a word means, by the word, folded.
    """

    def __init__(
        self, columns: Mapping[str, Column], layout: Layout, chosen: Mapping[str, Mapping[str, str]]
    ) -> None:
        self.places = layout.places
        self.chosen = chosen
        # Of what was chosen, what stands in the file: by field, each word as it is written there.
        self.used: dict[str, dict[str, str]] = {}
        self.parts = layout.parts
        self.width = len(layout.header)
        self.columns: list[tuple[str, int, Column, dict[Any, Parsed]]] = [
            (name, layout.places[name], column, {})
            for name, column in columns.items()
            if name in layout.places
        ]

    def parse(self, row: Row, *, cut_off: bool = False) -> SheetRow:
        """The row with its values; errors are put down at the cell. `cut_off`: a csv ends in its midst."""
        cells = row.cells
        parsed = SheetRow(row.number, cells, self.places)
        values, last = parsed.values, len(cells)
        for name, place, column, known in self.columns:
            cell = cells[place] if place < last else None
            if name in self.parts and cell.__class__ is str:
                cell = part_of(cell, self.parts[name], len(self.parts))
            # A list is a mark and its text; True and 1 are one key, so truths are not kept.
            key = tuple(cell) if cell.__class__ is list else cell
            found = known.get(key)
            if found is None or cell.__class__ is bool:
                found = self._read(name, column, cell)
                if len(known) < MOST_KEPT:
                    known[key] = found
            if found is BLANK:
                if column.required:
                    parsed.fail(name, "missing")
            elif found.error is None:
                if found.value is None:
                    parsed.not_given.add(name)
                else:
                    values[name] = found.value
                for code, params in found.notes:
                    parsed.note(name, code, **params)
            else:
                self._fail(parsed, name, place, found.error)
        if row.hidden:
            parsed.note(None, "hidden_row")
        if self.parts and {*self.parts} & values.keys():
            split = " · ".join(str(values[name]) for name in self.parts if values.get(name))
            parsed.note(None, "name_split", value=split)
        if row.width is not None and row.width != self.width:
            self._check_width(parsed, row.width, cut_off)
        return parsed

    def _read(self, name: str, column: Column, cell: Any) -> Parsed:
        chosen = self.chosen.get(name)
        if chosen and cell.__class__ is str and (meant := chosen.get(folded(plain(cell)))):
            self.used.setdefault(name, {})[cell] = meant
            return Parsed(meant)
        return read_cell(column, cell)

    def _check_width(self, row: SheetRow, width: int, cut_off: bool) -> None:
        """Of a csv: a record wider than the header, or one that ends before it."""
        if len(row.cells) > self.width:
            cell = f"{column_letter(self.width + 1)}{row.number}"
            row.fail(None, "row_too_wide", columns=self.width, cell=cell)
        if width > self.width:
            return
        short = {name: column for name, place, column, _known in self.columns if place >= width}
        row.not_given |= short.keys()
        missing = any(column.required for column in short.values())
        if missing:
            row.errors = [error for error in row.errors if error["field"] not in short]
        if cut_off:
            row.fail(None, "cut_off", columns=self.width, width=width)
        elif missing:
            row.fail(None, "row_too_short", columns=self.width, width=width)
        else:
            row.note(None, "short_row", columns=self.width, width=width)

    @staticmethod
    def _fail(row: SheetRow, name: str, place: int, error: CellError) -> None:
        params = error.params
        if error.code in ("formula", "cell_error"):
            params = {"cell": f"{column_letter(place + 1)}{row.number}"}
        row.fail(name, error.code, **params)


def part_of(cell: str, number: int, parts: int) -> str:
    """The word of a cell that is this part's, counted from 0; the last part has all that is left."""
    words = plain(cell).split(None, parts - 1)
    return words[number] if number < len(words) else ""


def layout_of(job: ImportJob) -> Layout:
    """Where the fields stand in a file on record."""
    known = job.columns
    unsure, doubled = (
        {int(place): name for place, name in known.get(which, {}).items()} for which in ("unsure", "doubled")
    )
    return Layout(
        0,
        known.get("header", []),
        known.get("places", {}),
        parts=known.get("parts", {}),
        guessed=known.get("guessed", []),
        unsure=unsure,
        doubled=doubled,
    )


def parse_staged(
    columns: Mapping[str, Column], job: ImportJob, rows: Iterable[ImportRow]
) -> Iterator[SheetRow]:
    """Staged rows from their cells."""
    parser = RowParser(columns, layout_of(job), answers_of(job).values)
    return (parser.parse(Row(row.row_no, row.cells or [])) for row in rows)


def read_cell(column: Column, cell: Any) -> Parsed:
    """What the cell says in a column of this type."""
    if is_blank(cell):
        return BLANK
    word = word_for_nothing(cell, column.parser)
    if word:
        said = ("word_for_nothing", {"word": word})
        return Parsed(error=CellError(said[0], word=word)) if column.required else Parsed(notes=[said])
    if cell.__class__ is list and cell[0] in ("e", "f"):
        return Parsed(error=CellError("formula" if cell[0] == "f" else "cell_error"))
    notes: Notes = []
    try:
        return Parsed(column.parser(cell, notes), notes)
    except CellError as error:
        return Parsed(error=error)
