"""Passing a test never leaves a lower category on any later day than failing it would have (I-07, I-15)."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from attestation.law.calendar import add_months
from attestation.law.category_periods import PeriodFact, current_category, period_changes
from attestation.law.reasons import Verdict
from attestation.law.vocabulary import LADDER, Category, rank
from tests.law.build import PARAMS, Evidence, decision, facts

STAGE_OVER = date(2026, 2, 6)
LAST = date(2030, 1, 1)


def held_after(
    periods: list[PeriodFact], verdict: Verdict, existing: Category, final_on: date
) -> list[PeriodFact]:
    """The terms on record once the decision has taken effect."""
    plan = period_changes(
        periods,
        verdict.category,
        verdict.consequences,
        existing,
        final_on,
        PARAMS,
        renewed=verdict.category_until is not None,
    )
    ends = dict(plan.end)
    kept = [period._replace(ends_on=ends.get(period.id, period.ends_on)) for period in periods]
    return kept if plan.new is None else [*kept, PeriodFact("new", *plan.new)]


@st.composite
def periods(draw: st.DrawFn) -> list[PeriodFact]:
    """At most one term of each category, begun within the three years before."""
    found = []
    for category in LADDER[1:]:
        if draw(st.booleans()):
            starts_on = STAGE_OVER - timedelta(days=draw(st.integers(0, 36 * 30)))
            found.append(PeriodFact(category.value, category, starts_on, add_months(starts_on, 36)))
    return found


@given(
    on_record=periods(),
    waited=st.integers(1, 60),
    declared=st.sampled_from(LADDER[1:]),
    correct=st.integers(70, 100),
    evidence=st.sampled_from([Evidence("3.0", 1), Evidence("5", 1), Evidence("5", 0)]),
    repeat=st.booleans(),
)
def test_passing_never_costs_a_category(
    on_record: list[PeriodFact],
    waited: int,
    declared: Category,
    correct: int,
    evidence: Evidence,
    repeat: bool,
) -> None:
    existing = current_category(on_record, STAGE_OVER)
    declared = max(existing, declared, key=rank)
    final_on = STAGE_OVER + timedelta(days=waited)
    asked = {"existing": existing.value, "declared": declared.value, "repeat": repeat}
    passed, failed = (decision(facts(correct=score, **asked), evidence, final_on) for score in (correct, 69))
    after_pass = held_after(on_record, passed, existing, final_on)
    after_fail = held_after(on_record, failed, existing, final_on)
    days = {final_on, LAST} | {
        day for period in (*after_pass, *after_fail) for day in (period.starts_on, period.ends_on)
    }
    for day in sorted(day + timedelta(days=more) for day in days for more in (0, 1)):
        if day >= final_on:
            assert rank(current_category(after_pass, day)) >= rank(current_category(after_fail, day)), day
