"""What the pages show and in whose language; their queries do not grow. Who gets which: tests/tables."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from attestation.models import CategoryTerm, Role
from scoring.models import HeldRow
from tests.attestation.admin_cast import ROLES, Region, at, client_of, make_region, member_of, text_of, url
from tests.factories import EmployeeFactory, UserFactory
from tests.siblings_cast import decided

__all__ = ["at"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at")]


def made_once() -> Region:
    return make_region("Ю9")


@pytest.fixture
def region(shared: Region) -> Region:
    """Something of everything."""
    return shared


def queries(client: Any, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert client.get(address).status_code == 200
    return len(found)


@pytest.mark.daily(3)
def test_the_home_page_costs_the_same_with_more_on_record(region: Region) -> None:
    clients = {role: client_of(member_of(role, region)) for role in ROLES}
    before = {role: queries(client, url("index")) for role, client in clients.items()}
    for _ in range(4):
        decided(employee=EmployeeFactory(center=region.career), cycle=region.case.cycle)
    for role, client in clients.items():
        assert queries(client, url("index")) <= before[role] + 1, role
        assert before[role] <= 35, role


def test_the_page_of_a_case_costs_the_same_whatever_happened(region: Region) -> None:
    client = client_of(region.officer)
    quiet = queries(client, url("attestation_attestation_change", region.case.pk))
    appealed = queries(client, url("attestation_attestation_change", region.appealed.pk))
    # Three of them read the single ratings and violations and the category periods behind the decision, one
    # asks whether a button would open.
    assert max(quiet, appealed) <= 38


@pytest.mark.daily(4)
def test_a_list_costs_the_same_for_more_rows(region: Region) -> None:
    clients = {role: client_of(member_of(role, region)) for role in ROLES}
    # Each asked by the first role that sees it: the administrator, unless the page is another's alone.
    lists = {
        f"{model._meta.app_label}_{model._meta.model_name}_changelist": next(
            client for role, client in clients.items() if role in page.seen_by
        )
        for model, page in admin.site._registry.items()
        # What waits of these stands in the queue.
        if model is not HeldRow
    }
    before = {name: queries(client, url(name)) for name, client in lists.items()}
    for _ in range(4):
        decided(employee=EmployeeFactory(center=region.career), cycle=region.case.cycle)
    after = {name: queries(client, url(name)) for name, client in lists.items()}
    assert {name: (before[name], after[name]) for name in lists if after[name] > before[name] + 1} == {}


def test_the_decision_is_explained_on_the_case_and_on_its_own_page(region: Region) -> None:
    """Inputs, points, bounds, outcome, cites: a reader can recompute it (Done-when 5)."""
    client = client_of(seated_chair(region))
    decision = region.case.decisions.get(superseded_at=None)
    for address in (
        url("attestation_attestation_change", region.case.pk),
        url("attestation_decision_change", decision.pk),
    ):
        page = text_of(client.get(address))
        for words in (
            "Test: 89 of 100 correct = 89%. The threshold of 70% is reached.",
            "Row 1, testing: 89 of 100 = 89%; 80 points at most: 71.2.",
            "Row 2, rating: mean 4.6 (&gt; 4): 10 points.",
            "Total: 71.2 + 10 + 10 = 91.2.",
            "91.2 points, at least 85: conforms to the declared category.",
            "¶17.2",
            "¶30.2",
            "App. 1-2 row 2",
            "89 ≥ 70",
            "91.2 ≥ 85",
        ):
            assert words in page, words


def seated_chair(region: Region) -> Any:
    return member_of(Role.CHAIR, region)


def test_deadlines_are_shown_with_their_derivation(region: Region) -> None:
    """D1: published Thursday 5 February 17:40; counted the 6th and the 9th; due the 9th."""
    page = text_of(client_of(region.officer).get(url("attestation_attestation_change", region.appealed.pk)))
    assert "ublished 5 Feb 2026 17:40" in page or "ublished 05.02.2026 17:40" in page
    assert "09.02.2026 23:59:59" in page


@pytest.mark.parametrize(("language", "words"), [("kk", "Неге"), ("ru", "шаг за шагом")])
def test_a_case_speaks_the_readers_language(language: str, words: str, region: Region) -> None:
    officer = region.officer
    type(officer).objects.filter(pk=officer.pk).update(language=language)
    page = text_of(client_of(officer).get(url("attestation_attestation_change", region.case.pk)))
    assert f'lang="{language}"' in page
    with translation.override(language):
        assert translation.gettext("Why: step by step") in page


def test_the_language_is_remembered_with_the_account(region: Region) -> None:
    client = client_of(region.officer)
    response = client.post("/language/", {"language": "ru", "next": url("index")})
    assert response.status_code == 302
    region.officer.refresh_from_db()
    assert region.officer.language == "ru"
    assert 'lang="ru"' in text_of(client.get(url("index")))
    assert client.get("/language/").status_code == 405


def test_an_unknown_language_or_an_open_redirect_changes_nothing_f_w5(region: Region) -> None:
    client = client_of(region.officer)
    response = client.post("/language/", {"language": "xx", "next": "//evil.example/"})
    assert "evil" not in response.url
    region.officer.refresh_from_db()
    assert region.officer.language == "en"


@pytest.mark.parametrize(
    ("ends_on", "said"),
    [
        (date(2026, 2, 9), "it was never in force"),
        (date(2026, 2, 10), "10.02.2026"),
        (date(2026, 2, 11), "11.02.2026"),
    ],
)
def test_a_term_superseded_on_its_first_day_is_shown_as_void_i_16(ends_on: date, said: str) -> None:
    person = EmployeeFactory(position="career_specialist")
    day = date(2026, 2, 10)
    CategoryTerm.objects.create(
        employee=person, category="mentor", starts_on=day, ends_on=ends_on, planned_ends_on=date(2029, 2, 10)
    )
    boss = UserFactory(role=Role.ADMINISTRATOR, language="en")
    page = text_of(client_of(boss).get(url("attestation_employee_change", person.pk)))
    assert said in page
    assert ("never in force" in page) is (ends_on < day)
    assert "09.02.2026" not in page
