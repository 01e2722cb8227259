"""¶9: who forms the list, and of whom (I-23, I-29)."""

from __future__ import annotations

import pytest

from attestation.law.listing import (
    check_first,
    check_list_former,
    check_listed_by,
    check_one_at_a_time,
    check_position_at,
    standing_at_stage_end,
)
from attestation.law.refusals import RuleRefusal
from attestation.law.vocabulary import Category, CenterKind, Position, Purpose
from tests.law.observed import Observed

MOBILITY, CAREER, OTHER = "000140000012", "000240000024", "000140000036"


@pytest.mark.point("¶9")
def test_labour_mobility_centre_forms_the_list(cited: Observed) -> None:
    check_list_former(CenterKind.LABOUR_MOBILITY)
    with pytest.raises(RuleRefusal, match="formed by the labour mobility centre") as refused:
        check_list_former(CenterKind.CAREER)
    cited(refused.value)


@pytest.mark.point("¶9")
def test_centre_lists_its_own_people_and_those_of_its_career_centres(cited: Observed) -> None:
    check_listed_by(MOBILITY, MOBILITY, None)
    check_listed_by(MOBILITY, CAREER, MOBILITY)
    for employee_center, parent in ((OTHER, None), (CAREER, OTHER), (CAREER, None)):
        with pytest.raises(RuleRefusal, match="another labour mobility centre") as refused:
            check_listed_by(MOBILITY, employee_center, parent)
        cited(refused.value)


@pytest.mark.point("I-23")
def test_nothing_follows_by_itself_for_one_without_a_result(cited: Observed) -> None:
    absent = cited(standing_at_stage_end(has_result=False))
    assert (absent.status, absent.consequences) == ("absent", ())
    assert standing_at_stage_end(has_result=True).status == "tested"


@pytest.mark.point("I-31")
@pytest.mark.parametrize(("named", "said"), [(True, "case C-0007 can"), (False, "case at another centre")])
def test_nobody_is_on_two_lists_at_a_time(named: bool, said: str, cited: Observed) -> None:
    check_one_at_a_time(None, named=named)
    with pytest.raises(RuleRefusal, match=said) as refused:
        check_one_at_a_time("C-0007", named=named)
    cited(refused.value)


@pytest.mark.point("I-22")
def test_an_initial_attestation_is_the_first(cited: Observed) -> None:
    check_first(Purpose.INITIAL, attested=False, held=Category.NONE, first_again=False)
    check_first(Purpose.INITIAL, attested=True, held=Category.NONE, first_again=True)
    with pytest.raises(RuleRefusal, match="final decision is on record") as refused:
        check_first(Purpose.INITIAL, attested=True, held=Category.NONE, first_again=False)
    cited(refused.value)
    for held in (Category.CONSULTANT, Category.CASE_MANAGER, Category.MENTOR):
        with pytest.raises(RuleRefusal, match=f"holds a category \\({held.value}\\)") as refused:
            check_first(Purpose.INITIAL, attested=False, held=held, first_again=True)
        cited(refused.value)
    for other in (Purpose.CATEGORY, Purpose.POSITION):
        check_first(other, attested=True, held=Category.MENTOR, first_again=False)


BOTH, MOBILITY_ALONE, CAREER_ALONE = ("labour_mobility", "career"), ("labour_mobility",), ("career",)


POSITIONS = {
    "director": BOTH,
    "deputy_director": BOTH,
    "unit_head": BOTH,
    "center_specialist": MOBILITY_ALONE,
    "career_specialist": CAREER_ALONE,
    "assistant": CAREER_ALONE,
}


@pytest.mark.point("I-35")
def test_a_position_stands_at_its_kind_of_centre(cited: Observed) -> None:
    assert set(POSITIONS) == set(Position)
    for position, kinds in POSITIONS.items():
        for kind in CenterKind:
            if kind in kinds:
                check_position_at(kind, Position(position))
            else:
                with pytest.raises(RuleRefusal, match="has no position") as refused:
                    check_position_at(kind, Position(position))
                cited(refused.value)
