"""Open a cycle, form the list, put courses on record, admit (¶9, ¶14)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from attestation import access, journal, lookup
from attestation.by import By
from attestation.cases.lifecycle import Event, close_case, move
from attestation.cases.reattestation import reattestations_owed
from attestation.law.admission import Admission, CourseFact, Hours, admit
from attestation.law.calendar import local_day
from attestation.law.facts import check_declared, check_purpose
from attestation.law.listing import (
    check_duties,
    check_first,
    check_list_former,
    check_listed_by,
    check_one_at_a_time,
    same_duty,
)
from attestation.law.refusals import RuleRefusal
from attestation.law.vocabulary import Category, CenterKind, Position, Purpose
from attestation.models import (
    LIVE,
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
    if not CODE.fullmatch(code):
        raise Refused(
            "bad_code",
            _("Code “%(code)s”: give 1 to 40 letters, digits, points, hyphens or underscores."),
            code=code,
        )
    if testing_ends < testing_starts:
        raise Refused(
            "stage_backwards",
            _("The testing stage ends (%(ends)s) before it begins (%(starts)s). Correct the dates."),
            starts=f"{testing_starts:%d.%m.%Y}",
            ends=f"{testing_ends:%d.%m.%Y}",
        )
    RuleSet.objects.in_force_on(testing_ends)
    if Cycle.objects.filter(code=code).exists():
        raise Refused(
            "cycle_exists", _("There is a cycle with the code %(code)s already. Choose another."), code=code
        )
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


def refuse_once_testing_begins(cycle: Cycle, now: datetime) -> None:
    """I-30: from the first day of the testing stage on, list and admission stand."""
    if cycle.testing_has_begun(local_day(now)):
        raise Refused(
            "testing_has_begun",
            _(
                "Cycle %(code)s: the testing stage began on %(day)s; the list and admission can no longer be "
                "changed. Put the employee on the list of the next cycle."
            ),
            cite="I-30",
            code=cycle.code,
            day=f"{cycle.testing_starts:%d.%m.%Y}",
        )


def check_listing(cycle: Cycle, employee: Employee, purpose: str, declared: str, *, by: By) -> Attestation:
    """¶9, I-18, I-22, I-25, I-31: the attestation that listing would make, unsaved.

    Raises Refused, RuleRefusal; another case is named only where the actor may see it.
    """
    refuse_once_testing_begins(cycle, by.at)
    if employee.left_on is not None and employee.left_on <= local_day(by.at):
        raise Refused(
            "left_service",
            _("%(name)s left service on %(day)s and can't be put on the list."),
            name=employee.full_name,
            day=f"{employee.left_on:%d.%m.%Y}",
        )
    parent = employee.center.parent
    check_listed_by(cycle.center.bin, employee.center.bin, parent.bin if parent else None)
    position, wanted = Position(employee.position), Purpose(purpose)
    check_purpose(position, wanted)
    duties = reattestations_owed(employee)
    check_duties([Purpose(duty.attestation.purpose) for duty in duties], wanted)
    owed = next((duty for duty in duties if same_duty(Purpose(duty.attestation.purpose), wanted)), None)
    first_again = owed is not None and owed.attestation.purpose == Purpose.INITIAL
    attested = Attestation.objects.filter(employee=employee, status=Status.FINAL).exists()
    check_first(wanted, attested, employee.category_on(cycle.testing_ends), first_again)
    existing = _existing(employee, wanted, declared, cycle.testing_ends)
    _refuse_two_at_a_time(cycle, employee, by=by)
    return Attestation(
        cycle=cycle,
        employee=employee,
        center=employee.center,
        position=employee.position,
        purpose=purpose,
        repeat=owed is not None,
        repeats=owed,
        existing=existing,
        declared=declared,
        listed_at=by.at,
    )


def _refuse_two_at_a_time(cycle: Cycle, employee: Employee, *, by: By) -> None:
    """I-31: nobody is listed while another case of theirs can still bring a decision, in any cycle."""
    cases = Attestation.objects.filter(employee=employee).exclude(status=Status.CLOSED)
    if cases.filter(cycle=cycle).exists():
        raise Refused(
            "listed_already",
            _("%(name)s is on the list of the cycle %(code)s already."),
            name=employee.full_name,
            code=cycle.code,
        )
    # I-30: who was not admitted can still be, until the testing stage begins.
    still_open = Q(status=Status.NOT_ADMITTED, cycle__testing_starts__gt=local_day(by.at))
    other = cases.filter(Q(status__in=LIVE) | still_open).order_by("pk").first()
    if other is not None:
        seen = access.scoped(by.user, Attestation.objects.filter(pk=other.pk)).exists()
        check_one_at_a_time(other.case_no, named=seen)


def _absent_cases(employee: Employee) -> list[Attestation]:
    """I-23: the cases of one who was absent that nobody has acted on, locked."""
    absent = Attestation.objects.select_for_update(of=("self",), no_key=True).filter(
        employee=employee, status=Status.ABSENT
    )
    return list(absent.select_related("cycle", "employee", "center").order_by("pk"))


def _existing(employee: Employee, purpose: Purpose, declared: str, day: date) -> str:
    """The existing category of an applicant, as it will stand on the day; checks what is declared."""
    if purpose is not Purpose.CATEGORY:
        if declared:
            raise RuleRefusal(
                "declared_without_category_purpose", "¶17.2", declared=declared, purpose=purpose.value
            )
        return ""
    if not declared:
        raise RuleRefusal("category_facts_missing", "¶30.2", field="declared")
    existing = employee.category_on(day)
    check_declared(existing, Category(declared))
    return existing.value


@transaction.atomic
def list_attestee(cycle: Cycle, employee: Employee, purpose: str, declared: str, *, by: By) -> Attestation:
    """¶9: put one employee on the list. Raises Refused or RuleRefusal and changes nothing."""
    cycle = Cycle.objects.select_for_update(of=("self",)).select_related("center").get(pk=cycle.pk)
    access.require(by.user, "list_attestees", cycle.center, employee)
    # Two lists of two cycles: the second waits here, and then finds the first.
    employee = (
        Employee.objects.select_for_update(of=("self",), no_key=True)
        .select_related("center__parent")
        .get(pk=employee.pk)
    )
    attestation = check_listing(cycle, employee, purpose, declared, by=by)
    absent = _absent_cases(employee)
    attestation.case_no = f"{cycle.code}-{Attestation.objects.filter(cycle=cycle).count() + 1:04d}"
    attestation.save()
    journal.record(
        "list",
        by=by,
        attestation=attestation,
        data={
            "employee": employee.pk,
            "position": employee.position,
            "purpose": purpose,
            "existing": attestation.existing,
            "declared": declared,
            "repeat": attestation.repeat,
        },
    )
    outbox.queue("listed", key=f"listed:{attestation.pk}", now=by.at, attestation=attestation)
    for case in absent:
        carried = [{"code": "carried", "case": attestation.case_no}]
        move(case, Event.CLOSE, by=by, reason=carried)
    return attestation


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
