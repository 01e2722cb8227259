"""Accounts: who gets in, and that nobody raises their own rights (F-A7, F-A8)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from attestation.models import JournalEntry, Role, User
from tests.attestation.admin_cast import client_of, text_of, url
from tests.factories import CenterFactory, UserFactory

pytestmark = pytest.mark.django_db
WORD = "жаздың-күні-27"


def account(**values: Any) -> User:
    """An account with a password."""
    user = UserFactory(**values)
    user.set_password(WORD)
    user.save()
    return user


def log_in(client: Client, user: User) -> Any:
    """Fill in the login form."""
    return client.post(url("login"), {"username": user.username, "password": WORD})


def test_an_account_with_a_role_gets_in(client: Client) -> None:
    assert log_in(client, account(role=Role.AUDITOR, is_staff=False)).status_code == 302
    assert client.get(url("index")).status_code == 200


@pytest.mark.parametrize("values", [{"role": ""}, {"is_active": False}])
def test_an_account_without_role_or_switched_off_is_answered_like_none(
    values: dict[str, Any], client: Client
) -> None:
    refused = log_in(client, account(**values))
    nobody = client.post(url("login"), {"username": "nobody", "password": WORD})
    assert refused.status_code == nobody.status_code == 200
    words = [answer.context["form"].non_field_errors() for answer in (refused, nobody)]
    assert words[0] == words[1]


def test_a_demo_account_opens_nothing_outside_the_demo(client: Client, settings: Any) -> None:
    user = account(is_demo=True)
    settings.DEMO = False
    assert log_in(client, user).status_code == 200
    settings.DEMO = True
    assert log_in(client, user).status_code == 302
    assert client.get(url("index")).status_code == 200
    settings.DEMO = False
    assert client.get(url("index")).status_code == 302


def test_a_right_taken_away_ends_the_session_at_the_next_request_f_a8(client: Client) -> None:
    user = account(role=Role.AUDITOR)
    log_in(client, user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get(url("index")).status_code == 302


def form(**values: Any) -> dict[str, Any]:
    """The account's form."""
    return {
        "username": "asel",
        "last_name": "Сұлтанова",
        "first_name": "Әсел",
        "email": "",
        "language": "kk",
        "role": "auditor",
        "is_active": "on",
        **values,
    }


def test_an_administrator_makes_an_account_without_a_password_and_the_journal_says_so() -> None:
    client = client_of(UserFactory())
    answer = client.post(
        url("attestation_user_add"), form(role="hr", center=CenterFactory().pk, reason="Order No. 7.")
    )
    assert answer.status_code == 302, answer.context["errors"]
    made = User.objects.get(username="asel")
    assert (made.role, made.is_superuser, made.has_usable_password()) == ("", False, False)
    entry = JournalEntry.objects.get(act="record_added")
    assert "role" not in entry.data["changes"]
    assert JournalEntry.objects.get(act="ask_account_request").data["wanted"]["role"] == "hr"


def test_an_officer_needs_a_centre() -> None:
    client = client_of(UserFactory())
    user = UserFactory(username="asel", role=Role.AUDITOR)
    sent = {"role": "hr", "is_active": "on", "reason": "Order No. 7."}
    answer = client.post(url("attestation_user_act", user.pk, "rights"), sent)
    assert "An HR officer works for a centre" in text_of(answer)
    answer = client.post(url("attestation_user_add"), form(username="new", role="hr", reason="Order No. 7."))
    assert "An HR officer works for a centre" in text_of(answer)


def test_nobody_raises_their_own_rights_f_a7() -> None:
    user = UserFactory(username="asel")
    client = client_of(user)
    client.post(
        url("attestation_user_change", user.pk),
        form(role="chair", is_superuser="on", is_staff="on", groups="1", user_permissions="1"),
    )
    user.refresh_from_db()
    assert (user.role, user.is_superuser) == (Role.ADMINISTRATOR, False)


def test_an_administrator_makes_no_superuser_and_changes_none_f_a7() -> None:
    client = client_of(UserFactory())
    other = UserFactory(username="asel", role=Role.AUDITOR)
    client.post(url("attestation_user_change", other.pk), form(is_superuser="on"))
    other.refresh_from_db()
    assert (other.last_name, other.is_superuser) == ("Сұлтанова", False)
    root = UserFactory(is_superuser=True)
    assert client.post(url("attestation_user_change", root.pk), form()).status_code == 403


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.HR, Role.CHAIR])
def test_nobody_else_touches_accounts(role: str) -> None:
    user = UserFactory(role=role, center=CenterFactory())
    client = client_of(user)
    other = UserFactory()
    before = User.objects.count()
    assert client.post(url("attestation_user_add"), form()).status_code == 403
    assert client.post(url("attestation_user_change", other.pk), form()).status_code == 403
    assert User.objects.count() == before
    other.refresh_from_db()
    assert other.username != "asel"


def test_the_admins_own_tables_of_groups_and_jobs_are_not_there_f_a11() -> None:
    client = client_of(UserFactory(is_superuser=True))
    for path in ("auth/group/", "django_celery_beat/periodictask/", "sessions/session/"):
        assert client.get(url("index") + path).status_code == 404
