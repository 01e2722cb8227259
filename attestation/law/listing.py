"""¶8, ¶9: what an attestation comprises, and who lists whom; absence and re-attestation (I-23, I-25)."""

from __future__ import annotations

from typing import NamedTuple

from attestation.law.refusal import RuleRefusal
from attestation.law.terms import PURPOSES_OF, CenterKind, Consequence, Position, Purpose, Stage


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


def repeat_purposes(repeated: Purpose, position: Position) -> tuple[Purpose, ...]:
    """I-25: a re-attestation has the purpose of the attestation it repeats.

    Where the position changed and has no such purpose, it is one of the present position's.
    """
    purposes = PURPOSES_OF[position]
    return (repeated,) if repeated in purposes else purposes


def check_repeat_purpose(repeated: Purpose, position: Position, purpose: Purpose) -> None:
    """I-25: raises RuleRefusal where a re-attestation is listed for another purpose."""
    allowed = repeat_purposes(repeated, position)
    if purpose not in allowed:
        raise RuleRefusal(
            "repeat_of_another_purpose", "I-25", purposes=", ".join(allowed), purpose=purpose.value
        )


def standing_at_stage_end(has_result: bool) -> Standing:
    """I-23: without a result the attestee is `absent`, and nothing follows by itself: the order is silent."""
    if has_result:
        return Standing("tested", (), ())
    return Standing("absent", (), ("I-23",))
