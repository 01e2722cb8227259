"""Planned rows on record: what the preview shows and the confirm carries out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from django.db.models import Count, QuerySet, TextField
from django.db.models.functions import Cast

from attestation import bulk
from attestation.intake.frozen import freeze, thaw
from attestation.intake.spec import RowPlan
from attestation.models import ImportJob, ImportRow, StagedRows

COLUMNS = (
    *("job_id", "row_no", "kind", "key", "cells", "before", "after"),
    *("seen", "derived", "errors", "notes"),
)
ACTING = (ImportRow.Kind.NEW, ImportRow.Kind.CHANGED)
BATCH = 2000
# The one JSON text of a staged value; dates and decimals as `frozen.thaw` reads them.
encode = json.JSONEncoder(
    default=freeze, ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False
).encode


def stage(job: ImportJob, plans: Iterable[RowPlan], *, whole: bool) -> None:
    """Put plans on record; with `whole`, each with its cells, from which it is planned again."""
    bulk.insert(ImportRow, COLUMNS, (_staged(job.pk, plan, whole) for plan in plans))


def restage(job: ImportJob, plans: Sequence[RowPlan], *, whole: bool) -> None:
    """Put plans on record in place of what was staged of their rows before."""
    numbers = [plan.row.number for plan in plans]
    for start in range(0, len(numbers), BATCH):
        job.rows.filter(row_no__in=numbers[start : start + BATCH]).delete()
    stage(job, plans, whole=whole)


def _staged(job_id: int, plan: RowPlan, whole: bool) -> tuple[Any, ...]:
    row, kind = plan.row, plan.kind
    differs = whole or kind == ImportRow.Kind.CHANGED
    return (
        job_id,
        row.number,
        str(kind),
        plan.key,
        encode(row.cells) if whole or kind == ImportRow.Kind.ERROR else None,
        encode(plan.before) if differs and plan.before is not None else None,
        encode(plan.after) if (differs or kind == ImportRow.Kind.NEW) and plan.after is not None else None,
        plan.seen,
        encode(plan.derived) if plan.derived else None,
        encode(row.errors) if row.errors else None,
        encode(row.notes) if row.notes else None,
    )


def read_batch(rows: StagedRows) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Of each row, in the order of the file, what it keeps for the write and its fields as planned."""
    staged = rows.queryset().values_list("derived", "after")
    return [
        (derived or {}, {name: thaw(value) for name, value in (after or {}).items()})
        for derived, after in staged
    ]


def count_rows(job: ImportJob) -> None:
    """Say on the job how many rows of each kind are staged."""
    found = dict(job.rows.order_by().values_list("kind").annotate(Count("pk")))
    job.rows_new = found.get(ImportRow.Kind.NEW, 0)
    job.rows_changed = found.get(ImportRow.Kind.CHANGED, 0)
    job.rows_same = found.get(ImportRow.Kind.SAME, 0)
    job.rows_error = found.get(ImportRow.Kind.ERROR, 0)


def acting(job: ImportJob, kinds: Collection[str] = ACTING) -> QuerySet[ImportRow]:
    """The staged rows that change something, in the order of the file."""
    return job.rows.filter(kind__in=kinds).order_by("row_no")


def batches(job: ImportJob, kinds: Iterable[str]) -> Iterator[StagedRows]:
    """The staged rows of these kinds, one kind after the other, in batches."""
    for kind in kinds:
        last = -1
        numbers = acting(job, (kind,)).values_list("row_no", flat=True)
        while some := list(numbers.filter(row_no__gt=last)[:BATCH]):
            yield StagedRows(job.pk, kind, some[0], some[-1])
            last = some[-1]


def rows_digest(job: ImportJob) -> str:
    """SHA-256 over what each row did, by the text that the database keeps of it: the journal vouches for the
    staged rows."""
    stored = {f"{name}_text": Cast(name, TextField()) for name in ("before", "after")}
    rows = acting(job).annotate(**stored).values_list("row_no", "kind", "key", *stored)
    digest = hashlib.sha256()
    for row in rows.iterator(BATCH):
        digest.update("\t".join(map(str, row)).encode() + b"\n")
    return digest.hexdigest()


def digest_of(records: Iterable[Any]) -> str:
    """SHA-256 over the one JSON text of each record."""
    digest = hashlib.sha256()
    for record in records:
        digest.update(encode(record).encode() + b"\n")
    return digest.hexdigest()
