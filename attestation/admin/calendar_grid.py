"""A year of the working calendar as a picture: months of days, each with its mark."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

from django.utils.dates import MONTHS
from django.utils.translation import get_language, gettext_lazy

from attestation.labels import Label
from attestation.law.calendar import SATURDAY
from attestation.models import CalendarDay
from attestation.models.centers import in_language

RELIGIOUS = ("Orthodox Christmas", "Eid al-Adha")


def day_name(day: CalendarDay) -> str:
    """What the day off is called, in the reader's language."""
    if (get_language() or "").startswith("en") and day.name_en:
        return day.name_en
    return in_language(day.name_kk, day.name_ru) or str(day.get_kind_display())


@dataclass(frozen=True)
class Mark:
    """A kind of day: its sign, so that colour is never alone, its CSS class, and what the legend says."""

    sign: str
    css: str
    label: Label


HOLIDAY = Mark("●", "holiday", gettext_lazy("public holiday"))


RELIGION = Mark("◆", "religious", gettext_lazy("religious day off, never moved"))


MOVED = Mark("»", "moved", gettext_lazy("day off in place of another day"))


WORKING = Mark("+", "working", gettext_lazy("weekend day that works"))


LEGEND = (HOLIDAY, RELIGION, MOVED, WORKING)


ESTIMATED = "?"


def mark_of(day: CalendarDay) -> Mark:
    """The kind of a day on record."""
    if day.kind == "working":
        return WORKING
    if day.name_en.startswith(RELIGIOUS):
        return RELIGION
    by_act = not day.name_en or day.name_en.startswith("Day off (")
    return MOVED if by_act or "(observed" in day.name_en else HOLIDAY


def is_estimated(day: CalendarDay) -> bool:
    """Whether the day rests on the sighting of the moon and may still be another one."""
    return "estimated" in day.name_en


@dataclass(frozen=True)
class Cell:
    """One day of the picture; `mark` is None for a day as Monday to Friday have it."""

    day: date
    weekend: bool
    mark: Mark | None = None
    estimated: bool = False
    name: str = ""


@dataclass(frozen=True)
class Month:
    """A month as weeks of seven places, empty where another month has the day."""

    name: Label
    weeks: list[list[Cell | None]]


def months_of(year: int, days: dict[date, CalendarDay]) -> list[Month]:
    """The twelve months, weeks from Monday."""
    weeks = calendar.Calendar(firstweekday=0)
    return [
        Month(
            MONTHS[number],
            [
                [cell_of(day, days.get(day)) if day.month == number else None for day in week]
                for week in weeks.monthdatescalendar(year, number)
            ],
        )
        for number in range(1, 13)
    ]


def cell_of(day: date, found: CalendarDay | None) -> Cell:
    """A day and what is on record about it."""
    weekend = day.weekday() >= SATURDAY
    if found is None:
        return Cell(day, weekend)
    return Cell(day, weekend, mark_of(found), is_estimated(found), day_name(found))


def working_days(year: int, days: dict[date, CalendarDay]) -> int:
    """How many days of the year work."""
    first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    return sum(_works(date.fromordinal(number), days) for number in range(first, last + 1))


def _works(day: date, days: dict[date, CalendarDay]) -> bool:
    found = days.get(day)
    return found.kind == "working" if found else day.weekday() < SATURDAY
