"""Ratings, violations and days read that an undone import put on record: taken away, given back, or void."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from django.db import connection
from django.utils.translation import gettext as _

from attestation import bulk, journal
from attestation.by import By
from attestation.models import Employee, ImportJob, ImportRow, StagedRows, Status
from attestation.reason_words import coded
from scoring.models import Assessment, Rating, ReadThrough, Violation, Voiding
from scoring.services.records import RATING_COLUMNS, VIOLATION_COLUMNS, lock_provisional_cases

COLUMNS: Mapping[type[Rating] | type[Violation], Mapping[str, str]] = {
    Rating: RATING_COLUMNS,
    Violation: VIOLATION_COLUMNS,
}
FORMER_EMPLOYEE = (
    "(SELECT e.id FROM attestation_employee e WHERE e.iin = r.before ->> 'iin' AND e.voided_at IS NULL)"
)


def undo_records(model: type[Rating] | type[Violation], rows: StagedRows) -> None:
    """Take new records away, but for those that are void; give changed ones back what they were.

    Rows that say why they are `left` stay. The caller has voided what a score counted (`void_undone`).
    """
    table = model._meta.db_table
    undone = f"{rows.of('r')} AND r.left IS NULL"
    with connection.cursor() as cursor:
        if rows.kind == ImportRow.Kind.NEW:
            cursor.execute(
                f"DELETE FROM {table} WHERE undone_at IS NULL AND id IN"  # noqa: S608  # our own names
                f" (SELECT r.record FROM attestation_importrow r WHERE {undone})",
                rows.params,
            )
            return
        former = {name: value.replace("r.after", "r.before") for name, value in COLUMNS[model].items()}
        former["employee_id"] = FORMER_EMPLOYEE
        updates = ", ".join(f"{column} = {value}" for column, value in former.items())
        cursor.execute(
            f"UPDATE {table} AS t SET {updates}"  # noqa: S608
            f" FROM attestation_importrow r WHERE t.id = r.record AND {undone}",
            rows.params,
        )


def void_undone(records: Sequence[Rating | Violation], job_id: int, *, reason: str, by: By) -> None:
    """I-34: void records of an undone import that a score counted; their external ids name them no more.

    The caller has the scores formed afresh.
    """
    if not records:
        return
    assert by.user is not None  # checked: a record is voided by a person
    kind = records[0]._meta.model_name or ""
    ground = {
        "reason": reason or coded("import_undone"),
        "document": _("import %(job)s") % {"job": job_id},
    }
    type(records[0]).objects.filter(pk__in=[record.pk for record in records]).update(undone_at=by.at)
    bulk.insert_objects(
        [Voiding(**{kind: record}, **ground, voided_by=by.user, voided_at=by.at) for record in records]
    )
    journal.record_all(
        [
            journal.Action(
                "void_record",
                subject=f"{kind}:{record.pk}",
                data={
                    "kind": kind,
                    "external_id": record.external_id,
                    "why": ground["reason"],
                    "document": ground["document"],
                },
            )
            for record in records
        ],
        by=by,
    )


def lock_cases_read(job: ImportJob) -> None:
    """I-27: no decision of a centre that the import said is read becomes final while that is taken back."""
    centers = ReadThrough.objects.filter(job=job).values("center")
    lock_provisional_cases(Employee.objects.filter(attestations__center__in=centers))


def unread(days: Collection[ReadThrough], *, by: By) -> dict[int, set[date]]:
    """I-27: void days through which centres' data were said to be read.

    Returns the last days of the windows of provisional scores that may rest on them, by employee.
    """
    ReadThrough.objects.filter(pk__in=[day.pk for day in days]).update(voided_at=by.at)
    scores = Assessment.objects.current().filter(
        attestation__center__in={day.center_id for day in days},
        attestation__status=Status.PROVISIONAL,
        window_to__lte=max((day.through for day in days), default=date.min),
    )
    touched: dict[int, set[date]] = {}
    for employee_id, last_day in scores.values_list("attestation__employee_id", "window_to"):
        touched.setdefault(employee_id, set()).add(last_day)
    return touched
