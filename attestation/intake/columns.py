"""Which column holds which field: headers in three languages or by identifier, in any order (F-I5, F-I6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest
from typing import Any

from django.utils.translation import gettext_lazy as _

from attestation.intake import headers
from attestation.intake.addresses import column_letter
from attestation.intake.child import HEADER_WITHIN, bare, squeezed
from attestation.intake.forbidden import SHOWN, quoted, refuse_forbidden
from attestation.intake.reading import Cell, Row
from attestation.intake.spec import Column
from attestation.intake.template_marks import NAMES
from attestation.refusals import Refused

NOT_NEEDED = ""
# The answer that a column holds a whole name, to be split.
FULL_NAME = "full_name"
# What stands in a column under the header, for what the header alone does not say.
ValuesOf = Callable[[int], Iterable[Cell]]


@dataclass
class Layout:
    """Where the fields stand in the sheet; places count from 0."""

    header_row: int
    header: list[str]
    places: dict[str, int]
    ignored: list[tuple[str, str]] = field(default_factory=list)
    # Fields that share a column, by the part of its words that is theirs; the last one has the rest.
    parts: dict[str, int] = field(default_factory=dict)
    guessed: list[int] = field(default_factory=list)
    # Columns whose header is near to a field's, or one of several for it, with that field.
    unsure: dict[int, str] = field(default_factory=dict)
    doubled: dict[int, str] = field(default_factory=dict)

    def letter(self, name: str) -> str | None:
        """The letter of the column that holds the field; None where the file has no such column."""
        place = self.places.get(name)
        return None if place is None else column_letter(place + 1)

    def named(self, place: int) -> dict[str, str]:
        """A column by its letter and header."""
        return {"column": column_letter(place + 1), "header": self.header[place][:SHOWN]}

    def field_at(self, place: int) -> str:
        """The field that the column holds, or may hold; FULL_NAME for the whole name, "" for none."""
        found = [name for name, other in self.places.items() if other == place]
        if len(found) > 1:
            return FULL_NAME
        return found[0] if found else self.unsure.get(place) or self.doubled.get(place, NOT_NEEDED)


class Unsettled(Refused):
    """Somebody has to say what some columns hold. `layout` is what is known, `missing` what none gives."""

    def __init__(self, layout: Layout, missing: list[Column]) -> None:
        self.layout, self.missing = layout, missing
        super().__init__(self.errors()[0]["code"], "%(message)s", message=_Sentence(self))

    def errors(self) -> list[dict[str, Any]]:
        """Each thing that is not settled: a code, the columns it is about, a sentence."""
        found: list[dict[str, Any]] = []
        unsure = [
            {**self.layout.named(place), "suggestion": name} for place, name in self.layout.unsure.items()
        ]
        if unsure:
            found.append({"code": "unsure_header", "headers": unsure, "message": self._unsure()})
        if self.layout.doubled:
            doubled = [self.layout.named(place) for place in self.layout.doubled]
            found.append({"code": "column_doubled", "headers": doubled, "message": self._doubled()})
        if self.missing:
            titles = ", ".join(column.title() for column in self.missing)
            message = _(
                "These columns are missing: %(titles)s. Add them and upload the file again, "
                "or say which columns hold them."
            )
            found.append(
                {"code": "column_missing", "headers": unsure, "message": message % {"titles": titles}}
            )
        return found

    def _unsure(self) -> str:
        message = _(
            "It is not certain what these columns hold: %(columns)s. Say it, or that they are not needed."
        )
        return message % {"columns": self._quoted(self.layout.unsure)}

    def _doubled(self) -> str:
        message = _("These columns hold the same field: %(columns)s. Say which of them is not needed.")
        return message % {"columns": self._quoted(self.layout.doubled)}

    def _quoted(self, places: Iterable[int]) -> str:
        return quoted({place: self.layout.header[place] for place in places})


class _Sentence:
    """What is not settled, in the language active when it is read."""

    def __init__(self, unsettled: Unsettled) -> None:
        self.unsettled = unsettled

    def __str__(self) -> str:
        return " ".join(error["message"] for error in self.unsettled.errors())


def header_of(cell: Cell) -> str:
    """A header as it stands in its cell; numbers, dates and errors are no headers."""
    return cell.strip() if isinstance(cell, str) else ""


def header_words(columns: Mapping[str, Column]) -> list[str]:
    """The words by which the reader knows the sheet with the headers."""
    return sorted({bare(word) for name, column in columns.items() for word in (name, *column.headers)})


def answer_key(title: str) -> str:
    """By what an answer knows a header."""
    return squeezed(title)


@dataclass
class _Words:
    """What headers of a kind of file may say, and what somebody said of some of them."""

    columns: Mapping[str, Column]
    answers: Mapping[str, str]

    def __post_init__(self) -> None:
        self.labels = {
            squeezed(word): name for name, column in self.columns.items() for word in (name, *column.headers)
        }
        self.synonyms = headers.synonyms_of(self.columns)

    def answer(self, place: int, title: str) -> str | None:
        """What somebody said of the column: by its letter, or by its header."""
        return self.answers.get(f"={column_letter(place + 1)}", self.answers.get(answer_key(title)))

    def field_of(self, place: int, title: str) -> str | None:
        """The field that the header names, surely or not."""
        answer = self.answer(place, title)
        if answer is not None:
            return answer or None
        name = headers.meant_by(title, self.labels)
        if name is None and self.has_names and headers.is_full_name(title):
            return FULL_NAME
        return name or headers.meant_by(title, self.synonyms)

    @property
    def has_names(self) -> bool:
        """Whether the kind has the three parts of a name."""
        return set(headers.NAME_PARTS) <= self.columns.keys()


def find_layout(
    rows: list[Row],
    columns: Mapping[str, Column],
    answers: Mapping[str, str] | None = None,
    values_of: ValuesOf | None = lambda _place: (),
) -> Layout:
    """The header row among the first ten, and the column of each field.

    `answers`: fields by `answer_key`, or by "=" and the letter; NOT_NEEDED for none. `values_of`: None for a
    file that brings nothing, in which no column is forbidden. Raises Refused, and Unsettled where somebody
    has to say what some columns hold.
    """
    words = _Words(columns, answers or {})
    header = _header_of(rows[:HEADER_WITHIN], words)
    if header is None:
        raise Refused(
            "header_missing",
            _(
                "None of the first ten rows holds the expected headers: %(headers)s. "
                "Put them into the row above the data and upload the file again."
            ),
            headers=", ".join(column.title() for column in columns.values() if column.required),
        )
    layout = _layout_of(header, words, values_of)
    given = {*layout.places, *layout.doubled.values()}
    missing = [column for name, column in columns.items() if column.required and name not in given]
    if layout.unsure or layout.doubled or missing:
        raise Unsettled(layout, missing)
    return layout


def _header_of(rows: list[Row], words: _Words) -> Row | None:
    """The row, or the two rows merged, that names most fields; the first of several."""
    best, most = None, 0
    for row in (*rows, *(_merged(*two) for two in pairwise(rows))):
        named = {words.field_of(place, header_of(cell)) for place, cell in enumerate(row.cells)} - {None}
        if len(named) > most:
            best, most = row, len(named)
    return best


def _merged(above: Row, below: Row) -> Row:
    """Two rows as one header, in lines."""
    both = zip_longest(map(header_of, above.cells), map(header_of, below.cells), fillvalue="")
    return Row(below.number, ["\n".join(filter(None, lines)) for lines in both])


def _layout_of(row: Row, words: _Words, values_of: ValuesOf | None) -> Layout:
    said = [header_of(cell) for cell in row.cells]
    layout = Layout(row.number, [" ".join(title.split()) for title in said], {})
    answered = {place for place, title in enumerate(said) if words.answer(place, title) is not None}
    titles = {
        place: title
        for place, title in enumerate(said)
        if (title or place in answered) and squeezed(title) != squeezed(NAMES)
    }
    sure: dict[int, str] = {}
    for place, title in titles.items():
        answer = words.answer(place, title)
        name = headers.meant_by(title, words.labels) if answer is None else answer
        if name is not None:
            sure[place] = name
    rest = {place: title for place, title in titles.items() if place not in sure}
    if values_of is not None:
        refuse_forbidden(rest, values_of)
    _claim(layout, {place: name for place, name in sure.items() if name}, layout.doubled)
    guesses = {place: _guess(title, words, layout) for place, title in rest.items()}
    layout.guessed = _claim(layout, {place: name for place, name in guesses.items() if name}, layout.unsure)
    open_ = {label: name for label, name in words.labels.items() if name not in layout.places}
    for place, title in rest.items():
        if place in layout.guessed or place in layout.unsure:
            continue
        near = headers.nearest(title, open_)
        if near is not None:
            layout.unsure[place] = near
    used = {*layout.places.values(), *layout.unsure, *layout.doubled}
    layout.ignored = [
        (column_letter(place + 1), layout.header[place][:SHOWN]) for place in titles if place not in used
    ]
    layout.unsure = dict(sorted(layout.unsure.items()))
    return layout


def _guess(title: str, words: _Words, layout: Layout) -> str | None:
    """The field for which people use the header, where no other column has it."""
    if words.has_names and headers.is_full_name(title):
        return None if layout.places.keys() & set(headers.NAME_PARTS) else FULL_NAME
    name = headers.meant_by(title, words.synonyms)
    return None if name in layout.places else name


def _claim(layout: Layout, claims: Mapping[int, str], shared: dict[int, str]) -> list[int]:
    """Give each field the one column that claims it, and tell which; those of several go to `shared`."""
    counts = Counter(claims.values())
    if FULL_NAME in counts:
        counts.update(headers.NAME_PARTS)
    settled = []
    for place, name in claims.items():
        if counts[name] > 1:
            shared[place] = name
            continue
        settled.append(place)
        if name == FULL_NAME:
            layout.parts = {part: number for number, part in enumerate(headers.NAME_PARTS)}
            layout.places |= dict.fromkeys(headers.NAME_PARTS, place)
        else:
            layout.places[name] = place
    return settled
