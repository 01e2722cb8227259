"""Every number of the order, once: value, unit, point, in force from.

A changed order is a new dated row beside the old one, never an edit. "69 and below", "from 70 to 84" are the
other side of the bounds below, exact (I-03), and so are no numbers of their own: `figures` derives them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

from attestation.law.refusals import RuleRefusal

T = TypeVar("T")

# I-21: assumes publication on 2025-09-18; the publication day is not printed in the order.
ORDER_271 = date(2025, 9, 29)


class Parameter(NamedTuple):
    """One number of the order."""

    name: str
    value: int | Fraction
    unit: str
    cite: str
    in_force_from: date

    def as_data(self) -> dict[str, str]:
        return {
            "name": self.name,
            "value": str(self.value),
            "unit": self.unit,
            "cite": self.cite,
            "in_force_from": self.in_force_from.isoformat(),
        }


TABLE: tuple[Parameter, ...] = (
    Parameter("threshold_initial", 70, "percent", "¶17.1", ORDER_271),
    Parameter("threshold_category", 70, "percent", "¶17.2", ORDER_271),
    Parameter("threshold_manager", 85, "percent", "¶17.3", ORDER_271),
    Parameter("threshold_position", 70, "percent", "¶17.4", ORDER_271),
    Parameter("conforms_initial", 70, "points", "¶30.1", ORDER_271),
    Parameter("conforms_declared", 85, "points", "¶30.2", ORDER_271),
    Parameter("conforms_existing", 70, "points", "¶30.2", ORDER_271),
    Parameter("conforms_manager", 85, "points", "¶30.3", ORDER_271),
    Parameter("conforms_position", 70, "points", "¶30.4", ORDER_271),
    Parameter("test_level_max", 100, "percent", "App. 1-2 row 1", ORDER_271),
    Parameter("test_points_max", 80, "points", "App. 1-2 row 1", ORDER_271),
    Parameter("rating_scale_max", 5, "rating", "App. 1-2 row 2", ORDER_271),
    Parameter("rating_above", 4, "rating", "App. 1-2 row 2", ORDER_271),
    Parameter("rating_at_most", Fraction(39, 10), "rating", "App. 1-2 row 2", ORDER_271),
    Parameter("rating_points_high", 10, "points", "App. 1-2 row 2", ORDER_271),
    Parameter("rating_points_low", 0, "points", "App. 1-2 row 2", ORDER_271),
    Parameter("violations_points_none", 10, "points", "App. 1-2 row 3", ORDER_271),
    Parameter("violations_points_any", 0, "points", "App. 1-2 row 3", ORDER_271),
    # Rows 2 and 3 print the same window, and one footnote limits both.
    Parameter("window_months", 12, "months", "App. 1-2 row 2", ORDER_271),
    Parameter("appeal_working_days", 2, "working days", "¶21", ORDER_271),
    Parameter("assessment_calendar_days", 2, "calendar days", "¶28-1", ORDER_271),
    Parameter("reattestation_months", 12, "months", "¶27.2", ORDER_271),
    Parameter("category_years", 3, "years", "¶7", ORDER_271),
    Parameter("entry_calendar_days", 10, "calendar days", "item 4", ORDER_271),
)

FIRST_DAY = min(row.in_force_from for row in TABLE)


class NotInForce(RuleRefusal):
    """I-21: a rule was asked for a day before it begins; it never answers with a silent default."""

    def __init__(self, cite: str, day: date, first_day: date) -> None:
        super().__init__("not_in_force", cite, day=day.isoformat(), first_day=first_day.isoformat())
        self.day = day
        self.first_day = first_day


@dataclass(frozen=True, slots=True)
class Parameters:
    """The numbers in force on a day; the fields are the names of TABLE."""

    threshold_initial: int
    threshold_category: int
    threshold_manager: int
    threshold_position: int
    conforms_initial: int
    conforms_declared: int
    conforms_existing: int
    conforms_manager: int
    conforms_position: int
    test_level_max: int
    test_points_max: int
    rating_scale_max: int
    rating_above: int
    rating_at_most: Fraction
    rating_points_high: int
    rating_points_low: int
    violations_points_none: int
    violations_points_any: int
    window_months: int
    appeal_working_days: int
    assessment_calendar_days: int
    reattestation_months: int
    category_years: int
    entry_calendar_days: int
    in_force_from: date
    rows: tuple[Parameter, ...]

    def as_data(self) -> list[dict[str, str]]:
        """The rows used, to be stored beside a decision."""
        return [row.as_data() for row in self.rows]


def revisions(table: Iterable[Parameter]) -> tuple[Parameters, ...]:
    """The states of `table`, one for each day on which a row of it comes into force, oldest first."""
    rows = sorted(table, key=lambda row: row.in_force_from)
    states: list[Parameters] = []
    for first_day in sorted({row.in_force_from for row in rows}):
        latest = {row.name: row for row in rows if row.in_force_from <= first_day}
        # The table holds the one Fraction under its own name; a test holds that every field is a row.
        values: dict[str, Any] = {name: row.value for name, row in latest.items()}
        states.append(Parameters(**values, in_force_from=first_day, rows=tuple(latest.values())))
    return tuple(states)


REVISIONS = revisions(TABLE)


def parameters_on(day: date, states: Sequence[Parameters] | None = None) -> Parameters:
    """I-21: the numbers in force on `day`, of the order or of `states`.

    Raises NotInForce before the first day. REVISIONS is looked up when asked, so that a test of an amendment
    puts other states in its place.
    """
    found = REVISIONS if states is None else states
    for state in reversed(found):
        if state.in_force_from <= day:
            return state
    raise NotInForce("item 4", day, found[0].in_force_from)


def parameters_shown_on(day: date) -> Parameters:
    """I-39: the numbers that a page shows for `day`: before the order came into force its first ones."""
    return parameters_on(max(day, FIRST_DAY))


def was_in_force(row: Mapping[str, str]) -> bool:
    """I-39: whether a stored row is one that the order has or had, whatever took its place since."""
    return any(known.as_data() == row for state in REVISIONS for known in state.rows)


# The bounds of ¶30; the order prints the other side of each too: "69 and below".
BOUNDS = (
    "conforms_initial",
    "conforms_declared",
    "conforms_existing",
    "conforms_manager",
    "conforms_position",
)


def figures(params: Parameters) -> dict[str, int | Fraction]:
    """I-39: the numbers that a sentence of the order takes, by name; `below_…`: the last below a bound."""
    found: dict[str, int | Fraction] = {row.name: row.value for row in params.rows}
    for name in BOUNDS:
        found[f"below_{name}"] = found[name] - 1
    return found


def effective_from(published_on: date) -> date:
    """item 4, I-21: the order comes into force when ten calendar days after publication are over."""
    entry = next(row.value for row in TABLE if row.name == "entry_calendar_days")
    return published_on + timedelta(days=int(entry) + 1)


def rule_set_on(testing_ended_on: date, rule_sets: Iterable[tuple[date, T]]) -> T:
    """I-21: the rule set in force on the day the testing stage ended, of (effective_from, rule set) pairs."""
    pairs = sorted(rule_sets, key=lambda pair: pair[0])
    begun = [rule_set for first_day, rule_set in pairs if first_day <= testing_ended_on]
    if not begun:
        first_day = pairs[0][0] if pairs else FIRST_DAY
        raise NotInForce("I-21", testing_ended_on, first_day)
    return begun[-1]
