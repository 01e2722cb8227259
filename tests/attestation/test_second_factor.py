"""The second factor: set up at the first login, asked for at each, used once, taken away by no one alone."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from attestation.accounts import second_factor
from attestation.by import By
from attestation.models import JournalEntry, Notice, Role, User
from attestation.refusals import Refused
from tests.attestation.admin_cast import url
from tests.factories import UserFactory, moment

pytestmark = pytest.mark.django_db
WORD = "жаздың-күні-27"
NOON = moment("2026-02-09 12:00")


def account(role: str = Role.CHAIR) -> User:
    user = UserFactory(username="chair", role=role)
    user.set_password(WORD)
    user.save()
    return user


def code_of(device: TOTPDevice, later: int = 0) -> str:
    """What the telephone shows, so many steps from now."""
    shown = TOTP(device.bin_key)
    shown.time = time.time() + 30 * later
    return f"{shown.token():06}"


def awaited(client: Client, user: User) -> TOTPDevice:
    """The device whose secret this browser was shown."""
    return second_factor.new_device(user, client.session["_new_device"]["key"])


def enrolled(user: User) -> TOTPDevice:
    return TOTPDevice.objects.create(user=user, name="TOTP", confirmed=True)


def password(client: Client) -> Any:
    return client.post(url("login"), {"username": "chair", "password": WORD})


def is_in(client: Client) -> bool:
    return client.get(url("index")).status_code == 200


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.CHAIR, Role.SECRETARY, Role.MEMBER])
def test_where_it_is_required_the_first_login_sets_it_up(role: str, client: Client, settings: Any) -> None:
    settings.SECOND_FACTOR = "required"
    user = account(role)
    assert password(client)["Location"] == url("login_code")
    assert not is_in(client)
    page = client.get(url("login_code")).content.decode()
    device = awaited(client, user)
    assert "data:image/svg+xml" in page
    assert not TOTPDevice.objects.exists()
    assert second_factor.secret_of(device) in client.get(url("login_code")).content.decode()
    assert second_factor.secret_of(device) in page
    assert client.post(url("login_code"), {"code": "000000"}).status_code == 200
    assert not is_in(client)
    assert client.post(url("login_code"), {"code": code_of(device)}).status_code == 302
    assert is_in(client)
    assert JournalEntry.objects.filter(act="enrol_second_factor", actor=user).count() == 1


@pytest.mark.parametrize("role", [Role.AUDITOR])
def test_others_may_do_without(role: str, client: Client, settings: Any) -> None:
    settings.SECOND_FACTOR = "required"
    account(role)
    password(client)
    assert is_in(client)


def test_a_code_is_asked_for_and_works_once(client: Client) -> None:
    device = enrolled(account())
    code = code_of(device)
    password(client)
    assert not is_in(client)
    page = client.get(url("login_code")).content.decode()
    assert second_factor.secret_of(device) not in page
    client.post(url("login_code"), {"code": code})
    assert is_in(client)
    other = Client()
    password(other)
    other.post(url("login_code"), {"code": code})
    assert not is_in(other)


def test_codes_are_counted_as_passwords_are(client: Client) -> None:
    device = enrolled(account())
    password(client)
    for _n in range(10):
        client.post(url("login_code"), {"code": "000000"})
    assert client.post(url("login_code"), {"code": code_of(device)}).status_code == 200
    assert JournalEntry.objects.filter(act="locked_out").count() == 1
    assert not is_in(client)


def test_another_device_takes_its_place_by_the_password_and_the_old_code(client: Client) -> None:
    user = account()
    old = enrolled(user)
    client.force_login(user)
    client.get(url("second_factor"))
    new = awaited(client, user)
    said = {"password": WORD, "code": "000000", "new_code": code_of(new)}
    assert client.post(url("second_factor"), said).status_code == 422
    assert client.post(url("second_factor"), {**said, "code": code_of(old)}).status_code == 302
    assert TOTPDevice.objects.get(user=user).key == new.key


def test_it_is_forgotten_on_record_its_owner_told_and_logged_out(client: Client) -> None:
    user, administrator = account(), UserFactory()
    enrolled(user)
    client.force_login(user)
    assert is_in(client)
    second_factor.forget_second_factor(user, by=By(administrator, NOON))
    assert not is_in(client)
    assert not second_factor.is_enrolled(user)
    assert JournalEntry.objects.get(act="forget_second_factor").data == {"account": "chair"}
    assert Notice.objects.get(kind="second_factor_forgotten").user == user


def test_a_password_waits_ten_minutes_for_its_code(client: Client) -> None:
    device = enrolled(account())
    password(client)
    session = client.session
    session["_half_logged_in"] = {**session["_half_logged_in"], "at": int(time.time()) - 601}
    session.save()
    assert client.post(url("login_code"), {"code": code_of(device)})["Location"] == url("login")


@pytest.mark.parametrize("who", ["own", "officer", "none"])
def test_forgetting_is_refused(who: str) -> None:
    user, administrator = account(Role.ADMINISTRATOR), UserFactory()
    if who != "none":
        enrolled(user)
    by = {"own": user, "officer": UserFactory(role=Role.AUDITOR), "none": administrator}[who]
    with pytest.raises(Refused) as refused:
        second_factor.forget_second_factor(user, by=By(by, NOON))
    assert (
        refused.value.code
        == {
            "own": "own_account",
            "officer": "no_permission",
            "none": "no_second_factor",
        }[who]
    )
