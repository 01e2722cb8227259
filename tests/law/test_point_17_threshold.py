"""¶17: the threshold of each position and purpose, exact (I-01, I-03, I-22)."""

from __future__ import annotations

import pytest

from attestation.law.facts import TestFacts, check_purpose, passes, threshold
from attestation.law.reasons import Bound
from attestation.law.refusals import RuleRefusal
from attestation.law.settings import Settings
from attestation.law.vocabulary import MANAGERS, PURPOSES_OF, Position, Purpose
from tests.law.build import DEFAULTS, PARAMS, decision, facts
from tests.law.observed import Observed

MEASURED = {
    ("career_specialist", "initial"): (70, "¶17.1"),
    ("career_specialist", "category"): (70, "¶17.2"),
    ("director", "initial"): (85, "¶17.3"),
    ("director", "position"): (85, "¶17.3"),
    ("deputy_director", "initial"): (85, "¶17.3"),
    ("deputy_director", "position"): (85, "¶17.3"),
    ("unit_head", "initial"): (85, "¶17.3"),
    ("unit_head", "position"): (85, "¶17.3"),
    ("center_specialist", "initial"): (70, "¶17.4"),
    ("center_specialist", "position"): (70, "¶17.4"),
    ("assistant", "initial"): (70, "¶17.4"),
    ("assistant", "position"): (70, "¶17.4"),
}


def test_every_position_has_a_threshold_for_each_of_its_purposes() -> None:
    assert {(position, purpose) for position, purposes in PURPOSES_OF.items() for purpose in purposes} == set(
        MEASURED
    )
    for (position, purpose), bound in MEASURED.items():
        assert threshold(Position(position), Purpose(purpose), PARAMS, DEFAULTS) == Bound(*bound)


def sides(position: str, purpose: str, bound: int) -> list[bool]:
    """Whether the test is passed one answer of a thousand below the bound, at it, and above it."""
    measured = threshold(Position(position), Purpose(purpose), PARAMS, DEFAULTS)
    return [passes(bound * 10 + step, 1000, measured) for step in (-1, 0, 1)]


@pytest.mark.point("¶17.1")
def test_initial_attestation_of_a_career_specialist_at_70(cited: Observed) -> None:
    assert sides("career_specialist", "initial", 70) == [False, True, True]
    assert cited(decision(facts("career_specialist", "initial", 70))).cites[0] == "¶17.1"


@pytest.mark.point("¶17.2")
def test_application_for_a_category_at_70(cited: Observed) -> None:
    assert sides("career_specialist", "category", 70) == [False, True, True]
    assert cited(decision(facts("career_specialist", "category", 70))).cites[0] == "¶17.2"


@pytest.mark.point("¶17.3")
@pytest.mark.parametrize("position", sorted(MANAGERS))
def test_managers_at_85(position: str, cited: Observed) -> None:
    assert sides(position, "position", 85) == [False, True, True]
    assert cited(decision(facts(position, "position", 85))).cites[0] == "¶17.3"


@pytest.mark.point("¶17.4")
@pytest.mark.parametrize("position", ["center_specialist", "assistant"])
def test_centre_specialist_and_assistant_at_70(position: str, cited: Observed) -> None:
    assert sides(position, "position", 70) == [False, True, True]
    assert cited(decision(facts(position, "position", 70))).cites[0] == "¶17.4"


@pytest.mark.point("I-01", "¶17.3", "¶30.3")
def test_managers_initial_attestation_is_measured_by_their_own_point(cited: Observed) -> None:
    verdict = cited(decision(facts("director", "initial", 84)))
    assert verdict.cites == ("¶17.3", "¶30.3", "¶27.2")
    assert verdict.steps[0].inputs["managers_initial"] == "position"


@pytest.mark.point("I-01", "¶17.1", "¶30.1")
def test_setting_takes_managers_initial_attestation_to_the_general_point(cited: Observed) -> None:
    for correct, outcome in ((69, "does_not_conform"), (70, "conforms")):
        verdict = cited(decision(facts("director", "initial", correct), managers_initial="initial"))
        assert (verdict.outcome, verdict.cites[:2]) == (outcome, ("¶17.1", "¶30.1"))


@pytest.mark.point("I-01", "¶17.4", "¶30.4")
def test_assistants_initial_attestation_is_measured_by_their_own_point(cited: Observed) -> None:
    for chosen in ("position", "initial"):
        verdict = cited(decision(facts("assistant", "initial", 70), managers_initial=chosen))
        assert verdict.cites == ("¶17.4", "¶30.4")


@pytest.mark.parametrize(
    ("correct", "total", "passed"),
    [
        (845, 1000, False),  # 84.5 %
        (8499, 10_000, False),
        (85, 100, True),
        (17, 20, True),
        (11, 13, False),  # 84.615… %
    ],
)
@pytest.mark.point("I-03")
def test_percent_is_exact(correct: int, total: int, passed: bool, cited: Observed) -> None:
    verdict = cited(decision(facts("director", "position", correct, total)))
    assert (verdict.outcome == "conforms") is passed
    assert passes(correct, total, Bound(85, "¶17.3")) is passed


@pytest.mark.parametrize(
    ("correct", "total", "passed"), [(699, 1000, False), (7, 10, True), (69999, 99999, False)]
)
def test_69_9_percent_is_below_70(correct: int, total: int, passed: bool) -> None:
    assert passes(correct, total, Bound(70, "¶17.2")) is passed


def test_shown_percent_is_cut_not_rounded() -> None:
    verdict = decision(facts("director", "position", 84_999_999, 100_000_000))
    assert verdict.steps[0].inputs["percent"] == "84.9999"
    assert decision(facts("assistant", "position", 2, 3)).steps[0].inputs["percent"] == "66.6666"


@pytest.mark.point("I-22")
@pytest.mark.parametrize(
    ("position", "purpose"),
    [("career_specialist", "position")]
    + [(position, "category") for position in Position if position != "career_specialist"],
)
def test_purpose_that_a_position_does_not_have_is_refused(
    position: str, purpose: str, cited: Observed
) -> None:
    with pytest.raises(RuleRefusal, match=f"{purpose} does not exist for the position {position}") as refused:
        check_purpose(Position(position), Purpose(purpose))
    cited(refused.value)
    with pytest.raises(RuleRefusal):
        TestFacts(Position(position), Purpose(purpose), False, None, None, 1, 1)


@pytest.mark.parametrize(("correct", "total"), [(-1, 10), (11, 10), (0, 0), (1, -1)])
def test_impossible_result_is_refused(correct: int, total: int) -> None:
    with pytest.raises(RuleRefusal) as refused:
        facts("assistant", "initial", correct, total)
    assert refused.value.cite == "¶17"


def test_setting_does_not_touch_conformity_with_the_position() -> None:
    chosen = Settings(managers_initial="initial")
    assert threshold(Position.DIRECTOR, Purpose.POSITION, PARAMS, chosen) == Bound(85, "¶17.3")
