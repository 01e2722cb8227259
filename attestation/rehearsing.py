"""An act done on a transaction that is thrown away: what it writes is read, and nothing stays.

Rows that a rehearsal has changed are held until its end, on SQLite the whole database is. On PostgreSQL it
gives way: it waits for nobody's lock longer than half a second. The journal's head is not locked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from django.db import connection, transaction

from attestation import journal

# Less than PostgreSQL waits before it looks for a deadlock: the rehearsal gives way, never an act.
LOCK_TIMEOUT_MS = 500


@contextmanager
def rehearsing(in_time: Callable[[], None] = lambda: None) -> Iterator[None]:
    """A transaction that is rolled back whatever happens in it; `in_time` is called before each entry."""
    with transaction.atomic(), journal.rehearsing(_numbers(in_time)):
        try:
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
            yield
        finally:
            transaction.set_rollback(True)


def _numbers(in_time: Callable[[], None]) -> Callable[[], int]:
    """Numbers below zero for the journal, of this rehearsal alone: two at once don't wait for each other."""
    numbers = count(-time.time_ns())

    def number() -> int:
        in_time()
        return next(numbers)

    return number
