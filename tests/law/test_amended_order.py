"""I-39: the order amended again: numbers by the stage's last day, contradicting points, unknown positions."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import cast

import pytest

from attestation.law.facts import PAIRS, check_purpose, decision_bound, threshold
from attestation.law.parameters import Parameter, parameters_on
from attestation.law.refusals import RuleRefusal
from attestation.law.vocabulary import MANAGERS, Outcome, Position, Purpose
from tests.law.build import DEFAULTS, PARAMS, amended, codes, decision, facts
from tests.law.observed import Observed

NEW_YEAR = date(2027, 1, 1)


def row(name: str, value: int, cite: str) -> Parameter:
    return Parameter(name, value, "percent", cite, NEW_YEAR)


PAIRS_OF_POINTS = [
    (
        "career_specialist",
        "initial",
        row("threshold_initial", 60, "¶17.1"),
        row("conforms_initial", 60, "¶30.1"),
    ),
    ("director", "position", row("threshold_manager", 80, "¶17.3"), row("conforms_manager", 80, "¶30.3")),
    ("assistant", "position", row("threshold_position", 60, "¶17.4"), row("conforms_position", 60, "¶30.4")),
]


@pytest.mark.point("I-39")
@pytest.mark.parametrize(("position", "purpose", "of_17", "of_30"), PAIRS_OF_POINTS)
@pytest.mark.parametrize("alone", ["¶17", "¶30"])
def test_contradicting_pair_is_held_naming_both_points(
    position: str, purpose: str, of_17: Parameter, of_30: Parameter, alone: str, cited: Observed
) -> None:
    entered = of_17 if alone == "¶17" else of_30
    params = parameters_on(NEW_YEAR, amended(entered))
    verdict = cited(decision(facts(position, purpose, 100), params=params))
    assert (verdict.outcome, verdict.held) == (Outcome.HELD, ("points_contradict",))
    assert verdict.cites == (of_17.cite, of_30.cite)
    assert (verdict.consequences, verdict.category, verdict.reattest_by) == ((), None, None)
    step = verdict.steps[-1]
    assert (step.code, step.result) == ("points_contradict", "held")
    assert step.inputs["threshold_cite"] == of_17.cite
    assert (step.inputs["bound_cite"], step.cite) == (of_30.cite, of_30.cite)
    assert step.bound == str(getattr(params, of_30.name))
    assert step.inputs["threshold"] == getattr(params, of_17.name)


@pytest.mark.parametrize(("position", "purpose", "of_17", "of_30"), PAIRS_OF_POINTS)
def test_agreeing_pair_is_decided_on_both_sides_of_its_new_bound(
    position: str, purpose: str, of_17: Parameter, of_30: Parameter
) -> None:
    bound = int(of_17.value)
    params = parameters_on(NEW_YEAR, amended(of_17, of_30))
    assert decision(facts(position, purpose, bound), params=params).outcome is Outcome.CONFORMS
    assert decision(facts(position, purpose, bound - 1), params=params).outcome is Outcome.DOES_NOT_CONFORM
    before = parameters_on(date(2026, 12, 31), amended(of_17, of_30))
    assert before.as_data() == PARAMS.as_data()
    assert decision(facts(position, purpose, bound), params=before).outcome is Outcome.DOES_NOT_CONFORM


def test_setting_chooses_the_pair_that_is_compared() -> None:
    """I-01: a manager's initial attestation is held by ¶17.1 and ¶30.1 only where the setting says so."""
    params = parameters_on(NEW_YEAR, amended(row("threshold_initial", 60, "¶17.1")))
    case = facts("director", "initial", 90)
    assert decision(case, params=params).outcome is Outcome.CONFORMS
    assert decision(case, params=params, managers_initial="initial").cites == ("¶17.1", "¶30.1")


def test_points_17_2_and_30_2_are_not_compared() -> None:
    params = parameters_on(NEW_YEAR, amended(row("conforms_existing", 60, "¶30.2")))
    assert params.threshold_category != params.conforms_existing
    verdict = decision(facts(correct=70), params=params)
    assert verdict.outcome is Outcome.DECLARED or verdict.outcome is Outcome.EXISTING
    assert "points_contradict" not in codes(verdict)


class Later(StrEnum):
    """A position that an amended order might name, before its points are entered."""

    NOT_YET = "not_yet"


@pytest.mark.parametrize("purpose", [Purpose.INITIAL, Purpose.POSITION])
@pytest.mark.parametrize("bound", [threshold, decision_bound])
def test_unknown_position_is_refused_by_name(bound: object, purpose: Purpose, cited: Observed) -> None:
    unknown = cast(Position, Later.NOT_YET)
    with pytest.raises(RuleRefusal, match="no position not_yet") as refused:
        bound(unknown, purpose, PARAMS, DEFAULTS)  # type: ignore[operator]  # one of two functions
    assert (cited(refused.value).code, refused.value.cite) == ("position_unknown", "I-39")
    with pytest.raises(RuleRefusal, match="no position not_yet"):
        check_purpose(unknown, purpose)


def test_every_position_of_the_order_has_its_points() -> None:
    assert set(PAIRS) == set(Position)
    assert {position for position, pair in PAIRS.items() if pair.threshold_cite == "¶17.3"} == MANAGERS
