"""F-W6: how long a session lives, and what is kept of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from attestation.models import User

MORNING = datetime(2026, 2, 2, 4, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client: Client) -> User:
    """Somebody who is logged in since MORNING."""
    with time_machine.travel(MORNING, tick=False):
        user = User.objects.create_superuser(username="root", password="a long password")
        client.force_login(user)
        client.get("/")
    return user


def logged_in_at(client: Client, moment: datetime) -> bool:
    """Whether a page opened at this moment still knows the user."""
    with time_machine.travel(moment, tick=False):
        return bool(client.get("/").wsgi_request.user.is_authenticated)


def test_an_idle_session_ends_after_half_an_hour(client: Client, administrator: User) -> None:
    assert logged_in_at(client, MORNING + timedelta(minutes=29))
    assert logged_in_at(client, MORNING + timedelta(minutes=58))
    assert not logged_in_at(client, MORNING + timedelta(minutes=89))


def test_a_busy_session_ends_after_twelve_hours(client: Client, administrator: User) -> None:
    for minutes in range(20, 720, 20):
        assert logged_in_at(client, MORNING + timedelta(minutes=minutes))
    assert logged_in_at(client, MORNING + timedelta(hours=12))
    assert not logged_in_at(client, MORNING + timedelta(hours=12, minutes=1))


@pytest.mark.daily(3)
def test_production_hardens_the_cookies(manage_py: Any) -> None:
    key = "b8#kLm2$xQ9!vR4@wN7^zT1&yU5*pO3(hJ6)gF0-sD8+aE2=xW4!"
    done = manage_py("diffsettings", "--all", DEPLOYMENT="production", SECRET_KEY=key)
    for line in (
        "SESSION_COOKIE_SECURE = True",
        "SESSION_COOKIE_HTTPONLY = True",
        "SESSION_COOKIE_NAME = '__Host-sessionid'",
        "CSRF_COOKIE_SECURE = True",
        "SECURE_SSL_REDIRECT = True",
    ):
        assert line in done.stdout
