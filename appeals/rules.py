"""¶21: what can be appealed, until when, and what an upheld question does to a result. Pure.

Quorum, votes and recusal are ours, not the order's: settings with defaults. The chair and the members
vote; the secretary keeps the minutes, has no vote and counts neither for the quorum nor towards it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from attestation.law.calendar import add_months
from attestation.law.refusals import RuleRefusal


def is_timely(filed_at: datetime, closes_at: datetime) -> bool:
    """¶21: filed before the midnight after the last day is in time (I-08); `filed_at` counts (I-14)."""
    return filed_at < closes_at


def check_filed(
    filed_at: datetime, recorded_at: datetime, note: str, published_at: datetime | None = None
) -> None:
    """I-14: filed after the publication and not after the recording; if before it, a note says how it came.

    For an imported file the import is the note. Raises RuleRefusal.
    """
    if published_at is not None and filed_at < published_at:
        raise RuleRefusal(
            "filed_before_publication",
            "I-14",
            filed_at=filed_at.isoformat(),
            published_at=published_at.isoformat(),
        )
    if filed_at > recorded_at:
        raise RuleRefusal(
            "filed_after_recording",
            "I-14",
            filed_at=filed_at.isoformat(),
            recorded_at=recorded_at.isoformat(),
        )
    if filed_at < recorded_at and not note.strip():
        raise RuleRefusal("filed_note_missing", "I-14", filed_at=filed_at.isoformat())


def reopens(timely: bool, decision_is_final: bool) -> bool:
    """I-14: a timely appeal recorded after the decision became final supersedes it by a provisional one."""
    return timely and decision_is_final


def check_question(question: int, total: int, wrong: Sequence[int] | None) -> None:
    """¶21, I-13: an appealed question exists and, where the wrong ones are listed, is one of them."""
    if not 1 <= question <= total:
        raise RuleRefusal("question_out_of_range", "¶21", question=question, total=total)
    if wrong is not None and question not in wrong:
        shown = ", ".join(str(number) for number in sorted(wrong)) or "–"
        raise RuleRefusal("question_not_wrong", "I-13", question=question, wrong=shown)


def apply_upheld(
    correct: int, total: int, wrong: Sequence[int] | None, upheld: Iterable[int]
) -> tuple[int, tuple[int, ...] | None]:
    """I-13: each upheld question counts as correct, once; a result never falls or exceeds the total."""
    questions = sorted(set(upheld))
    for question in questions:
        check_question(question, total, wrong)
    if wrong is None:
        return min(correct + len(questions), total), None
    left = tuple(question for question in wrong if question not in questions)
    return correct + len(questions), left


class QuorumRule(StrEnum):
    """The setting that a quorum is measured by."""

    MORE_THAN_HALF = "more_than_half"
    TWO_THIRDS = "two_thirds"


@dataclass(frozen=True)
class MemberFact:
    """One who votes, of the composition: there or not, recused from this item or not, in which seat."""

    id: int | str
    present: bool
    recused: bool = False
    seat: str = "member"

    @property
    def takes_part(self) -> bool:
        """Whether a vote of this member counts on the item."""
        return self.present and not self.recused


@dataclass(frozen=True)
class Quorum:
    """`present` of the `of` members who are not recused; `needed` of them make the quorum."""

    present: int
    of: int
    needed: int
    reached: bool


def quorum(members: Iterable[MemberFact], rule: str = QuorumRule.MORE_THAN_HALF) -> Quorum:
    """I-12: whether those present and not recused are enough of those in office and not recused.

    Presence alone counts: one who abstains, or does not vote at all, counts for the quorum.
    """
    left = [member for member in members if not member.recused]
    needed = len(left) // 2 + 1 if QuorumRule(rule) is QuorumRule.MORE_THAN_HALF else -(-2 * len(left) // 3)
    present = sum(member.present for member in left)
    return Quorum(present, len(left), needed, bool(left) and present >= needed)


def possible(members: Iterable[MemberFact], rule: str = QuorumRule.MORE_THAN_HALF) -> bool:
    """I-12: whether recusals leave the item a quorum, if everybody else came."""
    return quorum([replace(member, present=True) for member in members], rule).reached


def presiding(members: Sequence[MemberFact]) -> MemberFact | None:
    """I-12: the chair; where the chair is absent or recused, the deputy; None where neither takes part."""
    for seat in ("chair", "deputy"):
        for member in members:
            if member.seat == seat and member.takes_part:
                return member
    return None


def in_the_chair(members: Sequence[MemberFact]) -> MemberFact | None:
    """I-12: who closes a sitting: whoever presides; where neither came, the chair, or else the deputy."""
    return presiding(members) or presiding([replace(member, present=True) for member in members])


class Choice(StrEnum):
    """What a member may vote; of a held row 2, `uphold` stands for 10 points and `reject` for 0."""

    UPHOLD = "uphold"
    REJECT = "reject"
    ABSTAIN = "abstain"


class Why(StrEnum):
    """What made the ruling, or why there is none."""

    MAJORITY = "majority"
    CHAIR = "chair"
    NO_QUORUM = "no_quorum"
    NO_VOTES = "no_votes"
    TIE = "tie"


@dataclass(frozen=True)
class Tally:
    """The votes that count, the ruling they make, if they make one, and why."""

    uphold: int
    reject: int
    abstain: int
    ruling: str | None
    why: str


def tally(
    votes: Mapping[int | str, str],
    members: Sequence[MemberFact],
    rule: str = QuorumRule.MORE_THAN_HALF,
) -> Tally:
    """I-12: the majority of uphold against reject; on a tie the vote of whoever presides, of one of the two.

    Votes of the absent and of the recused don't count. Without a quorum, without a vote for either, or on
    a tie that whoever presides does not break, there is no ruling.
    """
    counted = {
        member.id: Choice(votes[member.id]) for member in members if member.takes_part and member.id in votes
    }
    cast = list(counted.values())
    ayes, noes, abstained = (cast.count(choice) for choice in Choice)
    chair = presiding(members)
    ruling, why = _ruling(ayes, noes, counted.get(chair.id) if chair is not None else None)
    if not quorum(members, rule).reached:
        ruling, why = None, Why.NO_QUORUM
    return Tally(ayes, noes, abstained, ruling.value if ruling else None, why.value)


def _ruling(ayes: int, noes: int, own: Choice | None) -> tuple[Choice | None, Why]:
    if not ayes and not noes:
        return None, Why.NO_VOTES
    if ayes != noes:
        return Choice.UPHOLD if ayes > noes else Choice.REJECT, Why.MAJORITY
    return (own, Why.CHAIR) if own in (Choice.UPHOLD, Choice.REJECT) else (None, Why.TIE)


@dataclass(frozen=True)
class Worked:
    """A centre where somebody works, or worked until a day."""

    center_id: int
    until: date | None = None


@dataclass(frozen=True)
class MemberBackground:
    """What a member's recusal is judged by: the staff record, the centres served as HR officer, the work."""

    employee_id: int | None
    officer_of: frozenset[int] = frozenset()
    worked: tuple[Worked, ...] = ()


def recusal_reason(
    member: MemberBackground, appellant_id: int, centers: Iterable[int], on: date, months: int
) -> str | None:
    """I-12: why a member takes no part: the appellant, a colleague within the months before, the HR officer.

    `centers` are those of the appellant; the same day so many months after leaving is still within.
    """
    theirs = frozenset(centers)
    if member.employee_id == appellant_id:
        return "appellant"
    if any(
        work.center_id in theirs and (work.until is None or add_months(work.until, months) >= on)
        for work in member.worked
    ):
        return "colleague"
    return "hr_officer" if member.officer_of & theirs else None
