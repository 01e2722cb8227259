"""Who did what to a record since an import: for the list of what its undoing leaves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Model, Q

from attestation.models import ImportJob, ImportRow, JournalEntry, StagedRows


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


def edited(model: type[Model], pks: Collection[int], since: datetime) -> dict[int, Left]:
    """The last change of each record by hand; of the others no more than that they are changed."""
    found = {pk: Left("edited_since") for pk in pks}
    name = str(model._meta.model_name)
    entries = JournalEntry.objects.filter(subject__in=[f"{name}:{pk}" for pk in pks], at__gte=since)
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


def imported_again(job: ImportJob, pks: Collection[int]) -> dict[int, Left]:
    """The last change of each record by a file of the kind that was imported after this one."""
    later = Q(confirmed_at__gt=job.confirmed_at) | Q(confirmed_at=job.confirmed_at, pk__gt=job.pk)
    jobs = list(ImportJob.objects.filter(later, kind=job.kind).values_list("pk", flat=True))
    stands = Q(job__state=ImportJob.State.CONFIRMED) | Q(left__isnull=False)
    rows = ImportRow.objects.filter(stands, job__in=jobs, record__in=pks).order_by("job__confirmed_at", "job")
    found = rows.values_list("record", "job__confirmed_at", "job__actor__username")
    return {pk: Left("edited_since", at, by or "") for pk, at, by in found if pk}
