"""I-09: the seed of the working calendar is what the package says, moved days included."""

from __future__ import annotations

from datetime import date, timedelta

import holidays
import pytest

from attestation.calendar_seed import known_years, seed_days
from tests.law.test_point_21_appeal_term import calendar_of


@pytest.mark.parametrize("year", [2013, 2018, 2020, 2024, 2025, 2026, 2027, 2040])
def test_every_day_works_or_rests_as_in_the_package(year: int) -> None:
    ours = calendar_of(year)
    theirs = holidays.KZ(years=(year, year + 1))
    day = date(year, 1, 1)
    while day.year == year:
        assert ours.is_working_day(day) == theirs.is_working_day(day), day
        day += timedelta(days=1)


def test_moved_day_off_and_its_working_sunday() -> None:
    kinds = {seed.day: seed.kind for seed in seed_days(2025)}
    assert kinds[date(2025, 1, 3)] == "off"
    assert kinds[date(2025, 1, 5)] == "working"


def test_day_swapped_over_the_new_year_belongs_to_its_own_year() -> None:
    assert [seed.day for seed in seed_days(2013) if seed.kind == "working"][-1] == date(2013, 12, 28)


def test_days_are_named_in_three_languages_and_in_order() -> None:
    for year in range(2024, 2035):
        days = seed_days(year)
        assert [seed.day for seed in days] == sorted({seed.day for seed in days})
        for seed in days:
            assert seed.name_kk
            assert seed.name_en
            assert not seed.name_ru.isascii(), seed


def test_each_day_says_what_it_is_and_whether_the_moon_may_still_move_it() -> None:
    found = {seed.day: (seed.nature, seed.estimated) for year in (2025, 2027) for seed in seed_days(year)}
    assert found[date(2025, 1, 1)] == ("holiday", False)
    assert found[date(2025, 1, 7)] == ("religious", False)
    assert found[date(2025, 1, 3)] == ("moved", False)  # substituted from 5 January
    assert found[date(2025, 3, 10)] == ("moved", False)  # 8 March, a Saturday
    assert found[date(2025, 1, 5)] == ("working", False)
    assert found[date(2027, 5, 16)] == ("religious", True)


def test_years_beyond_the_package_are_empty() -> None:
    assert seed_days(known_years()[0] - 1) == seed_days(known_years()[-1] + 1) == ()
