"""What is on record goes out as a file from the pages of each kind, and comes back as all the same."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from openpyxl import load_workbook

from appeals.models import AppealItem
from attestation.by import By
from attestation.identifiers import check_digit
from attestation.intake import engine, report
from attestation.intake.spec import KINDS
from attestation.models import Attestation, Center, CourseRecord, Cycle, Employee, ImportJob, Result, User
from attestation.names import search_key, sort_key
from scoring.models import Rating, Violation
from tests.attestation.admin_cast import client_of, export_address
from tests.attestation.intake_cast import make_centers
from tests.config.test_demo import NOW
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

# Sounds and signs that get lost on the way, and what a spreadsheet takes for a formula.
LAST_NAMES = (
    "Әлімқұлов",
    "=Өмірұлы",
    "-Иванов",
    "@Іңкәр",
    "'Оразов",
    "'=Ғани",
    "''Хасен",
    "Ким-Ұлы",
    "O'Нил",
)
LANGUAGES = ("kk", "ru", "en")
UNITS = ("", "=1+1", "+7 701", "-5", "@бөлім", "'", "'+1", "Әлем 2", "0012")


def counted(kind: str, cycle: Cycle | None) -> int:
    """How many records in force a file of the kind speaks of."""
    cases = Attestation.objects.filter(cycle=cycle).exclude(status="closed")
    items = AppealItem.objects.all()
    found: dict[str, QuerySet[Any]] = {
        "centers": Center.objects.all(),
        "staff": Employee.objects.all(),
        "attestees": cases,
        "courses": CourseRecord.objects.filter(cycle=cycle),
        "results": Result.objects.current().filter(attestation__in=cases),
        "ratings": Rating.objects.standing(),
        "violations": Violation.objects.standing(),
        "appeals": items.filter(appeal__attestation__cycle=cycle),
        "rulings": items.exclude(ruling=""),
    }
    return found[kind].count()


def officer(kind: str) -> User:
    """Rulings are the commission's; every other kind is an administrator's too."""
    return User.objects.get(username="secretary" if kind == "rulings" else "admin")


def exported(kind: str, language: str, cycle: Cycle | None = None) -> bytes:
    """The file that the page gives."""
    user = officer(kind)
    User.objects.filter(pk=user.pk).update(language=language)
    answer = client_of(user).post(export_address(kind, cycle and cycle.pk))
    assert answer.status_code == 200, (kind, cycle)
    return bytes(answer.content)


def read_again(kind: str, data: bytes, cycle: Cycle | None = None) -> ImportJob:
    options: dict[str, Any] = (
        {"read_through": date(2026, 11, 27)} if kind in ("ratings", "violations") else {}
    )
    return engine.preview(kind, data, f"{kind}.xlsx", by=By(officer(kind), NOW), cycle=cycle, **options)


def assert_all_same(kind: str, language: str, cycle: Cycle | None, count: int) -> None:
    """There are so many rows, under the headers of the language, and each of them is the same."""
    data = exported(kind, language, cycle)
    header, *rows = cells_of(data)
    assert len(rows) == count, (kind, cycle)
    if not count:
        return
    with translation.override(language):
        assert list(header) == list(KINDS[kind].resource().titles().values())
        job = read_again(kind, data, cycle)
    errors = Counter((error["field"], error["code"], error["message"]) for error in report.errors_of(job))
    assert errors == {}, (kind, cycle)
    changed = job.rows.exclude(kind="same").values_list("before", "after").first()
    assert (changed, job.rows_same) == (None, count), (kind, cycle)


def cells_of(data: bytes) -> list[tuple[Any, ...]]:
    """Every cell, the header's too; each of them is a text."""
    (sheet,) = load_workbook(io.BytesIO(data), read_only=True)
    rows = list(sheet.iter_rows(values_only=True))
    assert {type(cell) for row in rows for cell in row} <= {str, type(None)}
    return rows


def people(count: int, center: Center) -> Iterator[Employee]:
    """Valid IINs and every kind of name, in turn."""
    made, serial = 0, 0
    while made < count:
        serial += 1
        digits = f"{serial % 7:02d}{1 + serial // 1000 % 12:02d}155{serial % 10000:04d}"
        last = check_digit(digits)
        if last is None:
            continue
        names = LAST_NAMES[made % len(LAST_NAMES)], f"Әсел{chr(0x430 + made % 32)}", ("", "-қызы Ң")[made % 2]
        yield Employee(
            iin=f"{digits}{last}",
            last_name=names[0],
            first_name=names[1],
            patronymic=names[2],
            sort_key=sort_key(*names),
            search_key=search_key(*names),
            center=center,
            unit=UNITS[made % len(UNITS)],
            language=("kk", "ru")[made % 2],
            position=("career_specialist", "assistant")[made % 2],
            hired_on=date(2020, 1, 15),
        )
        made += 1


@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("language", ["kk", "ru", "en"])
@pytest.mark.daily(3)
def test_people_with_every_letter_and_sign_come_back_as_all_same(count: int, language: str) -> None:
    """F-I22: also where they are new; then a second export has the same cells, byte for byte."""
    UserFactory(username="admin")
    center = make_centers()[1]
    with_people = transaction.savepoint()
    Employee.objects.bulk_create(people(count, center), batch_size=500)
    assert_all_same("staff", language, None, count)
    first = exported("staff", language)
    transaction.savepoint_rollback(with_people)
    assert not Employee.objects.exists()

    job = read_again("staff", first)
    assert job.rows_new == count, report.errors_of(job)[:3]
    engine.confirm(job, by=By(officer("staff"), NOW))
    cells = cells_of(exported("staff", language))
    assert cells == cells_of(first)
    assert {cell[:1] for row in cells for cell in row if cell} & set("=+-@\t\r") == set()
