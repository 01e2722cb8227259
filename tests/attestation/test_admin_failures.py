"""The page “Needs attention”: work that failed, in plain words, and trying it again (F-D18)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from attestation.cases import finality
from attestation.models import CalendarYear, JournalEntry, Role, WorkFailure
from office.sweep import sweep
from tests.attestation.admin_cast import at, client_of, text_of, url
from tests.factories import CenterFactory, UserFactory
from tests.jobs.story import FINAL, STAGE_OVER, Story
from tests.tables.test_sent_twice import key_in, twice

__all__ = ["at"]

pytestmark = pytest.mark.django_db
Clock = Callable[[datetime], None]


def made_once() -> tuple[Story, WorkFailure]:
    """A case on which the sweep fails: a value is missing among what its decision was formed from."""
    story = Story(confirmed=())
    case = story.listed(story.employee())
    CalendarYear.objects.update(confirmed_at=STAGE_OVER)
    story.through((case, 89))
    story.swept(STAGE_OVER)

    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("points")

    with pytest.MonkeyPatch.context() as poisoned:
        poisoned.setattr(finality, "verdict_of", broken)
        story.swept(FINAL)
    return story, WorkFailure.objects.get()


@pytest.fixture
def story(shared: tuple[Story, WorkFailure]) -> Story:
    return shared[0]


@pytest.fixture
def failure(shared: tuple[Story, WorkFailure], at: Clock) -> WorkFailure:
    """What failed, as it is seen on the morning after."""
    at(FINAL + timedelta(hours=9))
    return shared[1]


def test_f_d18_what_failed_stands_in_plain_words(failure: WorkFailure, story: Story) -> None:
    officer = UserFactory(role=Role.HR, center=story.mobility)
    page = text_of(client_of(officer).get(url("attestation_workfailure_changelist")))
    assert failure.attestation is not None
    for words in (
        "making a decision final",
        "something is missing in the stored data of the case",
        failure.attestation.case_no,
        "not solved",
        "11.02.2026 00:35",
    ):
        assert words in page, words
    assert "KeyError" not in page
    stranger = UserFactory(role=Role.HR, center=CenterFactory())
    other = text_of(client_of(stranger).get(url("attestation_workfailure_changelist")))
    assert failure.attestation.case_no not in other
    member = UserFactory(role=Role.MEMBER, center=story.mobility)
    assert client_of(member).get(url("attestation_workfailure_changelist")).status_code == 403


def test_f_d18_the_page_of_a_failure_shows_its_state_in_words(failure: WorkFailure) -> None:
    client = client_of(UserFactory(role=Role.ADMINISTRATOR))
    page = text_of(client.get(url("attestation_workfailure_change", failure.pk)))
    assert "not solved" in page
    assert "11.02.2026 00:35" in page  # in Almaty, as the list says it
    assert "'open'" not in page  # a label's colour is for lists
    failure.solved_at = FINAL
    failure.save()
    page = text_of(client.get(url("attestation_workfailure_change", failure.pk)))
    assert "not solved" not in page
    assert "'solved'" not in page


def test_f_d18_open_failures_come_before_solved_ones(failure: WorkFailure) -> None:
    # The solved one failed last: by the moment of the failure it would come first.
    late = FINAL + timedelta(hours=1)
    WorkFailure.objects.create(
        act="remind",
        subject="deadline:1",
        error="OperationalError",
        first_at=late,
        last_at=late,
        next_try_at=late,
        solved_at=late,
    )
    client = client_of(UserFactory(role=Role.ADMINISTRATOR))
    shown = client.get(url("attestation_workfailure_changelist")).context["cl"].result_list
    assert [row.act for row in shown] == [failure.act, "remind"]


def test_f_d18_try_again_now_ends_the_wait_and_the_next_sweep_solves_it(
    failure: WorkFailure, at: Clock, story: Story
) -> None:
    now = FINAL + timedelta(minutes=1)
    at(now)
    administrator = UserFactory(username="adm", role=Role.ADMINISTRATOR)
    act = url("attestation_workfailure_act", failure.pk, "retry")
    assert client_of(story.hr).post(act).status_code == 403
    assert sweep.run(now).counts["finalised"] == 0
    answer = client_of(administrator).post(act, follow=True)
    assert "The next sweep tries it again, within five minutes." in text_of(answer)
    failure.refresh_from_db()
    assert failure.next_try_at == now
    entry = JournalEntry.objects.get(act="retry_work")
    assert (entry.actor, entry.attestation, entry.data["tries"]) == (administrator, failure.attestation, 1)
    assert sweep.run(now).counts["finalised"] == 1
    failure.refresh_from_db()
    assert failure.solved_at == now
    refused = client_of(administrator).post(act)
    assert "This was solved already; there is nothing to try again." in text_of(refused)


def test_many_can_be_tried_again_at_once(failure: WorkFailure, story: Story) -> None:
    administrator = UserFactory(role=Role.ADMINISTRATOR)
    answer = client_of(administrator).post(
        url("attestation_workfailure_changelist"),
        {"action": "retry_selected", "_selected_action": [failure.pk]},
        follow=True,
    )
    assert "Try again now: 1 record." in text_of(answer)


def test_f_c2_many_sent_twice_are_tried_again_once(failure: WorkFailure, story: Story, at: Clock) -> None:
    at(FINAL + timedelta(minutes=1))
    client, path = client_of(UserFactory(role=Role.ADMINISTRATOR)), url("attestation_workfailure_changelist")
    form = {"action": "retry_selected", "_selected_action": [failure.pk]}
    form["page_key"] = key_in(client.get(path))
    first, second = client.post(path, form), client.post(path, form)
    assert (first.status_code, second.status_code, second["Location"]) == (302, 302, first["Location"])
    assert JournalEntry.objects.filter(act="retry_work").count() == 1
    assert "This was already done at " in text_of(client.get(path))


def test_f_c2_one_sent_twice_is_tried_again_once(failure: WorkFailure, story: Story, at: Clock) -> None:
    at(FINAL + timedelta(minutes=1))
    client = client_of(UserFactory(role=Role.ADMINISTRATOR))
    assert twice(client, url("attestation_workfailure_act", failure.pk, "retry"), {}) == ""
    assert JournalEntry.objects.filter(act="retry_work").count() == 1
