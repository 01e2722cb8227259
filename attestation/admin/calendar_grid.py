"""A year of the working calendar as a picture: months of days, each with its mark."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

from django.utils.dates import MONTHS
from django.utils.translation import get_language

from attestation.labels import Label
from attestation.law.calendar import SATURDAY
from attestation.models import CalendarDay
from attestation.models.centers import in_language


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


SIGNS = {
    CalendarDay.Nature.HOLIDAY: "●",
    CalendarDay.Nature.RELIGIOUS: "◆",
    CalendarDay.Nature.MOVED: "»",
    CalendarDay.Nature.WORKING: "+",
}
MARKS: dict[str, Mark] = {
    nature: Mark(SIGNS[nature], nature.value, nature.label) for nature in CalendarDay.Nature
}
LEGEND = tuple(MARKS.values())
ESTIMATED = "?"


def mark_of(day: CalendarDay) -> Mark:
    """The kind of a day on record."""
    return MARKS[day.nature]


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
    return Cell(day, weekend, mark_of(found), found.estimated, day_name(found))


def working_days(year: int, days: dict[date, CalendarDay]) -> int:
    """How many days of the year work."""
    first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    return sum(_works(date.fromordinal(number), days) for number in range(first, last + 1))


def _works(day: date, days: dict[date, CalendarDay]) -> bool:
    found = days.get(day)
    return found.kind == "working" if found else day.weekday() < SATURDAY
