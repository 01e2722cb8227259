"""A clerical error in a result that is found after the decision is final: two persons correct it (I-33)."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from attestation import clock
from attestation.by import By
from attestation.cases.corrections import confirm_correction, propose_correction, withdraw_correction
from attestation.cases.result_changes import amend_by_ruling, correct_result
from attestation.cases.results import ResultFacts
from attestation.deadlines.calendar import confirm_calendar
from attestation.lookup import published_result
from attestation.models import (
    Attestation,
    CategoryTerm,
    Consequence,
    Correction,
    Deadline,
    Decision,
    JournalEntry,
    Notice,
    Result,
    Role,
    Status,
    User,
)
from attestation.notices.letters import texts
from attestation.refusals import Refused
from office.replay.replay import replay
from tests.binding import done
from tests.factories import EmployeeFactory, UserFactory, moment
from tests.siblings_cast import GRACE_OVER, decided, footprint, fresh, sweep

pytestmark = pytest.mark.django_db

# The decisions of the cast are dated 10 February 2026. 12 March is a Thursday.
PROPOSED = moment("2026-03-12 12:00")
CONFIRMED = moment("2026-03-12 15:00")
DEADLINE_OVER, NEW_GRACE_OVER = moment("2026-03-17 00:05"), moment("2026-03-18 00:05")
GROUND = {"reason": "80 typed as 60", "document": "Protocol No. 7 of 4 February 2026"}


def final(correct: int = 89, *scores: str, **values: Any) -> Attestation:
    """A case with a final decision."""
    case = decided(correct, *scores, **values)
    sweep(GRACE_OVER)
    case = fresh(case)
    assert case.status == Status.FINAL
    return case


def made_once() -> tuple[Attestation, Attestation]:
    """Nothing harmful runs by itself on a year that nobody has confirmed."""
    confirm_calendar(2026, by=By(None, moment("2026-01-05 09:00")))
    first = final()
    return first, final(60, employee=EmployeeFactory(center=first.center))


@pytest.fixture(autouse=True)
def passed(shared: tuple[Attestation, Attestation]) -> Attestation:
    """A category was conferred."""
    return shared[0]


@pytest.fixture
def failed(shared: tuple[Attestation, Attestation]) -> Attestation:
    """Below the threshold: to be attested anew."""
    return shared[1]


@pytest.fixture
def boss() -> User:
    return UserFactory(role=Role.ADMINISTRATOR, last_name="Second")


@pytest.fixture
def hr(passed: Attestation) -> User:
    return UserFactory(role=Role.HR, center=passed.center, last_name="First")


def right(case: Attestation, correct: int) -> ResultFacts:
    """The result on record with another number of right answers."""
    result = published_result(case)
    assert result is not None
    return ResultFacts(result.questions_total, correct, None, result.test_variant, result.finished_at)


def propose(case: Attestation, correct: int, actor: User, **ground: str) -> Correction:
    found = right(case, correct)
    return propose_correction(case, found, by=By(actor, PROPOSED), **{**GROUND, **ground})


def refusal(code: str, call: Any, *args: Any, **kwargs: Any) -> None:
    before = footprint()
    with pytest.raises(Refused) as refused, transaction.atomic():
        call(*args, **kwargs)
    assert refused.value.code == code
    assert footprint() == before


# --- proposed, confirmed -----------------------------------------------------------------------------------


def test_i_33_a_proposal_changes_nothing(hr: User, failed: Attestation) -> None:
    """The decision stands, and the second person is told."""
    decision = Decision.objects.current().get(attestation=failed)
    correction = propose(failed, 80, hr)
    assert (correction.state, correction.proposed_by, correction.correct_answers) == ("proposed", hr, 80)
    assert fresh(failed).status == Status.FINAL
    assert Decision.objects.current().get(attestation=failed) == decision
    entry = JournalEntry.objects.latest("seq")
    assert (entry.act, entry.actor, entry.data["why"]) == ("propose_correction", hr, "80 typed as 60")
    assert Notice.objects.filter(kind="correction_proposed", user=hr).exists()
    assert not Notice.objects.filter(kind="correction_proposed", employee__isnull=False).exists()


def test_i_33_what_passes_only_now_is_scored_in_two_days_of_the_correction(
    hr: User, boss: User, failed: Attestation
) -> None:
    """60 was 80: reopened, the duty suspended, a new appeal term, scored, final after the new grace."""
    propose(failed, 80, hr)
    duty = Consequence.objects.get(attestation=failed, kind="reattest")
    confirm_correction(failed, by=By(boss, CONFIRMED))
    case = fresh(failed)
    assert case.status == Status.TESTED
    duty.refresh_from_db()
    assert duty.state == Consequence.State.SUSPENDED
    assert not Decision.objects.current().filter(attestation=case).exists()
    open_deadlines = Deadline.objects.open().filter(attestation=case)
    assert sorted(open_deadlines.values_list("kind", "due_on")) == [
        ("appeal", date(2026, 3, 16)),
        ("grace", date(2026, 3, 17)),
        ("scoring", date(2026, 3, 14)),
    ]
    result = published_result(case)
    assert result is not None
    assert (result.correct_answers, result.source, result.reason) == (80, "correction", "80 typed as 60")
    sweep(moment("2026-03-13 09:00"))
    sweep(DEADLINE_OVER)
    assert fresh(case).status == Status.PROVISIONAL
    sweep(NEW_GRACE_OVER)
    decision = Decision.objects.current().get(attestation=case)
    # 64 + 10 + 10: with 84 the existing category is kept.
    assert (decision.state, decision.outcome, decision.dated) == ("final", "existing", date(2026, 3, 17))
    assert replay().differences == []


def test_i_33_a_correction_may_lower_a_result_and_the_attestee_is_told(
    hr: User, boss: User, passed: Attestation
) -> None:
    """The category that was conferred is suspended; the new decision finds the test failed."""
    propose(passed, 60, hr)
    confirm_correction(passed, by=By(boss, CONFIRMED))
    assert not CategoryTerm.objects.filter(employee=passed.employee, suspended_at=None).exists()
    told = Notice.objects.filter(attestation=passed, employee=passed.employee, created_at=CONFIRMED)
    assert sorted(told.values_list("kind", flat=True)) == ["decision_reopened", "result_corrected"]
    reopened, corrected = (texts(told.get(kind=kind), "en") for kind in sorted(told_kinds(told)))
    assert "a clerical error in the test result was found" in " ".join(reopened)
    assert "Correct answers now: 60 of 100" in " ".join(corrected)
    assert "16.03.2026" in " ".join(corrected)
    assert not Deadline.objects.open().filter(attestation=passed, kind="scoring").exists()
    for at in (moment("2026-03-13 09:00"), NEW_GRACE_OVER):
        sweep(at)
    decision = Decision.objects.current().get(attestation=passed)
    assert (decision.state, decision.outcome) == ("final", "lower")
    assert Consequence.objects.filter(decision=decision, kind="reattest", state="open").exists()
    assert replay().differences == []


def told_kinds(told: Any) -> list[str]:
    return list(told.values_list("kind", flat=True))


def test_i_33_before_the_final_decision_it_is_corrected_at_once(hr: User) -> None:
    case = decided(60, employee=EmployeeFactory(center=hr.center))
    found = right(case, 80)
    refusal("not_final", propose_correction, case, found, by=By(hr, GRACE_OVER), **GROUND)
    result = correct_result(case, found, by=By(None, moment("2026-02-09 10:00")), **GROUND)
    assert result.correct_answers == 80
    entry = JournalEntry.objects.get(attestation=case, act="rescind")
    assert entry.data["document"] == GROUND["document"]


def test_i_33_after_it_never_by_one_person_alone(hr: User, passed: Attestation) -> None:
    found = right(passed, 60)
    refusal("decision_final", correct_result, passed, found, by=By(hr, PROPOSED), **GROUND)


# --- refused ----------------------------------------------------------------------------------------


def test_i_33_nobody_confirms_what_they_proposed(boss: User, passed: Attestation) -> None:
    """Refused by the service, and by the database."""
    correction = propose(passed, 60, boss)
    refusal("own_proposal", confirm_correction, passed, by=By(boss, CONFIRMED))
    with pytest.raises(IntegrityError), transaction.atomic():
        Correction.objects.filter(pk=correction.pk).update(
            state="confirmed", decided_by=boss, decided_at=CONFIRMED
        )


def test_i_33_one_proposal_a_case_at_a_time(hr: User, boss: User, passed: Attestation) -> None:
    """Refused by the service, and by the database; another case is another matter."""
    first = propose(passed, 60, hr)
    refusal("correction_waits", propose, passed, 61, boss)
    first.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        first.save(force_insert=True)


def test_i_33_a_proposal_is_withdrawn_and_another_one_made(hr: User, boss: User, passed: Attestation) -> None:
    """By whoever proposed it, or by an administrator; not by a colleague."""
    colleague = UserFactory(role=Role.HR, center=passed.center)
    propose(passed, 60, hr)
    refusal("others_proposal", withdraw_correction, passed, by=By(colleague, CONFIRMED))
    withdrawn = withdraw_correction(passed, by=By(hr, CONFIRMED))
    assert (withdrawn.state, withdrawn.decided_by) == ("withdrawn", hr)
    refusal("no_correction", withdraw_correction, passed, by=By(hr, CONFIRMED))
    refusal("no_correction", confirm_correction, passed, by=By(boss, CONFIRMED))
    propose(passed, 61, hr)
    withdraw_correction(passed, by=By(boss, CONFIRMED))
    assert fresh(passed).status == Status.FINAL
    assert Correction.objects.filter(attestation=passed, state="withdrawn").count() == 2


def test_i_33_confirmed_once(hr: User, boss: User, passed: Attestation) -> None:
    propose(passed, 60, hr)
    confirm_correction(passed, by=By(boss, CONFIRMED))
    refusal("no_correction", confirm_correction, passed, by=By(boss, CONFIRMED))


def test_i_33_the_same_numbers_no_reason_or_no_document(hr: User, passed: Attestation) -> None:
    refusal("nothing_to_correct", propose, passed, 89, hr)
    refusal("text_missing", propose, passed, 60, hr, reason=" ")
    refusal("text_missing", propose, passed, 60, hr, document=" ")
    found = replace(right(passed, 60), finished_at=moment("2026-03-01 10:00"))
    refusal(
        "finished_outside_stage",
        propose_correction,
        passed,
        found,
        by=By(hr, PROPOSED),
        **GROUND,
    )


def test_i_33_who_may_not(hr: User, boss: User, passed: Attestation) -> None:
    """An officer elsewhere, on one's own record, an officer who confirms, and the system."""
    stranger = UserFactory(role=Role.HR, center=final_elsewhere().center)
    refusal("not_found", propose, passed, 60, stranger)
    own = UserFactory(role=Role.ADMINISTRATOR, employee=passed.employee)
    refusal("own_record", propose, passed, 60, own)
    propose(passed, 60, hr)
    refusal("own_record", confirm_correction, passed, by=By(own, CONFIRMED))
    colleague = UserFactory(role=Role.HR, center=passed.center)
    refusal("no_permission", confirm_correction, passed, by=By(colleague, CONFIRMED))
    refusal("no_permission", confirm_correction, passed, by=By(None, CONFIRMED))


def final_elsewhere() -> Attestation:
    """A case of another region."""
    return decided(89)


def test_i_33_a_result_that_changed_since_is_no_ground(hr: User, boss: User, passed: Attestation) -> None:
    """Reopened by a ruling and amended: what was proposed was about the numbers of before."""
    propose(passed, 60, hr)
    amend_by_ruling(fresh(passed), correct=90, wrong=list(range(1, 11)), reason="…", by=By(None, PROPOSED))
    refusal("correction_stale", confirm_correction, passed, by=By(boss, CONFIRMED))
    withdraw_correction(passed, by=By(boss, CONFIRMED))
    assert Result.objects.current().get(attestation=passed).correct_answers == 90


# --- the commands ----------------------------------------------------------------------------------------


def command(name: str, case: Attestation, *more: str) -> tuple[int, dict[str, Any]]:
    """Exit status and the JSON object of a command about the case."""
    out = io.StringIO()
    about = ("--cycle", case.cycle.code, "--iin", case.employee.iin)
    try:
        call_command(name, *about, *more, "--json", stdout=out)
    except CommandError as error:
        return error.returncode, json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def ground(actor: User, at: datetime) -> tuple[str, ...]:
    said = ("--reason", GROUND["reason"], "--document", GROUND["document"])
    return (*said, "--as", actor.username, "--at", at.isoformat())


def test_correct_result_and_confirm_correction(
    hr: User, boss: User, failed: Attestation, settings: Any
) -> None:
    """After the final decision proposed, then done by another person; each a second time refused."""
    settings.ALLOW_TIME_TRAVEL = True
    correct = ("--correct", "80", "--wrong-questions", ", ".join(map(str, range(1, 21))))
    assert command("correct_result", failed, *correct, *ground(hr, PROPOSED)) == (0, {"state": "proposed"})
    status, answer = command("correct_result", failed, *correct, *ground(boss, PROPOSED))
    assert (status, answer["code"]) == (1, "correction_waits")
    by = ("--at", CONFIRMED.isoformat(), "--as")
    status, answer = command("confirm_correction", failed, *by, hr.username)
    assert (status, answer["code"]) == (1, "no_permission")
    status, answer = command("confirm_correction", failed, *by, boss.username)
    assert (status, answer["state"]) == (0, "done")
    result = published_result(failed)
    assert result is not None
    assert result.wrong_questions == list(range(1, 21))
    status, answer = command("confirm_correction", failed, *by, boss.username)
    assert (status, answer["code"]) == (1, "no_correction")


def test_correct_result_before_the_final_decision(hr: User, settings: Any) -> None:
    """Done at once; a list of before that does not fit the new number goes with it."""
    settings.ALLOW_TIME_TRAVEL = True
    case = decided(60, employee=EmployeeFactory(center=hr.center), wrong=list(range(1, 41)))
    now = moment("2026-02-09 10:00")
    bad = command("correct_result", case, "--correct", "80", "--wrong-questions", "1,x", *ground(hr, now))
    assert (bad[0], bad[1]["code"]) == (1, "bad_question")
    assert command("correct_result", case, "--correct", "80", *ground(hr, now)) == (0, {"state": "done"})
    result = published_result(case)
    assert result is not None
    assert (result.correct_answers, result.wrong_questions) == (80, None)


# --- the page ----------------------------------------------------------------------------------------------


def do(user: User, case: Attestation, slug: str, **answers: str) -> Any:
    """The act by its page."""
    client = Client()
    client.force_login(user)
    path = reverse("admin:attestation_attestation_act", args=(case.pk, slug))
    return done(client, path, answers, follow=True)


def test_the_page_proposes_shows_and_confirms(
    hr: User, boss: User, passed: Attestation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The officer proposes, the administrator reads what and why, and confirms; the page says who did."""
    monkeypatch.setattr(clock, "now", lambda: PROPOSED)
    numbers = {"questions_total": "100", "correct_answers": "60", "finished_at": "2026-02-04T11:00"}
    done = do(hr, passed, "propose-correction", **numbers, **GROUND)
    assert "Nothing changes until a second person confirms it." in done.content.decode()
    client = Client()
    client.force_login(boss)
    page = client.get(
        reverse("admin:attestation_attestation_act", args=(passed.pk, "confirm-correction"))
    ).content.decode()
    assert "89/100 → 60/100" in page
    assert GROUND["document"] in page
    done = do(boss, passed, "confirm-correction").content.decode()
    assert "The correction is confirmed; the decision is provisional again." in done
    assert "Corrections after the final decision" in done
    assert "Correction confirmed by a second person" in done
    again = do(boss, passed, "confirm-correction")
    assert again.status_code == 422


def test_the_record_of_a_correction_has_words_and_no_codes(hr: User, boss: User, passed: Attestation) -> None:
    correction = propose(passed, 60, hr)
    client = Client()
    client.force_login(boss)
    page = client.get(reverse("admin:attestation_correction_change", args=(correction.pk,))).content.decode()
    assert "proposed: waits for a second person" in page
    assert "(&#x27;proposed&#x27;" not in page
    assert "null</" not in page


@pytest.mark.parametrize("state", Consequence.State)
def test_the_list_of_consequences_has_words_for_every_state(
    state: Consequence.State, boss: User, failed: Attestation
) -> None:
    """With why it is so; the code of a state that has no colour would stand there in its place."""
    Consequence.objects.filter(attestation=failed, kind="reattest").update(state=state, why="left")
    client = Client()
    client.force_login(boss)
    page = client.get(reverse("admin:attestation_consequence_changelist"), {"kind__exact": "reattest"})
    assert f"{state.label} – left service".lower() in page.content.decode().lower()
