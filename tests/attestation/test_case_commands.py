"""`close_attestation` and `annul_decision`: what they answer, what they refuse, what rests on a decision."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from attestation.by import By
from attestation.cases.annulment import Document, annul_decision, dependents_of
from attestation.cases.cycles import close_attestation
from attestation.cases.reattestation import reattestations_owed
from attestation.cases.results import publish_results
from attestation.cases.testing_stage import end_testing_stages
from attestation.deadlines.calendar import confirm_calendar
from attestation.deadlines.ledger import open_deadline
from attestation.law.calendar import reattestation_due
from attestation.lookup import parameters_of
from attestation.models import (
    Annulment,
    Attestation,
    CategoryTerm,
    Deadline,
    Decision,
    GroundMark,
    ReadyEffect,
    Role,
    RuleSet,
    Status,
    User,
)
from attestation.refusals import Refused
from tests.attestation.admin_cast import client_of, text_of, url
from tests.factories import AttestationFactory, EmployeeFactory, ResultFactory, UserFactory, moment
from tests.siblings_cast import (
    GRACE_OVER,
    STAGE_OVER,
    decided,
    fresh,
    other_cycle,
    published,
    rate,
    read,
    sweep,
)

pytestmark = pytest.mark.django_db

RULED = moment("2026-07-20 12:00")
COURT = Document("court", "2а-417/2026", date(2026, 7, 18), "Тестілеу рәсімі бұзылған")
BY_COURT = (
    *("--by", "court", "--document", "2а-417/2026", "--dated", "2026-07-18"),
    *("--reason", "The procedure was broken"),
)


@pytest.fixture(autouse=True)
def confirmed_year(db: None) -> None:
    confirm_calendar(2026, by=By(None, moment("2026-01-05 09:00")))


@pytest.fixture
def boss() -> User:
    return UserFactory(username="boss", role=Role.ADMINISTRATOR)


def run(name: str, case: Attestation, *more: str, at: str = "") -> tuple[int, dict[str, Any]]:
    """The exit status and the answer; nothing else stands on standard output."""
    out, status = io.StringIO(), 0
    about = ("--cycle", case.cycle.code, "--iin", case.employee.iin, *(("--at", at) if at else ()))
    try:
        call_command(name, *about, *more, "--json", stdout=out)
    except CommandError as error:
        status = error.returncode
    answer: dict[str, Any] = json.loads(out.getvalue())
    return status, answer


# --- close_attestation --------------------------------------------------------------------------------------


def test_i_23_an_unpublished_case_is_closed_and_leaves_no_term_open(boss: User) -> None:
    """Whatever deadline it had, of an older version too; later sweeps neither open one nor decide."""
    case = AttestationFactory(status=Status.TESTED)
    ResultFactory(attestation=case, published_at=None)
    now = moment("2026-02-06 10:00")
    due = reattestation_due(date(2026, 2, 6), parameters_of(case))
    about = {"employee": case.employee, "attestation": case}
    open_deadline(Deadline.Kind.SCORING, "old", due, counted_from=now, now=now, **about)
    assert Deadline.objects.open().filter(attestation=case).count() == 1
    answer = run("close_attestation", case, "--reason", "Withdrawn", "--as", "boss")
    assert answer == (0, {"case": case.case_no, "status": "closed"})
    case = fresh(case)
    assert (case.status, case.status_reason) == (Status.CLOSED, [{"text": "Withdrawn"}])
    assert not Deadline.objects.open().filter(attestation=case).exists()
    for at in (STAGE_OVER, GRACE_OVER):
        sweep(at)
    assert not Deadline.objects.open().filter(attestation=case).exists()
    assert not Decision.objects.exists()
    assert not ReadyEffect.objects.exists()
    assert fresh(case).status == Status.CLOSED
    assert run("close_attestation", case, "--reason", "Again", "--as", "boss")[1]["code"] == "wrong_status"


@pytest.mark.parametrize("state", ["tested", "provisional", "final"])
def test_i_23_a_published_one_is_not_closed_and_the_refusal_says_what_to_do(boss: User, state: str) -> None:
    case = published() if state == "tested" else decided()
    if state == "final":
        sweep(GRACE_OVER)
    assert fresh(case).status == state
    status, answer = run("close_attestation", case, "--reason", "Left", "--as", "boss")
    assert (status, answer["code"]) == (1, "result_published")
    assert fresh(case).status == state
    for language, words in {
        "en": ("its decision follows", "correct it", "annulled once it is final"),
        "kk": ("шешім қалыптастырылады", "түзетіңіз", "күші"),
        "ru": ("формируется решение", "исправьте", "отменяется"),
    }.items():
        with translation.override(language), pytest.raises(Refused) as refused:
            close_attestation(case, reason="Left", by=By(boss, RULED))
        with translation.override(language):
            assert all(word in refused.value.message for word in words)


def test_closing_needs_a_reason_and_the_right(boss: User) -> None:
    case = AttestationFactory()
    UserFactory(username="auditor", role=Role.AUDITOR)
    assert run("close_attestation", case, "--reason", " ", "--as", "boss")[1]["code"] == "reason_missing"
    assert run("close_attestation", case, "--reason", "x", "--as", "auditor")[1]["code"] == "no_permission"
    assert fresh(case).status == Status.ADMITTED


# --- annul_decision -----------------------------------------------------------------------------------------


def final(correct: int = 89, *scores: str, **values: Any) -> Attestation:
    """Final since 11 February, dated the day before."""
    case = decided(correct, *scores, **values)
    sweep(GRACE_OVER)
    return fresh(case)


def later(first: Attestation, *, correct: int = 89, **values: Any) -> Attestation:
    """A case of the same person that is decided in June."""
    stage = {"testing_starts": date(2026, 6, 1), "testing_ends": date(2026, 6, 5)}
    given = {"employee": first.employee, "cycle": other_cycle(first, **stage), "status": Status.TESTED}
    case = AttestationFactory(**given, **values)
    ResultFactory(
        attestation=case,
        correct_answers=correct,
        finished_at=moment("2026-06-02 11:00"),
        recorded_at=moment("2026-06-02 12:00"),
        published_at=None,
    )
    publish_results(case.cycle, by=By(None, moment("2026-06-02 17:00")))
    end_testing_stages(now=moment("2026-06-06 00:05"))
    rate(case, "5", "5", on=date(2026, 4, 1))
    read(case, through=date(2026, 6, 5), at=moment("2026-06-06 10:00"))
    sweep(moment("2026-06-06 10:30"))
    return fresh(case)


def test_i_32_the_annulled_decisions_dependents_are_listed(boss: User, settings: Any) -> None:
    settings.ALLOW_TIME_TRAVEL = True
    first = final()
    second = later(first, declared="case_manager", existing="consultant")
    status, answer = run("annul_decision", first, *BY_COURT, "--as", "boss", at=RULED.isoformat())
    dependents = [{"cycle": second.cycle.code, "iin": first.employee.iin}]
    assert (status, answer) == (0, {"case": first.case_no, "dependents": dependents})
    row = Annulment.objects.get()
    assert (row.body, row.document_no, row.document_date) == ("court", "2а-417/2026", date(2026, 7, 18))
    assert (row.reason, row.recorded_by, row.recorded_at) == ("The procedure was broken", boss, RULED)
    assert fresh(first).status == Status.CLOSED
    assert fresh(second).status == second.status
    assert dependents_of(first) == [second]
    status, answer = run("annul_decision", first, *BY_COURT, "--as", "boss", at=RULED.isoformat())
    assert (status, answer["code"]) == (1, "annulled_already")


def test_the_answer_in_words_counts_them(boss: User, settings: Any) -> None:
    settings.ALLOW_TIME_TRAVEL = True
    first = final()
    second = later(first, declared="case_manager", existing="consultant")
    about = ("--cycle", first.cycle.code, "--iin", first.employee.iin, "--at", RULED.isoformat())
    boss.language = "en"
    boss.save()
    out = io.StringIO()
    call_command("annul_decision", *about, *BY_COURT, "--as", "boss", stdout=out)
    assert out.getvalue().splitlines() == [
        f"Case {first.case_no}: the decision is annulled.",
        f"1 case rests on it: {second.case_no}",
    ]


def test_i_32_by_a_higher_body_with_nothing_resting_on_it(boss: User, settings: Any) -> None:
    settings.ALLOW_TIME_TRAVEL = True
    case = final()
    by = [*BY_COURT]
    by[1] = "higher_body"
    status, answer = run("annul_decision", case, *by, "--as", "boss", at=RULED.isoformat())
    assert (status, answer) == (0, {"case": case.case_no, "dependents": []})
    assert Annulment.objects.get().body == "higher"


@pytest.mark.parametrize(
    ("dated", "code"),
    [
        ("2026-02-09", "document_before_decision"),
        ("2026-07-21", "document_of_the_future"),
        ("18.07", "bad_day"),
    ],
)
def test_what_the_command_refuses_changes_nothing(boss: User, settings: Any, dated: str, code: str) -> None:
    settings.ALLOW_TIME_TRAVEL = True
    case = final()
    by = [*BY_COURT]
    by[5] = dated
    status, answer = run("annul_decision", case, *by, "--as", "boss", at=RULED.isoformat())
    assert (status, answer["code"]) == (1, code)
    assert not Annulment.objects.exists()
    assert fresh(case).status == Status.FINAL


def test_only_an_administrator_annuls(settings: Any) -> None:
    settings.ALLOW_TIME_TRAVEL = True
    case = final()
    UserFactory(username="hr", role=Role.HR, center=case.center)
    status, answer = run("annul_decision", case, *BY_COURT, "--as", "hr", at=RULED.isoformat())
    assert (status, answer["code"]) == (1, "no_permission")


# --- what rests on a decision -------------------------------------------------------------------------------


def test_whoever_repeats_the_decision_rests_on_it(boss: User) -> None:
    first = final(60, "5")
    (duty,) = reattestations_owed(first.employee)
    cycle = other_cycle(first, testing_starts=date(2026, 6, 1), testing_ends=date(2026, 6, 5))
    again = AttestationFactory(employee=first.employee, cycle=cycle, repeat=True, repeats=duty)
    annul_decision(first, COURT, by=By(boss, RULED))
    assert dependents_of(first) == [again]
    # Its stage is still to end: it takes its facts then, and nobody has to settle anything.
    assert not GroundMark.objects.exists()


def test_i_32_the_page_lists_what_rests_on_the_decision_before_the_act(boss: User) -> None:
    first = final()
    second = later(first, correct=60, declared="case_manager", existing="consultant")
    sweep(moment("2026-06-20 00:05"))
    (duty,) = second.consequences.filter(state="open")
    other = final()
    page = annul_page(boss, first)
    assert (
        f"Case {second.case_no} (“final decision”) rests on this decision by: the existing category" in page
    )
    assert f"would be suspended until then: {duty.get_kind_display()} (¶27.2)" in page
    assert other.case_no not in page
    assert "rests on this decision" not in annul_page(boss, second)
    annul_decision(first, COURT, by=By(boss, RULED))
    duty.refresh_from_db()
    assert (duty.state, dependents_of(first)) == ("suspended", [second])


def annul_page(boss: User, case: Attestation) -> str:
    User.objects.filter(pk=boss.pk).update(language="en")
    client = client_of(User.objects.get(pk=boss.pk))
    return text_of(client.get(url("attestation_attestation_act", case.pk, "annul")))


def without_assessment(first: Attestation, existing: str, ends: date, *, pinned: bool = True) -> Attestation:
    """A case with a fixed existing category, not assessed."""
    cycle = other_cycle(first, testing_starts=ends, testing_ends=ends)
    case: Attestation = AttestationFactory(
        employee=first.employee, cycle=cycle, existing=existing, declared="mentor", pinned=pinned
    )
    return case


@pytest.mark.parametrize(
    ("existing", "ends", "rests"),
    [
        ("consultant", date(2026, 2, 10), True),
        ("none", date(2026, 2, 9), False),
        ("consultant", date(2029, 2, 10), True),
        ("none", date(2029, 2, 11), False),
    ],
)
def test_the_existing_category_rests_on_the_decision_that_conferred_it(
    boss: User, existing: str, ends: date, rests: bool
) -> None:
    """¶7: on the first and on the last day of its period, not beyond."""
    first = final()
    period = CategoryTerm.objects.get(decision__attestation=first)
    assert (period.category, period.starts_on, period.ends_on) == (
        "consultant",
        date(2026, 2, 10),
        date(2029, 2, 10),
    )
    case = without_assessment(first, existing, ends)
    annul_decision(first, COURT, by=By(boss, RULED))
    assert dependents_of(first) == ([case] if rests else [])


@pytest.mark.parametrize(("pinned", "status"), [(False, "listed"), (True, "closed")])
def test_what_is_closed_or_not_fixed_yet_rests_on_nothing(boss: User, pinned: bool, status: str) -> None:
    """I-21: before the stage ends the category is not fixed: it is taken from the record then."""
    first = final()
    case = without_assessment(first, "consultant", date(2026, 6, 5), pinned=pinned)
    Attestation.objects.filter(pk=case.pk).update(status=status)
    annul_decision(first, COURT, by=By(boss, RULED))
    assert dependents_of(first) == []


@pytest.mark.parametrize(
    ("window", "rests"), [("between", True), ("since_final", True), ("twelve_months", False)]
)
def test_a_window_that_began_after_the_decision_rests_on_it(boss: User, window: str, rests: bool) -> None:
    """I-06: under the setting of the later case's rule set."""
    RuleSet.objects.update(window=window)
    first = final(89, "1", "1", "1")  # below the bounds: no category comes of it
    second = later(first, existing="none", declared="consultant")
    assert (first.status, second.status) == (Status.FINAL, Status.FINAL)
    assert not CategoryTerm.objects.filter(decision__attestation=first).exists()
    annul_decision(first, COURT, by=By(boss, RULED))
    assert dependents_of(first) == ([second] if rests else [])
    assert dependents_of(second) == []


def test_another_persons_cases_do_not_rest_on_it(boss: User) -> None:
    first, other = final(), final(employee=EmployeeFactory())
    annul_decision(first, COURT, by=By(boss, RULED))
    assert dependents_of(first) == []
    assert other.employee != first.employee
