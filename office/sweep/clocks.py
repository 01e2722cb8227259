"""F-D8, F-D9: can the clock be trusted? Two readings are compared; what they say is a pure function.

A reading is what the clock that judges deadlines showed (on PostgreSQL the database's), and beside it how
long this machine has been up, a clock that nobody sets: it goes on while the machine sleeps.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone

from attestation import clock
from attestation.deadlines.safeguards import Code

log = logging.getLogger(__name__)

# The sweep runs every five minutes: after a day and a half nobody knows what happened meanwhile.
LONGEST_GAP = timedelta(hours=36)
# NTP corrects a running clock by less; two machines that are kept in time differ by less.
JUMP = timedelta(minutes=2)
# F-D9: more than this between the process and the database is an alarm.
MOST_DIFFERENCE = timedelta(seconds=5)
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Reading:
    """What the clocks showed at one moment; `up_ms` is empty where the machine has no such clock."""

    wall: datetime
    up_ms: int | None = None
    # Which start of which machine `up_ms` counts from.
    boot: str = ""

    def as_data(self) -> dict[str, Any]:
        """As it is kept with the record of the run."""
        return {"wall": self.wall.isoformat(), "up_ms": self.up_ms, "boot": self.boot}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Reading | None:
        """What `as_data` gave; None where no sweep by the real clock is on record."""
        if not data.get("wall"):
            return None
        return cls(datetime.fromisoformat(data["wall"]), data.get("up_ms"), data.get("boot") or "")


def read() -> Reading:
    """The clocks as they are now; a simulated one goes at its own pace, only its going back is seen."""
    if clock.is_simulated():
        return Reading(clock.now())
    return Reading(clock.now(), _up_ms(), f"{socket.gethostname()} {_boot_id()}".strip())


def _up_ms() -> int | None:
    # Linux alone has it; without it a jump is still seen when it goes back, or ahead past the longest gap.
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    return None if boottime is None else time.clock_gettime_ns(boottime) // 1_000_000


def _boot_id() -> str:
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        # Not Linux, or a container without it: the process itself is then what the time is counted in.
        return f"process {os.getpid()}"


def safeguards(last: Reading | None, now: Reading) -> tuple[Code, ...]:
    """F-D8: GAP where the last finished sweep is over 36 hours old, CLOCK where the clock has jumped since.

    The first sweep ever has nothing to compare with and is free.
    """
    if last is None:
        return ()
    found: list[Code] = []
    passed = now.wall - last.wall
    if passed > LONGEST_GAP:
        found.append(Code.GAP)
    if passed < -JUMP or abs(drift(last, now)) > JUMP:
        found.append(Code.CLOCK)
    return tuple(found)


def drift(last: Reading, now: Reading) -> timedelta:
    """How much further the clock went than the machine was up; nothing where that can't be told."""
    if last.up_ms is None or now.up_ms is None or last.boot != now.boot:
        return timedelta()
    return (now.wall - last.wall) - timedelta(milliseconds=now.up_ms - last.up_ms)


def database_ahead() -> timedelta:
    """F-D9: how far the clock that judges deadlines is ahead of this process's; nothing on SQLite.

    Both sides of the question are timed: a slow answer is no difference.
    """
    if connection.vendor != "postgresql" or clock.is_simulated():
        return timedelta()
    before = timezone.now()
    asked = clock.read()
    after = timezone.now()
    if asked < before:
        return asked - before
    return asked - after if asked > after else timedelta()


def differ(ahead: timedelta) -> bool:
    """F-D9: whether the difference is an alarm."""
    return abs(ahead) > MOST_DIFFERENCE


def seconds(span: timedelta) -> int:
    """Whole seconds, towards nothing."""
    whole = abs(span) // timedelta(seconds=1)
    return whole if span >= timedelta() else -whole


def utc(moment: datetime) -> str:
    """For the journal and the log."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")
