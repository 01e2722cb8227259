"""One path for every file, from page and command alike: read, check, preview; then confirm, all or nothing.

The preview stages each row's cells; the confirm reads them from there, runs the same checks again on locked
records and carries the plans out in one transaction with one journal entry (F-I16 to F-I20, F-C5).
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from attestation import journal
from attestation.by import By
from attestation.intake.columns import Layout, find_layout
from attestation.intake.messages import column_letter, in_languages
from attestation.intake.reading import Row, Table, read_table, shown_name
from attestation.intake.spec import Column, Context, IntakeResource, RowPlan, SheetRow, resource_of
from attestation.intake.values import CellError, Notes, freeze_all, is_blank
from attestation.models import Center, Cycle, ImportJob, ImportRow
from attestation.patience import patiently
from attestation.refusals import Refused

logger = logging.getLogger(__name__)

PREVIEW_HOURS = 24
BATCH = 1000
BUSY = gettext_lazy("The database is busy; nothing was imported. Confirm again in a minute.")


def preview(
    kind: str,
    data: bytes,
    filename: str,
    *,
    by: By,
    cycle: Cycle | None = None,
    center: Center | None = None,
    read_through: date | None = None,
    sheet: str = "",
) -> ImportJob:
    """Read and check a file and stage what it would do. Raises Refused for a file that is not taken."""
    resource = resource_of(kind)()
    context = Context(by, cycle, center, read_through)
    resource.check_access(context)
    job = ImportJob(
        kind=kind,
        filename=shown_name(filename),
        sha256=hashlib.sha256(data).hexdigest(),
        actor=by.user,
        cycle=cycle,
        center=center,
        options={"read_through": read_through.isoformat()} if read_through else {},
        created_at=by.at,
    )
    try:
        table = read_table(data, filename, sheet)
        layout = find_layout(table.rows, resource.columns())
        rows = parse(resource, layout, [row for row in table.rows if row.number > layout.header_row])
        if not rows and not resource.allow_empty:
            raise Refused("no_data", gettext_lazy("There are no rows under the header. Fill them in."))
    except Refused as refusal:
        _journal_refusal(job, refusal)
        raise
    job.sheet = table.sheet[:255]
    job.columns = {"header": layout.header, "places": layout.places, "ignored": layout.ignored}
    job.notes = _notes(table)
    plans = resource.plan_all(rows, context)
    with transaction.atomic():
        job.save()
        _stage(job, plans)
    return job


def _journal_refusal(job: ImportJob, refusal: Refused) -> None:
    data = {"kind": job.kind, "file": job.filename, "sha256": job.sha256, "code": refusal.code}
    journal.record("import_refused", by=By(job.actor, job.created_at), data=data)


def _notes(table: Table) -> list[dict[str, Any]]:
    if not table.encoding:
        return []
    delimiter = in_languages(lambda: _("tab")) if table.delimiter == "\t" else table.delimiter
    return [{"code": "read_as", "params": {"encoding": table.encoding, "delimiter": delimiter}}]


def parse(resource: IntakeResource, layout: Layout, rows: Iterable[Row]) -> list[SheetRow]:
    """Each row's cells as values; errors are put down at the cell."""
    columns = [
        (name, layout.places[name], column)
        for name, column in resource.columns().items()
        if name in layout.places
    ]
    parsed = []
    for row in rows:
        sheet_row = SheetRow(row.number, row.cells, layout.places)
        for name, place, column in columns:
            _parse_cell(sheet_row, name, row.cells[place] if place < len(row.cells) else None, column)
        parsed.append(sheet_row)
    return parsed


def _parse_cell(row: SheetRow, name: str, cell: Any, column: Column) -> None:
    if is_blank(cell):
        if column.required:
            row.fail(name, "missing")
        return
    if cell.__class__ is list and cell[0] in ("e", "f"):
        address = f"{column_letter(row.places[name] + 1)}{row.number}"
        row.fail(name, "formula" if cell[0] == "f" else "cell_error", cell=address)
        return
    notes: Notes = []
    try:
        row.values[name] = column.parser(cell, notes)
    except CellError as error:
        row.fail(name, error.code, **error.params)
    for code, params in notes:
        row.note(name, code, **params)


def _stage(job: ImportJob, plans: Sequence[RowPlan]) -> None:
    """Put the plans on record in place of what was staged before, and count them."""
    job.rows.all().delete()
    ImportRow.objects.bulk_create((_staged(job, plan) for plan in plans), batch_size=BATCH)
    count = Counter(plan.kind for plan in plans)
    job.rows_new = count[ImportRow.Kind.NEW]
    job.rows_changed = count[ImportRow.Kind.CHANGED]
    job.rows_same = count[ImportRow.Kind.SAME]
    job.rows_error = count[ImportRow.Kind.ERROR]
    job.save()


def _staged(job: ImportJob, plan: RowPlan) -> ImportRow:
    return ImportRow(
        job=job,
        row_no=plan.row.number,
        kind=plan.kind,
        key=plan.key,
        values=plan.row.cells,
        before=freeze_all(plan.before),
        after=freeze_all(plan.after),
        errors=plan.row.errors,
        notes=plan.row.notes,
    )


# --- confirm ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Outcome:
    job: ImportJob
    refusal: Refused | None = None


def confirm(job: ImportJob, *, by: By, skip_errors: bool = False) -> ImportJob:
    """Carry out a previewed file, all or nothing; with `skip_errors` its good rows. Again: the first result.

    Raises Refused: not this officer's file, expired, rows with errors, or records changed since the preview
    (the preview then shows the new state and can be confirmed).
    """
    try:
        outcome = _confirm_patiently(job.pk, by, skip_errors)
    except IntegrityError as error:
        logger.warning("import %s was not carried out", job.pk, exc_info=True)
        raise Refused(
            "changed_meanwhile",
            gettext_lazy(
                "Somebody wrote the same records at the same time; nothing was imported. "
                "Upload the file again."
            ),
        ) from error
    if outcome.refusal is not None:
        raise outcome.refusal
    return outcome.job


def _confirm_patiently(pk: int, by: By, skip_errors: bool) -> _Outcome:
    """F-C6: a database that stays busy refuses the import in words."""
    try:
        return patiently(partial(_confirm_locked, pk, by, skip_errors), f"import {pk}")
    except OperationalError as error:
        if connection.in_atomic_block:
            raise
        raise Refused("busy", BUSY) from error


def _confirm_locked(pk: int, by: By, skip_errors: bool) -> _Outcome:
    job = ImportJob.objects.select_for_update(of=("self",)).select_related("cycle", "center").get(pk=pk)
    if job.actor_id != (by.user.pk if by.user else None):
        # F-I17: another officer's file is as good as none.
        return _Outcome(job, Refused("not_found", gettext_lazy("There is no such file. Upload it again.")))
    if job.state == ImportJob.State.CONFIRMED:
        return _Outcome(job)
    if job.state != ImportJob.State.PREVIEWED or by.at - job.created_at > timedelta(hours=PREVIEW_HOURS):
        return _Outcome(
            job, Refused("expired", gettext_lazy("This preview is no longer valid. Upload the file again."))
        )
    resource = resource_of(job.kind)()
    context = _context_of(job, by)
    resource.check_access(context)
    staged = list(job.rows.order_by("row_no"))
    plans = resource.plan_all(_parse_staged(resource, job, staged), context)
    if _differ(staged, plans):
        _stage(job, plans)
        return _Outcome(job, _changed_since())
    if job.rows_error and not skip_errors:
        return _Outcome(job, _has_errors(job.rows_error))
    _write(resource, job, plans, context)
    return _Outcome(job)


def _context_of(job: ImportJob, by: By) -> Context:
    read_through = job.options.get("read_through")
    day = date.fromisoformat(read_through) if read_through else None
    return Context(by, job.cycle, job.center, day, locking=True, filename=job.filename)


def _parse_staged(resource: IntakeResource, job: ImportJob, staged: Iterable[ImportRow]) -> list[SheetRow]:
    layout = Layout(0, job.columns["header"], job.columns["places"])
    return parse(resource, layout, (Row(row.row_no, row.values) for row in staged))


def _differ(staged: Sequence[ImportRow], plans: Sequence[RowPlan]) -> bool:
    """F-I18: whether any row would now do something else than the preview showed."""
    return any(
        (row.kind, row.before, row.after) != (plan.kind, freeze_all(plan.before), freeze_all(plan.after))
        for row, plan in zip(staged, plans, strict=True)
    )


def _changed_since() -> Refused:
    return Refused(
        "changed_since_preview",
        gettext_lazy(
            "Records were changed since the preview; nothing was imported. "
            "The preview now shows what the file would do: look at it and confirm again."
        ),
    )


def _has_errors(count: int) -> Refused:
    message = ngettext(
        "%(count)s row has an error; nothing was imported. Correct it, or import without it.",
        "%(count)s rows have errors; nothing was imported. Correct them, or import without them.",
        count,
    )
    return Refused("rows_with_errors", message, count=count)


def _write(resource: IntakeResource, job: ImportJob, plans: Sequence[RowPlan], context: Context) -> None:
    good = [plan for plan in plans if plan.kind != ImportRow.Kind.ERROR]
    acting = [plan for plan in good if plan.kind in (ImportRow.Kind.NEW, ImportRow.Kind.CHANGED)]
    if acting:
        resource.write(acting, context)
    resource.finish(good, context)
    job.state = ImportJob.State.CONFIRMED
    job.confirmed_at = context.by.at
    job.rows_skipped = job.rows_error
    job.save()
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
            "rows_sha256": rows_digest(acting),
        },
    )


def rows_digest(plans: Iterable[RowPlan]) -> str:
    """SHA-256 over what each row did, so that the journal vouches for the staged rows."""
    digest = hashlib.sha256()
    for plan in plans:
        changes = freeze_all(plan.before), freeze_all(plan.after or {})
        record = [plan.row.number, plan.kind, plan.key, *changes]
        digest.update(json.dumps(record, ensure_ascii=False, sort_keys=True).encode() + b"\n")
    return digest.hexdigest()
