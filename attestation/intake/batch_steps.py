"""The rows of a BatchResource, batch by batch: planned, planned anew where they rest on what is no longer so,
and written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import DataError, IntegrityError, transaction

from attestation import bulk
from attestation.bulk import batched
from attestation.intake.batch import BatchResource
from attestation.intake.frozen import as_cell, thaw
from attestation.intake.spec import Context, SheetRow
from attestation.intake.staged import ACTING, BATCH, acting, batches, restage, stage
from attestation.models import ImportJob, ImportRow, StagedRows

# Told of the rows done and of those in all, before each batch is put on record; raises what ends the work.
Told = Callable[[int, int], None]


@bulk.uncollected()
def stage_batches(
    resource: BatchResource, job: ImportJob, rows: Any, context: Context, told: Callable[[int], None]
) -> None:
    """Plan and stage the rows batch by batch; those that share what no two may share once more, as errors."""
    met: dict[tuple[Any, ...], int] = {}
    shared: dict[tuple[Any, ...], list[int]] = {}
    job.options["sight"] = resource.sight(context)
    done = 0
    for some in batched(rows(), BATCH):
        for row in some:
            identity = resource.identity(row)
            if identity is not None:
                first = met.setdefault(identity, row.number)
                if first != row.number:
                    shared.setdefault(identity, [first]).append(row.number)
        plans = resource.plan_all(some, context)
        with transaction.atomic():
            told(done)
            stage(job, plans, whole=False)
        done += len(some)
    met.clear()
    if shared:
        others = {number: same for same in shared.values() for number in same}
        for some in batched((row for row in rows() if row.number in others), BATCH):
            for row in some:
                numbers = [str(number) for number in others[row.number] if number != row.number]
                row.fail(resource.unique[-1], "doubled", rows=", ".join(numbers[:5]))
            plans = resource.plan_all(some, context)
            with transaction.atomic():
                told(done)
                restage(job, plans, whole=False)
    job.options["summary"] = resource.summary()


@bulk.uncollected()
def plan_stale(resource: BatchResource, job: ImportJob, context: Context) -> bool:
    """F-I18: plan anew the rows that rest on what is no longer so; whether there were any."""
    sight = resource.sight(context)
    stale = resource.stale(job) if sight == job.options["sight"] else acting(job)
    job.options["sight"] = sight
    changed = False
    for some in batched(stale.order_by("row_no").iterator(chunk_size=BATCH), BATCH):
        rows = [_row_again(resource, job, row) for row in some]
        restage(job, resource.plan_all(rows, context), whole=False)
        changed = True
    return changed


def _row_again(resource: BatchResource, job: ImportJob, staged: ImportRow) -> SheetRow:
    """A staged row as it was read, from what it would have left."""
    places = job.columns["places"]
    row = SheetRow(staged.row_no, [None] * (1 + max(places.values())), places)
    row.not_given.update((staged.derived or {}).get("not_given", ()))
    for name, value in {resource.key_field: staged.key, **(staged.after or {})}.items():
        if row.given(name) and value not in (None, ""):
            row.values[name] = thaw(value)
            row.cells[places[name]] = as_cell(row.values[name])
    return row


@bulk.uncollected()
def write_batches(resource: BatchResource, job: ImportJob, context: Context, told: Told) -> None:
    rows = job.rows_new + job.rows_changed
    for place, some in enumerate(batches(job, ACTING)):
        told(min(place * BATCH, rows), rows)
        _write_batch(resource, some, context)
    resource.complete(job, context)


def _write_batch(resource: BatchResource, rows: StagedRows, context: Context) -> None:
    """F-I20: where the database does not take a row, the refusal names it."""
    try:
        with transaction.atomic():
            resource.write_batch(rows, context)
    except (DataError, IntegrityError) as error:
        while rows.first < rows.last:
            half = rows.narrowed(rows.first, (rows.first + rows.last) // 2)
            rows = half if _fails(resource, half, context) else rows.narrowed(half.last + 1, rows.last)
        raise RowNotWritten(rows.first) from error


def _fails(resource: BatchResource, rows: StagedRows, context: Context) -> bool:
    try:
        with transaction.atomic():
            resource.write_batch(rows, context)
            raise _Undone
    except _Undone:
        return False
    except (DataError, IntegrityError):
        return True


class _Undone(Exception):
    """Takes back what was written to see whether it could be."""


class RowNotWritten(Exception):
    """The database does not take this row."""

    def __init__(self, row_no: int) -> None:
        super().__init__(row_no)
        self.row_no = row_no
