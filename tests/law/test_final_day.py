"""I-12, I-28: when a decision becomes final, and the day it is dated."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from attestation.law.calendar import ALMATY, appeal_due, day_close, grace_due
from attestation.law.finality import final_on, final_on_step, may_finalise
from attestation.law.settings import Settings
from tests.law.build import DEFAULTS, PARAMS
from tests.law.cases import cases
from tests.law.observed import Observed
from tests.law.test_point_21_appeal_term import KAZAKHSTAN

GRACE = date(2026, 2, 10)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize("case", [case for case in cases("deadlines") if case.id == "D6"])
@pytest.mark.point("¶21", "I-12", "I-28")
def test_worked_example(case: dict[str, object], cited: Observed) -> None:
    published_at = datetime.fromisoformat(str(case["result published"])).replace(tzinfo=ALMATY)
    appeal = cited(appeal_due(published_at, KAZAKHSTAN, PARAMS))
    grace = cited(grace_due(appeal.due_on, KAZAKHSTAN, DEFAULTS))
    assert appeal.due_at.replace(tzinfo=None) == case["appeal until"]
    assert grace.due_at.replace(tzinfo=None) == case["grace until"]
    assert final_on(grace.due_on) == case["final decision dated"]
    cited(final_on_step(grace.due_on))


@pytest.mark.point("I-12")
@pytest.mark.parametrize(
    ("days", "due_on"), [(0, date(2026, 2, 9)), (1, date(2026, 2, 10)), (3, date(2026, 2, 12))]
)
def test_grace_is_counted_in_working_days(days: int, due_on: date, cited: Observed) -> None:
    due = cited(grace_due(date(2026, 2, 9), KAZAKHSTAN, Settings(finalise_after=days)))
    assert due.due_on == due_on
    assert len(due.days) == days


def test_grace_skips_days_off() -> None:
    assert grace_due(date(2026, 2, 6), KAZAKHSTAN, DEFAULTS).due_on == date(2026, 2, 9)


def test_decision_is_provisional_until_term_and_grace_are_over_and_no_appeal_is_open() -> None:
    appeal, grace = day_close(date(2026, 2, 9)), day_close(GRACE)
    assert grace == datetime(2026, 2, 10, 19, tzinfo=UTC)
    assert not may_finalise(appeal, appeal, grace, 0)
    assert not may_finalise(grace - TICK, appeal, grace, 0)
    assert may_finalise(grace, appeal, grace, 0)
    assert not may_finalise(grace + timedelta(days=30), appeal, grace, 1)
    # Without a grace the appeal term alone counts.
    assert may_finalise(appeal, appeal, appeal, 0)


@pytest.mark.point("I-28")
@pytest.mark.parametrize(
    ("waited_for", "dated"),
    [
        ([], GRACE),
        ([date(2026, 2, 9)], GRACE),
        ([GRACE], GRACE),
        ([date(2026, 2, 16), date(2026, 2, 12)], date(2026, 2, 16)),
    ],
)
def test_final_decision_is_dated_on_the_day_the_last_thing_came(
    waited_for: list[date], dated: date, cited: Observed
) -> None:
    step = cited(final_on_step(GRACE, waited_for))
    assert final_on(GRACE, waited_for) == dated
    assert step.result == dated.isoformat()
