"""F-D12: a deadline is a local day; its stored instant follows the zone's data when these change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from attestation import access, journal
from attestation.by import By
from attestation.deadlines.counting import lock_open_deadlines
from attestation.law.calendar import day_close
from attestation.models import Cycle, Deadline, TermChange
from attestation.notices import reminders

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Shifted:
    """An instant on record that is not the end of its day by the zone's data of this machine."""

    what: str
    row: Deadline | Cycle
    stored: datetime
    derived: datetime


def shifted() -> Iterator[Shifted]:
    """F-D12: open deadlines, and testing stages still to end, whose instants the zone's data have moved."""
    rows = Deadline.objects.open().select_related("attestation").order_by("pk")
    for deadline in rows.iterator(chunk_size=BATCH):
        derived = day_close(deadline.due_on)
        if deadline.closes_at != derived:
            yield Shifted(deadline.key, deadline, deadline.closes_at, derived)
    for cycle in Cycle.objects.filter(stage_ended_at__isnull=True).order_by("pk"):
        derived = day_close(cycle.testing_ends)
        if cycle.stage_closes_at != derived:
            yield Shifted(f"cycle:{cycle.code}", cycle, cycle.stage_closes_at, derived)


def realign(found: list[Shifted], *, by: By) -> int:
    """F-D12: give each its day's end again, in a transaction of its own; how many were still to be moved.

    The day stays as it was, so nobody is told of another one; reminders are looked at afresh.
    """
    access.require(by.user, "edit_calendar")
    return sum(
        _realign_deadline(item.row, by) if isinstance(item.row, Deadline) else _realign_stage(item.row, by)
        for item in found
    )


@transaction.atomic
def _realign_deadline(row: Deadline, by: By) -> bool:
    for deadline in lock_open_deadlines(Q(pk=row.pk)):
        stored, derived = deadline.closes_at, day_close(deadline.due_on)
        if stored == derived:
            return False
        deadline.closes_at = derived
        deadline.save(update_fields=["closes_at"])
        reminders.deadline_moved(deadline, now=by.at)
        change = TermChange.objects.create(
            deadline=deadline,
            cause=TermChange.Cause.ZONE,
            was_due_on=deadline.due_on,
            due_on=deadline.due_on,
            days=deadline.days,
            calendar_version=deadline.calendar_version,
            state=TermChange.State.APPLIED,
            made_at=by.at,
            decided_at=by.at,
            decided_by=by.user,
        )
        data = {"change": change.pk, "kind": deadline.kind, "due_on": deadline.due_on}
        _journal(deadline.key, stored, derived, data, deadline, by=by)
        return True
    return False


@transaction.atomic
def _realign_stage(row: Cycle, by: By) -> bool:
    cycle = Cycle.objects.select_for_update(of=("self",)).get(pk=row.pk)
    stored, derived = cycle.stage_closes_at, day_close(cycle.testing_ends)
    if stored == derived or cycle.stage_ended_at is not None:
        return False
    cycle.set_stage_close()
    cycle.save(update_fields=["stage_closes_at"])
    _journal(cycle.code, stored, derived, {"due_on": cycle.testing_ends}, None, by=by)
    return True


def _journal(
    subject: str,
    stored: datetime,
    derived: datetime,
    data: dict[str, object],
    deadline: Deadline | None,
    *,
    by: By,
) -> None:
    journal.record(
        "instant_realigned",
        by=by,
        attestation=deadline.attestation if deadline else None,
        subject=subject,
        data={**data, "stored": stored, "derived": derived},
    )
