"""Passwords and addresses: nobody chooses another's, and the owner hears of every change."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import translation

from attestation.accounts import credentials
from attestation.accounts.tries import OF_AN_ACCOUNT
from attestation.admin.journal_lines import line_of
from attestation.by import By
from attestation.models import AccountRequest, JournalEntry, Notice, Role, User
from attestation.notices.delivery import deliver
from attestation.refusals import Refused
from tests.attestation.admin_cast import client_of, text_of, url
from tests.attestation.test_admin_accounts import WORD, account, form, log_in
from tests.factories import CenterFactory, UserFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
NEW = "лейка туман кирпич скрипка"
WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def morning(time_machine: Any, this_machines_clock: None) -> None:
    time_machine.move_to(NOW, tick=False)


def officer(**values: Any) -> User:
    told = {"email": "asel@example.kz", "username": "asel", "language": "en"}
    return account(**{"role": Role.AUDITOR, **told, **values})


def said(entry: JournalEntry) -> tuple[str, ...]:
    """What the line of the journal tells; a page before may have been in another language."""
    with translation.override("en"):
        return line_of(entry).details


def by_administrator() -> By:
    return By(UserFactory(), NOW)


def link_to(user: User) -> str:
    """The path of the link in the letter that the owner gets."""
    answer = client_of(UserFactory()).post(url("attestation_user_act", user.pk, "send-link"))
    assert answer.status_code == 302
    assert deliver(now=NOW) == 1
    (letter,) = mail.outbox
    assert letter.to == [user.email]
    found = re.search(r"/password/\S+", str(letter.body))
    assert found is not None
    return found[0]


def set_by(client: Client, path: str, password: str = NEW) -> Any:
    """Follow the link and fill in its page."""
    first = client.get(path)
    return client.post(first["Location"], {"new_password1": password, "new_password2": password})


def test_the_owner_sets_the_password_by_a_link_that_serves_once() -> None:
    user, there, client = officer(), Client(), Client()
    log_in(there, user)
    path = link_to(User.objects.get(pk=user.pk))
    first = client.get(path)
    assert first["Location"].endswith("/set-password/")
    page = client.get(first["Location"])
    assert (page["Referrer-Policy"], page["Cache-Control"]) == ("no-referrer", "no-store, private")
    assert path.split("/")[3] not in text_of(page)
    assert set_by(client, path).status_code == 302
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert there.get(url("index")).status_code == 302
    assert "serves no more" in text_of(Client().get(path))
    entry = JournalEntry.objects.get(act="set_own_password")
    assert (entry.actor, said(entry)) == (
        user,
        ("by the link sent to the address of the account",),
    )


def test_the_link_stands_in_the_letter_alone() -> None:
    user = officer()
    token = link_to(user).split("/")[3]
    notice = Notice.objects.get(kind="password_link")
    seen = [str(vars(notice)), str(list(JournalEntry.objects.values()))]
    seen += [text_of(client_of(UserFactory()).get(url("attestation_notice_change", notice.pk)))]
    seen += [text_of(client_of(user).get(url("attestation_notice_mine") + "?kind=password_link"))]
    assert [page for page in seen if token in page or "/password/" in page] == []
    assert "stands in the letter alone" in seen[2]
    entry = JournalEntry.objects.get(act="send_password_link")
    assert said(entry) == ("to the address a…@example.kz",)


@pytest.mark.parametrize("way", ["a day later", "logged in", "password changed", "address changed", "closed"])
def test_a_link_is_dead(way: str, time_machine: Any, client: Client) -> None:
    user = officer()
    path = link_to(user)
    if way == "a day later":
        time_machine.move_to(NOW + timedelta(days=1, seconds=1), tick=False)
    elif way == "logged in":
        log_in(Client(), user)
    elif way == "password changed":
        credentials.set_own_password(user, NEW, way="old_password", by=By(user, NOW))
    elif way == "address changed":
        credentials.set_address(user, "new@example.kz", by=by_administrator())
    else:
        User.objects.filter(pk=user.pk).update(is_active=False)
    answer = client.get(path)
    assert (answer.status_code, "serves no more" in text_of(answer)) == (200, True)


def test_a_weak_password_is_not_taken_by_a_link(client: Client) -> None:
    user = officer()
    answer = set_by(client, link_to(user), "Қазақстан-2026!")
    assert "guessed easily" in text_of(answer)
    user.refresh_from_db()
    assert user.check_password(WORD)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"email": ""}, "no_address"),
        ({"is_active": False}, "account_closed"),
        ({"email_changed_at": NOW - WEEK + timedelta(seconds=1)}, "address_too_new"),
    ],
)
def test_no_link_goes_out(values: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        credentials.send_link(officer(**values), by=by_administrator())
    assert refused.value.code == code
    assert not Notice.objects.exists()


def test_a_link_goes_to_an_address_that_stands_for_seven_days() -> None:
    credentials.send_link(officer(email_changed_at=NOW - WEEK), by=by_administrator())
    assert Notice.objects.get().kind == "password_link"


def test_an_administrators_right_is_needed_for_a_link() -> None:
    with pytest.raises(Refused) as refused:
        credentials.send_link(officer(), by=By(UserFactory(role=Role.AUDITOR), NOW))
    assert refused.value.code == "no_permission"


@pytest.mark.parametrize("role", [Role.CHAIR, Role.MEMBER, Role.SECRETARY, Role.ADMINISTRATOR])
def test_of_the_commission_and_administrators_one_administrator_resets_nothing(role: str) -> None:
    user, links = officer(role=role), Notice.objects.filter(kind="password_link")
    one, another = client_of(UserFactory()), client_of(UserFactory())
    one.post(url("attestation_user_act", user.pk, "send-link"))
    assert not links.exists()
    one.post(url("attestation_user_act", user.pk, "ask-link"), {"reason": "Forgotten."})
    request = AccountRequest.objects.get(kind="link", account=user)
    assert one.post(url("attestation_accountrequest_act", request.pk, "confirm")).status_code == 422
    assert not links.exists()
    assert another.post(url("attestation_accountrequest_act", request.pk, "confirm")).status_code == 302
    assert links.get().user == user


def test_an_address_is_changed_by_two_administrators_and_no_link_follows_for_seven_days() -> None:
    user = officer(role=Role.CHAIR)
    one, another = client_of(UserFactory()), client_of(UserFactory())
    sent = {"email": "mine@example.kz", "reason": "The host is gone."}
    assert one.post(url("attestation_user_act", user.pk, "address"), sent).status_code == 302
    user.refresh_from_db()
    assert user.email != "mine@example.kz"
    request = AccountRequest.objects.get(kind="address")
    entry = JournalEntry.objects.get(act="ask_account_request")
    assert entry.data["wanted"] == {"email": "m…@example.kz"}
    old = user.email
    assert another.post(url("attestation_accountrequest_act", request.pk, "confirm")).status_code == 302
    user.refresh_from_db()
    assert user.email == "mine@example.kz"
    assert Notice.objects.filter(kind="address_changed", address=old).exists()
    # Who took the address over has no link for a week.
    answer = one.post(url("attestation_user_act", user.pk, "ask-link"), {"reason": "Forgotten."})
    assert "less than 7 days ago" in text_of(answer)


def test_no_page_sets_anothers_password_or_address() -> None:
    user, client = officer(role=Role.CHAIR), client_of(UserFactory())
    page = url("attestation_user_change", user.pk)
    client.post(
        page.replace("change", "password"),
        {"password1": NEW, "password2": NEW, "usable_password": "true", "set-password": "1"},
    )
    client.post(page, form(role="chair", email="mine@example.kz", username="other", password=NEW))
    user.refresh_from_db()
    assert user.last_name == "Сұлтанова"
    assert (user.email, user.username, user.check_password(WORD)) == ("asel@example.kz", "asel", True)


def test_one_changes_ones_own_password_and_ends_the_other_sessions() -> None:
    user, here, there = officer(), Client(), Client()
    log_in(here, user)
    log_in(there, user)
    data = {"old_password": WORD, "new_password1": NEW, "new_password2": NEW}
    assert here.post(url("password_change"), {**data, "old_password": "x"}).status_code == 200
    assert here.post(url("password_change"), data).status_code == 302
    assert here.get(url("index")).status_code == 200
    assert there.get(url("index")).status_code == 302
    (entry,) = JournalEntry.objects.filter(act="set_own_password")
    assert said(entry) == ("with the old password",)


def test_a_password_set_meanwhile_is_not_overwritten() -> None:
    user = officer()
    stale = User.objects.get(pk=user.pk)
    credentials.set_own_password(user, NEW, way="link", by=By(user, NOW))
    with pytest.raises(Refused) as refused:
        credentials.set_own_password(stale, "another one " + NEW, way="link", by=By(user, NOW))
    assert refused.value.code == "changed_meanwhile"


def test_nobody_sets_anothers_password_or_address_by_the_services() -> None:
    user, by = officer(), by_administrator()
    with pytest.raises(Refused, match="another's password"):
        credentials.set_own_password(user, NEW, way="link", by=by)
    with pytest.raises(Refused, match="their own address"):
        credentials.change_own_address(user, "new@example.kz", WORD, by=by)


def test_the_owner_changes_the_address_with_the_password_and_the_old_one_is_told() -> None:
    user = officer()
    credentials.send_link(user, by=by_administrator())
    client, sent = client_of(user), {"email": "new@example.kz", "password": WORD}
    refused = client.post(url("own_address"), {**sent, "password": "x"})
    assert (refused.status_code, "not right" in text_of(refused)) == (422, True)
    assert client.post(url("own_address"), sent).status_code == 302
    user.refresh_from_db()
    assert (user.email, user.email_changed_at) == ("new@example.kz", NOW)
    assert Notice.objects.get(kind="password_link").state == Notice.State.SUPERSEDED
    assert deliver(now=NOW) == 1
    (letter,) = mail.outbox
    assert letter.to == ["asel@example.kz"]
    assert "n…@example.kz" in str(letter.body)
    entry = JournalEntry.objects.get(act="change_address")
    assert said(entry) == ("address: a…@example.kz → n…@example.kz",)


@pytest.mark.parametrize("page", ["own_address", "password_change"])
def test_f_w7_guessing_the_password_from_a_live_session_is_counted_as_tries(page: str) -> None:
    user = officer()
    client, sent = client_of(user), {"email": "mine@example.kz", "new_password1": NEW, "new_password2": NEW}
    # The browser is known from its first answer on, and then counted by itself.
    for _try in range(2 * OF_AN_ACCOUNT):
        client.post(url(page), sent | {"password": "wrong", "old_password": "wrong"})
    right = client.post(url(page), sent | {"password": WORD, "old_password": WORD})
    assert "Too many failed tries" in text_of(right)
    user.refresh_from_db()
    assert user.email != "mine@example.kz"
    assert user.check_password(WORD)


@pytest.mark.parametrize("email", ["", "no address", "a@b", "a\x00@example.kz", "x" * 300 + "@example.kz"])
def test_what_is_no_address_is_refused(email: str) -> None:
    user = officer()
    answer = client_of(user).post(url("own_address"), {"email": email, "password": WORD})
    assert answer.status_code == 422
    with pytest.raises(Refused) as refused:
        credentials.set_address(user, email, by=by_administrator())
    assert refused.value.code == "bad_address"
    with pytest.raises(Refused) as same:
        credentials.set_address(user, "ASEL@example.kz", by=by_administrator())
    assert same.value.code == "same_address"


@pytest.mark.parametrize(
    "values",
    [
        {"employee": "x"},
        {"employee": "\x00"},
        {"employee": "9" * 40},
        {"center": "x"},
        {"center": "9" * 40},
        {"last_name": "a\x00b"},
        {"last_name": "x" * 1000},
        {"role": "x"},
        {"role": "hr", "center": ""},
        {"language": "\x00"},
        {"seen": "\x00"},
        {"username": "\x00"},
        {"username": "x" * 1000},
        {"email": "x" * 1000},
    ],
    ids=lambda values: " ".join(f"{name} {value[:9]!r}" for name, value in values.items()),
)
def test_a_form_of_an_account_never_breaks(values: dict[str, str]) -> None:
    user, client = officer(), client_of(UserFactory())
    sent = {**form(), **values}
    assert client.post(url("attestation_user_change", user.pk), sent).status_code in (200, 302)
    assert client.post(url("attestation_user_add"), {**sent, "username": values.get("username", "new")})
    assert User.objects.filter(role="hr").count() == 0


def test_what_somebody_changed_meanwhile_is_not_overwritten() -> None:
    user, client = officer(), client_of(UserFactory())
    page = client.get(url("attestation_user_change", user.pk))
    seen = page.context["adminform"].form["seen"].initial
    User.objects.filter(pk=user.pk).update(role=Role.MEMBER)
    answer = client.post(url("attestation_user_change", user.pk), form(seen=seen))
    assert "changed this record meanwhile" in text_of(answer)
    user.refresh_from_db()
    assert user.role == Role.MEMBER


def test_an_account_saved_as_it_was_leaves_no_entry() -> None:
    user, client = officer(first_name="Әсел", last_name="Сұлтанова", language="kk"), client_of(UserFactory())
    seen = client.get(url("attestation_user_change", user.pk)).context["adminform"].form["seen"].initial
    assert client.post(url("attestation_user_change", user.pk), form(seen=seen)).status_code == 302
    assert not JournalEntry.objects.filter(act="record_changed").exists()


@pytest.mark.parametrize("username", ["asel", "ASEL", "аsel", "asеl", "аѕеl", "ase1"])
def test_no_account_is_made_anew_under_a_name_that_looks_the_same(username: str) -> None:
    officer(is_active=False)
    center = CenterFactory()
    sent = form(username=username, role="hr", center=center.pk)
    answer = client_of(UserFactory()).post(url("attestation_user_add"), sent)
    assert "There is an account “asel” already" in text_of(answer)
    assert User.objects.filter(role=Role.HR).count() == 0


def test_in_production_a_password_typed_by_somebody_else_is_changed_first(settings: Any) -> None:
    settings.PRODUCTION = True
    user, client = officer(must_change_password=True), Client()
    log_in(client, user)
    for page in ("index", "attestation_user_changelist", "own_address"):
        assert client.get(url(page))["Location"] == url("password_change")
    assert client.get(url("password_change")).status_code == 200
    client.post(url("password_change"), {"old_password": WORD, "new_password1": NEW, "new_password2": NEW})
    assert client.get(url("index")).status_code == 200


def test_outside_production_it_need_not_be() -> None:
    user, client = officer(must_change_password=True), Client()
    log_in(client, user)
    assert client.get(url("index")).status_code == 200
