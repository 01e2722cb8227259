"""The two `simulate_*` commands: the product's own rules on JSON objects; no Django, no database, no clock.

A simulation is not bound to the first day of a rule set: a day before the order came into force is decided
by the order's first numbers. Everything is checked where it is given, also what does not apply (formats.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from attestation.law.calendar import (
    Due,
    WorkCalendar,
    appeal_due,
    category_due,
    local_day,
    reattestation_due,
    scoring_due,
)
from attestation.law.decision import assessment_due, decide
from attestation.law.facts import TestFacts
from attestation.law.parameters import FIRST_DAY, Parameters, parameters_on
from attestation.law.reasons import Points, Verdict, exact_text
from attestation.law.settings import DEFAULTS, Settings
from attestation.law.vocabulary import Category, Position, Purpose
from office.simulate.json_lines import JsonNumber, LineError
from scoring.criteria import RatingFacts, assess, check_rating, check_ruling, check_violations

DECISION_KEYS = (
    "decision",
    "points",
    "category",
    "consequences",
    "reattest_by",
    "category_until",
    "cites",
)
DEADLINE_KEYS = ("due", "days", "cites")

# Longer than any mean of real scores; beyond it Python's own limit on the digits of a number is near.
RATING_LENGTH = 1000
SHOWN_LENGTH = 60

DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?\Z")
INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?\Z"
)

E = TypeVar("E", bound=StrEnum)

POSITIONS: dict[str, Position] = {position.value: position for position in Position}
PURPOSES: dict[str, Purpose] = {purpose.value: purpose for purpose in Purpose}
CATEGORIES: dict[str, Category] = {category.value: category for category in Category}


# --- decisions ----------------------------------------------------------------------------------------------


def answer_decision(given: Mapping[str, Any]) -> dict[str, Any]:
    """¶30: one object of `simulate_decisions` in, its answer out. Raises LineError or RuleRefusal."""
    facts = _facts(given)
    decided_on = plain_date("decided_on", given.get("decided_on"))
    params = simulation_parameters(decided_on)
    settings = _settings(given.get("settings"))
    # Read before it is known whether they apply: what is given is checked.
    ratings = _ratings(given.get("rating"), params)
    violations = _violations(given.get("violations"))
    ruling = _ruling(given.get("rating_ruling"), params)
    points = None
    if assessment_due(facts, params, settings):
        points = assess(facts.correct, facts.total, ratings, violations, ruling, True, params, settings)
    return _verdict_data(decide(facts, points, decided_on, params, settings))


def _facts(given: Mapping[str, Any]) -> TestFacts:
    get = given.get
    position = _word("position", get("position"), POSITIONS)
    purpose = _word("purpose", get("purpose"), PURPOSES)
    repeat = get("repeat")
    if repeat is None:
        repeat = False
    elif type(repeat) is not bool:
        raise LineError(f"repeat is {_shown(repeat)}: write true or false")
    existing, declared = get("existing"), get("declared")
    if existing is not None:
        existing = _word("category (existing)", existing, CATEGORIES)
    if declared is not None:
        declared = _word("category (declared)", declared, CATEGORIES)
    correct, total = get("correct"), get("total")
    if type(correct) is not int:
        raise LineError(f"correct is {_shown(correct)}: write an integer")
    if type(total) is not int:
        raise LineError(f"total is {_shown(total)}: write an integer")
    return TestFacts(position, purpose, repeat, existing, declared, correct, total)


def simulation_parameters(day: date) -> Parameters:
    """I-21: the numbers in force on `day`; before the first day the first ones."""
    return parameters_on(max(day, FIRST_DAY))


def _verdict_data(verdict: Verdict) -> dict[str, Any]:
    return {
        "decision": verdict.outcome,
        "points": None if verdict.points is None else points_data(verdict.points),
        "category": verdict.category,
        "consequences": verdict.consequences,
        "reattest_by": None if verdict.reattest_by is None else verdict.reattest_by.isoformat(),
        "category_until": None if verdict.category_until is None else verdict.category_until.isoformat(),
        "cites": verdict.cites,
        "error": None,
    }


def points_data(points: Points) -> dict[str, str | int | None]:
    """App. 1-2: the rows as they are shown: exact, cut after four decimals (I-03)."""
    total = points.total
    return {
        "test": exact_text(points.test),
        "rating": points.rating,
        "violations": points.violations,
        "total": None if total is None else exact_text(total),
    }


def _word(name: str, value: Any, known: Mapping[str, E]) -> E:
    if type(value) is str:
        word = known.get(value)
        if word is not None:
            return word
    raise LineError(f"unknown {name}: {_shown(value)}; write one of {', '.join(known)}")


def _settings(value: Any) -> Settings:
    if not value and (value is None or type(value) is dict):
        return DEFAULTS
    if type(value) is not dict:
        raise LineError(f'settings is {_shown(value)}: write an object, as {{"low_total": "existing"}}')
    return Settings.from_mapping(value)


def _ratings(value: Any, params: Parameters) -> RatingFacts | None:
    if value is None:
        return None
    if type(value) is int:
        if not -RATING_LENGTH < value < RATING_LENGTH:
            raise LineError("rating is outside 1…5")
        ratings = _rating(str(value))
    elif type(value) is str and len(value) <= RATING_LENGTH and DECIMAL.match(value):
        ratings = _rating(value)
    elif type(value) is JsonNumber and len(value.text) <= RATING_LENGTH:
        ratings = _rating(value.text)
    else:
        raise LineError(f'rating is {_shown(value)}: write a decimal from 1 to 5, as "4.6"')
    check_rating(ratings.mean, params)
    return ratings


@lru_cache(maxsize=4096)
def _rating(text: str) -> RatingFacts:
    """App. 1-2 row 2: the mean as it stands, exact (I-26). Raises LineError far outside 1…5."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise LineError(f"rating is {_shown(text)}, outside 1…5") from None
    # Before the fraction is made: 1e999999999 would fill the memory.
    if not -10 <= number <= 10 or number.adjusted() < -1:
        raise LineError(f"rating is {_shown(text)}, outside 1…5")
    return RatingFacts(Fraction(number))


def _violations(value: Any) -> int | None:
    if value is None:
        return None
    if type(value) is not int:
        raise LineError(f"violations is {_shown(value)}: write an integer, 0 or more")
    check_violations(value)
    return value


def _ruling(value: Any, params: Parameters) -> int | None:
    if value is None:
        return None
    if type(value) is not int:
        raise LineError(f"rating_ruling is {_shown(value)}: write 10 or 0")
    check_ruling(value, params)
    return value


# --- dates and instants -------------------------------------------------------------------------------------


def plain_date(name: str, value: Any) -> date:
    """A date written YYYY-MM-DD and no other way. Raises LineError."""
    if type(value) is str:
        day = _date(value)
        if day is not None:
            return day
    raise LineError(f"{name} is {_shown(value)}: write a date that exists, as 2026-02-10")


@lru_cache(maxsize=4096)
def _date(text: str) -> date | None:
    """None for what is no date, or a date in another of the forms that ISO 8601 allows."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None


def instant(name: str, value: Any) -> datetime:
    """An instant with offset or Z. Raises LineError."""
    if type(value) is str and len(value) <= SHOWN_LENGTH:
        match = INSTANT.match(value)
        if match is not None and match[3] is None:
            raise LineError(f"{name} is {_shown(value)}, without an offset: add +05:00, or Z for UTC")
        if match is not None:
            try:
                return datetime.fromisoformat(value)
            except ValueError:
                pass  # a form that is right and a day or an hour that does not exist: refused below
    raise LineError(
        f"{name} is {_shown(value)}: write an instant with its offset, as 2026-02-05T17:40:00+05:00"
    )


def _shown(value: Any) -> str:
    """The value as the line has it, shortened: messages quote it."""
    if value is None:
        return "missing"
    if type(value) is str:
        return f'"{value[:SHOWN_LENGTH]}"'
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) in (list, dict):
        return "a list" if type(value) is list else "an object"
    return str(value)[:SHOWN_LENGTH]


# --- deadlines ----------------------------------------------------------------------------------------------


class DaysMoved(NamedTuple):
    """I-09: days moved by decree, from `--days-off`."""

    off: frozenset[date] = frozenset()
    working: frozenset[date] = frozenset()


def read_days_moved(value: Any) -> DaysMoved:
    """I-09: the object of a `--days-off` file. Raises LineError naming what is wrong."""
    if type(value) is not dict:
        raise LineError('write an object: {"off": ["2026-05-08"], "working": ["2026-05-16"]}')
    unknown = sorted(set(value) - {"off", "working"})
    if unknown:
        raise LineError(f"unknown key {_shown(unknown[0])}: the keys are off and working")
    sets: list[frozenset[date]] = []
    for key in ("off", "working"):
        days = value.get(key)
        if days is not None and type(days) is not list:
            raise LineError(f'{key} is not a list of dates, as ["2026-05-08"]')
        sets.append(frozenset(plain_date(f"a day of {key}", day) for day in days or ()))
    both = sorted(sets[0] & sets[1])
    if both:
        raise LineError(f"{both[0].isoformat()} stands in off and in working: keep it in one of them")
    return DaysMoved(*sets)


@lru_cache(maxsize=256)
def calendar_from(year: int, moved: DaysMoved) -> WorkCalendar:
    """I-09: the calendar of `year` and the two after it, as `holidays` knows them, with the days moved."""
    # Only deadlines need the package: decisions run without it.
    from attestation.calendar_seed import seed_days

    days = [seed for ahead in range(3) for seed in seed_days(year + ahead)]
    off = frozenset(seed.day for seed in days if seed.kind == "off")
    working = frozenset(seed.day for seed in days if seed.kind == "working")
    return WorkCalendar(off, working).moved(*moved)


def answer_deadline(given: Mapping[str, Any], moved: DaysMoved) -> dict[str, Any]:
    """¶21, ¶28-1, ¶27.2, ¶7: one object of `simulate_deadlines` in, its answer out. Raises LineError."""
    kind, start = given.get("kind"), given.get("from")
    if kind == "appeal":
        published_at = instant("from", start)
        day = local_day(published_at)
        due = appeal_due(published_at, calendar_from(day.year, moved), simulation_parameters(day))
    elif kind == "scoring":
        day = plain_date("from", start)
        due = scoring_due(day, calendar_from(day.year, moved), simulation_parameters(day), DEFAULTS)
    elif kind == "reattestation":
        day = plain_date("from", start)
        due = reattestation_due(day, simulation_parameters(day))
    elif kind == "category":
        day = plain_date("from", start)
        due = category_due(day, simulation_parameters(day))
    else:
        kinds = "appeal, scoring, reattestation, category"
        raise LineError(f"unknown kind: {_shown(kind)}; write one of {kinds}")
    return _due_data(due)


def _due_data(due: Due) -> dict[str, Any]:
    return {
        "due": due.due_at.isoformat(),
        "days": [day.isoformat() for day in due.days],
        "cites": due.cites,
        "error": None,
    }
