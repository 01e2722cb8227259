"""¶28-1: who is assessed, and by when (I-10)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from attestation.law.calendar import WorkCalendar, day_close, last_second, scoring_due
from attestation.law.decision import assessment_due
from attestation.law.settings import Settings
from tests.law.build import DEFAULTS, PARAMS, category_decision, facts
from tests.law.cases import cases
from tests.law.observed import Observed

PLAIN = WorkCalendar(frozenset())


@pytest.mark.point("¶28-1")
@pytest.mark.parametrize(("correct", "due"), [(69, False), (70, True), (71, True)])
def test_only_who_reached_the_threshold_is_assessed(correct: int, due: bool, cited: Observed) -> None:
    assert assessment_due(facts(correct=correct), PARAMS, DEFAULTS) is due
    verdict = category_decision("consultant", "mentor", correct)
    assert ("¶28-1" in verdict.cites) is due
    cited(category_decision("consultant", "mentor", 70))


@pytest.mark.parametrize(
    ("position", "purpose"), [("director", "position"), ("career_specialist", "initial")]
)
def test_nobody_else_is_assessed(position: str, purpose: str) -> None:
    assert not assessment_due(facts(position, purpose, 100), PARAMS, DEFAULTS)


@pytest.mark.parametrize("case", [case for case in cases("deadlines") if case.id == "D4"])
@pytest.mark.point("¶28-1", "I-10")
def test_worked_example(case: dict[str, date], cited: Observed) -> None:
    due = cited(scoring_due(case["testing stage ended"], PLAIN, PARAMS, DEFAULTS))
    assert due.due_at.replace(tzinfo=None) == case["scoring until"]
    assert (list(due.days), list(due.cites)) == (case["counted"], case["cites"])


@pytest.mark.point("I-10")
def test_term_rolls_over_days_off_only_where_set(cited: Observed) -> None:
    friday = date(2026, 2, 6)
    rolls = Settings(scoring_rolls=True)
    assert cited(scoring_due(friday, PLAIN, PARAMS, DEFAULTS)).due_on == date(2026, 2, 8)
    rolled = scoring_due(friday, PLAIN, PARAMS, rolls)
    assert rolled.due_on == date(2026, 2, 9)
    assert rolled.days == (date(2026, 2, 7), date(2026, 2, 8))
    # The Monday is a holiday as well: on to Tuesday. And a working Sunday stays.
    assert scoring_due(friday, WorkCalendar(frozenset({date(2026, 2, 9)})), PARAMS, rolls).due_on == date(
        2026, 2, 10
    )
    works = WorkCalendar(frozenset(), frozenset({date(2026, 2, 8)}))
    assert scoring_due(friday, works, PARAMS, rolls).due_on == date(2026, 2, 8)


def test_term_ends_with_the_last_second_of_the_day() -> None:
    due = scoring_due(date(2026, 2, 6), PLAIN, PARAMS, DEFAULTS)
    assert due.due_at.isoformat() == "2026-02-08T23:59:59+05:00"
    assert due.closes_at == datetime(2026, 2, 8, 19, 0, tzinfo=UTC)


def test_days_of_the_zone_change_end_where_they_ended_in_almaty() -> None:
    """F-D10: 23:00 to 23:59 of 2024-02-29 happened twice; the day ends with the second of them."""
    assert last_second(date(2024, 2, 28)).isoformat() == "2024-02-28T23:59:59+06:00"
    assert last_second(date(2024, 2, 29)).isoformat() == "2024-02-29T23:59:59+05:00"
    assert last_second(date(2024, 3, 1)).isoformat() == "2024-03-01T23:59:59+05:00"
    assert (day_close(date(2024, 2, 29)) - day_close(date(2024, 2, 28))).total_seconds() == 25 * 3600
