"""What rests on a rating, a violation or a day read that a file put on record (undo)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from attestation import access
from attestation.intake.frozen import thaw
from attestation.intake.messages import in_languages
from attestation.intake.spec import Context
from attestation.intake.traces import Left, imported_again
from attestation.models import Correction, Decision, Employee, ImportJob, StagedRows
from scoring.models import Assessment, Rating, ReadThrough, Violation, Voiding
from scoring.services.records import assessments_of_final_decisions

Model = type[Rating] | type[Violation]


class Person(NamedTuple):
    """An employee whom a row is about."""

    pk: int
    center_id: int


def counted(model: Model, day_field: str, *, since: datetime | None) -> QuerySet[Any]:
    """The records that a current score, formed `since`, counted (I-34)."""
    scores = Assessment.objects.current().filter(
        attestation__employee=OuterRef("employee"),
        window_from__lte=OuterRef(day_field),
        window_to__gte=OuterRef(day_field),
        formed_at__gte=since,
    )
    read = {"ratings_read": True} if model is Rating else {"violations__isnull": False}
    return model.objects.known().filter(Exists(scores.filter(**read)))


def what_rests(
    model: Model, day_field: str, job: ImportJob, rows: StagedRows, context: Context
) -> dict[int, Left]:
    """The records of rows that stay whatever they say by now, by key."""
    centers = set(access.centers_of(context.by.user).values_list("pk", flat=True))
    sides: list[tuple[int, dict[str, Any]]] = []
    keys: dict[str, int] = {}
    for pk, key, before, after in rows.queryset().values_list("record", "key", "before", "after"):
        assert pk  # of a row that was carried out
        keys[key] = pk
        sides += [(pk, side) for side in (before, after) if side]
    people = _people(side["iin"] for _pk, side in sides)
    pks = keys.values()
    found = imported_again(job, pks) | _voided(model, pks) | _proposed(model, keys)
    days = [
        (pk, people[side["iin"]].pk, thaw(side[day_field])) for pk, side in sides if side["iin"] in people
    ]
    found |= _counted_finally(job, days)
    if context.by.user is None:
        scored = counted(model, day_field, since=job.confirmed_at).filter(pk__in=pks)
        found |= {pk: Left("voided_by_person") for pk in scored.values_list("pk", flat=True)}
    for pk, side in sides:
        person = people.get(side["iin"])
        if person is None or person.center_id not in centers:
            found[pk] = Left("id_elsewhere")
        elif access.is_own(context.by.user, person.pk):
            found[pk] = Left("own_undone")
    return found


def _people(iins: Iterable[str]) -> dict[str, Person]:
    people = Employee.objects.filter(iin__in=set(iins)).values_list("iin", "pk", "center_id")
    return {iin: Person(*facts) for iin, *facts in people}


def _voided(model: Model, pks: Collection[int]) -> dict[int, Left]:
    name = str(model._meta.model_name)
    facts = (f"{name}_id", "voided_at", "voided_by__username", "document")
    voidings = Voiding.objects.filter(**{f"{name}__in": pks}).values_list(*facts)
    return {pk: Left("voided_since", at, by, document) for pk, at, by, document in voidings}


def _proposed(model: Model, keys: Mapping[str, int]) -> dict[int, Left]:
    """Whose voiding is proposed (I-34); `keys` are those of the records by external id."""
    waiting = Correction.objects.proposed().filter(kind=model._meta.model_name, external_id__in=keys)
    title = in_languages(partial(str, Correction._meta.verbose_name))
    facts = waiting.values_list("external_id", "proposed_at", "proposed_by__username")
    return {keys[key]: Left("has_records", at, by or "", title) for key, at, by in facts}


class FinalScore(NamedTuple):
    """A score under a final decision: whose, of which days, in which case, decided when."""

    employee_id: int
    center_id: int
    first_day: date
    last_day: date
    case_no: str
    decided_at: datetime


def _final_scores(scores: QuerySet[Assessment]) -> Iterator[FinalScore]:
    decisions = Decision.objects.current().filter(
        state=Decision.State.FINAL, assessment_id__in=scores.values("pk")
    )
    decided = dict(decisions.values_list("assessment_id", "formed_at"))
    for score in scores.select_related("attestation").order_by("pk"):
        case = score.attestation
        days = score.window_from, score.window_to
        yield FinalScore(case.employee_id, case.center_id, *days, case.case_no, decided[score.pk])


def _counted_finally(job: ImportJob, days: Collection[tuple[int, int, date]]) -> dict[int, Left]:
    """The records on whose day, as they are or were, a final decision rests that was scored since."""
    scores = assessments_of_final_decisions().filter(
        attestation__employee__in={employee_id for _pk, employee_id, _day in days},
        formed_at__gte=job.confirmed_at,
    )
    found: dict[int, list[FinalScore]] = {}
    for score in _final_scores(scores):
        found.setdefault(score.employee_id, []).append(score)
    return {
        pk: Left("final_since", score.decided_at, "", score.case_no)
        for pk, employee_id, day in days
        for score in found.get(employee_id, ())
        if score.first_day <= day <= score.last_day
    }


def relied_on(days: Collection[ReadThrough]) -> dict[int, Left]:
    """I-27: the days read of one file on which a final decision rests that was scored since, by centre."""
    if not days:
        return {}
    day = next(iter(days))
    scores = assessments_of_final_decisions().filter(
        attestation__center__in={day.center_id for day in days},
        held=[],
        window_to__lte=day.through,
        formed_at__gte=day.recorded_at,
    )
    return {
        score.center_id: Left("read_relied", score.decided_at, "", score.case_no)
        for score in _final_scores(scores)
    }
