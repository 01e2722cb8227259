"""A file comes in: a small one is read at once, a large one by a worker; once more when answered about."""

from __future__ import annotations

from functools import partial
from typing import Unpack

from django.db import transaction

from attestation import sent
from attestation.by import By
from attestation.intake import background, engine
from attestation.intake.answers import Answers, check_answers, recall
from attestation.intake.columns import Unsettled
from attestation.intake.messages import entry_of
from attestation.intake.reading import Table, guard
from attestation.intake.sheet_rows import OTHER_KIND
from attestation.intake.spec import resource_of
from attestation.models import ImportFile, ImportJob, ImportWork
from attestation.patience import patiently
from attestation.refusals import Refused

State = ImportJob.State


def upload(kind: str, data: bytes, filename: str, *, by: By, **belongs: Unpack[engine.Belongs]) -> ImportJob:
    """A small file previewed, or a large one left to a worker. Raises Refused for a file that is not taken.

    Small: at most SMALL_BYTES and SMALL_ROWS. Of an officer at most IMPORTS_AT_ONCE files are under way. What
    the officer said of earlier files holds for this one; where more has to be said, it is `asked`.
    """
    job = engine.receive(kind, data, filename, by=by, **belongs)
    recall(job)
    job = _take(job, data, by)
    if job.state == State.PREVIEWED:
        background.give_up_corrected(job)
    return job


def answer(job: ImportJob, answers: Answers, *, by: By, sheet: str = "") -> ImportJob:
    """Read a file once more by what its officer says of it, or another sheet of it; like `upload`.

    Raises Refused: not this officer's file, not waiting for answers or a confirm, or its bytes are gone.
    """
    check_answers(resource_of(job.kind), answers)
    return patiently(partial(_answer, job.pk, answers, by, sheet), f"answers about import {job.pk}")


@transaction.atomic
def _answer(pk: int, answers: Answers, by: By, sheet: str) -> ImportJob:
    job = background.locked(pk)
    refusal = engine.not_confirmable(job, by, also=State.ASKED)
    if refusal is not None or not readable_again(job):
        raise refusal or engine.expired()
    job.rows.all().delete()
    job.options["answers"] = answers.data()
    job.sheet = sheet[:255] or job.sheet
    job.rows_new = job.rows_changed = job.rows_same = job.rows_error = 0
    return _take(job, bytes(job.file.data), by)


def import_as_meant(job: ImportJob, *, by: By, **belongs: Unpack[engine.Belongs]) -> ImportJob:
    """Read a file that was brought in for another kind as what it is; like `upload`. Again: nothing happens.

    Raises Refused: not this officer's file, not such a one, or its bytes are gone.
    """
    return patiently(partial(_as_meant, job.pk, by, belongs), f"import {job.pk} as meant")


@transaction.atomic
def _as_meant(pk: int, by: By, belongs: engine.Belongs) -> ImportJob:
    job = background.locked(pk)
    refusal = engine.not_confirmable(job, by, also=State.REFUSED)
    if refusal is not None or not meant_elsewhere(job):
        raise refusal or engine.expired()
    data = bytes(job.file.data)
    anew = engine.receive((job.refusal or {})["kind"], data, job.filename, by=by, **belongs)
    for name in ("kind", "cycle", "center", "options"):
        setattr(job, name, getattr(anew, name))
    job.refusal = None
    recall(job)
    return _take(job, data, by)


def meant_elsewhere(job: ImportJob) -> bool:
    """Whether the file was refused as one of another kind, and can still be read as that."""
    other = job.refusal is not None and job.refusal["code"] == OTHER_KIND
    return job.state == State.REFUSED and other and ImportFile.objects.filter(pk=job.pk).exists()


def readable_again(job: ImportJob) -> bool:
    """Whether the file can be read once more by what its officer says of it."""
    return job.state in (State.ASKED, State.PREVIEWED) and ImportFile.objects.filter(pk=job.pk).exists()


def _take(job: ImportJob, data: bytes, by: By) -> ImportJob:
    """Read the file here and now where it is small. A refusal leaves nothing but its journal entry."""
    try:
        if len(data) > background.SMALL_BYTES:
            guard(data, job.filename)
            return _leave_to_a_worker(job, data, by)
        with engine.opened(job, data) as table:
            if table.count > background.SMALL_ROWS:
                return _leave_to_a_worker(job, data, by)
            return _read_now(job, table, data, by)
    except Refused as refusal:
        if job._state.adding and refusal.code != background.TOO_MANY:
            engine.journal_refusal(job, refusal)
        raise


@transaction.atomic
def _read_now(job: ImportJob, table: Table, data: bytes, by: By) -> ImportJob:
    sent.put_down(by)
    new = job._state.adding
    try:
        engine.read(job, table, by=by)
    except Unsettled as unsettled:
        job.state, job.refusal = State.ASKED, entry_of(unsettled)
        job.save()
    except Refused as refusal:
        if not (new and refusal.code == OTHER_KIND):
            raise
        engine.journal_refusal(job, refusal)
        job.state, job.refusal = State.REFUSED, background.kept_refusal(refusal)
        job.save()
    if new:
        ImportFile.objects.create(job=job, data=data)
    return job


@transaction.atomic
def _leave_to_a_worker(job: ImportJob, data: bytes, by: By) -> ImportJob:
    sent.put_down(by)
    background.require_room(job.actor)
    new = job._state.adding
    job.state, job.refusal = State.WAITING, None
    job.save()
    ImportWork.objects.create(job=job)
    if new:
        ImportFile.objects.create(job=job, data=data)
    return job
