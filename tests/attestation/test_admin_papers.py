"""The pages of outages, proof of service and annulment: each role's rights, scope, what is shown and done."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from attestation.by import By
from attestation.deadlines.outages import record_outage
from attestation.models import (
    Annulment,
    CalendarYear,
    Deadline,
    Decision,
    Notice,
    Outage,
    ProofOfService,
    Result,
    Role,
    Status,
)
from attestation.notices import delivery
from tests.attestation.admin_cast import (
    MONDAY,
    NEXT_WEEK,
    ROLES,
    Region,
    at,
    client_of,
    make_region,
    member_of,
    messages_of,
    sweep,
    text_of,
    url,
)
from tests.binding import done
from tests.factories import EmployeeFactory, UserFactory, moment
from tests.siblings_cast import fresh, published

__all__ = ["at"]

pytestmark = pytest.mark.django_db

FRIDAY_9, FRIDAY_12 = moment("2026-02-06 09:00"), moment("2026-02-06 12:00")


def made_once() -> Region:
    CalendarYear.objects.update(confirmed_at=moment("2026-01-05 09:00"))
    return make_region("Шығыс")


@pytest.fixture(autouse=True)
def region(at: Callable[[datetime], None], shared: Region) -> Region:
    return shared


def outage() -> Outage:
    return record_outage(
        began_at=FRIDAY_9, ended_at=FRIDAY_12, reason="Дата-орталық өшті", by=By(None, FRIDAY_12)
    )


def do(name: str, obj: Any, slug: str) -> str:
    return url(f"attestation_{name}_act", obj.pk, slug)


# --- who sees and does what -----------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_rights_of_the_outages(role: str, region: Region) -> None:
    client, row = client_of(member_of(role, region)), outage()
    seen = 403 if role == Role.MEMBER else 200
    assert client.get(url("attestation_outage_changelist")).status_code == seen
    assert client.get(url("attestation_outage_change", row.pk)).status_code == seen
    acting = 200 if role == Role.ADMINISTRATOR else 403
    assert client.get(url("attestation_outage_add")).status_code == acting
    # A page that one doesn't see is answered like one that is not there.
    acting = 302 if role == Role.MEMBER else acting
    for slug in ("end", "settle"):
        assert client.get(do("outage", row, slug)).status_code == acting


@pytest.mark.parametrize("role", ROLES)
def test_rights_of_proofs_and_annulments(role: str, region: Region) -> None:
    client = client_of(member_of(role, region))
    office = role in (Role.ADMINISTRATOR, Role.AUDITOR, Role.HR)
    assert client.get(url("attestation_proofofservice_changelist")).status_code == (200 if office else 403)
    annulments = client.get(url("attestation_annulment_changelist")).status_code
    assert annulments == (403 if role == Role.MEMBER else 200)
    proving = 200 if role in (Role.ADMINISTRATOR, Role.HR) else 403
    assert client.get(do("attestation", region.case, "prove-service")).status_code == proving
    annulling = 200 if role == Role.ADMINISTRATOR else 403
    assert client.get(do("attestation", region.case, "annul")).status_code == annulling


def test_f_a1_an_outage_shows_the_cases_in_sight_alone(region: Region) -> None:
    other = make_region("Батыс")
    row = outage()
    page = text_of(client_of(region.officer).get(url("attestation_outage_change", row.pk)))
    assert region.case.case_no in page
    assert other.mark not in page
    assert other.case.case_no not in page


# --- outages --------------------------------------------------------------------------------------------


def test_an_outage_is_recorded_ended_and_settled_from_the_pages(region: Region) -> None:
    boss = UserFactory()
    client = client_of(boss)
    form = {"began_at": "2026-02-06T09:00", "ended_at": "", "reason": "Дата-орталық өшті", "document": ""}
    answer = client.post(url("attestation_outage_add"), form, follow=True)
    row = Outage.objects.get()
    assert (row.began_at, row.ended_at, row.recorded_by) == (FRIDAY_9, None, boss)
    assert messages_of(answer) == ["The outage is on record. Settle the terms it cut into."]
    assert "still on" in text_of(answer).lower()

    client.post(do("outage", row, "end"), {"ended_at": "2026-02-06T12:00"})
    row.refresh_from_db()
    assert row.ended_at == FRIDAY_12

    page = client.get(do("outage", row, "settle"))
    assert not Outage.objects.filter(settled_at__isnull=False).exists()
    shown = page.context["form"]
    appeals = [line for line in shown.lines if line.cut.deadline.kind == "appeal"]
    assert {line.checked for line in appeals} == {True}
    text = text_of(page)
    assert "09.02.2026 → <b>10.02.2026</b>" in text
    deadlines = [line.key for line in appeals]
    answer = client.post(
        do("outage", row, "settle"),
        {"extend": deadlines, "seen": shown.digest, "reason": "№ 7 бұйрық"},
        follow=True,
    )
    assert messages_of(answer) == ["The outage is settled: 2 terms are longer or open again."]
    assert {deadline.due_on.isoformat() for deadline in Deadline.objects.filter(pk__in=deadlines)} == {
        "2026-02-10"
    }
    text = text_of(answer)
    assert "Terms made longer or opened again" in text
    assert region.case.case_no in text
    case_page = text_of(client.get(url("attestation_attestation_change", region.case.pk)))
    assert "Last day" not in case_page or "10.02.2026" in case_page


def test_what_was_unticked_stays_as_it_was(region: Region) -> None:
    client, row = client_of(UserFactory()), outage()
    shown = client.get(do("outage", row, "settle")).context["form"]
    one = next(line.key for line in shown.lines if line.cut.deadline.attestation == region.case)
    client.post(do("outage", row, "settle"), {"extend": [one], "seen": shown.digest, "reason": "№ 7"})
    row.refresh_from_db()
    assert row.settled_reason == "№ 7"
    assert Deadline.objects.get(pk=one).due_on.isoformat() == "2026-02-10"
    left = Deadline.objects.get(attestation=region.appealed, kind="appeal")
    assert left.due_on.isoformat() == "2026-02-09"


def test_terms_that_changed_meanwhile_are_shown_anew(region: Region) -> None:
    client, row = client_of(UserFactory()), outage()
    answer = client.post(
        do("outage", row, "settle"), {"extend": ["x", "1"], "seen": "0" * 64, "reason": "№ 7"}
    )
    assert answer.status_code == 422
    assert "have changed since they were shown" in text_of(answer)
    assert answer.context["form"].digest in text_of(answer)
    assert all(line.checked == line.cut.proposed for line in answer.context["form"].lines)
    row.refresh_from_db()
    assert row.settled_at is None


def test_without_a_reason_the_ticks_are_kept(region: Region) -> None:
    client, row = client_of(UserFactory()), outage()
    digest = client.get(do("outage", row, "settle")).context["form"].digest
    answer = client.post(do("outage", row, "settle"), {"extend": [], "seen": digest, "reason": ""})
    assert answer.status_code == 422
    assert not any(line.checked for line in answer.context["form"].lines)


def test_many_terms_are_settled_by_region_with_every_one_in_the_file(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attestation.admin.outages.MOST_LINES", 1)
    other, client, row = make_region("Батыс"), client_of(UserFactory()), outage()
    listing = list(csv.reader(io.StringIO(text_of(client.get(url("attestation_outage_terms", row.pk))))))
    assert {line[0] for line in listing[1:] if line[3] == "filing an appeal"} == {
        case.case_no for one in (region, other) for case in (one.case, one.appealed)
    }
    page = client.get(do("outage", row, "settle"))
    shown = page.context["form"]
    assert 'value="term-' not in text_of(page)
    appeal = {total.region: total for total in shown.totals if total.kind == "filing an appeal"}
    here = appeal[str(region.center)]
    assert (here.count, len(here.deadlines), here.checked) == (2, 2, True)

    sent = {"extend": [here.key], "seen": shown.digest, "reason": "№ 7"}
    wrong = client.post(do("outage", row, "settle"), {**sent, "left_out": "X-1"})
    assert wrong.status_code == 422
    assert "None of the terms above is of case “X-1”." in str(wrong.context["form"].errors["left_out"])
    again = {total.key: total.checked for total in wrong.context["form"].totals if total.deadlines}
    assert [key for key, checked in again.items() if checked] == [here.key]

    answer = client.post(
        do("outage", row, "settle"), {**sent, "left_out": f"{region.appealed.case_no},"}, follow=True
    )
    assert messages_of(answer) == ["The outage is settled: 1 term is longer or open again."]
    days = {
        deadline.attestation.case_no: deadline.due_on.isoformat()
        for deadline in Deadline.objects.filter(kind="appeal").select_related("attestation")
        if deadline.attestation is not None
    }
    assert days.pop(region.case.case_no) == "2026-02-10"
    assert set(days.values()) == {"2026-02-09"}
    done = text_of(client.get(url("attestation_outage_terms", row.pk)))
    assert f"{region.case.case_no}," in done
    assert region.appealed.case_no not in done


def test_f_a1_the_file_has_the_cases_in_sight_alone(region: Region) -> None:
    other, row = make_region("Батыс"), outage()
    listing = text_of(client_of(region.officer).get(url("attestation_outage_terms", row.pk)))
    assert region.case.case_no in listing
    assert other.mark not in listing
    assert client_of(region.officer).post(url("attestation_outage_terms", row.pk)).status_code == 405
    assert client_of(region.officer).get(url("attestation_outage_terms", 99_999)).status_code == 404


# --- proof of service -----------------------------------------------------------------------------------


def service(**values: str) -> dict[str, str]:
    return {
        "served_at": "2026-02-06T10:00",
        "how": "in_person",
        "outcome": "signed",
        "served_by": "",
        "note": "",
        **values,
    }


def test_the_case_shows_what_lacks_proof_and_then_the_proof(region: Region) -> None:
    client, case = client_of(region.officer), region.case
    address = url("attestation_attestation_change", case.pk)
    assert "no proof of service yet" in text_of(client.get(address))
    result = Result.objects.get(attestation=case)
    form = client.get(do("attestation", case, "prove-service")).context["form"]
    assert form.fields["paper"].initial == f"result:{result.pk}"
    assert "letter" not in form.fields
    answer = client.post(
        do("attestation", case, "prove-service"),
        service(paper=f"result:{result.pk}", served_by=str(region.officer.pk)),
        follow=True,
    )
    assert messages_of(answer) == ["The service is on record."]
    proof = ProofOfService.objects.get()
    assert (proof.served_by, proof.served_at) == (region.officer, moment("2026-02-06 10:00"))
    text = text_of(client.get(address))
    assert "no proof of service yet" not in text
    assert "received against signature" in text
    assert "Proof of service put on record" in text


def test_a_refusal_needs_its_note(region: Region) -> None:
    client, case = client_of(region.officer), region.case
    result = Result.objects.get(attestation=case)
    answer = client.post(
        do("attestation", case, "prove-service"), service(paper=f"result:{result.pk}", outcome="refused")
    )
    assert answer.status_code == 422
    assert "how the signature was refused and who was present" in text_of(answer)


def test_a_paper_of_another_case_is_no_choice(region: Region) -> None:
    strange = Result.objects.get(attestation=region.appealed)
    answer = client_of(region.officer).post(
        do("attestation", region.case, "prove-service"), service(paper=f"result:{strange.pk}")
    )
    assert answer.status_code == 422
    assert not ProofOfService.objects.exists()


def test_served_by_offers_colleagues_in_sight(region: Region) -> None:
    other = make_region("Батыс")
    form = client_of(region.officer).get(do("attestation", region.case, "prove-service")).context["form"]
    offered = set(form.fields["served_by"].queryset)
    assert region.officer in offered
    assert other.officer not in offered


def test_f_d21_a_failed_letter_is_served_from_its_own_page(region: Region) -> None:
    delivery.deliver(now=MONDAY)
    letter = Notice.objects.get(
        attestation=region.case, kind="result_published", employee=region.case.employee
    )
    assert letter.state == Notice.State.FAILED
    client = client_of(region.officer)
    assert "Served by hand" in text_of(client.get(url("attestation_notice_change", letter.pk)))
    answer = client.post(do("notice", letter, "served"), service(), follow=True)
    assert messages_of(answer) == ["The service is on record."]
    assert ProofOfService.objects.get().notice == letter
    text = text_of(client.get(url("attestation_notice_change", letter.pk)))
    assert "Served by hand on 06.02.2026 10:00" in text
    assert do("notice", letter, "served") not in text


def test_f_d20_from_the_case_the_letter_is_named(region: Region) -> None:
    delivery.deliver(now=MONDAY)
    case = region.case
    letter = Notice.objects.get(attestation=case, kind="result_published", employee=case.employee)
    client, result = client_of(region.officer), Result.objects.get(attestation=case)
    client.post(
        do("attestation", case, "prove-service"),
        service(paper=f"result:{result.pk}", letter=str(letter.pk)),
    )
    assert ProofOfService.objects.get().notice == letter


def test_f_a6_no_act_on_ones_own_papers(at: Callable[[datetime], None]) -> None:
    person = EmployeeFactory()
    case = published(employee=person)
    own = UserFactory(role=Role.HR, center=case.center, employee=person)
    assert client_of(own).get(do("attestation", case, "prove-service")).status_code == 403
    boss = UserFactory(employee=person)
    assert client_of(boss).get(do("attestation", case, "annul")).status_code == 403


# --- annulment ------------------------------------------------------------------------------------------


def made_final(region: Region, at: Callable[[datetime], None]) -> None:
    sweep(moment("2026-02-11 00:05"))
    at(NEXT_WEEK)


COURT = {
    "body": "court",
    "document_no": "2а-417/2026",
    "document_date": "2026-02-15",
    "reason": "Рәсім бұзылған",
}


def test_the_page_says_what_will_end(region: Region, at: Callable[[datetime], None]) -> None:
    made_final(region, at)
    text = text_of(client_of(UserFactory()).get(do("attestation", region.case, "annul")))
    assert "ends: the category is conferred (¶7)" in text
    assert "no longer in force: category “career consultant”" in text
    assert "not sent any more" in text
    assert not Annulment.objects.exists()


def test_a_decision_is_annulled_and_shown_so(region: Region, at: Callable[[datetime], None]) -> None:
    made_final(region, at)
    boss = UserFactory()
    client, case = client_of(boss), region.case
    decision = Decision.objects.current().get(attestation=case)
    answer = done(client, do("attestation", case, "annul"), COURT, follow=True)
    assert messages_of(answer) == [
        f"The decision is annulled; case {case.case_no} is closed without a decision."
    ]
    assert fresh(case).status == Status.CLOSED
    text = text_of(answer)
    assert "annulled by a court, by document 2а-417/2026 of 15" in text
    assert "Рәсім бұзылған" in text
    assert "No decision is in force: the case is closed." in text
    assert "Decision annulled" in text
    assert do("attestation", case, "annul") not in text
    page = text_of(client.get(url("attestation_decision_change", decision.pk)))
    assert "This decision was annulled (court, document 2а-417/2026" in page
    listed = text_of(client.get(url("attestation_annulment_changelist")))
    assert "2а-417/2026" in listed
    record = Annulment.objects.get()
    assert client.get(url("attestation_annulment_change", record.pk)).status_code == 200


def test_a_refusal_is_said_on_the_form(region: Region, at: Callable[[datetime], None]) -> None:
    made_final(region, at)
    answer = client_of(UserFactory()).post(
        do("attestation", region.case, "annul"), {**COURT, "document_date": "2026-02-09"}
    )
    assert answer.status_code == 422
    assert "before the decision of 10.02.2026" in text_of(answer)


def test_a_provisional_case_offers_no_annulment(region: Region) -> None:
    client = client_of(UserFactory())
    page = text_of(client.get(url("attestation_attestation_change", region.case.pk)))
    assert do("attestation", region.case, "annul") not in page
    answer = done(client, do("attestation", region.case, "annul"), COURT)
    assert answer.status_code == 422
    assert "Only a final decision is annulled" in text_of(answer)


def test_the_lists_show_what_is_in_sight(region: Region, at: Callable[[datetime], None]) -> None:
    made_final(region, at)
    done(client_of(UserFactory()), do("attestation", region.case, "annul"), COURT)
    other = make_region("Батыс")
    assert "2а-417/2026" not in text_of(client_of(other.officer).get(url("attestation_annulment_changelist")))
    assert "2а-417/2026" in text_of(client_of(region.officer).get(url("attestation_annulment_changelist")))
