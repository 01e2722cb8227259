"""Tries of a password or a code: so many an hour for an account and for an address, whoever makes them.

Each is put down before the password is looked at, so that many at once are no way around. A device on which
the owner has logged in is counted by itself: nobody elsewhere locks the owner out.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.contrib.auth import authenticate
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from attestation import access, journal
from attestation.accounts.devices import address_of, device_of
from attestation.by import By
from attestation.models import LoginTries, User
from attestation.refusals import Refused
from attestation.work import subject_of

OF_AN_ACCOUNT = 10
OF_AN_ADDRESS = 30
WITHIN = timedelta(hours=1)
A_LINE_EVERY = timedelta(minutes=1)
KEPT_FOR = timedelta(days=90)
UNKNOWN = "unknown"
T = TypeVar("T")


@dataclass(frozen=True)
class Attempt:
    """Who is said to try, from where; `account` is None where nobody has the name."""

    account: User | None
    address: str
    # Which counts it adds to, by their keys, with the most that each allows.
    limits: dict[str, int]

    @property
    def told(self) -> dict[str, Any]:
        """What the journal says of it: a name that is no account's may be a mistyped password."""
        return {"account": self.account.username if self.account else UNKNOWN, "address": self.address}

    @property
    def subject(self) -> str:
        """How the journal names the account."""
        return subject_of(User, self.account.pk) if self.account else ""


def attempt_of(request: HttpRequest, username: str) -> Attempt:
    """What a try from this browser counts for: the known device, or the account and the address."""
    account = User.objects.filter(username=username.replace("\x00", "")).first()
    address = address_of(request)
    device = device_of(request, account) if account else ""
    if device:
        return Attempt(account, address, {key_of("device", device): OF_AN_ACCOUNT})
    limits = {
        key_of("account", _same_name(username)): OF_AN_ACCOUNT,
        key_of("address", address): OF_AN_ADDRESS,
    }
    return Attempt(account, address, limits)


def key_of(kind: str, name: str) -> str:
    """A hash that only this installation can make: what was typed as a name is not kept."""
    return salted_hmac("attestation.accounts.tries", f"{kind}:{name}", algorithm="sha256").hexdigest()


def log_in_fits(request: HttpRequest, username: str, password: str, *, now: datetime) -> User | None:
    """The account whose password it is; None where it is not, or the account has no role. Raises Refused."""

    def check() -> User | None:
        user = authenticate(request, username=username, password=password)
        return user if isinstance(user, User) and access.role_of(user) else None

    return counted(attempt_of(request, username), check, now=now)


def counted(attempt: Attempt, check: Callable[[], T | None], *, now: datetime) -> T | None:
    """What the check finds, if there were not too many tries; a failure is on record. Raises Refused."""
    if free_at := _put_down(attempt, now):
        _record_failure(attempt, now)
        raise Refused(
            "locked_out",
            _("Too many failed tries. Try again after %(when)s."),
            when=f"{timezone.localtime(free_at):%H:%M}",
        )
    found = check()
    if found is None:
        _record_failure(attempt, now)
    else:
        _take_back(attempt, now)
    return found


@transaction.atomic
def _put_down(attempt: Attempt, now: datetime) -> datetime | None:
    """Count the try; where there were too many, only say from when on there is another."""
    rows = [_locked(key, now) for key in sorted(attempt.limits)]
    full = [row for row in rows if len(row.times) >= attempt.limits[row.key]]
    if not full:
        for row in rows:
            row.times.append(_seconds(now))
            row.save()
        return None
    for row in full:
        if row.locked_at is None or now - row.locked_at >= WITHIN:
            data = {**attempt.told, "tries": len(row.times)}
            journal.record("locked_out", by=By(None, now), subject=attempt.subject, data=data)
            row.locked_at = now
            row.save()
    return max(datetime.fromtimestamp(row.times[0], UTC) + WITHIN for row in full)


@transaction.atomic
def _take_back(attempt: Attempt, now: datetime) -> None:
    """A try that succeeded was none to guess; those that failed stay counted."""
    for key in sorted(attempt.limits):
        row = _locked(key, now)
        if _seconds(now) in row.times:
            row.times.remove(_seconds(now))
            row.save()


@transaction.atomic
def _record_failure(attempt: Attempt, now: datetime) -> None:
    """A line a minute at most, with the tries since the last one: no attack floods the journal."""
    row = _locked(key_of("line", attempt.subject), now)
    row.unrecorded += 1
    if row.recorded_at is None or now - row.recorded_at >= A_LINE_EVERY:
        data = {**attempt.told, "tries": row.unrecorded}
        journal.record("login_failed", by=By(None, now), subject=attempt.subject, data=data)
        row.unrecorded, row.recorded_at = 0, now
    row.save()


def _locked(key: str, now: datetime) -> LoginTries:
    """The count under this key, locked until the transaction ends, without what is older than an hour."""
    LoginTries.objects.get_or_create(pk=key, defaults={"touched_at": now})
    row = LoginTries.objects.select_for_update().get(pk=key)
    row.times = [moment for moment in row.times if moment > _seconds(now - WITHIN)]
    row.touched_at = now
    return row


def _same_name(typed: str) -> str:
    """Spellings that could be taken for one another are one name."""
    return unicodedata.normalize("NFKC", typed).casefold().strip()


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def is_locked(account: User, *, now: datetime) -> bool:
    """Whether the account is refused to devices that are not known."""
    row = LoginTries.objects.filter(pk=key_of("account", _same_name(account.username))).first()
    return row is not None and sum(moment > _seconds(now - WITHIN) for moment in row.times) >= OF_AN_ACCOUNT


@transaction.atomic
def unlock(account: User, *, by: By) -> None:
    """Let the account be tried again at once, from everywhere. Raises Refused."""
    access.require(by.user, "edit_accounts")
    if not LoginTries.objects.filter(pk=key_of("account", _same_name(account.username))).delete()[0]:
        raise Refused("not_locked", _("Nobody failed to log in to this account: it is not locked."))
    journal.record("unlock", by=by, subject=subject_of(User, account.pk), data={"account": account.username})


def forget_tries(now: datetime) -> int:
    """Counts that nothing was added to for 90 days go. Returns their number."""
    return LoginTries.objects.filter(touched_at__lt=now - KEPT_FOR).delete()[0]
