"""I-08, I-09, I-10: what holds of every deadline by every calendar; the zone change of 2024; 29 February."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appeals.rules import is_timely
from attestation.law.calendar import (
    ALMATY,
    WorkCalendar,
    add_months,
    appeal_due,
    category_due,
    day_close,
    grace_due,
    last_second,
    local_day,
    reattestation_due,
    scoring_due,
)
from attestation.law.settings import Settings
from tests.law.build import PARAMS
from tests.law.profile import law_settings
from tests.law.test_point_21_appeal_term import KAZAKHSTAN

ONE_DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
DEFAULTS = Settings()
ROLLS = Settings.from_mapping({"scoring_rolls": True})
NO_GRACE = Settings.from_mapping({"finalise_after": 0})

days = st.dates(date(2025, 1, 1), date(2029, 12, 1))
# Any calendar: runs of days off, single ones, weekend days that work.
runs = st.tuples(days, st.integers(1, 14)).map(lambda run: {run[0] + n * ONE_DAY for n in range(run[1])})
calendars = st.builds(
    lambda off, working: WorkCalendar(frozenset().union(*off), frozenset(working)),
    st.lists(runs, max_size=8),
    st.sets(days, max_size=12),
)
known = st.one_of(st.just(KAZAKHSTAN), calendars)
instants = st.datetimes(datetime(2025, 1, 1), datetime(2029, 12, 1), timezones=st.just(ALMATY))


# --- properties -----------------------------------------------------------------------------------------


@law_settings
@given(instants, known)
def test_f_d16_no_term_in_working_days_ends_on_a_day_off(published: datetime, cal: WorkCalendar) -> None:
    appeal = appeal_due(published, cal, PARAMS)
    grace = grace_due(appeal.due_on, cal, DEFAULTS)
    scoring = scoring_due(local_day(published), cal, PARAMS, ROLLS)
    for due in (appeal, grace, scoring):
        assert cal.is_working_day(due.due_on)
    assert local_day(published) < appeal.due_on < grace.due_on


@law_settings
@given(instants, st.timedeltas(timedelta(), timedelta(days=40)), known)
def test_a_later_start_never_ends_a_term_earlier(
    first: datetime, later: timedelta, cal: WorkCalendar
) -> None:
    second = (first.astimezone(UTC) + later).astimezone(ALMATY)
    for due in (
        lambda at: appeal_due(at, cal, PARAMS),
        lambda at: grace_due(appeal_due(at, cal, PARAMS).due_on, cal, DEFAULTS),
        lambda at: scoring_due(local_day(at), cal, PARAMS, DEFAULTS),
        lambda at: scoring_due(local_day(at), cal, PARAMS, ROLLS),
        lambda at: reattestation_due(local_day(at), PARAMS),
        lambda at: category_due(local_day(at), PARAMS),
    ):
        assert due(first).due_on <= due(second).due_on
        assert due(first).closes_at <= due(second).closes_at


@law_settings
@given(days, st.integers(0, 12), st.integers(0, 12), known)
def test_n_and_then_m_working_days_are_n_plus_m(start: date, n: int, m: int, cal: WorkCalendar) -> None:
    first = cal.count_working_days(start, n)
    then = cal.count_working_days(first[-1] if first else start, m)
    assert first + then == cal.count_working_days(start, n + m)


@law_settings
@given(days, st.integers(1, 60), st.integers(0, 10))
def test_a_run_of_days_off_is_followed_to_its_end(start: date, length: int, n: int) -> None:
    run = frozenset(start + ahead * ONE_DAY for ahead in range(1, length + 1))
    cal = WorkCalendar(run)
    following = cal.next_working_day(start)
    assert following not in run
    assert following.weekday() < 5
    between = [start + ahead * ONE_DAY for ahead in range(1, (following - start).days)]
    assert all(day in run or day.weekday() >= 5 for day in between)
    rolled = scoring_due(start - ONE_DAY, cal, PARAMS, ROLLS)
    assert rolled.due_on == (start + ONE_DAY if cal.is_working_day(start + ONE_DAY) else following)


@law_settings
@given(days, st.lists(st.sampled_from(["off", "working"]), min_size=1, max_size=10), known)
def test_moves_one_upon_another_leave_what_the_last_one_said(
    day: date, kinds: list[str], cal: WorkCalendar
) -> None:
    for kind in kinds:
        one = frozenset({day})
        cal = cal.moved(one if kind == "off" else frozenset(), one if kind == "working" else frozenset())
    assert cal.is_working_day(day) is (kinds[-1] == "working")


@law_settings
@given(days, known)
def test_one_more_day_off_never_makes_a_term_shorter_and_a_working_day_never_longer(
    start: date, cal: WorkCalendar
) -> None:
    end = cal.count_working_days(start, 2)[-1]
    for ahead in range(1, 12):
        one = frozenset({start + ahead * ONE_DAY})
        assert cal.moved(one, frozenset()).count_working_days(start, 2)[-1] >= end
        assert cal.moved(frozenset(), one).count_working_days(start, 2)[-1] <= end


# --- F-D10: the zone change of 1 March 2024; 29 February ------------------------------------------------


def test_f_d10_the_offset_was_six_hours_before_and_is_five_after() -> None:
    before, after = datetime(2024, 2, 29, 22, 59, 59, tzinfo=ALMATY), datetime(2024, 3, 1, tzinfo=ALMATY)
    assert (before.utcoffset(), after.utcoffset()) == (6 * HOUR, 5 * HOUR)
    assert datetime(2024, 4, 1, tzinfo=ALMATY).utcoffset() == 5 * HOUR
    assert datetime(2026, 2, 5, tzinfo=ALMATY).utcoffset() == 5 * HOUR


@pytest.mark.parametrize(("fold", "offset"), [(0, 6), (1, 5)])
def test_f_d10_the_last_hour_of_february_2024_happened_twice_on_one_day(fold: int, offset: int) -> None:
    moment = datetime(2024, 2, 29, 23, 30, tzinfo=ALMATY, fold=fold)
    assert moment.utcoffset() == offset * HOUR
    assert local_day(moment.astimezone(UTC)) == date(2024, 2, 29)
    # Both belong to the day: what was due on it is in time in both.
    assert is_timely(moment.astimezone(UTC), day_close(date(2024, 2, 29)))
    assert appeal_due(moment, KAZAKHSTAN, PARAMS).days == (date(2024, 3, 1), date(2024, 3, 4))


def test_f_d10_the_two_instants_are_an_hour_apart_and_the_day_has_25() -> None:
    first, second = (
        datetime(2024, 2, 29, 23, 30, tzinfo=ALMATY, fold=fold).astimezone(UTC) for fold in (0, 1)
    )
    assert second - first == HOUR
    assert day_close(date(2024, 2, 29)) == datetime(2024, 2, 29, 19, tzinfo=UTC)
    assert day_close(date(2024, 2, 29)) - day_close(date(2024, 2, 28)) == 25 * HOUR
    assert day_close(date(2024, 3, 1)) - day_close(date(2024, 2, 29)) == 24 * HOUR
    end = last_second(date(2024, 2, 29))
    assert (end.fold, end.utcoffset(), end.astimezone(UTC)) == (
        1,
        5 * HOUR,
        datetime(2024, 2, 29, 18, 59, 59, tzinfo=UTC),
    )


def test_f_d10_a_term_across_the_change_ends_with_its_local_day() -> None:
    due = appeal_due(datetime(2024, 2, 28, 18, tzinfo=ALMATY), KAZAKHSTAN, PARAMS)
    assert due.days == (date(2024, 2, 29), date(2024, 3, 1))
    assert due.closes_at == datetime(2024, 3, 1, 19, tzinfo=UTC)
    assert due.due_at.isoformat() == "2024-03-01T23:59:59+05:00"


@law_settings
@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)))
def test_f_d10_every_local_day_ends_where_the_next_one_begins(day: date) -> None:
    close = day_close(day)
    assert local_day(close) == day + ONE_DAY
    assert local_day(close - SECOND) == day
    assert close.astimezone(ALMATY).time().isoformat() == "00:00:00"


@pytest.mark.parametrize(
    ("day", "months", "end"),
    [
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 36, date(2027, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2027, 2, 28), 12, date(2028, 2, 28)),
        (date(2025, 2, 28), 36, date(2028, 2, 28)),
    ],
)
def test_f_d10_the_29th_of_february_runs_to_the_last_day_of_the_month(
    day: date, months: int, end: date
) -> None:
    assert add_months(day, months) == end


def test_f_d10_re_attestation_and_category_from_29_february() -> None:
    assert reattestation_due(date(2028, 2, 29), PARAMS).due_on == date(2029, 2, 28)
    assert category_due(date(2028, 2, 29), PARAMS).due_on == date(2031, 2, 28)
    assert local_day(datetime(2028, 2, 29, 18, 59, 59, tzinfo=UTC)) == date(2028, 2, 29)
    assert local_day(datetime(2028, 2, 29, 19, tzinfo=UTC)) == date(2028, 3, 1)


# --- F-D16: working Saturdays, moved days, long holidays ------------------------------------------------


@pytest.mark.parametrize(
    ("published", "counted", "why"),
    [
        ("2024-05-03T12:00", ["2024-05-04", "2024-05-06"], "a Saturday that works counts"),
        ("2024-05-06T12:00", ["2024-05-10", "2024-05-13"], "7, 8 (moved) and 9 May are off"),
        ("2025-01-02T12:00", ["2025-01-05", "2025-01-06"], "3 January off, Sunday 5 works"),
        ("2026-03-20T12:00", ["2026-03-26", "2026-03-27"], "Nauryz: Saturday 21 to Wednesday 25"),
        ("2026-03-23T12:00", ["2026-03-26", "2026-03-27"], "published on the holiday itself"),
        ("2026-12-31T12:00", ["2027-01-05", "2027-01-06"], "New Year, its Saturday moved to Monday 4"),
        ("2027-01-06T23:59:59", ["2027-01-08", "2027-01-11"], "Orthodox Christmas on a Thursday"),
        ("2027-05-14T12:00", ["2027-05-17", "2027-05-18"], "Kurban Ait on a Sunday is not moved"),
    ],
)
def test_f_d16_moved_days_and_long_holidays(published: str, counted: list[str], why: str) -> None:
    due = appeal_due(datetime.fromisoformat(published).replace(tzinfo=ALMATY), KAZAKHSTAN, PARAMS)
    assert [day.isoformat() for day in due.days] == counted, why


# --- F-D17: scoring over a weekend, testing that ends after midnight ------------------------------------


@pytest.mark.parametrize(
    ("ends", "due_on", "rolled"),
    [
        ("2026-02-04", "2026-02-06", "2026-02-06"),  # Wednesday: Friday
        ("2026-02-05", "2026-02-07", "2026-02-09"),  # Thursday: Saturday
        ("2026-02-06", "2026-02-08", "2026-02-09"),  # Friday: Sunday
        ("2026-03-20", "2026-03-22", "2026-03-26"),  # into Nauryz
    ],
)
def test_f_d17_scoring_counts_calendar_days_over_a_weekend(ends: str, due_on: str, rolled: str) -> None:
    day = date.fromisoformat(ends)
    assert scoring_due(day, KAZAKHSTAN, PARAMS, DEFAULTS).due_on.isoformat() == due_on
    assert scoring_due(day, KAZAKHSTAN, PARAMS, ROLLS).due_on.isoformat() == rolled


def test_f_d17_a_test_that_ends_at_half_past_midnight_belongs_to_the_new_day() -> None:
    """00:30 of 6 February in Almaty is still 5 February in UTC: the days are Almaty's."""
    ended = datetime(2026, 2, 5, 19, 30, tzinfo=UTC)
    assert ended.astimezone(ALMATY).isoformat() == "2026-02-06T00:30:00+05:00"
    due = scoring_due(local_day(ended), KAZAKHSTAN, PARAMS, DEFAULTS)
    assert due.days == (date(2026, 2, 7), date(2026, 2, 8))
    assert due.closes_at == datetime(2026, 2, 8, 19, tzinfo=UTC)
    in_utc = scoring_due(ended.date(), KAZAKHSTAN, PARAMS, DEFAULTS)
    assert in_utc.due_on == due.due_on - ONE_DAY


def test_f_d17_days_are_almatys_wherever_the_server_stands() -> None:
    for zone in ("UTC", "America/New_York", "Pacific/Auckland"):
        ended = datetime(2026, 2, 5, 19, 30, tzinfo=UTC).astimezone(ZoneInfo(zone))
        assert local_day(ended) == date(2026, 2, 6), zone


def test_no_grace_ends_with_the_appeal_term() -> None:
    assert grace_due(date(2026, 2, 9), KAZAKHSTAN, NO_GRACE).due_on == date(2026, 2, 9)
