"""I-23, I-25, I-31, I-36: how a consequence stands, by what the person is on the day. Pure."""

from __future__ import annotations

from typing import NamedTuple

from attestation.law.vocabulary import Category, Consequence, Position, Purpose


class PersonNow(NamedTuple):
    """What the person is on the day: the position held, whether service has ended, the category in force."""

    position: Position
    left: bool
    category: Category

    @property
    def may_hold(self) -> bool:
        """¶7, I-36: only a career specialist in service is given a period of a category."""
        return self.position is Position.CAREER_SPECIALIST and not self.left


class Stand(NamedTuple):
    """How a consequence stands: open, done, void, moot or waiting; and why, if neither of the first two."""

    state: str
    why: str
    readings: tuple[str, ...]


def duty_stands(
    kind: Consequence, position: Position, purpose: Purpose, person: PersonNow, *, owed: bool
) -> Stand:
    """I-23, I-25, I-31: a re-attestation owed, or a dismissal, of a case in this position and purpose.

    `owed`: the same duty is open already by another decision.
    """
    if person.left:
        return Stand("moot", "left", ("I-23",))
    if kind is Consequence.REATTEST and person.position is not position:
        return Stand("void", "position", ("I-25",))
    if purpose is Purpose.INITIAL and person.category is not Category.NONE:
        return Stand("void", "category", ("I-25", "I-31"))
    if kind is Consequence.REATTEST and owed:
        return Stand("void", "owed", ("I-25",))
    return Stand("open", "", ("I-19",) if kind is Consequence.DISMISSAL else ("I-25",))


def category_stands(person: PersonNow, *, changes_periods: bool) -> Stand:
    """I-36: a category conferred, kept or lowered; one that changes no period waits for nothing."""
    if person.may_hold or not changes_periods:
        return Stand("done", "", ("I-36",))
    if person.left:
        return Stand("waiting", "left", ("I-23", "I-36"))
    return Stand("waiting", "position", ("I-36",))
