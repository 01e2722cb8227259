"""App. 1-2: the criteria for assessing a specialist's professional activity. Pure and exact.

Test points are percent × 0.8 as a fraction; rows 2 and 3 are 10 or 0, or held (I-04, I-05, I-27).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from attestation.law.calendar import add_months
from attestation.law.facts import check_score
from attestation.law.parameters import Parameters, parameters_on
from attestation.law.reasons import Points, Step, cut_text, exact_text
from attestation.law.refusals import RuleRefusal
from attestation.law.settings import Settings

ROW_1, ROW_2, ROW_3 = "App. 1-2 row 1", "App. 1-2 row 2", "App. 1-2 row 3"
FOOTNOTE = "App. 1-2 footnote"

# The scale of the Platform's export begins at 1; the order prints only its upper end.
RATING_SCALE_MIN = 1


class Window(NamedTuple):
    """App. 1-2 footnote: the days that count, both inclusive; empty where the first is after the last."""

    first_day: date
    last_day: date

    def contains(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day

    def step(self) -> Step:
        inputs = {"first_day": self.first_day.isoformat(), "last_day": self.last_day.isoformat()}
        return Step("window", FOOTNOTE, inputs, "", None, "counted", ("I-06",))


@dataclass(frozen=True, slots=True)
class RatingFacts:
    """App. 1-2 row 2: the exact mean of the specialist's own scores in the window (I-26), and of how many."""

    mean: Fraction
    count: int | None = None


def window(testing_ended_on: date, counted_through: date | None, params: Parameters | None = None) -> Window:
    """App. 1-2 footnote: the last 12 months, and only the period between attestations (I-06).

    Ends with the day the testing stage ended; begins the day after the later of the same day 12 months before
    and `counted_through`, the last day that a previous attestation has used up; None where the setting or the
    record knows none. `params`: else those of that day (I-21).
    """
    months = (params or parameters_on(testing_ended_on)).window_months
    before = add_months(testing_ended_on, -months)
    if counted_through is not None and counted_through > before:
        before = counted_through
    return Window(before + timedelta(days=1), testing_ended_on)


def rating_of(scores: Iterable[int | Decimal | Fraction]) -> RatingFacts | None:
    """I-26: the exact arithmetic mean, unrounded, no minimum count; None without a score."""
    exact = [Fraction(score) for score in scores]
    if not exact:
        return None
    return RatingFacts(sum(exact, Fraction()) / len(exact), len(exact))


def check_rating(mean: Fraction, params: Parameters) -> None:
    """App. 1-2 row 2: a rating lies between 1 and 5. Raises RuleRefusal."""
    low, high = RATING_SCALE_MIN * mean.denominator, params.rating_scale_max * mean.denominator
    if not low <= mean.numerator <= high:
        raise RuleRefusal("rating_out_of_range", ROW_2, rating=_shown(mean), highest=params.rating_scale_max)


def check_violations(violations: int) -> None:
    """App. 1-2 row 3: a count of violations is not below 0. Raises RuleRefusal."""
    if violations < 0:
        raise RuleRefusal("violations_negative", ROW_3, violations=violations)


def check_ruling(ruling: int, params: Parameters) -> None:
    """I-04: the commission rules row 2's 10 or 0. Raises RuleRefusal."""
    high, low = params.rating_points_high, params.rating_points_low
    if ruling not in (high, low):
        raise RuleRefusal("ruling_not_ten_or_zero", ROW_2, ruling=ruling, high=high, low=low)


def assess(
    correct: int,
    total: int,
    ratings: RatingFacts | None,
    violations: int | None,
    ruling: int | None,
    ratings_read: bool,
    params: Parameters,
    settings: Settings,
    span: Window | None = None,
) -> Points:
    """App. 1-2: the points of the three rows; `violations` None means not read yet (I-27).

    `ratings` None with `ratings_read` means there are none (I-05). `ruling` counts only where row 2 is held
    for the commission. Raises RuleRefusal for facts out of range.
    """
    check_score(correct, total)
    if ratings is not None:
        check_rating(ratings.mean, params)
    if violations is not None:
        check_violations(violations)
    if ruling is not None:
        check_ruling(ruling, params)
    test, test_step = _test_row(correct, total, params)
    rating, rating_step, held_rating = _rating_row(ratings, ruling, ratings_read, params, settings)
    violation_points, violations_step, held_violations = _violations_row(violations, params)
    steps = [] if span is None else [span.step()]
    steps += [test_step, rating_step, violations_step]
    points = Points(test, rating, violation_points, held_rating + held_violations)
    steps.append(_total_step(points))
    return Points(test, rating, violation_points, points.held, tuple(steps))


def _test_row(correct: int, total: int, params: Parameters) -> tuple[Fraction, Step]:
    """App. 1-2 row 1: 100 % of the test is at most 80 points, linear and exact (I-03)."""
    points = Fraction(correct * params.test_points_max, total)
    inputs: dict[str, str | int | None] = {
        "correct": correct,
        "total": total,
        "percent": cut_text(correct * 100, total),
    }
    step = Step("row_test", ROW_1, inputs, "*", str(params.test_points_max), exact_text(points), ("I-03",))
    return points, step


def _rating_row(
    ratings: RatingFacts | None,
    ruling: int | None,
    ratings_read: bool,
    params: Parameters,
    settings: Settings,
) -> tuple[int | None, Step, tuple[str, ...]]:
    """App. 1-2 row 2: above 4 gives 10, equal to or below 3.9 gives 0; between them a setting (I-04)."""
    if not ratings_read:
        return None, _row_2("row_rating_not_read", {}, "held", ("I-27",)), ("ratings_not_read",)
    if ratings is None:
        return _row_2_open("no_rating", {}, ruling, settings.no_rating, params, "I-05")
    mean = ratings.mean
    inputs: dict[str, str | int | None] = {
        "mean": _shown(mean),
        "mean_exact": str(mean),
        "count": ratings.count,
    }
    numerator, denominator = mean.numerator, mean.denominator
    if numerator > params.rating_above * denominator:
        high = params.rating_points_high
        step = Step("row_rating", ROW_2, inputs, ">", str(params.rating_above), str(high), ("I-26",))
        return high, step, ()
    low_bound = params.rating_at_most
    if numerator * low_bound.denominator <= low_bound.numerator * denominator:
        low = params.rating_points_low
        step = Step("row_rating", ROW_2, inputs, "<=", exact_text(low_bound), str(low), ("I-26",))
        return low, step, ()
    return _row_2_open("rating_gap", inputs, ruling, settings.rating_gap, params, "I-04")


def _row_2(code: str, inputs: dict[str, str | int | None], result: str, readings: tuple[str, ...]) -> Step:
    return Step(code, ROW_2, inputs, "", None, result, readings)


def _row_2_open(
    setting: str,
    inputs: dict[str, str | int | None],
    ruling: int | None,
    value: str,
    params: Parameters,
    reading: str,
) -> tuple[int | None, Step, tuple[str, ...]]:
    """I-04, I-05: row 2 where the order is silent: by the setting, or by the commission's ruling."""
    inputs = {**inputs, setting: value}
    code = f"row_{setting}"
    if value == "commission":
        if ruling is None:
            return None, _row_2(code, inputs, "held", (reading,)), (setting,)
        return ruling, _row_2(f"{code}_ruled", {**inputs, "ruling": ruling}, str(ruling), (reading,)), ()
    points = params.rating_points_high if value == "ten" else params.rating_points_low
    return points, _row_2(f"{code}_set", inputs, str(points), (reading,)), ()


def _violations_row(violations: int | None, params: Parameters) -> tuple[int | None, Step, tuple[str, ...]]:
    """App. 1-2 row 3: no violation gives 10, any gives 0; not read yet holds the row (I-27)."""
    if violations is None:
        return (
            None,
            Step("row_violations_not_read", ROW_3, {}, "", None, "held", ("I-27",)),
            ("violations_not_read",),
        )
    points = params.violations_points_any if violations else params.violations_points_none
    comparison = ">" if violations else "="
    return points, Step("row_violations", ROW_3, {"violations": violations}, comparison, "0", str(points)), ()


def _total_step(points: Points) -> Step:
    total = points.total
    inputs: dict[str, str | int | None] = {
        "test": exact_text(points.test),
        "rating": points.rating,
        "violations": points.violations,
    }
    return Step(
        "total", "App. 1-2", inputs, "+", None, "held" if total is None else exact_text(total), ("I-03",)
    )


def _shown(number: Fraction) -> str:
    return exact_text(number) if number >= 0 else str(number)
