"""One administrator alone, up to the last button there is, does not become the chair (each way a test)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from appeals.models import Membership
from appeals.services.commission import seat_in, sits
from attestation.accounts.requests import settle_due_requests
from attestation.models import AccountRequest, Center, Role, User
from tests.attestation.admin_cast import MONDAY, at, client_of, url
from tests.factories import CenterFactory, UserFactory
from tests.siblings_cast import seated

__all__ = ["at"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at")]
WHY, DAY = "Order No. 7.", date(2026, 2, 10)
RIGHTS = {"role": "chair", "is_active": "on", "reason": WHY}


@pytest.fixture
def center() -> Center:
    return CenterFactory()


@pytest.fixture
def chair(center: Center) -> User:
    """The chair, seated; and a second administrator, so that nobody is a lone one."""
    UserFactory(username="second")
    return seated(Role.CHAIR, center)


@pytest.fixture
def intruder(chair: User) -> Client:
    """Whoever sits at the screen of one administrator."""
    return client_of(UserFactory(username="intruder"))


def confirm_all(client: Client) -> list[int]:
    """Press the last button on whatever waits; what each answered."""
    return [
        client.post(url("attestation_accountrequest_act", request.pk, "confirm")).status_code
        for request in AccountRequest.objects.open()
    ]


def appointment(user: User, center: Center) -> dict[str, Any]:
    """The form of an appointment to the chair."""
    return {
        "user_account": user.pk,
        "seat": "chair",
        "center": center.pk,
        "from_day": DAY.isoformat(),
        "reason": WHY,
    }


def nothing_won(center: Center, chair: User) -> None:
    """Nobody but the chair is chair, also a month later."""
    settle_due_requests(now=MONDAY + timedelta(days=30))
    roles = User.objects.filter(role=Role.CHAIR, is_active=True).exclude(pk=chair.pk)
    assert not roles.exists()
    assert not Membership.objects.exclude(user=chair).exists()


def test_a_second_account_with_the_seat(intruder: Client, chair: User, center: Center) -> None:
    sent = {"username": "mine", "last_name": "A", "first_name": "B", "language": "kk", **RIGHTS}
    sent["center"] = str(center.pk)
    assert intruder.post(url("attestation_user_add"), sent).status_code == 302
    mine = User.objects.get(username="mine")
    assert client_of(mine).get(url("index")).status_code == 302
    # The seat is offered to accounts with a role of the commission alone; another's stands in for it.
    assert intruder.post(url("appeals_membership_add"), appointment(mine, center)).status_code == 422
    member = UserFactory(role=Role.MEMBER, center=center)
    seat = intruder.post(url("appeals_membership_add"), appointment(member, center) | {"seat": "member"})
    assert seat.status_code == 302
    assert confirm_all(intruder) == [422, 422]
    nothing_won(center, chair)


def test_own_role_raised(intruder: Client, chair: User, center: Center) -> None:
    me = User.objects.get(username="intruder")
    assert intruder.post(url("attestation_user_act", me.pk, "rights"), RIGHTS).status_code == 422
    person = {"last_name": "A", "first_name": "B", "language": "kk"}
    intruder.post(url("attestation_user_change", me.pk), {**person, **RIGHTS, "is_superuser": "on"})
    me.refresh_from_db()
    assert (me.role, me.is_superuser) == (Role.ADMINISTRATOR, False)
    assert not AccountRequest.objects.exists()
    nothing_won(center, chair)


def test_anothers_role_raised(intruder: Client, chair: User, center: Center) -> None:
    mine = UserFactory(username="mine", role=Role.AUDITOR)
    person = {"last_name": "A", "first_name": "B", "language": "kk"}
    intruder.post(url("attestation_user_change", mine.pk), {**person, **RIGHTS, "center": center.pk})
    assert intruder.post(url("attestation_user_act", mine.pk, "rights"), RIGHTS).status_code == 302
    assert confirm_all(intruder) == [422]
    # Nor does the account that is to be raised confirm it, whatever it is by then.
    assert (
        client_of(mine)
        .post(url("attestation_accountrequest_act", AccountRequest.objects.get().pk, "confirm"))
        .status_code
        == 403
    )
    mine.refresh_from_db()
    assert mine.role == Role.AUDITOR
    nothing_won(center, chair)


def test_appointment_of_oneself(intruder: Client, chair: User, center: Center) -> None:
    me = User.objects.get(username="intruder")
    assert intruder.post(url("appeals_membership_add"), appointment(me, center)).status_code == 422
    # Also by somebody who has a role of the commission besides being a superuser.
    User.objects.filter(pk=me.pk).update(is_superuser=True, role="")
    me.refresh_from_db()
    assert client_of(me).post(url("appeals_membership_add"), appointment(me, center)).status_code == 422
    assert not AccountRequest.objects.exists()
    nothing_won(center, chair)


def test_deactivated_and_made_anew_under_the_same_name(intruder: Client, chair: User, center: Center) -> None:
    name = chair.username
    taken = {"taken": "access", "reason": WHY}
    assert intruder.post(url("attestation_user_act", chair.pk, "take"), taken).status_code == 302
    person = {"last_name": "A", "first_name": "B", "language": "kk"}
    intruder.post(url("attestation_user_change", chair.pk), {**person, "username": "old"})
    assert User.objects.get(pk=chair.pk).username == name
    for other in (name, name.upper()):
        sent = {**person, **RIGHTS, "username": other, "center": center.pk}
        assert intruder.post(url("attestation_user_add"), sent).status_code == 200
    # Opened again it is by two; nobody has the chair's seat meanwhile.
    reopened = {**RIGHTS, "center": center.pk}
    assert intruder.post(url("attestation_user_act", chair.pk, "rights"), reopened).status_code == 302
    assert confirm_all(intruder) == [422]
    chair.refresh_from_db()
    assert not chair.is_active
    assert seat_in(chair, ["chair"], center, DAY) is None
    assert not sits(User.objects.get(username="intruder"), "chair", center, DAY)
    nothing_won(center, chair)
