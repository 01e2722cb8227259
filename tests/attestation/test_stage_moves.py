"""I-10, I-30: a testing stage is moved; the scoring deadlines counted from its end move with it (F-D14)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from attestation import journal
from attestation.by import By
from attestation.cases.cycles import admit_cycle
from attestation.cases.decisions import form_decision
from attestation.cases.results import publish_results
from attestation.cases.stage_moves import Stage, move_stage, moved_by_stage
from attestation.cases.testing_stage import end_testing_stages
from attestation.law.calendar import day_close
from attestation.models import (
    Attestation,
    Cycle,
    Deadline,
    Decision,
    JournalEntry,
    Notice,
    RuleSet,
    TermChange,
)
from attestation.models import Consequence as ConsequenceRow
from attestation.refusals import Refused
from tests.jobs.story import LISTED, PUBLISHED, STAGE_OVER, Story, at, before_i_22

pytestmark = pytest.mark.django_db
LATER = date(2026, 2, 11)


@pytest.fixture
def story() -> Story:
    return Story()


@pytest.fixture
def scored_later(story: Story) -> Attestation:
    """An application for a category, tested, its stage ended on Friday 6 February: scoring until Sunday 8."""
    case = story.listed(story.employee("career_specialist"), "category", "consultant")
    story.through((case, 90))
    end_testing_stages(now=STAGE_OVER)
    return case


def scoring(case: Attestation) -> Deadline:
    return Deadline.objects.get(attestation=case, kind="scoring")


def refused(story: Story, wanted: Stage, now: object = LISTED) -> str:
    with pytest.raises(Refused) as refusal:
        move_stage(story.cycle, wanted, reason="x", by=By(story.hr, now))  # type: ignore[arg-type]
    story.cycle.refresh_from_db()
    assert (story.cycle.testing_starts, story.cycle.testing_ends) == (date(2026, 2, 2), date(2026, 2, 6))
    return refusal.value.code


def test_both_days_move_before_testing_begins(story: Story) -> None:
    wanted = Stage(date(2026, 2, 4), date(2026, 2, 10))
    done = move_stage(story.cycle, wanted, reason="no electricity", by=By(story.hr, LISTED))
    cycle = Cycle.objects.get(pk=story.cycle.pk)
    assert Stage(cycle.testing_starts, cycle.testing_ends) == wanted
    assert cycle.stage_closes_at == day_close(date(2026, 2, 10))
    assert (done.lengthened, done.proposed) == ([], [])
    entry = JournalEntry.objects.get(act="move_stage")
    assert (entry.subject, entry.actor, entry.data) == (
        "T-2026-1",
        story.hr,
        {
            "was": ["2026-02-02", "2026-02-06"],
            "testing_starts": "2026-02-04",
            "testing_ends": "2026-02-10",
            "reason": "no electricity",
        },
    )


def test_a_moved_stage_ends_on_its_new_day(story: Story) -> None:
    case = story.listed(story.employee())
    admit_cycle(story.cycle, by=By(None, at("2026-01-13 10:00")))
    stage = Stage(story.cycle.testing_starts, LATER)
    move_stage(story.cycle, stage, reason="x", by=By(story.hr, at("2026-02-06 23:59")))
    end_testing_stages(now=STAGE_OVER)
    case.refresh_from_db()
    assert (case.status, case.rule_set) == ("admitted", None)
    end_testing_stages(now=day_close(LATER))
    case.refresh_from_db()
    assert case.status == "absent"


@pytest.mark.parametrize(
    ("wanted", "now", "code"),
    [
        (Stage(date(2026, 2, 2), date(2026, 2, 6)), LISTED, "stage_unmoved"),
        (Stage(date(2026, 2, 9), date(2026, 2, 6)), LISTED, "stage_backwards"),
        (Stage(date(2026, 1, 12), date(2026, 2, 6)), LISTED, "stage_in_the_past"),
        (Stage(date(2026, 2, 3), date(2026, 2, 6)), at("2026-02-02 00:00"), "testing_has_begun_already"),
        (Stage(date(2026, 2, 2), date(2026, 2, 4)), at("2026-02-05 09:00"), "stage_in_the_past"),
    ],
)
def test_days_that_the_stage_cannot_have_are_refused(
    story: Story, wanted: Stage, now: object, code: str
) -> None:
    assert refused(story, wanted, now) == code


def test_it_needs_a_reason_and_the_right(story: Story) -> None:
    stage = Stage(date(2026, 2, 2), LATER)
    for actor, reason, code in (
        (story.account("aud", "auditor"), "x", "no_permission"),
        (story.hr, " ", "reason_missing"),
    ):
        with pytest.raises(Refused) as refusal:
            move_stage(story.cycle, stage, reason=reason, by=By(actor, LISTED))
        assert refusal.value.code == code


def test_tests_on_record_stay_within_the_stage(story: Story) -> None:
    case = story.listed(story.employee())
    admit_cycle(story.cycle, by=By(None, at("2026-01-13 10:00")))
    story.tested(case, 90)  # on Monday 2 February
    move_stage(story.cycle, Stage(date(2026, 2, 2), date(2026, 2, 5)), reason="x", by=By(story.hr, PUBLISHED))
    assert Cycle.objects.get().testing_ends == date(2026, 2, 5)


def test_f_d14_scoring_terms_move_with_the_end_of_a_stage_that_ended(
    story: Story, scored_later: Attestation
) -> None:
    assert scoring(scored_later).due_on == date(2026, 2, 8)
    stage = Stage(date(2026, 2, 2), LATER)
    now = at("2026-02-07 10:00")
    (moved,) = moved_by_stage(Cycle.objects.get(), stage, now=now)
    assert (moved.case_no, moved.longer, moved.counted.due_on) == (
        scored_later.case_no,
        True,
        date(2026, 2, 13),
    )
    assert not TermChange.objects.exists()

    (change,) = move_stage(story.cycle, stage, reason="prolonged", by=By(story.hr, now)).lengthened
    deadline = scoring(scored_later)
    assert (deadline.due_on, deadline.closes_at, deadline.days) == (
        date(2026, 2, 13),
        day_close(date(2026, 2, 13)),
        ["2026-02-12", "2026-02-13"],
    )
    assert deadline.counted_from == day_close(LATER)
    assert (change.cause, change.state, change.was_due_on, change.reason) == (
        "stage",
        "applied",
        date(2026, 2, 8),
        "prolonged",
    )
    assert Notice.objects.filter(kind="term_moved", deadline=deadline).count() == 2
    cycle = Cycle.objects.get()
    assert (cycle.testing_ends, cycle.stage_ended_at) == (LATER, None)
    end_testing_stages(now=day_close(LATER))
    assert Cycle.objects.get().stage_ended_at == day_close(LATER)
    assert Deadline.objects.filter(kind="scoring").count() == 1
    assert journal.verify() is None


def test_f_d14_a_shorter_scoring_term_is_proposed(story: Story, scored_later: Attestation) -> None:
    """Moved to a later end, then back to an earlier one."""
    now = at("2026-02-07 10:00")
    move_stage(story.cycle, Stage(date(2026, 2, 2), LATER), reason="x", by=By(story.hr, now))
    stage = Stage(date(2026, 2, 2), date(2026, 2, 9))
    done = move_stage(story.cycle, stage, reason="y", by=By(story.hr, now))
    (change,) = done.proposed
    assert (change.cause, change.was_due_on, change.due_on) == ("stage", date(2026, 2, 13), date(2026, 2, 11))
    assert scoring(scored_later).due_on == date(2026, 2, 13)


def test_a_stage_that_decisions_stand_on_is_not_moved(story: Story, scored_later: Attestation) -> None:
    Attestation.objects.filter(pk=scored_later.pk).update(status="scored")
    assert refused(story, Stage(date(2026, 2, 2), LATER), at("2026-02-07 10:00")) == "assessed_already"


def test_cases_pinned_to_another_rule_set_keep_the_stage(story: Story, scored_later: Attestation) -> None:
    RuleSet.objects.create(title="next", effective_from=date(2026, 2, 10))
    assert refused(story, Stage(date(2026, 2, 2), LATER), at("2026-02-07 10:00")) == "pinned_elsewhere"


@pytest.mark.parametrize(
    ("through", "ends", "then"),
    [
        # The last day of the category is one day of the stage's, on both sides.
        (date(2026, 2, 11), LATER, None),
        (date(2026, 2, 10), LATER, "no category"),
    ],
)
def test_the_category_that_the_end_fixed_is_the_one_of_the_new_end(
    story: Story, through: date, ends: date, then: str | None
) -> None:
    person = story.employee("career_specialist", category="consultant", until=through)
    case = story.listed(person, "category", "case_manager")
    # Nobody declares anything here: whatever category it is, nothing hangs on it.
    other = story.employee("career_specialist", category="mentor", until=date(2026, 2, 9))
    with before_i_22():
        story.listed(other, "initial")
    story.through((case, 90))
    end_testing_stages(now=STAGE_OVER)
    case.refresh_from_db()
    assert case.existing == "consultant"
    stage, now = Stage(date(2026, 2, 2), ends), at("2026-02-07 10:00")
    if then is None:
        move_stage(story.cycle, stage, reason="x", by=By(story.hr, now))
        return
    with override("en"), pytest.raises(Refused) as refusal:
        moved_by_stage(story.cycle, stage, now=now)
    with override("en"):
        assert (refusal.value.code, refusal.value.cite, refusal.value.message) == (
            "another_category_then",
            "I-21",
            f"Case {case.case_no}: the existing category was fixed as “career consultant” when the testing "
            "stage ended, and on 11.02.2026 it is “no category”. Choose a last day on which it is the same, "
            "or leave the stage as it is.",
        )
    assert refused(story, stage, now) == "another_category_then"
    # A case that is closed is decided by nothing any more.
    Attestation.objects.filter(pk=case.pk).update(status="closed")  # as versions before I-23 closed it
    move_stage(story.cycle, stage, reason="x", by=By(story.hr, now))


def repeated(story: Story) -> tuple[ConsequenceRow, Attestation, Cycle]:
    """A duty of re-attestation, and the case of the next cycle that repeats; nobody came to its test."""
    first = story.listed(story.employee())
    story.through((first, 60))
    story.swept(STAGE_OVER, at("2026-02-11 00:30"))
    second = story.open_cycle("T-2026-2", date(2026, 3, 2), date(2026, 3, 3), at("2026-02-12 10:00"))
    case = story.listed(first.employee, cycle=second)
    admit_cycle(second, by=By(None, at("2026-02-20 10:00")))
    return ConsequenceRow.objects.get(kind="reattest"), case, second


@pytest.mark.parametrize(
    ("at_the_end", "since", "said"),
    [
        ("open", "open", ""),
        ("suspended", "suspended", ""),
        ("open", "suspended", "was fixed as a re-attestation"),
        ("open", "ended", "was fixed as a re-attestation"),
        ("suspended", "open", "was fixed as no re-attestation"),
    ],
)
def test_whether_a_case_repeats_is_the_same_on_the_new_end(
    story: Story, at_the_end: str, since: str, said: str
) -> None:
    duty, case, cycle = repeated(story)
    ConsequenceRow.objects.filter(pk=duty.pk).update(state=at_the_end)
    end_testing_stages(now=at("2026-03-04 00:30"))
    case.refresh_from_db()
    assert (case.status, case.repeat) == ("absent", at_the_end == "open")
    ConsequenceRow.objects.filter(pk=duty.pk).update(state=since)
    stage, now = Stage(date(2026, 3, 2), date(2026, 3, 6)), at("2026-03-04 10:00")
    if not said:
        move_stage(cycle, stage, reason="x", by=By(story.hr, now))
        case.refresh_from_db()
        assert case.repeat == (at_the_end == "open")
        return
    with pytest.raises(Refused) as refusal:
        move_stage(cycle, stage, reason="x", by=By(story.hr, now))
    with override("en"):
        assert f"Case {case.case_no} {said} when the testing stage ended" in refusal.value.message
        assert "Leave the stage as it is, and put those who missed it" in refusal.value.message
    assert (refusal.value.code, refusal.value.cite) == ("another_repeat_then", "I-25")
    assert Cycle.objects.get(pk=cycle.pk).testing_ends == date(2026, 3, 3)


def test_the_cases_that_the_end_fixed_are_read_by_the_same_queries_however_many(
    story: Story, django_assert_num_queries: Callable[[int], Any]
) -> None:
    stage, now = Stage(date(2026, 2, 2), LATER), at("2026-02-07 10:00")
    people = [story.employee("career_specialist", category="consultant") for _number in range(3)]
    for person in people:
        story.listed(person, "category", "case_manager")
    admit_cycle(story.cycle, by=By(None, at("2026-01-13 10:00")))
    end_testing_stages(now=STAGE_OVER)
    cycle = Cycle.objects.get()
    Attestation.objects.exclude(employee=people[0]).update(status="closed")
    with CaptureQueriesContext(connection) as few:
        moved_by_stage(cycle, stage, now=now)
    Attestation.objects.update(status="absent")
    with django_assert_num_queries(len(few)):
        moved_by_stage(cycle, stage, now=now)


def test_no_decision_is_formed_while_a_prolonged_stage_goes_on(story: Story) -> None:
    """I-28: pinned at the first end, published during the prolonged stage: not decided before its new end."""
    case = story.listed(story.employee())
    admit_cycle(story.cycle, by=By(None, at("2026-01-13 10:00")))
    story.tested(case, 40)
    end_testing_stages(now=STAGE_OVER)
    stage = Stage(date(2026, 2, 2), date(2026, 2, 20))
    move_stage(story.cycle, stage, reason="prolonged", by=By(story.hr, at("2026-02-07 10:00")))
    publish_results(story.cycle, by=By(None, at("2026-02-09 10:00")))
    # The appeal term and the grace end on the 12th.
    story.swept(at("2026-02-09 10:05"), at("2026-02-13 00:10"))
    case.refresh_from_db()
    assert case.status == "tested"
    assert not Decision.objects.exists()
    with pytest.raises(Refused) as refusal:
        form_decision(
            case, points=None, assessment_id=None, ready_on=None, by=By(None, at("2026-02-13 10:00"))
        )
    assert refusal.value.code == "decision_too_early"
    story.swept(day_close(stage.ends))
    case.refresh_from_db()
    decision = Decision.objects.current().get(attestation=case)
    assert (case.status, decision.dated) == ("final", date(2026, 2, 20))
