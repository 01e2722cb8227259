"""¶30: the decisions, by the worked examples E1 to E15 and by the settings."""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attestation.law.facts import TestFacts
from attestation.law.parameters import Parameter, parameters_on
from attestation.law.reasons import Points, Verdict, exact_text
from attestation.law.refusals import RuleRefusal
from attestation.law.vocabulary import LADDER, Category, Consequence, Outcome, Position, Purpose, rank
from tests.law.build import (
    DAY,
    DEFAULTS,
    PARAMS,
    Evidence,
    amended,
    category_decision,
    codes,
    decision,
    facts,
)
from tests.law.cases import cases
from tests.law.observed import Observed
from tests.law.profile import law_settings

NOT_THERE = {"none in the window": None, "not read": None}


def decided(case: dict[str, Any]) -> Verdict:
    employee = case["employee"]
    correct, total = case["test"].split("/")
    evidence = Evidence(
        rating=NOT_THERE.get(case.get("rating"), case.get("rating")),
        violations=NOT_THERE.get(case.get("violations"), case.get("violations")),
        ruling=case.get("ruling"),
    )
    attestation = facts(
        employee["position"],
        employee["purpose"],
        int(correct),
        int(total),
        employee.get("existing"),
        employee.get("declared"),
        employee.get("repeat", False),
    )
    made_up = [
        Parameter(row["name"], row["value"], "", row["point"], row["from"])
        for row in case.get("order amended", ())
    ]
    day = case.get("testing ended on", case["decided on"])
    params = parameters_on(day, amended(*made_up) if made_up else None)
    return decision(attestation, evidence, case["decided on"], params, **case.get("settings", {}))


def written(points: Points) -> str:
    rows = [
        exact_text(points.test),
        *("?" if row is None else str(row) for row in (points.rating, points.violations)),
    ]
    return f"{' + '.join(rows)} = {'held' if points.total is None else exact_text(points.total)}"


@pytest.mark.parametrize(
    "case", [*cases("point_30_decisions"), *cases("point_30_settings"), *cases("point_30_amended")]
)
def test_case_is_decided_as_written(case: dict[str, Any]) -> None:
    expected = case["then"]
    verdict = decided(case)
    assert {
        "decision": verdict.outcome.value,
        "points": None if verdict.points is None else written(verdict.points),
        "held": list(verdict.held),
        "category": verdict.category,
        "category until": verdict.category_until,
        "consequences": [consequence.value for consequence in verdict.consequences],
        "re-attestation by": verdict.reattest_by,
        "cites": list(verdict.cites),
    } == {
        "decision": expected["decision"],
        "points": expected.get("points"),
        "held": expected.get("held", []),
        "category": expected.get("category"),
        "category until": expected.get("category until"),
        "consequences": expected["consequences"],
        "re-attestation by": expected.get("re-attestation by"),
        "cites": expected["cites"],
    }


@pytest.mark.parametrize(
    ("correct", "outcome"), [(69, "does_not_conform"), (70, "conforms"), (71, "conforms")]
)
@pytest.mark.point("¶30.1")
def test_career_specialist_at_initial_attestation_conforms_from_70(
    correct: int, outcome: str, cited: Observed
) -> None:
    verdict = cited(decision(facts("career_specialist", "initial", correct)))
    assert (verdict.outcome, verdict.cites[1]) == (outcome, "¶30.1")


@pytest.mark.parametrize("position", ["director", "deputy_director", "unit_head"])
@pytest.mark.parametrize(
    ("correct", "outcome"), [(84, "does_not_conform"), (85, "conforms"), (86, "conforms")]
)
@pytest.mark.point("¶30.3")
def test_manager_conforms_from_85(position: str, correct: int, outcome: str, cited: Observed) -> None:
    verdict = cited(decision(facts(position, "position", correct)))
    assert (verdict.outcome, verdict.cites[1]) == (outcome, "¶30.3")


@pytest.mark.parametrize("position", ["center_specialist", "assistant"])
@pytest.mark.parametrize(
    ("correct", "outcome"), [(69, "does_not_conform"), (70, "conforms"), (71, "conforms")]
)
@pytest.mark.point("¶30.4")
def test_centre_specialist_and_assistant_conform_from_70(
    position: str, correct: int, outcome: str, cited: Observed
) -> None:
    verdict = cited(decision(facts(position, "position", correct)))
    assert (verdict.outcome, verdict.cites[1]) == (outcome, "¶30.4")


@pytest.mark.point("I-41")
def test_the_points_of_conformity_are_the_percent_of_the_test(cited: Observed) -> None:
    """51 and 50 correct answers of 60: 85 and 83.33 percent, whatever their number is."""
    for correct, points, outcome in ((51, "85", "conforms"), (50, "83.3333", "does_not_conform")):
        verdict = cited(decision(facts("unit_head", "position", correct, 60)))
        conformity = next(step for step in verdict.steps if step.code == "conformity")
        assert (conformity.inputs["points"], verdict.outcome, verdict.points) == (points, outcome, None)


@pytest.mark.parametrize(("existing", "has_period"), [("case_manager", True), ("consultant", False)])
@pytest.mark.point("I-40")
def test_a_lowered_category_begins_a_term_and_none_has_none(
    existing: str, has_period: bool, cited: Observed
) -> None:
    verdict = category_decision(existing, existing, 60)
    assert (verdict.category_until is not None) is has_period
    assert any("I-40" in step.readings for step in verdict.steps) is not has_period
    cited(category_decision("none", "consultant", 60))


@pytest.mark.parametrize(
    ("correct", "total", "rating", "violations", "points", "outcome"),
    [
        # At 85: 64.9 + 20, 65 + 20, 65.1 + 20 by tests of 800 questions, a tenth of a point each.
        (649, 800, "4.6", 0, "84.9", Outcome.EXISTING),
        (650, 800, "4.6", 0, "85", Outcome.DECLARED),
        (651, 800, "4.6", 0, "85.1", Outcome.DECLARED),
        (806, 1000, "4.6", 0, "84.48", Outcome.EXISTING),
        # 84.5 is below 85 (I-03), 69.9 below 70, however close.
        (645, 800, "4.6", 0, "84.5", Outcome.EXISTING),
        (749, 1000, "4.6", 1, "69.92", Outcome.LOWER),
        (599, 800, "3.9", 0, "69.9", Outcome.LOWER),
        (600, 800, "3.9", 0, "70", Outcome.EXISTING),
        (601, 800, "3.9", 0, "70.1", Outcome.EXISTING),
        (64999999, 80000000, "4.6", 0, "84.9999", Outcome.EXISTING),
        (599999999, 800000000, "3.9", 0, "69.9999", Outcome.LOWER),
    ],
)
@pytest.mark.point("¶30.2", "I-03", "I-02")
def test_total_is_never_rounded_across_a_bound(
    correct: int, total: int, rating: str, violations: int, points: str, outcome: Outcome, cited: Observed
) -> None:
    case = facts(correct=correct, total=total, existing="consultant", declared="mentor")
    verdict = cited(decision(case, Evidence(rating, violations)))
    assert verdict.points is not None
    assert verdict.points.total is not None
    assert (exact_text(verdict.points.total), verdict.outcome) == (points, outcome)


@pytest.mark.point("I-02", "¶30.2")
def test_failed_test_is_the_third_decision_whatever_the_basis(cited: Observed) -> None:
    for basis in ("total", "test"):
        verdict = cited(category_decision("consultant", "mentor", 69, category_basis=basis))
        assert (verdict.outcome, verdict.points) == (Outcome.LOWER, None)
        assert "third_decision" in codes(verdict)


@pytest.mark.point("I-15", "¶30.2")
@pytest.mark.parametrize(
    ("kept_term", "declared", "renewed"),
    [
        ("always", "consultant", True),
        ("always", "mentor", True),
        ("declared", "consultant", True),
        ("declared", "mentor", False),
        ("own_end", "consultant", False),
        ("own_end", "mentor", False),
    ],
)
def test_kept_category_begins_a_term_as_set(
    kept_term: str, declared: str, renewed: bool, cited: Observed
) -> None:
    verdict = cited(category_decision("consultant", declared, 80, kept_term=kept_term))
    assert verdict.consequences == (Consequence.KEEP_CATEGORY,)
    assert verdict.category_until == (date(2029, 2, 10) if renewed else None)
    assert ("term_starts" in codes(verdict)) is renewed


@pytest.mark.point("I-15")
def test_no_category_is_kept_without_a_term(cited: Observed) -> None:
    verdict = cited(category_decision("none", "mentor", 80))
    assert (verdict.category, verdict.category_until) == (Category.NONE, None)


@pytest.mark.point("I-07", "¶30.2")
def test_low_total_never_promotes_and_never_keeps_by_itself(cited: Observed) -> None:
    low = Evidence("3.0", 5)
    for below, existing in pairwise(LADDER):
        verdict = cited(decision(facts(correct=70, existing=existing, declared="mentor"), low))
        assert (verdict.outcome, verdict.category) == (Outcome.LOWER, below)


@pytest.mark.point("I-18")
@pytest.mark.parametrize(
    ("existing", "declared", "code"),
    [
        ("none", "none", "declared_none"),
        ("mentor", "none", "declared_none"),
        ("case_manager", "consultant", "declared_below_existing"),
        ("mentor", "case_manager", "declared_below_existing"),
    ],
)
def test_lower_or_no_category_cannot_be_declared(
    existing: str, declared: str, code: str, cited: Observed
) -> None:
    with pytest.raises(RuleRefusal) as refused:
        facts(existing=existing, declared=declared)
    assert cited(refused.value).code == code
    assert "Declare the existing category or a higher one." in str(refused.value)


@pytest.mark.parametrize(
    ("existing", "declared"),
    [
        (existing, declared)
        for existing in LADDER
        for declared in LADDER[1:]
        if rank(declared) >= rank(existing)
    ],
)
def test_existing_or_any_higher_category_can_be_declared(existing: Category, declared: Category) -> None:
    verdict = category_decision(existing, declared, 100)
    assert (verdict.outcome, verdict.category) == (Outcome.DECLARED, declared)


def test_declared_category_needs_the_purpose_category() -> None:
    with pytest.raises(RuleRefusal, match="Only an application for a category declares one"):
        facts("assistant", "initial", declared="consultant")


@pytest.mark.parametrize("missing", ["existing", "declared"])
def test_application_needs_both_categories(missing: str) -> None:
    both = {"existing": Category.NONE, "declared": Category.CONSULTANT, missing: None}
    with pytest.raises(RuleRefusal, match=f"{missing} is missing"):
        TestFacts(
            Position.CAREER_SPECIALIST, Purpose.CATEGORY, False, both["existing"], both["declared"], 1, 1
        )


def test_decision_without_the_assessment_it_needs_is_refused() -> None:
    from attestation.law.decision import decide

    with pytest.raises(RuleRefusal, match="must be assessed") as refused:
        decide(facts(), None, DAY, PARAMS, DEFAULTS)
    assert refused.value.cite == "¶28-1"


def test_existing_category_outside_an_application_is_ignored() -> None:
    with_it = decision(facts("career_specialist", "initial", 50, existing="mentor"))
    assert with_it == decision(facts("career_specialist", "initial", 50))


anybody = st.builds(
    lambda position, initial, repeat, existing, higher, total, share, rating, violations: (
        facts(
            position,
            "initial" if initial else "category" if position == "career_specialist" else "position",
            total * share // 1000,
            total,
            *(
                (LADDER[existing], LADDER[max(1, min(3, existing + higher))])
                if position == "career_specialist" and not initial
                else (None, None)
            ),
            repeat,
        ),
        Evidence(None if rating is None else str(Fraction(rating, 100)), violations),
    ),
    st.sampled_from(list(Position)),
    st.booleans(),
    st.booleans(),
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(1, 10_000),
    st.integers(0, 1000),
    st.none() | st.integers(100, 500),
    st.none() | st.integers(0, 3),
)
any_settings = st.fixed_dictionaries(
    {
        "managers_initial": st.sampled_from(["position", "initial"]),
        "category_basis": st.sampled_from(["total", "test"]),
        "rating_gap": st.sampled_from(["commission", "ten", "zero"]),
        "no_rating": st.sampled_from(["commission", "ten", "zero"]),
        "low_total": st.sampled_from(["below_existing", "existing"]),
    }
)
CATEGORY_CONSEQUENCES = {Consequence.CONFER_CATEGORY, Consequence.KEEP_CATEGORY, Consequence.LOWER_CATEGORY}


@law_settings
@given(anybody, any_settings)
def test_no_verdict_contradicts_itself(case: tuple[TestFacts, Evidence], chosen: dict[str, object]) -> None:
    attestation, evidence = case
    verdict = decision(attestation, evidence, **chosen)
    consequences = set(verdict.consequences)
    assert len(consequences) == len(verdict.consequences)
    assert len(consequences & CATEGORY_CONSEQUENCES) <= 1
    assert not {Consequence.REATTEST, Consequence.DISMISSAL} <= consequences
    assert (verdict.reattest_by is not None) == (Consequence.REATTEST in consequences)
    assert (verdict.category is None) == (
        attestation.purpose is not Purpose.CATEGORY or verdict.outcome is Outcome.HELD
    )
    starts = consequences & {Consequence.CONFER_CATEGORY, Consequence.LOWER_CATEGORY}
    has_period = bool(starts) and verdict.category is not Category.NONE
    assert (verdict.category_until is not None) == has_period == ("¶7" in verdict.cites)
    assert len(set(verdict.cites)) == len(verdict.cites)
    if verdict.category and verdict.outcome is not Outcome.DECLARED:
        assert rank(verdict.category) <= rank(attestation.existing or Category.NONE)
    if verdict.outcome is Outcome.HELD:
        assert verdict.held
        assert verdict.consequences == ()


@law_settings
@given(anybody, any_settings)
def test_verdict_comes_back_from_json_as_it_was(
    case: tuple[TestFacts, Evidence], chosen: dict[str, object]
) -> None:
    verdict = decision(*case, **chosen)
    assert Verdict.from_data(json.loads(json.dumps(verdict.as_data()))) == verdict


@law_settings
@given(anybody, st.integers(1, 50))
def test_more_correct_answers_never_worsen_a_decision(case: tuple[TestFacts, Evidence], more: int) -> None:
    attestation, evidence = case
    order = [Outcome.DOES_NOT_CONFORM, Outcome.LOWER, Outcome.EXISTING, Outcome.DECLARED, Outcome.CONFORMS]
    better = TestFacts(
        attestation.position,
        attestation.purpose,
        attestation.repeat,
        attestation.existing,
        attestation.declared,
        min(attestation.total, attestation.correct + more),
        attestation.total,
    )
    before, after = decision(attestation, evidence), decision(better, evidence)
    if Outcome.HELD not in (before.outcome, after.outcome):
        assert order.index(after.outcome) >= order.index(before.outcome)


@law_settings
@given(anybody)
def test_every_step_can_be_recomputed_by_hand(case: tuple[TestFacts, Evidence]) -> None:
    verdict = decision(*case)
    for step in verdict.steps:
        assert step.code
        assert step.cite
        assert step.result
        if step.comparison in (">=", "<", ">", "<=") and step.code != "row_violations":
            assert step.bound is not None
    test = verdict.steps[0]
    percent = Fraction(int(test.inputs["correct"] or 0) * 100, int(test.inputs["total"] or 1))
    assert (percent >= int(test.bound or 0)) == (test.result == "reached")
    if verdict.points is not None and verdict.points.total is not None:
        assert verdict.points.total == Fraction(case[0].correct * 80, case[0].total) + sum(
            row for row in (verdict.points.rating, verdict.points.violations) if row is not None
        )
