"""The one clock: only the admin, tasks and commands ask it; everything below is told `now`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone


def is_simulated() -> bool:
    """Whether a file stands in for the clock, for all processes at once: in proofs over simulated weeks."""
    return bool(settings.SIMULATED_CLOCK and settings.ALLOW_TIME_TRAVEL)


def now() -> datetime:
    """The present instant, aware, UTC: the database's, for several machines share it (F-D9).

    SQLite has no clock of its own: there it is this machine's, the only one. Raises OperationalError where
    the database does not answer. With SIMULATED_CLOCK it is the moment in that file.
    """
    if is_simulated():
        return datetime.fromisoformat(Path(settings.SIMULATED_CLOCK).read_text(encoding="ascii").strip())
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment.astimezone(UTC)
