"""¶28: below the threshold in re-attestation (I-19, I-20, I-25)."""

from __future__ import annotations

import pytest

from attestation.law.listing import check_duties, same_duty
from attestation.law.refusals import RuleRefusal
from attestation.law.vocabulary import LADDER, Category, Consequence, Outcome, Position, Purpose, one_below
from tests.law.build import category_decision, codes, decision, facts
from tests.law.observed import Observed

EVERYBODY_ELSE = [position for position in Position if position is not Position.CAREER_SPECIALIST]


@pytest.mark.point("¶28.1", "I-19")
@pytest.mark.parametrize("position", EVERYBODY_ELSE)
@pytest.mark.parametrize("purpose", ["initial", "position"])
def test_position_not_confirmed_again_is_subject_to_dismissal(
    position: Position, purpose: str, cited: Observed
) -> None:
    verdict = cited(decision(facts(position, purpose, 69, repeat=True)))
    assert verdict.consequences == (Consequence.DISMISSAL,)
    assert verdict.cites[-1] == "¶28.1"
    assert verdict.reattest_by is None


@pytest.mark.point("¶28.1")
def test_career_specialist_who_entered_service_for_the_first_time_is_too(cited: Observed) -> None:
    verdict = cited(decision(facts("career_specialist", "initial", 69, repeat=True)))
    assert (verdict.consequences, verdict.cites) == ((Consequence.DISMISSAL,), ("¶17.1", "¶30.1", "¶28.1"))


@pytest.mark.point("¶28.1")
def test_applicant_without_category_is_subject_to_dismissal(cited: Observed) -> None:
    verdict = cited(category_decision("none", "consultant", 69, repeat=True))
    assert verdict.consequences == (Consequence.NOT_ADMITTED_TO_ASSESSMENT, Consequence.DISMISSAL)
    assert verdict.category is Category.NONE
    assert "¶28.2" not in verdict.cites


@pytest.mark.point("¶28.2")
@pytest.mark.parametrize("existing", LADDER[1:])
def test_applicant_with_a_category_is_lowered_and_not_dismissed(existing: Category, cited: Observed) -> None:
    verdict = cited(category_decision(existing, "mentor", 69, repeat=True))
    assert (verdict.outcome, verdict.category) == (Outcome.LOWER, one_below(existing))
    assert Consequence.DISMISSAL not in verdict.consequences
    period = ("¶7",) if verdict.category is not Category.NONE else ()
    assert verdict.cites == ("¶17.2", "¶28-1", "¶30.2", "¶28.2", *period)


@pytest.mark.point("I-20", "¶28-1")
@pytest.mark.parametrize("existing", LADDER)
def test_no_further_term_and_no_assessment_after_a_failed_reattestation(
    existing: Category, cited: Observed
) -> None:
    verdict = cited(category_decision(existing, "mentor", 69, repeat=True))
    assert verdict.reattest_by is None
    assert Consequence.REATTEST not in verdict.consequences
    assert Consequence.NOT_ADMITTED_TO_ASSESSMENT in verdict.consequences
    assert verdict.points is None


@pytest.mark.point("I-19")
def test_dismissal_is_recorded_for_the_employer_and_not_carried_out(cited: Observed) -> None:
    verdict = cited(decision(facts("assistant", "position", 0, repeat=True)))
    assert codes(verdict)[-1] == "dismissal"
    assert verdict.steps[-1].result == "subject_to_dismissal"


@pytest.mark.point("I-44")
@pytest.mark.parametrize("purpose", ["initial", "position"])
def test_i_44_only_an_applicant_is_excepted(purpose: str, cited: Observed) -> None:
    """A manager who once held a category confirms the position; an applicant without one cites no I-44."""
    manager = cited(decision(facts("unit_head", purpose, 84, repeat=True, existing="mentor")))
    assert manager.consequences == (Consequence.DISMISSAL,)
    assert "I-44" in manager.steps[-1].readings
    applicant = category_decision("none", "consultant", 69, repeat=True)
    assert "I-44" not in next(step for step in applicant.steps if step.code == "dismissal").readings


def test_passed_reattestation_is_like_any_other() -> None:
    assert category_decision("none", "consultant", 90, repeat=True) == category_decision(
        "none", "consultant", 90
    )
    again = decision(facts("director", "position", 85, repeat=True))
    assert again == decision(facts("director", "position", 85))


@pytest.mark.point("I-25")
def test_whoever_owes_a_reattestation_is_listed_for_it_or_for_a_category(cited: Observed) -> None:
    for owed, purpose in (
        (Purpose.CATEGORY, Purpose.INITIAL),
        (Purpose.CATEGORY, Purpose.POSITION),
    ):
        with pytest.raises(RuleRefusal, match="owes a re-attestation in the position held") as refused:
            check_duties([owed], purpose)
        cited(refused.value)
    check_duties([], Purpose.INITIAL)
    for owed in Purpose:
        check_duties([owed], owed)
        check_duties([owed], Purpose.CATEGORY)
    # Either of two duties is taken up.
    check_duties([Purpose.CATEGORY, Purpose.INITIAL], Purpose.POSITION)


@pytest.mark.parametrize(
    ("failed", "purpose", "same"),
    [
        ("initial", "initial", True),
        ("initial", "position", True),
        ("position", "initial", True),
        ("position", "position", True),
        ("category", "category", True),
        ("category", "initial", False),
        ("category", "position", False),
        ("initial", "category", False),
        ("position", "category", False),
    ],
)
def test_initial_and_position_are_one_purpose(failed: str, purpose: str, same: bool) -> None:
    assert same_duty(Purpose(failed), Purpose(purpose)) is same
