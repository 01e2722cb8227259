"""Which column holds which field: headers in three languages or by identifier, in any order (F-I5, F-I6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from django.utils.translation import gettext_lazy as _

from attestation.intake.addresses import column_letter
from attestation.intake.child import HEADER_WITHIN, bare
from attestation.intake.reading import Cell, Row
from attestation.intake.spec import Column
from attestation.intake.values import folded
from attestation.refusals import Refused

# F-I5: what only the chain of acts sets. A file that brings such a column was made for something else.
FORBIDDEN = frozenset(
    {
        *("decision", "шешім", "решение"),
        *("outcome", "нәтиже", "исход"),
        *("status", "мәртебе", "мәртебесі", "статус"),
        *("role", "рөл", "рөлі", "роль"),
        *("points", "ұпай", "ұпайлар", "балл", "баллы", "баллов"),
        *("consequences", "салдары", "последствия"),
        *("password", "құпиясөз", "пароль"),
        *("is_superuser", "is_staff", "is_active", "user_permissions", "permissions", "groups"),
    }
)


@dataclass
class Layout:
    """Where the fields stand in the sheet; places count from 0."""

    header_row: int
    header: list[str]
    places: dict[str, int]
    ignored: list[tuple[str, str]] = field(default_factory=list)

    def letter(self, name: str) -> str | None:
        """The letter of the column that holds the field; None where the file has no such column."""
        place = self.places.get(name)
        return None if place is None else column_letter(place + 1)


def title_of(cell: Cell) -> str:
    """A header as a person reads it; numbers, dates and errors are no headers."""
    return " ".join(cell.split()) if isinstance(cell, str) else ""


def header_words(columns: Mapping[str, Column]) -> list[str]:
    """The words by which the reader knows the sheet with the headers."""
    return sorted({bare(word) for name, column in columns.items() for word in (name, *column.headers)})


def find_layout(rows: list[Row], columns: Mapping[str, Column]) -> Layout:
    """The header row among the first ten, and the column of each field. Raises Refused."""
    known = {folded(word): name for name, column in columns.items() for word in (name, *column.headers)}
    best: Row | None = None
    most = 0
    for row in rows[:HEADER_WITHIN]:
        found = len({known[folded(title_of(cell))] for cell in row.cells if folded(title_of(cell)) in known})
        if found > most:
            best, most = row, found
    if best is None:
        raise Refused(
            "header_missing",
            _(
                "None of the first ten rows holds the expected headers: %(headers)s. "
                "Put them into the row above the data and upload the file again."
            ),
            headers=", ".join(column.title() for column in columns.values() if column.required),
        )
    layout = _layout_of(best, known)
    _check_complete(layout, columns)
    return layout


def _layout_of(row: Row, known: Mapping[str, str]) -> Layout:
    layout = Layout(row.number, [title_of(cell) for cell in row.cells], {})
    for place, title in enumerate(layout.header):
        word = folded(title)
        if not word:
            continue
        name = known.get(word)
        if name is None:
            if word in FORBIDDEN:
                raise Refused(
                    "column_forbidden",
                    _(
                        "Column %(letter)s “%(title)s” may not be imported: it is set by the acts of the "
                        "attestation alone. Delete the column and upload the file again."
                    ),
                    letter=column_letter(place + 1),
                    title=title[:80],
                )
            layout.ignored.append((column_letter(place + 1), title[:80]))
        elif name in layout.places:
            raise Refused(
                "column_doubled",
                _(
                    "Columns %(first)s and %(second)s hold the same field, “%(title)s”. "
                    "Delete one of them and upload the file again."
                ),
                first=column_letter(layout.places[name] + 1),
                second=column_letter(place + 1),
                title=title[:80],
            )
        else:
            layout.places[name] = place
    return layout


def _check_complete(layout: Layout, columns: Mapping[str, Column]) -> None:
    missing = {
        name: column for name, column in columns.items() if column.required and name not in layout.places
    }
    if not missing:
        return
    first, column = next(iter(missing.items()))
    near = _near(first, column, layout)
    if near:
        raise Refused(
            "column_misspelt",
            _(
                "Column “%(title)s” is missing. Column %(letter)s “%(near)s” looks like it: "
                "correct its header and upload the file again."
            ),
            title=column.title(),
            letter=near[0],
            near=near[1],
        )
    raise Refused(
        "column_missing",
        _("These columns are missing: %(titles)s. Add them and upload the file again."),
        titles=", ".join(column.title() for column in missing.values()),
    )


def _near(name: str, column: Column, layout: Layout) -> tuple[str, str] | None:
    words = {folded(title): (letter, title) for letter, title in layout.ignored}
    for wanted in (name, *column.headers):
        close = get_close_matches(folded(wanted), words, n=1, cutoff=0.7)
        if close:
            return words[close[0]]
    return None
