"""F-D20: since when the mail server takes no letters. On record, so that every process knows of it."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, Q, QuerySet

from attestation.models import JobRun

# `started_at` is when the last outage was noticed, `finished_at` when it was over.
JOB = "mail"


def _away() -> QuerySet[JobRun]:
    over = Q(finished_at__gte=F("started_at"))
    return JobRun.objects.filter(name=JOB, started_at__isnull=False).exclude(over)


def away_since() -> datetime | None:
    """When the outage that goes on was noticed; None while the server takes what it is given."""
    return _away().values_list("started_at", flat=True).first()


def note_away(now: datetime) -> None:
    """The server could not be reached, or took nothing; the first to notice puts it on record."""
    if away_since() is None:
        JobRun.objects.update_or_create(name=JOB, defaults={"started_at": now, "finished_at": None})


def note_back(now: datetime) -> bool:
    """It takes letters; whether it did not until now. Of several that notice, one is told so."""
    return bool(_away().update(finished_at=now))
