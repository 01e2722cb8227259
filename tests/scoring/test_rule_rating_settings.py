"""I-02, I-04: the chair's ruling on row 2 under other settings than the usual ones."""

from __future__ import annotations

import pytest

from attestation.models import RuleSet
from tests.scoring.test_rule_rating import refusal, rule
from tests.siblings_cast import GRACE_OVER, current_decision, current_score, decided, fresh, seated, sweep

pytestmark = pytest.mark.django_db


def test_i_02_it_is_possible_where_the_test_alone_decides() -> None:
    RuleSet.objects.update(category_basis="test")
    case, chair = decided(90, "4"), seated()
    before = current_decision(case)
    rule(case, chair)
    assert current_decision(case).supersedes == before
    assert current_score(case).held == []
    assert fresh(case).status == "provisional"


def test_by_the_setting_nothing_is_left_to_rule() -> None:
    RuleSet.objects.update(rating_gap="ten")
    assert refusal(decided(90, "4"), seated()).code == "row_not_held"


def test_after_the_final_decision_it_is_too_late() -> None:
    RuleSet.objects.update(category_basis="test")
    case = decided(90, "4")
    sweep(GRACE_OVER)
    assert refusal(fresh(case), seated()).code == "case_over"
