"""What was sent to remind somebody, one by one, and the rule by which an outage may leave one out.

An outage may leave out a reminder only where it fell into the outage, and when the worker came back
 - its deadline was over or closed (a row stands as missed, or none is made), or
 - another one on the same deadline went to the same person at once, in its place: a later rung, or the letter
   on the hold, which stands for the opening of the assessment.
Nothing is sent that would not have been sent without the outage, but that opening where the hold was over
before anybody saw it. Everything else is sent as often as without the outage.
Left out besides: in which digest a reminder stands, and the minute at which it went.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from attestation.models import Deadline, Notice
from attestation.notices.kinds import REMINDERS, Kind

FIVE_MINUTES = timedelta(minutes=5)  # between two sweeps
OPENING = "open"
WATCHED = (*(reminder.notice for reminder in REMINDERS), Kind.HELD, Kind.ESCALATION, Kind.DISMISSAL_DUE)


@dataclass(frozen=True)
class Sent:
    """One that went out: of what, at which rung or week, to whom, when; and when its deadline ended."""

    kind: str
    rung: str
    of: tuple[Any, ...]
    to: str
    at: datetime
    over_at: datetime | None

    @property
    def same(self) -> tuple[Any, ...]:
        """What is compared: all but the moments."""
        return self.kind, self.rung, self.of, self.to


def send_at_once(*, now: datetime, **_: Any) -> int:
    """In place of the delivery: what is to be sent is, so that nothing that is queued later takes it back."""
    waiting = Notice.objects.filter(state=Notice.State.QUEUED)
    return waiting.update(state=Notice.State.SENT, sent_at=now)


def reminders() -> list[Sent]:
    """Those that were sent; one that was set aside as it was made is none."""
    rows = Notice.objects.filter(kind__in=WATCHED, state=Notice.State.SENT).order_by("pk")
    return [
        _sent(row) for row in rows.select_related("attestation", "deadline__employee", "user", "employee")
    ]


def _sent(row: Notice) -> Sent:
    deadline = row.deadline
    of = (
        row.attestation.case_no if row.attestation else "",
        *(
            (deadline.kind, deadline.employee.iin, row.context.get("due_on") or str(deadline.due_on))
            if deadline
            else ()
        ),
    )
    # Of a hold the codes of what it waits for, of a weekly one its week.
    rung = row.rung or row.key.split(":")[2 if row.kind == Kind.HELD else 1]
    to = str(row.user or (row.employee and row.employee.iin) or row.address)
    assert row.sent_at is not None  # sent
    return Sent(row.kind, rung, of, to, row.sent_at, _over(deadline) if deadline else None)


def _over(deadline: Deadline) -> datetime:
    return min(deadline.closes_at, deadline.closed_at or deadline.closes_at)


def unlike(quiet: list[Sent], found: list[Sent], *, stop: datetime, back: datetime) -> list[str]:
    """What the rule does not account for: too few (-) and too many (+). `back`: the first sweep again."""
    expected, there = Counter(one.same for one in quiet), Counter(one.same for one in found)
    few = [one for one in quiet if there[one.same] < expected[one.same]]
    wrong = [f"- {one}" for one in few if not _left_out(one, found, stop, back)]
    holds = {(one.of, one.to) for one in quiet if one.kind == Kind.HELD}
    for same, times in (there - expected).items():
        _kind, rung, *deadline_of_whom = same
        opening_unsaid = rung == OPENING and tuple(deadline_of_whom) in holds
        if times > 1 or expected[same] or not opening_unsaid:
            wrong.append(f"+ {times} {same}")
    return wrong


def _left_out(one: Sent, found: list[Sent], stop: datetime, back: datetime) -> bool:
    """By the rule at the top of this file."""
    again = back + FIVE_MINUTES
    if not stop < one.at <= again:
        return False
    if one.over_at is not None and one.over_at <= again:
        return True
    return any((other.of, other.to) == (one.of, one.to) and back <= other.at <= again for other in found)
