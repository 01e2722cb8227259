"""What would be decided on another result: formed by the same rules, nothing is written (¶17, ¶30)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from attestation import lookup
from attestation.law.calendar import local_day
from attestation.law.decision import assessment_due, decide
from attestation.law.reasons import Points, Verdict, exact_text
from attestation.law.vocabulary import Outcome
from attestation.models import Attestation, Decision, Result, Status

Assessor = Callable[[Attestation, Result], Points]
_ASSESSORS: list[Assessor] = []


def register_assessor(assess: Assessor) -> None:
    """Let `scoring`, which keeps the data of App. 1-2, say the points that a result would give."""
    _ASSESSORS[:] = [assess]


@dataclass(frozen=True)
class Standing:
    """Where a case stands in law: the outcome (`held`: it waits for data or a ruling; empty: none yet), the
    category that it gives, the total of App. 1-2 as exact text, and whether the decision is final."""

    outcome: str = ""
    category: str = ""
    points: str = ""
    final: bool = False


def standing(attestation: Attestation) -> Standing:
    """What is decided on the case now."""
    decision = lookup.current_decision(attestation)
    if decision is None:
        return Standing(Outcome.HELD.value if attestation.status == Status.HELD else "")
    points = Verdict.from_data(decision.verdict).points
    return _standing(
        decision.outcome, decision.category, points, final=decision.state == Decision.State.FINAL
    )


def foresee(attestation: Attestation, result: Result, *, now: datetime) -> Standing:
    """¶30, I-12: the provisional decision to be formed afresh on a result, which may be unsaved.

    None is formed before the testing stage ends, nor (I-27) while a row of App. 1-2 is held.
    """
    if attestation.rule_set is None or attestation.status == Status.CLOSED:
        return Standing()
    test, params = lookup.test_facts(attestation, result), lookup.parameters_of(attestation)
    settings = lookup.settings_of(attestation)
    points = None
    if assessment_due(test, params, settings):
        points = _ASSESSORS[0](attestation, result)
        if points.total is None and settings.category_basis == "total":
            return Standing(Outcome.HELD.value)
    verdict = decide(test, points, local_day(now), params, settings)
    return _standing(
        verdict.outcome.value, verdict.category.value if verdict.category else "", verdict.points, final=False
    )


def _standing(outcome: str, category: str, points: Points | None, *, final: bool) -> Standing:
    total = points.total if points else None
    return Standing(outcome, category, "" if total is None else exact_text(total), final)
