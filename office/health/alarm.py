"""The letter that the work does not go on: from the web process, for worker and beat may be what is gone.

Each web process looks after a request, at most once a minute. What is bad for a period is an outage: the row
of this job says since when, who writes, and whether the letters left, so that one process writes once. The
letters go to the mail server directly. When all has been good for a period, a second letter says so, also
where the first could not leave.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import Error as DatabaseTrouble
from django.db.models import Q

from attestation import clock
from attestation.models import JobRun
from office.health import alarm_letters
from office.health.health import machine
from office.health.line import BAD
from office.sweep import SWEEP_EVERY_S

log = logging.getLogger(__name__)

JOB = "alarm"
LOOK_EVERY_S = 60
# A restart is over by then; with the three minutes after which a worker is silent, less than two periods.
PATIENCE = timedelta(seconds=SWEEP_EVERY_S)
# Who wrote and was killed meanwhile, or reached no mail server, is followed by another.
CLAIM = timedelta(minutes=2)


@dataclass
class Watch:
    """What one web process has seen: whether something is bad, and since when it has seen that."""

    looked_at: float | None = None
    bad: bool | None = None
    since: datetime | None = None
    # Told although the database could not be written to, so that nothing is on record.
    told_alone: bool = False
    turn: threading.Lock = field(default_factory=threading.Lock)


WATCH = Watch()


def after_request(**_: Any) -> None:
    """Django's signal: the answer has left. Whatever fails here fails nobody's request."""
    if not WATCH.turn.acquire(blocking=False):
        return
    try:
        if WATCH.looked_at is None or abs(time.time() - WATCH.looked_at) >= LOOK_EVERY_S:
            WATCH.looked_at = time.time()
            look(WATCH, clock.now())
    except DatabaseTrouble:
        # /healthz says it: without the database nobody knows whom to write to.
        log.exception("alarm: the database does not answer")
    finally:
        WATCH.turn.release()


def look(watch: Watch, now: datetime) -> None:
    """Write when what is seen has lasted and was not told yet."""
    parts = sorted({line.key.partition(":")[0] for line in machine(now) if line.tone == BAD})
    if watch.bad is not bool(parts) or watch.since is None or now < watch.since:
        watch.bad, watch.since = bool(parts), now
    if now - watch.since < PATIENCE:
        return
    if parts:
        _tell_it_fails(watch, parts, now)
    else:
        watch.told_alone = False
        _tell_it_works(now)


def _tell_it_fails(watch: Watch, parts: list[str], now: datetime) -> None:
    since = watch.since or now
    try:
        row, _made = JobRun.objects.get_or_create(name=JOB)
        going_on = _is_open(row)
        if going_on and row.summary.get("told"):
            return
        claimed = {"started_at": row.started_at if going_on else since, "finished_at": None}
        if not _claim(row, now, summary={"parts": parts, "told": False}, **claimed):
            return
    except DatabaseTrouble:
        if watch.told_alone:
            return
        log.exception("alarm: the database cannot be written to")
        watch.told_alone = alarm_letters.send_failing(since, now)
        return
    log.error("alarm: these parts do not work: %s", ", ".join(parts))
    if alarm_letters.send_failing(claimed["started_at"] or since, now):
        told = {"parts": parts, "told": True}
        JobRun.objects.filter(name=JOB).update(summary=told, lease_until=None)


def _tell_it_works(now: datetime) -> None:
    row = JobRun.objects.filter(name=JOB).first()
    if row is None or not _is_open(row) or not _claim(row, now):
        return
    log.warning("alarm: all parts work again")
    if alarm_letters.send_working(row.summary["parts"], row.started_at or now, now):
        JobRun.objects.filter(name=JOB).update(finished_at=now, lease_until=None)


def _is_open(row: JobRun) -> bool:
    return row.started_at is not None and row.finished_at is None


def _claim(row: JobRun, now: datetime, **values: Any) -> bool:
    """Take the letters for ourselves, if the row is as it was read and nobody else has taken them."""
    # An end further ahead than any claim is from a clock that ran ahead, and does not count.
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now) | Q(lease_until__gt=now + CLAIM)
    as_read = JobRun.objects.filter(free, name=JOB, started_at=row.started_at, finished_at=row.finished_at)
    return bool(as_read.update(lease_until=now + CLAIM, **values))
