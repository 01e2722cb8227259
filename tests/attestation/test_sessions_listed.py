"""F-W6: sessions are shown to their owner and end together; who acts shows once more who they are."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.test import Client

from attestation.accounts.sessions import PROVED
from attestation.models import JournalEntry, Role, User
from tests.attestation.admin_cast import client_of, url
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
WORD = "жаздың-күні-27"


def account(**values: Any) -> User:
    user = UserFactory(username="asel", **values)
    user.set_password(WORD)
    user.save()
    return user


def logged_in(address: str = "10.0.0.1", browser: str = "Firefox/140") -> Client:
    """Somebody at another computer."""
    client = Client(REMOTE_ADDR=address, HTTP_USER_AGENT=browser)
    assert client.post(url("login"), {"username": "asel", "password": WORD}).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get(url("index")).status_code == 200


def stale(client: Client) -> None:
    """The password was last typed eleven minutes ago."""
    session = client.session
    session[PROVED] = int(time.time()) - 660
    session.save()


def test_one_sees_where_one_is_logged_in_and_ends_the_others() -> None:
    account()
    here, there = logged_in(), logged_in("10.0.0.2", "Mozilla Chrome/140 Safari/5 Edg/140")
    client_of(UserFactory())
    shown = here.get(url("account")).context["sessions"]
    told = {(one.address, one.browser, one.this) for one in shown}
    assert told == {("10.0.0.1", "Firefox", True), ("10.0.0.2", "Edge", False)}
    here.post(url("account"))
    assert is_in(here)
    assert not is_in(there)
    assert len(here.get(url("account")).context["sessions"]) == 1
    assert JournalEntry.objects.get(act="end_sessions").data == {"account": "asel"}


def test_a_login_has_a_new_key_and_a_logout_kills_it_f_w6() -> None:
    user = account()
    client = Client()
    client.get(url("login"))
    before = client.session.session_key
    client.post(url("login"), {"username": "asel", "password": WORD})
    held = client.cookies["sessionid"].value
    assert held != before
    client.post(url("logout"))
    client.cookies["sessionid"] = held
    assert not is_in(client)
    acts = list(JournalEntry.objects.filter(actor=user).order_by("seq").values_list("act", flat=True))
    assert acts == ["login", "logout"]


def test_an_administrator_ends_all_sessions_of_an_account() -> None:
    user = account()
    there = logged_in()
    client_of(UserFactory()).post(url("attestation_user_act", user.pk, "end-sessions"))
    assert not is_in(there)


def test_rights_are_granted_only_by_who_showed_just_now_who_they_are() -> None:
    administrator, other = account(), UserFactory(role=Role.AUDITOR)
    client = client_of(administrator)
    client.get(url("index"))
    page = url("attestation_user_change", other.pk)
    assert client.get(page).status_code == 200
    stale(client)
    asked = client.post(page, {"role": Role.ADMINISTRATOR})["Location"]
    assert asked.startswith(url("prove"))
    assert client.post(asked, {"password": "wrong"}).status_code == 422
    assert client.get(page).status_code == 302
    assert client.post(asked, {"password": WORD})["Location"] == page
    assert client.get(page).status_code == 200


def test_nobody_is_sent_to_another_site() -> None:
    account()
    client = logged_in()
    answer = client.post(url("prove") + "?next=https://elsewhere.example/", {"password": WORD})
    assert answer["Location"] == url("index")
