"""The lease of a scheduled job: one row, so that two beats, or a beat and a person, are harmless (F-D3).

A lease only spares work: every effect has its own lock and key, so that a broken lease breaks nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from attestation.models import JobRun

# A worker that was killed holds the next one up no longer than this.
LENGTH = timedelta(minutes=2)
# Asked for between steps and batches; more often than this it would only be work.
RENEWED_EVERY = timedelta(seconds=10)


class Busy(Exception):
    """Somebody else runs the job; `until` is when the lease ends unless it is renewed."""

    def __init__(self, name: str, until: datetime) -> None:
        super().__init__(f"{name} runs already, until {until.isoformat(timespec='seconds')} at the latest")
        self.until = until


@dataclass
class Lease:
    """A lease that is held; `started_at` is how its holder is known, `renewed_at` when its length began."""

    name: str
    started_at: datetime
    renewed_at: datetime

    def renew(self, at: datetime) -> None:
        """Hold it for another while, if it is still ours; a clock set back is no reason to wait."""
        if timedelta() <= at - self.renewed_at < RENEWED_EVERY:
            return
        self._row().update(lease_until=at + LENGTH)
        self.renewed_at = at

    def finish(self, at: datetime, summary: dict[str, Any], clock: dict[str, Any] | None = None) -> None:
        """Put the run on record and give the lease back; `clock`: what the clocks showed, if read."""
        read = {} if clock is None else {"clock": clock}
        self._row().update(lease_until=None, finished_at=at, summary=summary, **read)

    def release(self) -> None:
        """Give the lease back; the run was none and is not on record as finished."""
        self._row().update(lease_until=None)

    def _row(self) -> Any:
        return JobRun.objects.filter(name=self.name, started_at=self.started_at)


@transaction.atomic
def take(name: str, at: datetime) -> Lease:
    """Take the lease of the job. Raises Busy while somebody holds it.

    `at` is the real clock, also where --at stands in for it. A lease that ends later than any lease given
    now could is from a clock that ran ahead, and does not count.
    """
    run, _ = JobRun.objects.select_for_update().get_or_create(name=name)
    if run.lease_until is not None and at < run.lease_until <= at + LENGTH:
        raise Busy(name, run.lease_until)
    run.lease_until, run.started_at = at + LENGTH, at
    run.save(update_fields=["lease_until", "started_at"])
    return Lease(name, at, at)
