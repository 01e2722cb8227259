"""Centres and their staff put on record in bulk, by an import, which is the act and journals it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from attestation.deadlines.ledger import open_category_deadline
from attestation.law.calendar import category_due, local_day
from attestation.law.parameters import FIRST_DAY, parameters_on
from attestation.law.vocabulary import CenterKind
from attestation.models import CategoryTerm, Center, Employee, Region

BATCH = 1000
STAFF_FIELDS = (
    "last_name",
    "first_name",
    "patronymic",
    "center",
    "unit",
    "language",
    "position",
    "hired_on",
    "email",
)


@dataclass(frozen=True)
class CenterRow:
    """One centre; `region` is a code on record, or the name of a region to be added."""

    bin: str
    name_kk: str
    name_ru: str
    kind: str
    parent_bin: str
    region: str
    on_record: bool = False


@dataclass(frozen=True)
class StaffRow:
    """One employee, and the first category on record where the file tells one (¶7).

    `version` is that of the locked record which the row changes; 0 for a new employee.
    """

    iin: str
    last_name: str
    first_name: str
    patronymic: str
    center_bin: str
    unit: str
    language: str
    position: str
    hired_on: date
    email: str
    category: str = ""
    category_from: date | None = None
    version: int = 0


@transaction.atomic
def save_centers(rows: Sequence[CenterRow]) -> None:
    """I-29: create or update centres by BIN; labour mobility centres first, for the others belong to them."""
    regions = _regions_of(rows)
    for kind in (CenterKind.LABOUR_MOBILITY, CenterKind.CAREER):
        parents = dict(Center.objects.filter(kind=CenterKind.LABOUR_MOBILITY).values_list("bin", "pk"))
        centers = {
            row.bin: Center(
                bin=row.bin,
                kind=row.kind,
                name_kk=row.name_kk,
                name_ru=row.name_ru,
                parent_id=parents[row.parent_bin] if kind == CenterKind.CAREER else None,
                region=regions[row.region],
            )
            for row in rows
            if row.kind == kind
        }
        known = {row.bin for row in rows if row.on_record}
        Center.objects.bulk_create(
            [center for number, center in centers.items() if number not in known], batch_size=BATCH
        )
        Center.objects.bulk_create(
            [center for number, center in centers.items() if number in known],
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["bin"],
            update_fields=["name_kk", "name_ru", "parent", "region"],
        )


def _regions_of(rows: Iterable[CenterRow]) -> dict[str, Region]:
    """The region of each row by its code or, for one that is not in the register yet, by its name."""
    wanted = {row.region for row in rows}
    found = {region.code: region for region in Region.objects.filter(code__in=wanted)}
    number = Region.objects.count()
    for name in sorted(wanted - found.keys()):
        number += 1
        while Region.objects.filter(code=f"NEW-{number}").exists():
            number += 1
        found[name] = Region.objects.create(code=f"NEW-{number}", name_kk=name, name_ru=name)
    return found


@transaction.atomic
def save_staff(rows: Sequence[StaffRow], *, now: datetime) -> None:
    """Create or update employees by IIN, and put first categories on record (¶7)."""
    centers = dict(Center.objects.filter(bin__in={row.center_bin for row in rows}).values_list("bin", "pk"))
    people = [(row.version, _employee(row, centers[row.center_bin])) for row in rows]
    # A plain insert: somebody who was put on record meanwhile must not be overwritten.
    Employee.objects.bulk_create([person for version, person in people if not version], batch_size=BATCH)
    Employee.objects.bulk_create(
        [person for version, person in people if version],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["iin"],
        update_fields=[*STAFF_FIELDS, "sort_key", "search_key", "version"],
    )
    _confer_first_categories([row for row in rows if row.category], now=now)


def _employee(row: StaffRow, center_id: int) -> Employee:
    person = Employee(
        version=row.version + 1,
        iin=row.iin,
        last_name=row.last_name,
        first_name=row.first_name,
        patronymic=row.patronymic,
        center_id=center_id,
        unit=row.unit,
        language=row.language,
        position=row.position,
        hired_on=row.hired_on,
        email=row.email,
    )
    person.set_keys()
    return person


def _confer_first_categories(rows: Sequence[StaffRow], *, now: datetime) -> None:
    """¶7, I-17: a period of three years from the day of conferral; one that is over already stays ended."""
    today = local_day(now)
    for start in range(0, len(rows), BATCH):
        some = rows[start : start + BATCH]
        people = Employee.objects.filter(iin__in=[row.iin for row in some]).in_bulk(field_name="iin")
        on_record = set(
            CategoryTerm.objects.filter(employee__in=people.values()).values_list("employee_id", flat=True)
        )
        periods = []
        for row in some:
            person = people[row.iin]
            if row.category_from is not None and person.pk not in on_record:
                ends_on = period_end(row.category_from)
                periods.append(
                    CategoryTerm(
                        employee=person,
                        category=row.category,
                        starts_on=row.category_from,
                        ends_on=ends_on,
                        planned_ends_on=ends_on,
                    )
                )
        for period in CategoryTerm.objects.bulk_create(periods):
            if period.ends_on >= today:
                open_category_deadline(period, now=now)


def period_end(starts_on: date) -> date:
    """¶7, I-17: the last day of a period; one begun before the order is counted by its numbers too."""
    return category_due(starts_on, parameters_on(max(starts_on, FIRST_DAY))).due_on
