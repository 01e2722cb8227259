"""A corrected file comes after one with errors: only what differs between them has to be looked at again."""

from __future__ import annotations

from attestation.intake.staged import digest_of
from attestation.models import ImportJob

MOST_KEPT = 10_000


def earlier(job: ImportJob) -> ImportJob | None:
    """The previewed file of the same officer and kind that this one corrects."""
    number = job.options.get("corrects")
    same = ImportJob.objects.filter(pk=number, actor=job.actor, kind=job.kind)
    return (
        same.filter(state__in=(ImportJob.State.ASKED, ImportJob.State.PREVIEWED)).first() if number else None
    )


def differing(job: ImportJob) -> dict[str, list[int]]:
    """The rows that the file before did not have, or not so, by number; nothing where it corrects none."""
    before = earlier(job)
    if before is None:
        return {}
    known = {what for _number, what in _rows(before)}
    return {"differs": [number for number, what in _rows(job) if what not in known][:MOST_KEPT]}


def _rows(job: ImportJob) -> list[tuple[int, str]]:
    facts = job.rows.order_by("row_no").values_list("row_no", "key", "kind", "after", "errors")
    return [(number, digest_of(what)) for number, *what in facts.iterator(chunk_size=2000)]
