"""The one clock: only the admin, tasks and commands ask it; everything below is told `now`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone


def is_simulated() -> bool:
    """Whether a file stands in for the clock, for all processes at once: in proofs over simulated weeks."""
    return bool(settings.SIMULATED_CLOCK and settings.ALLOW_TIME_TRAVEL)


# What was read since a request came in: nothing yet, or the one instant; None outside of requests.
_kept: ContextVar[list[datetime] | None] = ContextVar("kept", default=None)


@contextmanager
def read_once() -> Iterator[None]:
    """Whoever asks inside is told one and the same instant, and the database is asked for it once."""
    token = _kept.set([])
    try:
        yield
    finally:
        _kept.reset(token)


def now() -> datetime:
    """The present instant; within one request the instant at which it was first asked for."""
    kept = _kept.get()
    if kept is None:
        return read()
    if not kept:
        kept.append(read())
    return kept[0]


def read() -> datetime:
    """The clock as it stands, aware, UTC: the database's, for several machines share it (F-D9).

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
