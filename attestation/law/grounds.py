"""I-32: the grounds of a later case, and which of them fell with an earlier decision. Pure."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from attestation.law.calendar import add_months
from attestation.law.parameters import Parameters
from attestation.law.settings import Settings
from attestation.law.vocabulary import Category, Purpose

REPEAT, EXISTING, WINDOW = "repeat", "existing", "window"


class Fallen(NamedTuple):
    """I-32: the grounds that fell, by code; none where the case does not rest on the earlier decision."""

    codes: tuple[str, ...]
    readings: tuple[str, ...] = ("I-32",)


class GroundFacts(NamedTuple):
    """What a case rests on: whether it repeats a failed one, and the existing category."""

    repeat: bool
    existing: Category | None


class EarlierCase(NamedTuple):
    """A case whose decision is formed again; `dated` is the day of that decision, None before it is final."""

    purpose: Purpose
    testing_ends: date
    dated: date | None
    moved_category: bool
    assessed: bool


def changed_grounds(purpose: Purpose, was: GroundFacts, now: GroundFacts, *, window_moved: bool) -> Fallen:
    """I-32: which facts are not those that the case was decided on, after an annulment or a new decision."""
    found = [REPEAT] if now.repeat != was.repeat else []
    if purpose is Purpose.CATEGORY:
        found += [EXISTING] if now.existing != was.existing else []
        found += [WINDOW] if window_moved else []
    return Fallen(tuple(found))


def grounds_at_stake(
    purpose: Purpose,
    testing_ends: date,
    earlier: EarlierCase,
    params: Parameters,
    settings: Settings,
    *,
    repeats_it: bool,
) -> Fallen:
    """I-32, I-06: which grounds may become others while an earlier decision is formed again.

    The category, where that decision gave one by the day the later stage ended; the window, where it would
    have begun before the earlier stage ended, so that the earlier assessment cut it short.
    """
    found = [REPEAT] if repeats_it else []
    if purpose is Purpose.CATEGORY and earlier.purpose is Purpose.CATEGORY and earlier.dated is not None:
        if earlier.moved_category and earlier.dated <= testing_ends:
            found.append(EXISTING)
        begins = add_months(testing_ends, -params.window_months)
        if earlier.assessed and begins < earlier.testing_ends and settings.window != "twelve_months":
            found.append(WINDOW)
    return Fallen(tuple(found))
