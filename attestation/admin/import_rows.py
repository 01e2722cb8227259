"""The rows of a preview: whose each is, what it would change, what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import formats

from attestation import explain
from attestation.admin.base import visible
from attestation.intake.frozen import thaw
from attestation.intake.messages import message_of, note_of
from attestation.intake.values import shown
from attestation.intake.vocabulary import OF_FIELD
from attestation.intake.vocabulary import label as word
from attestation.law.calendar import ALMATY
from attestation.models import Employee, ImportJob, ImportRow, User


@dataclass(frozen=True)
class Cell:
    """A field of a previewed row: what it was, what it becomes."""

    title: str
    before: str
    after: str
    changed: bool


@dataclass(frozen=True)
class PreviewRow:
    """A row of the file with what it would do; a row that changes nothing says only whose it is."""

    row: ImportRow
    colour: str
    name: str
    cells: list[Cell]
    errors: list[dict[str, str]]
    notes: list[str]


ROW_COLOURS = {"new": "success", "changed": "info", "same": "", "error": "danger"}
NAMES = ("last_name", "first_name", "patronymic")


def names_in(job: ImportJob, rows: list[ImportRow], user: User) -> dict[int, str]:
    """Whose each row is, by its number: as the file says it, else as the person is on record."""
    places = job.columns.get("places", {})
    given = {}
    for row in rows:
        cells, after = row.cells or [], row.after or {}
        said = [after.get(part) or shown(cell_at(cells, places.get(part))) for part in NAMES]
        given[row.row_no] = " ".join(dict.fromkeys(filter(None, said)))
    numbers = {row.row_no: shown(cell_at(row.cells or [], places.get("iin"))) or row.key for row in rows}
    found = visible(user, Employee.objects.filter(iin__in=numbers.values()))
    on_record = {person.iin: person.full_name for person in found}
    return {number: given[number] or on_record.get(numbers[number], "") for number in given}


def cell_at(cells: list[Any], place: int | None) -> Any:
    return cells[place] if place is not None and place < len(cells) else None


def preview_row(row: ImportRow, titles: dict[str, str], name: str) -> PreviewRow:
    """The changes of one row, field by field, in words; `name`: whose it is."""
    before, after = row.before or {}, row.after or {}
    cells = []
    for field, value in after.items():
        old, new = explain_value(field, before.get(field)), explain_value(field, value)
        changed = row.kind == ImportRow.Kind.CHANGED and old != new
        plain = row.kind == ImportRow.Kind.NEW and new and field not in NAMES
        if changed or plain:
            cells.append(Cell(titles.get(field, field), old, new, changed))
    notes = [note_of(note, titles) for note in row.notes or ()]
    # A value that the message names is not said again.
    errors = [
        error | {"value": ""} if error["value"] in error["message"] else error
        for error in errors_of(row, titles)
    ]
    return PreviewRow(row, ROW_COLOURS[row.kind], name, cells, errors, notes)


def errors_of(row: ImportRow, titles: dict[str, str]) -> list[dict[str, str]]:
    """What is wrong with a row, each with its cell."""
    return [
        {
            "cell": f"{error['column'] or ''}{row.row_no}",
            "value": error["value"],
            "message": message_of(error, titles),
        }
        for error in row.errors or ()
    ]


# Fields whose terms the law does not name.
WORDS = ("language", "test_language", "kind", "ground", "ruling")


def explain_value(name: str, stored: Any) -> str:
    """A staged value as people write it."""
    value = thaw(stored)
    if value is None or value == "":
        return ""
    if isinstance(value, datetime):
        return formats.date_format(value.astimezone(ALMATY), "DATETIME_FORMAT")
    if isinstance(value, date):
        return formats.date_format(value, "DATE_FORMAT")
    if isinstance(value, Decimal):
        return formats.number_format(value)
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    if name in WORDS:
        return word(OF_FIELD[name], str(value))
    return explain.shown_value({"course_category": "category"}.get(name, name), value)
