"""Send what the outbox holds, at least once and visibly.

A claim moves `not_before` ahead in a short transaction, so that two deliverers never take the same row and
no transaction stays open while a mail server is slow. A process that dies between the server's "accepted"
and our "sent" leaves the row queued: it goes out again, with the same Message-ID, once the claim is over.
A run ends after some minutes of a slow server and gives back what it claimed and did not try. The first
letter that a server takes after an outage lets go all that was put off.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F, QuerySet

from attestation.models import Notice
from attestation.notices import digests, mail_server
from attestation.notices.contents import is_outdated, is_over
from attestation.notices.kinds import Kind
from attestation.notices.letters import address_of, compose
from attestation.notices.reasons import Why, stamped

log = logging.getLogger(__name__)

BATCH = 20
CLAIM = timedelta(minutes=10)
# A worker's task is ended after ten minutes; what a slow server leaves is the next run's.
RUN = timedelta(minutes=4)
# Connection, greeting, TLS, login, sender, recipient, text: each may take as long as the time-out.
ANSWERS_A_LETTER = 12
FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=8)
GIVE_UP_AFTER = timedelta(hours=72)

# The server took the connection and refused this one letter.
REFUSALS = (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError)
PERMANENT = range(500, 600)


def wait_after(attempts: int) -> timedelta | None:
    """F-D20: how long to wait after so many failed attempts; None once 72 hours were waited in all."""
    # The seventh power is past the longest wait; a far higher one is no timedelta any more.
    waits = [min(FIRST_WAIT * 2 ** min(n, 7), LONGEST_WAIT) for n in range(attempts)]
    return waits[-1] if sum(waits, timedelta()) <= GIVE_UP_AFTER else None


@dataclass
class Run:
    """One run of the delivery: how long it has taken by the machine's counter, whatever `now` stands for."""

    now: datetime
    timeout_s: int
    begun: float = field(default_factory=lambda: monotonic())
    # Whether the server took no letters when the run began.
    after_outage: bool = False

    @property
    def taken(self) -> timedelta:
        return timedelta(seconds=monotonic() - self.begun)

    def is_over(self) -> bool:
        return self.taken > RUN

    def claim_until(self) -> datetime:
        """Longer than the run can go on, its last letter included."""
        longest = RUN + timedelta(seconds=ANSWERS_A_LETTER * self.timeout_s)
        return self.now + self.taken + max(CLAIM, longest)


def deliver(*, now: datetime, limit: int | None = None) -> int:
    """Send the queued notices whose moment has come; returns how many were sent, at most about `limit`.

    Accounts are written to in digests. One without an address has its notices in the application: they are
    then sent, and `last_error` says that no e-mail left. An employee without one has nothing: the row fails,
    which is HR's task to serve the notice by hand; so does one that the server refused for good, or that none
    took for 72 hours.
    """
    sent = tried = 0
    run = Run(now, settings.EMAIL_TIMEOUT, after_outage=mail_server.away_since() is not None)
    connection = get_connection(timeout=run.timeout_s)
    try:
        if run.after_outage:
            _ask_again(connection, now)
        while not run.is_over() and (limit is None or tried < limit):
            # A notice that can wait for no digest is among the letters once its digest was asked for.
            batch = _claim(run) or _claim_digests(run) or _claim(run)
            if not batch:
                break
            tried += len(batch)
            sent_of_batch, go_on = _send_batch(batch, connection, run)
            sent += sent_of_batch
            if not go_on:
                break
    finally:
        connection.close()
    return sent


def _ask_again(connection: BaseEmailBackend, now: datetime) -> None:
    """F-D20: while the server was away, see whether it is back; one of the letters put off then tries it."""
    try:
        connection.open()
    except OSError:
        connection.close()
        return
    first = Notice.objects.put_off().order_by("attempts", "pk").first()
    if first is not None:
        Notice.objects.put_off().filter(pk=first.pk, not_before__gt=now).update(not_before=now)


def _claim(run: Run) -> list[Notice]:
    """Take a batch for ourselves: the rows of others are passed over (PostgreSQL) or waited for (SQLite)."""
    with transaction.atomic():
        batch = list(
            Notice.objects.to_send(run.now)
            .select_for_update(skip_locked=True, of=("self",))
            .select_related(
                "user", "employee", "attestation__cycle", "deadline__term", "deadline__attestation"
            )[:BATCH]
        )
        Notice.objects.filter(pk__in=[notice.pk for notice in batch]).update(
            not_before=run.claim_until(), attempts=F("attempts") + 1, last_error=""
        )
    for notice in batch:
        notice.attempts += 1
    return batch


def _claim_digests(run: Run) -> list[Notice]:
    """The digests to come of the next accounts: made and taken for ourselves in one transaction."""
    with transaction.atomic():
        return digests.claim(now=run.now, until=run.claim_until())


def _send_batch(batch: list[Notice], connection: BaseEmailBackend, run: Run) -> tuple[int, bool]:
    """Send one after the other; gives how many were sent and whether it is worth going on."""
    sent, now = 0, run.now
    rest: Iterator[Notice] = iter(batch)
    for notice in rest:
        if run.is_over():
            _give_back([notice, *rest], now)
            return sent, False
        try:
            sent += _send(notice, connection, run)
        except REFUSALS as error:
            connection.close()
            _failed(notice, error, now)
        except OSError as error:
            connection.close()
            mail_server.note_away(now)
            for untried in (notice, *rest):
                _failed(untried, error, now)
            return sent, False
        except Exception as error:  # one letter that can't be made must not hold up the others
            log.exception("notice %s can't be composed", notice.pk)
            _failed(notice, error, now)
    return sent, True


def _give_back(untried: list[Notice], now: datetime) -> None:
    """Rows that were claimed and not tried: the next run takes them at once."""
    Notice.objects.filter(pk__in=[notice.pk for notice in untried], state=Notice.State.QUEUED).update(
        not_before=now, attempts=F("attempts") - 1
    )


def _send(notice: Notice, connection: BaseEmailBackend, run: Run) -> bool:
    now = run.now
    if not Notice.objects.filter(pk=notice.pk, state=Notice.State.QUEUED).exists():
        return False  # Superseded while the letters before it went out.
    if is_over(notice, now) or is_outdated(notice) or digests.is_empty(notice):
        _mark(notice, state=Notice.State.SUPERSEDED, last_error=stamped(Why.OCCASION_OVER, now))
        return False
    if notice.user is not None and not notice.user.is_active:
        _mark(notice, state=Notice.State.SUPERSEDED, last_error=Why.ACCOUNT_CLOSED)
        return False
    if not address_of(notice):
        if notice.user is None:
            _mark(notice, state=Notice.State.FAILED, last_error=Why.NO_ADDRESS)
            return False
        _mark(notice, state=Notice.State.SENT, sent_at=now, last_error=Why.IN_APPLICATION_ONLY)
        return True
    connection.send_messages([compose(notice, connection)])
    if run.after_outage and mail_server.note_back(now):
        Notice.objects.put_off().filter(not_before__gt=now).update(not_before=now)
    if not _mark(notice, state=Notice.State.SENT, sent_at=now, last_error=""):
        _left_after_all(notice, now)
    return True


def _left_after_all(notice: Notice, now: datetime) -> None:
    """F-D2, F-D22: the server took a letter that somebody decided on while it was on its way.

    Given up meanwhile, because its deadline was over: it did leave, and HR has nothing to serve. One that
    came back is HR's all the same. Superseded: that it left stays on record.
    """
    row = Notice.objects.filter(pk=notice.pk)
    given_up = row.filter(state=Notice.State.FAILED, bounced_at__isnull=True)
    if not given_up.update(state=Notice.State.SENT, sent_at=now, last_error=""):
        row.filter(sent_at__isnull=True).update(sent_at=now)


def _failed(notice: Notice, error: Exception, now: datetime) -> None:
    """Back off; leave it to HR after 72 hours, or at once where the server refused it for good.

    What was tried more often, because the server came back or somebody asked for it, has its 72 hours too.
    """
    wait = wait_after(notice.attempts)
    if wait is None and now - notice.created_at < GIVE_UP_AFTER - LONGEST_WAIT:
        wait = LONGEST_WAIT
    if _is_for_good(error):
        wait = None
    text = f"{type(error).__name__}: {error}"[:500]
    log.warning("notice %s was not sent (attempt %s): %s", notice.pk, notice.attempts, type(error).__name__)
    if wait is None:
        _mark(notice, state=Notice.State.FAILED, last_error=text)
    else:
        _mark(notice, not_before=now + wait, last_error=text)


def _is_for_good(error: Exception) -> bool:
    """F-D20: a 5xx about the recipient or the letter. About our sender it is a fault of the set-up."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code in PERMANENT for code, _text in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code in PERMANENT


def _mark(notice: Notice, **values: object) -> bool:
    """Change the row in a transaction of its own, unless it was superseded meanwhile."""
    queued = Notice.objects.filter(state=Notice.State.QUEUED)
    with transaction.atomic():
        changed = bool(queued.filter(pk=notice.pk).update(**values))
        if changed and notice.kind == Kind.DIGEST and "state" in values:
            _mark_lines(notice, queued, values)
    return changed


def _mark_lines(digest: Notice, queued: QuerySet[Notice], values: Mapping[str, object]) -> None:
    """What a digest holds comes to what it comes to; of a line superseded since, that it left is kept."""
    queued.filter(digest=digest).update(**values)
    if "sent_at" in values:
        Notice.objects.filter(digest=digest, sent_at__isnull=True).update(sent_at=values["sent_at"])
