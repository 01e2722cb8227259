"""An import is undone row by row: what was touched since, or what anything rests on, is left and listed.

One transaction with one journal entry, like the confirm. Never for appeals and rulings, which have their own
acts. For 90 days (UNDO_DAYS); then the cells and the undo records go, and the digest stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from attestation import access, journal
from attestation.by import By
from attestation.intake.batch import BatchResource
from attestation.intake.engine import context_of
from attestation.intake.messages import sentence
from attestation.intake.spec import Context, IntakeResource, resource_of
from attestation.intake.staged import ACTING, acting, batches, digest_of
from attestation.intake.traces import Left
from attestation.models import ImportJob, ImportRow, StagedRows, User
from attestation.patience import patiently_or_refused
from attestation.refusals import Refused

BUSY = _("The database is busy; nothing was undone. Try again in a minute.")


def undo(job: ImportJob, *, by: By, reason: str = "") -> ImportJob:
    """Take back what an import put on record, but for what is left. Again: the first result.

    Raises Refused: not one's own file, not imported, too late, a kind that has its own acts, or everything in
    it is needed by now.
    """
    work = partial(_undo_locked, job.pk, by, reason.strip())
    return patiently_or_refused(work, f"undo of import {job.pk}", BUSY)


def is_own(job: ImportJob, user: User | None) -> bool:
    """Whether the import is this person's to undo: their own, or any of them; None is the system."""
    return user is None or job.actor_id == user.pk or access.may(user, "undo_any_import")


def last_moment(job: ImportJob) -> datetime | None:
    """Until when, inclusive, the import can be undone; None where it was not imported."""
    return job.confirmed_at and job.confirmed_at + timedelta(days=settings.UNDO_DAYS)


def check(job: ImportJob, by: By) -> None:
    """Raises Refused where the import is not this person's to undo, or can't be undone any more."""
    resource = resource_of(job.kind)
    if not is_own(job, by.user):
        raise Refused(
            "not_own_import",
            _("Only the officer who imported this file or an administrator undoes it."),
        )
    access.require(by.user, resource.kind.right)
    if not resource.undoable:
        raise Refused(
            "undone_by_acts",
            _("A file of this kind is not undone: its records are changed by acts of their own."),
        )
    if job.state == ImportJob.State.UNDONE:
        return
    last = last_moment(job)
    if job.state != ImportJob.State.CONFIRMED or last is None:
        raise Refused("not_imported", _("This file was not imported, so there is nothing to undo."))
    if by.at > last:
        raise Refused(
            "undo_too_late",
            _("An import can be undone for %(days)s days, this one until %(day)s. Correct its records."),
            days=settings.UNDO_DAYS,
            day=f"{last:%d.%m.%Y}",
        )


def _undo_locked(pk: int, by: By, reason: str) -> ImportJob:
    job = ImportJob.objects.select_for_update(of=("self",)).select_related("cycle", "center").get(pk=pk)
    check(job, by)
    if job.state == ImportJob.State.UNDONE:
        return job
    resource = resource_of(job.kind)()
    if isinstance(resource, BatchResource) and acting(job).filter(record__isnull=True).exists():
        raise Refused(
            "records_unknown",
            _(
                "This file was imported by an earlier version, which did not keep what its rows "
                "made. Correct its records one by one."
            ),
        )
    context = context_of(job, by)
    resource.lock(job, context)
    for rows in batches(job, ACTING):
        _leave(resource, job, rows, context)
    whole = resource.undo_file(job, reason, context)
    left = _left(job, whole.left)
    undone = acting(job).filter(left__isnull=True)
    if left and not whole.undone and not undone.exists():
        raise _everything_rests(left[0])
    for kind in reversed(ACTING):
        for rows in batches(job, (kind,)):
            resource.undo_batch(rows, reason, context)
    resource.complete_undo(job, context)
    _put_down(job, undone.count(), left, reason, by)
    return job


def _leave(resource: IntakeResource, job: ImportJob, rows: StagedRows, context: Context) -> None:
    """Say on each row that stays why it does."""
    found = resource.resting(job, rows, context)
    if found:
        staged = list(rows.queryset().filter(row_no__in=list(found)).only("pk", "row_no"))
        for row in staged:
            row.left = found[row.row_no].data()
        ImportRow.objects.bulk_update(staged, ["left"], batch_size=500)


def _left(job: ImportJob, of_file: Mapping[str, Left]) -> list[dict[str, Any]]:
    """What stays, as the job keeps it: rows in the order of the file, then what has no row, by key."""
    rows = job.rows.filter(left__isnull=False).order_by("row_no").values_list("row_no", "key", "left")
    left = [{"row": row_no, "key": key, **found} for row_no, key, found in rows if found]
    return left + [{"row": None, "key": key, **of_file[key].data()} for key in sorted(of_file)]


def _everything_rests(left: Mapping[str, Any]) -> Refused:
    if left["row"] is None:
        message = _("Nothing of this file can be undone any more. %(key)s, for one: %(why)s")
    else:
        message = _("Nothing of this file can be undone any more. Row %(row)s, for one: %(why)s")
    return Refused("nothing_to_undo", message, row=left["row"], key=left["key"], why=why_left(left))


def left_rows(job: ImportJob) -> list[dict[str, Any]]:
    """What the undoing of an import left, in the order of the file, in the reader's language.

    `row` is None of what the file recorded as a whole.
    """
    assert job.undone is not None
    return [
        {**{name: left[name] for name in ("row", "key", "why", "since", "by")}, "message": why_left(left)}
        for left in job.undone["left"]
    ]


def why_left(left: Mapping[str, Any]) -> str:
    """What a row left behind says, in the reader's language."""
    return sentence(left["why"], left["params"])


def as_data(job: ImportJob) -> dict[str, Any]:
    """The contract of `undo_import`."""
    assert job.undone is not None
    return {"job": job.pk, "undone": job.undone["undone"], "left": left_rows(job)}


def _put_down(job: ImportJob, undone: int, left: list[dict[str, Any]], reason: str, by: By) -> None:
    job.undone = {"undone": undone, "left": left, "reason": reason}
    job.state, job.undone_at = ImportJob.State.UNDONE, by.at
    job.save(update_fields=["undone", "state", "undone_at"])
    journal.record(
        "import_undone",
        by=by,
        subject=f"import {job.pk}",
        data={
            "job": job.pk,
            "kind": job.kind,
            "file": job.filename,
            "undone": undone,
            "left": len(left),
            "left_sha256": digest_of(left),
            "reason": reason,
        },
    )
