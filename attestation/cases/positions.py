"""How position, service and categories of a person bear on what a decision brings (I-23, I-25, I-36)."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import QuerySet

from attestation import lookup
from attestation.by import By
from attestation.deadlines.ledger import close_deadline, open_deadline, start_of_day
from attestation.law.calendar import reattestation_due
from attestation.law.listing import same_duty
from attestation.law.standing import PersonNow, Stand, duty_stands
from attestation.law.vocabulary import Consequence, Position, Purpose
from attestation.models import Attestation, Deadline, Employee
from attestation.models import Consequence as ConsequenceRow

State, Why = ConsequenceRow.State, ConsequenceRow.Why
CATEGORY_KINDS = (Consequence.CONFER_CATEGORY, Consequence.KEEP_CATEGORY, Consequence.LOWER_CATEGORY)


def person_on(employee: Employee, today: date) -> PersonNow:
    """I-36: what the person is on the day."""
    left = employee.left_on is not None and employee.left_on <= today
    return PersonNow(Position(employee.position), left, employee.category_on(today))


def standing_of(kind: Consequence, case: Attestation, person: PersonNow) -> Stand:
    """I-23, I-25: how a duty of re-attestation or a dismissal of this case stands."""
    owed = kind is Consequence.REATTEST and _owed_by_another(case)
    return duty_stands(kind, Position(case.position), Purpose(case.purpose), person, owed=owed)


def _owed_by_another(case: Attestation) -> bool:
    """I-25: at most one duty is open for each person, position and purpose."""
    others = ConsequenceRow.objects.filter(
        kind=Consequence.REATTEST,
        state=State.OPEN,
        attestation__employee=case.employee_id,
        attestation__position=case.position,
    ).exclude(attestation=case)
    purposes = others.values_list("attestation__purpose", flat=True)
    return any(same_duty(Purpose(purpose), Purpose(case.purpose)) for purpose in purposes)


def duty_deadlines(attestation_id: int) -> QuerySet[Deadline]:
    """¶27.2: the open deadlines of the duty that a case brought."""
    return Deadline.objects.open().filter(kind=Deadline.Kind.REATTESTATION, attestation=attestation_id)


def void_duty_deadlines(row: ConsequenceRow, *, now: datetime) -> None:
    """I-25: nothing is owed any more, so nothing is due."""
    for deadline in duty_deadlines(row.attestation_id):
        close_deadline(deadline, Deadline.State.VOID, by=By(None, now), closed_by=f"duty {row.pk} {row.why}")


def owe(row: ConsequenceRow, case: Attestation, now: datetime) -> None:
    """¶27.2, I-25: the deadline of the duty; opened again under its own key: a closed one never changes."""
    key = f"reattestation:{row.decision_id}"
    before = Deadline.objects.filter(decision=row.decision_id).count()
    open_deadline(
        Deadline.Kind.REATTESTATION,
        f"{key}:again:{before}" if before else key,
        reattestation_due(row.effective_on, lookup.parameters_of(case)),
        employee=case.employee,
        attestation=case,
        counted_from=start_of_day(row.effective_on),
        now=now,
        rule_set=case.rule_set,
        decision_id=row.decision_id,
    )
