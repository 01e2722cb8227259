"""A final decision annulled by a court or a higher body: its case ends without a decision (F-D22)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from attestation import access, journal
from attestation.by import By
from attestation.cases import annulment as annulling
from attestation.cases import consequences, reattestation
from attestation.cases.annulment import Document, annul_decision
from attestation.cases.consequences import close_consequence
from attestation.cases.cycles import close_attestation
from attestation.cases.finality import appeal_opened
from attestation.cases.reattestation import reattestations_owed
from attestation.cases.testing_stage import watch_periods
from attestation.deadlines import holding
from attestation.deadlines.calendar import confirm_calendar
from attestation.lookup import previous_final_on
from attestation.models import (
    Annulment,
    Attestation,
    CategoryTerm,
    Consequence,
    Deadline,
    Decision,
    JournalEntry,
    Notice,
    ReadyEffect,
    Role,
    Status,
    User,
)
from attestation.notices import delivery, letters
from attestation.refusals import Refused
from office.replay.replay import replay
from office.report import report
from tests.factories import AttestationFactory, EmployeeFactory, UserFactory, moment
from tests.siblings_cast import GRACE_OVER, decided, footprint, fresh, other_cycle, sweep

pytestmark = pytest.mark.django_db

# The decisions of the cast are dated 10 February 2026.
RULED = moment("2026-03-20 12:00")
COURT = Document("court", "2а-417/2026", date(2026, 3, 18), "Тестілеу рәсімі бұзылған")


def made_once() -> tuple[Attestation, Attestation]:
    """Nothing harmful runs by itself on a year that nobody has confirmed."""
    confirm_calendar(2026, by=By(None, moment("2026-01-05 09:00")))
    return final(), final(60, "5")


@pytest.fixture(autouse=True)
def passed(shared: tuple[Attestation, Attestation]) -> Attestation:
    """A category was conferred."""
    return shared[0]


@pytest.fixture
def failed(shared: tuple[Attestation, Attestation]) -> Attestation:
    """Below the bounds: to be attested anew."""
    return shared[1]


@pytest.fixture
def boss() -> User:
    return UserFactory()


def final(correct: int = 89, *scores: str, **values: Any) -> Attestation:
    """A case of the cast, final since 11 February."""
    case = decided(correct, *scores, **values)
    sweep(GRACE_OVER)
    case = fresh(case)
    assert case.status == Status.FINAL
    return case


def in_force(rows: Iterable[CategoryTerm]) -> list[tuple[str, date, date]]:
    return [(row.category, row.starts_on, row.ends_on) for row in rows]


def stands(case: Attestation) -> dict[str, Any]:
    """What the law sees of a person: the periods in force with their ends, and the open duties."""
    periods = CategoryTerm.objects.filter(employee=case.employee, suspended_at__isnull=True).order_by("pk")
    open_duties = Deadline.objects.open().filter(
        employee=case.employee, kind__in=["category", "reattestation"]
    )
    return {
        "terms": in_force(periods),
        "category": fresh(case).employee.category_on(date(2026, 3, 20)).value,
        "ledger": sorted((row.kind, row.term_id, row.due_on, row.closes_at) for row in open_duties),
        "duty": reattestations_owed(case.employee),
    }


# Correct of 100, ratings, existing, violations: conferred, failed with a duty, lowered, third decision, kept.
OUTCOMES = [
    (89, ("5", "5", "4"), "none", 0),
    (99, ("5", "5", "5"), "consultant", 0),
    (60, ("5", "5"), "none", 0),
    (60, ("5", "5"), "case_manager", 0),
    (70, ("3", "4"), "consultant", 0),
    (85, ("5", "4"), "consultant", 1),
]


@pytest.mark.parametrize(("correct", "scores", "existing", "violations"), OUTCOMES)
def test_annulment_restores_what_stood_before_the_decision_took_effect(
    correct: int, scores: tuple[str, ...], existing: str, violations: int, boss: User
) -> None:
    declared = {"none": "consultant", "consultant": "case_manager", "case_manager": "mentor"}[existing]
    case = decided(correct, *scores, existing=existing, violations=violations, declared=declared)
    watch_periods(now=moment("2026-02-08 09:00"))
    before = stands(case)
    sweep(GRACE_OVER)
    decision = Decision.objects.current().get(attestation=case)
    assert decision.state == Decision.State.FINAL

    annulment = annul_decision(case, COURT, by=By(boss, RULED))

    assert stands(case) == before
    case = fresh(case)
    assert case.status == Status.CLOSED
    assert case.status_reason == [
        {"annulled": {"body": "court", "number": "2а-417/2026", "date": "2026-03-18"}}
    ]
    decision.refresh_from_db()
    assert decision.superseded_at == RULED
    assert annulment.decision == decision
    states = set(Consequence.objects.filter(decision=decision).values_list("state", flat=True))
    assert states == {Consequence.State.ENDED}
    assert not Deadline.objects.open().filter(attestation=case).exclude(term__decision=None).exists()
    assert replay().differences == []
    assert journal.verify() is None


def test_report_shows_an_annulled_case_closed_without_a_decision(boss: User, failed: Attestation) -> None:
    case = failed
    before = report(case.cycle)["attestations"][0]
    assert (before["status"], before["decision"], before["final"]) == ("final", "lower", True)

    annul_decision(case, COURT, by=By(boss, RULED))

    row = report(case.cycle)["attestations"][0]
    assert row["status"] == "closed"
    assert row["decision"] is None
    assert row["final"] is False
    assert row["consequences"] == []
    assert row["reattest_by"] is None
    assert row["category_until"] is None


def test_f_d22_what_was_queued_is_superseded_and_both_facts_stand_in_the_journal(
    boss: User, failed: Attestation
) -> None:
    case = failed
    queued = set(
        Notice.objects.filter(attestation=case, state=Notice.State.QUEUED).values_list("pk", flat=True)
    )
    assert queued

    annul_decision(case, COURT, by=By(boss, RULED))

    before = Notice.objects.filter(pk__in=queued)
    assert set(before.values_list("state", flat=True)) == {Notice.State.SUPERSEDED}
    entries = JournalEntry.objects.filter(attestation=case, at=RULED)
    assert entries.get(act="annul").data["to"] == "closed"
    told = entries.get(act="notices_superseded").data["notices"]
    assert {line["notice"] for line in told} == queued
    assert all(line["queued_at"] < RULED.isoformat() for line in told)
    # Nothing of the old event leaves; what leaves is the news of the annulment.
    delivery.deliver(now=RULED)
    assert not before.filter(state=Notice.State.SENT).exists()
    news = Notice.objects.get(attestation=case, kind="decision_annulled", employee=case.employee)
    assert news.state == Notice.State.FAILED  # the employee has no address: HR serves it by hand


def test_the_letter_names_document_and_decision(boss: User, failed: Attestation) -> None:
    case = failed
    UserFactory(role=Role.HR, center=case.center, username="hr1")
    annul_decision(case, COURT, by=By(boss, RULED))
    news = Notice.objects.get(kind="decision_annulled", user__username="hr1")
    subject, body = letters.texts(news, "en")
    assert subject == f"Case {case.case_no}: the final decision is annulled"
    assert "annulled by a court, by document 2а-417/2026 of 18.03.2026" in body
    assert "final decision of 10.02.2026" in body
    for language, word in (("kk", "жойылды"), ("ru", "отменено")):
        assert word in letters.texts(news, language)[1]


def test_a_second_annulment_is_refused_and_changes_nothing(boss: User, passed: Attestation) -> None:
    case = passed
    annul_decision(case, COURT, by=By(boss, RULED))
    before = footprint()
    with pytest.raises(Refused) as refused:
        annul_decision(case, replace(COURT, number="2"), by=By(boss, RULED))
    assert refused.value.code == "annulled_already"
    assert "2а-417/2026" in refused.value.message
    assert "18.03.2026" in refused.value.message
    assert footprint() == before
    assert Annulment.objects.count() == 1


def test_a_provisional_decision_is_not_annulled(boss: User) -> None:
    case = decided()
    with pytest.raises(Refused) as refused:
        annul_decision(case, COURT, by=By(boss, RULED))
    assert (refused.value.code, refused.value.cite) == ("not_final", "I-12")
    assert fresh(case).status == Status.PROVISIONAL


def test_a_case_under_appeal_is_ruled_on_first(boss: User, passed: Attestation) -> None:
    case = passed
    appeal_opened(case, by=By(None, moment("2026-02-12 10:00")))
    with pytest.raises(Refused) as refused:
        annul_decision(case, COURT, by=By(boss, RULED))
    assert refused.value.code == "under_appeal"
    assert "commission rules first" in refused.value.message


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (replace(COURT, dated=date(2026, 3, 21)), "document_of_the_future"),
        (replace(COURT, dated=date(2026, 2, 9)), "document_before_decision"),
        (replace(COURT, number="  "), "text_missing"),
        (replace(COURT, text="\n"), "text_missing"),
        (replace(COURT, number="1" * 121), "text_too_long"),
        (replace(COURT, body="neighbour"), "unknown_body"),
    ],
)
def test_the_document_is_checked(document: Document, code: str, boss: User, passed: Attestation) -> None:
    case = passed
    before = footprint()
    with pytest.raises(Refused) as refused:
        annul_decision(case, document, by=By(boss, RULED))
    assert refused.value.code == code
    assert footprint() == before


@pytest.mark.parametrize("day", [date(2026, 2, 10), date(2026, 3, 20)])
def test_the_bounds_of_the_documents_day_are_in(day: date, boss: User, passed: Attestation) -> None:
    case = passed
    annul_decision(case, replace(COURT, dated=day), by=By(boss, RULED))
    assert fresh(case).status == Status.CLOSED


@pytest.mark.parametrize("role", [role for role in Role.values if role != Role.ADMINISTRATOR])
def test_only_an_administrator_annuls(role: str, passed: Attestation) -> None:
    case = passed
    person = UserFactory(role=role, center=case.center)
    with pytest.raises(Refused) as refused:
        annul_decision(case, COURT, by=By(person, RULED))
    assert refused.value.code == "no_permission"


def test_the_system_annuls_nothing() -> None:
    assert not access.may(None, "annul_decision")
    with pytest.raises(Refused):
        annul_decision(final(), COURT, by=By(None, RULED))


def test_f_a6_nobody_annuls_the_decision_on_themselves(passed: Attestation) -> None:
    case = passed
    own = UserFactory(employee=case.employee)
    with pytest.raises(Refused) as refused:
        annul_decision(case, COURT, by=By(own, RULED))
    assert refused.value.code == "own_record"


def test_what_waits_to_be_confirmed_is_void(boss: User, passed: Attestation) -> None:
    case = passed
    deadline = Deadline.objects.open().filter(attestation=case).first()
    assert deadline is not None
    holding.hold_closing(deadline, ["calendar"], now=GRACE_OVER)
    annul_decision(case, COURT, by=By(boss, RULED))
    effect = ReadyEffect.objects.get()
    assert (effect.state, effect.closed_by) == (ReadyEffect.State.VOID, boss)


def test_a_decision_of_a_later_case_stays_in_effect(boss: User) -> None:
    """I-16: the restored period ends where the later decision would have ended it."""
    first = final(60, "5", existing="mentor", declared="mentor")
    lowered = CategoryTerm.objects.get(decision__attestation=first)
    assert lowered.category == "case_manager"
    annul_decision(first, COURT, by=By(boss, RULED))
    mentor = CategoryTerm.objects.get(employee=first.employee, category="mentor")
    assert (mentor.ended_by, mentor.ends_on) == (None, date(2028, 1, 10))
    lowered.refresh_from_db()
    assert lowered.suspended_at == RULED
    restored = Deadline.objects.open().get(term=mentor)
    assert restored.key.startswith(f"category:{mentor.pk}")


def test_a_case_that_repeats_the_duty_is_none_any_more(boss: User, failed: Attestation) -> None:
    """I-25: the duty of the annulled decision is over; who was listed for it is attested as others are."""
    case = failed
    (duty,) = reattestations_owed(case.employee)
    cycle = other_cycle(case, testing_starts=date(2026, 6, 1), testing_ends=date(2026, 6, 5))
    again = AttestationFactory(
        employee=case.employee, cycle=cycle, repeat=True, repeats=duty, case_no="again"
    )
    assert reattestation.still_repeats(again)
    assert annulling.repeated_by(case) == [again]
    annul_decision(case, COURT, by=By(boss, RULED))
    again = fresh(again)
    assert reattestation.duty_of(again) is None
    assert not reattestation.still_repeats(again)
    assert reattestations_owed(case.employee) == []


def test_a_duty_met_before_is_ended_too(boss: User, failed: Attestation) -> None:
    case = failed
    (duty,) = reattestations_owed(case.employee)
    cycle = other_cycle(case, testing_starts=date(2026, 3, 2), testing_ends=date(2026, 3, 6))
    again = AttestationFactory(
        employee=case.employee, cycle=cycle, repeat=True, repeats=duty, case_no="again"
    )
    reattestation.meet_by_publishing(again, by=By(None, moment("2026-03-06 09:00")))
    annul_decision(case, COURT, by=By(boss, RULED))
    duty.refresh_from_db()
    assert (duty.state, duty.done_text) == (Consequence.State.ENDED, "again")
    assert not reattestation.still_repeats(fresh(again))
    assert replay().differences == []


def test_the_employer_has_nothing_left_to_record(boss: User) -> None:
    case = final(60, "5", repeat=True)
    row = Consequence.objects.get(attestation=case, kind="dismissal")
    annul_decision(case, COURT, by=By(boss, RULED))
    with pytest.raises(Refused) as refused:
        close_consequence(row, text="№ 5", by=By(boss, RULED + timedelta(days=1)))
    assert refused.value.code == "nothing_to_close"


def test_an_annulled_case_can_be_listed_anew_and_moves_no_more(boss: User, passed: Attestation) -> None:
    case = passed
    annul_decision(case, COURT, by=By(boss, RULED))
    sweep(RULED + timedelta(days=30))
    assert fresh(case).status == Status.CLOSED
    assert previous_final_on(fresh(case)) is None
    with pytest.raises(Refused):
        close_attestation(case, reason="x", by=By(boss, RULED))
    AttestationFactory(employee=case.employee, cycle=case.cycle, case_no="anew")


def test_a_suspended_term_that_the_decision_had_cut_short_does_not_come_back(boss: User) -> None:
    """A period whose own decision was reopened gets its end back, and stays suspended, out of the ledger."""
    person = EmployeeFactory()
    case = final(60, "5", existing="mentor", declared="mentor", employee=person)
    mentor = CategoryTerm.objects.get(employee=person, category="mentor")
    CategoryTerm.objects.filter(pk=mentor.pk).update(suspended_at=moment("2026-03-01 09:00"))
    annul_decision(case, COURT, by=By(boss, RULED))
    mentor.refresh_from_db()
    assert mentor.ends_on == date(2028, 1, 10)
    assert not Deadline.objects.open().filter(term=mentor).exists()


def test_reopening_and_annulling_share_what_they_take_back() -> None:
    """I-14: the same pieces, another word for the consequences."""
    case = final(60, "5", existing="mentor", declared="mentor")
    decision = Decision.objects.current().get(attestation=case)
    consequences.suspend(case, decision, by=By(None, RULED))
    states = set(Consequence.objects.filter(decision=decision).values_list("state", flat=True))
    assert states == {Consequence.State.SUSPENDED}
    entry = JournalEntry.objects.get(act="consequences_suspended")
    assert entry.data == {"decision": decision.pk}
