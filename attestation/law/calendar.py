"""Days: working days, month arithmetic, the end of a day in Asia/Almaty. The days off come as an argument.

A deadline is a local day (`due_on`); the instant is derived from it, so that a later change of the zone moves
the instant and not the day. In time is: strictly before `closes_at`.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from attestation.law.parameters import Parameters
from attestation.law.refusals import RuleRefusal
from attestation.law.settings import Settings

ALMATY = ZoneInfo("Asia/Almaty")
SATURDAY = 5
# Longer than any run of days off; a calendar without a working day must not hang the sweep.
SEARCH_DAYS = 366
_SECOND = timedelta(seconds=1)


def zone_offset() -> timedelta | None:
    """The offset that this machine's zone data gives Almaty one month after the change of 1 March 2024."""
    return datetime(2024, 4, 1, tzinfo=UTC).astimezone(ALMATY).utcoffset()


def local_day(instant: datetime) -> date:
    """I-08: the day of `instant` in Asia/Almaty. Raises ValueError for an instant without offset."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs an offset")
    try:
        return instant.astimezone(ALMATY).date()
    except OverflowError:
        raise RuleRefusal("date_out_of_range", "I-08", day=instant.isoformat()) from None


def day_close(day: date) -> datetime:
    """I-08: the first instant after `day`, the next midnight in Asia/Almaty, in UTC."""
    return datetime.combine(_days_after(day, 1, "I-08"), time(), ALMATY).astimezone(UTC)


def last_second(day: date) -> datetime:
    """I-08: 23:59:59 of `day` in Asia/Almaty; the later one where the hour happened twice (2024-02-29)."""
    return (day_close(day) - _SECOND).astimezone(ALMATY)


def add_months(day: date, months: int) -> date:
    """I-11: the same day of the month `months` later, or the last day of that month where there is none."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        raise RuleRefusal("date_out_of_range", "I-11", day=day.isoformat())
    month = month0 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _days_after(day: date, days: int, cite: str) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise RuleRefusal("date_out_of_range", cite, day=day.isoformat()) from None


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """I-09: Monday to Friday, less `off`, plus `working` (weekend days, or days off, that work by decree)."""

    off: frozenset[date]
    working: frozenset[date] = frozenset()

    def is_working_day(self, day: date) -> bool:
        """I-09: is `day` a working day? A day in `working` works whatever else is said of it."""
        return day in self.working or (day.weekday() < SATURDAY and day not in self.off)

    def moved(self, off: frozenset[date], working: frozenset[date]) -> WorkCalendar:
        """I-09: this calendar with days moved by decree, which prevail over what stood there."""
        return WorkCalendar((self.off - working) | off, (self.working - off) | working)

    def next_working_day(self, day: date) -> date:
        """I-09: the first working day after `day`."""
        for ahead in range(1, SEARCH_DAYS + 1):
            following = _days_after(day, ahead, "I-09")
            if self.is_working_day(following):
                return following
        raise RuleRefusal("no_working_day", "I-09", day=day.isoformat())

    def count_working_days(self, start_exclusive: date, n: int) -> tuple[date, ...]:
        """I-08, I-09: the first `n` working days after `start_exclusive` (day 0 does not count)."""
        days: list[date] = []
        day = start_exclusive
        for _ in range(n):
            day = self.next_working_day(day)
            days.append(day)
        return tuple(days)


@lru_cache(maxsize=4096)
def _last_second(day: date) -> datetime:
    return last_second(day)


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline with its derivation: the days counted, the points and the readings it rests on."""

    kind: str
    due_on: date
    days: tuple[date, ...]
    cites: tuple[str, ...]
    readings: tuple[str, ...] = ()

    @property
    def closes_at(self) -> datetime:
        """The first instant that is too late (UTC)."""
        return day_close(self.due_on)

    @property
    def due_at(self) -> datetime:
        """The last second in time, with its offset: what is shown."""
        return _last_second(self.due_on)


def appeal_due(published_at: datetime, cal: WorkCalendar, params: Parameters) -> Due:
    """¶21: an appeal until the end of the second working day after the result was published (I-08, I-09)."""
    days = cal.count_working_days(local_day(published_at), params.appeal_working_days)
    return Due("appeal", days[-1], days, ("¶21",), ("I-08", "I-09"))


def grace_due(appeal_due_on: date, cal: WorkCalendar, settings: Settings) -> Due:
    """I-12: the grace after the appeal term, in working days; a setting of ours, not the order's."""
    days = cal.count_working_days(appeal_due_on, settings.finalise_after)
    return Due("grace", days[-1] if days else appeal_due_on, days, ("I-12",), ("I-12", "I-09"))


def result_dues(
    told_at: datetime, cal: WorkCalendar, params: Parameters, settings: Settings, *, corrected: bool
) -> tuple[Due, Due]:
    """¶21, I-12, I-33: the appeal term and the grace after it, from the publication or the correction on."""
    appeal = appeal_due(told_at, cal, params)
    if corrected:
        appeal = replace(appeal, readings=(*appeal.readings, "I-33"))
    return appeal, grace_due(appeal.due_on, cal, settings)


def voided_due(confirmed_at: datetime, cal: WorkCalendar, settings: Settings) -> Due:
    """I-34, I-24: after a voided record the grace alone, from the confirmation on: no appeal term runs."""
    grace = grace_due(local_day(confirmed_at), cal, settings)
    return replace(grace, readings=(*grace.readings, "I-24", "I-34"))


def scoring_due(from_day: date, cal: WorkCalendar, params: Parameters, settings: Settings) -> Due:
    """¶28-1: assessment within two calendar days after `from_day`, the day the testing stage ended (I-10).

    `from_day` is the day an appeal was resolved where only that took the result over the threshold (I-12).
    """
    days = tuple(_days_after(from_day, n, "¶28-1") for n in range(1, params.assessment_calendar_days + 1))
    due_on = days[-1]
    if settings.scoring_rolls and not cal.is_working_day(due_on):
        due_on = cal.next_working_day(due_on)
    return Due("scoring", due_on, days, ("¶28-1",), ("I-10",))


def reattestation_due(final_on: date, params: Parameters) -> Due:
    """¶27.2: re-attestation no later than twelve months after the day of the final decision (I-11)."""
    return Due("reattestation", add_months(final_on, params.reattestation_months), (), ("¶27.2",), ("I-11",))


def category_due(starts_on: date, params: Parameters) -> Due:
    """¶7: the last day of a period of three years that begins on `starts_on` (I-17)."""
    return Due("category", add_months(starts_on, params.category_years * 12), (), ("¶7",), ("I-17", "I-11"))


def former_category_due(conferred_on: date, first_day: date, params: Parameters) -> Due:
    """I-42: the last day of a category conferred under a former name, counted from its own day (I-17).

    Raises RuleRefusal where it was conferred on or after `first_day`, the first day of the order.
    """
    if conferred_on >= first_day:
        raise RuleRefusal(
            "former_under_order", "I-42", day=conferred_on.isoformat(), first_day=first_day.isoformat()
        )
    due = category_due(conferred_on, params)
    return replace(due, readings=(*due.readings, "I-42"))
