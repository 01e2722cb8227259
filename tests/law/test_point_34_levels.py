"""¶34: from the medium to the high level the earlier category stays (I-16, I-29)."""

from __future__ import annotations

from datetime import date

import pytest

from attestation.law.category_periods import PeriodFact, current_category, period_changes
from attestation.law.vocabulary import LADDER, Category, Consequence, is_high, one_below, rank
from tests.law.build import DAY, PARAMS, category_decision
from tests.law.observed import Observed

CONSULTANT = PeriodFact(1, Category.CONSULTANT, date(2025, 11, 3), date(2028, 11, 3))
CONFER = (Consequence.CONFER_CATEGORY,)


@pytest.mark.point("¶34", "I-16")
@pytest.mark.parametrize("existing", ["none", "consultant"])
@pytest.mark.parametrize("declared", ["case_manager", "mentor"])
def test_earlier_category_is_kept_until_its_term_ends(existing: str, declared: str, cited: Observed) -> None:
    verdict = cited(category_decision(existing, declared, 100))
    assert verdict.cites == ("¶17.2", "¶28-1", "¶30.2", "¶7", "¶34")


@pytest.mark.point("¶7")
@pytest.mark.parametrize(
    ("existing", "declared"),
    [
        ("none", "consultant"),
        ("consultant", "consultant"),
        ("case_manager", "case_manager"),
        ("case_manager", "mentor"),
    ],
)
def test_other_conferrals_are_not_point_34(existing: str, declared: str, cited: Observed) -> None:
    assert cited(category_decision(existing, declared, 100)).cites == ("¶17.2", "¶28-1", "¶30.2", "¶7")


@pytest.mark.point("¶34", "I-16")
def test_both_terms_are_in_force_side_by_side(cited: Observed) -> None:
    plan = cited(
        period_changes([CONSULTANT], Category.CASE_MANAGER, CONFER, Category.CONSULTANT, DAY, PARAMS)
    )
    assert plan.end == ()
    assert plan.new is not None
    both = [CONSULTANT, PeriodFact(2, *plan.new)]
    assert current_category(both, date(2028, 11, 3)) is Category.CASE_MANAGER
    assert current_category(both, date(2029, 2, 10)) is Category.CASE_MANAGER
    assert current_category(both, date(2029, 2, 11)) is Category.NONE


def test_next_lower_category_still_in_force_is_current_when_the_higher_one_ends() -> None:
    mentor = PeriodFact(2, Category.MENTOR, date(2025, 1, 1), date(2028, 1, 1))
    assert current_category([CONSULTANT, mentor], date(2028, 1, 2)) is Category.CONSULTANT


def test_kept_consultant_stays_when_the_case_manager_becomes_mentor() -> None:
    case_manager = PeriodFact(2, Category.CASE_MANAGER, date(2025, 12, 1), date(2028, 12, 1))
    plan = period_changes(
        [CONSULTANT, case_manager], Category.MENTOR, CONFER, Category.CASE_MANAGER, DAY, PARAMS
    )
    assert plan.end == ((2, date(2026, 2, 9)),)


@pytest.mark.point("I-29")
def test_ladder_and_levels(cited: Observed) -> None:
    assert [rank(category) for category in LADDER] == [0, 1, 2, 3]
    assert [one_below(category) for category in LADDER] == [Category.NONE, *LADDER[:3]]
    assert [is_high(category) for category in LADDER] == [False, False, True, True]
    assert cited(category_decision("mentor", "mentor", 0)).category is Category.CASE_MANAGER
