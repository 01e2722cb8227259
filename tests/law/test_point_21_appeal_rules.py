"""¶21: what can be appealed, and what an upheld question does (I-13, I-14, I-24)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appeals.rules import (
    apply_upheld,
    check_filed,
    check_question,
    is_timely,
    reopens,
)
from attestation.law.facts import check_wrong_list
from attestation.law.refusals import RuleRefusal
from tests.law.observed import Observed
from tests.law.profile import law_settings

NOON = datetime(2026, 2, 9, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.point("¶21")
@pytest.mark.parametrize(
    ("question", "exists"), [(-1, False), (0, False), (1, True), (40, True), (41, False)]
)
def test_appealed_question_exists(question: int, exists: bool, cited: Observed) -> None:
    if exists:
        check_question(question, 40, None)
    with pytest.raises(RuleRefusal, match="the test has questions 1 to 40") as refused:
        check_question(41 if exists else question, 40, None)
    cited(refused.value)


@pytest.mark.point("I-13")
def test_with_the_list_of_wrong_questions_only_those_can_be_appealed(cited: Observed) -> None:
    check_question(7, 10, [3, 7])
    with pytest.raises(RuleRefusal, match="only these can be appealed: 3, 7") as refused:
        check_question(4, 10, [7, 3])
    cited(refused.value)


@pytest.mark.parametrize(
    ("correct", "wrong", "upheld", "then"),
    [
        (8, (3, 7), [7], (9, (3,))),
        (8, (3, 7), [7, 3], (10, ())),
        (8, (3, 7), [7, 7], (9, (3,))),
        (8, (3, 7), [], (8, (3, 7))),
        (8, None, [1], (9, None)),
        (8, None, [1, 2, 3], (10, None)),
        (10, None, [1], (10, None)),
        (10, (), [], (10, ())),
    ],
)
def test_upheld_questions_count_as_correct_once_and_up_to_the_total(
    correct: int, wrong: tuple[int, ...] | None, upheld: list[int], then: tuple[int, tuple[int, ...] | None]
) -> None:
    assert apply_upheld(correct, 10, wrong, upheld) == then


@pytest.mark.point("I-13")
@pytest.mark.parametrize("wrong", [(3,), (3, 3), (3, 7, 9), ()])
def test_list_of_wrong_questions_has_exactly_the_missing_ones(
    wrong: tuple[int, ...], cited: Observed
) -> None:
    check_wrong_list(8, 10, (3, 7))
    with pytest.raises(RuleRefusal, match="exactly 2") as refused:
        check_wrong_list(8, 10, wrong)
    cited(refused.value)


def test_list_of_wrong_questions_names_questions_of_the_test() -> None:
    with pytest.raises(RuleRefusal, match="There is no question 11"):
        check_wrong_list(8, 10, (3, 11))


@law_settings
@given(st.data())
def test_result_never_falls_by_an_appeal(data: st.DataObject) -> None:
    total = data.draw(st.integers(1, 60))
    wrong = data.draw(st.none() | st.lists(st.integers(1, total), unique=True).map(tuple))
    correct = data.draw(st.integers(0, total)) if wrong is None else total - len(wrong)
    questions = st.integers(1, total) if wrong is None else st.sampled_from(wrong or (0,))
    upheld = data.draw(st.lists(questions)) if wrong != () else []
    after, left = apply_upheld(correct, total, wrong, upheld)
    assert correct <= after <= total
    assert left is None or len(left) == total - after


@pytest.mark.point("I-14")
def test_filing_before_the_recording_needs_a_note(cited: Observed) -> None:
    check_filed(NOON, NOON, "")
    check_filed(NOON - HOUR, NOON, "by courier, entry 12")
    with pytest.raises(RuleRefusal, match="say how it was received") as refused:
        check_filed(NOON - HOUR, NOON, "  ")
    cited(refused.value)


@pytest.mark.point("I-14")
def test_filing_lies_between_publication_and_recording(cited: Observed) -> None:
    with pytest.raises(RuleRefusal, match="after it was recorded") as refused:
        check_filed(NOON + HOUR, NOON, "note")
    cited(refused.value)
    with pytest.raises(RuleRefusal, match="before the result was published"):
        check_filed(NOON - HOUR, NOON, "note", published_at=NOON)
    check_filed(NOON, NOON, "", published_at=NOON)


def test_what_counts_is_when_it_was_filed() -> None:
    assert is_timely(NOON - timedelta(microseconds=1), NOON)
    assert not is_timely(NOON, NOON)


@pytest.mark.parametrize(
    ("timely", "final", "then"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_timely_appeal_recorded_late_reopens_a_final_decision(timely: bool, final: bool, then: bool) -> None:
    assert reopens(timely, final) is then
