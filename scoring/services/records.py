"""App. 1-2 rows 2 and 3: ratings and violations on record, and through which day they are read (I-27)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from attestation import access, journal, lookup
from attestation.by import By
from attestation.law.calendar import local_day
from attestation.law.vocabulary import Purpose
from attestation.models import Attestation, Center, Decision, Status
from attestation.refusals import Refused
from scoring.models import Assessment, Rating, ReadThrough, Violation
from scoring.services.assessing import assess_case

BATCH = 1000
PEOPLE_A_QUERY = 5000

# Whose records changed, and on which days they stand or stood.
Touched = Mapping[int, Iterable[date]]


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


@transaction.atomic
def save_ratings(rows: Sequence[RatingRow], *, touched: Touched, by: By) -> list[Assessment]:
    """Create or update ratings by external id; provisional decisions that counted them are formed afresh."""
    Rating.objects.bulk_create(
        [Rating(**vars(row)) for row in rows],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["external_id"],
        update_fields=["employee", "rated_on", "score"],
    )
    return assess_afresh(touched, by=by)


@transaction.atomic
def save_violations(rows: Sequence[ViolationRow], *, touched: Touched, by: By) -> list[Assessment]:
    """Create or update violations by external id; likewise."""
    Violation.objects.bulk_create(
        [Violation(**vars(row)) for row in rows],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["external_id"],
        update_fields=["employee", "recorded_on", "description"],
    )
    return assess_afresh(touched, by=by)


def assess_afresh(touched: Touched, *, by: By) -> list[Assessment]:
    """I-12: a decision is not made final on a stale score: assess anew whoever has a provisional decision.

    Cases without a decision are left to the sweep. The caller's transaction; locks in order of key.
    """
    changed = []
    for pk in _provisional_cases(touched).values_list("pk", flat=True):
        attestation = lookup.locked(Attestation(pk=pk))
        score = Assessment.objects.current().filter(attestation=attestation).first()
        if score is None or attestation.status != Status.PROVISIONAL:
            continue
        days = touched[attestation.employee_id]
        if any(score.window_from <= day <= score.window_to for day in days):
            assessment, is_new = assess_case(attestation, by=by)
            changed += [assessment] if is_new else []
    return changed


def lock_provisional_cases(employee_ids: Iterable[int]) -> None:
    """Let no decision of these people become final while their records are checked and written."""
    list(_provisional_cases(employee_ids).select_for_update(of=("self",), no_key=True))


def _provisional_cases(employee_ids: Iterable[int]) -> QuerySet[Attestation]:
    return Attestation.objects.filter(
        employee_id__in=set(employee_ids), purpose=Purpose.CATEGORY.value, status=Status.PROVISIONAL
    ).order_by("pk")


def scores_of_final_decisions(employee_ids: Iterable[int]) -> dict[int, list[Assessment]]:
    """The assessments that final decisions stand on, by employee: their windows' records are used up."""
    final = Decision.objects.current().filter(state=Decision.State.FINAL, assessment_id__isnull=False)
    found: dict[int, list[Assessment]] = {}
    wanted = sorted(set(employee_ids))
    for start in range(0, len(wanted), PEOPLE_A_QUERY):
        some = wanted[start : start + PEOPLE_A_QUERY]
        scores = Assessment.objects.filter(
            pk__in=final.values("assessment_id"), attestation__employee_id__in=some
        ).select_related("attestation")
        for score in scores:
            found.setdefault(score.attestation.employee_id, []).append(score)
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
) -> list[ReadThrough]:
    """I-27: put on record that the data of these centres are read through the day, inclusive.

    What is said of a labour mobility centre holds for its career centres too, unless only its own people
    are meant (`with_career_centers=False`). A day that was reached before adds nothing. Raises Refused.
    """
    check_read_through(through, by.at)
    wanted = {center.pk: center for center in centers}
    for center in wanted.values():
        access.require(by.user, f"import_{kind}", center)
    if with_career_centers:
        wanted |= Center.objects.filter(parent__in=list(wanted)).in_bulk()
    there = ReadThrough.objects.filter(center__in=list(wanted), kind=kind, through__gte=through)
    reached = set(there.values_list("center_id", flat=True))
    added = [
        ReadThrough.objects.create(
            center=center, kind=kind, through=through, recorded_at=by.at, recorded_by=by.user
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
