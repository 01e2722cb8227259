"""The one clock: only the admin, tasks and commands ask it; everything below is told `now`."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection
from django.utils import timezone


def now() -> datetime:
    """The present instant, aware, UTC: the database's, for several machines share it (F-D9).

    SQLite has no clock of its own: there it is this machine's, the only one. Raises OperationalError where
    the database does not answer.
    """
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment.astimezone(UTC)
