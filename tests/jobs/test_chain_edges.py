"""Where two cases of one person, or an appeal and the clock, cross: I-12, I-14, I-16, I-25, I-28."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from appeals.models import Appeal
from appeals.services.commission import appoint
from appeals.services.filing import file_appeal
from appeals.services.ruling import rule_item
from attestation.by import By
from attestation.cases import waiting
from attestation.cases.confirmations import confirm_ready
from attestation.cases.cycles import admit_cycle, close_attestation, list_attestee
from attestation.cases.result_changes import correct_result
from attestation.cases.results import ResultFacts, publish_results, record_result
from attestation.lookup import previous_final_on
from attestation.models import (
    Attestation,
    CategoryTerm,
    Consequence,
    Cycle,
    Deadline,
    Employee,
    Role,
    RuleSet,
    User,
)
from attestation.refusals import Refused
from office import tiles
from office.replay import replay
from scoring.models import Assessment, Rating
from scoring.services.records import record_read_through
from tests.jobs.story import ADMITTED, FINAL, LISTED, READ, STAGE_OVER, Story, at, before_i_31
from tests.records import CourseRow, save_courses

MARCH_STARTS, MARCH_ENDS = date(2026, 3, 2), date(2026, 3, 6)


@pytest.fixture
def chair(story: Story) -> User:
    user = story.account("chair", Role.CHAIR)
    appoint(user, "chair", None, date(2026, 1, 5), by=By(None, LISTED))
    return user


def appealed(case: Attestation, now: datetime, question: int = 3) -> Appeal:
    """Filed within the appeal term on 6 February, recorded `now`."""
    return file_appeal(
        case,
        filed_at=at("2026-02-06 12:00"),
        items=[(question, "The key is wrong.")],
        receipt_note="on paper",
        by=By(None, now),
    )


def ruled(appeal: Appeal, ruling: str, chair: User, now: datetime) -> None:
    for item in appeal.items.all():
        rule_item(item, ruling=ruling, reason="By the key.", by=By(chair, now))


def taken_up(
    story: Story, employee: Employee, now: datetime, *, code: str = "T-2026-2", purpose: str = "position"
) -> Attestation:
    """On the list of a cycle in March, and admitted."""
    cycle = Cycle.objects.filter(code=code).first() or story.open_cycle(code, MARCH_STARTS, MARCH_ENDS)
    case = list_attestee(cycle, employee, purpose, "", by=By(None, now))
    save_courses(cycle, [CourseRow(employee.pk, "", Decimal(72), Decimal(72))], by=By(None, now))
    admit_cycle(cycle, by=By(None, now))
    return case


def results_out(case: Attestation, correct: int, now: datetime) -> None:
    case.refresh_from_db()
    found = ResultFacts(100, correct, None, "1", at(f"{MARCH_STARTS} 11:00"))
    record_result(case, found, by=By(None, now))
    publish_results(case.cycle, by=By(None, now))


def kinds(case: Attestation) -> dict[str, str]:
    rows = Consequence.objects.filter(decision__superseded_at__isnull=True, attestation=case)
    return dict(rows.values_list("kind", "state"))


# --- I-25: a re-attestation and the duty it repeats ---------------------------------------------------------

MARCH_OUT = at("2026-03-05 10:00")
APRIL = (at("2026-03-07 01:00"), at("2026-04-01 01:00"))


def owing(story: Story) -> Attestation:
    """Failed by one question: owes a re-attestation since 10 February."""
    case = story.listed(story.employee())
    story.through((case, 69))
    story.swept(STAGE_OVER, FINAL)
    assert kinds(case) == {"reattest": "open"}
    return case


def test_i_25_nobody_is_dismissed_for_repeating_what_an_appeal_turned_into_a_pass(
    story: Story, chair: User
) -> None:
    first = owing(story)
    second = taken_up(story, first.employee, at("2026-02-16 10:00"))
    assert second.repeat
    ruled(appealed(first, at("2026-02-17 10:00")), "uphold", chair, at("2026-02-18 10:00"))
    story.swept(at("2026-02-20 01:00"))
    assert kinds(first) == {}
    results_out(second, 60, MARCH_OUT)
    story.swept(*APRIL)
    assert kinds(second) == {"reattest": "open"}
    assert replay.replay().differences == []


def test_i_25_a_duty_formed_afresh_is_met_by_the_case_that_took_it_up(story: Story, chair: User) -> None:
    first = owing(story)
    second = taken_up(story, first.employee, at("2026-02-16 10:00"))
    ruled(appealed(first, at("2026-02-17 10:00")), "reject", chair, at("2026-02-18 10:00"))
    story.swept(at("2026-02-20 01:00"))
    assert kinds(first) == {"reattest": "open"}
    results_out(second, 60, MARCH_OUT)
    assert kinds(first) == {"reattest": "done"}
    story.swept(*APRIL)
    assert kinds(second) == {"dismissal": "open"}
    deadlines = Deadline.objects.filter(kind="reattestation").order_by("pk").values_list("state", flat=True)
    assert list(deadlines) == ["void", "met"]
    assert replay.replay().differences == []


def test_i_25_a_duty_met_before_it_was_formed_afresh_stays_met(story: Story, chair: User) -> None:
    first = owing(story)
    second = taken_up(story, first.employee, at("2026-02-16 10:00"))
    results_out(second, 90, MARCH_OUT)
    ruled(appealed(first, MARCH_OUT + timedelta(hours=1)), "reject", chair, MARCH_OUT + timedelta(hours=2))
    story.swept(*APRIL)
    assert kinds(first) == {"reattest": "done"}
    assert not Deadline.objects.filter(kind="reattestation", state="open").exists()
    assert replay.replay().differences == []


def test_i_25_a_duty_that_another_cycle_met_is_not_repeated_twice(story: Story) -> None:
    first = owing(story)
    second = taken_up(story, first.employee, at("2026-02-16 10:00"))
    with before_i_31():
        third = taken_up(story, first.employee, at("2026-02-16 11:00"), code="T-2026-3")
    results_out(second, 90, at("2026-03-04 10:00"))
    results_out(third, 60, MARCH_OUT)
    story.swept(*APRIL)
    assert kinds(second) == {}
    assert kinds(third) == {"reattest": "open"}


# --- I-12: what an appeal does where the sweep did not come by ----------------------------------------------


def test_i_12_the_assessment_an_appeal_makes_due_is_due_two_days_after_it(story: Story, chair: User) -> None:
    """Whether or not a sweep ended the testing stage in between."""
    case = story.listed(story.employee("career_specialist"), "category", "consultant")
    story.through((case, 69))
    ruled(appealed(case, at("2026-02-09 10:00")), "uphold", chair, at("2026-02-11 10:00"))
    story.swept(at("2026-02-11 12:00"))
    due = Deadline.objects.filter(kind="scoring").values_list("due_on", "state")
    assert list(due) == [(date(2026, 2, 13), "open")]


def test_i_12_a_corrected_result_is_assessed_two_days_after_the_correction(story: Story) -> None:
    case = story.listed(story.employee("career_specialist"), "category", "consultant")
    story.through((case, 60))
    found = ResultFacts(100, 80, None, "1", at("2026-02-02 11:00"))
    correct_result(case, found, reason="typed wrong", by=By(None, at("2026-02-11 10:00")))
    story.swept(at("2026-02-11 12:00"))
    due = Deadline.objects.filter(kind="scoring").values_list("due_on", "state")
    assert list(due) == [(date(2026, 2, 13), "open")]


# --- category periods of several decisions ------------------------------------------------------------------


def periods_of(employee: Employee) -> list[tuple[str, str, str]]:
    rows = CategoryTerm.objects.filter(employee=employee, suspended_at__isnull=True).order_by(
        "starts_on", "pk"
    )
    return [
        (row.category, str(row.starts_on), str(row.ends_on)) for row in rows if row.ends_on >= row.starts_on
    ]


def test_i_28_two_cycles_settled_by_one_late_sweep_take_effect_in_their_order(story: Story) -> None:
    who = story.employee("career_specialist")
    first = story.listed(who, "category", "consultant")
    other = story.open_cycle("T-2026-0", date(2026, 2, 2), date(2026, 2, 9))
    second = story.listed_beside(who, "category", "consultant", other)
    story.through((first, 90))
    admit_cycle(other, by=By(None, ADMITTED))
    story.tested(second, 90)
    publish_results(other, by=By(None, at("2026-02-09 10:00")))
    story.read(ratings={who: [5, 5]})
    for kind in ("ratings", "violations"):
        record_read_through([story.career], kind, date(2026, 2, 9), by=By(None, at("2026-02-10 09:00")))
    story.swept(at("2026-02-10 10:00"))
    story.swept(at("2026-03-01 01:00"))
    assert periods_of(who) == [
        ("consultant", "2026-02-10", "2026-02-11"),
        ("consultant", "2026-02-12", "2029-02-12"),
    ]


def test_i_14_an_appeal_after_a_later_conferral_finds_the_restored_term_cut_by_it(
    story: Story, chair: User
) -> None:
    who = story.employee("career_specialist", category="consultant")
    first = story.listed(who, "category", "consultant")
    story.through((first, 60))
    story.read()
    story.swept(READ, FINAL)
    assert periods_of(who) == [("consultant", "2024-03-11", "2026-02-09")]
    later = story.open_cycle("T-2026-2", MARCH_STARTS, MARCH_ENDS)
    second = list_attestee(later, who, "category", "consultant", by=By(None, at("2026-02-16 10:00")))
    save_courses(later, [CourseRow(who.pk, "consultant", Decimal(72), Decimal(72))], by=By(None, LISTED))
    admit_cycle(later, by=By(None, at("2026-02-16 10:00")))
    results_out(second, 95, MARCH_OUT)

    Rating.objects.create(employee=who, rated_on=date(2026, 3, 1), score=5, external_id="Z1")
    for kind in ("ratings", "violations"):
        record_read_through([story.career], kind, MARCH_ENDS, by=By(None, at("2026-03-07 09:00")))
    story.swept(at("2026-03-07 10:00"), at("2026-03-20 10:00"))
    assert periods_of(who)[1:] == [("consultant", "2026-03-11", "2029-03-11")]
    now = at("2026-03-25 10:00")
    appeal = appealed(first, now)
    assert periods_of(who) == [
        ("consultant", "2024-03-11", "2026-03-10"),
        ("consultant", "2026-03-11", "2029-03-11"),
    ]
    ruled(appeal, "reject", chair, now + timedelta(hours=1))
    story.swept(now + timedelta(hours=2))
    assert replay.replay().differences == []


def test_i_14_conferred_reopened_and_conferred_again_twice(story: Story, chair: User) -> None:
    who = story.employee("career_specialist", category="case_manager")
    case = story.listed(who, "category", "case_manager")
    story.through((case, 90))
    story.read(ratings={who: [5, 5]})
    story.swept(READ, FINAL)
    before = [("case_manager", "2024-03-11", "2027-03-11")]
    assert periods_of(who) == [
        ("case_manager", "2024-03-11", "2026-02-09"),
        ("case_manager", "2026-02-10", "2029-02-10"),
    ]
    for day, question in (("2026-02-17", 3), ("2026-02-24", 4)):
        appeal = appealed(case, at(f"{day} 10:00"), question)
        assert periods_of(who) == before
        ruled(appeal, "reject", chair, at(f"{day} 11:00"))
        story.swept(at(f"{day} 12:00"))
        assert periods_of(who)[-1] == ("case_manager", day, f"2029{day[4:]}")
        assert len(periods_of(who)) == 2
        assert replay.replay().differences == []
    open_deadlines = Deadline.objects.filter(kind="category", state="open")
    assert [str(deadline.due_on) for deadline in open_deadlines] == ["2029-02-24"]


# --- I-06: the window and the attestation before ------------------------------------------------------------


def test_i_06_the_window_begins_after_the_final_decision_in_force_of_the_same_person(
    story: Story, chair: User
) -> None:
    first = owing(story)
    stranger = story.employee("career_specialist")
    second = taken_up(story, first.employee, at("2026-02-16 10:00"))
    elsewhere = taken_up(story, stranger, at("2026-02-16 10:00"), purpose="initial")
    assert previous_final_on(second) == date(2026, 2, 10)
    assert previous_final_on(elsewhere) is None
    assert previous_final_on(first) is None
    appeal = appealed(first, at("2026-02-17 10:00"))
    # Reopened, there is no final decision in force; formed afresh, it is dated anew (I-28).
    assert previous_final_on(second) is None
    ruled(appeal, "reject", chair, at("2026-02-18 10:00"))
    story.swept(at("2026-02-18 11:00"))
    assert previous_final_on(second) == date(2026, 2, 18)


# --- I-23: absent -------------------------------------------------------------------------------------------


def test_i_23_an_absent_one_is_shown_until_carried_to_a_later_cycle_or_closed(story: Story) -> None:
    case, other = (story.listed(story.employee()) for _ in range(2))
    story.through()
    story.swept(STAGE_OVER)
    assert set(waiting.absent(tiles.cases(story.hr), STAGE_OVER)) == {case, other}
    again = taken_up(story, case.employee, at("2026-02-16 10:00"))
    assert not again.repeat
    assert set(waiting.absent(tiles.cases(story.hr), STAGE_OVER)) == {other}
    close_attestation(other, reason="left service", by=By(None, at("2026-02-16 10:00")))
    assert not waiting.absent(tiles.cases(story.hr), STAGE_OVER).exists()


# --- closing a case -----------------------------------------------------------------------------------------


def test_f_c4_a_case_under_appeal_is_not_closed(story: Story) -> None:
    case = story.listed(story.employee())
    story.through((case, 60))
    appealed(case, at("2026-02-06 13:00"))
    with pytest.raises(Refused, match="under appeal"):
        close_attestation(case, reason="left service", by=By(None, at("2026-02-06 14:00")))


# --- I-02: the literal reading ------------------------------------------------------------------------------


def test_i_02_decided_by_the_test_alone_the_scoring_is_done_and_shown_all_the_same(story: Story) -> None:

    RuleSet.objects.create(title="literal", effective_from=date(2026, 1, 1), category_basis="test")
    who = story.employee("career_specialist")
    case = story.listed(who, "category", "consultant")
    story.through((case, 90))
    story.swept(STAGE_OVER)
    case.refresh_from_db()
    assert case.status == "provisional"
    story.read(ratings={who: [5, 5]})
    story.swept(READ)
    assert Assessment.objects.current().get(attestation=case).points_total == "92"
    before = Assessment.objects.count()
    story.swept(FINAL)
    case.refresh_from_db()
    assert (case.status, Assessment.objects.count()) == ("final", before)
    assert str(case.decisions.current().get().dated) == "2026-02-10"
    assert replay.replay().differences == []


def test_the_earlier_of_two_decisions_waits_and_the_later_one_with_it(story: Story) -> None:
    """F-D1: whatever is held, what hangs on it keeps its order; the later stage pins what came before."""
    consultant = story.employee("career_specialist", category="consultant")
    first = story.listed(consultant, "category", "case_manager")
    next_cycle = story.open_cycle("T-2026-2", at("2026-02-12 00:00").date(), at("2026-02-13 00:00").date())
    story.through((first, 40))
    story.read()
    story.swept(READ)
    second = story.listed_beside(consultant, "category", "consultant", next_cycle)
    admit_cycle(next_cycle, by=By(None, at("2026-02-09 11:00")))
    Deadline.objects.filter(kind__in=("appeal", "grace")).update(provisional=True)
    late = at("2026-02-15 10:00")
    story.swept(late)
    second.refresh_from_db()
    assert (second.rule_set_id, second.existing, second.status) == (None, "consultant", "admitted")
    next_cycle.refresh_from_db()
    assert next_cycle.stage_ended_at == late
    answer = confirm_ready(None, by=By(None, late))
    assert (answer.closed, answer.finalised, answer.refused) == (2, 1, [])
    story.swept(late + timedelta(minutes=5))
    second.refresh_from_db()
    assert (second.existing, second.status) == ("none", "absent")
