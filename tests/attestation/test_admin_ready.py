"""The pages “Ready: confirm” and “Needs attention”: what waits, what a click does, and what it never does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attestation import services
from attestation.models import (
    Attestation,
    CalendarYear,
    Deadline,
    JournalEntry,
    ReadyEffect,
    Role,
    Status,
    User,
    WorkFailure,
)
from config import sweep
from tests.attestation.admin_cast import at, client_of, text_of, url
from tests.factories import CenterFactory, UserFactory
from tests.jobs.story import FINAL, READ, STAGE_OVER, Story
from tests.siblings_cast import footprint

__all__ = ["at"]

pytestmark = pytest.mark.django_db
LIST = "attestation_readyeffect_changelist"
Clock = Callable[[datetime], None]


@pytest.fixture
def story(at: Clock) -> Story:
    """A year whose days off nobody has confirmed: harmful effects wait."""
    at(FINAL + timedelta(hours=9))
    made = Story(confirmed=())
    CalendarYear.objects.update(confirmed_at=None)
    return made


@pytest.fixture
def chair(story: Story) -> User:
    return UserFactory(username="chair", role=Role.CHAIR, center=story.mobility)


def lowered(story: Story) -> Attestation:
    """A mentor who failed the application for the category held: lowered by one level once it is final."""
    person = story.employee("career_specialist", category="mentor")
    return story.listed(person, "category", "mentor")


def held(story: Story, *cases: tuple[Attestation, int]) -> list[ReadyEffect]:
    """Through the chain up to where the brake holds the appeal terms."""
    story.through(*cases)
    story.swept(STAGE_OVER, FINAL)
    return list(ReadyEffect.objects.waiting())


def post(user: User, **values: Any) -> Any:
    return client_of(user).post(url(LIST), values)


def test_it_says_what_waits_why_and_what_a_click_will_do(story: Story, chair: User) -> None:
    case = lowered(story)
    effects = held(story, (case, 50))
    assert [effect.act for effect in effects] == ["close_term", "close_term", "finalise"]
    page = text_of(client_of(chair).get(url(LIST)))
    for words in (
        "The appeal term closes: from then on an appeal is late.",
        "Last day: 09.02.2026.",
        "the calendar of a year is not confirmed",
        "Becomes final: does not conform to the declared category",
        "The category is lowered: mentor → case manager.",
        "Confirm all: 3 effects",
        case.employee.full_name,
        case.case_no,
        "11.02.2026 00:30",
    ):
        assert words in page, words
    assert page.count("harmful") == 3


def test_one_click_lets_many_go_and_answers_for_each(story: Story, chair: User) -> None:
    first, second = story.listed(story.employee()), lowered(story)
    effects = held(story, (first, 89), (second, 50))
    newest = max(effect.pk for effect in effects)
    page = text_of(post(chair, all="1", newest=newest))
    assert f"{len(effects)} of {len(effects)}" in page
    assert "Nothing waits to be confirmed." in page
    assert set(ReadyEffect.objects.values_list("state", "closed_by__username")) == {("confirmed", "chair")}
    second.refresh_from_db()
    assert second.status == Status.FINAL
    assert second.employee.category_on(date(2026, 2, 12)) == "case_manager"
    entry = JournalEntry.objects.get(act="finalise", attestation=second)
    assert entry.actor == chair


def test_only_the_ticked_ones_go(story: Story, chair: User) -> None:
    case = story.listed(story.employee())
    effects = held(story, (case, 89))
    appeal = next(one for one in effects if one.deadline and one.deadline.kind == Deadline.Kind.APPEAL)
    page = text_of(post(chair, ticked="1", effect=[appeal.pk]))
    assert "1 of 1" in page
    assert set(ReadyEffect.objects.waiting()) == set(effects) - {appeal}
    assert Deadline.objects.get(pk=appeal.deadline_id).state == Deadline.State.MET


def test_what_appeared_after_the_page_was_opened_is_not_let_go_with_all(story: Story, chair: User) -> None:
    effects = held(story, (story.listed(story.employee()), 89))
    oldest = min(effect.pk for effect in effects)
    post(chair, all="1", newest=oldest)
    assert ReadyEffect.objects.filter(state="confirmed").count() == 1


def test_a_second_click_and_keys_that_are_none_do_nothing(story: Story, chair: User) -> None:
    effects = held(story, (story.listed(story.employee()), 89))
    keys = [effect.pk for effect in effects]
    post(chair, ticked="1", effect=keys)
    before = footprint()
    for values in ({"effect": keys}, {"effect": ["x", "-1", "9" * 30]}, {"all": "1", "newest": "x"}, {}):
        page = text_of(post(chair, ticked="1", **values))
        assert "Nothing was done: tick what is to be confirmed." in page
    assert footprint() == before


def test_an_effect_that_is_not_due_any_more_is_refused_by_name(story: Story, chair: User, at: Clock) -> None:
    case = story.listed(story.employee())
    effects = held(story, (case, 89))
    at(READ)  # the clock was put right, back to before the term ends
    page = text_of(post(chair, ticked="1", effect=[effects[0].pk]))
    assert f"{case.case_no}: this is not due any more" in page
    assert "0 of 1" in page
    assert Deadline.objects.get(pk=effects[0].deadline_id).state == Deadline.State.OPEN


@pytest.mark.parametrize("role", Role.values)
def test_who_sees_it_and_who_may_confirm(role: str, story: Story) -> None:
    effects = held(story, (story.listed(story.employee()), 89))
    user = UserFactory(role=role, center=None if role in ("administrator", "auditor") else story.mobility)
    client = client_of(user)
    sees, may = role != Role.MEMBER, role in (Role.ADMINISTRATOR, Role.SECRETARY, Role.CHAIR)
    page = client.get(url(LIST))
    assert page.status_code == (200 if sees else 403)
    assert ("Confirm all" in text_of(page)) is may
    answer = client.post(url(LIST), {"ticked": "1", "effect": [effects[0].pk]})
    assert answer.status_code == (200 if may else 403)
    assert ReadyEffect.objects.filter(state="confirmed").exists() is may


def test_another_regions_effects_are_not_there_f_a1(story: Story) -> None:
    effects = held(story, (story.listed(story.employee()), 89))
    stranger = UserFactory(role=Role.CHAIR, center=CenterFactory())
    before = footprint()
    assert "Nothing waits to be confirmed." in text_of(client_of(stranger).get(url(LIST)))
    post(stranger, ticked="1", effect=[effect.pk for effect in effects])
    post(stranger, all="1", newest=effects[-1].pk)
    assert footprint() == before
    assert ReadyEffect.objects.waiting().count() == len(effects)


def test_nobody_confirms_on_their_own_record_f_a6(story: Story, chair: User) -> None:
    case = story.listed(story.employee())
    effects = held(story, (case, 89))
    User.objects.filter(pk=chair.pk).update(employee=case.employee)
    chair = User.objects.get(pk=chair.pk)
    assert "Your own record: a colleague confirms it." in text_of(client_of(chair).get(url(LIST)))
    page = text_of(post(chair, ticked="1", effect=[effects[0].pk]))
    assert "Nobody decides on their own record." in page
    assert ReadyEffect.objects.waiting().count() == len(effects)


def test_reading_changes_nothing_and_costs_the_same_for_any_number(story: Story, chair: User) -> None:
    held(story, (story.listed(story.employee()), 89))
    client = client_of(chair)
    client.get(url(LIST))
    before = footprint()
    with CaptureQueriesContext(connection) as few:
        client.get(url(LIST))
    assert footprint() == before
    other = Story.__new__(Story)
    other.__dict__ |= story.__dict__
    other.cycle = story.open_cycle("T-2026-9", date(2026, 2, 2), date(2026, 2, 6))
    cases = [other.listed(other.employee(), cycle=other.cycle) for _number in range(4)]
    held(other, *((case, 89) for case in cases))
    with CaptureQueriesContext(connection) as many:
        client.get(url(LIST))
    assert ReadyEffect.objects.waiting().count() > 5
    assert len(many) == len(few)


def test_the_cases_page_says_that_it_waits(story: Story, chair: User) -> None:
    case = story.listed(story.employee())
    page = url("attestation_attestation_change", case.pk)
    assert "the calendar of a year is not confirmed" not in text_of(client_of(chair).get(page))
    held(story, (case, 89))
    text = text_of(client_of(chair).get(page))
    assert "the calendar of a year is not confirmed" in text
    assert "Look and confirm" in text
    assert "Look and confirm" not in text_of(client_of(story.hr).get(page))


def test_the_home_page_counts_what_waits(story: Story, chair: User) -> None:
    held(story, (story.listed(story.employee()), 89))
    assert "ready: to be confirmed" in text_of(client_of(chair).get(url("index")))
    services.confirm_calendar(2026, actor=None, now=FINAL)
    sweep.run(FINAL + timedelta(hours=1))
    assert "ready: to be confirmed" not in text_of(client_of(chair).get(url("index")))


# --- needs attention (F-D18) --------------------------------------------------------------------------------


@pytest.fixture
def failure(story: Story, monkeypatch: pytest.MonkeyPatch) -> WorkFailure:
    """A case on which the sweep fails: a value is missing among what its decision was formed from."""
    case = story.listed(story.employee())
    CalendarYear.objects.update(confirmed_at=STAGE_OVER)
    story.through((case, 89))
    story.swept(STAGE_OVER)

    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("points")

    with monkeypatch.context() as poisoned:
        poisoned.setattr(services.decisions, "_form", broken)
        story.swept(FINAL)
    return WorkFailure.objects.get()


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
