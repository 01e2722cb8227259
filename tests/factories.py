"""The cast: people and papers with plausible values; a test says only what it is about."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import factory
from factory.django import DjangoModelFactory

from attestation.identifiers import check_digit
from attestation.law.calendar import ALMATY
from attestation.models import (
    Attestation,
    CategoryTerm,
    Center,
    Cycle,
    Employee,
    Region,
    Result,
    Role,
    RuleSet,
    Status,
    User,
)


def numbered(prefix: str, start: int) -> str:
    """The first 12-digit number from `start` on, behind a prefix of 6 or 7 digits, with its check digit."""
    width = 11 - len(prefix)
    for serial in range(start, start + 100):
        digits = f"{prefix}{serial:0{width}d}"
        found = check_digit(digits)
        if found is not None:
            return f"{digits}{found}"
    raise AssertionError("no valid number in a hundred")


def moment(text: str) -> datetime:
    """An instant from Almaty's wall clock: moment("2026-02-05 17:40")."""
    return datetime.fromisoformat(text).replace(tzinfo=ALMATY).astimezone(UTC)


class CenterFactory(DjangoModelFactory):
    """A labour mobility centre."""

    class Meta:
        model = Center

    bin = factory.Sequence(lambda n: numbered("120540", n * 7))
    kind = "labour_mobility"
    name_kk = factory.Sequence(lambda n: f"№ {n} еңбек мобильділігі орталығы")
    name_ru = factory.Sequence(lambda n: f"Центр трудовой мобильности № {n}")
    region = factory.LazyFunction(lambda: Region.objects.get(code="KZ-11"))


class CareerCenterFactory(CenterFactory):
    """A career centre under a labour mobility centre of its own."""

    kind = "career"
    name_kk = factory.Sequence(lambda n: f"№ {n} мансап орталығы")
    name_ru = factory.Sequence(lambda n: f"Карьерный центр № {n}")
    parent = factory.SubFactory(CenterFactory)


class EmployeeFactory(DjangoModelFactory):
    """A specialist of a career centre."""

    class Meta:
        model = Employee

    # A thousand born on each day: a long run makes more people than one day has numbers for.
    iin = factory.Sequence(
        lambda n: numbered(f"{date(1985, 1, 1) + timedelta(days=n // 1000):%y%m%d}4", n % 1000 * 7)
    )
    last_name = "Әбенова"
    first_name = factory.Sequence(lambda n: f"Іңкәр{'аәбвгғдежз'[n % 10]}")
    center = factory.SubFactory(CareerCenterFactory)
    position = "career_specialist"
    hired_on = date(2020, 1, 15)


class UserFactory(DjangoModelFactory):
    """An administrator; `role`, `center` for others."""

    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"user{n}")
    role = Role.ADMINISTRATOR
    is_staff = True
    language = "en"


class CategoryTermFactory(DjangoModelFactory):
    """A consultant's three years."""

    class Meta:
        model = CategoryTerm

    employee = factory.SubFactory(EmployeeFactory)
    category = "consultant"
    starts_on = date(2025, 1, 10)
    ends_on = date(2028, 1, 10)
    planned_ends_on = factory.SelfAttribute("ends_on")


class CycleFactory(DjangoModelFactory):
    """Testing from 2 to 6 February 2026 (Monday to Friday)."""

    class Meta:
        model = Cycle

    code = factory.Sequence(lambda n: f"C{n}")
    center = factory.SubFactory(CenterFactory)
    testing_starts = date(2026, 2, 2)
    testing_ends = date(2026, 2, 6)
    opened_at = moment("2026-01-10 09:00")

    @factory.lazy_attribute
    def stage_closes_at(self) -> datetime:
        return datetime.combine(self.testing_ends + timedelta(days=1), datetime.min.time(), ALMATY)


class AttestationFactory(DjangoModelFactory):
    """An admitted application of a specialist without category for `consultant`."""

    class Meta:
        model = Attestation

    case_no = factory.Sequence(lambda n: f"case-{n}")
    employee = factory.SubFactory(EmployeeFactory)
    center = factory.SelfAttribute("employee.center")
    cycle = factory.LazyAttribute(lambda a: CycleFactory(center=a.center.labour_mobility_center))
    position = factory.SelfAttribute("employee.position")
    purpose = "category"
    existing = factory.LazyAttribute(lambda a: "none" if a.purpose == "category" else "")
    declared = factory.LazyAttribute(lambda a: "consultant" if a.purpose == "category" else "")
    status = Status.ADMITTED
    listed_at = moment("2026-01-12 09:00")

    class Params:
        pinned = factory.Trait(
            rule_set=factory.LazyFunction(lambda: RuleSet.objects.get(effective_from=date(2025, 9, 29))),
            pinned_at=moment("2026-02-07 00:05"),
        )


class ResultFactory(DjangoModelFactory):
    """89 of 100, published on Thursday 5 February 2026 at 17:40."""

    class Meta:
        model = Result

    attestation = factory.SubFactory(AttestationFactory, status=Status.TESTED)
    questions_total = 100
    correct_answers = 89
    finished_at = moment("2026-02-04 11:00")
    recorded_at = moment("2026-02-05 09:00")
    published_at = moment("2026-02-05 17:40")
