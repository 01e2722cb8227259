"""F-D2: the deadlines that an outage cut into, and where each would end if the lost days counted anew.

A counted day that the outage touched at all counts anew after the last day, or after today where the deadline
is over. Writes nothing.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from attestation import lookup
from attestation.deadlines.counting import Counted
from attestation.deadlines.ledger import counts_by_calendar, start_of_day
from attestation.law.calendar import WorkCalendar, day_close, local_day
from attestation.models import Deadline, Outage, Status, TermChange

Kind, State = Deadline.Kind, Deadline.State
# Filing, and the recording of what was filed, are what an outage makes impossible; the deadlines of the
# centre and of the commission are longer only where the authorised person says so.
BY_DEFAULT = frozenset({Kind.APPEAL, Kind.GRACE})
KINDS = (Kind.APPEAL, Kind.GRACE, Kind.SCORING, Kind.RULING)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CutDeadline:
    """A deadline that an outage cut into: the counted days it touched, and where the deadline would end.

    `counted` is None where nothing can be made good: no counted day was touched, the case is closed, or a
    closed deadline that is no appeal's. `reopens`: the appeal term is over, filing becomes possible again.
    """

    deadline: Deadline
    touched: tuple[date, ...]
    counted: Counted | None
    reopens: bool

    @property
    def proposed(self) -> bool:
        """Whether it is made longer unless the authorised person decides otherwise."""
        return self.counted is not None and self.deadline.kind in BY_DEFAULT


def cut_deadlines(outage: Outage, *, now: datetime) -> list[CutDeadline]:
    """F-D2: every deadline that the outage cut into; of void and replaced ones nothing is left."""
    found = _of_the_result_in_force(list(_rows(outage, now)))
    calendar = lookup.work_calendar()
    spans = _made_good(found)
    lines = [_cut(deadline, outage, calendar, spans[deadline.pk], now) for deadline in found]
    moved = {line.deadline.pk for line in lines if line.counted and line.deadline.kind == Kind.APPEAL}
    # A grace follows its appeal term, or comes anew with one that is opened again.
    return [line for line in lines if line.deadline.follows_id not in moved]


def touched_by(outage: Outage, now: datetime) -> Q:
    """The deadlines before which the outage fell."""
    ended = outage.ended_at or now
    return Q(kind__in=KINDS, counted_from__lt=ended, closes_at__gt=outage.began_at, replaced_by__isnull=True)


def _rows(outage: Outage, now: datetime) -> Iterable[Deadline]:
    return (
        Deadline.objects.filter(touched_by(outage, now), attestation__isnull=False)
        .exclude(state=State.VOID)
        # What was done in time was not hindered.
        .exclude(kind__in=(Kind.SCORING, Kind.RULING), state=State.MET)
        .select_related("attestation__cycle", "attestation__center", "employee__center", "rule_set")
        .order_by("attestation__case_no", "pk")
    )


def _of_the_result_in_force(rows: list[Deadline]) -> list[Deadline]:
    """¶21: a corrected result has a window of its own; that of the one before is nobody's any more."""
    deadlines = Deadline.objects.filter(
        attestation__in={row.attestation_id for row in rows}, kind=Kind.APPEAL
    ).exclude(state=State.VOID)
    last: dict[int | None, int] = {}
    for case, pk in deadlines.order_by("counted_from", "pk").values_list("attestation_id", "pk"):
        last[case] = pk

    def counts(row: Deadline) -> bool:
        if row.kind not in BY_DEFAULT:
            return True
        appeal = row.pk if row.kind == Kind.APPEAL else row.follows_id
        return appeal is not None and last.get(row.attestation_id) == appeal

    return [row for row in rows if counts(row)]


def _made_good(deadlines: Sequence[Deadline]) -> dict[int, list[Outage]]:
    """Outages for which a deadline was made longer: a day that two of them touched counts anew once."""
    found: dict[int, list[Outage]] = defaultdict(list)
    changes = TermChange.objects.filter(
        deadline__in=[deadline.pk for deadline in deadlines],
        cause=TermChange.Cause.OUTAGE,
        state=TermChange.State.APPLIED,
        outage__isnull=False,
    )
    for change in changes.select_related("outage"):
        assert change.outage is not None  # selected by it
        found[change.deadline_id].append(change.outage)
    return found


def _cut(
    deadline: Deadline, outage: Outage, calendar: WorkCalendar, earlier: Sequence[Outage], now: datetime
) -> CutDeadline:
    days = tuple(date.fromisoformat(text) for text in deadline.days)
    before = {day for other in earlier for day in days if _touches(other, day, now)}
    touched = tuple(day for day in days if _touches(outage, day, now) and day not in before)
    case = deadline.attestation
    assert case is not None  # selected by it
    is_open = deadline.state == State.OPEN
    possible = bool(touched) and case.status != Status.CLOSED and (is_open or deadline.kind == Kind.APPEAL)
    # The day of a final decision stays as it was (I-28): its window is opened again beside the old one.
    final = case.status == Status.FINAL
    if not possible or (final and deadline.kind == Kind.GRACE):
        return CutDeadline(deadline, touched, None, False)
    reopens = deadline.kind == Kind.APPEAL and (final or not is_open)
    if reopens:
        anew = calendar.count_working_days(local_day(now), len(touched))
        return CutDeadline(deadline, touched, Counted(anew[-1], anew), True)
    return CutDeadline(deadline, touched, _longer(deadline, days, len(touched), calendar, now), False)


def _touches(outage: Outage, day: date, now: datetime) -> bool:
    """Whether any instant of the day fell into the outage."""
    return outage.began_at < day_close(day) and (outage.ended_at or now) > start_of_day(day)


def _longer(
    deadline: Deadline, days: tuple[date, ...], lost: int, calendar: WorkCalendar, now: datetime
) -> Counted:
    """The lost days after the last day, or after today where that is over and nobody could use them.

    All the days through the new last one count, so that a later recount by another calendar (F-D14) knows
    their number.
    """
    after = max(deadline.due_on, local_day(now))
    if deadline.kind == Kind.SCORING:
        due_on = after + lost * ONE_DAY
        run = tuple(days[0] + n * ONE_DAY for n in range((due_on - days[0]).days + 1))
        if counts_by_calendar(deadline.kind, deadline.rule_set) and not calendar.is_working_day(due_on):
            due_on = calendar.next_working_day(due_on)
        return Counted(due_on, run)
    due_on = calendar.count_working_days(after, lost)[-1]
    more: list[date] = []
    day = calendar.next_working_day(deadline.due_on)
    while day <= due_on:
        more.append(day)
        day = calendar.next_working_day(day)
    return Counted(due_on, (*days, *more))


def digest(lines: Iterable[CutDeadline]) -> str:
    """What was on the screen, so that nothing else is settled than what the person saw."""
    seen = []
    for line in lines:
        to = line.counted.due_on if line.counted else "-"
        seen.append(f"{line.deadline.pk}:{line.deadline.due_on}:{to}:{line.reopens}")
    return hashlib.sha256("\n".join(seen).encode()).hexdigest()
