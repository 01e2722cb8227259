"""Addresses: what a list does not understand is left out with a note, never a 500 (F-A4, F-W4, F-W10)."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from django.contrib import admin
from django.test import Client

from attestation.models import Role
from tests.attestation.admin_cast import (
    Region,
    at,
    client_of,
    export_address,
    make_region,
    messages_of,
    text_of,
    url,
)
from tests.factories import UserFactory
from tests.siblings_cast import footprint
from tests.tables.test_pages import statuses_of

__all__ = ["at"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at")]


def made_once() -> Region:
    return make_region("Ю9")


@pytest.fixture
def region(shared: Region) -> Region:
    """A region."""
    return shared


@pytest.fixture
def client(region: Region) -> Any:
    """Its officer at the screen."""
    return client_of(region.officer)


STAFF = "attestation_employee_changelist"


@pytest.mark.parametrize(
    "query",
    [
        "p=abc",
        "p=99999",
        "p=-1",
        "o=99",
        "o=abc",
        "o=1.2.3.4",
        "e=1",
        "all=1",
        "id__exact=9e30",
        "center__id__exact=abc",
        "center__id__exact=99999999999999999999999",
        "position__exact=cook",
        "iin__startswith=9",
        "center__director__iin__startswith=9",
        "accounts__password__startswith=p",
        "first_name__regex=(",
        "last_name=%00",
        "q=%00",
        "q=" + "%D3%98" * 300,
        "q=(((",
        "region=abc",
        "_facets=1",
        "q=%25%5C_",
        "%D3%98=1",
    ],
)
def test_a_bad_parameter_is_left_out_with_a_note(query: str, client: Any) -> None:
    answer = client.get(f"{url(STAFF)}?{query}", follow=True)
    assert answer.status_code == 200
    assert "Әбенова" in text_of(answer) or "q=" in query or "position" in query or "999" in query


@pytest.mark.usefixtures("frame_once")
@pytest.mark.daily(3)
def test_every_list_answers_bad_parameters(client: Any) -> None:
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        address = url(f"{name}_changelist")
        (wanted,) = statuses_of("hr", {f"{name} list": ("GET", address)}).values()
        # Each by itself is asked of the staff list above: here all that a list may meet, at once.
        for query in ("p=abc&o=99&id__exact=9e30&x__regex=(&q=%00", "q=%D3%98%D0%B1"):
            answer = client.get(f"{address}?{query}", follow=True)
            assert answer.status_code == wanted, (address, query)


def test_a_lookup_that_no_filter_makes_is_named_and_left_out_f_a4(client: Any) -> None:
    answer = client.get(f"{url(STAFF)}?iin__startswith=85", follow=True)
    assert messages_of(answer) == ["The page has no such filter; it was left out: iin__startswith."]
    assert answer.redirect_chain[-1][0] == url(STAFF)


def test_an_iin_is_not_searched_for_by_address_f_w10(client: Any, region: Region) -> None:
    iin = region.case.employee.iin
    for written in (iin, f"{iin[:6]} {iin[6:]}", f"x{iin}"):
        answer = client.get(url(STAFF), {"q": written}, follow=True)
        assert messages_of(answer) == [
            "An IIN is not searched for through the address of a page, where it would stay in logs. "
            "Type it into the search box at the top of the page."
        ]
        assert iin not in answer.request["QUERY_STRING"]


@pytest.mark.parametrize("term", ["әбенова", "ӘБЕНОВА", "іңкәр әбенова", "абен"])
def test_a_name_is_found_in_any_case_and_order(term: str, client: Any) -> None:
    assert "Әбенова" in text_of(client.get(url(STAFF), {"q": term}))


def test_names_stand_in_kazakh_order(client: Any, region: Region) -> None:
    page = text_of(client.get(url(STAFF)))
    assert page.index("Әбенова") < page.index("Оспанова")


@pytest.mark.parametrize("key", ["abc", "", "1 or 1=1", "9" * 40, "%00"])
def test_an_act_on_a_key_that_is_none_does_nothing_f_w4(key: str, client: Any) -> None:
    before = footprint()
    answer = client.post(
        url("attestation_attestation_changelist"),
        {"action": "score_selected", "_selected_action": [key]},
        follow=True,
    )
    assert answer.status_code == 200
    assert footprint() == before


@pytest.mark.parametrize("key", ["abc", "0", "9" * 30, "1%00", "..%2F..%2F"])
def test_a_record_whose_key_is_none_is_simply_missing(key: str, client: Any) -> None:
    for model in admin.site._registry:
        base = url(f"{model._meta.app_label}_{model._meta.model_name}_changelist")
        for tail in ("change/", "history/", "do/score/"):
            assert client.get(f"{base}{key}/{tail}").status_code in (302, 403, 404), (base, key, tail)


def test_names_are_escaped_on_every_page_f_w2() -> None:
    bad = "<script>alert(1)</script>"
    region = make_region(bad)
    client = client_of(region.officer)
    for address in (
        url("index"),
        url(STAFF),
        url("attestation_employee_change", region.case.employee_id),
        url("attestation_attestation_changelist"),
        url("attestation_attestation_change", region.case.pk),
        url("attestation_attestation_change", region.appealed.pk),
        url("attestation_attestation_act", region.appealed.pk, "file-appeal"),
        url("attestation_cycle_change", region.case.cycle_id),
        url("attestation_cycle_changelist"),
        url("appeals_appeal_changelist"),
        url("appeals_appeal_change", region.appeal.pk),
        url("attestation_deadline_changelist"),
    ):
        page = text_of(client.get(address))
        assert bad not in page, address
        assert "&lt;script&gt;alert(1)" in page, address


def test_a_page_runs_no_inline_script_f_w2(client: Any, region: Region) -> None:
    answer = client.get(url("attestation_attestation_change", region.case.pk))
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_missing_page_and_a_refusal_have_words_of_their_own(client: Any) -> None:
    missing = client.get("/nothing/")
    assert missing.status_code == 404
    assert "There is no such page" in text_of(missing)
    refused = client.get(url("attestation_user_changelist"))
    assert refused.status_code == 403
    assert "Your role does not allow this" in text_of(refused)


def test_a_post_without_its_token_is_refused_in_words_f_w1(region: Region) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(region.officer)
    before = footprint()
    for address in (
        url("attestation_attestation_act", region.case.pk, "close"),
        url("attestation_cycle_act", region.case.cycle_id, "publish"),
        url("attestation_cycle_add"),
        url("attestation_importjob_upload", "staff"),
        url("search"),
        *(export_address(kind, region.case.cycle_id) for kind in ("staff", "results")),
        "/language/",
    ):
        answer = strict.post(address, {"reason": "x"})
        assert answer.status_code == 403, address
        assert "The form was too old" in text_of(answer), address
    assert footprint() == before


# Pages whose form is ours answer 422 where something is wrong with it; Django's own answer 200.
OUR_OWN = {"attestation_cycle_add", "attestation_outage_add", "appeals_membership_add"}


def forms_with_choices() -> list[tuple[str, str]]:
    """Every page on which a record is added, with each of its fields that name another record."""
    return [
        (f"{model._meta.label_lower.replace('.', '_')}_add", field.name)
        for model in admin.site._registry
        for field in model._meta.fields
        if field.is_relation
    ]


@pytest.mark.parametrize("key", ["x", "9" * 30, "%00"])
def test_f_w4_a_form_is_given_a_key_that_is_none(key: str, region: Region) -> None:
    """In the address and in the form: the page comes again, with what is wrong, and nothing is saved."""
    client = client_of(UserFactory(role=Role.ADMINISTRATOR))
    before = footprint()
    asked = 0
    for page, field in forms_with_choices():
        opened = client.get(f"{url(page)}?{field}={key}")
        if opened.status_code == 403:
            continue
        asked += 1
        assert opened.status_code == 200, (page, field)
        sent = client.post(url(page), {field: unquote(key)})
        assert sent.status_code == (422 if page in OUR_OWN else 200), (page, field)
    assert asked
    assert footprint() == before
