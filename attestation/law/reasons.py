"""The shape of an answer: steps a reader can recompute by hand, points, verdict; to JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from attestation.law.vocabulary import Category, Consequence, Outcome

DECIMALS = 4
_SCALE = 10**DECIMALS


def exact_text(number: Fraction) -> str:
    """I-03: a shown figure is cut after four decimals, never rounded, without trailing zeros."""
    return cut_text(number.numerator, number.denominator)


def cut_text(numerator: int, denominator: int) -> str:
    """I-03: `exact_text` of numerator / denominator, both ≥ 0, for where no Fraction is at hand."""
    cut = numerator * _SCALE // denominator
    whole, rest = divmod(cut, _SCALE)
    if not rest:
        return str(whole)
    return f"{whole}.{rest:04d}".rstrip("0")


class Bound(NamedTuple):
    """A bound of the order and the point that prints it, in percent or points of 100."""

    percent: int
    cite: str


class Step(NamedTuple):
    """One step of the reasoning: `inputs` against `bound` gave `result`, by `cite` as `readings` read it."""

    code: str
    cite: str
    inputs: Mapping[str, str | int | None]
    comparison: str = ""
    bound: str | None = None
    result: str = ""
    readings: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        data = self._asdict()
        data["inputs"] = dict(self.inputs)
        data["readings"] = list(self.readings)
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Step:
        return cls(**{**data, "inputs": dict(data["inputs"]), "readings": tuple(data.get("readings", ()))})


@dataclass(frozen=True, slots=True)
class Points:
    """App. 1-2: the three rows; a row is None while it is held, and `held` says why."""

    test: Fraction
    rating: int | None
    violations: int | None
    held: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def total(self) -> Fraction | None:
        """App. 1-2: the sum of the rows, exact; None while a row is held."""
        if self.rating is None or self.violations is None:
            return None
        return self.test + (self.rating + self.violations)

    def as_data(self) -> dict[str, Any]:
        return {
            "test": str(self.test),
            "rating": self.rating,
            "violations": self.violations,
            "total": None if self.total is None else str(self.total),
            "held": list(self.held),
            "steps": [step.as_data() for step in self.steps],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Points:
        return cls(
            Fraction(data["test"]),
            data["rating"],
            data["violations"],
            tuple(data["held"]),
            tuple(Step.from_data(step) for step in data["steps"]),
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """¶30: a decision with what it brings and why; `held` says what it waits for."""

    outcome: Outcome
    points: Points | None
    category: Category | None
    consequences: tuple[Consequence, ...]
    reattest_by: date | None
    category_until: date | None
    cites: tuple[str, ...]
    steps: tuple[Step, ...]
    held: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """JSON-able: fractions and dates as strings, so that nothing passes through a binary float."""
        return {
            "outcome": self.outcome.value,
            "points": None if self.points is None else self.points.as_data(),
            "category": None if self.category is None else self.category.value,
            "consequences": [consequence.value for consequence in self.consequences],
            "reattest_by": _iso(self.reattest_by),
            "category_until": _iso(self.category_until),
            "cites": list(self.cites),
            "steps": [step.as_data() for step in self.steps],
            "held": list(self.held),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Verdict:
        return cls(
            outcome=Outcome(data["outcome"]),
            points=None if data["points"] is None else Points.from_data(data["points"]),
            category=None if data["category"] is None else Category(data["category"]),
            consequences=tuple(Consequence(value) for value in data["consequences"]),
            reattest_by=_day(data["reattest_by"]),
            category_until=_day(data["category_until"]),
            cites=tuple(data["cites"]),
            steps=tuple(Step.from_data(step) for step in data["steps"]),
            held=tuple(data["held"]),
        )


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
