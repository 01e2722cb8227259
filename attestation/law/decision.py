"""¶17, ¶27, ¶28, ¶28-1, ¶30: facts in, Verdict out.

The steps of a verdict stand in the order of reasoning, and its `cites` are theirs; the rows of App. 1-2 are
among the cites only while they hold the decision.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from attestation.law.calendar import category_due, reattestation_due
from attestation.law.facts import POINTS_CONTRADICT, TestFacts, decision_bound, passes, threshold
from attestation.law.parameters import Parameters
from attestation.law.reasons import Bound, Points, Step, Verdict, cut_text
from attestation.law.refusals import RuleRefusal
from attestation.law.settings import Settings
from attestation.law.vocabulary import (
    MANAGERS,
    Category,
    Consequence,
    Outcome,
    Position,
    Purpose,
    is_high,
    one_below,
)

HELD_ROW_CITES = {
    "rating_gap": "App. 1-2 row 2",
    "no_rating": "App. 1-2 row 2",
    "ratings_not_read": "App. 1-2 row 2",
    "violations_not_read": "App. 1-2 row 3",
}


def assessment_due(facts: TestFacts, params: Parameters, settings: Settings) -> bool:
    """¶28-1: a specialist applying for a category who reached the ¶17.2 threshold is assessed."""
    return facts.purpose is Purpose.CATEGORY and passes(
        facts.correct, facts.total, threshold(facts.position, facts.purpose, params, settings)
    )


def decide(
    facts: TestFacts, points: Points | None, decided_on: date, params: Parameters, settings: Settings
) -> Verdict:
    """¶30: the decision on `facts`, dated `decided_on` (I-28). `points` only where the assessment is due.

    Held where the two points that measure the position contradict each other (I-39). Raises RuleRefusal where
    `points` are missing, the order does not name the position, or a period would end beyond the calendar.
    """
    bound = threshold(facts.position, facts.purpose, params, settings)
    passed = passes(facts.correct, facts.total, bound)
    first = _threshold_step(facts, bound, passed, settings)
    if facts.purpose is not Purpose.CATEGORY:
        second = decision_bound(facts.position, facts.purpose, params, settings)
        if bound.percent != second.percent:
            step = _contradiction_step(bound, second)
            return _verdict(Outcome.HELD, None, None, [], [first, step], held=(POINTS_CONTRADICT,))
        return _decide_position(facts, first, second, decided_on, params)
    if not passed:
        return _decide_failed_category(facts, first, decided_on, params)
    if points is None:
        raise RuleRefusal("points_missing", "¶28-1")
    return _decide_assessed(facts, points, first, decided_on, params, settings)


def _threshold_step(facts: TestFacts, bound: Bound, passed: bool, settings: Settings) -> Step:
    inputs: dict[str, str | int | None] = {
        "correct": facts.correct,
        "total": facts.total,
        "percent": cut_text(facts.correct * 100, facts.total),
    }
    readings: tuple[str, ...] = ("I-03",)
    if facts.purpose is Purpose.INITIAL and facts.position is not Position.CAREER_SPECIALIST:
        readings = ("I-03", "I-01")
        if facts.position in MANAGERS:
            inputs["managers_initial"] = settings.managers_initial
    comparison, result = (">=", "reached") if passed else ("<", "not_reached")
    return Step("test_threshold", bound.cite, inputs, comparison, str(bound.percent), result, readings)


def _contradiction_step(bound: Bound, second: Bound) -> Step:
    """I-39: ¶17 and ¶30 print different numbers for one position; neither is chosen."""
    inputs: dict[str, str | int | None] = {"threshold": bound.percent, "threshold_cite": bound.cite}
    inputs["bound_cite"] = second.cite
    return Step(
        POINTS_CONTRADICT, second.cite, inputs, "≠", str(second.percent), Outcome.HELD.value, ("I-39",)
    )


def _decide_position(
    facts: TestFacts, first: Step, bound: Bound, decided_on: date, params: Parameters
) -> Verdict:
    """¶30.1, ¶30.3, ¶30.4: does the employee conform to the position? Else ¶27.2 or ¶28.1.

    The threshold of ¶17 is the same number (I-39), so who conforms has passed.
    """
    conforms = passes(facts.correct, facts.total, bound)
    outcome = Outcome.CONFORMS if conforms else Outcome.DOES_NOT_CONFORM
    inputs = {"points": cut_text(facts.correct * 100, facts.total)}
    comparison = ">=" if conforms else "<"
    steps = [
        first,
        Step(
            "conformity", bound.cite, inputs, comparison, str(bound.percent), outcome.value, ("I-03", "I-41")
        ),
    ]
    if conforms:
        return _verdict(outcome, None, None, [], steps)
    if facts.repeat:
        steps.append(_dismissal_step(facts))
        return _verdict(outcome, None, None, [Consequence.DISMISSAL], steps)
    step, reattest_by = _reattestation_step(decided_on, params)
    steps.append(step)
    return _verdict(outcome, None, None, [Consequence.REATTEST], steps, reattest_by=reattest_by)


def _decide_failed_category(facts: TestFacts, first: Step, decided_on: date, params: Parameters) -> Verdict:
    """¶27, ¶28: the ¶17.2 threshold missed: the third decision of ¶30.2 at once, unassessed (I-02)."""
    existing = facts.existing or Category.NONE
    repeat = facts.repeat
    steps = [
        first,
        Step(
            "not_admitted_to_assessment",
            "¶28-1" if repeat else "¶27.3",
            {},
            result="not_admitted_to_assessment",
            readings=("I-20",) if repeat else (),
        ),
        Step("third_decision", "¶30.2", {}, result=Outcome.LOWER.value, readings=("I-02",)),
    ]
    consequences = [Consequence.NOT_ADMITTED_TO_ASSESSMENT]
    if existing is not Category.NONE:
        consequences.append(Consequence.LOWER_CATEGORY)
        steps.append(_lowered_step(existing, "¶28.2" if repeat else "¶27.1", ()))
    else:
        # ¶28.2 is not cited for `none`: ¶28.1 is the point that speaks of it.
        steps.append(_stays_none_step("¶30.2" if repeat else "¶27.1", ()))
    reattest_by = None
    if not repeat:
        step, reattest_by = _reattestation_step(decided_on, params)
        consequences.append(Consequence.REATTEST)
        steps.append(step)
    elif existing is Category.NONE:
        consequences.append(Consequence.DISMISSAL)
        steps.append(_dismissal_step(facts))
    category = one_below(existing)
    until = _start_period(category, decided_on, params, steps) if existing is not Category.NONE else None
    return _verdict(Outcome.LOWER, None, category, consequences, steps, reattest_by, until)


def _decide_assessed(
    facts: TestFacts, points: Points, first: Step, decided_on: date, params: Parameters, settings: Settings
) -> Verdict:
    """¶30.2: one who passed the test, decided by the App. 1-2 total or, as set, the test alone (I-02)."""
    existing = facts.existing or Category.NONE
    steps = [first, Step("assessment_due", "¶28-1", {}, result="due"), *points.steps]
    if settings.category_basis == "test":
        numerator, denominator = facts.correct * 100, facts.total
    else:
        total = points.total
        if total is None:
            steps.append(Step("decision_waits", "¶28-1", {}, result=Outcome.HELD.value, readings=("I-28",)))
            return _verdict(Outcome.HELD, points, None, [], steps)
        numerator, denominator = total.numerator, total.denominator
    inputs: dict[str, str | int | None] = {
        "points": cut_text(numerator, denominator),
        "category_basis": settings.category_basis,
    }
    if numerator >= params.conforms_declared * denominator:
        steps.append(
            _bound_step("declared_bound", inputs, ">=", params.conforms_declared, Outcome.DECLARED.value)
        )
        return _declared(facts, points, steps, decided_on, params)
    steps.append(_bound_step("declared_bound", inputs, "<", params.conforms_declared, "not_reached"))
    if numerator >= params.conforms_existing * denominator:
        steps.append(
            _bound_step("existing_bound", inputs, ">=", params.conforms_existing, Outcome.EXISTING.value)
        )
        steps.append(_kept_step(existing, ("I-15",)))
        until = _renew_period(facts, decided_on, params, settings, steps)
        return _verdict(
            Outcome.EXISTING, points, existing, [Consequence.KEEP_CATEGORY], steps, category_until=until
        )
    steps.append(_bound_step("existing_bound", inputs, "<", params.conforms_existing, Outcome.LOWER.value))
    return _low_total(facts, points, steps, decided_on, params, settings)


def _declared(
    facts: TestFacts, points: Points, steps: list[Step], decided_on: date, params: Parameters
) -> Verdict:
    """¶30.2: the declared category is conferred; beside a high one the earlier category stays (¶34, I-16)."""
    existing, declared = facts.existing or Category.NONE, facts.declared or Category.NONE
    steps.append(Step("category_conferred", "¶30.2", {"existing": existing.value}, result=declared.value))
    until = _start_period(declared, decided_on, params, steps)
    if is_high(declared) and not is_high(existing):
        steps.append(
            Step(
                "earlier_category_kept",
                "¶34",
                {"existing": existing.value},
                result="kept",
                readings=("I-16",),
            )
        )
    return _verdict(
        Outcome.DECLARED, points, declared, [Consequence.CONFER_CATEGORY], steps, category_until=until
    )


def _low_total(
    facts: TestFacts,
    points: Points,
    steps: list[Step],
    decided_on: date,
    params: Parameters,
    settings: Settings,
) -> Verdict:
    """¶30.2, third line, after a passed test: one level below the existing category, or as set (I-07)."""
    existing = facts.existing or Category.NONE
    if existing is Category.NONE:
        steps.append(_stays_none_step("¶30.2", ("I-07",)))
        return _verdict(Outcome.LOWER, points, existing, [], steps)
    if settings.low_total == "existing":
        steps.append(_kept_step(existing, ("I-07", "I-15")))
        until = _renew_period(facts, decided_on, params, settings, steps)
        return _verdict(
            Outcome.LOWER, points, existing, [Consequence.KEEP_CATEGORY], steps, category_until=until
        )
    steps.append(_lowered_step(existing, "¶30.2", ("I-07",)))
    category = one_below(existing)
    until = _start_period(category, decided_on, params, steps)
    return _verdict(
        Outcome.LOWER, points, category, [Consequence.LOWER_CATEGORY], steps, category_until=until
    )


def _bound_step(
    code: str, inputs: dict[str, str | int | None], comparison: str, bound: int, result: str
) -> Step:
    return Step(code, "¶30.2", inputs, comparison, str(bound), result, ("I-02", "I-03"))


def _kept_step(existing: Category, readings: tuple[str, ...]) -> Step:
    return _category_step("category_kept", "¶30.2", existing, existing, readings)


def _lowered_step(existing: Category, cite: str, readings: tuple[str, ...]) -> Step:
    return _category_step("category_lowered", cite, existing, one_below(existing), (*readings, "I-29"))


def _stays_none_step(cite: str, readings: tuple[str, ...]) -> Step:
    return _category_step("category_stays_none", cite, Category.NONE, Category.NONE, readings)


def _category_step(
    code: str, cite: str, existing: Category, category: Category, readings: tuple[str, ...]
) -> Step:
    """The category after the decision; `none` has no period, whatever ¶34 says of one (I-40)."""
    if category is Category.NONE:
        readings = (*readings, "I-40")
    return Step(code, cite, {"existing": existing.value}, result=category.value, readings=readings)


def _renew_period(
    facts: TestFacts, decided_on: date, params: Parameters, settings: Settings, steps: list[Step]
) -> date | None:
    """I-15: whether a category that is kept begins a new period, and until when; None: it runs to its end."""
    existing = facts.existing or Category.NONE
    if settings.kept_term == "own_end" or (
        settings.kept_term == "declared" and facts.declared is not existing
    ):
        return None
    return _start_period(existing, decided_on, params, steps)


def _start_period(category: Category, starts_on: date, params: Parameters, steps: list[Step]) -> date | None:
    """¶7: a conferred or lowered category begins a period of three years; `none` has none (I-15, I-17)."""
    if category is Category.NONE:
        return None
    due = category_due(starts_on, params)
    inputs: dict[str, str | int | None] = {
        "category": category.value,
        "from": starts_on.isoformat(),
        "years": params.category_years,
    }
    steps.append(Step("term_starts", "¶7", inputs, result=due.due_on.isoformat(), readings=("I-15", "I-17")))
    return due.due_on


def _reattestation_step(decided_on: date, params: Parameters) -> tuple[Step, date]:
    """¶27.2: re-attestation no later than twelve months after the final decision (I-11)."""
    due_on = reattestation_due(decided_on, params).due_on
    inputs: dict[str, str | int | None] = {
        "from": decided_on.isoformat(),
        "months": params.reattestation_months,
    }
    return Step("reattestation", "¶27.2", inputs, result=due_on.isoformat(), readings=("I-11",)), due_on


def _dismissal_step(facts: TestFacts) -> Step:
    """¶28.1: subject to dismissal, on record for the employer (I-19); no further deadline is opened (I-20).

    The exception of the point is for applicants alone (I-44).
    """
    inputs = {
        "position": facts.position.value,
        "purpose": facts.purpose.value,
        "existing": facts.existing.value if facts.existing and facts.purpose is Purpose.CATEGORY else None,
    }
    readings: tuple[str, ...] = ("I-19", "I-20")
    if facts.purpose is not Purpose.CATEGORY:
        readings = (*readings, "I-44")
    return Step("dismissal", "¶28.1", inputs, result="subject_to_dismissal", readings=readings)


def _verdict(
    outcome: Outcome,
    points: Points | None,
    category: Category | None,
    consequences: Iterable[Consequence],
    steps: list[Step],
    reattest_by: date | None = None,
    category_until: date | None = None,
    held: tuple[str, ...] = (),
) -> Verdict:
    held = points.held if points is not None else held
    cites = list(dict.fromkeys([step.cite for step in steps if not step.cite.startswith("App.")]))
    if outcome is Outcome.HELD:
        cites += dict.fromkeys(HELD_ROW_CITES[code] for code in held if code in HELD_ROW_CITES)
    return Verdict(
        outcome,
        points,
        category,
        tuple(consequences),
        reattest_by,
        category_until,
        tuple(cites),
        tuple(steps),
        held,
    )
