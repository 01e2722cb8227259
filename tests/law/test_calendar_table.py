"""I-09: a second table of the days off of 2024-2027, written by hand, against the library, day by day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import holidays
import pytest
import yaml

from attestation.calendar_seed import seed_days

ONE_DAY = timedelta(days=1)
YEARS = range(2024, 2028)
TABLE = yaml.safe_load((Path(__file__).parent / "calendar_2024_2027.yaml").read_text(encoding="utf-8"))
KINDS: dict[date, str] = {row["day"]: row["kind"] for row in TABLE["days"]}
NEVER_MOVED = ("Orthodox Christmas", "First day of Kurban Ait")


def every_day(years: Iterable[int] = YEARS) -> list[date]:
    years = list(years)
    first, last = date(min(years), 1, 1), date(max(years), 12, 31)
    return [first + n * ONE_DAY for n in range((last - first).days + 1)]


def library_kinds() -> dict[date, str]:
    """What `holidays` says of each day that departs from Monday to Friday."""
    kz = holidays.KZ(years=[*YEARS, max(YEARS) + 1], language="en_US")
    kinds = dict.fromkeys((day for day in kz if day.year in YEARS), "rest")
    return kinds | dict.fromkeys((day for day in kz.weekend_workdays if day.year in YEARS), "working")


def unexplained(
    table: Mapping[date, str], library: Mapping[date, str], differences: list[dict[str, Any]]
) -> list[str]:
    """Differences that nobody explained, and explanations of what does not differ."""
    said = {row["day"]: (row["table"], row["library"]) for row in differences if row.get("why", "").strip()}
    found = {
        day: (table.get(day, ""), library.get(day, ""))
        for day in every_day()
        if table.get(day, "") != library.get(day, "")
    }
    return [
        f"{day}: {said.get(day)} said, {found.get(day)} found"
        for day in sorted(said.keys() | found)
        if said.get(day) != found.get(day)
    ]


def works(day: date, kinds: Mapping[date, str]) -> bool:
    kind = kinds.get(day)
    return kind == "working" if kind else day.weekday() < 5


def test_f_d16_the_table_and_the_library_agree_day_by_day_but_for_what_is_explained() -> None:
    assert len(every_day()) == 1461
    assert unexplained(KINDS, library_kinds(), TABLE["differences"]) == []


@pytest.mark.parametrize("day", [date(2026, 3, 24), date(2024, 5, 4)])
def test_a_difference_that_nobody_explained_is_found(day: date) -> None:
    table = {other: kind for other, kind in KINDS.items() if other != day}
    (line,) = unexplained(table, library_kinds(), [])
    assert line.startswith(f"{day}: None said, ('', '")
    explained = [{"day": day, "table": "", "library": KINDS[day], "why": "left out by this test"}]
    assert unexplained(table, library_kinds(), explained) == []
    assert unexplained(table, library_kinds(), [{**explained[0], "why": " "}]) == [line]


def test_an_explanation_of_what_does_not_differ_is_found() -> None:
    stale = [{"day": date(2026, 8, 31), "table": "rest", "library": "", "why": "it was so once"}]
    assert unexplained(KINDS, library_kinds(), stale) == [
        "2026-08-31: ('rest', '') said, None found",
    ]


def test_every_day_works_or_rests_as_in_the_library() -> None:
    kz = holidays.KZ(years=[*YEARS, max(YEARS) + 1])
    assert [day for day in every_day() if works(day, KINDS) != kz.is_working_day(day)] == []


def test_what_a_new_database_starts_with_is_the_table() -> None:
    seeded = {
        seed.day: "working" if seed.kind == "working" else "rest"
        for year in YEARS
        for seed in seed_days(year)
    }
    assert unexplained(KINDS, seeded, TABLE["differences"]) == []


@pytest.mark.parametrize(("year", "working_days"), [(2024, 249), (2025, 246), (2026, 247), (2027, 247)])
def test_so_many_days_of_the_year_work(year: int, working_days: int) -> None:
    assert sum(works(day, KINDS) for day in every_day([year])) == working_days


def test_each_day_stands_once_in_order_and_has_its_reason() -> None:
    days = [row["day"] for row in TABLE["days"]]
    assert days == sorted(set(days))
    for row in TABLE["days"]:
        assert row["kind"] in ("rest", "working"), row
        assert len(row["why"]) > 15, row


def test_the_table_follows_the_rule_it_was_written_from() -> None:
    """A holiday on a weekend is off on the next working day; two religious days never; pairs by act."""
    moved = {row["for"]: row["day"] for row in TABLE["days"] if "for" in row}
    taken: set[date] = set()
    for row in TABLE["days"]:
        day, kind, why = row["day"], row["kind"], row["why"]
        by_act = "by the order on transfers" in why
        if kind == "working":
            assert (day.weekday() >= 5, by_act) == (True, True), row
        if kind == "working" or by_act or "for" in row:
            continue
        if day.weekday() < 5 or why.startswith(NEVER_MOVED):
            assert day not in moved, row
            continue
        following = day + ONE_DAY
        while following.weekday() >= 5 or following in taken or _is_holiday(following):
            following += ONE_DAY
        assert moved.pop(day) == following, row
        taken.add(following)
    assert moved == {}
    acts = [row for row in TABLE["days"] if "by the order on transfers" in row["why"]]
    assert sorted(row["kind"] for row in acts) == ["rest", "rest", "working", "working"]


def _is_holiday(day: date) -> bool:
    return any(row["day"] == day and "for" not in row and row["kind"] == "rest" for row in TABLE["days"])


def test_days_of_earlier_tables_are_in_neither() -> None:
    library = library_kinds()
    for row in TABLE["earlier_tables"]:
        assert row["day"] not in KINDS, row
        assert row["day"] not in library, row
        assert len(row["why"]) > 40, row
