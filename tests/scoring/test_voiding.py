"""I-34: a rating or a violation that was recorded wrongly is voided, never deleted."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse

from attestation import clock
from attestation.by import By
from attestation.cases.correction_requests import answer_correction_request, record_correction_request
from attestation.cases.corrections import confirm_correction, require_confirmable, withdraw_correction
from attestation.cases.finality import reopen
from attestation.deadlines import calendar
from attestation.deadlines.calendar import confirm_calendar
from attestation.models import (
    Attestation,
    CategoryTerm,
    Correction,
    CorrectionRequest,
    Deadline,
    Notice,
    Role,
    Status,
    User,
)
from attestation.notices.letters import texts
from attestation.refusals import Refused, refusal_of
from office.replay.replay import replay
from scoring.models import Rating, Violation, Voiding
from scoring.services.records import record_read_through
from scoring.services.voiding import void_record
from tests.attestation.admin_cast import client_of, text_of, url
from tests.binding import done
from tests.factories import EmployeeFactory, UserFactory, moment
from tests.siblings_cast import (
    GRACE_OVER,
    READ,
    current_decision,
    current_score,
    decided,
    errors,
    footprint,
    fresh,
    imported,
    sweep,
)

pytestmark = pytest.mark.django_db

NOON = moment("2026-02-07 12:00")
# 12 March is a Thursday: the grace of one working day ends with the 13th.
PROPOSED, CONFIRMED = moment("2026-03-12 12:00"), moment("2026-03-12 15:00")
THEN_OVER = moment("2026-03-14 00:05")
GROUND = {"reason": "Of another person", "document": "Letter No. 9 of 6 March 2026"}


@pytest.fixture(autouse=True)
def confirmed_year(db: None) -> None:
    confirm_calendar(2026, by=By(None, moment("2026-01-05 09:00")))


@pytest.fixture
def hr() -> User:
    return UserFactory(role=Role.HR, center=EmployeeFactory().center, last_name="First")


@pytest.fixture
def boss() -> User:
    return UserFactory(role=Role.ADMINISTRATOR, last_name="Second")


def case_of(hr: User, correct: int = 89, *scores: str, violations: int = 0) -> Attestation:
    """A case of the officer's centre with a provisional decision."""
    return decided(correct, *scores, violations=violations, employee=EmployeeFactory(center=hr.center))


def final_of(hr: User, *args: Any, **kwargs: Any) -> Attestation:
    case = case_of(hr, *args, **kwargs)
    sweep(GRACE_OVER)
    assert fresh(case).status == Status.FINAL
    return fresh(case)


def record_of(case: Attestation, model: type[Rating] | type[Violation]) -> Any:
    return model.objects.filter(employee=case.employee).order_by("pk").first()


def refusal(code: str, *args: str, actor: User | None, **ground: str) -> None:
    before = footprint()
    with pytest.raises(Refused) as refused, transaction.atomic():
        void_record(*args, **{**GROUND, **ground}, by=By(actor, PROPOSED))
    assert refused.value.code == code
    assert footprint() == before


# --- before the final decision -------------------------------------------------------------------------


def test_i_34_before_the_final_decision_the_assessment_is_formed_afresh(hr: User) -> None:
    """71.2 + 10 + 0 keeps the category; without the violation 91.2 confers it. Nothing is deleted."""
    case = case_of(hr, violations=1)
    assert (current_decision(case).outcome, current_score(case).violations) == ("existing", 1)
    violation = record_of(case, Violation)
    done = void_record("violation", violation.external_id, **GROUND, by=By(hr, NOON))
    assert isinstance(done, Voiding)
    assert (current_decision(case).outcome, current_score(case).violations) == ("declared", 0)
    assert Violation.objects.filter(pk=violation.pk).exists()
    with pytest.raises((ProtectedError, IntegrityError)), transaction.atomic():
        violation.delete()
    refusal("voided_already", "violation", violation.external_id, actor=hr)
    assert replay().differences == []


def test_i_34_the_last_rating_voided_leaves_the_row_held(hr: User) -> None:
    """I-05: no ratings is not zero."""
    case = case_of(hr, 89, "5")
    void_record("rating", record_of(case, Rating).external_id, **GROUND, by=By(hr, NOON))
    assert fresh(case).status == Status.HELD
    assert current_score(case).held == ["no_rating"]


# --- after it ----------------------------------------------------------------------------------------------


def test_i_34_after_the_final_decision_two_persons_and_the_grace_alone(hr: User, boss: User) -> None:
    """Proposed, confirmed, formed afresh; no appeal term; final after the grace from the confirmation."""
    case = final_of(hr, violations=1)
    violation = record_of(case, Violation)
    proposed = void_record("violation", violation.external_id, **GROUND, by=By(hr, PROPOSED))
    assert isinstance(proposed, Correction)
    assert (proposed.kind, proposed.attestation, proposed.state) == ("violation", case, "proposed")
    assert current_score(case).violations == 1
    refusal("correction_waits", "violation", violation.external_id, actor=boss)
    confirm_correction(case, by=By(boss, CONFIRMED))
    assert fresh(case).status == Status.PROVISIONAL
    assert (current_decision(case).outcome, current_score(case).violations) == ("declared", 0)
    open_deadlines = Deadline.objects.open().filter(attestation=case)
    assert list(open_deadlines.values_list("kind", "due_on")) == [("grace", date(2026, 3, 13))]
    letter = Notice.objects.get(attestation=case, kind="decision_reopened", employee=case.employee)
    assert "recorded wrongly and is void" in " ".join(texts(letter, "en"))
    sweep(moment("2026-03-13 23:00"))
    assert fresh(case).status == Status.PROVISIONAL
    sweep(THEN_OVER)
    decision = current_decision(case)
    assert (decision.state, decision.outcome, decision.dated) == ("final", "declared", date(2026, 3, 13))
    assert CategoryTerm.objects.get(employee=case.employee, suspended_at=None).category == "consultant"
    assert replay().differences == []


def test_i_34_the_grace_moves_with_the_calendar(hr: User, boss: User) -> None:
    """I-09: the 13th becomes a day off by decree: the grace ends with Monday the 16th."""
    case = final_of(hr, violations=1)
    violation = record_of(case, Violation)
    void_record("violation", violation.external_id, **GROUND, by=By(hr, PROPOSED))
    confirm_correction(case, by=By(boss, CONFIRMED))
    day_off = [calendar.DayChange(date(2026, 3, 13), "off")]
    calendar.save_calendar_days(day_off, source="№ 5", by=By(boss, CONFIRMED))
    grace = Deadline.objects.open().get(attestation=case, kind="grace")
    assert (grace.due_on, grace.days) == (date(2026, 3, 16), ["2026-03-16"])


def test_i_34_withdrawn_it_counts_as_before(hr: User, boss: User) -> None:
    case = final_of(hr, violations=1)
    violation = record_of(case, Violation)
    void_record("violation", violation.external_id, **GROUND, by=By(hr, PROPOSED))
    withdraw_correction(case, by=By(hr, CONFIRMED))
    assert not Voiding.objects.exists()
    assert fresh(case).status == Status.FINAL


def test_i_34_a_record_outside_every_window_is_voided_at_once(hr: User) -> None:
    """No final decision counts it, so one person is enough."""
    case = final_of(hr)
    old = Violation.objects.create(
        employee=case.employee, recorded_on=date(2024, 1, 10), description="…", external_id="OLD"
    )
    assert isinstance(void_record("violation", "OLD", **GROUND, by=By(hr, PROPOSED)), Voiding)
    assert old.voiding.voided_by == hr
    assert fresh(case).status == Status.FINAL


# --- refused ---------------------------------------------------------------------------------------


def test_i_34_in_a_case_reopened_meanwhile_it_closes_the_request_that_was_granted(
    hr: User, boss: User
) -> None:
    """I-33: then no second person is needed, and nothing is left to propose."""
    case = final_of(hr, violations=1)
    record_correction_request(
        case, asked_on=date(2026, 3, 11), text="…", document="Letter No. 8", by=By(hr, PROPOSED)
    )
    request = answer_correction_request(case, "granted", reason="…", by=By(boss, PROPOSED))
    reopen(case, by=By(boss, PROPOSED), reason="late appeal")
    assert CorrectionRequest.objects.waiting().exists()
    assert isinstance(
        void_record("violation", record_of(case, Violation).external_id, **GROUND, by=By(hr, CONFIRMED)),
        Voiding,
    )
    request.refresh_from_db()
    assert (request.correction, request.corrected_at) == (None, CONFIRMED)
    assert not CorrectionRequest.objects.waiting().exists()


def test_i_34_what_was_voided_meanwhile_is_not_confirmed_and_can_be_withdrawn(hr: User, boss: User) -> None:
    """The case is reopened while the proposal waits, and the record voided at once."""
    case = final_of(hr, violations=1)
    violation = record_of(case, Violation)
    void_record("violation", violation.external_id, **GROUND, by=By(hr, PROPOSED))
    assert require_confirmable(fresh(case), boss)
    reopen(case, by=By(boss, PROPOSED), reason="late appeal")
    void_record("violation", violation.external_id, **GROUND, by=By(hr, CONFIRMED))
    found = refusal_of(require_confirmable, fresh(case), boss)
    assert found is not None
    assert found.code == "voided_already"
    withdraw_correction(fresh(case), by=By(hr, CONFIRMED))
    assert not Correction.objects.proposed().exists()


def test_i_34_who_may_not_and_what_is_missing(hr: User, boss: User) -> None:
    case = case_of(hr)
    rating = record_of(case, Rating).external_id
    refusal("unknown_record", "rating", "NONE", actor=hr)
    refusal("unknown_kind", "result", rating, actor=hr)
    refusal("unknown_record", "rating", rating, actor=UserFactory(role=Role.HR, center=decided().center))
    own = UserFactory(role=Role.ADMINISTRATOR, employee=case.employee)
    refusal("own_record", "rating", rating, actor=own)
    refusal("no_permission", "rating", rating, actor=None)
    refusal("text_missing", "rating", rating, actor=hr, reason=" ")
    refusal("text_missing", "rating", rating, actor=hr, document=" ")


def test_i_34_the_same_export_revives_nothing(hr: User) -> None:
    """Read again as it was it is noted; with other values it is refused: the right one needs another id."""
    case = case_of(hr, violations=1)
    violation = record_of(case, Violation)
    void_record("violation", violation.external_id, **GROUND, by=By(hr, NOON))
    header = ("iin", "recorded_on", "description", "external_id")
    row = (case.employee.iin, violation.recorded_on, violation.description, violation.external_id)
    job = imported("violations", header, row, now=NOON)
    assert (job.rows_error, errors(job)) == (0, [])
    assert [note["code"] for note in job.rows.get().notes] == ["voided_stays"]
    job = imported("violations", header, (*row[:2], "Another text", row[3]), now=NOON)
    assert [field for _row, field, _message in errors(job)] == ["external_id"]
    record_read_through([case.center], "violations", date(2026, 2, 6), by=By(None, READ))
    assert current_score(case).violations == 0


# --- command and page ------------------------------------------------------------------------------


def command(name: str, *arguments: str) -> tuple[int, dict[str, Any]]:
    out = io.StringIO()
    try:
        call_command(name, *arguments, "--json", stdout=out)
    except CommandError as error:
        return error.returncode, json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def test_void_record_the_command(hr: User, boss: User, settings: Any) -> None:
    """Done before the final decision; after it proposed, and confirmed by another person."""
    settings.ALLOW_TIME_TRAVEL = True
    case = case_of(hr, violations=1)
    rating, violation = record_of(case, Rating), record_of(case, Violation)
    said = ("--reason", GROUND["reason"], "--document", GROUND["document"], "--as", hr.username, "--at")
    about = ("--kind", "rating", "--external-id", rating.external_id)
    assert command("void_record", *about, *said, NOON.isoformat()) == (0, {"state": "done"})
    status, answer = command("void_record", *about, *said, NOON.isoformat())
    assert (status, answer["code"]) == (1, "voided_already")
    sweep(GRACE_OVER)
    about = ("--kind", "violation", "--external-id", violation.external_id)
    assert command("void_record", *about, *said, PROPOSED.isoformat()) == (0, {"state": "proposed"})
    case_args = ("--cycle", case.cycle.code, "--iin", case.employee.iin, "--at", CONFIRMED.isoformat())
    status, answer = command("confirm_correction", *case_args, "--as", boss.username)
    assert (status, answer["state"], answer["kind"]) == (0, "done", "violation")
    assert violation.voiding.correction.decided_by == boss


def test_the_page_of_a_violation_voids_it(hr: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    violation = record_of(case_of(hr, violations=1), Violation)
    client = Client()
    client.force_login(hr)
    page = reverse("admin:scoring_violation_act", args=(violation.pk, "void"))
    answer = done(client, page, GROUND, follow=True).content.decode()
    assert "The record is voided and counts no more." in answer
    assert GROUND["document"] in answer
    assert client.post(page, GROUND).status_code == 422


def test_the_page_says_beforehand_that_a_final_decision_counts_the_record(
    hr: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record itself stands above the form; the note comes with the final decision, not before."""
    monkeypatch.setattr(clock, "now", lambda: PROPOSED)
    case = case_of(hr, violations=1)
    violation = record_of(case, Violation)
    client = Client()
    client.force_login(hr)
    page = reverse("admin:scoring_violation_act", args=(violation.pk, "void"))
    note = f"The final decision of case {case.case_no} counts this record"
    before = client.get(page).content.decode()
    assert violation.external_id in before
    assert note not in before
    sweep(GRACE_OVER)
    assert note in client.get(page).content.decode()


def test_the_page_of_each_decision_shows_what_it_was_formed_from(hr: User, boss: User) -> None:
    """App. 1-2: the superseded decision counted the mean of both ratings, the later one that of one."""
    case = case_of(hr, 89, "1", "5")
    old = current_decision(case)
    record = record_of(case, Rating)
    void_record("rating", record.external_id, **GROUND, by=By(boss, NOON))
    new = current_decision(case)
    User.objects.filter(pk=boss.pk).update(language="en")
    client = client_of(User.objects.get(pk=boss.pk))
    before, after = (
        text_of(client.get(url("attestation_decision_change", decision.pk))) for decision in (old, new)
    )
    assert old.pk != new.pk
    assert '<span class="num">3</span> <span class="quiet">(2 ratings)' in before
    assert "The ratings have changed since; the assessment counted: 1; 5." in before
    assert "(1 rating)" in after
    assert "have changed since" not in after
    for page in (before, after):
        assert record.external_id in page


def test_a_decision_without_an_assessment_shows_none(hr: User, boss: User) -> None:
    decision = current_decision(case_of(hr, 60))
    assert decision.assessment_id is None
    page = text_of(client_of(boss).get(url("attestation_decision_change", decision.pk)))
    assert 'id="assessment"' not in page
