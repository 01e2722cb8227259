"""What is on record goes out by the columns of each kind of file, and comes back as all the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils import translation
from import_export.formats.base_formats import XLSX
from tablib import Dataset

from appeals.models import AppealItem
from attestation.by import By
from attestation.identifiers import check_digit
from attestation.intake import engine, report
from attestation.intake.spec import KINDS
from attestation.models import Attestation, Center, CourseRecord, Cycle, Employee, ImportJob, Result, User
from attestation.names import search_key, sort_key
from scoring.models import Rating, Violation
from tests.attestation.intake_cast import make_centers
from tests.config.test_demo import NOW

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
UNITS = ("", "=1+1", "+7 701", "-5", "@бөлім", "'", "'+1", "Әлем 2", "0012")


def on_record(kind: str, cycle: Cycle | None) -> QuerySet[Any]:
    """The records in force of which a file of the kind speaks."""
    cases = Attestation.objects.filter(cycle=cycle).exclude(status="closed")
    items = AppealItem.objects.select_related("appeal__attestation__employee").order_by("pk")
    found: dict[str, QuerySet[Any]] = {
        "centers": Center.objects.select_related("parent", "region"),
        "staff": Employee.objects.all(),
        "attestees": cases.select_related("employee"),
        "courses": CourseRecord.objects.filter(cycle=cycle).select_related("employee"),
        "results": Result.objects.current()
        .filter(attestation__in=cases)
        .select_related("attestation__employee"),
        "ratings": Rating.objects.standing().select_related("employee"),
        "violations": Violation.objects.standing().select_related("employee"),
        "appeals": items.filter(appeal__attestation__in=cases),
        "rulings": items.exclude(ruling=""),
    }
    return found[kind]


def exported(kind: str, records: QuerySet[Any]) -> Dataset:
    """The records as the columns of the kind write them."""
    return KINDS[kind].resource().export(queryset=records)


def read_again(kind: str, dataset: Dataset, cycle: Cycle | None) -> ImportJob:
    options: dict[str, Any] = (
        {"read_through": date(2026, 11, 27)} if kind in ("ratings", "violations") else {}
    )
    # Rulings are a person's; every other kind the system may bring in.
    actor = User.objects.get(username="chair") if kind == "rulings" else None
    data = XLSX().export_data(dataset)
    return engine.preview(kind, data, f"{kind}.xlsx", by=By(actor, NOW), cycle=cycle, **options)


def assert_all_same(kind: str, language: str, cycle: Cycle | None) -> int:
    """How many rows there are; each of them is the same."""
    with translation.override(language):
        dataset = exported(kind, on_record(kind, cycle))
        if not len(dataset):
            return 0
        job = read_again(kind, dataset, cycle)
    errors = Counter((error["field"], error["code"], error["message"]) for error in report.errors_of(job))
    assert errors == {}, (kind, cycle)
    changed = job.rows.exclude(kind="same").values_list("before", "after").first()
    assert (changed, job.rows_same) == (None, len(dataset)), (kind, cycle)
    return len(dataset)


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
def test_people_with_every_letter_and_sign_come_back_as_all_same(count: int, language: str) -> None:
    """F-I22: and a second export has the same cells, byte for byte."""
    Employee.objects.bulk_create(people(count, make_centers()[1]), batch_size=500)
    assert assert_all_same("staff", language, None) == count
    with translation.override(language):
        first = exported("staff", on_record("staff", None))
        # What stands in the file is what is on record, however often it goes round.
        job = read_again("staff", first, None)
        engine.confirm(job, by=By(None, NOW))
        assert exported("staff", on_record("staff", None)).export("csv") == first.export("csv")
    signs = {cell[:1] for row in first for cell in row if cell}
    assert signs & set("=+-@\t\r") == set()
