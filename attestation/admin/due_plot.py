"""The next 90 days of the deadline board: how many end on each day, drawn, as a table and as a file."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, QuerySet
from django.utils import formats
from django.utils.translation import gettext as _

from attestation.admin.files import csv_text
from attestation.deadlines.words import shown, weekday
from attestation.law.calendar import day_close, local_day
from attestation.models import Deadline

PLOT_DAYS = 90


@dataclass(frozen=True)
class PlotDay:
    """A day on which something is due."""

    day: str
    weekday: str
    total: int
    parts: list[tuple[int, str, str]]


@dataclass(frozen=True)
class Plot:
    """The next 90 days: the drawing's data, the table beside it, the totals of the legend."""

    data: str
    days: list[PlotDay]
    legend: list[tuple[int, str, int]]
    total: int
    first: str
    last: str


def due_by_day(rows: QuerySet[Deadline], now: datetime) -> Counter[tuple[date, str]]:
    """How many open deadlines end on each of the next 90 days, today first, by kind. One query."""
    last = local_day(now) + timedelta(days=PLOT_DAYS - 1)
    running = rows.filter(state=Deadline.State.OPEN, closes_at__gt=now, closes_at__lte=day_close(last))
    found = running.order_by().values_list("due_on", "kind").annotate(number=Count("pk"))
    return Counter({(day, kind): number for day, kind, number in found})


def plot_of(rows: QuerySet[Deadline], now: datetime) -> Plot:
    """The drawing and its table from the same numbers."""
    numbers = due_by_day(rows, now)
    today = local_day(now)
    days = [today + timedelta(days=ahead) for ahead in range(PLOT_DAYS)]
    kinds = [(index, kind) for index, kind in enumerate(Deadline.Kind)]
    totals = {kind: sum(numbers[day, kind] for day in days) for _index, kind in kinds}
    drawn = [(index, kind) for index, kind in kinds if totals[kind]]
    data = {
        "labels": [formats.date_format(day, "MONTH_DAY_FORMAT") for day in days],
        "titles": [f"{shown(day)}, {weekday(day)}" for day in days],
        "mondays": [day.weekday() == 0 for day in days],
        "series": [
            {"pattern": index, "label": str(kind.label), "data": [numbers[day, kind] for day in days]}
            for index, kind in drawn
        ],
    }
    return Plot(
        data=json.dumps(data, ensure_ascii=False),
        days=[plot_day(day, numbers, drawn) for day in days if any(numbers[day, kind] for _i, kind in drawn)],
        legend=[(index, str(kind.label), totals[kind]) for index, kind in drawn],
        total=sum(totals.values()),
        first=shown(days[0]),
        last=shown(days[-1]),
    )


def plot_day(
    day: date, numbers: Counter[tuple[date, str]], kinds: list[tuple[int, Deadline.Kind]]
) -> PlotDay:
    """A row of the table beside the plot."""
    parts = [(numbers[day, kind], str(kind.label), str(index)) for index, kind in kinds if numbers[day, kind]]
    return PlotDay(shown(day), weekday(day), sum(number for number, _label, _index in parts), parts)


def plot_csv(rows: QuerySet[Deadline], now: datetime) -> str:
    """The table of the plot, every one of the 90 days."""
    numbers, today, lines = due_by_day(rows, now), local_day(now), []
    for day in (today + timedelta(days=ahead) for ahead in range(PLOT_DAYS)):
        each = [numbers[day, kind] for kind in Deadline.Kind]
        lines.append([day.isoformat(), *each, sum(each)])
    return csv_text([_("due"), *(str(kind.label) for kind in Deadline.Kind), _("total")], lines)
