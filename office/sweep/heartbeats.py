"""F-D7: who did something lately. A worker that is alive but hears nothing from the broker has an old row.

Written when a task reaches a worker and when beat has handed one to the broker, not by a timer: a process
that merely lives proves nothing.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from datetime import timedelta

from django.db import DatabaseError, close_old_connections, transaction

from attestation import clock
from attestation.models import Heartbeat

log = logging.getLogger(__name__)

WORKER, BEAT = "worker", "beat"
AT_MOST_EVERY_S = 30
# Longer than any alarm needs; the process is gone or somebody knows.
FORGET_AFTER = timedelta(days=1)

_last: dict[str, float] = {}


def name_of(process: int, host: str = "") -> str:
    """How a process is known: `celery@host:4711`."""
    return f"{host or socket.gethostname()}:{process}"


def note(kind: str, name: str) -> bool:
    """Say that the process has just done something; at most once in 30 seconds. False where it was not said.

    A database that is away is no reason to fail the work that is to be reported.
    """
    if name in _last and time.monotonic() - _last[name] < AT_MOST_EVERY_S:
        return False
    try:
        with transaction.atomic():
            now = clock.now()
            Heartbeat.objects.update_or_create(name=name, defaults={"kind": kind, "seen_at": now})
            Heartbeat.objects.filter(seen_at__lt=now - FORGET_AFTER).delete()
    except DatabaseError:
        log.warning("the heartbeat of %s could not be written", name, exc_info=True)
        return False
    _last[name] = time.monotonic()
    return True


def note_worker(host: str, process: int) -> bool:
    """From a worker's child: the worker's row, for a child may be idle while the others work."""
    return note(WORKER, name_of(process, host))


def note_beat() -> bool:
    """From beat, which nobody else tidies up after: it lives as long as its connection does not."""
    close_old_connections()
    return note(BEAT, name_of(os.getpid()))
