"""F-C6: a deadlock or a busy database is tried again, three times in all."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection, transaction
from django.utils.functional import Promise

from attestation.refusals import Refused

log = logging.getLogger(__name__)

T = TypeVar("T")
TRIES = 3


def patiently(work: Callable[[], T], what: str) -> T:
    """What `work` gives, in a transaction of its own; raises its last OperationalError (`what`: for the log).

    Inside somebody else's transaction there is no second try: that one is broken with ours.
    """
    for left in reversed(range(TRIES)):
        try:
            with transaction.atomic():
                return work()
        except OperationalError:
            if connection.in_atomic_block or not left:
                raise
            log.warning("%s met a busy database; tries left: %s", what, left, exc_info=True)
    raise AssertionError("unreachable")


def patiently_or_refused(work: Callable[[], T], what: str, sentence: Promise) -> T:
    """`patiently`; a database that stays busy is refused in words."""
    try:
        return patiently(work, what)
    except OperationalError as error:
        if connection.in_atomic_block:
            raise
        raise Refused("busy", sentence) from error
