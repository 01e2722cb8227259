"""The words of the order: positions, categories, purposes, outcomes, consequences, kinds of centre.

The values are the identifiers of files and commands; the labels people see are translated elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Position(StrEnum):
    """¶17.3, ¶17.4: whom the order names."""

    DIRECTOR = "director"
    DEPUTY_DIRECTOR = "deputy_director"
    UNIT_HEAD = "unit_head"
    CENTER_SPECIALIST = "center_specialist"
    CAREER_SPECIALIST = "career_specialist"
    ASSISTANT = "assistant"


class Category(StrEnum):
    """¶27.1, ¶28.1: the qualification categories, lowest first (I-29)."""

    NONE = "none"
    CONSULTANT = "consultant"
    CASE_MANAGER = "case_manager"
    MENTOR = "mentor"


class Purpose(StrEnum):
    """¶17, ¶28.1: what an attestation is for."""

    INITIAL = "initial"
    CATEGORY = "category"
    POSITION = "position"


class Outcome(StrEnum):
    """¶30: the decisions; `held` is ours: the decision waits for a row of App. 1-2 (I-04, I-05, I-27), or for
    points that agree (I-39)."""

    CONFORMS = "conforms"
    DOES_NOT_CONFORM = "does_not_conform"
    DECLARED = "declared"
    EXISTING = "existing"
    LOWER = "lower"
    HELD = "held"


class Consequence(StrEnum):
    """¶7, ¶27, ¶28, ¶30.2: what a final decision brings."""

    CONFER_CATEGORY = "confer_category"
    KEEP_CATEGORY = "keep_category"
    LOWER_CATEGORY = "lower_category"
    REATTEST = "reattest"
    DISMISSAL = "dismissal"
    NOT_ADMITTED_TO_ASSESSMENT = "not_admitted_to_assessment"


class CenterKind(StrEnum):
    """I-29: a career centre belongs to one labour mobility centre, which forms the list (¶9)."""

    LABOUR_MOBILITY = "labour_mobility"
    CAREER = "career"


class Stage(StrEnum):
    """¶8: the stages an attestation comprises."""

    TESTING = "testing"
    ASSESSMENT = "assessment"


MANAGERS = frozenset({Position.DIRECTOR, Position.DEPUTY_DIRECTOR, Position.UNIT_HEAD})

LADDER = (Category.NONE, Category.CONSULTANT, Category.CASE_MANAGER, Category.MENTOR)
_RANK = {category: rank for rank, category in enumerate(LADDER)}

# I-22: a career_specialist has no line in ¶17.3 and ¶17.4, and nobody else one in ¶17.2.
PURPOSES_OF: Mapping[Position, tuple[Purpose, ...]] = MappingProxyType(
    {
        position: (Purpose.INITIAL, Purpose.CATEGORY)
        if position is Position.CAREER_SPECIALIST
        else (Purpose.INITIAL, Purpose.POSITION)
        for position in Position
    }
)


# I-35, ¶7, ¶17.4: which positions a centre of each kind has.
POSITIONS_AT: Mapping[CenterKind, tuple[Position, ...]] = MappingProxyType(
    {
        kind: tuple(position for position in Position if position in MANAGERS or position in own)
        for kind, own in (
            (CenterKind.LABOUR_MOBILITY, (Position.CENTER_SPECIALIST,)),
            (CenterKind.CAREER, (Position.CAREER_SPECIALIST, Position.ASSISTANT)),
        )
    }
)


def rank(category: Category) -> int:
    """I-29: the place on the ladder, `none` = 0."""
    return _RANK[category]


def one_below(category: Category) -> Category:
    """¶27.1, ¶28.2: one level below; `none` stays `none`, which both points except."""
    return LADDER[max(_RANK[category] - 1, 0)]


def is_high(category: Category) -> bool:
    """¶34, I-29: the high level of qualification is `case_manager` and `mentor`."""
    return _RANK[category] >= _RANK[Category.CASE_MANAGER]
