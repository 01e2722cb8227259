"""The deadline for the ruling on an appeal: a setting of ours, not the order's; it moves no decision."""

from __future__ import annotations

from datetime import datetime

from appeals.models import Appeal, CommissionRules
from attestation.by import By
from attestation.deadlines.ledger import close_deadline, open_deadline
from attestation.law.calendar import Due, local_day
from attestation.lookup import work_calendar
from attestation.models import Deadline

KIND, STATE = Deadline.Kind.RULING, Deadline.State


def ruling_due(filed_at: datetime) -> Due:
    """So many working days after the filing; day 0 is the day of filing (I-09)."""
    day = local_day(filed_at)
    rules = CommissionRules.objects.in_force_on(day)
    days = work_calendar(day).count_working_days(day, rules.ruling_days)
    return Due(KIND.value, days[-1], days, (), ("I-09",))


def open_ruling_deadline(appeal: Appeal, *, now: datetime) -> Deadline:
    """Put the commission's duty in the ledger, with the filing of a timely appeal."""
    return open_deadline(
        KIND,
        f"{KIND.value}:{appeal.pk}",
        ruling_due(appeal.filed_at),
        employee=appeal.attestation.employee,
        attestation=appeal.attestation,
        counted_from=appeal.filed_at,
        now=now,
    )


def close_ruling_deadline(appeal: Appeal, *, by: By) -> None:
    """The appeal is closed: ruled on in time or not; of a withdrawn one the duty's ground has gone."""
    for deadline in Deadline.objects.open().filter(key=f"{KIND.value}:{appeal.pk}"):
        state = STATE.MISSED if deadline.is_over(by.at) else STATE.MET
        if appeal.state == Appeal.State.WITHDRAWN:
            state = STATE.VOID
        close_deadline(deadline, state, by=by, closed_by=appeal.external_id)
