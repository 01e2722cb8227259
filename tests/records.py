"""Course hours, ratings and violations on record without a file, for tests about what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from attestation.by import By
from attestation.models import CourseRecord, Cycle
from scoring.models import Rating, Violation
from scoring.services.records import Touched, assess_afresh


@dataclass(frozen=True)
class CourseRow:
    """¶14: one course or learning plan, as the Platform reports it."""

    employee_id: int
    course_category: str
    hours_required: Decimal | None
    hours_completed: Decimal | None


@dataclass(frozen=True)
class RatingRow:
    """App. 1-2 row 2: one score of 1 to 5 by a service recipient."""

    employee_id: int
    rated_on: date
    score: Decimal
    external_id: str


@dataclass(frozen=True)
class ViolationRow:
    """App. 1-2 row 3: one violation or error on record in the information system."""

    employee_id: int
    recorded_on: date
    description: str
    external_id: str


def save_courses(cycle: Cycle, rows: Sequence[CourseRow], *, by: By) -> None:
    """A later report of the same course replaces the earlier one."""
    CourseRecord.objects.bulk_create(
        [CourseRecord(cycle=cycle, recorded_at=by.at, **vars(row)) for row in rows],
        update_conflicts=True,
        unique_fields=["cycle", "employee", "course_category"],
        update_fields=["hours_required", "hours_completed", "recorded_at"],
    )


def save_ratings(rows: Sequence[RatingRow], *, touched: Touched, by: By) -> None:
    """New ratings; provisional decisions that counted those days are formed afresh."""
    Rating.objects.bulk_create([Rating(**vars(row)) for row in rows])
    assess_afresh(touched, by=by)


def save_violations(rows: Sequence[ViolationRow], *, touched: Touched, by: By) -> None:
    """New violations; likewise."""
    Violation.objects.bulk_create([Violation(**vars(row)) for row in rows])
    assess_afresh(touched, by=by)
