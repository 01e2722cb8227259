"""What a change of position, leaving service or a category on record does to what waits (I-25, I-31, I-36).

The sweep looks at where each person stands now, whatever brought it about: a file, a page, a day that came.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from attestation import journal, lookup
from attestation.by import By
from attestation.cases.consequences import change_periods
from attestation.cases.lifecycle import close_case
from attestation.cases.positions import CATEGORY_KINDS, owe, person_on, standing_of, void_duty_deadlines
from attestation.deadlines.safeguards import Code, Safeguards
from attestation.law.calendar import local_day
from attestation.law.reasons import Verdict
from attestation.law.vocabulary import Category, Consequence, Position, Purpose
from attestation.models import Attestation, CategoryTerm, Decision, Status
from attestation.models import Consequence as ConsequenceRow
from attestation.work import each

State, Why = ConsequenceRow.State, ConsequenceRow.Why
# What opens again once its reason has gone; a category that was held ends a duty for good.
MAY_RETURN = (Why.POSITION, Why.LEFT, Why.OWED)
# I-31: a case that has no published result yet.
UNTESTED = (Status.LISTED, Status.NOT_ADMITTED, Status.ADMITTED, Status.ABSENT, Status.TESTED)


def settle_positions(*, now: datetime, safeguards: Safeguards | None = None) -> int:
    """I-25, I-31, I-36: bring duties, waiting categories and initial attestations to where people stand now.

    Not by a clock that can't be trusted: whether a day of leaving has come hangs on it.
    """
    if safeguards is not None and Code.CLOCK in safeguards.clock:
        return 0
    today = local_day(now)
    settled = each(_duties_to_settle(today), _settle_duty, now=now, act="settle_position")
    settled += each(_categories_to_settle(today), _settle_category, now=now, act="settle_position")
    return settled + each(_initials_to_end(today), _end_initial, now=now, act="settle_position")


def _in_force(today: date, employee: str) -> Exists:
    return Exists(CategoryTerm.objects.in_force_on(today).filter(employee=OuterRef(employee)))


def _duties_to_settle(today: date) -> QuerySet[ConsequenceRow]:
    left = Q(attestation__employee__left_on__lte=today)
    there = Q(attestation__employee__position=F("attestation__position")) & ~left
    categorised = Q(attestation__purpose=Purpose.INITIAL) & _in_force(today, "attestation__employee")
    gone = Q(state=State.OPEN) & (left | ~there | categorised)
    back = Q(state__in=(State.VOID, State.MOOT), why__in=MAY_RETURN) & there
    return ConsequenceRow.objects.filter(gone | back, kind=Consequence.REATTEST)


def _settle_duty(row: ConsequenceRow, now: datetime) -> bool:
    case = lookup.locked(Attestation(pk=row.attestation_id))
    row.refresh_from_db()
    person = person_on(case.employee, local_day(now))
    state, why, _readings = standing_of(Consequence.REATTEST, case, person)
    settled = row.state == State.OPEN or row.why in MAY_RETURN
    # What was void or moot for one reason and would be for another stays as it is.
    if not settled or (state == State.OPEN) == (row.state == State.OPEN):
        return False
    row.state, row.why = state, why
    row.save(update_fields=["state", "why"])
    if state == State.OPEN:
        owe(row, case, now)
    else:
        void_duty_deadlines(row, now=now)
    data = {"duty": row.pk, "state": state, "why": why}
    journal.record("duty_settled", by=By(None, now), attestation=case, data=data)
    return True


def _categories_to_settle(today: date) -> QuerySet[ConsequenceRow]:
    employee = "attestation__employee"
    left = Q(**{f"{employee}__left_on__lte": today})
    there = Q(**{f"{employee}__position": Position.CAREER_SPECIALIST}) & ~left
    over = Q(decision__category_until__lt=today)
    return ConsequenceRow.objects.filter(there | over, kind__in=CATEGORY_KINDS, state=State.WAITING)


def _settle_category(row: ConsequenceRow, now: datetime) -> bool:
    """I-36: in force from the day of the final decision, or lapsed once its period would have ended."""
    case = lookup.locked(Attestation(pk=row.attestation_id))
    row.refresh_from_db()
    decision = Decision.objects.get(pk=row.decision_id)
    today = local_day(now)
    if row.state != State.WAITING:
        return False
    if decision.category_until is not None and decision.category_until < today:
        row.state = State.LAPSED
    elif person_on(case.employee, today).may_hold:
        row.state, row.why = State.DONE, ""
        change_periods(case, decision, Verdict.from_data(decision.verdict), by=By(None, now))
    else:
        return False
    row.save(update_fields=["state", "why"])
    data = {"consequence": row.pk, "kind": row.kind, "state": row.state}
    journal.record("category_settled", by=By(None, now), attestation=case, data=data)
    return True


def _initials_to_end(today: date) -> QuerySet[Attestation]:
    untold = Attestation.objects.filter(purpose=Purpose.INITIAL, status__in=UNTESTED)
    published = Q(results__superseded_at__isnull=True, results__published_at__isnull=False)
    return untold.exclude(published).filter(_in_force(today, "employee"))


def _end_initial(case: Attestation, now: datetime) -> bool:
    """I-31: a category put on record while an initial attestation is under way ends that case."""
    case = lookup.locked(case)
    category = case.employee.category_on(local_day(now))
    if case.status not in UNTESTED or category is Category.NONE or lookup.published_result(case) is not None:
        return False
    reason = [{"code": "category_on_record", "category": category.value}]
    close_case(case, reason, by=By(None, now))
    return True
