"""Ready: confirm. By a person, one or many; by the command; refusals one by one."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from attestation import access, journal
from attestation.by import By
from attestation.cases import finality, testing_stage
from attestation.cases.confirmations import confirm_ready
from attestation.cases.finality import appeal_opened
from attestation.models import (
    Attestation,
    Deadline,
    JournalEntry,
    ReadyEffect,
    Role,
    WorkFailure,
)
from attestation.refusals import Refused
from tests.factories import CenterFactory
from tests.jobs.story import FINAL, READ, Story
from tests.siblings_cast import made_once

LATER = FINAL + timedelta(hours=9)
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(settings: Any) -> Run:
    """`confirm_ready --json` at LATER; `status` is the exit status expected."""
    settings.ALLOW_TIME_TRAVEL = True

    def call(*arguments: str, status: int = 0) -> dict[str, Any]:
        out, returned = io.StringIO(), 0
        try:
            call_command("confirm_ready", *arguments, "--at", LATER.isoformat(), "--json", stdout=out)
        except CommandError as error:
            returned = error.returncode
        answer: dict[str, Any] = json.loads(out.getvalue())
        assert returned == status, answer
        return answer

    return call


def lower() -> tuple[Story, Attestation]:
    story = Story()
    consultant = story.employee("career_specialist", category="consultant")
    case = story.listed(consultant, "category", "case_manager")
    story.through((case, 40))
    story.swept(READ)
    Deadline.objects.update(provisional=True)
    assert story.swept(FINAL)[0].counts["ready"] == 3
    return story, case


made = made_once(lower)


@pytest.fixture
def told(made: tuple[Story, Attestation], db: None) -> tuple[Story, Attestation]:
    return deepcopy(made)


@pytest.fixture
def story(told: tuple[Story, Attestation]) -> Story:
    return told[0]


@pytest.fixture
def lowered(told: tuple[Story, Attestation]) -> Attestation:
    """A consultant who failed; the year is not confirmed: two deadlines and the decision wait."""
    return told[1]


def states() -> list[str]:
    return list(ReadyEffect.objects.order_by("pk").values_list("state", flat=True))


def test_the_command_lets_everything_go_and_the_journal_says_it_was_the_system(
    lowered: Attestation, run: Run
) -> None:
    assert run() == {"confirmed": 3, "closed": 2, "finalised": 1, "refused": []}
    lowered.refresh_from_db()
    assert lowered.status == "final"
    # I-28: dated by the grace, not by the day on which somebody clicked.
    decision = lowered.decisions.current().get()
    assert (str(decision.dated), decision.formed_at) == ("2026-02-10", LATER)
    assert lowered.employee.category_on(LATER.date()) == "none"
    closed = Deadline.objects.filter(kind__in=["appeal", "grace"])
    assert {(deadline.state, deadline.closed_at, deadline.closed_by) for deadline in closed} == {
        ("met", LATER, "confirm_ready")
    }
    assert states() == ["confirmed"] * 3
    assert JournalEntry.objects.filter(act="effect_confirmed", actor=None).count() == 3
    assert run() == {"confirmed": 0, "closed": 0, "finalised": 0, "refused": []}
    assert journal.verify() is None


def test_as_somebody_the_journal_names_them(story: Story, lowered: Attestation, run: Run) -> None:
    chair = story.account("chair", Role.CHAIR)
    assert run("--as", "chair")["confirmed"] == 3
    acts = JournalEntry.objects.filter(actor=chair).order_by("seq").values_list("act", flat=True)
    assert [act for act in acts if act != "clock_stood_in"] == [
        "effect_confirmed",
        "deadline_met",
        "effect_confirmed",
        "deadline_met",
        "finalise",
        "effect_confirmed",
        "terms_changed",
    ]
    assert set(ReadyEffect.objects.values_list("closed_by", flat=True)) == {chair.pk}


@pytest.mark.parametrize("role", [Role.HR, Role.MEMBER, Role.AUDITOR])
def test_who_may_not_is_refused_as_a_whole(story: Story, lowered: Attestation, run: Run, role: str) -> None:
    story.account("nobody", role, story.mobility)
    answer = run("--as", "nobody", status=1)
    assert answer["code"] == "no_permission"
    assert states() == ["waiting"] * 3


def test_a_secretary_elsewhere_sees_nothing_to_confirm(story: Story, lowered: Attestation, run: Run) -> None:
    story.account("far", Role.SECRETARY, CenterFactory())
    assert run("--as", "far") == {"confirmed": 0, "closed": 0, "finalised": 0, "refused": []}
    assert states() == ["waiting"] * 3


def test_nobody_confirms_what_concerns_themselves(story: Story, lowered: Attestation, run: Run) -> None:
    """F-A6."""
    own = story.account("chair", Role.CHAIR, language="en")
    own.employee = lowered.employee
    own.save()
    answer = run("--as", "chair", status=1)
    assert [row["case"] for row in answer["refused"]] == ["T-2026-1-0001"] * 3
    assert "own record" in answer["refused"][0]["message"]
    assert states() == ["waiting"] * 3


def test_one_of_several_by_a_click(lowered: Attestation) -> None:
    deadline = ReadyEffect.objects.get(deadline__kind="appeal")
    answer = confirm_ready([deadline], by=By(None, LATER))
    assert (answer.closed, answer.finalised, answer.refused) == (1, 0, [])
    assert sorted(states()) == ["confirmed", "waiting", "waiting"]


def test_a_second_click_finds_it_done(lowered: Attestation) -> None:
    effects = list(ReadyEffect.objects.all())
    assert confirm_ready(effects, by=By(None, LATER)).done == 3
    again = confirm_ready(effects, by=By(None, LATER))
    assert (again.done, again.refused) == (0, [])


def test_what_is_not_due_any_more_is_taken_off_and_said(lowered: Attestation, run: Run) -> None:
    appeal_opened(lowered, by=By(None, FINAL + timedelta(hours=1)))
    answer = run(status=1)
    assert (answer["closed"], answer["finalised"]) == (2, 0)
    assert answer["refused"] == [
        {
            "case": "T-2026-1-0001",
            "message": "T-2026-1-0001: this is not due any more; it was taken off the list and nothing "
            "else was done.",
        }
    ]
    assert ReadyEffect.objects.get(act="finalise").state == "void"


def test_f_d18_one_that_fails_stays_and_the_others_go(
    lowered: Attestation, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_named: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(finality.consequences, "take_effect", broken)
    answer = run(status=1)
    assert (answer["closed"], answer["finalised"], len(answer["refused"])) == (2, 0, 1)
    assert "needs attention" in answer["refused"][0]["message"]
    failure = WorkFailure.objects.get(act="confirm_ready")
    assert (failure.attestation, failure.error) == (lowered, "ZeroDivisionError")
    lowered.refresh_from_db()
    assert lowered.status == "provisional"
    assert ReadyEffect.objects.get(act="finalise").state == "waiting"
    monkeypatch.undo()
    assert run()["finalised"] == 1
    failure.refresh_from_db()
    assert failure.solved_at == LATER


def test_a_refusal_of_the_act_itself_leaves_its_effect(
    lowered: Attestation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_args: object, **_named: object) -> None:
        raise Refused("no", "No.")

    monkeypatch.setattr(testing_stage, "close_deadline", refused)
    answer = confirm_ready(None, by=By(None, LATER))
    assert [text for _effect, text in answer.refused] == ["No.", "No."]
    assert answer.finalised == 1
    assert sorted(states()) == ["confirmed", "waiting", "waiting"]


def test_the_sentence_for_people(lowered: Attestation, settings: Any) -> None:
    settings.ALLOW_TIME_TRAVEL = True
    said = []
    for _ in range(2):
        out = io.StringIO()
        call_command("confirm_ready", "--at", LATER.isoformat(), stdout=out)
        said.append(out.getvalue().strip())
    assert said == ["Terms closed: 2. Decisions made final: 1.", "Nothing waits to be confirmed."]


def test_an_officer_sees_what_waits_in_their_centre_alone(story: Story, lowered: Attestation) -> None:
    elsewhere = story.account("far", Role.HR, CenterFactory())
    assert access.scoped(story.hr, ReadyEffect.objects.all()).count() == 3
    assert not access.scoped(elsewhere, ReadyEffect.objects.all()).exists()
