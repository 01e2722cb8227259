"""A small cycle, taken through the chain by the services: the cast of the tests of jobs and commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from random import Random
from unittest.mock import patch

from django.db import connection

from attestation import triggers
from attestation.by import By
from attestation.cases import cycles as cycles_
from attestation.cases import listing
from attestation.cases.cycles import admit_cycle, list_attestee
from attestation.cases.results import ResultFacts, publish_results, record_result
from attestation.law.calendar import ALMATY
from attestation.models import (
    Attestation,
    CalendarYear,
    CategoryTerm,
    Center,
    Cycle,
    Employee,
    Notice,
    Region,
    Role,
    User,
)
from office.sweep import sweep
from scoring.models import ReadThrough
from scoring.services.records import record_read_through
from scripts.fixture_numbers import Numbers
from tests.records import CourseRow, RatingRow, save_courses, save_ratings


def at(text: str) -> datetime:
    """A moment in Almaty: at("2026-02-05 17:40")."""
    return datetime.fromisoformat(text).replace(tzinfo=ALMATY)


LISTED = at("2026-01-12 10:00")
ADMITTED = at("2026-01-13 10:00")
PUBLISHED = at("2026-02-05 17:40")  # D1: appeals until Monday 9 February, the grace until the 10th
STAGE_OVER = at("2026-02-07 00:30")
READ = at("2026-02-07 09:00")
FINAL = at("2026-02-11 00:30")


def confirm_years(*years: int) -> None:
    """I-09: as `confirm_calendar` does, for tests that are about something else."""
    CalendarYear.objects.filter(year__in=years).update(confirmed_at=LISTED)


def forget_notices() -> None:
    """The outbox, emptied: the lines before the digests that hold them."""
    Notice.objects.filter(digest__isnull=False).delete()
    Notice.objects.all().delete()


@contextmanager
def before_i_22() -> Iterator[None]:
    """Lists as an earlier version formed them, of people who hold a category for an initial attestation."""
    with patch.object(listing, "check_first"):
        yield


@contextmanager
def before_i_31() -> Iterator[None]:
    """Lists as an earlier version formed them, several for one person."""
    with patch.object(listing, "_refuse_two_at_a_time"), without("attestation_attestation_one_at_a_time"):
        yield


@contextmanager
def without(name: str) -> Iterator[None]:
    """Rows as an earlier version wrote them, which did not have this trigger."""
    (trigger,) = (each for each in triggers.TRIGGERS if each.name == name)
    yes = replace(trigger, when="1 = 0", when_sqlite="")
    put(yes)
    try:
        yield
    finally:
        put(trigger)


def put(trigger: triggers.Trigger) -> None:
    """PostgreSQL drops no trigger of a table with rows to be checked: there the function is replaced."""
    if connection.vendor == "sqlite":
        triggers.install(connection, [trigger])
        return
    with connection.cursor() as cursor:
        cursor.execute(trigger.create_sql("postgresql")[0])


@dataclass
class Story:
    """A labour mobility centre with one career centre, their officer, and a cycle in February 2026."""

    numbers: Numbers = field(default_factory=lambda: Numbers(Random(7)))
    code: str = "T-2026-1"
    # The years whose days off an administrator has confirmed (I-09).
    confirmed: tuple[int, ...] = (2025, 2026, 2027)

    def __post_init__(self) -> None:
        confirm_years(*self.confirmed)
        region = Region.objects.order_by("code").first()
        assert region is not None
        self.mobility = Center.objects.create(
            bin=self.numbers.bin(date(2024, 2, 1)),
            kind="labour_mobility",
            name_kk="Сынақ ЕМО",
            name_ru="Пробный ЦТМ",
            region=region,
        )
        self.career = Center.objects.create(
            bin=self.numbers.bin(date(2024, 3, 1)),
            kind="career",
            name_kk="Сынақ мансап орталығы",
            name_ru="Пробный карьерный центр",
            parent=self.mobility,
            region=region,
        )
        self.hr = self.account("hr", Role.HR, self.mobility, language="ru")
        self.cycle = self.open_cycle(self.code, date(2026, 2, 2), date(2026, 2, 6))

    def account(
        self,
        name: str,
        role: str,
        center: Center | None = None,
        *,
        language: str = "kk",
        email: str | None = None,
    ) -> User:
        """An account; its address is made of its name unless one is given."""
        address = f"{name}@centre.example" if email is None else email
        return User.objects.create(username=name, role=role, center=center, language=language, email=address)

    def open_cycle(self, code: str, starts: date, ends: date, now: datetime = LISTED) -> Cycle:
        """A cycle of the labour mobility centre."""
        return cycles_.open_cycle(self.mobility, code, starts, ends, by=By(None, now))

    def employee(
        self,
        position: str = "assistant",
        *,
        category: str = "",
        since: date = date(2024, 3, 11),
        until: date = date(2027, 3, 11),
        email: str = "person@mail.example",
        language: str = "kk",
    ) -> Employee:
        """Somebody on the staff of the career centre."""
        made = Employee.objects.create(
            iin=self.numbers.iin(date(1990, 5, 17), male=False),
            last_name="Әлиева",
            first_name="Іңкәр",
            center=self.career,
            position=position,
            hired_on=date(2021, 3, 1),
            email=email,
            language=language,
        )
        if category:
            CategoryTerm.objects.create(
                employee=made, category=category, starts_on=since, ends_on=until, planned_ends_on=until
            )
        return made

    def listed(
        self, employee: Employee, purpose: str = "position", declared: str = "", cycle: Cycle | None = None
    ) -> Attestation:
        """On the list, with the course hours that ¶14 asks for."""
        cycle = cycle or self.cycle
        case = list_attestee(cycle, employee, purpose, declared, by=By(None, LISTED))
        hours = CourseRow(employee.pk, declared, Decimal(72), Decimal(72))
        save_courses(cycle, [hours], by=By(None, LISTED))
        return case

    def listed_beside(self, employee: Employee, purpose: str, declared: str, cycle: Cycle) -> Attestation:
        """On a second list at a time: none is formed any more (I-31), some are on record from before."""
        with before_i_31():
            return self.listed(employee, purpose, declared, cycle)

    def tested(self, case: Attestation, correct: int, total: int = 100) -> None:
        """A result on record, unpublished."""
        case.refresh_from_db()
        found = ResultFacts(total, correct, None, "1", at(f"{case.cycle.testing_starts} 11:00"))
        record_result(case, found, by=By(None, PUBLISHED))

    def through(self, *cases: tuple[Attestation, int]) -> None:
        """Admitted, tested, published: cases with the number of correct answers of 100."""
        admit_cycle(self.cycle, by=By(None, ADMITTED))
        for case, correct in cases:
            self.tested(case, correct)
        publish_results(self.cycle, by=By(None, PUBLISHED))

    def read(self, *, ratings: dict[Employee, list[int]] | None = None, now: datetime = READ) -> None:
        """Ratings of February 2026, and both kinds of data read through the stage's end (I-27)."""
        rows = [
            RatingRow(employee.pk, date(2026, 1, 5), Decimal(score), f"R{employee.pk}-{number}")
            for employee, scores in (ratings or {}).items()
            for number, score in enumerate(scores)
        ]
        if rows:
            save_ratings(rows, touched={row.employee_id: [row.rated_on] for row in rows}, by=By(None, now))
        for kind in ReadThrough.Kind:
            record_read_through([self.career, self.mobility], kind, date(2026, 2, 6), by=By(None, now))

    def swept(self, *moments: datetime) -> list[sweep.Summary]:
        """A sweep at each of the moments."""
        return [sweep.run(moment) for moment in moments]
