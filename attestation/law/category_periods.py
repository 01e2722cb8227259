"""¶7, ¶34: what a final decision does to the category periods on record (I-15, I-16, I-17)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from attestation.law.calendar import category_due
from attestation.law.parameters import Parameters
from attestation.law.vocabulary import Category, Consequence, is_high, rank


class PeriodFact(NamedTuple):
    """¶7: a category period on record; both days belong to it."""

    id: Any
    category: Category
    starts_on: date
    ends_on: date


class PeriodPlan(NamedTuple):
    """What to write: the new period (category, first day, last day), and (id, last day) of those it ends."""

    new: tuple[Category, date, date] | None
    end: tuple[tuple[Any, date], ...]
    cites: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()


def current_category(periods: Iterable[PeriodFact], day: date) -> Category:
    """I-16, I-17: the highest category in force on `day`; `none` where no period is."""
    in_force = [period.category for period in periods if period.starts_on <= day <= period.ends_on]
    return max(in_force, key=rank, default=Category.NONE)


def period_changes(
    periods: Sequence[PeriodFact],
    category: Category | None,
    consequences: Sequence[Consequence],
    existing: Category | None,
    final_on: date,
    params: Parameters,
    *,
    renewed: bool = False,
) -> PeriodPlan:
    """¶7, ¶34: the period that begins on `final_on` and the periods that end on the day before.

    Conferring ends the period of the existing category, unless ¶34 keeps it beside the new one; a period of
    the same category always ends, lowering ends every higher one. `renewed`: whether a category that is kept
    begins a new period (I-15), which ends that of the same category alone. A period that began on `final_on`
    itself and so ends the day before was never in force. What is over already is left alone.
    """
    running = [period for period in periods if period.ends_on >= final_on]
    kept = Consequence.KEEP_CATEGORY in consequences
    moved = {Consequence.CONFER_CATEGORY, Consequence.LOWER_CATEGORY} & set(consequences)
    if category is None or not (moved or (kept and renewed)):
        return PeriodPlan(None, (), ("¶30.2",) if kept else (), ("I-15",))
    cites: tuple[str, ...] = ("¶7",)
    readings: tuple[str, ...] = ("I-16", "I-17")
    if Consequence.LOWER_CATEGORY in consequences:
        ended = [period for period in running if rank(period.category) >= rank(category)]
    elif kept:
        ended = [period for period in running if period.category is category]
        cites, readings = ("¶30.2", "¶7"), ("I-15", "I-16", "I-17")
    elif is_high(category) and not is_high(existing or Category.NONE):
        ended = [period for period in running if period.category is category]
        cites = ("¶7", "¶34")
    else:
        ended = [period for period in running if period.category in (existing, category)]
    day_before = final_on - timedelta(days=1)
    new = None if category is Category.NONE else (category, final_on, category_due(final_on, params).due_on)
    return PeriodPlan(new, tuple((period.id, day_before) for period in ended), cites, readings)
