"""Centres and their staff put on record in bulk, by an import, which is the act and journals it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Exists, OuterRef, Q, QuerySet

from attestation.by import By
from attestation.deadlines.ledger import open_category_deadlines, void_category_deadlines
from attestation.law.calendar import category_due, local_day
from attestation.law.parameters import FIRST_DAY, parameters_on
from attestation.law.vocabulary import CenterKind
from attestation.models import CategoryTerm, Center, Employee, ImportRow, Region, StagedRows
from attestation.names import search_key, sort_key

BATCH = 1000
NEW_REGION = "NEW-"


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


@transaction.atomic
def remove_centers(bins: Collection[str], regions: Collection[str]) -> None:
    """Take centres of an undone import away, and the regions of these names that it had added for them."""
    centers = Center.objects.filter(bin__in=bins)
    forget_void_staff(Employee._base_manager.filter(center__in=centers))
    centers.filter(parent__isnull=False).delete()
    centers.delete()
    added = Region.objects.filter(code__startswith=NEW_REGION, name_ru__in=regions)
    added.filter(~Exists(Center.objects.filter(region=OuterRef("pk")))).delete()


def _regions_of(rows: Iterable[CenterRow]) -> dict[str, Region]:
    """The region of each row by its code or, for one that is not in the register yet, by its name."""
    wanted = {row.region for row in rows}
    found = {region.code: region for region in Region.objects.filter(code__in=wanted)}
    number = Region.objects.count()
    for name in sorted(wanted - found.keys()):
        number += 1
        while Region.objects.filter(code=f"{NEW_REGION}{number}").exists():
            number += 1
        found[name] = Region.objects.create(code=f"{NEW_REGION}{number}", name_kk=name, name_ru=name)
    return found


# Whom an undone import had put on record, where no void category needs them.
VOID_ALONE = Q(voided_at__isnull=False, category_terms=None)
# What a staged row of a staff file gives each column of an employee, in SQL for either database.
STAFF_COLUMNS = {
    **{name: f"r.after ->> '{name}'" for name in ("last_name", "first_name", "patronymic", "unit", "email")},
    **{name: f"r.after ->> '{name}'" for name in ("language", "position")},
    "hired_on": "date(r.after -> 'hired_on' ->> 'd')",
    "center_id": "CAST(r.derived ->> 'center' AS bigint)",
    "sort_key": "r.derived ->> 'sort_key'",
    "search_key": "r.derived ->> 'search_key'",
}


@transaction.atomic
def save_staff(rows: StagedRows, *, now: datetime) -> None:
    """Create or update employees from staged rows of a staff file, and put first categories on record (¶7).

    Each row's `derived` has the key of the centre, those of order and search and, where a category is
    conferred, the last day `until` of its period. Each row then names its employee's `record`.
    """
    write = _insert_staff if rows.kind == ImportRow.Kind.NEW else _update_staff
    with connection.cursor() as cursor:
        write(cursor, rows)
        # Looked up row by row: a join would read every employee there is.
        cursor.execute(
            "UPDATE attestation_importrow SET record = (SELECT e.id FROM attestation_employee e"  # noqa: S608
            " WHERE e.iin = attestation_importrow.key AND e.voided_at IS NULL)"
            f" WHERE {rows.of('attestation_importrow')}",
            rows.params,
        )
        _confer_first_categories(cursor, rows, now=now)


def _insert_staff(cursor: CursorWrapper, rows: StagedRows) -> None:
    """A plain insert: somebody who was put on record meanwhile must not be overwritten."""
    cursor.execute(
        f"INSERT INTO attestation_employee (iin, version, {', '.join(STAFF_COLUMNS)})"  # noqa: S608
        f" SELECT r.key, 1, {', '.join(STAFF_COLUMNS.values())}"
        f" FROM attestation_importrow r WHERE {rows.of('r')} ORDER BY r.row_no",
        rows.params,
    )


def _update_staff(cursor: CursorWrapper, rows: StagedRows) -> None:
    updates = ", ".join(f"{column} = {value}" for column, value in STAFF_COLUMNS.items())
    cursor.execute(
        f"UPDATE attestation_employee SET {updates}, version = version + 1"  # noqa: S608  # our own names
        " FROM attestation_importrow r WHERE attestation_employee.iin = r.key"
        f" AND attestation_employee.voided_at IS NULL AND {rows.of('r')}",
        rows.params,
    )


def _confer_first_categories(cursor: CursorWrapper, rows: StagedRows, *, now: datetime) -> None:
    """¶7, I-17: a period of three years from the day of conferral; one that is over already stays ended."""
    today = local_day(now)
    since, until = "date(r.after -> 'category_from' ->> 'd')", "date(r.derived ->> 'until')"
    cursor.execute(
        "INSERT INTO attestation_categoryterm (employee_id, category, starts_on, ends_on,"  # noqa: S608
        " planned_ends_on, former_name, document, in_ledger)"
        f" SELECT r.record, r.after ->> 'category', {since}, {until}, {until}, '', '', {until} >= %s"
        " FROM attestation_importrow r"
        f" WHERE r.derived ->> 'until' IS NOT NULL AND {rows.of('r')} ORDER BY r.row_no RETURNING id",
        [today, *rows.params],
    )
    made = [pk for (pk,) in cursor.fetchall()]
    running = CategoryTerm.objects.filter(pk__in=made, ends_on__gte=today)
    open_category_deadlines(running.values_list("pk", "employee_id", "starts_on", "ends_on"), now=now)


# What undoing gives back to an employee whom the file changed.
STAFF_BEFORE = {
    column: value.replace("r.after", "r.before")
    for column, value in STAFF_COLUMNS.items()
    if value.startswith(("r.after", "date("))
}


@transaction.atomic
def undo_staff(rows: StagedRows, *, by: By, reason: str) -> None:
    """Take back what `save_staff` did with these rows, but for those that say why they are `left`.

    Categories and the employees whom the file had put on record stay as void; the deadlines are void too, and
    whoever was written to about them is told so.
    """
    of_rows = f"SELECT r.record FROM attestation_importrow r WHERE {rows.of('r')} AND r.left IS NULL"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE attestation_categoryterm SET voided_at = %s, suspended_at = %s"  # noqa: S608
            f" WHERE voided_at IS NULL AND employee_id IN ({of_rows} AND r.derived ->> 'until' IS NOT NULL)"
            " RETURNING id",
            [by.at, by.at, *rows.params],
        )
        periods = [pk for (pk,) in cursor.fetchall()]
        void_category_deadlines(periods, by=by, closed_by=f"import {rows.job_id}", reason=reason)
        if rows.kind == ImportRow.Kind.NEW:
            cursor.execute(
                f"UPDATE attestation_employee SET voided_at = %s WHERE id IN ({of_rows})",  # noqa: S608
                [by.at, *rows.params],
            )
            return
        names = _names_before(rows)
        updates = ", ".join(f"{column} = {value}" for column, value in STAFF_BEFORE.items())
        cursor.execute(
            f"UPDATE attestation_employee SET {updates}, version = version + 1"  # noqa: S608
            f" FROM attestation_importrow r WHERE attestation_employee.id = r.record AND {rows.of('r')}"
            " AND r.left IS NULL",
            rows.params,
        )
    Employee.objects.bulk_update(names, ["sort_key", "search_key"], batch_size=BATCH)


def forget_void_staff(people: QuerySet[Employee]) -> None:
    """Delete those of these people who are void and without a category, in batches."""
    void = people.filter(VOID_ALONE).order_by("pk")
    while some := list(void.values_list("pk", flat=True)[:BATCH]):
        Employee._base_manager.filter(pk__in=some).delete()


def _names_before(rows: StagedRows) -> list[Employee]:
    """The employees with the keys of order and search that their names before the file give."""
    people = []
    staged = rows.queryset().filter(left__isnull=True).values_list("record", "before")
    for pk, before in staged:
        assert before is not None
        names = before["last_name"], before["first_name"], before["patronymic"]
        people.append(Employee(pk=pk, sort_key=sort_key(*names), search_key=search_key(*names)))
    return people


def period_end(starts_on: date) -> date:
    """¶7, I-17: the last day of a period; one begun before the order is counted by its numbers too."""
    return category_due(starts_on, parameters_on(max(starts_on, FIRST_DAY))).due_on
