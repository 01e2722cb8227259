"""Two administrators: rights and seats are asked for by one and confirmed by another; a lone one waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from appeals.models import Membership
from appeals.services.commission import appoint
from appeals.services.seat_requests import seat_wanted
from attestation.accounts.requests import (
    ask_for,
    confirm_request,
    settle_due_requests,
    stop_request,
    take_rights,
)
from attestation.accounts.rights import rights_of
from attestation.admin.journal_lines import line_of
from attestation.by import By
from attestation.models import AccountRequest, JournalEntry, Notice, Role, User
from attestation.notices.letters import compose
from attestation.refusals import Refused
from office import tiles
from tests.attestation.admin_cast import MONDAY, at, client_of, text_of, url
from tests.factories import CenterFactory, EmployeeFactory, UserFactory

__all__ = ["at"]

pytestmark = pytest.mark.django_db
WHY = "Order No. 7 of 5 February 2026."
DAY, WEEK, SECOND = timedelta(hours=24), timedelta(days=7), timedelta(seconds=1)


@pytest.fixture
def first() -> User:
    return UserFactory(username="first")


@pytest.fixture
def second() -> User:
    return UserFactory(username="second")


@pytest.fixture
def asel() -> User:
    return UserFactory(username="asel", role=Role.MEMBER, email="asel@example.kz")


@pytest.fixture
def auditor() -> User:
    return UserFactory(username="auditor", role=Role.AUDITOR)


def asked(account: User, by: User, **wanted: Any) -> AccountRequest:
    """A request for these rights, of Monday."""
    payload = rights_of(account) | (wanted or {"role": "chair"})
    return ask_for("role", account, payload, reason=WHY, by=By(by, MONDAY))


def refused(code: str, act: Callable[..., Any], *args: Any, **more: Any) -> None:
    """The act is refused with the code and changes nothing."""
    before = list(User.objects.order_by("pk").values()), list(AccountRequest.objects.order_by("pk").values())
    with pytest.raises(Refused) as refusal:
        act(*args, **more)
    assert refusal.value.code == code
    after = list(User.objects.order_by("pk").values()), list(AccountRequest.objects.order_by("pk").values())
    assert before == after


def role(account: User) -> str:
    """The role as it is in the database."""
    return User.objects.get(pk=account.pk).role


def test_a_right_is_given_once_a_second_administrator_confirms_it(
    first: User, second: User, asel: User, auditor: User
) -> None:
    request = asked(asel, first)
    assert (role(asel), request.due_at) == (Role.MEMBER, None)
    told = Notice.objects.filter(kind="account_asked")
    assert set(told.values_list("user__username", flat=True)) == {"asel", "auditor", "second"}
    assert not told.filter(in_digest=True).exists()
    confirm_request(request, by=By(second, MONDAY + DAY))
    request.refresh_from_db()
    assert (role(asel), request.state, request.settled_by) == (Role.CHAIR, "confirmed", second)
    told = Notice.objects.filter(kind="account_settled")
    assert set(told.values_list("user__username", flat=True)) == {"asel", "auditor", "first"}
    entry = JournalEntry.objects.get(act="confirm_account_request")
    assert "role: commission member → commission chair" in line_of(entry).details


def test_a_letter_says_what_waits_and_where_and_names_nobody(
    first: User, second: User, asel: User, auditor: User
) -> None:
    request = asked(asel, first)
    for notice in Notice.objects.all():
        letter = compose(notice)
        text = f"{letter.subject}\n{letter.body}"
        assert f"accountrequest/{request.pk}/change/" in text
        assert "asel" not in text
        assert "first" not in text


@pytest.mark.parametrize("who", ["first", "asel"])
def test_neither_the_asker_nor_the_owner_confirms(who: str, first: User, second: User) -> None:
    owner = UserFactory(username="asel")
    request = asked(owner, first)
    refused("second_person_needed", confirm_request, request, by=By(User.objects.get(username=who), MONDAY))


def test_the_database_holds_that_two_are_two(first: User, second: User, asel: User) -> None:
    request = asked(asel, first)
    with pytest.raises(IntegrityError), transaction.atomic():
        AccountRequest.objects.filter(pk=request.pk).update(
            state="confirmed", settled_by=first, settled_at=MONDAY
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        AccountRequest.objects.filter(pk=request.pk).update(payload={})
    with pytest.raises(IntegrityError), transaction.atomic():
        AccountRequest.objects.filter(pk=request.pk).delete()
    confirm_request(request, by=By(second, MONDAY))
    with pytest.raises(IntegrityError), transaction.atomic():
        AccountRequest.objects.filter(pk=request.pk).update(state="stopped")


def test_the_confirmer_is_asked_as_they_are_now(first: User, second: User, asel: User) -> None:
    request = asked(asel, first)
    stale = User.objects.get(pk=second.pk)
    User.objects.filter(pk=second.pk).update(is_active=False)
    refused("no_permission", confirm_request, request, by=By(stale, MONDAY))


def test_what_was_changed_meanwhile_is_asked_again(first: User, second: User, asel: User) -> None:
    request = asked(asel, first)
    User.objects.filter(pk=asel.pk).update(role=Role.SECRETARY)
    refused("changed_since_asked", confirm_request, request, by=By(second, MONDAY))
    again = asked(User.objects.get(pk=asel.pk), first)
    request.refresh_from_db()
    assert request.state == "expired"
    confirm_request(again, by=By(second, MONDAY))
    assert role(asel) == Role.CHAIR


def test_what_somebody_asked_who_is_no_administrator_any_more_is_not_confirmed(
    first: User, second: User, asel: User
) -> None:
    request = asked(asel, first)
    take_rights(first, "access", reason=WHY, by=By(second, MONDAY))
    refused("changed_since_asked", confirm_request, request, by=By(second, MONDAY))


def test_one_request_of_a_kind_waits_for_an_account(first: User, second: User, asel: User) -> None:
    asked(asel, first)
    refused("request_waits", asked, asel, first)


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"role": "member"}, "nothing_changes"),
        ({"role": "hr"}, "center_missing"),
        ({"role": "king"}, "unknown_role"),
    ],
)
def test_what_can_not_be_is_not_asked_for(
    wanted: dict[str, Any], code: str, first: User, second: User, asel: User
) -> None:
    refused(code, asked, asel, first, **wanted)


def test_what_is_a_superusers_is_a_superusers_to_ask_for(first: User, second: User) -> None:
    refused("superuser", asked, UserFactory(is_superuser=True), first, role="auditor")


# --- a lone administrator -----------------------------------------------------------------------------------


def test_a_lone_administrators_act_waits_24_hours(first: User, asel: User, auditor: User) -> None:
    request = asked(asel, first)
    assert request.due_at == MONDAY + DAY
    assert settle_due_requests(now=MONDAY + DAY - SECOND) == 0
    assert role(asel) == Role.MEMBER
    assert settle_due_requests(now=MONDAY + DAY) == 1
    request.refresh_from_db()
    assert (role(asel), request.state, request.settled_by) == (Role.CHAIR, "done", None)
    assert settle_due_requests(now=MONDAY + DAY) == 0
    assert Notice.objects.filter(kind="account_settled").count() == 3


def test_after_days_without_a_sweep_it_takes_effect_all_the_same(first: User, asel: User) -> None:
    asked(asel, first)
    assert settle_due_requests(now=MONDAY + timedelta(days=30)) == 1
    assert role(asel) == Role.CHAIR


def test_where_nobody_but_the_owner_could_confirm_the_owner_can_stop_it(first: User, second: User) -> None:
    request = asked(second, first)
    assert request.due_at == MONDAY + DAY
    stop_request(request, by=By(second, MONDAY), reason=WHY)
    settle_due_requests(now=MONDAY + DAY)
    assert role(second) == Role.ADMINISTRATOR


@pytest.mark.parametrize("who", ["asel", "auditor", "first"])
def test_owner_auditor_and_administrator_stop_it(who: str, first: User, asel: User, auditor: User) -> None:
    request = asked(asel, first)
    refused("text_missing", stop_request, request, by=By(asel, MONDAY), reason=" ")
    stop_request(request, by=By(User.objects.get(username=who), MONDAY), reason=WHY)
    assert settle_due_requests(now=MONDAY + DAY) == 0
    assert role(asel) == Role.MEMBER
    refused("settled_already", confirm_request, request, by=By(UserFactory(), MONDAY))


def test_nobody_else_stops_it(first: User, asel: User) -> None:
    request = asked(asel, first)
    other = UserFactory(role=Role.CHAIR)
    refused("not_found", stop_request, request, by=By(other, MONDAY), reason=WHY)


def test_a_lone_administrators_act_is_void_once_the_administrator_is_none(first: User, asel: User) -> None:
    request = asked(asel, first)
    User.objects.filter(pk=first.pk).update(is_active=False)
    settle_due_requests(now=MONDAY + DAY)
    request.refresh_from_db()
    assert (role(asel), request.state) == (Role.MEMBER, "expired")


def test_a_request_expires_after_a_week(first: User, second: User, asel: User) -> None:
    request = asked(asel, first)
    assert settle_due_requests(now=MONDAY + WEEK - SECOND) == 0
    refused("changed_since_asked", confirm_request, request, by=By(second, MONDAY + WEEK))
    assert settle_due_requests(now=MONDAY + WEEK) == 1
    request.refresh_from_db()
    assert (role(asel), request.state) == (Role.MEMBER, "expired")


def test_until_a_week_is_over_it_is_confirmed(first: User, second: User, asel: User) -> None:
    confirm_request(asked(asel, first), by=By(second, MONDAY + WEEK - SECOND))
    assert role(asel) == Role.CHAIR


# --- what is taken away -------------------------------------------------------------------------------------


def test_rights_are_taken_away_at_once_and_the_owner_is_told(first: User, asel: User, auditor: User) -> None:
    take_rights(asel, "access", reason=WHY, by=By(first, MONDAY))
    assert not User.objects.get(pk=asel.pk).is_active
    told = Notice.objects.filter(kind="account_rights_taken")
    # Who can't log in is written to.
    assert set(told.values_list("user__username", "address")) == {(None, asel.email), ("auditor", "")}
    for notice in told:
        assert compose(notice).body
    assert "active: yes → no" in line_of(JournalEntry.objects.get(act="take_rights")).details
    refused("nothing_to_take", take_rights, asel, "access", reason=WHY, by=By(first, MONDAY))
    refused("own_rights", take_rights, first, "role", reason=WHY, by=By(first, MONDAY))


def test_what_was_taken_away_is_given_back_by_two(first: User, second: User, asel: User) -> None:
    take_rights(asel, "role", reason=WHY, by=By(first, MONDAY))
    assert role(asel) == ""
    request = asked(User.objects.get(pk=asel.pk), first, role="member")
    assert role(asel) == ""
    confirm_request(request, by=By(second, MONDAY))
    assert role(asel) == Role.MEMBER


# --- seats --------------------------------------------------------------------------------------------------


def test_a_seat_is_given_by_two(first: User, second: User, asel: User) -> None:
    wanted = seat_wanted("member", None, date(2026, 2, 10), "12")
    request = ask_for("seat", asel, wanted, reason=WHY, by=By(first, MONDAY))
    assert not Membership.objects.exists()
    confirm_request(request, by=By(second, MONDAY))
    seat = Membership.objects.get()
    assert (seat.user, seat.seat, seat.order_no) == (asel, "member", "12")
    refused("seated_already", ask_for, "seat", asel, wanted, reason=WHY, by=By(first, MONDAY))


def test_a_seat_that_was_taken_meanwhile_is_not_given(first: User, second: User) -> None:
    one, other = (UserFactory(role=Role.CHAIR) for _count in range(2))
    wanted = seat_wanted("chair", None, date(2026, 2, 10))
    request = ask_for("seat", one, wanted, reason=WHY, by=By(first, MONDAY))
    appoint(other, "chair", None, date(2026, 2, 10), by=By(None, MONDAY))
    refused("seat_taken", confirm_request, request, by=By(second, MONDAY))


# --- pages --------------------------------------------------------------------------------------------------


def act(request: AccountRequest, slug: str) -> str:
    """The page of an act on the request."""
    return url("attestation_accountrequest_act", request.pk, slug)


@pytest.mark.usefixtures("at")
def test_the_page_of_an_account_asks_and_changes_nothing(first: User, second: User, asel: User) -> None:
    page = url("attestation_user_act", asel.pk, "rights")
    client = client_of(first)
    assert "second administrator" in text_of(client.get(page))
    center, own = CenterFactory(), EmployeeFactory()
    sent = {"role": "hr", "center": center.pk, "employee": own.pk, "is_active": "on", "reason": WHY}
    assert client.post(page, sent).status_code == 302
    request = AccountRequest.objects.get()
    assert request.payload == {"role": "hr", "center": center.bin, "employee": own.pk, "is_active": True}
    assert role(asel) == Role.MEMBER
    assert str(center) in text_of(client.get(url("attestation_accountrequest_change", request.pk)))
    assert client.post(act(request, "confirm")).status_code == 422
    assert client_of(second).post(act(request, "confirm")).status_code == 302
    changed = User.objects.get(pk=asel.pk)
    assert (changed.role, changed.center, changed.employee) == (Role.HR, center, own)
    assert "asked for" in text_of(client.get(url("attestation_user_history", asel.pk)))


@pytest.mark.usefixtures("at")
def test_a_new_account_has_no_role_until_it_is_confirmed(first: User, second: User) -> None:
    sent = {"username": "new", "last_name": "A", "first_name": "B", "language": "kk", "role": "auditor"}
    client = client_of(first)
    assert "Give the reason" in text_of(client.post(url("attestation_user_add"), sent))
    assert client.post(url("attestation_user_add"), sent | {"reason": WHY}).status_code == 302
    new = User.objects.get(username="new")
    assert (new.role, new.has_usable_password()) == ("", False)
    confirm_request(AccountRequest.objects.get(account=new), by=By(second, MONDAY))
    assert role(new) == Role.AUDITOR


@pytest.mark.usefixtures("at")
def test_a_name_that_differs_in_case_is_no_new_name(first: User, asel: User) -> None:
    sent = {"username": "Asel", "last_name": "A", "first_name": "B", "language": "kk"}
    assert "already" in text_of(client_of(first).post(url("attestation_user_add"), sent))
    assert User.objects.filter(username__iexact="asel").count() == 1


@pytest.mark.usefixtures("at")
def test_the_owner_sees_and_stops_the_own_request_and_no_other(first: User, second: User, asel: User) -> None:
    request, other = asked(asel, first), asked(UserFactory(role=Role.MEMBER), first)
    client = client_of(asel)
    assert text_of(client.get(url("attestation_accountrequest_changelist"))).count("(asel)") == 1
    assert client.get(url("attestation_accountrequest_change", other.pk)).status_code == 302
    assert client.post(act(other, "stop"), {"reason": WHY}).status_code == 302
    assert client.post(act(request, "stop"), {"reason": WHY}).status_code == 302
    states = AccountRequest.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["stopped", "open"]


@pytest.mark.usefixtures("at")
def test_the_list_has_the_open_ones_first(first: User, second: User, asel: User, auditor: User) -> None:
    open_one = asked(UserFactory(role=Role.MEMBER), first)
    settled = ask_for(
        "role", asel, rights_of(asel) | {"role": "chair"}, reason=WHY, by=By(first, MONDAY + DAY)
    )
    stop_request(settled, by=By(auditor, MONDAY + DAY), reason=WHY)
    page = text_of(client_of(auditor).get(url("attestation_accountrequest_changelist")))
    assert page.index(f"№ {open_one.pk}") < page.index(f"№ {settled.pk}")


def test_the_home_page_says_that_a_request_waits(
    first: User, second: User, asel: User, auditor: User
) -> None:
    request = asked(asel, first)
    title = "requests about accounts that are open"
    for who in (second, auditor):
        found = [tile for tile in tiles.shown(who, MONDAY) if tile.title == title]
        assert [tile.count for tile in found] == [1], who
        assert f"№ {request.pk}" in text_of(client_of(who).get(found[0].url))
    assert not [tile for tile in tiles.shown(UserFactory(role=Role.CHAIR), MONDAY) if tile.title == title]
