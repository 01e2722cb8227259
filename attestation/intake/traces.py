"""Who did what to a record since an import: for the list of what its undoing leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from django.db.models import Model, Q, QuerySet

from attestation.models import ImportJob, ImportRow, JournalEntry, StagedRows

# What a record is known by: its key, or an identifier.
K = TypeVar("K", int, str)


@dataclass(frozen=True)
class Left:
    """Why a row stays: a code of `messages.SENTENCES`, since when, and by whose act ("": the system)."""

    why: str
    since: datetime | None = None
    by: str = ""
    what: dict[str, str] | str = ""

    def data(self) -> dict[str, Any]:
        """As ImportRow keeps it."""
        since = self.since.isoformat() if self.since else None
        return {"why": self.why, "since": since, "by": self.by, "params": {"what": self.what}}


class FileUndone(NamedTuple):
    """Of what a file recorded as a whole: how much was taken back, and what stays, by key."""

    undone: int = 0
    left: Mapping[str, Left] = {}


def edited(
    model: type[Model], pks: Collection[int], since: datetime, act: str = "record_changed"
) -> dict[int, Left]:
    """The last such act on each record; of the others no more than that they are changed."""
    found = {pk: Left("edited_since") for pk in pks}
    name = str(model._meta.model_name)
    entries = JournalEntry.objects.filter(subject__in=[f"{name}:{pk}" for pk in pks], at__gte=since, act=act)
    for subject, at, by in entries.order_by("seq").values_list("subject", "at", "actor__username"):
        found[int(subject.partition(":")[2])] = Left("edited_since", at, by or "")
    return found


def imported(kind: str, pks: Collection[int]) -> dict[int, tuple[datetime, str]]:
    """When and by whom each record of a kind of file was last imported."""
    rows = ImportRow.objects.filter(job__kind=kind, job__state="confirmed", record__in=pks)
    rows = rows.order_by("job__confirmed_at")
    found = rows.values_list("record", "job__confirmed_at", "job__actor__username")
    return {pk: (at, by or "") for pk, at, by in found if pk and at}


def numbers_by_record(rows: StagedRows) -> dict[int, int]:
    """The number of each row, by the key of its record."""
    found = rows.queryset().values_list("record", "row_no")
    return {record: row_no for record, row_no in found if record}


def imported_again(job: ImportJob, keys: Collection[K], field: str = "record", **which: Any) -> dict[K, Left]:
    """The last change of each record by a file of the kind that was imported after this one.

    Of rows that name their record by `field`, and of such rows alone.
    """
    stands = Q(job__state=ImportJob.State.CONFIRMED) | Q(left__isnull=False)
    rows = _later(job).filter(stands, **{f"{field}__in": keys}, **which).order_by("job__confirmed_at", "job")
    found = rows.values_list(field, "job__confirmed_at", "job__actor__username")
    return {key: Left("edited_since", at, by or "") for key, at, by in found}


def given_back(job: ImportJob, pks: Collection[int]) -> Counter[int]:
    """How often each record was changed by a later file of the kind that was undone."""
    rows = _later(job).filter(
        job__state=ImportJob.State.UNDONE, left__isnull=True, kind=ImportRow.Kind.CHANGED
    )
    return Counter(pk for pk in rows.filter(record__in=pks).values_list("record", flat=True) if pk)


def _later(job: ImportJob) -> QuerySet[ImportRow]:
    """The rows of the files of the kind that were imported after this one."""
    later = Q(confirmed_at__gt=job.confirmed_at) | Q(confirmed_at=job.confirmed_at, pk__gt=job.pk)
    jobs = list(ImportJob.objects.filter(later, kind=job.kind).values_list("pk", flat=True))
    return ImportRow.objects.filter(job__in=jobs)


def latest(found: Mapping[K, Left], others: Mapping[K, Left]) -> dict[K, Left]:
    """Of each record, what happened last; what has no moment counts as first."""
    newer = {key: left for key, left in others.items() if key not in found or _is_newer(left, found[key])}
    return {**found, **newer}


def _is_newer(left: Left, other: Left) -> bool:
    return left.since is not None and (other.since is None or left.since > other.since)
