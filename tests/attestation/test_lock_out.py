"""F-W7: guessing passwords gets nowhere, and locks nobody out of a vote."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.backends import ModelBackend
from django.http import HttpResponse
from django.test import Client

from attestation.accounts import tries
from attestation.admin.login_pages import Login
from attestation.by import By
from attestation.models import JournalEntry, LoginTries, Role, User
from attestation.refusals import Refused
from tests.attestation.admin_cast import at, client_of, url
from tests.factories import UserFactory, moment

__all__ = ["at"]

pytestmark = pytest.mark.django_db
WORD = "жаздың-күні-27"
# One for all: each that is made sets up the whole of the middleware.
STRANGER = Client()
NOON = moment("2026-02-09 12:00")


def account(name: str, role: str = Role.AUDITOR) -> User:
    user = UserFactory(username=name, role=role)
    user.set_password(WORD)
    user.save()
    return user


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch, at: Any) -> dict[str, int]:
    """By account, how many tries got as far as its password."""
    at(NOON)
    counts: dict[str, int] = {}
    real = ModelBackend.authenticate

    def authenticate(self: Any, request: Any, username: str | None = None, **rest: Any) -> Any:
        counts[str(username)] = counts.get(str(username), 0) + 1
        return real(self, request, username=username, **rest)

    monkeypatch.setattr(ModelBackend, "authenticate", authenticate)
    return counts


def guess(name: str, address: str = "10.0.0.1", word: str = "wrong", **headers: str) -> Any:
    """A try from a browser that has never been here."""
    data = {"username": name, "password": word}
    STRANGER.cookies.clear()
    return STRANGER.post(url("login"), data, REMOTE_ADDR=address, **headers)


# Of 1,000 tries the nth: at whom, from where, under which false header.
PATTERNS = {
    "one account": lambda n: ("chair", "10.0.0.1", ""),
    "many accounts": lambda n: (f"a{n % 20}", "10.0.0.1", ""),
    "many addresses": lambda n: ("chair", f"10.{n // 250}.7.{n % 250}", ""),
    "false header": lambda n: ("chair", "10.0.0.1", f"192.0.{n // 250}.{n % 250}"),
}


@pytest.mark.daily(4)
@pytest.mark.once
@pytest.mark.parametrize("pattern", PATTERNS)
def test_of_a_thousand_wrong_passwords_ten_an_account_are_looked_at_f_w7(
    pattern: str, looked_at: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the page looks like is not asked of a thousand answers.
    monkeypatch.setattr(Login, "render_to_response", lambda self, context: HttpResponse())
    for name in ("chair", *(f"a{n}" for n in range(20))):
        account(name)
    for n in range(1000):
        name, address, told = PATTERNS[pattern](n)
        guess(name, address, f"wrong {n}", **({"HTTP_X_FORWARDED_FOR": told} if told else {}))
    assert max(looked_at.values()) <= tries.OF_AN_ACCOUNT
    assert sum(looked_at.values()) <= tries.OF_AN_ADDRESS
    assert guess("chair", word=WORD).status_code == 200 or pattern == "many accounts"
    assert JournalEntry.objects.filter(act="locked_out").exists()
    assert JournalEntry.objects.filter(act="login_failed").count() <= 21


def test_a_known_device_gets_in_while_others_guess(looked_at: dict[str, int]) -> None:
    account("chair", Role.CHAIR)
    known = Client()
    assert known.post(url("login"), {"username": "chair", "password": WORD}).status_code == 302
    known.get(url("index"))
    known.post(url("logout"))
    for n in range(50):
        guess("chair", "127.0.0.1", f"wrong {n}")
    assert guess("chair", word=WORD).status_code == 200
    assert known.post(url("login"), {"username": "chair", "password": WORD}).status_code == 302
    assert known.get(url("appeals_sitting_changelist")).status_code == 200


def test_the_tries_of_a_known_device_are_counted_too(looked_at: dict[str, int]) -> None:
    client = client_of(account("chair"))
    client.get(url("index"))
    client.post(url("logout"))
    for n in range(15):
        client.post(url("login"), {"username": "chair", "password": f"wrong {n}"})
    assert looked_at["chair"] == tries.OF_AN_ACCOUNT


@pytest.mark.parametrize("change", ["password", "end all"])
def test_a_device_is_strange_again(change: str, looked_at: dict[str, int]) -> None:
    user = account("chair")
    client = client_of(user)
    client.get(url("index"))
    for n in range(11):
        guess("chair", word=f"wrong {n}")
    if change == "password":
        user.set_password(WORD)
        user.save()
    else:
        User.objects.filter(pk=user.pk).update(session_epoch=1)
    assert client.post(url("login"), {"username": "chair", "password": WORD}).status_code == 200


def test_unknown_wrong_and_locked_are_answered_alike_for_every_name(looked_at: dict[str, int]) -> None:
    account("chair")
    for n in range(12):
        answers = [guess(name, f"10.1.{k}.{n}", "wrong") for k, name in enumerate(("chair", "nobody"))]
        assert len({answer.status_code for answer in answers}) == 1
        assert len({str(answer.context["form"].non_field_errors()) for answer in answers}) == 1
    assert looked_at["chair"] == looked_at["nobody"] == tries.OF_AN_ACCOUNT


def test_an_hour_later_there_is_another_try(looked_at: dict[str, int], at: Any) -> None:
    account("chair")
    for n in range(11):
        guess("chair", word=f"wrong {n}")
    at(moment("2026-02-09 13:01"))
    assert guess("chair", word=WORD).status_code == 302


def test_an_administrator_unlocks_it_on_record(looked_at: dict[str, int]) -> None:
    user, administrator = account("chair"), UserFactory()
    for n in range(11):
        guess("chair", word=f"wrong {n}")
    answer = client_of(administrator).post(url("attestation_user_act", user.pk, "unlock"), {"step": "save"})
    assert answer.status_code == 302
    assert JournalEntry.objects.get(act="unlock").data == {"account": "chair"}
    assert guess("chair", word=WORD).status_code == 302
    with pytest.raises(Refused) as refused:
        tries.unlock(user, by=By(user, NOON))
    assert refused.value.code == "no_permission"


def test_the_journal_says_who_and_from_where_and_never_a_name_that_is_no_accounts(
    looked_at: dict[str, int],
) -> None:
    user = account("chair")
    for n in range(5):
        guess("chair", word=f"wrong {n}")
        guess("my-password-by-mistake")
    told = [entry.data for entry in JournalEntry.objects.filter(act="login_failed").order_by("seq")]
    assert told == [
        {"account": "chair", "address": "10.0.0.1", "tries": 1},
        {"account": "unknown", "address": "10.0.0.1", "tries": 1},
    ]
    assert guess("chair", word=WORD).status_code == 302
    entry = JournalEntry.objects.get(act="login")
    assert (entry.actor, entry.data["account"], entry.data["known_device"]) == (user, "chair", False)
    assert "my-password" not in str(list(LoginTries.objects.values()))


@pytest.mark.parametrize(
    ("proxies", "header", "counted"),
    [
        (0, "192.0.2.1", "10.0.0.1"),
        (1, "192.0.2.1, 192.0.2.2", "192.0.2.2"),
        (2, "192.0.2.1, 192.0.2.2", "192.0.2.1"),
        (2, "192.0.2.1", "10.0.0.1"),
        (1, "", ""),
        (0, "", "10.0.0.1"),
    ],
)
def test_a_false_header_helps_nobody(proxies: int, header: str, counted: str, settings: Any, rf: Any) -> None:
    from attestation.accounts.devices import address_of

    settings.TRUSTED_PROXIES = proxies
    request = rf.get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=header)
    assert address_of(request) == counted


def test_counts_go_after_ninety_days(looked_at: dict[str, int], at: Any) -> None:
    guess("nobody")
    assert tries.forget_tries(moment("2026-05-01 12:00")) == 0
    assert tries.forget_tries(moment("2026-06-01 12:00")) == 3
    assert not LoginTries.objects.exists()
