"""F-W8: a login that fails says nothing of the name: the same text, the same work.

benchmarks/bench_login.py measures what it takes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from attestation.accounts import tries
from attestation.models import LoginTries, Role, User
from tests.attestation.admin_cast import at, url
from tests.attestation.test_lock_out import NOON
from tests.factories import UserFactory

__all__ = ["at"]

pytestmark = pytest.mark.django_db


def asked(password: str | None = "right", **fields: Any) -> User:
    """The account of that name; without a password its owner has not used the link yet."""
    user = UserFactory(username="asked", **{"role": Role.CHAIR, **fields})
    user.set_password(password)
    user.save()
    return user


KINDS: dict[str, Callable[[], Any]] = {
    "no account": lambda: None,
    "an account": asked,
    "switched off": lambda: asked(is_active=False),
    "no role": lambda: asked(role=""),
    "no password yet": lambda: asked(None),
}


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch, at: Any) -> list[str]:
    """The passwords that were hashed, which is nearly all that a failed login costs."""
    at(NOON)
    found: list[str] = []
    real = MD5PasswordHasher.encode

    def encode(self: Any, password: str, salt: str, *rest: Any) -> str:
        found.append(password)
        return real(self, password, salt, *rest)

    monkeypatch.setattr(MD5PasswordHasher, "encode", encode)
    return found


def answer(client: Client) -> tuple[str, int]:
    """What the form says, and how often the database was asked."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = client.post(url("login"), {"username": "asked", "password": "wrong"})
    assert page.status_code == 200
    return str(page.context["form"].errors), len(queries)


def test_a_failed_login_is_the_same_for_every_name_f_w8(hashed: list[str]) -> None:
    found: dict[str, tuple[str, int, list[str]]] = {}
    for kind, make in KINDS.items():
        make()
        LoginTries.objects.all().delete()
        hashed.clear()
        text, queries = answer(Client())
        found[kind] = (text, queries, list(hashed))
        User.objects.filter(username="asked").delete()
    texts = {text for text, _queries, _hashed in found.values()}
    assert len(texts) == 1
    assert "asked" not in texts.pop()
    assert {kind: len(done) for kind, (_text, _queries, done) in found.items()} == dict.fromkeys(KINDS, 1)
    counts = {kind: queries for kind, (_text, queries, _hashed) in found.items()}
    assert max(counts.values()) - min(counts.values()) <= 1, counts


def test_a_name_that_is_nobodys_is_locked_like_an_account_f_w8(hashed: list[str]) -> None:
    def locked() -> str:
        for _time in range(tries.OF_AN_ACCOUNT):
            answer(Client())
        hashed.clear()
        return answer(Client())[0]

    of_nobody = locked()
    assert "13:00" in of_nobody
    assert hashed == []
    LoginTries.objects.all().delete()
    asked()
    assert locked() == of_nobody
    assert hashed == []
