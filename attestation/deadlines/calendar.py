"""I-09: the calendar of days off, reviewed and confirmed year by year; a change is a new version.

A changed day counts every open deadline anew that it may concern: longer ones move at once, shorter ones are
proposed to a named person (F-D14). What a change would move can be seen before it is saved.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from attestation import access, journal, lookup
from attestation.by import By
from attestation.deadlines.changes import Outcome, apply_recount, check_named
from attestation.deadlines.counting import (
    Moved,
    as_they_would_stand,
    deadlines_of_years,
    lock_open_deadlines,
    only_moved,
    open_deadlines,
    open_deadlines_of_years,
    recounted,
)
from attestation.deadlines.ledger import is_provisional
from attestation.law.calendar import WorkCalendar
from attestation.models import CalendarDay, CalendarYear, Deadline, TermChange, User
from attestation.refusals import Refused
from attestation.years import ensure_years, seedable

Nature = CalendarDay.Nature
MOST_SOURCE = 200


@dataclass(frozen=True, slots=True)
class DayChange:
    """What becomes of one day: `off`, `working`, or "" – as Monday to Friday have it."""

    day: date
    kind: str
    name_kk: str = ""
    name_ru: str = ""
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A confirmed year; `changed`: by this act; `settled`: how many deadlines are provisional no more."""

    year: CalendarYear
    changed: bool
    settled: int


# --- confirming a year ------------------------------------------------------------------------------------


@transaction.atomic
def confirm_calendar(year: int, *, by: By) -> Confirmed:
    """I-09: an administrator has compared the year's days off with the acts. Again: nothing to do.

    Open deadlines counted by it lose the mark "provisional", unless another of their years is unconfirmed.
    """
    access.require(by.user, "confirm_calendar")
    row = CalendarYear.objects.select_for_update(of=("self",)).filter(year=year).first()
    if row is None or not row.days.exists():
        raise Refused(
            "no_calendar",
            _("There is no calendar of the year %(year)s on record. Enter its days off first."),
            cite="I-09",
            year=year,
        )
    if row.confirmed_at is not None:
        return Confirmed(row, changed=False, settled=0)
    deadlines = lock_open_deadlines(open_deadlines_of_years([year]))
    row.confirmed_at, row.confirmed_by = by.at, by.user
    row.save(update_fields=["confirmed_at", "confirmed_by"])
    settled = [deadline for deadline in deadlines if deadline.provisional and not _provisional(deadline)]
    Deadline.objects.filter(pk__in=[deadline.pk for deadline in settled]).update(provisional=False)
    for deadline in settled:
        deadline.provisional = False
    _unmark_closed(year)
    journal.record(
        "confirm_calendar",
        by=by,
        subject=str(year),
        data={"version": row.version, "settled": [deadline.key for deadline in settled]},
    )
    # A deadline that began while the days were being changed may have been counted by the old ones.
    calendar = lookup.work_calendar()
    apply_recount(
        recounted(deadlines, calendar),
        calendar,
        cause=TermChange.Cause.CALENDAR,
        by=by,
        propose_to=by.user,
    )
    return Confirmed(row, changed=True, settled=len(settled))


def _unmark_closed(year: int) -> None:
    """A deadline that a person closed beforehand: nothing that rests on it waits for the year any more."""
    marked = Deadline.objects.filter(deadlines_of_years([year]), provisional=True)
    closed = marked.exclude(state=Deadline.State.OPEN).select_related("rule_set")
    settled = [deadline.pk for deadline in closed if not _provisional(deadline)]
    Deadline.objects.filter(pk__in=settled).update(provisional=False)


def _provisional(deadline: Deadline) -> bool:
    return is_provisional(deadline.kind, deadline.counted_from, deadline.due_on, deadline.rule_set)


@transaction.atomic
def load_year(year: int, *, by: By) -> bool:
    """F-R7: put a year on record as `holidays` knows it, unconfirmed; False where it is there already."""
    access.require(by.user, "edit_calendar")
    if not seedable(year):
        raise Refused(
            "year_unknown",
            _("The days off of the year %(year)s are not known. Choose another year."),
            year=year,
        )
    if not ensure_years([year]):
        return False
    journal.record("calendar_loaded", by=by, subject=str(year), data={"version": 1})
    return True


# --- changing days ----------------------------------------------------------------------------------------


def calendar_with(changes: Iterable[DayChange]) -> WorkCalendar:
    """I-09: the calendar on record as the changes would leave it."""
    calendar = lookup.work_calendar()
    off, working = set(calendar.off), set(calendar.working)
    for change in changes:
        off.discard(change.day)
        working.discard(change.day)
        if change.kind:
            (off if change.kind == "off" else working).add(change.day)
    return WorkCalendar(frozenset(off), frozenset(working))


def moved_cases(changes: Sequence[DayChange]) -> list[Moved]:
    """F-D14: the open deadlines that the changes would move, longer or shorter; writes nothing.

    What `save_calendar_days` will lengthen and propose: a grace follows once its appeal term is accepted.
    """
    check_changes(changes)
    deadlines = open_deadlines(open_deadlines_of_years({change.day.year for change in changes}))
    calendar = calendar_with(changes)
    return only_moved(as_they_would_stand(recounted(deadlines, calendar), calendar))


def check_changes(changes: Sequence[DayChange]) -> None:
    """Refuse changes that change nothing, contradict each other or lie in no year of ours."""
    if not changes:
        raise Refused("no_days", _("Name at least one day."))
    calendar = lookup.work_calendar()
    on_record = dict(
        CalendarDay.objects.filter(day__in=[change.day for change in changes]).values_list("day", "kind")
    )
    seen: set[date] = set()
    for change in changes:
        _check_change(change, calendar, on_record.get(change.day, ""))
        if change.day in seen:
            raise Refused(
                "day_twice", _("%(day)s is named twice. Leave it once."), day=f"{change.day:%d.%m.%Y}"
            )
        seen.add(change.day)


def _check_change(change: DayChange, calendar: WorkCalendar, stands: str) -> None:
    shown = f"{change.day:%d.%m.%Y}"
    if not seedable(change.day.year):
        raise Refused("year_unknown", _("%(day)s lies in no year of this calendar."), day=shown)
    if change.kind not in ("off", "working", ""):
        raise ValueError(f"a day is off, working or neither: {change.kind!r}")
    if not change.kind and not stands:
        raise Refused(
            "day_not_on_record",
            _("%(day)s does not stand in the calendar: there is nothing to remove."),
            day=shown,
        )
    if change.kind == "working" and stands != "working" and calendar.is_working_day(change.day):
        raise Refused(
            "works_already",
            _("%(day)s is a working day already. Name a weekend day or a day off."),
            cite="I-09",
            day=shown,
        )


@transaction.atomic
def save_calendar_days(
    changes: Sequence[DayChange],
    *,
    source: str,
    by: By,
    propose_to: User | None = None,
) -> Outcome:
    """I-09: days off and working days by one act of the government; each year touched gets a new version.

    `source`: the act and its number. The years wait to be confirmed, open deadlines are counted anew (F-D14):
    shorter ones are proposed to `propose_to`, by default to who changed the day. Days that stand so by this
    very act change nothing. Raises Refused.
    """
    access.require(by.user, "edit_calendar")
    source = " ".join(source.split())
    if not source:
        raise Refused("source_missing", _("Name the act that moves the day, with its number."), cite="I-09")
    if len(source) > MOST_SOURCE:
        raise Refused("source_long", _("Name the act in at most %(most)s characters."), most=MOST_SOURCE)
    check_named(propose_to)
    years = sorted({change.day.year for change in changes})
    ensure_years(years)
    rows = list(CalendarYear.objects.filter(year__in=years).order_by("year").select_for_update(of=("self",)))
    check_changes(changes)
    if _stand_so(changes, source):
        return Outcome([], [])
    deadlines = lock_open_deadlines(open_deadlines_of_years(years))
    before = {day.day: day.kind for day in CalendarDay.objects.filter(day__in=[c.day for c in changes])}
    for change in changes:
        _write_day(change, source)
    for row in rows:
        row.version += 1
        row.confirmed_at = row.confirmed_by = None
        row.save(update_fields=["version", "confirmed_at", "confirmed_by"])
        _journal_year(row, changes, before, source, by=by)
    calendar = lookup.work_calendar()
    return apply_recount(
        recounted(deadlines, calendar),
        calendar,
        cause=TermChange.Cause.CALENDAR,
        by=by,
        propose_to=propose_to or by.user,
        reason=source,
    )


def _stand_so(changes: Sequence[DayChange], source: str) -> bool:
    """Whether every day stands with this kind, these names and this act."""
    rows = CalendarDay.objects.filter(day__in=[change.day for change in changes], source=source)
    fields = ("day", "kind", "name_kk", "name_ru", "name_en")
    known = set(rows.values_list(*fields))
    return all(tuple(getattr(change, name) for name in fields) in known for change in changes)


def _write_day(change: DayChange, source: str) -> None:
    if not change.kind:
        CalendarDay.objects.filter(day=change.day).delete()
        return
    CalendarDay.objects.update_or_create(
        day=change.day,
        defaults={
            "year_id": change.day.year,
            "kind": change.kind,
            # By an act a day is off in place of another one, or works.
            "nature": Nature.WORKING if change.kind == "working" else Nature.MOVED,
            "estimated": False,
            "name_kk": change.name_kk,
            "name_ru": change.name_ru,
            "name_en": change.name_en,
            "source": source,
        },
    )


def _journal_year(
    row: CalendarYear,
    changes: Sequence[DayChange],
    before: dict[date, str],
    source: str,
    *,
    by: By,
) -> None:
    days = [
        {"day": change.day, "kind": change.kind, "was": before.get(change.day, "")}
        for change in sorted(changes, key=lambda change: change.day)
        if change.day.year == row.year
    ]
    data = {"days": days, "source": source, "version": row.version}
    journal.record("calendar_changed", by=by, subject=str(row.year), data=data)


def deadlines_provisional_by(year: int) -> int:
    """F-R7: how many open deadlines wait for the year to be confirmed."""
    return Deadline.objects.filter(open_deadlines_of_years([year]), provisional=True).count()
