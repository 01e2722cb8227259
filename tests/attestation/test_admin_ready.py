"""The page “Ready: confirm”: what waits, what a click does, and what it never does."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attestation.by import By
from attestation.deadlines.calendar import confirm_calendar
from attestation.models import (
    Attestation,
    CalendarYear,
    Deadline,
    JournalEntry,
    ReadyEffect,
    Role,
    Status,
    User,
)
from office.sweep import sweep
from tests.attestation.admin_cast import at, client_of, text_of, url
from tests.factories import CenterFactory, UserFactory
from tests.jobs.story import FINAL, READ, STAGE_OVER, Story
from tests.siblings_cast import footprint, fresh

__all__ = ["at"]

pytestmark = pytest.mark.django_db
LIST = "attestation_readyeffect_changelist"
Clock = Callable[[datetime], None]


def held(story: Story, *cases: tuple[Attestation, int]) -> list[ReadyEffect]:
    """Through the chain up to where the brake holds the appeal terms."""
    story.through(*cases)
    story.swept(STAGE_OVER, FINAL)
    return list(ReadyEffect.objects.waiting())


@dataclass
class Held:
    """A mentor who failed the application for the category held, lowered by one level once it is final."""

    story: Story
    chair: User
    case: Attestation
    effects: list[ReadyEffect]


def made_once() -> Held:
    """A year whose days off nobody has confirmed: harmful effects wait."""
    story = Story(confirmed=())
    CalendarYear.objects.update(confirmed_at=None)
    chair = UserFactory(username="chair", role=Role.CHAIR, center=story.mobility)
    person = story.employee("career_specialist", category="mentor")
    case = story.listed(person, "category", "mentor")
    return Held(story, chair, case, held(story, (case, 50)))


@pytest.fixture
def story(at: Clock, shared: Held) -> Story:
    """The cast, on the morning after its deadlines are over."""
    at(FINAL + timedelta(hours=9))
    return shared.story


@pytest.fixture
def case(shared: Held) -> Attestation:
    """The case that waits."""
    return shared.case


@pytest.fixture
def effects(shared: Held) -> list[ReadyEffect]:
    """What waits of it, in order."""
    return shared.effects


@pytest.fixture
def chair(story: Story, shared: Held) -> User:
    return shared.chair


def next_cycle(story: Story) -> Story:
    """The same people with one more cycle, on the same days."""
    other = copy(story)
    other.cycle = story.open_cycle("T-2026-9", date(2026, 2, 2), date(2026, 2, 6))
    return other


def post(user: User, **values: Any) -> Any:
    return client_of(user).post(url(LIST), values)


def test_it_says_what_waits_why_and_what_a_click_will_do(
    case: Attestation, effects: list[ReadyEffect], chair: User
) -> None:
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


def test_one_click_lets_many_go_and_answers_for_each(story: Story, case: Attestation, chair: User) -> None:
    other = next_cycle(story)
    effects = held(other, (other.listed(other.employee()), 89))
    assert {effect.attestation_id for effect in effects} > {case.pk}
    newest = max(effect.pk for effect in effects)
    page = text_of(post(chair, all="1", newest=newest))
    assert f"{len(effects)} of {len(effects)}" in page
    assert "Nothing waits to be confirmed." in page
    gone = ReadyEffect.objects.filter(pk__in=[effect.pk for effect in effects])
    assert set(gone.values_list("state", "closed_by__username")) == {("confirmed", "chair")}
    case = fresh(case)
    assert case.status == Status.FINAL
    assert case.employee.category_on(date(2026, 2, 12)) == "case_manager"
    entry = JournalEntry.objects.get(act="finalise", attestation=case)
    assert entry.actor == chair


def test_only_the_ticked_ones_go(effects: list[ReadyEffect], chair: User) -> None:
    appeal = next(one for one in effects if one.deadline and one.deadline.kind == Deadline.Kind.APPEAL)
    page = text_of(post(chair, ticked="1", effect=[appeal.pk]))
    assert "1 of 1" in page
    assert set(ReadyEffect.objects.waiting()) == set(effects) - {appeal}
    assert Deadline.objects.get(pk=appeal.deadline_id).state == Deadline.State.MET


def test_what_appeared_after_the_page_was_opened_is_not_let_go_with_all(
    effects: list[ReadyEffect], chair: User
) -> None:
    oldest = min(effect.pk for effect in effects)
    post(chair, all="1", newest=oldest)
    assert ReadyEffect.objects.filter(state="confirmed").count() == 1


def test_a_second_click_and_keys_that_are_none_do_nothing(effects: list[ReadyEffect], chair: User) -> None:
    keys = [effect.pk for effect in effects]
    post(chair, ticked="1", effect=keys)
    before = footprint()
    for values in ({"effect": keys}, {"effect": ["x", "-1", "9" * 30]}, {"all": "1", "newest": "x"}, {}):
        page = text_of(post(chair, ticked="1", **values))
        assert "Nothing was done: tick what is to be confirmed." in page
    assert footprint() == before


def test_an_effect_that_is_not_due_any_more_is_refused_by_name(
    case: Attestation, effects: list[ReadyEffect], chair: User, at: Clock
) -> None:
    at(READ)  # the clock was put right, back to before the deadline ends
    page = text_of(post(chair, ticked="1", effect=[effects[0].pk]))
    assert f"{case.case_no}: this is not due any more" in page
    assert "0 of 1" in page
    assert Deadline.objects.get(pk=effects[0].deadline_id).state == Deadline.State.OPEN


@pytest.mark.parametrize("role", Role.values)
def test_who_sees_it_and_who_may_confirm(role: str, story: Story, effects: list[ReadyEffect]) -> None:
    user = UserFactory(role=role, center=None if role in ("administrator", "auditor") else story.mobility)
    client = client_of(user)
    sees, may = role != Role.MEMBER, role in (Role.ADMINISTRATOR, Role.SECRETARY, Role.CHAIR)
    page = client.get(url(LIST))
    assert page.status_code == (200 if sees else 403)
    assert ("Confirm all" in text_of(page)) is may
    answer = client.post(url(LIST), {"ticked": "1", "effect": [effects[0].pk]})
    assert answer.status_code == (200 if may else 403)
    assert ReadyEffect.objects.filter(state="confirmed").exists() is may


def test_another_regions_effects_are_not_there_f_a1(story: Story, effects: list[ReadyEffect]) -> None:
    stranger = UserFactory(role=Role.CHAIR, center=CenterFactory())
    before = footprint()
    assert "Nothing waits to be confirmed." in text_of(client_of(stranger).get(url(LIST)))
    post(stranger, ticked="1", effect=[effect.pk for effect in effects])
    post(stranger, all="1", newest=effects[-1].pk)
    assert footprint() == before
    assert ReadyEffect.objects.waiting().count() == len(effects)


def test_nobody_confirms_on_their_own_record_f_a6(
    case: Attestation, effects: list[ReadyEffect], chair: User
) -> None:
    User.objects.filter(pk=chair.pk).update(employee=case.employee)
    chair = User.objects.get(pk=chair.pk)
    assert "Your own record: a colleague confirms it." in text_of(client_of(chair).get(url(LIST)))
    page = text_of(post(chair, ticked="1", effect=[effects[0].pk]))
    assert "Nobody decides on their own record." in page
    assert ReadyEffect.objects.waiting().count() == len(effects)


def test_reading_changes_nothing_and_costs_the_same_for_any_number(story: Story, chair: User) -> None:
    client = client_of(chair)
    client.get(url(LIST))
    before = footprint()
    with CaptureQueriesContext(connection) as few:
        client.get(url(LIST))
    assert footprint() == before
    other = next_cycle(story)
    cases = [other.listed(other.employee()) for _number in range(4)]
    held(other, *((case, 89) for case in cases))
    with CaptureQueriesContext(connection) as many:
        client.get(url(LIST))
    assert ReadyEffect.objects.waiting().count() > 5
    assert len(many) == len(few)


def test_the_cases_page_says_that_it_waits(story: Story, chair: User) -> None:
    other = next_cycle(story)
    case = other.listed(other.employee())
    page = url("attestation_attestation_change", case.pk)
    assert "the calendar of a year is not confirmed" not in text_of(client_of(chair).get(page))
    held(other, (case, 89))
    text = text_of(client_of(chair).get(page))
    assert "the calendar of a year is not confirmed" in text
    assert "Look and confirm" in text
    assert "Look and confirm" not in text_of(client_of(story.hr).get(page))


def test_the_home_page_counts_what_waits(story: Story, chair: User) -> None:
    assert "ready: to be confirmed" in text_of(client_of(chair).get(url("index")))
    confirm_calendar(2026, by=By(None, FINAL))
    sweep.run(FINAL + timedelta(hours=1))
    assert "ready: to be confirmed" not in text_of(client_of(chair).get(url("index")))
