"""¶17: the facts of one attestation, checked, and the bounds they are measured by (I-01, I-18, I-22)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from attestation.law.parameters import Parameters
from attestation.law.reasons import Bound
from attestation.law.refusals import RuleRefusal
from attestation.law.settings import Settings
from attestation.law.vocabulary import MANAGERS, PURPOSES_OF, Category, Position, Purpose, rank

POINTS_CONTRADICT = "points_contradict"


def check_purpose(position: Position, purpose: Purpose) -> None:
    """I-22: `category` is the career_specialist's alone (¶17.2), `position` the others' (¶17.3, ¶17.4).

    Raises RuleRefusal for another purpose, and for a position that the order does not name (I-39).
    """
    if position not in PURPOSES_OF:
        raise _unknown(position)
    if purpose not in PURPOSES_OF[position]:
        raise RuleRefusal(
            "purpose_not_of_position",
            "I-22",
            purpose=purpose.value,
            position=position.value,
            purposes=", ".join(PURPOSES_OF[position]),
        )


def check_declared(existing: Category, declared: Category) -> None:
    """I-18: the existing category or any higher one may be declared; a lower one, or `none`, is refused."""
    if declared is Category.NONE:
        raise RuleRefusal("declared_none", "I-18")
    if rank(declared) < rank(existing):
        raise RuleRefusal("declared_below_existing", "I-18", declared=declared.value, existing=existing.value)


def check_score(correct: int, total: int) -> None:
    """¶17: a result has at least one question, and from none to all of them answered correctly."""
    if total < 1:
        raise RuleRefusal("total_too_small", "¶17", total=total)
    if not 0 <= correct <= total:
        raise RuleRefusal("correct_out_of_range", "¶17", correct=correct, total=total)


def check_wrong_list(correct: int, total: int, wrong: Sequence[int]) -> None:
    """I-13: a list of wrong questions has exactly total − correct different numbers of 1…total."""
    check_score(correct, total)
    if len(set(wrong)) != len(wrong) or len(wrong) != total - correct:
        raise RuleRefusal(
            "wrong_list_mismatch",
            "I-13",
            listed=len(set(wrong)),
            correct=correct,
            total=total,
            expected=total - correct,
        )
    for question in wrong:
        if not 1 <= question <= total:
            raise RuleRefusal("question_out_of_range", "I-13", question=question, total=total)


@dataclass(frozen=True, slots=True)
class TestFacts:
    """¶17, I-25: one attestation as its testing stage ended. Raises RuleRefusal if impossible."""

    # Not a test, whatever pytest makes of the name.
    __test__ = False

    position: Position
    purpose: Purpose
    repeat: bool
    existing: Category | None
    declared: Category | None
    correct: int
    total: int

    def __post_init__(self) -> None:
        check_purpose(self.position, self.purpose)
        check_score(self.correct, self.total)
        if self.purpose is not Purpose.CATEGORY:
            if self.declared is not None:
                raise RuleRefusal(
                    "declared_without_category_purpose",
                    "¶17.2",
                    declared=self.declared.value,
                    purpose=self.purpose.value,
                )
            return
        if self.existing is None or self.declared is None:
            field = "existing" if self.existing is None else "declared"
            raise RuleRefusal("category_facts_missing", "¶30.2", field=field)
        check_declared(self.existing, self.declared)


class Pair(NamedTuple):
    """¶17, ¶30: the two points that measure a position: the number of each by its name, and its cite."""

    threshold: str
    threshold_cite: str
    bound: str
    bound_cite: str


INITIAL_PAIR = Pair("threshold_initial", "¶17.1", "conforms_initial", "¶30.1")
MANAGER_PAIR = Pair("threshold_manager", "¶17.3", "conforms_manager", "¶30.3")
POSITION_PAIR = Pair("threshold_position", "¶17.4", "conforms_position", "¶30.4")

# Each position by name: one that stands nowhere here is measured by nothing (I-39).
PAIRS: Mapping[Position, Pair] = MappingProxyType(
    {
        Position.DIRECTOR: MANAGER_PAIR,
        Position.DEPUTY_DIRECTOR: MANAGER_PAIR,
        Position.UNIT_HEAD: MANAGER_PAIR,
        Position.CENTER_SPECIALIST: POSITION_PAIR,
        Position.CAREER_SPECIALIST: INITIAL_PAIR,
        Position.ASSISTANT: POSITION_PAIR,
    }
)


def threshold(position: Position, purpose: Purpose, params: Parameters, settings: Settings) -> Bound:
    """¶17: the percent at which the test result is positive; the position's own point prevails (I-01).

    Raises RuleRefusal for a position that the order does not name (I-39).
    """
    if purpose is Purpose.CATEGORY:
        return Bound(params.threshold_category, "¶17.2")
    pair = _pair(position, purpose, settings)
    return Bound(getattr(params, pair.threshold), pair.threshold_cite)


def decision_bound(position: Position, purpose: Purpose, params: Parameters, settings: Settings) -> Bound:
    """¶30.1, ¶30.3, ¶30.4: the points at which a position is conformed to; read as ¶17 is (I-01).

    Raises RuleRefusal for a position that the order does not name (I-39).
    """
    pair = _pair(position, purpose, settings)
    return Bound(getattr(params, pair.bound), pair.bound_cite)


def _pair(position: Position, purpose: Purpose, settings: Settings) -> Pair:
    """I-01, I-39: the points by which a position is measured."""
    if position in MANAGERS and _measured_as_initial(purpose, settings):
        return INITIAL_PAIR
    pair = PAIRS.get(position)
    if pair is None:
        raise _unknown(position)
    return pair


def _unknown(position: Position) -> RuleRefusal:
    return RuleRefusal("position_unknown", "I-39", position=position.value)


def _measured_as_initial(purpose: Purpose, settings: Settings) -> bool:
    """I-01: only the setting takes a manager's initial attestation to ¶17.1 and ¶30.1."""
    return purpose is Purpose.INITIAL and settings.managers_initial == "initial"


def passes(correct: int, total: int, bound: Bound) -> bool:
    """¶17: is the threshold reached, exactly (I-03)?"""
    return correct * 100 >= bound.percent * total
