"""¶9: who forms the list, and of whom (I-23, I-29)."""

from __future__ import annotations

import pytest

from attestation.law.listing import check_list_former, check_listed_by, standing_at_stage_end
from attestation.law.refusal import RuleRefusal
from attestation.law.terms import CenterKind
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
