"""Large files: a worker reads and imports them; the officer may leave and come back (F-I14, F-I16, F-I19).

The database is the truth and the queue only wakes a worker. What is to be done is a row of ImportWork; who
works on it holds its lease and renews it with each batch, in the batch's own transaction: whoever lost it,
or whose officer cancelled, puts nothing more on record. Locks are taken in one order: work, then job.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy, ngettext

from attestation import journal
from attestation.by import By
from attestation.intake import engine
from attestation.intake.batch_steps import Told
from attestation.intake.columns import Unsettled
from attestation.intake.corrected import earlier
from attestation.intake.messages import entry_of, file_refused
from attestation.intake.sheet_rows import OTHER_KIND
from attestation.law.refusals import RuleRefusal
from attestation.models import ImportFile, ImportJob, ImportWork, User
from attestation.patience import patiently
from attestation.refusals import Refused
from attestation.work import between_batches

log = logging.getLogger(__name__)

State = ImportJob.State
# What a request does itself.
SMALL_BYTES = 300 * 2**10
SMALL_ROWS = 2000
# A worker that was killed holds its file up no longer than this; a lease is renewed with each batch.
LEASE = timedelta(minutes=2)
MOST_TRIES = 3
# A run takes no further file after this: the queue ends a task after ten minutes.
LONGEST_RUN = timedelta(minutes=4)
# A file that is read without a worker and was not finished after this: its process died.
FOREGROUND = timedelta(days=1)

TOO_MANY = "too_many_imports"

Clock = Callable[[], datetime]


class Lost(Exception):
    """Another worker has the file, or its officer cancelled it."""


# --- what an officer asks for ---------------------------------------------------------------------------


def require_room(user: User | None) -> None:
    """F-I14: nobody's files hold up everybody's. Raises Refused; the account stays locked meanwhile."""
    if user is None:
        return
    list(User.objects.select_for_update(no_key=True).filter(pk=user.pk))
    under_way = ImportWork.objects.filter(job__actor=user, job__state__in=UNDER_WAY).count()
    if under_way >= settings.IMPORTS_AT_ONCE:
        raise Refused(
            TOO_MANY,
            ngettext(
                "%(count)s file of yours is under way already. "
                "Wait until it is done or cancel it on its page.",
                "%(count)s files of yours are under way already. "
                "Wait until one is done or cancel one on its page.",
                under_way,
            ),
            count=under_way,
        )


UNDER_WAY = (State.WAITING, State.READING, State.CONFIRMING)


def confirm(job: ImportJob, *, by: By, skip_errors: bool = False) -> ImportJob:
    """Import a previewed file at once, or leave more than SMALL_ROWS rows to a worker. Again: the same once.

    The moment of this call counts for the 24 hours of a preview, and is that of the import. Raises Refused
    like `engine.confirm`; what comes up while a worker imports is kept as the job's `refusal`.
    """
    engine.require_import(job)
    if job.rows_new + job.rows_changed <= SMALL_ROWS:
        return engine.confirm(job, by=by, skip_errors=skip_errors)
    return patiently(partial(_ask_for_import, job.pk, by, skip_errors), f"import {job.pk}")


def _ask_for_import(pk: int, by: By, skip_errors: bool) -> ImportJob:
    job = locked(pk)
    refusal = engine.not_confirmable(job, by)
    if job.state in (State.CONFIRMED, State.CONFIRMING) and (refusal is None or refusal.code == "expired"):
        return job
    if refusal is not None:
        raise refusal
    if job.rows_error and not skip_errors:
        raise engine.has_errors(job.rows_error)
    require_room(by.user)
    asked = {"asked_at": by.at, "skip_errors": skip_errors}
    ImportWork.objects.filter(pk=pk).delete()
    ImportWork.objects.create(job=job, rows=job.rows_new + job.rows_changed, **asked)
    job.state, job.refusal = State.CONFIRMING, None
    job.save(update_fields=["state", "refusal"])
    return job


def locked(pk: int) -> ImportJob:
    list(ImportWork.objects.select_for_update().filter(pk=pk))
    return ImportJob.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)


def cancellable(job: ImportJob) -> bool:
    """Whether nothing of the file is on record yet, nor being put there."""
    left = job.state == State.READING and ImportWork.objects.filter(pk=job.pk).exists()
    return left or job.state in (State.WAITING, State.ASKED, State.PREVIEWED)


def cancel(job: ImportJob, *, by: By) -> ImportJob:
    """Give a file up before it is imported: its staged rows and its bytes go. Again: nothing happens.

    Raises Refused: not this officer's file, or it is too late.
    """
    _require_cancellable(job, by)
    return patiently(partial(_cancel, job.pk, by), f"cancelling import {job.pk}")


def _cancel(pk: int, by: By) -> ImportJob:
    job = locked(pk)
    _require_cancellable(job, by)
    if job.state == State.CANCELLED:
        return job
    ImportWork.objects.filter(pk=pk).delete()
    ImportFile.objects.filter(pk=pk).delete()
    job.rows.all().delete()
    job.state, job.refusal = State.CANCELLED, None
    job.rows_new = job.rows_changed = job.rows_same = job.rows_error = 0
    job.save()
    data = {"job": pk, "kind": job.kind, "file": job.filename, "sha256": job.sha256}
    journal.record("import_cancelled", by=by, subject=f"import {pk}", data=data)
    return job


def give_up_corrected(job: ImportJob) -> None:
    """Once a corrected file is read, the one with the errors is given up."""
    before = earlier(job)
    if before is not None:
        cancel(before, by=By(job.actor, job.created_at))


def _require_cancellable(job: ImportJob, by: By) -> None:
    """Asked before the lock too: a file that is being imported would hold the answer up till its end."""
    if job.actor_id != (by.user.pk if by.user else None):
        raise Refused("not_found", gettext_lazy("There is no such file. Upload it again."))
    if job.state == State.CONFIRMING:
        raise Refused(
            "being_imported",
            gettext_lazy(
                "It is too late to cancel: “%(file)s” is being imported. Look at its page in some minutes."
            ),
            file=job.filename,
        )
    if job.state != State.CANCELLED and not cancellable(job):
        raise Refused(
            "not_cancellable",
            gettext_lazy("“%(file)s” is not under way any more. There is nothing to cancel."),
            file=job.filename,
        )


# --- how far it is ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """How far a worker is: rows done of all, `percent` of 100; `left` by the pace so far, None if unknown."""

    done: int
    rows: int
    percent: int
    left: timedelta | None


def progress_of(job: ImportJob, now: datetime) -> Progress:
    """Of a job under way; without a worker, or before the file is open, nothing is done yet."""
    work = ImportWork.objects.filter(pk=job.pk).first()
    if work is None or work.began_at is None or not work.rows:
        return Progress(0, 0, 0, None)
    left = None
    if work.rows_done and now > work.began_at:
        left = (now - work.began_at) * (work.rows - work.rows_done) / work.rows_done
    return Progress(work.rows_done, work.rows, 100 * work.rows_done // work.rows, left)


# --- what a worker does -----------------------------------------------------------------------------------


def run_due(*, now: datetime) -> int:
    """Read and import what waits, or whose worker died; how many files were taken up.

    A file on which the work fails is tried again once its lease is over, MOST_TRIES times in all.
    """
    began = time.monotonic()

    def ticking() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    tidy(now=now)
    done = 0
    while ticking() < now + LONGEST_RUN:
        between_batches.tell()
        work = patiently(partial(_claim, ticking()), "a file to be read")
        if work is None:
            break
        try:
            _import(work, ticking) if work.job.state == State.CONFIRMING else _read(work, ticking)
        except Lost:
            log.info("import %s was cancelled or taken over", work.pk)
        except Exception:  # the other files must go on (F-D18); this one is tried again
            log.exception("import %s failed, try %s", work.pk, work.tries)
        done += 1
    return done


def tidy(*, now: datetime) -> None:
    """Drop the work of files that are done, the bytes of those that can't be confirmed any more, and what a
    process left that died while it read by itself."""
    ImportWork.objects.exclude(job__state__in=UNDER_WAY).delete()
    over = now - timedelta(hours=engine.PREVIEW_HOURS)
    kept = Q(job__state__in=(State.ASKED, State.PREVIEWED, State.REFUSED), job__created_at__gte=over)
    ImportFile.objects.exclude(Q(job__state__in=UNDER_WAY) | kept).delete()
    lost = ImportJob.objects.filter(state=State.READING, work=None, created_at__lte=now - FOREGROUND)
    for job in lost:
        job.delete()


def _claim(now: datetime) -> ImportWork | None:
    """The next file that nobody works on, now ours. Whoever imports holds the job's row: it is passed by."""
    free = Q(lease_until=None) | Q(lease_until__lte=now) | Q(lease_until__gt=now + LEASE)
    due = ImportWork.objects.filter(free, job__state__in=UNDER_WAY).select_related("job").order_by("pk")
    for work in due.select_for_update(skip_locked=True, of=("self", "job"))[:1]:
        work.holder, work.lease_until, work.tries = uuid.uuid4().hex, now + LEASE, work.tries + 1
        work.began_at, work.rows_done = now, 0
        work.save()
        if work.job.state != State.CONFIRMING:
            work.job.rows.all().delete()
            work.job.state = State.READING
            work.job.save(update_fields=["state"])
        return work
    return None


def _read(work: ImportWork, ticking: Clock) -> None:
    job = work.job
    by = By(job.actor, job.created_at)
    try:
        if work.tries > MOST_TRIES:
            raise file_refused("busy")
        with engine.opened(job, bytes(ImportFile.objects.get(pk=work.pk).data)) as table:
            engine.read(job, table, by=by, told=partial(_note, work, ticking))
    except Unsettled as unsettled:
        _end(work, State.ASKED, unsettled)
    except (Refused, RuleRefusal) as refusal:
        if isinstance(refusal, Refused):
            engine.journal_refusal(job, refusal)
        _end(work, State.REFUSED, refusal)
    else:
        _end(work, State.PREVIEWED)
        give_up_corrected(job)


def _import(work: ImportWork, ticking: Clock) -> None:
    """In the officer's name and as of the officer's click."""
    job = work.job
    assert work.asked_at is not None
    by = By(job.actor, work.asked_at)
    try:
        if work.tries > MOST_TRIES:
            raise Refused("busy", engine.BUSY)
        with _beside(work, ticking) as told:
            engine.confirm(job, by=by, skip_errors=work.skip_errors, told=told)
    except (Refused, RuleRefusal) as refusal:
        _end(work, State.PREVIEWED, refusal)
    else:
        _end(work, State.CONFIRMED)


@transaction.atomic
def _end(work: ImportWork, state: State, refusal: Refused | RuleRefusal | None = None) -> None:
    """The work is done; what stopped it is kept on the job. Nothing where it is another's by now."""
    mine = ImportWork.objects.select_for_update().filter(pk=work.pk, holder=work.holder)
    if not mine:
        return
    mine.delete()
    if refusal is None:
        return
    if state == State.REFUSED:
        work.job.rows.all().delete()
        if refusal.code != OTHER_KIND:
            ImportFile.objects.filter(pk=work.pk).delete()
    job = ImportJob.objects.filter(pk=work.pk, state__in=UNDER_WAY)
    known = ("sheet", "columns", "notes") if state == State.ASKED else ()
    read = {name: getattr(work.job, name) for name in known}
    job.update(state=state, refusal=kept_refusal(refusal), **read)


def kept_refusal(refusal: Refused | RuleRefusal) -> dict[str, Any]:
    """A refusal as an import keeps it; of a file of another kind, with its name."""
    return entry_of(refusal) | ({"kind": refusal.params["name"]} if refusal.code == OTHER_KIND else {})


def _note(work: ImportWork, ticking: Clock, done: int, rows: int) -> None:
    """How far the reading is, and that we live. Raises Lost."""
    mine = ImportWork.objects.filter(pk=work.pk, holder=work.holder)
    if not mine.update(rows_done=done, rows=rows, lease_until=ticking() + LEASE):
        raise Lost
    between_batches.tell()


@contextmanager
def _beside(work: ImportWork, ticking: Clock) -> Iterator[Told]:
    """Tells of an import, one transaction, by a connection of its own; SQLite has room for one writer.

    A row that somebody locks is left alone: whoever waits for us must not be waited for.
    """
    if connection.vendor != "postgresql":
        yield lambda done, rows: None
        return
    other: Any = connection.copy()

    def told(done: int, rows: int) -> None:
        with other.cursor() as cursor:
            cursor.execute(
                "UPDATE attestation_importwork SET rows_done = %s, rows = %s, lease_until = %s "
                "WHERE job_id IN (SELECT job_id FROM attestation_importwork "
                "WHERE job_id = %s AND holder = %s FOR UPDATE SKIP LOCKED)",
                [done, rows, ticking() + LEASE, work.pk, work.holder],
            )

    try:
        yield told
    finally:
        other.close()
