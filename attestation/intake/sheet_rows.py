"""The rows of one file that was opened: its header understood, totals and notes left out, the rest parsed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.utils.translation import gettext_lazy as _

from attestation.intake.answers import Answers
from attestation.intake.child import HEADER_WITHIN
from attestation.intake.columns import Layout, find_layout
from attestation.intake.parsing import RowParser
from attestation.intake.reading import Cell, Row, Table
from attestation.intake.row_classes import LeftOut, RowClasses, is_numbering
from attestation.intake.spec import ImportKind, IntakeResource, SheetRow, kinds
from attestation.intake.values import is_blank, shown
from attestation.refusals import Refused

ROWS_SAMPLED, SAMPLES, SAMPLE_LENGTH = 50, 3, 60
OTHER_KIND = "other_kind"


class SheetRows:
    """Raises Refused where the header is not understood, Unsettled where it has to be explained first."""

    def __init__(self, resource: IntakeResource, table: Table, answers: Answers) -> None:
        self.resource, self.table, self.answers = resource, table, answers
        first = list(islice(table.stream(), HEADER_WITHIN + 1))
        rows, values_of = first[:HEADER_WITHIN], self.values_of if resource.writes else None
        try:
            self.layout = find_layout(rows, resource.columns(), answers.headers, values_of)
        except Refused as refusal:
            meant = meant_kind(rows, resource)
            raise refusal if meant is None else _another_kind(meant) from refusal
        above = sum(row.number <= self.layout.header_row for row in first)
        # Rows under the header, with those that are left out.
        self.below = table.count - above
        self.left_out: dict[int, LeftOut] = {}
        self.parser = RowParser(resource.columns(), self.layout, answers.values)
        if not self.below and not resource.allow_empty:
            raise Refused("no_data", _("There are no rows under the header. Fill them in."))

    def values_of(self, place: int) -> Iterator[Cell]:
        """What stands in a column, from the first row of the file on."""
        for row in self.table.stream():
            if place < len(row.cells) and not is_blank(row.cells[place]):
                yield row.cells[place]

    def parsed(self) -> Iterator[SheetRow]:
        """Each row that is somebody's, or something's; the others are put down as left out."""
        columns, layout, table = self.resource.columns(), self.layout, self.table
        parser = self.parser
        classes = RowClasses(columns, layout, self.resource.key_field)
        first = True
        for place, row in enumerate(table.stream(), start=1):
            if row.number <= layout.header_row:
                continue
            cut_off = table.unterminated and place == table.count
            left_out = None if cut_off else classes.class_of(row, first=first)
            first = False
            if left_out is None:
                yield parser.parse(row, cut_off=cut_off)
            else:
                self.left_out[row.number] = left_out

    def columns(self) -> dict[str, Any]:
        """What an import keeps of the sheet: where the fields stand, what was ignored, guessed, left out."""
        said = {"left_out": list(self.left_out.values()), "chosen": self.parser.used}
        return columns_of(self.layout, self.table) | said


def meant_kind(rows: list[Row], resource: IntakeResource) -> ImportKind | None:
    """The other kind of file whose required columns are all there, where they are not of this kind."""
    found = []
    for kind in kinds():
        if isinstance(resource, kind.resource) or not kind.resource.writes:
            continue
        try:
            layout = find_layout(rows, kind.resource.columns())
        except Refused:
            continue
        found.append((len(layout.places), -kind.place, kind))
    return max(found)[2] if found else None


def _another_kind(meant: ImportKind) -> Refused:
    return Refused(
        OTHER_KIND,
        _("By its columns this is a file of another kind: “%(kind)s”. Import it as such."),
        kind=meant.title,
        name=meant.name,
    )


def columns_of(layout: Layout, table: Table) -> dict[str, Any]:
    """What an import keeps of where the fields stand, with the first values of each column."""
    return {
        "header": layout.header,
        "places": layout.places,
        "ignored": layout.ignored,
        "parts": layout.parts,
        "guessed": layout.guessed,
        "samples": _samples(layout, table),
    }


def columns_asked(layout: Layout, table: Table) -> dict[str, Any]:
    """The same where somebody has to say what some columns hold."""
    return columns_of(layout, table) | {"unsure": layout.unsure, "doubled": layout.doubled}


def _samples(layout: Layout, table: Table) -> list[list[str]]:
    samples: list[list[str]] = [[] for _title in layout.header]
    below = [row for row in islice(table.stream(), ROWS_SAMPLED) if row.number > layout.header_row]
    if below and is_numbering([cell for cell in below[0].cells if not is_blank(cell)]):
        del below[0]
    for row in below:
        for found, cell in zip(samples, row.cells, strict=False):
            text = shown(cell)[:SAMPLE_LENGTH]
            if text.strip() and text not in found and len(found) < SAMPLES:
                found.append(text)
    return samples
