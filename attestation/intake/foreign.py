"""Rows about people of other centres: a file is no way to learn who works where."""

from __future__ import annotations

from datetime import datetime, time

from django.utils.translation import gettext_lazy as _

from attestation import journal
from attestation.by import By
from attestation.law.calendar import ALMATY, local_day
from attestation.models import ImportJob, JournalEntry
from attestation.refusals import Refused

MOST_A_DAY = 20


def check(rows: int, job: ImportJob, by: By) -> None:
    """Put on record that a file met so many of them. Raises Refused past MOST_A_DAY of an officer and day.

    Which rows they are is not said then.
    """
    met = met_today(by)
    # A file that is read once more, by its officer's answers, tells nothing new.
    if rows <= met.get(job.pk, 0):
        return
    if sum(met.values()) - met.get(job.pk, 0) + rows > MOST_A_DAY:
        raise Refused(
            "too_many_foreign",
            _(
                "More than %(most)s rows of today's files are about people whom a file can't take on; the "
                "file is refused. Leave only the people of your centres in it, or use the transfer."
            ),
            most=MOST_A_DAY,
        )
    journal.record(
        "foreign_people_met", by=by, subject=f"import {job.pk}", data={"job": job.pk, "rows": rows}
    )


def met_today(by: By) -> dict[int, int]:
    """Of how many such people each of the officer's files of this day has told, by the import's number."""
    midnight = datetime.combine(local_day(by.at), time.min, ALMATY)
    entries = JournalEntry.objects.filter(
        act="foreign_people_met", actor=by.user, at__gte=midnight, at__lte=by.at
    )
    met: dict[int, int] = {}
    for data in entries.values_list("data", flat=True):
        met[data["job"]] = max(data["rows"], met.get(data["job"], 0))
    return met
