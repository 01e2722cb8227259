"""Proof of service of a result and of a decision; letters served by hand (F-D20, F-D21)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from attestation import journal
from attestation.by import By
from attestation.cases.proof_of_service import (
    Service,
    lacking,
    paper_of_notice,
    papers_of,
    prove_service,
    to_serve_by_hand,
)
from attestation.models import (
    Attestation,
    Decision,
    JournalEntry,
    Notice,
    ProofOfService,
    Result,
    Role,
    User,
)
from attestation.notices import delivery, serve_letters
from attestation.refusals import Refused
from tests.factories import EmployeeFactory, UserFactory, moment
from tests.siblings_cast import decided, footprint, fresh, published, sweep

pytestmark = pytest.mark.django_db

PUBLISHED = moment("2026-02-05 17:40")
NOW = moment("2026-02-12 15:00")


@pytest.fixture
def case() -> Attestation:
    return published()


@pytest.fixture
def officer(case: Attestation) -> User:
    return UserFactory(role=Role.HR, center=case.center)


@pytest.fixture
def result(case: Attestation) -> Result:
    return Result.objects.get(attestation=case)


def handed_over(officer: User) -> Service:
    return Service(moment("2026-02-06 11:00"), "in_person", "signed", officer)


def test_a_result_handed_over_against_signature(case: Attestation, result: Result, officer: User) -> None:
    assert [paper.of for paper in lacking(papers_of(case))] == [result]

    proof = prove_service(case, result, handed_over(officer), by=By(officer, NOW))

    assert (proof.result, proof.decision, proof.how, proof.outcome) == (result, None, "in_person", "signed")
    assert (proof.served_by, proof.recorded_by, proof.recorded_at) == (officer, officer, NOW)
    assert lacking(papers_of(case)) == []
    entry = JournalEntry.objects.get(act="prove_service")
    assert (entry.attestation, entry.actor) == (case, officer)
    assert entry.data == {
        "proof": proof.pk,
        "result": result.pk,
        "notice": None,
        "served_at": "2026-02-06T06:00:00Z",
        "how": "in_person",
        "outcome": "signed",
        "served_by": officer.pk,
    }
    assert journal.verify() is None


def test_no_name_and_no_note_in_the_journal(case: Attestation, result: Result, officer: User) -> None:
    refused = Service(moment("2026-02-06 11:00"), "in_person", "refused", officer, "Әбенова қол қоймады")
    prove_service(case, result, refused, by=By(officer, NOW))
    assert "Әбенова" not in journal.canonical(JournalEntry.objects.get(act="prove_service").data)


def test_refused_then_a_letter_are_two_proofs(case: Attestation, result: Result, officer: User) -> None:
    refused = Service(moment("2026-02-06 11:00"), "in_person", "refused", officer, "екі куә болды")
    by_letter = Service(moment("2026-02-07 09:00"), "letter", "sent", officer)
    prove_service(case, result, refused, by=By(officer, NOW))
    prove_service(case, result, by_letter, by=By(officer, NOW))
    (paper,) = papers_of(case)
    assert [proof.outcome for proof in paper.proofs] == ["refused", "sent"]
    assert not paper.lacks_proof


def test_a_final_decision_is_to_be_served_and_a_provisional_one_may_be(officer: User) -> None:
    case = decided()
    assert [paper.key.partition(":")[0] for paper in lacking(papers_of(case))] == ["result"]
    sweep(moment("2026-02-11 00:05"))
    decision = Decision.objects.current().get(attestation=case)
    assert next(paper.of for paper in lacking(papers_of(case))) == decision
    boss = UserFactory()
    service = Service(moment("2026-02-11 10:00"), "letter", "signed", boss)
    prove_service(fresh(case), decision, service, by=By(boss, NOW))
    assert decision not in [paper.of for paper in lacking(papers_of(case))]
    earlier = Decision.objects.get(attestation=case, state="provisional")
    prove_service(fresh(case), earlier, service, by=By(boss, NOW))


@pytest.mark.parametrize(
    ("served", "code"),
    [
        ("2026-02-05 17:39", "served_before_paper"),
        ("2026-02-12 15:01", "served_in_the_future"),
    ],
)
def test_never_before_the_paper_and_never_in_the_future(
    served: str, code: str, case: Attestation, result: Result, officer: User
) -> None:
    service = replace(handed_over(officer), served_at=moment(served))
    with pytest.raises(Refused) as refused:
        prove_service(case, result, service, by=By(officer, NOW))
    assert refused.value.code == code
    assert served[11:] in refused.value.message


@pytest.mark.parametrize("served", ["2026-02-05 17:40", "2026-02-12 15:00"])
def test_both_bounds_are_in(served: str, case: Attestation, result: Result, officer: User) -> None:
    service = replace(handed_over(officer), served_at=moment(served))
    assert prove_service(case, result, service, by=By(officer, NOW)).pk


@pytest.mark.parametrize(
    ("how", "outcome", "note", "code"),
    [
        ("in_person", "sent", "", "outcome_impossible"),
        ("email", "refused", "жауап жоқ", "outcome_impossible"),
        ("pigeon", "sent", "", "outcome_impossible"),
        ("in_person", "refused", "  ", "text_missing"),
        ("letter", "refused", "", "text_missing"),
    ],
)
def test_what_does_not_fit_is_refused(
    how: str, outcome: str, note: str, code: str, case: Attestation, result: Result, officer: User
) -> None:
    before = footprint()
    with pytest.raises(Refused) as refused:
        prove_service(case, result, Service(NOW, how, outcome, officer, note), by=By(officer, NOW))
    assert refused.value.code == code
    assert footprint() == before
    assert not ProofOfService.objects.exists()


def test_an_unpublished_result_and_a_paper_of_another_case_are_none(officer: User, case: Attestation) -> None:
    strange = Result.objects.get(attestation=published())
    with pytest.raises(Refused) as refused:
        prove_service(case, strange, handed_over(officer), by=By(officer, NOW))
    assert refused.value.code == "no_such_paper"
    Result.objects.create(
        attestation=(other := decided()),
        questions_total=100,
        correct_answers=1,
        finished_at=PUBLISHED,
        recorded_at=PUBLISHED,
        superseded_at=PUBLISHED,
    )
    assert len([paper for paper in papers_of(other) if isinstance(paper.of, Result)]) == 1


def test_f_a6_nobody_proves_or_makes_the_service_on_themselves(result: Result, case: Attestation) -> None:
    own = UserFactory(role=Role.HR, center=case.center, employee=case.employee)
    other = UserFactory(role=Role.HR, center=case.center)
    for actor, served_by in ((own, other), (other, own)):
        with pytest.raises(Refused) as refused:
            prove_service(case, result, handed_over(served_by), by=By(actor, NOW))
        assert refused.value.code == "own_record"


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.SECRETARY, Role.CHAIR, Role.MEMBER])
def test_whose_task_it_is_not(role: str, case: Attestation, result: Result) -> None:
    person = UserFactory(role=role, center=None)
    with pytest.raises(Refused) as refused:
        prove_service(case, result, handed_over(person), by=By(person, NOW))
    assert refused.value.code == "no_permission"


def test_an_officer_of_another_centre_finds_no_such_case(case: Attestation, result: Result) -> None:
    stranger = UserFactory(role=Role.HR, center=EmployeeFactory().center)
    with pytest.raises(Refused) as refused:
        prove_service(case, result, handed_over(stranger), by=By(stranger, NOW))
    assert refused.value.code == "not_found"


# --- letters that could not be sent, or came back -------------------------------------------------------


def letter(case: Attestation) -> Notice:
    return Notice.objects.get(attestation=case, kind="result_published", employee=case.employee)


def test_f_d21_without_an_address_the_result_is_served_by_hand_and_the_task_ends(
    case: Attestation, result: Result, officer: User
) -> None:
    delivery.deliver(now=PUBLISHED + timedelta(minutes=5))
    failed = letter(case)
    assert failed.state == Notice.State.FAILED
    assert to_serve_by_hand(case) == [failed]
    assert paper_of_notice(failed) == result

    proof = prove_service(case, result, handed_over(officer), notice=failed, by=By(officer, NOW))

    assert proof.notice == failed
    assert to_serve_by_hand(case) == []
    failed.refresh_from_db()
    assert failed.state == Notice.State.FAILED  # the e-mail stays what it was; the proof tells the rest
    assert JournalEntry.objects.get(act="prove_service").data["notice"] == failed.pk


def test_f_d21_a_bounce_is_a_task_until_somebody_serves_the_paper(officer: User) -> None:
    person = EmployeeFactory(email="person@mail.example")
    case = published(employee=person)
    boss = UserFactory()
    delivery.deliver(now=PUBLISHED + timedelta(minutes=5))
    sent = letter(case)
    assert sent.state == Notice.State.SENT
    assert to_serve_by_hand(case) == []
    serve_letters.record_came_back(sent, note="550", by=By(boss, NOW))
    sent.refresh_from_db()
    assert (sent.state, sent.bounced_at) == (Notice.State.FAILED, NOW)
    assert to_serve_by_hand(case) == [sent]
    result = Result.objects.get(attestation=case)
    service = Service(NOW, "letter", "sent", boss)
    prove_service(case, result, service, notice=sent, by=By(boss, NOW))
    assert to_serve_by_hand(case) == []


def test_a_letter_that_was_sent_does_not_wait(case: Attestation, result: Result, officer: User) -> None:
    with pytest.raises(Refused) as refused:
        prove_service(case, result, handed_over(officer), notice=letter(case), by=By(officer, NOW))
    assert refused.value.code == "nothing_to_serve"


def test_the_letter_and_the_paper_belong_together(officer: User) -> None:
    case = decided()
    delivery.deliver(now=PUBLISHED + timedelta(minutes=5))
    decision = Decision.objects.get(attestation=case)
    boss = UserFactory()
    service = Service(NOW, "letter", "sent", boss)
    with pytest.raises(Refused) as refused:
        prove_service(case, decision, service, notice=letter(case), by=By(boss, NOW))
    assert refused.value.code == "another_paper"
