"""Ways to take over the chair's account by the login, each of which fails."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch
from django_otp.plugins.otp_totp.models import TOTPDevice

from attestation.accounts import second_factor
from attestation.models import Role, User
from tests.attestation.admin_cast import client_of, url
from tests.factories import UserFactory
from tests.tables.page_cast import names_of_urls

pytestmark = pytest.mark.django_db


@pytest.fixture
def chair() -> User:
    """Enrolled, as production has it."""
    user = UserFactory(username="chair", role=Role.CHAIR)
    TOTPDevice.objects.create(user=user, name="TOTP", confirmed=True)
    return user


def test_totp_is_removed_by_no_page(chair: User) -> None:
    assert not admin.site.is_registered(TOTPDevice)
    client = client_of(UserFactory())
    assert client.get(url("index") + "otp_totp/totpdevice/").status_code == 404
    with pytest.raises(NoReverseMatch):
        url("otp_totp_totpdevice_delete", 1)
    client.post(url("attestation_user_change", chair.pk), {"second_factor": "", "username": "chair"})
    assert second_factor.is_enrolled(chair)


def test_there_is_no_recovery_code_to_be_seen_nor_the_secret(chair: User) -> None:
    device = TOTPDevice.objects.get(user=chair)
    for user in (UserFactory(), chair):
        client = client_of(user)
        for page in ("account", "second_factor"):
            said = client.get(url(page)).content.decode()
            assert second_factor.secret_of(device) not in said
            assert device.key not in said
    said = client_of(UserFactory()).get(url("attestation_user_change", chair.pk)).content.decode()
    assert device.key not in said


@pytest.mark.parametrize(
    "change", [{"password": "x"}, {"role": Role.MEMBER}, {"is_active": False}, {"session_epoch": 1}]
)
def test_a_live_session_taken_over_ends_at_the_next_request(chair: User, change: dict[str, Any]) -> None:
    owner, thief = client_of(chair), Client()
    assert owner.get(url("index")).status_code == 200
    thief.cookies["sessionid"] = owner.cookies["sessionid"].value
    assert thief.get(url("index")).status_code == 200
    User.objects.filter(pk=chair.pk).update(**change)
    assert thief.get(url("index")).status_code == 302


def test_there_is_no_login_as(chair: User) -> None:
    client = client_of(UserFactory())
    client.get(url("index"))
    for name in names_of_urls():
        assert not any(word in name for word in ("login_as", "impersonate", "hijack", "su_")), name
    client.post(url("login"), {"username": "chair", "user": str(chair.pk), "next": url("index")})
    client.get(url("login_code"))
    assert client.get(url("index")).wsgi_request.user != chair
