"""I-33: the attestee asks for a correction, with a document; the request is recorded and answered."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from attestation import clock
from attestation.by import By
from attestation.cases.correction_requests import answer_correction_request, record_correction_request
from attestation.cases.corrections import confirm_correction, withdraw_correction
from attestation.cases.finality import reopen
from attestation.cases.result_changes import correct_result
from attestation.law.calendar import local_day
from attestation.lookup import published_result
from attestation.models import Attestation, CorrectionRequest, JournalEntry, Notice, Role, Status, User
from attestation.notices.letters import texts
from tests.attestation.test_corrections import (
    CONFIRMED,
    GROUND,
    PROPOSED,
    boss,
    do,
    hr,
    made_once,
    passed,
    propose,
    refusal,
    right,
)
from tests.factories import UserFactory, moment
from tests.siblings_cast import GRACE_OVER, decided, fresh

__all__ = ["boss", "hr", "made_once", "passed"]

pytestmark = pytest.mark.django_db

ASKED = {
    "asked_on": date(2026, 3, 11),
    "text": "Question 12 was counted twice.",
    "document": "Request No. 4 of 11 March 2026",
}


@pytest.fixture
def chair(passed: Attestation) -> User:
    return UserFactory(role=Role.CHAIR, center=passed.center, last_name="Third")


def ask(case: Attestation, actor: User, **other: Any) -> CorrectionRequest:
    return record_correction_request(case, **{**ASKED, **other}, by=By(actor, PROPOSED))


def answer(case: Attestation, given: str, actor: User, reason: str = "Protocol No. 7 shows it.") -> Any:
    return answer_correction_request(case, given, reason=reason, by=By(actor, CONFIRMED))


def granted(case: Attestation, hr: User, chair: User) -> CorrectionRequest:
    ask(case, hr)
    request: CorrectionRequest = answer(case, "granted", chair)
    return request


# --- recorded, answered ---------------------------------------------------------------------------------


def test_i_33_a_request_changes_nothing_and_waits_for_an_answer(
    hr: User, chair: User, passed: Attestation
) -> None:
    """On record with its document; who answers is told, the attestee is not: it is theirs."""
    request = ask(passed, hr)
    assert fresh(passed).status == Status.FINAL
    assert list(CorrectionRequest.objects.waiting()) == [request]
    entry = JournalEntry.objects.latest("seq")
    assert (entry.act, entry.actor, entry.data["document"]) == (
        "record_correction_request",
        hr,
        ASKED["document"],
    )
    told = Notice.objects.filter(kind="correction_asked")
    assert set(told.values_list("user", "employee")) >= {(hr.pk, None), (chair.pk, None)}
    assert not told.filter(employee__isnull=False).exists()


def test_i_33_a_refusal_has_a_reason_and_the_attestee_is_told_it(
    hr: User, chair: User, passed: Attestation
) -> None:
    ask(passed, hr)
    refusal("text_missing", answer, passed, "refused", chair, reason=" ")
    refusal("unknown_answer", answer, passed, "perhaps", chair)
    request = answer(passed, "refused", chair)
    assert (request.answer, request.answered_by, request.answered_at) == ("refused", chair, CONFIRMED)
    assert not CorrectionRequest.objects.waiting().exists()
    letter = " ".join(texts(Notice.objects.get(kind="correction_answered", employee=passed.employee), "en"))
    assert "request for a correction of 11.03.2026 is refused" in letter
    assert "Protocol No. 7 shows it." in letter
    refusal("no_request", answer, passed, "granted", chair)


def test_i_33_what_was_granted_waits_until_the_correction_is_proposed(
    hr: User, chair: User, passed: Attestation
) -> None:
    """A proposal that is withdrawn leaves it waiting again; another one closes it."""
    request = granted(passed, hr, chair)
    letter = " ".join(texts(Notice.objects.get(kind="correction_answered", employee=passed.employee), "en"))
    assert "is granted" in letter
    assert list(CorrectionRequest.objects.waiting()) == [request]
    first = propose(passed, 60, hr)
    assert not CorrectionRequest.objects.waiting().exists()
    withdraw_correction(passed, by=By(hr, CONFIRMED))
    assert list(CorrectionRequest.objects.waiting()) == [request]
    second = propose(passed, 60, hr)
    request.refresh_from_db()
    assert (request.correction, first.pk == second.pk) == (second, False)
    confirm_correction(passed, by=By(chair, CONFIRMED))
    assert not CorrectionRequest.objects.waiting().exists()


def test_i_33_a_proposal_made_meanwhile_is_that_of_the_request(
    hr: User, chair: User, passed: Attestation
) -> None:
    ask(passed, hr)
    correction = propose(passed, 60, hr)
    assert answer(passed, "granted", chair).correction == correction
    assert not CorrectionRequest.objects.waiting().exists()


def test_i_33_of_a_case_reopened_meanwhile_the_result_is_corrected_at_once(
    hr: User, chair: User, boss: User, passed: Attestation
) -> None:
    """I-14: then no second person is needed, and the correction closes the request."""
    request = granted(passed, hr, chair)
    reopen(passed, by=By(boss, CONFIRMED), reason="late appeal")
    assert CorrectionRequest.objects.waiting().exists()
    correct_result(fresh(passed), right(passed, 60), **GROUND, by=By(hr, CONFIRMED))
    request.refresh_from_db()
    assert (request.correction, request.corrected_at) == (None, CONFIRMED)
    assert not CorrectionRequest.objects.waiting().exists()


# --- refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"asked_on": date(2026, 3, 13)}, "impossible_day"),
        ({"asked_on": date(2026, 1, 1)}, "impossible_day"),
        ({"text": " "}, "text_missing"),
        ({"document": ""}, "text_missing"),
        ({"document": "x" * 201}, "text_too_long"),
    ],
)
def test_i_33_a_request_that_cannot_be(other: Any, code: str, hr: User, passed: Attestation) -> None:
    refusal(code, ask, passed, hr, **other)


def test_i_33_the_day_of_publication_and_today_can_be(hr: User, chair: User, passed: Attestation) -> None:
    result = published_result(passed)
    assert result is not None
    assert result.published_at is not None
    for day in (local_day(result.published_at), PROPOSED.date()):
        assert ask(passed, hr, asked_on=day).asked_on == day
        answer(passed, "refused", chair)


def test_i_33_one_unanswered_request_a_case(hr: User, passed: Attestation) -> None:
    """Refused by the service, and by the database."""
    ask(passed, hr)
    refusal("request_waits", ask, passed, hr)
    with pytest.raises(IntegrityError), transaction.atomic():
        CorrectionRequest.objects.create(attestation=passed, **ASKED, recorded_by=hr, recorded_at=PROPOSED)


def test_i_33_before_the_final_decision_nothing_is_asked_for(hr: User, passed: Attestation) -> None:
    case = decided(89, employee=passed.employee.__class__.objects.exclude(pk=passed.employee_id).get())
    with pytest.raises(Exception, match="after the final decision"):
        record_correction_request(case, **ASKED, by=By(hr, GRACE_OVER))


@pytest.mark.parametrize(
    "change",
    [
        {"answer": "granted"},
        {"answer": "granted", "reason": "…", "answered_at": PROPOSED},
        {"corrected_at": PROPOSED},
        {"text": ""},
    ],
)
def test_i_33_the_database_refuses_half_an_answer(change: Any, hr: User, passed: Attestation) -> None:
    ask(passed, hr)
    with pytest.raises(IntegrityError), transaction.atomic():
        CorrectionRequest.objects.update(**change)


# --- the page -------------------------------------------------------------------------------------------


def test_the_page_records_answers_and_leads_to_the_proposal(
    hr: User, chair: User, passed: Attestation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chair reads the request, grants it and stands before the proposal, with the request above it."""
    monkeypatch.setattr(clock, "now", lambda: CONFIRMED)
    done = do(hr, passed, "ask-correction", **{**ASKED, "asked_on": "2026-03-11"}).content.decode()
    assert "The request is on record." in done
    assert "Requests for a correction" in done
    client = Client()
    client.force_login(chair)
    home = client.get(reverse("admin:index")).content.decode()
    assert "requests for a correction: to be answered or followed" in home
    address = reverse("admin:attestation_attestation_act", args=(passed.pk, "answer-correction-request"))
    page = client.get(address).content.decode()
    assert ASKED["text"] in page
    assert ASKED["document"] in page
    answered = do(chair, passed, "answer-correction-request", answer="granted", reason="It does.")
    assert answered.redirect_chain[-1][0].endswith("/do/propose-correction/")
    said = answered.content.decode()
    assert "The request is granted, and the attestee is told." in said
    assert ASKED["text"] in said
    listed = client.get(reverse("admin:attestation_correctionrequest_changelist"), {"waits": "granted"})
    assert passed.case_no in listed.content.decode()
    numbers = {"questions_total": "100", "correct_answers": "60", "finished_at": "2026-02-04T11:00"}
    do(chair, passed, "propose-correction", **numbers, **GROUND)
    listed = client.get(reverse("admin:attestation_correctionrequest_changelist"), {"waits": "any"})
    assert passed.case_no not in listed.content.decode()


def test_a_refusal_leads_back_to_the_case(
    hr: User, chair: User, passed: Attestation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment("2026-03-12 16:00"))
    ask(passed, hr)
    answered = do(chair, passed, "answer-correction-request", answer="refused", reason="It does not.")
    assert answered.redirect_chain[-1][0].endswith(f"/{passed.pk}/change/")
    assert "It does not." in answered.content.decode()
