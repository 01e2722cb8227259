"""¶9: who may be put on a list: what the rules ask, read for many people by a few queries, and the rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import CharField, F, Func, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.utils.translation import gettext_lazy as _

from attestation import access
from attestation.by import By
from attestation.cases.reattestation import reattestations_owed
from attestation.law.calendar import local_day
from attestation.law.facts import check_declared, check_purpose
from attestation.law.listing import (
    check_duties,
    check_first,
    check_listed_by,
    check_one_at_a_time,
    same_duty,
)
from attestation.law.refusals import RuleRefusal
from attestation.law.vocabulary import Category, Consequence, Position, Purpose, rank
from attestation.models import LIVE, Attestation, CategoryTerm, Cycle, Employee, Status
from attestation.models import Consequence as ConsequenceRow
from attestation.refusals import Refused


class CaseInTheWay(NamedTuple):
    """I-31: a case beside which its person is not listed; `named` where the actor may see it."""

    case_no: str
    in_cycle: bool
    named: bool


@dataclass(frozen=True)
class ListingFacts:
    """What the rules ask of people beside their own records, by the keys of the employees."""

    duties: Mapping[int, Sequence[ConsequenceRow]]
    attested: Collection[int]
    held: Mapping[int, Category]
    in_the_way: Mapping[int, Sequence[CaseInTheWay]]


def listing_facts(cycle: Cycle, employees: Collection[int], *, by: By) -> ListingFacts:
    """The facts of these employees; how many queries it takes does not depend on their number."""
    duties: dict[int, list[ConsequenceRow]] = {}
    for duty in reattestations_owed(*employees):
        duties.setdefault(duty.attestation.employee_id, []).append(duty)
    of_people = Attestation.objects.filter(employee__in=employees)
    held: dict[int, Category] = {}
    periods = CategoryTerm.objects.in_force_on(cycle.testing_ends).filter(employee__in=employees)
    for employee, category in periods.values_list("employee", "category"):
        held[employee] = max(held.get(employee, Category.NONE), Category(category), key=rank)
    return ListingFacts(
        duties=duties,
        attested=set(of_people.filter(status=Status.FINAL).values_list("employee", flat=True)),
        held=held,
        in_the_way=_in_the_way(cycle, of_people, by=by),
    )


def _in_the_way(cycle: Cycle, cases: QuerySet[Attestation], *, by: By) -> dict[int, list[CaseInTheWay]]:
    others = list(
        cases.filter(in_the_way(cycle, by.at))
        .order_by("pk")
        .values_list("employee", "pk", "case_no", "cycle")
    )
    wanted = Attestation.objects.filter(pk__in=[pk for _employee, pk, _case_no, _cycle in others])
    seen = set(access.scoped(by.user, wanted).values_list("pk", flat=True)) if others else set()
    found: dict[int, list[CaseInTheWay]] = {}
    for employee, pk, case_no, of_cycle in others:
        found.setdefault(employee, []).append(CaseInTheWay(case_no, of_cycle == cycle.pk, pk in seen))
    return found


def in_the_way(cycle: Cycle, now: datetime) -> Q:
    """I-31: the cases beside which their person is not listed in the cycle: the open ones of the cycle, and
    those of any other that can still bring a decision."""
    # I-30: who was not admitted can still be, until the testing stage begins.
    still_open = Q(status=Status.NOT_ADMITTED, cycle__testing_starts__gt=local_day(now))
    return (Q(cycle=cycle) & ~Q(status=Status.CLOSED)) | Q(status__in=LIVE) | still_open


def standing_of(day: date) -> Func:
    """What a listing rests on beside those cases, as one text of an employee: position, centres, leaving,
    final decisions, duties of re-attestation, and the categories in force on the day."""
    cases = Attestation.objects.filter(employee=OuterRef("pk"), status=Status.FINAL)
    duties = ConsequenceRow.objects.filter(
        attestation__employee=OuterRef("pk"), kind=Consequence.REATTEST, state=ConsequenceRow.State.OPEN
    )
    periods = CategoryTerm.objects.in_force_on(day).filter(employee=OuterRef("pk"))
    facts = [
        *(F("position"), F("center"), F("center__parent"), F("left_on")),
        *(_sum(cases, "employee"), _sum(duties, "attestation__employee"), _sum(periods, "employee")),
    ]
    # Both databases have it. A chain of `||` is too deep for the parser of SQLite.
    return Func(Value(" ".join("%s" for _fact in facts)), *facts, function="format", output_field=CharField())


def _sum(rows: QuerySet[Any], employee: str) -> Subquery:
    """One number for the rows that an employee has: it changes with them."""
    return Subquery(rows.order_by().values(employee).annotate(total=Sum("pk")).values("total"))


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


def check_listing(
    cycle: Cycle, employee: Employee, purpose: str, declared: str, facts: ListingFacts, *, by: By
) -> Attestation:
    """¶9, I-18, I-22, I-25, I-31: the attestation that listing would make, unsaved and without a number.

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
    duties = facts.duties.get(employee.pk, ())
    check_duties([Purpose(duty.attestation.purpose) for duty in duties], wanted)
    owed = next((duty for duty in duties if same_duty(Purpose(duty.attestation.purpose), wanted)), None)
    first_again = owed is not None and owed.attestation.purpose == Purpose.INITIAL
    held = facts.held.get(employee.pk, Category.NONE)
    check_first(wanted, employee.pk in facts.attested, held, first_again)
    existing = _existing(wanted, declared, held)
    _refuse_two_at_a_time(cycle, employee, facts.in_the_way.get(employee.pk, ()))
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


def _existing(purpose: Purpose, declared: str, held: Category) -> str:
    """The existing category of an applicant, as it will stand when testing ends; checks what is declared."""
    if purpose is not Purpose.CATEGORY:
        if declared:
            raise RuleRefusal(
                "declared_without_category_purpose", "¶17.2", declared=declared, purpose=purpose.value
            )
        return ""
    if not declared:
        raise RuleRefusal("category_facts_missing", "¶30.2", field="declared")
    check_declared(held, Category(declared))
    return held.value


def _refuse_two_at_a_time(cycle: Cycle, employee: Employee, others: Sequence[CaseInTheWay]) -> None:
    """I-31: nobody is listed while another case of theirs can still bring a decision, in any cycle."""
    if any(other.in_cycle for other in others):
        raise Refused(
            "listed_already",
            _("%(name)s is on the list of the cycle %(code)s already."),
            name=employee.full_name,
            code=cycle.code,
        )
    if others:
        check_one_at_a_time(others[0].case_no, named=others[0].named)
