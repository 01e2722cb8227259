"""One path for every file, from page and command alike: read, check, preview; then confirm, all or nothing.

The preview stages what each row would do. The confirm carries out what is staged, in one transaction with one
journal entry, once the records are as they were seen (F-I16 to F-I20, F-C5): those of a BatchResource by the
versions that it saw, the others by planning their rows again.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any, TypedDict, Unpack

from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from attestation import journal
from attestation.by import By
from attestation.intake import foreign, template_marks
from attestation.intake.answers import NO_ANSWERS, Answers, answers_of, check_answers, remember
from attestation.intake.batch import BatchResource
from attestation.intake.batch_steps import RowNotWritten, Told, plan_stale, stage_batches, write_batches
from attestation.intake.columns import Unsettled, header_words
from attestation.intake.corrected import differing
from attestation.intake.frozen import freeze_all
from attestation.intake.messages import entry_of, in_languages
from attestation.intake.parsing import parse_staged
from attestation.intake.reading import Table, read_table, shown_name
from attestation.intake.sheet_rows import SheetRows, columns_asked
from attestation.intake.spec import Context, IntakeResource, RowPlan, resource_of
from attestation.intake.staged import ACTING, BATCH, count_rows, restage, rows_digest, stage
from attestation.models import Center, Cycle, ImportFile, ImportJob, ImportRow
from attestation.patience import patiently_or_refused
from attestation.refusals import Refused

logger = logging.getLogger(__name__)

PREVIEW_HOURS = 24
BUSY = gettext_lazy("The database is busy; nothing was imported. Confirm again in a minute.")


class Belongs(TypedDict, total=False):
    """What a file is for, the sheet to be read, what was said of its headers and words, what it corrects."""

    cycle: Cycle | None
    center: Center | None
    read_through: date | None
    sheet: str
    answers: Answers
    corrects: ImportJob | None


def preview(kind: str, data: bytes, filename: str, *, by: By, **belongs: Unpack[Belongs]) -> ImportJob:
    """Read and check a file and stage what it would do.

    Raises Refused for a file that is not taken, Unsettled where its headers have to be explained.
    """
    job = receive(kind, data, filename, by=by, **belongs)
    try:
        with opened(job, data) as table:
            read(job, table, by=by)
    except Refused as refusal:
        journal_refusal(job, refusal)
        raise
    return job


def receive(
    kind: str,
    data: bytes,
    filename: str,
    *,
    by: By,
    cycle: Cycle | None = None,
    center: Center | None = None,
    read_through: date | None = None,
    sheet: str = "",
    answers: Answers = NO_ANSWERS,
    corrects: ImportJob | None = None,
) -> ImportJob:
    """What is known of a file before it is read, not saved yet; `sheet`: the one to be read.

    Raises Refused where the officer may not import it, or an answer is none.
    """
    resource = resource_of(kind)
    resource().check_access(Context(by, cycle, center, read_through))
    check_answers(resource, answers)
    options: dict[str, Any] = {"read_through": read_through.isoformat()} if read_through else {}
    if answers:
        options["answers"] = answers.data()
    if corrects is not None:
        options["corrects"] = corrects.pk
    return ImportJob(
        kind=kind,
        filename=shown_name(filename),
        sha256=hashlib.sha256(data).hexdigest(),
        sheet=sheet[:255],
        actor=by.user,
        cycle=cycle,
        center=center,
        options=options,
        columns={},
        created_at=by.at,
        state=ImportJob.State.READING,
    )


def opened(job: ImportJob, data: bytes) -> Table:
    """The rows of the file. Raises Refused for one that can't be read."""
    return read_table(data, job.filename, job.sheet, header_words(resource_of(job.kind).columns()))


def read(job: ImportJob, table: Table, *, by: By, told: Told | None = None) -> None:
    """Check the rows and stage what they would do: the job is previewed.

    Raises Refused; where it is Unsettled, the job has what is known of the columns, and answers may be given.
    Of a job on record each batch has a transaction of its own, in which `told` is called first.
    """
    resource, context = resource_of(job.kind)(), context_of(job, by, locking=False)
    job.sheet, job.notes = table.sheet[:255], _notes(table)
    resource.check_access(context)
    try:
        rows = SheetRows(resource, table, answers_of(job))
    except Unsettled as unsettled:
        job.columns = columns_asked(unsettled.layout, table)
        raise
    job.columns = rows.columns()
    _stage_file(resource, job, rows, context, told or _nobody)


def _nobody(_done: int, _rows: int) -> None:
    """Nobody is told."""


def journal_refusal(job: ImportJob, refusal: Refused) -> None:
    """Put a refused file in the journal, at the moment of its upload."""
    data = {"kind": job.kind, "file": job.filename, "sha256": job.sha256, "code": refusal.code}
    journal.record("import_refused", by=By(job.actor, job.created_at), data=data)


def _notes(table: Table) -> list[dict[str, Any]]:
    """What is to be said of the file as a whole."""
    said: list[tuple[str, dict[str, Any]]] = []
    if table.encoding:
        delimiter = in_languages(lambda: _("tab")) if table.delimiter == "\t" else table.delimiter
        said.append(("read_as", {"encoding": table.encoding, "delimiter": delimiter}))
    if table.renamed:
        said.append(("renamed", {"kind": f".{table.renamed}"}))
    said += [("other_sheet", {"sheet": name}) for name in table.others if name not in template_marks.SHEETS]
    if table.strays:
        said.append(("stray_cell", {"cells": ", ".join(table.stray), "count": table.strays}))
    if table.links:
        said.append(("links", {}))
    return [{"code": code, "params": params} for code, params in said]


def _stage_file(
    resource: IntakeResource, job: ImportJob, rows: SheetRows, context: Context, told: Told
) -> None:
    """Plan every row and stage it; of a new file that can't be planned nothing is left."""
    new = job.pk is None
    small = new and (rows.below <= BATCH or not isinstance(resource, BatchResource))
    try:
        with transaction.atomic() if small else nullcontext():
            if new:
                job.save()
            below = rows.below
            told(0, below)
            plans: list[RowPlan] = []
            if isinstance(resource, BatchResource):
                stage_batches(resource, job, rows.parsed, context, lambda done: told(done, below))
            else:
                plans = resource.plan_all(list(rows.parsed()), context)
            with transaction.atomic():
                told(below, below)
                stage(job, plans, whole=True)
                count_rows(job)
                if not (job.rows_read or resource.allow_empty):
                    raise Refused(
                        "no_data", gettext_lazy("There are no rows under the header. Fill them in.")
                    )
                foreign.check(len(resource.foreign), job, context.by)
                job.columns = rows.columns() | differing(job)
                job.state, job.refusal = ImportJob.State.PREVIEWED, None
                job.save()
    except Exception:
        if new and not small and job.pk is not None:
            job.delete()
        raise


# --- confirm ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Outcome:
    job: ImportJob
    refusal: Refused | None = None


def confirm(job: ImportJob, *, by: By, skip_errors: bool = False, told: Told | None = None) -> ImportJob:
    """Carry out a previewed file, all or nothing; with `skip_errors` its good rows. Again: the first result.

    Raises Refused: not this officer's file, expired, rows with errors, records changed since the preview
    (the preview then shows the new state and can be confirmed), a row that the database does not take, or a
    file that is only compared.
    """
    require_import(job)
    try:
        work = partial(_confirm_locked, job.pk, by, skip_errors, told or _nobody)
        outcome = patiently_or_refused(work, f"import {job.pk}", BUSY)
    except (RowNotWritten, IntegrityError) as error:
        logger.warning("import %s was not carried out", job.pk, exc_info=True)
        raise _not_written(error) from error
    if outcome.refusal is not None:
        raise outcome.refusal
    return outcome.job


def require_import(job: ImportJob) -> None:
    """Raises Refused for a file that is only compared with the record."""
    if not resource_of(job.kind).writes:
        raise Refused(
            "only_compared",
            gettext_lazy("“%(file)s” is only compared with the record; nothing of it can be imported."),
            file=job.filename,
        )


def not_confirmable(job: ImportJob, by: By, *, also: str = "") -> Refused | None:
    """What forbids this officer to import the file now, whatever stands in it; `also`: in which state too."""
    if job.actor_id != (by.user.pk if by.user else None):
        # F-I17: another officer's file is as good as none.
        return Refused("not_found", gettext_lazy("There is no such file. Upload it again."))
    open_ = job.state in (ImportJob.State.PREVIEWED, ImportJob.State.CONFIRMING, also)
    if not open_ or by.at - job.created_at > timedelta(hours=PREVIEW_HOURS):
        return expired()
    return None


def expired() -> Refused:
    """The officer has to bring the file in anew."""
    return Refused("expired", gettext_lazy("This preview is no longer valid. Upload the file again."))


def _confirm_locked(pk: int, by: By, skip_errors: bool, told: Told) -> _Outcome:
    job = ImportJob.objects.select_for_update(of=("self",)).select_related("cycle", "center").get(pk=pk)
    own = job.actor_id == (by.user.pk if by.user else None)
    if own and job.state == ImportJob.State.CONFIRMED:
        return _Outcome(job)
    refusal = not_confirmable(job, by)
    if refusal is not None:
        return _Outcome(job, refusal)
    resource = resource_of(job.kind)()
    context = context_of(job, by)
    resource.check_access(context)
    if isinstance(resource, BatchResource):
        resource.lock(job, context)
        changed = plan_stale(resource, job, context)
        write = partial(write_batches, resource, job, context, told)
    else:
        staged = list(job.rows.order_by("row_no"))
        plans = resource.plan_all(list(parse_staged(resource.columns(), job, staged)), context)
        changed, write = _differ(staged, plans), partial(_write_plans, resource, plans, context)
        if changed:
            restage(job, plans, whole=True)
    if changed:
        count_rows(job)
        # Also of one that a worker imports: it is looked at before it is tried again.
        job.state, job.refusal = ImportJob.State.PREVIEWED, entry_of(_changed_since())
        job.save()
        return _Outcome(job, _changed_since())
    if job.rows_error and not skip_errors:
        return _Outcome(job, has_errors(job.rows_error))
    write()
    _put_down(job, context)
    return _Outcome(job)


def context_of(job: ImportJob, by: By, *, locking: bool = True) -> Context:
    """On whose behalf and for what a job on record is read, carried out, or undone."""
    read_through = job.options.get("read_through")
    day = date.fromisoformat(read_through) if read_through else None
    return Context(by, job.cycle, job.center, day, locking=locking, filename=job.filename)


# Rows that are planned together.


def _differ(staged: Sequence[ImportRow], plans: Sequence[RowPlan]) -> bool:
    """F-I18: whether any row would now do something else than the preview showed."""
    return any(
        (row.kind, row.before, row.after) != (plan.kind, freeze_all(plan.before), freeze_all(plan.after))
        for row, plan in zip(staged, plans, strict=True)
    )


def _write_plans(resource: IntakeResource, plans: Sequence[RowPlan], context: Context) -> None:
    good = [plan for plan in plans if plan.kind != ImportRow.Kind.ERROR]
    todo = [plan for plan in good if plan.kind in ACTING]
    if todo:
        resource.write(todo, context)
    resource.finish(good, context)


def _changed_since() -> Refused:
    return Refused(
        "changed_since_preview",
        gettext_lazy(
            "Records were changed since the preview; nothing was imported. "
            "The preview now shows what the file would do: look at it and confirm again."
        ),
    )


def _not_written(error: RowNotWritten | IntegrityError) -> Refused:
    """F-I20, F-C5: what the database did not take; another's writing at the same time, or the row itself."""
    row = error.row_no if isinstance(error, RowNotWritten) else None
    if row is not None and isinstance(error.__cause__, DataError):
        return Refused(
            "row_not_written",
            gettext_lazy(
                "Row %(row)s can't be put on record as it stands; nothing was imported. "
                "Correct it in the file, or leave it out, and upload the file again."
            ),
            row=row,
        )
    return Refused(
        "changed_meanwhile",
        gettext_lazy(
            "Somebody wrote the same records at the same time (row %(row)s); nothing was imported. "
            "Upload the file again."
        ),
        row="–" if row is None else row,
    )


def has_errors(count: int) -> Refused:
    """F-I16: rows with errors, and nobody said that they may be left out."""
    message = ngettext(
        "%(count)s row has an error; nothing was imported. Correct it, or import without it.",
        "%(count)s rows have errors; nothing was imported. Correct them, or import without them.",
        count,
    )
    return Refused("rows_with_errors", message, count=count)


def _put_down(job: ImportJob, context: Context) -> None:
    """The job is done: its state and its one journal entry."""
    job.state = ImportJob.State.CONFIRMED
    job.confirmed_at = context.by.at
    job.rows_skipped = job.rows_error
    job.save()
    ImportFile.objects.filter(pk=job.pk).delete()
    said = remember(job, context.by)
    journal.record(
        "import_confirmed",
        by=context.by,
        subject=f"import {job.pk}",
        data={
            "job": job.pk,
            "kind": job.kind,
            "file": job.filename,
            "sha256": job.sha256,
            "new": job.rows_new,
            "changed": job.rows_changed,
            "same": job.rows_same,
            "skipped": job.rows_skipped,
            "rows_sha256": rows_digest(job),
            **({"answers": said} if said else {}),
        },
    )
