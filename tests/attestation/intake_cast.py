"""Who and what the intake's tests work with: a region's centres, officers, spreadsheets made on the spot."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any

from openpyxl import Workbook

from attestation.by import By
from attestation.identifiers import check_digit
from attestation.intake import engine
from attestation.law.calendar import ALMATY
from attestation.models import Center, ImportJob, Region, Role, User
from tests.data.make_spreadsheets import CENTER_BIN, HERE, IINS

NOW = datetime(2026, 2, 5, 12, 0, tzinfo=ALMATY)
MOBILITY_BIN = "240940724657"
STAFF_HEADER = [
    *("iin", "last_name", "first_name", "patronymic", "center_bin", "unit", "language", "position"),
    *("hired_on", "email", "category", "category_from"),
]
PERSON = {
    "iin": IINS[1],
    "last_name": "Өмірзақова",
    "first_name": "Іңкәр",
    "center_bin": CENTER_BIN,
    "position": "career_specialist",
    "hired_on": date(2019, 9, 1),
}
__all__ = ["CENTER_BIN", "HERE", "IINS", "PERSON"]


def iin(serial: int) -> str:
    """Valid IINs of people born on 15 March 1990, by number."""
    first = f"9003153{serial:04d}"
    last = check_digit(first)
    return f"{first}{last}" if last is not None else iin(serial + 5000)


def make_centers() -> tuple[Center, Center]:
    """A labour mobility centre with one career centre, which the files name."""
    region = Region.objects.get(code="KZ-10")
    center = Center.objects.create(
        bin=MOBILITY_BIN, kind="labour_mobility", name_kk="Абай ЕМО", name_ru="ЦТМ Абай", region=region
    )
    career = Center.objects.create(
        bin=CENTER_BIN,
        kind="career",
        name_kk="Семей МО",
        name_ru="КЦ Семей",
        parent=center,
        region=region,
    )
    return center, career


def make_stranger() -> Center:
    """A labour mobility centre of another region."""
    return Center.objects.create(
        bin="241140229174",
        kind="labour_mobility",
        name_kk="Ақмола ЕМО",
        name_ru="ЦТМ Акмола",
        region=Region.objects.get(code="KZ-11"),
    )


def make_officer(center: Center | None, role: str = Role.HR, name: str = "hr") -> User:
    """An account that acts, in English."""
    return User.objects.create(username=name, role=role, center=center, language="en")


def book(rows: list[list[Any]], **more_sheets: list[list[Any]]) -> bytes:
    """An .xlsx of one sheet, and more by name."""
    workbook = Workbook()
    sheet = workbook.active
    for row in rows:
        sheet.append(row)
    for title, lines in more_sheets.items():
        sheet = workbook.create_sheet(title)
        for line in lines:
            sheet.append(line)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def table(*records: dict[str, Any]) -> bytes:
    """An .xlsx whose header are the keys of all records, in order."""
    header = list(dict.fromkeys(name for record in records for name in record))
    return book([header, *([record.get(name) for name in header] for record in records)])


def preview(
    kind: str, data: bytes, actor: User | None = None, name: str = "f.xlsx", **options: Any
) -> ImportJob:
    """A preview at NOW."""
    return engine.preview(kind, data, name, by=By(actor, options.pop("now", NOW)), **options)


def confirm(job: ImportJob, actor: User | None = None, **options: Any) -> ImportJob:
    """A confirm at NOW."""
    return engine.confirm(job, by=By(actor, options.pop("now", NOW)), **options)


def errors(job: ImportJob) -> list[tuple[Any, Any, Any, str]]:
    """(row, column, field, message) of each error."""
    from attestation.intake.report import errors_of

    return [(error["row"], error["column"], error["field"], error["message"]) for error in errors_of(job)]


def notes(job: ImportJob) -> list[tuple[int, str, str]]:
    """(row, code, message) of each note on a row."""
    from attestation.intake.report import row_notes_of

    return [(note["row"], note["code"], note["message"]) for note in row_notes_of(job)]


def message(job: ImportJob) -> str:
    """The one error's sentence."""
    ((_row, _column, _field, sentence),) = errors(job)
    return sentence
