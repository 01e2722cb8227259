"""¶8, ¶9: what an attestation comprises, and who lists whom; absence and re-attestation (I-23, I-25)."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from attestation.law.refusals import RuleRefusal
from attestation.law.vocabulary import (
    POSITIONS_AT,
    Category,
    CenterKind,
    Consequence,
    Position,
    Purpose,
    Stage,
)


class StageRow(NamedTuple):
    """A stage of the attestation and the point that names it."""

    stage: Stage
    cite: str


class Standing(NamedTuple):
    """I-23: how an attestee stands when the testing stage ends."""

    status: str
    consequences: tuple[Consequence, ...]
    readings: tuple[str, ...]


def stages(purpose: Purpose) -> tuple[StageRow, ...]:
    """¶8: testing for everybody (¶8.1), assessment of professional activity for a category (¶8.2)."""
    testing = StageRow(Stage.TESTING, "¶8.1")
    if purpose is Purpose.CATEGORY:
        return testing, StageRow(Stage.ASSESSMENT, "¶8.2")
    return (testing,)


def check_list_former(kind: CenterKind) -> None:
    """¶9: the labour mobility centre forms the list of attestees. Raises RuleRefusal for a career centre."""
    if kind is not CenterKind.LABOUR_MOBILITY:
        raise RuleRefusal("list_formed_by_career_center", "¶9")


def check_listed_by(forming_center: str, employee_center: str, employee_parent: str | None) -> None:
    """¶9, I-29: a centre lists its own employees and those of its career centres. Centres by BIN."""
    if forming_center not in (employee_center, employee_parent):
        raise RuleRefusal("employee_of_another_center", "¶9")


def check_position_at(kind: CenterKind, position: Position) -> None:
    """I-35: raises RuleRefusal for a position that a centre of this kind does not have."""
    if position not in POSITIONS_AT[kind]:
        raise RuleRefusal(
            "position_not_at_center",
            "I-35",
            position=position.value,
            kind=kind.value,
            positions=", ".join(POSITIONS_AT[kind]),
        )


def check_first(purpose: Purpose, attested: bool, held: Category, first_again: bool) -> None:
    """I-22: an `initial` attestation is the person's first. Raises RuleRefusal for one who is `attested` (has
    a final decision that stands, in any position), unless it repeats a failed `initial` of the position held;
    and for one who holds a category.
    """
    if purpose is not Purpose.INITIAL:
        return
    if held is not Category.NONE:
        raise RuleRefusal("initial_with_category", "I-22", category=held.value)
    if attested and not first_again:
        raise RuleRefusal("initial_not_first", "I-22")


def check_one_at_a_time(other: str | None, *, named: bool) -> None:
    """I-31: `other` is the number of another case of the person's that can still bring a decision. Raises
    RuleRefusal where there is one; `named` says whether the reader may see which.
    """
    if other is None:
        return
    if named:
        raise RuleRefusal("under_attestation", "I-31", case=other)
    raise RuleRefusal("under_attestation_elsewhere", "I-31")


def same_duty(failed: Purpose, purpose: Purpose) -> bool:
    """I-25, ¶28.1: whether one duty covers both; `initial` and `position` confirm the position held alike."""
    return (failed is Purpose.CATEGORY) == (purpose is Purpose.CATEGORY)


def check_duties(owed: Collection[Purpose], purpose: Purpose) -> None:
    """I-25: `owed` are the purposes of the open duties in the position held. Raises RuleRefusal for a list of
    another purpose that would leave them unmet; an application for a category is free.
    """
    if purpose is Purpose.CATEGORY or not owed:
        return
    if not any(same_duty(failed, purpose) for failed in owed):
        raise RuleRefusal(
            "repeat_of_another_purpose", "I-25", purposes=", ".join(sorted(owed)), purpose=purpose.value
        )


def standing_at_stage_end(*, has_result: bool) -> Standing:
    """I-23: without a result the attestee is `absent`, and nothing follows by itself: the order is silent."""
    if has_result:
        return Standing("tested", (), ())
    return Standing("absent", (), ("I-23",))
