"""App. 1-2 rows 2 and 3: ratings and violations on record, and through which day they are read (I-27)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from attestation import access, journal, lookup
from attestation.by import By
from attestation.law.calendar import local_day
from attestation.law.vocabulary import Purpose
from attestation.models import (
    Attestation,
    Center,
    Decision,
    Employee,
    ImportJob,
    ImportRow,
    StagedRows,
    Status,
)
from attestation.refusals import Refused
from scoring.models import Assessment, ReadThrough
from scoring.services.assessing import assess_case

# Whose records changed, and on which days they stand or stood.
Touched = Mapping[int, Iterable[date]]

# What a staged row of a file gives each column of a record, in SQL for either database.
RATING_COLUMNS = {
    "employee_id": "CAST(r.derived ->> 'employee' AS bigint)",
    "rated_on": "date(r.after -> 'rated_on' ->> 'd')",
    "score": "CAST(r.after -> 'score' ->> 'n' AS numeric)",
}
VIOLATION_COLUMNS = {
    "employee_id": "CAST(r.derived ->> 'employee' AS bigint)",
    "recorded_on": "date(r.after -> 'recorded_on' ->> 'd')",
    "description": "r.after ->> 'description'",
}
OF_THE_ROW = "t.external_id = r.key AND t.undone_at IS NULL"


class FinalWindow(NamedTuple):
    """The days whose records a final decision was formed with, both inclusive."""

    attestation_id: int
    case_no: str
    first_day: date
    last_day: date


@transaction.atomic
def save_ratings(rows: StagedRows) -> None:
    """App. 1-2 row 2: create or update ratings from staged rows, by external id.

    Each row's `derived` has the key of the employee. Each row then names its `record`.
    """
    _save("scoring_rating", RATING_COLUMNS, rows)


@transaction.atomic
def save_violations(rows: StagedRows) -> None:
    """App. 1-2 row 3: create or update violations from staged rows, by external id; likewise."""
    _save("scoring_violation", VIOLATION_COLUMNS, rows)


def _save(table: str, columns: Mapping[str, str], rows: StagedRows) -> None:
    """A plain insert: a record that was put down meanwhile must not be overwritten."""
    with connection.cursor() as cursor:
        if rows.kind == ImportRow.Kind.NEW:
            cursor.execute(
                f"INSERT INTO {table} (external_id, {', '.join(columns)})"  # noqa: S608  # our own names
                f" SELECT r.key, {', '.join(columns.values())}"
                f" FROM attestation_importrow r WHERE {rows.of('r')} ORDER BY r.row_no",
                rows.params,
            )
        else:
            updates = ", ".join(f"{column} = {value}" for column, value in columns.items())
            cursor.execute(
                f"UPDATE {table} AS t SET {updates}"  # noqa: S608
                f" FROM attestation_importrow r WHERE {OF_THE_ROW} AND {rows.of('r')}",
                rows.params,
            )
        cursor.execute(
            f"UPDATE attestation_importrow AS r SET record = t.id FROM {table} t"  # noqa: S608
            f" WHERE {OF_THE_ROW} AND {rows.of('r')}",
            rows.params,
        )


def assess_afresh(touched: Touched, *, by: By) -> list[Assessment]:
    """I-12: a decision is not made final on a stale score: assess anew whoever has a provisional decision.

    Cases without a decision are left to the sweep. The caller's transaction; locks in order of key.
    """
    changed = []
    for pk in _provisional_cases(set(touched)).values_list("pk", flat=True):
        attestation = lookup.locked(Attestation(pk=pk))
        score = Assessment.objects.current().filter(attestation=attestation).first()
        if score is None or attestation.status != Status.PROVISIONAL:
            continue
        days = touched[attestation.employee_id]
        if any(score.window_from <= day <= score.window_to for day in days):
            assessment, is_new = assess_case(attestation, by=by)
            changed += [assessment] if is_new else []
    return changed


def lock_provisional_cases(people: QuerySet[Employee]) -> dict[str, int]:
    """Let no decision of these people become final while their records are checked and written.

    Gives those who have one: their keys by IIN.
    """
    cases = _provisional_cases(people).select_for_update(of=("self",), no_key=True)
    return dict(cases.values_list("employee__iin", "employee_id"))


def _provisional_cases(people: Iterable[int] | QuerySet[Employee]) -> QuerySet[Attestation]:
    return Attestation.objects.filter(
        employee__in=people, purpose=Purpose.CATEGORY.value, status=Status.PROVISIONAL
    ).order_by("pk")


def assessments_of_final_decisions() -> QuerySet[Assessment]:
    """The assessments that final decisions stand on: their windows' records are used up."""
    final = Decision.objects.current().filter(state=Decision.State.FINAL, assessment_id__isnull=False)
    return Assessment.objects.filter(pk__in=final.values("assessment_id"))


def final_windows(employee_ids: Collection[int]) -> dict[int, list[FinalWindow]]:
    """The windows of the final decisions about these people, by employee."""
    names = ("attestation_id", "attestation__case_no", "window_from", "window_to")
    scores = assessments_of_final_decisions().filter(attestation__employee__in=employee_ids).order_by("pk")
    found: dict[int, list[FinalWindow]] = {}
    for employee_id, *window in scores.values_list("attestation__employee_id", *names):
        found.setdefault(employee_id, []).append(FinalWindow(*window))
    return found


def check_read_through(through: date, now: datetime) -> None:
    """I-27: nobody has read tomorrow's data. Raises Refused."""
    if through > local_day(now):
        raise Refused(
            "read_through_in_future",
            _("The data can't be read through %(day)s: today is %(today)s. Give the last day that was read."),
            cite="I-27",
            day=f"{through:%d.%m.%Y}",
            today=f"{local_day(now):%d.%m.%Y}",
        )


@transaction.atomic
def record_read_through(
    centers: Iterable[Center],
    kind: str,
    through: date,
    *,
    by: By,
    with_career_centers: bool = True,
    job: ImportJob | None = None,
) -> list[ReadThrough]:
    """I-27: put on record that the data of these centres are read through the day, inclusive.

    What is said of a labour mobility centre holds for its career centres too, unless only its own people
    are meant (`with_career_centers=False`). A day that was reached before adds nothing; but what an import
    (`job`) said is said again, because that one can be undone. Raises Refused.
    """
    check_read_through(through, by.at)
    wanted = {center.pk: center for center in centers}
    for center in wanted.values():
        access.require(by.user, f"import_{kind}", center)
    if with_career_centers:
        wanted |= Center.objects.filter(parent__in=list(wanted)).in_bulk()
    there = ReadThrough.objects.filter(center__in=list(wanted), kind=kind, through__gte=through, job=None)
    reached = set(there.values_list("center_id", flat=True))
    added = [
        ReadThrough.objects.create(
            center=center, kind=kind, through=through, recorded_at=by.at, recorded_by=by.user, job=job
        )
        for pk, center in sorted(wanted.items())
        if pk not in reached
    ]
    if added:
        journal.record(
            "read_through",
            by=by,
            subject=kind,
            data={"through": through, "centers": [row.center.bin for row in added]},
        )
    return added
