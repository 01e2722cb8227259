"""¶21: until when the result can be appealed (I-08, I-09)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appeals.rules import is_timely
from attestation.calendar_seed import seed_days
from attestation.law.calendar import ALMATY, WorkCalendar, appeal_due, local_day
from attestation.law.refusals import RuleRefusal
from tests.law.build import PARAMS
from tests.law.cases import cases
from tests.law.observed import Observed
from tests.law.profile import law_settings


def calendar_of(*years: int) -> WorkCalendar:
    days = [seed for year in years for seed in seed_days(year)]
    return WorkCalendar(
        frozenset(seed.day for seed in days if seed.kind == "off"),
        frozenset(seed.day for seed in days if seed.kind == "working"),
    )


KAZAKHSTAN = calendar_of(*range(2024, 2031))


def published(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ALMATY)


@pytest.mark.parametrize("case", [case for case in cases("deadlines") if "appeal until" in case.values[0]])
@pytest.mark.point("¶21", "I-08", "I-09")
def test_worked_example(case: dict[str, object], cited: Observed) -> None:
    due = cited(appeal_due(published(str(case["result published"])), KAZAKHSTAN, PARAMS))
    assert due.due_at.replace(tzinfo=None) == case["appeal until"]
    assert (list(due.days), list(due.cites)) == (case["counted"], case["cites"])


@pytest.mark.point("I-08")
@pytest.mark.parametrize(
    ("filed_at", "in_time"),
    [
        ("2026-02-09T23:59:58", True),
        ("2026-02-09T23:59:59", True),
        ("2026-02-09T23:59:59.999999", True),
        ("2026-02-10T00:00:00", False),
        ("2026-02-10T00:00:01", False),
    ],
)
def test_last_second_is_in_time_and_midnight_is_not(filed_at: str, in_time: bool, cited: Observed) -> None:
    due = cited(appeal_due(published("2026-02-05T17:40"), KAZAKHSTAN, PARAMS))
    assert is_timely(published(filed_at), due.closes_at) is in_time


@pytest.mark.point("I-08")
@pytest.mark.parametrize(
    ("instant", "first_day"),
    [
        # 23:30 in Almaty on Thursday is 18:30 UTC; 00:10 on Friday is still Thursday in UTC.
        (datetime(2026, 2, 5, 18, 30, tzinfo=UTC), date(2026, 2, 6)),
        (datetime(2026, 2, 5, 19, 10, tzinfo=UTC), date(2026, 2, 9)),
    ],
)
def test_publication_day_is_almatys(instant: datetime, first_day: date, cited: Observed) -> None:
    assert cited(appeal_due(instant, KAZAKHSTAN, PARAMS)).days[0] == first_day


@pytest.mark.point("I-09")
@pytest.mark.parametrize(
    ("published_at", "counted"),
    [
        # A Sunday that works counts, the Friday it was moved to does not (2025-01-03 and 05).
        ("2025-01-02T10:00", [date(2025, 1, 5), date(2025, 1, 6)]),
        # Published on a holiday, and on a day before the long holidays of the New Year.
        ("2026-01-01T12:00", [date(2026, 1, 5), date(2026, 1, 6)]),
        ("2025-12-31T12:00", [date(2026, 1, 5), date(2026, 1, 6)]),
        # Women's Day falls on a Sunday: Monday is off.
        ("2026-03-06T12:00", [date(2026, 3, 10), date(2026, 3, 11)]),
        # Published on a Saturday and on a Sunday.
        ("2026-02-07T12:00", [date(2026, 2, 9), date(2026, 2, 10)]),
        ("2026-02-08T12:00", [date(2026, 2, 9), date(2026, 2, 10)]),
    ],
)
def test_days_off_do_not_count_and_moved_working_days_do(
    published_at: str, counted: list[date], cited: Observed
) -> None:
    assert list(cited(appeal_due(published(published_at), KAZAKHSTAN, PARAMS)).days) == counted


def test_days_moved_by_decree_prevail() -> None:
    moved = KAZAKHSTAN.moved(frozenset({date(2026, 5, 8)}), frozenset({date(2026, 5, 7), date(2026, 5, 16)}))
    assert not moved.is_working_day(date(2026, 5, 8))
    assert moved.is_working_day(date(2026, 5, 16))
    assert moved.is_working_day(date(2026, 5, 7))
    again = moved.moved(frozenset({date(2026, 5, 16)}), frozenset())
    assert not again.is_working_day(date(2026, 5, 16))


def test_instant_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        local_day(datetime(2026, 2, 5, 12, 0))


def test_calendar_without_a_working_day_is_refused_instead_of_searched_for_ever() -> None:
    every_day = frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(800))
    with pytest.raises(RuleRefusal, match="Check the days off"):
        WorkCalendar(every_day).count_working_days(date(2026, 1, 1), 2)


days = st.dates(date(2025, 1, 1), date(2029, 12, 31))


@law_settings
@given(days, st.integers(0, 8), st.sets(days, max_size=40), st.sets(days, max_size=10))
def test_counted_days_are_the_next_working_days_and_no_other(
    start: date, n: int, off: set[date], working: set[date]
) -> None:
    cal = WorkCalendar(frozenset(off), frozenset(working))
    counted = cal.count_working_days(start, n)
    assert len(counted) == n
    last = counted[-1] if counted else start
    between = [start + timedelta(days=ahead) for ahead in range(1, (last - start).days + 1)]
    assert tuple(day for day in between if cal.is_working_day(day)) == counted


@law_settings
@given(st.datetimes(datetime(2025, 1, 1), datetime(2029, 12, 1), timezones=st.just(ALMATY)))
def test_appeal_term_ends_after_two_working_days_and_never_on_a_day_off(instant: datetime) -> None:
    due = appeal_due(instant, KAZAKHSTAN, PARAMS)
    assert len(due.days) == 2
    assert due.due_on == due.days[-1]
    assert KAZAKHSTAN.is_working_day(due.due_on)
    assert due.due_on > local_day(instant)
    assert due.due_at + timedelta(seconds=1) == due.closes_at
