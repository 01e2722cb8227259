"""F-C6: a deadlock or a busy database is tried again, three times in all."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection, transaction
from django.utils.functional import Promise

from attestation.refusals import Refused

log = logging.getLogger(__name__)

T = TypeVar("T")
TRIES = 3


# PostgreSQL's codes of a transaction that it has certainly taken back: serialisation, deadlock, lock not got.
TAKEN_BACK = frozenset({"40001", "40P01", "55P03"})


def is_busy(error: BaseException) -> bool:
    """Whether others were in the way, so that all of the transaction is certainly taken back."""
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        return cause.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return getattr(cause, "sqlstate", None) in TAKEN_BACK


def patiently(work: Callable[[], T], what: str) -> T:
    """What `work` gives, in a transaction of its own; raises its last OperationalError (`what`: for the log).

    Inside somebody else's transaction there is no second try: that one is broken with ours. Nor is there one
    where the connection was lost at the commit: nobody knows whether it was made.
    """
    for left in reversed(range(TRIES)):
        worked = False
        try:
            with transaction.atomic():
                found = work()
                worked = True
            return found
        except OperationalError as error:
            if connection.in_atomic_block or not left or (worked and not is_busy(error)):
                raise
            log.warning("%s met a busy database; tries left: %s", what, left, exc_info=True)
    raise AssertionError("unreachable")


def patiently_or_refused(work: Callable[[], T], what: str, sentence: Promise) -> T:
    """`patiently`; where others stay in the way it is refused in words, for then nothing was written."""
    try:
        return patiently(work, what)
    except OperationalError as error:
        if connection.in_atomic_block or not is_busy(error):
            raise
        raise Refused("busy", sentence) from error
