"""I-09, I-12: open deadlines counted anew: which they are, under which locks, and where each would end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q

from attestation.deadlines.ledger import counts_by_calendar
from attestation.law.calendar import WorkCalendar, day_close, local_day
from attestation.models import Attestation, Deadline

Kind = Deadline.Kind
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Counted:
    """The last day of a deadline and the days counted to it, those that an outage added among them."""

    due_on: date
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """A deadline and where it would end."""

    deadline: Deadline
    counted: Counted

    @property
    def longer(self) -> bool:
        """Whether it moves at once; a shorter one is proposed."""
        return self.counted.due_on > self.deadline.due_on

    @property
    def case_no(self) -> str:
        """The case that the deadline belongs to."""
        return self.deadline.attestation.case_no if self.deadline.attestation else ""


# --- which deadlines, and under which locks -----------------------------------------------------------------


def deadlines_of_years(years: Iterable[int]) -> Q:
    """Deadlines in working days, of which a day that counts may lie in one of the years."""
    reach = Q(pk__in=[])
    for year in years:
        reach |= Q(
            counted_from__lt=day_close(date(year, 12, 31)), closes_at__gt=day_close(date(year - 1, 12, 31))
        )
    by_calendar = Q(kind__in=(Kind.APPEAL, Kind.GRACE, Kind.RULING)) | Q(
        kind=Kind.SCORING, rule_set__scoring_rolls=True
    )
    return by_calendar & reach


def open_deadlines_of_years(years: Iterable[int]) -> Q:
    """Those of them that nobody has closed yet: a changed calendar moves no others."""
    return Q(state=Deadline.State.OPEN) & deadlines_of_years(years)


def open_deadlines(which: Q) -> list[Deadline]:
    """The deadlines, to be looked at."""
    rows = Deadline.objects.filter(which, state=Deadline.State.OPEN).order_by("pk")
    return list(rows.select_related("attestation__center", "attestation__employee", "employee", "rule_set"))


def lock_open_deadlines(which: Q) -> list[Deadline]:
    """The open deadlines under their locks, their cases locked first; the caller journalled nothing yet."""
    found = Deadline.objects.filter(which, state=Deadline.State.OPEN)
    cases = set(found.exclude(attestation=None).values_list("attestation_id", flat=True))
    rows = Attestation.objects.filter(pk__in=cases).order_by("pk")
    list(rows.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))
    pks = list(found.values_list("pk", flat=True))
    locked = Deadline.objects.filter(pk__in=pks, state=Deadline.State.OPEN).order_by("pk")
    list(locked.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))
    return open_deadlines(Q(pk__in=pks))


# --- counting anew ----------------------------------------------------------------------------------------


def recount(deadline: Deadline, calendar: WorkCalendar, appeal_due_on: date | None = None) -> Counted:
    """¶21, ¶28-1, I-09, I-10, I-12: as many days as were counted before, by this calendar.

    How many they are stands in the row: it was the order's number or the setting's when the deadline began,
    and what an outage added is among them. `appeal_due_on`: the day that a grace is counted from; without one
    it follows no appeal term and is counted from its own beginning (I-34).
    """
    stored = tuple(date.fromisoformat(day) for day in deadline.days)
    if deadline.kind == Kind.SCORING:
        return scoring_counted(deadline, stored[0] - ONE_DAY, calendar)
    start = local_day(deadline.counted_from) if appeal_due_on is None else appeal_due_on
    days = calendar.count_working_days(start, len(stored))
    return Counted(days[-1] if days else start, days)


def scoring_counted(deadline: Deadline, from_day: date, calendar: WorkCalendar) -> Counted:
    """¶28-1, I-10: calendar days from the stage's end; to the next working day where the setting says."""
    days = tuple(from_day + n * ONE_DAY for n in range(1, len(deadline.days) + 1))
    due_on = days[-1]
    if counts_by_calendar(deadline.kind, deadline.rule_set) and not calendar.is_working_day(due_on):
        due_on = calendar.next_working_day(due_on)
    return Counted(due_on, days)


def recounted(deadlines: Sequence[Deadline], calendar: WorkCalendar) -> list[Moved]:
    """Every one of the deadlines as the calendar counts it, moved or not; writes nothing.

    A grace follows its appeal term, also one that only would become shorter.
    """
    graces = [deadline for deadline in deadlines if deadline.kind == Kind.GRACE]
    appeals = [grace.follows_id for grace in graces if grace.follows_id]
    ends = dict(Deadline.objects.filter(pk__in=appeals).values_list("pk", "due_on"))
    found = {d.pk: recount(d, calendar) for d in deadlines if d.kind != Kind.GRACE}
    ends |= {d.pk: found[d.pk].due_on for d in deadlines if d.kind == Kind.APPEAL}
    for grace in graces:
        found[grace.pk] = recount(grace, calendar, ends[grace.follows_id] if grace.follows_id else None)
    return [Moved(deadline, found[deadline.pk]) for deadline in deadlines]


def as_they_would_stand(rows: Sequence[Moved], calendar: WorkCalendar) -> list[Moved]:
    """F-D14: a shorter appeal term stands until somebody accepts it, and its grace is counted from that."""
    standing = {row.deadline.pk: row.deadline.due_on for row in only_moved(rows) if not row.longer}

    def as_it_stands(row: Moved) -> Moved:
        appeal_due_on = standing.get(row.deadline.follows_id or 0)
        if appeal_due_on is None:
            return row
        return Moved(row.deadline, recount(row.deadline, calendar, appeal_due_on))

    return [as_it_stands(row) for row in rows]


def only_moved(rows: Iterable[Moved]) -> list[Moved]:
    """Those whose last day is another one, for the page that shows them before anything is saved."""
    return [row for row in rows if row.counted.due_on != row.deadline.due_on]
