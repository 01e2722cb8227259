"""Open a cycle, form the list, put courses on record, admit (¶9, ¶14)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from attestation import access, bulk, journal, lookup
from attestation.by import By
from attestation.cases.lifecycle import Event, close_case, move
from attestation.cases.listing import check_listing, listing_facts, refuse_once_testing_begins
from attestation.law.admission import Admission, CourseFact, Hours, admit
from attestation.law.listing import check_list_former
from attestation.law.vocabulary import Category, CenterKind, Purpose
from attestation.models import (
    Attestation,
    Center,
    CourseRecord,
    Cycle,
    Employee,
    ImportRow,
    RuleSet,
    StagedRows,
    Status,
)
from attestation.notices import outbox
from attestation.refusals import Refused

CODE = re.compile(r"[\w.-]{1,40}")


def require_code(code: str) -> None:
    """The code of a cycle to be opened: well-formed, and nobody's yet. Raises Refused."""
    if not CODE.fullmatch(code):
        raise Refused(
            "bad_code",
            _("Code “%(code)s”: give 1 to 40 letters, digits, points, hyphens or underscores."),
            code=code,
        )
    if Cycle.objects.filter(code=code).exists():
        raise Refused(
            "cycle_exists", _("There is a cycle with the code %(code)s already. Choose another."), code=code
        )


def require_stage(starts: date, ends: date) -> None:
    """The testing stage does not end before it begins. Raises Refused."""
    if ends < starts:
        raise Refused(
            "stage_backwards",
            _("The testing stage ends (%(ends)s) before it begins (%(starts)s). Correct the dates."),
            starts=f"{starts:%d.%m.%Y}",
            ends=f"{ends:%d.%m.%Y}",
        )


@transaction.atomic
def open_cycle(
    center: Center,
    code: str,
    testing_starts: date,
    testing_ends: date,
    *,
    by: By,
) -> Cycle:
    """¶9: a cycle of a labour mobility centre. Raises Refused, RuleRefusal, NotInForce (I-21)."""
    access.require(by.user, "open_cycle", center)
    check_list_former(CenterKind(center.kind))
    require_code(code)
    require_stage(testing_starts, testing_ends)
    RuleSet.objects.in_force_on(testing_ends)
    cycle = Cycle(
        code=code, center=center, testing_starts=testing_starts, testing_ends=testing_ends, opened_at=by.at
    )
    cycle.set_stage_close()
    cycle.save()
    journal.record(
        "open_cycle",
        by=by,
        subject=code,
        data={"center": center.bin, "testing_starts": testing_starts, "testing_ends": testing_ends},
    )
    return cycle


class Listing(NamedTuple):
    """¶9: an employee who is put on a list, and for what."""

    employee_id: int
    purpose: str
    declared: str


def list_attestee(cycle: Cycle, employee: Employee, purpose: str, declared: str, *, by: By) -> Attestation:
    """¶9: put one employee on the list. Raises Refused or RuleRefusal and changes nothing."""
    (attestation,) = list_attestees(cycle, [Listing(employee.pk, purpose, declared)], by=by)
    return attestation


@transaction.atomic
def list_attestees(cycle: Cycle, listings: Sequence[Listing], *, by: By) -> list[Attestation]:
    """¶9: put employees on the list, numbered in this order; how many statements it takes does not depend on
    how many they are. Raises Refused or RuleRefusal and changes nothing.
    """
    cycle = Cycle.objects.select_for_update(of=("self",)).select_related("center").get(pk=cycle.pk)
    wanted = [listing.employee_id for listing in listings]
    access.require_all(by.user, "list_attestees", {cycle.center_id}, wanted)
    # Two lists of two cycles: the second waits here, and then finds the first.
    locked = Employee.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=wanted)
    people = {person.pk: person for person in locked.select_related("center__parent").order_by("iin")}
    facts = listing_facts(cycle, people.keys(), by=by)
    cases = [
        check_listing(cycle, people[employee], purpose, declared, facts, by=by)
        for employee, purpose, declared in listings
    ]
    absent = _absent_cases(people.keys())
    _number(cases, cycle)
    bulk.insert_objects(cases)
    keys = dict(
        Attestation.objects.filter(case_no__in=[case.case_no for case in cases]).values_list("case_no", "pk")
    )
    for case in cases:
        case.pk = keys[case.case_no]
    journal.record_all([_listed(case) for case in cases], by=by)
    outbox.queue_all("listed", {f"listed:{case.pk}": case for case in cases}, now=by.at)
    numbers = {case.employee_id: case.case_no for case in cases}
    for case in absent:
        move(case, Event.CLOSE, by=by, reason=[{"code": "carried", "case": numbers[case.employee_id]}])
    return cases


def _absent_cases(employees: Collection[int]) -> list[Attestation]:
    """I-23: the cases of those who were absent that nobody has acted on, locked."""
    absent = Attestation.objects.select_for_update(of=("self",), no_key=True).filter(
        employee__in=employees, status=Status.ABSENT
    )
    return list(absent.select_related("cycle", "employee", "center").order_by("pk"))


def _number(cases: Sequence[Attestation], cycle: Cycle) -> None:
    """Give the new cases of a cycle, which is locked, their numbers."""
    for number, case in enumerate(cases, start=Attestation.objects.filter(cycle=cycle).count() + 1):
        case.case_no = f"{cycle.code}-{number:04d}"


def _listed(case: Attestation) -> journal.Action:
    return journal.Action(
        "list",
        case,
        data={
            "employee": case.employee_id,
            "position": case.position,
            "purpose": case.purpose,
            "existing": case.existing,
            "declared": case.declared,
            "repeat": case.repeat,
        },
    )


# What a staged row of a file of courses gives the hours of a record, in SQL for either database.
HOURS = {
    name: f"CAST(r.after -> '{name}' ->> 'n' AS numeric)" for name in ("hours_required", "hours_completed")
}
OF_THE_ROW = (
    "c.cycle_id = %s AND c.employee_id = CAST(r.derived ->> 'employee' AS bigint)"
    " AND c.course_category = r.after ->> 'course_category'"
)


@transaction.atomic
def save_courses(cycle: Cycle, rows: StagedRows, *, now: datetime) -> None:
    """¶14: put course hours of staged rows on record; a later report of a course replaces the earlier one.

    Each row's `derived` has the key of the employee. Each row then names its `record`.
    """
    recorded_at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        if rows.kind == ImportRow.Kind.NEW:
            cursor.execute(
                "INSERT INTO attestation_courserecord"  # noqa: S608  # our own names
                f" (cycle_id, recorded_at, employee_id, course_category, {', '.join(HOURS)})"
                " SELECT %s, %s, CAST(r.derived ->> 'employee' AS bigint), r.after ->> 'course_category',"
                f" {', '.join(HOURS.values())}"
                f" FROM attestation_importrow r WHERE {rows.of('r')} ORDER BY r.row_no",
                [cycle.pk, recorded_at, *rows.params],
            )
        else:
            updates = ", ".join(f"{column} = {value}" for column, value in HOURS.items())
            cursor.execute(
                f"UPDATE attestation_courserecord AS c SET {updates}, recorded_at = %s"  # noqa: S608
                f" FROM attestation_importrow r WHERE {OF_THE_ROW} AND {rows.of('r')}",
                [recorded_at, cycle.pk, *rows.params],
            )
        cursor.execute(
            "UPDATE attestation_importrow AS r SET record = c.id"  # noqa: S608
            f" FROM attestation_courserecord c WHERE {OF_THE_ROW} AND {rows.of('r')}",
            [cycle.pk, *rows.params],
        )


def remove_courses(keys: QuerySet[Any]) -> None:
    """¶14: take away the course records of these keys, which an undone import had put on record."""
    CourseRecord.objects.filter(pk__in=keys).delete()


def restore_courses(former: Mapping[int, Mapping[str, Any]]) -> None:
    """¶14: give course records, by key, back what they said before an undone import: hours, recorded_at."""
    courses = CourseRecord.objects.in_bulk(former)
    for pk, course in courses.items():
        vars(course).update(former[pk])
    CourseRecord.objects.bulk_update(courses.values(), [*HOURS, "recorded_at"], batch_size=500)


@dataclass(frozen=True)
class AdmissionOutcome:
    """¶14: whether one attestee is admitted; `reason` is the code of the rule that said no."""

    attestation: Attestation
    admitted: bool
    reason: str


def admission_of(attestation: Attestation, courses: Sequence[CourseRecord]) -> Admission:
    """¶14, I-30: the pure rule over the attestee's course records."""
    declared = Category(attestation.declared) if attestation.declared else None
    planned = [course for course in courses if course.hours_required is not None]
    plan_row = min(planned, key=lambda course: course.course_category, default=None)
    plan = None
    if plan_row is not None:
        plan = Hours(_exact(plan_row.hours_required), _exact(plan_row.hours_completed))
    found = [
        CourseFact(
            Category(course.course_category) if course.course_category else None,
            None if course.hours_required is None else _exact(course.hours_required),
            None if course.hours_completed is None else _exact(course.hours_completed),
        )
        for course in courses
    ]
    return admit(Purpose(attestation.purpose), declared, plan, found, lookup.parameters_of(attestation))


def _exact(hours: Decimal | None) -> Fraction:
    return Fraction(hours or 0)


@transaction.atomic
def admit_cycle(cycle: Cycle, *, by: By) -> list[AdmissionOutcome]:
    """¶14: decide on admission for everyone on the list; repeatable until the testing stage begins (I-30)."""
    cycle = Cycle.objects.select_for_update(of=("self",)).select_related("center").get(pk=cycle.pk)
    access.require(by.user, "admit", cycle.center)
    refuse_once_testing_begins(cycle, by.at)
    waiting = (
        Attestation.objects.select_for_update(of=("self",), no_key=True)
        .filter(cycle=cycle, status__in=[Status.LISTED, Status.NOT_ADMITTED, Status.ADMITTED])
        .select_related("cycle", "employee", "center", "rule_set")
        .order_by("pk")
    )
    courses: dict[int, list[CourseRecord]] = {}
    for course in CourseRecord.objects.filter(cycle=cycle).order_by("pk"):
        courses.setdefault(course.employee_id, []).append(course)
    return [
        _admit_one(attestation, courses.get(attestation.employee_id, []), by=by) for attestation in waiting
    ]


def _admit_one(attestation: Attestation, courses: Sequence[CourseRecord], *, by: By) -> AdmissionOutcome:
    admission = admission_of(attestation, courses)
    steps = [step.as_data() for step in admission.steps]
    if admission.admitted and attestation.status != Status.ADMITTED:
        move(attestation, Event.ADMIT, by=by, reason=steps)
    elif not admission.admitted and attestation.status_reason != steps:
        move(attestation, Event.REFUSE_ADMISSION, by=by, reason=steps)
        outbox.queue(
            "admission_refused",
            key=f"admission_refused:{attestation.pk}:{attestation.version}",
            now=by.at,
            attestation=attestation,
        )
    return AdmissionOutcome(attestation, admission.admitted, admission.reason)


@transaction.atomic
def close_attestation(attestation: Attestation, *, reason: str, by: By) -> None:
    """I-23: close a case that will have no decision, with a reason."""
    attestation = lookup.locked(attestation)
    access.require(by.user, "close_attestation", attestation.center, attestation.employee)
    if not reason.strip():
        raise Refused("reason_missing", _("Give the reason for closing the case."))
    require_undecided(attestation)
    close_case(attestation, [{"text": reason.strip()}], by=by)


def require_undecided(attestation: Attestation) -> None:
    """I-23: no appeal is open and no result published, from which a decision follows. Raises Refused."""
    if attestation.open_appeals:
        raise Refused(
            "under_appeal",
            _("Case %(case)s is under appeal: the commission rules first."),
            cite="I-12",
            case=attestation.case_no,
        )
    if lookup.published_result(attestation) is not None:
        raise Refused(
            "result_published",
            _(
                "The result of case %(case)s is published: the case can't be closed, its decision follows. "
                "Where the result is wrong, correct it; a decision is annulled once it is final."
            ),
            cite="I-23",
            case=attestation.case_no,
        )
