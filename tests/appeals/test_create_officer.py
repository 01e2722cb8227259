"""`create_officer`: accounts by role, with their seat in the commission."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from appeals.models import Commission, Membership
from attestation.models import JournalEntry, Role, User
from tests.factories import CareerCenterFactory, CenterFactory, UserFactory

pytestmark = pytest.mark.django_db

PASSWORD = "kettle-drum-ostrich-9"
AT = "2026-02-08T23:30:00+05:00"


@pytest.fixture(autouse=True)
def time_travel(settings: Any) -> None:
    settings.ALLOW_TIME_TRAVEL = True


def create(monkeypatch: pytest.MonkeyPatch, *arguments: str, password: str = PASSWORD) -> dict[str, Any]:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    out = io.StringIO()
    call_command("create_officer", *arguments, "--at", AT, "--json", stdout=out)
    return json.loads(out.getvalue())


def refusal(monkeypatch: pytest.MonkeyPatch, *arguments: str, password: str = PASSWORD) -> str:
    before = User.objects.count(), Membership.objects.count()
    with pytest.raises(CommandError) as refused:
        create(monkeypatch, *arguments, password=password)
    assert refused.value.returncode == 1
    assert (User.objects.count(), Membership.objects.count()) == before
    return str(refused.value)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR])
def test_an_account_without_a_seat(monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    assert create(monkeypatch, "aigul", "--role", role)["role"] == role
    user = User.objects.get(username="aigul")
    assert (user.role, user.is_staff, user.is_superuser, user.center) == (role, True, False, None)
    assert user.check_password(PASSWORD)
    assert not Membership.objects.exists()
    assert JournalEntry.objects.get(act="create_account").data["role"] == role


def test_an_hr_officer_belongs_to_a_centre(monkeypatch: pytest.MonkeyPatch) -> None:
    center = CareerCenterFactory()
    assert "give --center BIN" in refusal(monkeypatch, "hr", "--role", "hr")
    create(monkeypatch, "hr", "--role", "hr", "--center", center.bin)
    assert User.objects.get(username="hr").center == center


@pytest.mark.parametrize("role", [Role.SECRETARY, Role.CHAIR, Role.MEMBER])
def test_a_seat_in_the_central_commission_from_today(monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    create(monkeypatch, "aigul", "--role", role)
    seat = Membership.objects.get(user__username="aigul")
    assert (seat.seat, seat.commission.center, seat.appointed_on) == (role, None, date(2026, 2, 8))
    create(monkeypatch, "second", "--role", role)
    assert Commission.objects.count() == 1
    second = Membership.objects.get(user__username="second")
    assert second.seat == ("deputy" if role == Role.CHAIR else role)


def test_a_seat_in_the_centres_commission_from_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    center = CenterFactory()
    create(monkeypatch, "aigul", "--role", "chair", "--center", center.bin, "--from", "2026-01-05")
    seat = Membership.objects.get(user__username="aigul")
    assert (seat.commission.center, seat.appointed_on) == (center, date(2026, 1, 5))
    assert User.objects.get(username="aigul").center == center


def test_a_career_centre_has_no_commission(monkeypatch: pytest.MonkeyPatch) -> None:
    center = CareerCenterFactory()
    said = refusal(monkeypatch, "aigul", "--role", "chair", "--center", center.bin)
    assert f"Give the BIN of its labour mobility centre: {center.parent.bin}" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--role", "auditor", "--center", "BIN"), "belongs to no centre"),
        (("--role", "auditor", "--from", "2026-01-05"), "has no seat in a commission"),
        (("--role", "chair", "--from", "05.01.2026"), "is no date"),
        (("--role", "hr", "--center", "120540000000"), "There is no centre with the BIN"),
    ],
)
def test_what_does_not_fit_the_role(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    center = CenterFactory()
    given = [center.bin if word == "BIN" else word for word in arguments]
    assert said in refusal(monkeypatch, "aigul", *given)


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("", "This password is too short"),
        ("short-1", "This password is too short"),
        ("1234567890123", "entirely numeric"),
        ("password123", "too common"),
        ("aigul-zhumabekova", "too similar to the username"),
    ],
)
def test_a_weak_password_is_refused(monkeypatch: pytest.MonkeyPatch, password: str, said: str) -> None:
    sentence = refusal(monkeypatch, "aigul.zhumabekova", "--role", "auditor", password=password)
    assert sentence.startswith("This password is not taken: ")
    assert said in sentence


@pytest.mark.parametrize("username", ["aigul", "AIGUL"])
def test_a_name_somebody_has(monkeypatch: pytest.MonkeyPatch, username: str) -> None:
    UserFactory(username="aigul")
    assert "already. Choose another name" in refusal(monkeypatch, username, "--role", "auditor")


@pytest.mark.parametrize("username", ["a b", "a,b", "x" * 151])
def test_a_name_that_can_not_be(monkeypatch: pytest.MonkeyPatch, username: str) -> None:
    assert "is no user name" in refusal(monkeypatch, username, "--role", "auditor")


def test_at_a_terminal_it_asks_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal())
    answers = iter([PASSWORD, "something-else-7", PASSWORD, PASSWORD])
    monkeypatch.setattr("office.management.commands.create_officer.getpass", lambda prompt: next(answers))
    with pytest.raises(CommandError, match="The two passwords differ"):
        call_command("create_officer", "aigul", "--role", "auditor", "--at", AT, stdout=io.StringIO())
    call_command("create_officer", "aigul", "--role", "auditor", "--at", AT, stdout=io.StringIO())
    assert User.objects.get(username="aigul").check_password(PASSWORD)
