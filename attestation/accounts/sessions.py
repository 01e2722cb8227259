"""Sessions: begun by a whole login, listed to their owner, ended. What a session knows of itself is in it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import auth
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from attestation import access, journal
from attestation.accounts.devices import address_of, browser_of, device_of
from attestation.by import By
from attestation.models import User
from attestation.work import subject_of

STARTED = "_session_started"
REFRESHED = "_session_refreshed"
PROVED = "_proved"
ADDRESS, BROWSER = "_address", "_browser"
FRESH_FOR = timedelta(minutes=10)


@dataclass(frozen=True)
class OpenSession:
    """One login that is still in use; `this`: the one that asks."""

    began_at: datetime
    seen_at: datetime
    address: str
    browser: str
    this: bool


@transaction.atomic
def log_in(request: HttpRequest, user: User, *, now: datetime) -> None:
    """Begin a session under a new key, with what its owner is shown of it."""
    known = bool(device_of(request, user))
    auth.login(request, user)
    prove(request)
    request.session[STARTED] = request.session[PROVED]
    request.session[ADDRESS], request.session[BROWSER] = address_of(request), browser_of(request)
    data = {"account": user.username, "address": address_of(request), "browser": browser_of(request)}
    journal.record(
        "login", by=By(user, now), subject=subject_of(User, user.pk), data={**data, "known_device": known}
    )


@transaction.atomic
def log_out(request: HttpRequest, *, now: datetime) -> None:
    """End this session, on record."""
    user = access.actor_of(request)
    data = {"account": user.username, "address": address_of(request)}
    journal.record("logout", by=By(user, now), subject=subject_of(User, user.pk), data=data)
    auth.logout(request)


def prove(request: HttpRequest) -> None:
    """Note that whoever is at the screen has just shown who they are."""
    request.session[PROVED] = int(time.time())


def is_fresh(request: HttpRequest) -> bool:
    """Whether that is less than ten minutes ago."""
    proved: int = request.session.get(PROVED, request.session.get(STARTED, 0))
    return 0 <= time.time() - proved < FRESH_FOR.total_seconds()


def open_sessions(request: HttpRequest) -> list[OpenSession]:
    """Those of the account at the screen that are still good, the latest first."""
    user, found = access.actor_of(request), []
    # A session tells whose it is only to whoever reads it; an office has some hundreds of them.
    for row in Session.objects.filter(expire_date__gt=datetime.fromtimestamp(time.time(), UTC)).iterator():
        held = row.get_decoded()
        if held.get(auth.SESSION_KEY) == str(user.pk) and constant_time_compare(
            held.get(auth.HASH_SESSION_KEY, ""), user.get_session_auth_hash()
        ):
            found.append(_shown(held, row.session_key == request.session.session_key))
    return sorted(found, key=lambda session: session.seen_at, reverse=True)


def _shown(held: dict[str, Any], this: bool) -> OpenSession:
    began = held.get(STARTED, 0)
    moments = [datetime.fromtimestamp(seconds, UTC) for seconds in (began, held.get(REFRESHED, began))]
    return OpenSession(moments[0], moments[1], held.get(ADDRESS, ""), held.get(BROWSER, ""), this)


@transaction.atomic
def end_others(request: HttpRequest, *, by: By) -> None:
    """End every session of one's own account but this one; every other device is strange again."""
    user = access.actor_of(request)
    _end(user, by)
    user.refresh_from_db(fields=["session_epoch"])
    auth.update_session_auth_hash(request, user)


@transaction.atomic
def end_sessions(account: User, *, by: By) -> None:
    """End every session of the account and forget its devices. Raises Refused."""
    access.require(by.user, "edit_accounts")
    _end(account, by)


def _end(account: User, by: By) -> None:
    User.objects.filter(pk=account.pk).update(session_epoch=F("session_epoch") + 1)
    journal.record(
        "end_sessions", by=by, subject=subject_of(User, account.pk), data={"account": account.username}
    )
