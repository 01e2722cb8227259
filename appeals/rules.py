"""¶21: what can be appealed, until when, and what an upheld question does to a result. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from attestation.law.refusal import RuleRefusal

TEST_RESULT = "test_result"


def is_timely(filed_at: datetime, closes_at: datetime) -> bool:
    """¶21: filed before the midnight after the last day is in time (I-08); `filed_at` counts (I-14)."""
    return filed_at < closes_at


def check_subject(subject: str) -> None:
    """I-24: the test result alone can be appealed (¶21). Raises RuleRefusal."""
    if subject != TEST_RESULT:
        raise RuleRefusal("not_appealable", "I-24", subject=subject)


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
