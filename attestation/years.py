"""I-09, F-R7: which years' days off are on record, and which of them nobody has confirmed yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, timedelta

from attestation.calendar_seed import SOURCE, known_years, seed_days
from attestation.models import CalendarDay, CalendarYear

# The years that a deadline of a few working days can reach into; no run of days off is as long.
REACH = timedelta(days=45)
# The order is of September 2025: nothing is counted by the days of a year long before it.
FIRST_YEAR = 2024


def seedable(year: int) -> bool:
    """Whether `holidays` can fill the year in."""
    return year >= FIRST_YEAR and year in known_years()


def ensure_years(years: Iterable[int]) -> list[int]:
    """F-R7: put missing years on record, filled in by `holidays`, unconfirmed; the years that were added.

    A deadline must never be counted by a silent Monday to Friday because its year had not been loaded.
    """
    wanted = {year for year in years if seedable(year)}
    known = CalendarYear.objects.filter(year__in=wanted).values_list("year", flat=True)
    added = []
    for year in sorted(wanted - set(known)):
        row, made = CalendarYear.objects.get_or_create(year=year)
        if not made:
            continue  # another act loads it at this moment
        added.append(year)
        CalendarDay.objects.bulk_create(
            (CalendarDay(year=row, source=SOURCE, **asdict(seed)) for seed in seed_days(year)),
            ignore_conflicts=True,
        )
    return added


def ensure_years_from(day: date) -> list[int]:
    """F-R7: the years that a deadline counted from `day` can reach into."""
    return ensure_years({day.year, (day + REACH).year} if day < date.max - REACH else {day.year})


def years_of(first: date, last: date) -> list[int]:
    """Every year from the one of `first` to the one of `last`."""
    return list(range(first.year, last.year + 1))


def unconfirmed(years: Iterable[int]) -> list[int]:
    """F-R7: those of the years whose days off no administrator has confirmed, or that are not on record."""
    asked = set(years)
    confirmed = CalendarYear.objects.filter(year__in=asked, confirmed_at__isnull=False)
    return sorted(asked - set(confirmed.values_list("year", flat=True)))
