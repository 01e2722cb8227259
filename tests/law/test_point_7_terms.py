"""¶7: terms of three years (I-15, I-17)."""

from __future__ import annotations

from datetime import date

import pytest

from attestation.law.calendar import category_due
from attestation.law.category_periods import PeriodFact, current_category, period_changes
from attestation.law.refusals import RuleRefusal
from attestation.law.vocabulary import Category, Consequence
from tests.law.build import DAY, PARAMS, category_decision
from tests.law.observed import Observed

FIRST, LAST = date(2025, 11, 3), date(2028, 11, 3)
CONSULTANT = PeriodFact(1, Category.CONSULTANT, FIRST, LAST)
CASE_MANAGER = PeriodFact(2, Category.CASE_MANAGER, FIRST, LAST)
BEFORE = date(2026, 2, 9)


@pytest.mark.point("¶7", "I-17")
@pytest.mark.parametrize(
    ("starts_on", "ends_on"),
    [
        (date(2026, 2, 10), date(2029, 2, 10)),
        (date(2025, 9, 29), date(2028, 9, 29)),
        (date(2026, 12, 31), date(2029, 12, 31)),
    ],
)
def test_term_runs_through_the_same_day_three_years_later(
    starts_on: date, ends_on: date, cited: Observed
) -> None:
    assert cited(category_due(starts_on, PARAMS)).due_on == ends_on


@pytest.mark.point("I-17", "I-11")
def test_29_february_in_every_leap_year_to_2052(cited: Observed) -> None:
    for year in range(2028, 2053, 4):
        assert cited(category_due(date(year, 2, 29), PARAMS)).due_on == date(year + 3, 2, 28)
        assert category_due(date(year - 3, 2, 28), PARAMS).due_on == date(year, 2, 28)


@pytest.mark.point("¶7", "I-15")
def test_conferring_begins_a_term_and_ends_the_one_before(cited: Observed) -> None:
    verdict = cited(category_decision("case_manager", "mentor", 100))
    assert verdict.category_until == date(2029, 2, 10)
    plan = period_changes(
        [CASE_MANAGER], verdict.category, verdict.consequences, Category.CASE_MANAGER, DAY, PARAMS
    )
    assert cited(plan).new == (Category.MENTOR, DAY, date(2029, 2, 10))
    assert plan.end == ((2, BEFORE),)


def test_confirming_the_same_category_ends_its_old_term() -> None:
    consequences = (Consequence.CONFER_CATEGORY,)
    plan = period_changes([CONSULTANT], Category.CONSULTANT, consequences, Category.CONSULTANT, DAY, PARAMS)
    assert plan.new == (Category.CONSULTANT, DAY, date(2029, 2, 10))
    assert plan.end == ((1, BEFORE),)


@pytest.mark.point("I-15")
def test_kept_category_that_is_renewed_ends_its_own_term_alone(cited: Observed) -> None:
    plan = period_changes(
        [CONSULTANT, CASE_MANAGER],
        Category.CASE_MANAGER,
        (Consequence.KEEP_CATEGORY,),
        Category.CASE_MANAGER,
        DAY,
        PARAMS,
        renewed=True,
    )
    assert cited(plan).new == (Category.CASE_MANAGER, DAY, date(2029, 2, 10))
    assert plan.end == ((2, BEFORE),)


@pytest.mark.point("I-15")
def test_kept_category_changes_no_term(cited: Observed) -> None:
    plan = period_changes(
        [CONSULTANT], Category.CONSULTANT, (Consequence.KEEP_CATEGORY,), Category.CONSULTANT, DAY, PARAMS
    )
    assert (cited(plan).new, plan.end) == (None, ())


@pytest.mark.point("¶7")
def test_lowering_begins_a_term_and_ends_every_higher_one(cited: Observed) -> None:
    plan = period_changes(
        [CONSULTANT, CASE_MANAGER],
        Category.CONSULTANT,
        (Consequence.NOT_ADMITTED_TO_ASSESSMENT, Consequence.LOWER_CATEGORY, Consequence.REATTEST),
        Category.CASE_MANAGER,
        DAY,
        PARAMS,
    )
    assert cited(plan).new == (Category.CONSULTANT, DAY, date(2029, 2, 10))
    assert plan.end == ((1, BEFORE), (2, BEFORE))


def test_lowering_to_no_category_ends_all_and_begins_none() -> None:
    plan = period_changes(
        [CONSULTANT], Category.NONE, (Consequence.LOWER_CATEGORY,), Category.CONSULTANT, DAY, PARAMS
    )
    assert (plan.new, plan.end) == (None, ((1, BEFORE),))


def test_position_decisions_touch_no_term() -> None:
    assert period_changes([CONSULTANT], None, (Consequence.REATTEST,), None, DAY, PARAMS).end == ()


def test_terms_that_are_over_are_left_alone() -> None:
    over = PeriodFact(3, Category.CONSULTANT, date(2022, 1, 1), BEFORE)
    plan = period_changes(
        [over], Category.CONSULTANT, (Consequence.CONFER_CATEGORY,), Category.NONE, DAY, PARAMS
    )
    assert plan.end == ()


@pytest.mark.point("I-17")
def test_category_ends_the_day_after_its_last_day(cited: Observed) -> None:
    due = cited(category_due(FIRST, PARAMS))
    assert due.due_on == LAST
    assert current_category([CONSULTANT], date(2025, 11, 2)) is Category.NONE
    assert current_category([CONSULTANT], FIRST) is Category.CONSULTANT
    assert current_category([CONSULTANT], LAST) is Category.CONSULTANT
    assert current_category([CONSULTANT], date(2028, 11, 4)) is Category.NONE


def test_term_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(RuleRefusal, match="beyond the calendar"):
        category_due(date(9998, 1, 1), PARAMS)
