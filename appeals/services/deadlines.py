"""The deadline for the ruling on an appeal: a setting of ours, not the order's; it moves no decision."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache

from appeals.models import Appeal, CommissionRules
from attestation.by import By
from attestation.deadlines.ledger import close_deadlines, open_deadlines
from attestation.law.calendar import Due, local_day
from attestation.lookup import work_calendar
from attestation.models import Deadline

KIND, STATE = Deadline.Kind.RULING, Deadline.State


def ruling_due(day: date) -> Due:
    """So many working days after the filing; day 0 is the day of filing (I-09)."""
    rules = CommissionRules.objects.in_force_on(day)
    days = work_calendar(day).count_working_days(day, rules.ruling_days)
    return Due(KIND.value, days[-1], days, (), ("I-09",))


def key_of_ruling(appeal: int | str) -> str:
    """How the ledger names the term for a ruling by the appeal's key (of "": how all of them begin)."""
    return f"{KIND.value}:{appeal}"


def open_ruling_deadline(*appeals: Appeal, now: datetime) -> None:
    """Put the commission's duty in the ledger, with the filing of each timely appeal."""
    due = cache(ruling_due)
    duties = [
        (key_of_ruling(appeal.pk), due(local_day(appeal.filed_at)), appeal.attestation, appeal.filed_at)
        for appeal in appeals
    ]
    open_deadlines(KIND, duties, now=now)


def close_ruling_deadline(*appeals: Appeal, by: By) -> None:
    """The appeals are closed: ruled on in time or not; of a withdrawn one the duty's ground has gone."""
    closed = {key_of_ruling(appeal.pk): appeal for appeal in appeals}
    deadlines = Deadline.objects.open().filter(key__in=closed).select_related("attestation").order_by("pk")
    closings = []
    for deadline in deadlines.select_for_update(of=("self",), no_key=True):
        appeal = closed[deadline.key]
        state = STATE.MISSED if deadline.is_over(by.at) else STATE.MET
        if appeal.state == Appeal.State.WITHDRAWN:
            state = STATE.VOID
        closings.append((deadline, state.value, appeal.external_id))
    close_deadlines(closings, by=by)
