"""Send what the outbox holds, at least once and visibly.

A claim moves `not_before` ahead in a short transaction, so that two deliverers never take the same row and
no transaction stays open while a mail server is slow. A process that dies between the server's "accepted"
and our "sent" leaves the row queued: it goes out again, with the same Message-ID, once the claim is over.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F

from attestation.models import Deadline, Notice
from attestation.notices.contents import is_outdated
from attestation.notices.kinds import Kind
from attestation.notices.letters import address_of, compose

log = logging.getLogger(__name__)

BATCH = 20
# Longer than a batch takes with a server that answers each time just before the time-out.
CLAIM = timedelta(minutes=10)
SERVER_TIMEOUT_S = 20
FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=8)
GIVE_UP_AFTER = timedelta(hours=72)

IN_APPLICATION_ONLY = "in the application only: the account has no e-mail address"
NO_ADDRESS = "no e-mail address: to be served by hand"
# Reminders of what is over would only mislead; the duty that was missed has its own.
WHILE_OPEN = frozenset(
    {
        Kind.REMINDER_APPEAL,
        Kind.REMINDER_SCORING,
        Kind.REMINDER_CATEGORY,
        Kind.REMINDER_REATTESTATION,
        Kind.REMINDER_RULING,
    }
)
# The server took the connection and refused this one letter.
REFUSALS = (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError)


def wait_after(attempts: int) -> timedelta | None:
    """F-D20: how long to wait after so many failed attempts; None once 72 hours were waited in all."""
    waits = [min(FIRST_WAIT * 2**n, LONGEST_WAIT) for n in range(attempts)]
    return waits[-1] if sum(waits, timedelta()) <= GIVE_UP_AFTER else None


def deliver(*, now: datetime, limit: int | None = None) -> int:
    """Send the queued notices whose moment has come; returns how many were sent, at most about `limit`.

    An officer without an address has the notice in the application: the row is then sent, and `last_error`
    says that no e-mail left. An employee without one has nothing: the row fails, which is HR's task to serve
    the notice by hand; so does one that the mail server did not take for 72 hours.
    """
    sent = tried = 0
    connection = get_connection(timeout=getattr(settings, "EMAIL_TIMEOUT", None) or SERVER_TIMEOUT_S)
    try:
        while limit is None or tried < limit:
            batch = _claim(now)
            if not batch:
                break
            tried += len(batch)
            sent_of_batch, server_answers = _send_batch(batch, connection, now)
            sent += sent_of_batch
            if not server_answers:
                break
    finally:
        connection.close()
    return sent


def _claim(now: datetime) -> list[Notice]:
    """Take a batch for ourselves: the rows of others are passed over (PostgreSQL) or waited for (SQLite)."""
    with transaction.atomic():
        batch = list(
            Notice.objects.to_send(now)
            .select_for_update(skip_locked=True, of=("self",))
            .select_related(
                "user", "employee", "attestation__cycle", "deadline__term", "deadline__attestation"
            )[:BATCH]
        )
        Notice.objects.filter(pk__in=[notice.pk for notice in batch]).update(
            not_before=now + CLAIM, attempts=F("attempts") + 1
        )
    for notice in batch:
        notice.attempts += 1
    return batch


def _send_batch(batch: list[Notice], connection: BaseEmailBackend, now: datetime) -> tuple[int, bool]:
    """Send one after the other; gives how many were sent and whether the mail server can be reached."""
    sent = 0
    rest: Iterator[Notice] = iter(batch)
    for notice in rest:
        try:
            sent += _send(notice, connection, now)
        except REFUSALS as error:
            connection.close()
            _failed(notice, error, now)
        except OSError as error:
            connection.close()
            for untried in (notice, *rest):
                _failed(untried, error, now)
            return sent, False
        except Exception as error:  # one letter that can't be made must not hold up the others
            log.exception("notice %s can't be composed", notice.pk)
            _failed(notice, error, now)
    return sent, True


def _send(notice: Notice, connection: BaseEmailBackend, now: datetime) -> bool:
    if _is_over(notice) or is_outdated(notice):
        _mark(notice, state=Notice.State.SUPERSEDED, last_error="its occasion is over")
        return False
    if notice.user is not None and not notice.user.is_active:
        _mark(notice, state=Notice.State.SUPERSEDED, last_error="the account is not active any more")
        return False
    if not address_of(notice):
        if notice.user is None:
            _mark(notice, state=Notice.State.FAILED, last_error=NO_ADDRESS)
            return False
        _mark(notice, state=Notice.State.SENT, sent_at=now, last_error=IN_APPLICATION_ONLY)
        return True
    connection.send_messages([compose(notice, connection)])
    if not _mark(notice, state=Notice.State.SENT, sent_at=now, last_error=""):
        # Superseded while it was on its way: that it left stays on record.
        Notice.objects.filter(pk=notice.pk).update(sent_at=now)
    return True


def _is_over(notice: Notice) -> bool:
    """Whether the duty a reminder speaks of is closed; an overdue one is reminded of on purpose."""
    return (
        notice.kind in WHILE_OPEN
        and notice.deadline is not None
        and not notice.context.get("overdue")
        and notice.deadline.state != Deadline.State.OPEN
    )


def _failed(notice: Notice, error: Exception, now: datetime) -> None:
    """Back off, or leave it to HR after 72 hours."""
    wait = wait_after(notice.attempts)
    text = f"{type(error).__name__}: {error}"[:500]
    log.warning("notice %s was not sent (attempt %s): %s", notice.pk, notice.attempts, type(error).__name__)
    if wait is None:
        _mark(notice, state=Notice.State.FAILED, last_error=text)
    else:
        _mark(notice, not_before=now + wait, last_error=text)


def _mark(notice: Notice, **values: object) -> bool:
    """Change the row in a transaction of its own, unless it was superseded meanwhile."""
    return bool(Notice.objects.filter(pk=notice.pk, state=Notice.State.QUEUED).update(**values))
