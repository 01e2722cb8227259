"""The sidebar of each role, and the page "Registers" with every other page that the role may open."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.utils.html import escape

from attestation.models import Role, User
from office import navigation
from office.registers import LINES
from tests.attestation.admin_cast import ROLES, client_of, url
from tests.factories import CenterFactory, UserFactory

pytestmark = pytest.mark.django_db

MOST_LINES = 8
# Parts of a matter of the queue, of an appeal, of a sitting: opened from there.
REACHED_ELSEWHERE = {"scoring_heldrow", "appeals_appealitem", "appeals_agendaitem"}
WHO = (*ROLES, "superuser")


def user_of(who: str) -> User:
    """An account of the role; a superuser has none and counts as an administrator."""
    if who == "superuser":
        return UserFactory(role="", is_superuser=True)
    return UserFactory(role=who, center=CenterFactory() if who == Role.HR else None)


def sidebar(client: Client) -> list[dict[str, Any]]:
    """The lines on the page of the registers."""
    (group,) = client.get(url("registers")).context["sidebar_navigation"]
    found: list[dict[str, Any]] = group["items"]
    return found


@pytest.mark.daily(4)
@pytest.mark.parametrize("who", WHO)
def test_a_sidebar_has_at_most_eight_lines(who: str) -> None:
    titles = [item["title"] for item in sidebar(client_of(user_of(who)))]
    assert len(titles) <= MOST_LINES
    assert (titles[0], titles[-1]) == ("Home", "Registers")


@pytest.mark.daily(4)
@pytest.mark.parametrize("who", WHO)
def test_sidebar_and_registers_lead_to_every_list_that_the_role_may_open(who: str) -> None:
    """Once each; and to none that answers with a refusal."""
    user = user_of(who)
    client = client_of(user)
    groups = client.get(url("registers")).context["groups"]
    left = [line.url for group in groups for line in group.lines]
    linked = [item["link"] for item in sidebar(client)] + left
    assert len(set(linked)) == len(linked)
    assert {client.get(address).status_code for address in linked} == {200}
    open_to_all = {
        address
        for model in admin.site._registry
        if (name := f"{model._meta.app_label}_{model._meta.model_name}") not in REACHED_ELSEWHERE
        and client.get(address := url(f"{name}_changelist")).status_code == 200
    }
    # The deadlines open as a board, whose page leads to the list.
    assert open_to_all - set(linked) <= {url("attestation_deadline_changelist")}


def test_a_register_says_what_it_holds() -> None:
    page = client_of(user_of(Role.ADMINISTRATOR)).get(url("registers"))
    held = [str(line.holds) for group in page.context["groups"] for line in group.lines]
    assert all(held)
    assert [words for words in held if escape(words) not in page.content.decode()] == []


def test_every_line_stands_in_a_group_once() -> None:
    pages = [line.page for group in navigation.GROUPS for line in group.lines]
    assert len(set(pages)) == len(pages) == len(LINES)
    assert {page for pages in navigation.SIDEBARS.values() for page in pages} <= set(LINES)


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("index", "Home"),
        ("appeals_sitting_queue", "Queue"),
        ("appeals_sitting_changelist", "Sittings"),
        ("attestation_deadline_changelist", "Deadlines"),
        ("attestation_decision_changelist", "Registers"),
        ("password_change", None),
    ],
)
def test_one_line_says_where_one_is(address: str, title: str | None) -> None:
    client = client_of(UserFactory(role=Role.CHAIR))
    (group,) = client.get(url(address)).context["sidebar_navigation"]
    assert [item["title"] for item in group["items"] if item["active"]] == ([title] if title else [])
