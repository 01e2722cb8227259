"""Digests: what an account was told of since the last one, all kinds together in one letter.

What a digest holds is fixed in the transaction that claims it, so that a second sending of it is the same
letter; what was superseded before is not in it. An account has one digest for each of the two moments of a
day, and none while an earlier one is still on its way: after a day without a mail server comes one more, not
one for each moment that passed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q

from attestation.bulk import batched
from attestation.models import Notice, User
from attestation.notices.contents import is_over, outdated
from attestation.notices.kinds import Kind
from attestation.notices.reasons import Why, stamped
from attestation.notices.slots import can_wait, latest_digest, next_digest

# Taken at a time.
ACCOUNTS = 20
ROWS = 5000


def claim(*, now: datetime, until: datetime) -> list[Notice]:
    """In the caller's transaction: make the digests of the next accounts, claimed by the caller until then.

    Empty where no account has one to come. An account that somebody else writes to is passed over.
    """
    due = Notice.objects.to_gather(now)
    passed: list[int] = []
    while True:
        accounts = list(
            User.objects.filter(pk__in=due.order_by().values("user"))
            .exclude(pk__in=passed)
            .select_for_update(skip_locked=True, of=("self",), no_key=True)
            .order_by("pk")[:ACCOUNTS]
        )
        made = [digest for account in accounts if (digest := _gather(account, now, until))]
        if made or not accounts:
            return made
        passed += [account.pk for account in accounts]


def key_of(account: User, moment: datetime) -> str:
    """One digest an account and moment of a day."""
    return f"{Kind.DIGEST}:{moment:%Y-%m-%dT%H:%M}:u{account.pk}"


def is_empty(notice: Notice) -> bool:
    """Whether it is a digest of which nothing is left to be told."""
    return notice.kind == Kind.DIGEST and not notice.lines.filter(state=Notice.State.QUEUED).exists()


def _gather(account: User, now: datetime, until: datetime) -> Notice | None:
    """The account's digest, fixed; None where it may have none now, or nothing is left to tell."""
    rows = list(
        Notice.objects.to_gather(now)
        .filter(user=account)
        # What an act that goes on now supersedes is its, and waits for the next digest where it stays.
        .select_for_update(skip_locked=True, of=("self",), no_key=True)
        .select_related("deadline__attestation")
    )
    key = key_of(account, latest_digest(now))
    on_its_way = Q(state=Notice.State.QUEUED) | Q(key=key)
    if Notice.objects.filter(on_its_way, kind=Kind.DIGEST, user=account).exists():
        _put_off(rows, now)
        return None
    told = _still_so(rows, now)
    if not told or not _can_be_written_to(account, told, now):
        return None
    # It is no news to its account: the notices in it are.
    digest = Notice.objects.create(
        key=key, kind=Kind.DIGEST, user=account, created_at=now, not_before=until, attempts=1, read_at=now
    )
    _update(told, digest=digest)
    return digest


def _put_off(rows: Iterable[Notice], now: datetime) -> None:
    """To the next moment; by itself and at once where that is too late."""
    late = [row for row in rows if not can_wait(row.deadline, now)]
    _update(rows, not_before=next_digest(now))
    _update(late, in_digest=False, not_before=now)


def _still_so(rows: list[Notice], now: datetime) -> list[Notice]:
    """F-D22: those whose occasion is not over; the others are superseded."""
    told_anew = {
        pk
        for some in batched(rows, ROWS)
        for pk in Notice.objects.filter(outdated(), pk__in=[row.pk for row in some]).values_list(
            "pk", flat=True
        )
    }
    past = [row for row in rows if row.pk in told_anew or is_over(row, now)]
    gone = {row.pk for row in past}
    _update(past, state=Notice.State.SUPERSEDED, last_error=stamped(Why.OCCASION_OVER, now))
    return [row for row in rows if row.pk not in gone]


def _can_be_written_to(account: User, told: list[Notice], now: datetime) -> bool:
    """An account that is closed has nothing to be told; one without an address reads in the application."""
    if not account.is_active:
        _update(told, state=Notice.State.SUPERSEDED, last_error=Why.ACCOUNT_CLOSED)
    elif not account.email.strip():
        _update(told, state=Notice.State.SENT, sent_at=now, last_error=Why.IN_APPLICATION_ONLY)
    else:
        return True
    return False


def _update(rows: Iterable[Notice], **values: Any) -> None:
    for some in batched(rows, ROWS):
        Notice.objects.filter(pk__in=[row.pk for row in some]).update(**values)
