"""Short ways to ask the rules: facts with defaults, one decision, one assessment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from attestation.law.decision import assessment_due, decide
from attestation.law.facts import TestFacts
from attestation.law.parameters import FIRST_DAY, TABLE, Parameter, Parameters, parameters_on, revisions
from attestation.law.reasons import Points, Verdict
from attestation.law.settings import Settings
from attestation.law.vocabulary import Category, Position, Purpose
from scoring.criteria import RatingFacts, assess

DAY = date(2026, 2, 10)
PARAMS = parameters_on(DAY)
DEFAULTS = Settings()
READ_ALL = "4.6"
# The order as it began: an amendment that a test makes up stands on it, whatever was really amended since.
ORDER = tuple(row for row in TABLE if row.in_force_from == FIRST_DAY)


def facts(
    position: str = "career_specialist",
    purpose: str = "category",
    correct: int = 100,
    total: int = 100,
    existing: str | None = None,
    declared: str | None = None,
    repeat: bool = False,
) -> TestFacts:
    if purpose == "category":
        existing, declared = existing or "none", declared or "consultant"
    return TestFacts(
        Position(position),
        Purpose(purpose),
        repeat,
        None if existing is None else Category(existing),
        None if declared is None else Category(declared),
        correct,
        total,
    )


@dataclass(frozen=True)
class Evidence:
    """App. 1-2 rows 2 and 3 as a case gives them."""

    rating: str | None = READ_ALL
    violations: int | None = 0
    ruling: int | None = None
    ratings_read: bool = True


def amended(*rows: Parameter) -> tuple[Parameters, ...]:
    """I-39: the states of the order with rows of a later day beside its first ones."""
    return revisions([*ORDER, *rows])


def points_of(
    case: TestFacts, evidence: Evidence, settings: Settings = DEFAULTS, params: Parameters = PARAMS
) -> Points:
    ratings = None if evidence.rating is None else RatingFacts(Fraction(evidence.rating))
    return assess(
        case.correct,
        case.total,
        ratings,
        evidence.violations,
        evidence.ruling,
        evidence.ratings_read,
        params,
        settings,
    )


def decision(
    case: TestFacts,
    evidence: Evidence = Evidence(),
    on: date = DAY,
    params: Parameters = PARAMS,
    **chosen: object,
) -> Verdict:
    settings = Settings.from_mapping(chosen)
    due = assessment_due(case, params, settings)
    points = points_of(case, evidence, settings, params) if due else None
    return decide(case, points, on, params, settings)


def category_decision(
    existing: str, declared: str, correct: int, total: int = 100, repeat: bool = False, **rest: object
) -> Verdict:
    case = facts(correct=correct, total=total, existing=existing, declared=declared, repeat=repeat)
    return decision(case, **rest)  # type: ignore[arg-type]  # evidence, on and settings by name


def codes(verdict: Verdict) -> list[str]:
    return [step.code for step in verdict.steps]
