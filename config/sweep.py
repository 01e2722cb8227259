"""Once what the scheduled jobs do: whatever is due at the moment, however many runs were missed.

All state is in the database; a second run finds nothing to do. Each act on a case has a transaction of its
own, in the services; a case that fails is put on record there and does not stop the others (F-D18).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from appeals.services import pass_on_due
from attestation import journal, notices, services
from attestation.models import Cycle, JournalEntry
from config import leases
from scoring.services import score_due

log = logging.getLogger(__name__)

JOB = "sweep"


class Step(NamedTuple):
    """One part of the sweep: the name of its count and the function that does it."""

    name: str
    work: Callable[..., int]


DECIDE = (
    Step("scored", score_due),
    Step("decided", services.form_due),
)
FINALISE = (
    Step("terms_closed", services.close_terms),
    Step("finalised", services.finalise_due),
)
TELL = (
    Step("terms_watched", services.watch_terms),
    Step("reminders_queued", notices.queue_reminders),
)
# F-R8: what nobody is left to rule on in its commission.
COMMISSION = (Step("passed_on", pass_on_due),)
STEPS = (Step("stages_ended", services.end_testing_stages), *DECIDE, *FINALISE, *COMMISSION, *TELL)
DELIVERED = "delivered"
NAMES = (*(step.name for step in STEPS), DELIVERED)


@dataclass
class Summary:
    """What one sweep did: how many by step, and which steps failed as a whole."""

    at: datetime
    ran: bool = True
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 0))
    failed: dict[str, str] = field(default_factory=dict)
    busy_until: datetime | None = None

    def as_data(self) -> dict[str, Any]:
        """For the record of the run and for --json."""
        return {
            "at": self.at.isoformat(),
            "ran": self.ran,
            **self.counts,
            "failed": self.failed,
            "busy_until": self.busy_until.isoformat() if self.busy_until else None,
        }


def run(
    now: datetime,
    *,
    journalled: bool = True,
    clock: Callable[[], datetime] | None = None,
    letters: int | None = None,
) -> Summary:
    """Do everything that is due at `now`; while another sweep runs, say so and do nothing.

    `clock` tells the real time for the lease and the record of the run, which --at does not stand in for.
    `letters`: send about so many at most, where the run has a time limit.
    `journalled`: put a sweep that changed something in the journal, beside the acts themselves.
    """
    clock = clock or (lambda: now)
    try:
        lease = leases.take(JOB, clock())
    except leases.Busy as busy:
        log.info("%s", busy)
        return Summary(now, ran=False, busy_until=busy.until)
    summary = Summary(now)
    for step in (*_steps(now), Step(DELIVERED, partial(notices.deliver, limit=letters))):
        lease.renew(clock())
        _do(step, summary)
    if journalled:
        _journal(summary)
    lease.finish(clock(), summary.as_data())
    return summary


def _steps(now: datetime) -> tuple[Step, ...]:
    """The steps in their order; after an outage, what earlier stages left is settled before a stage ends.

    A stage's end pins the category that somebody holds on that day, and a final decision of an earlier cycle
    that is dated before it must have taken effect by then, as without the outage.
    """
    if Cycle.objects.stage_to_end(now).exists():
        return (*DECIDE, *FINALISE, *STEPS)
    return STEPS


def _do(step: Step, summary: Summary) -> None:
    try:
        summary.counts[step.name] += step.work(now=summary.at)
    except Exception as error:  # a step that fails as a whole must not hold up the ones after it
        log.exception("sweep: %s failed", step.name)
        summary.failed[step.name] = type(error).__name__
        _needs_attention(step, error, summary.at)


def _needs_attention(step: Step, error: Exception, now: datetime) -> None:
    """Once for each step and kind of error."""
    subject = f"sweep:{step.name}:{type(error).__name__}"
    if not JournalEntry.objects.filter(act="needs_attention", subject=subject).exists():
        journal.record(
            "needs_attention", actor=None, now=now, subject=subject, data={"error": type(error).__name__}
        )


def _journal(summary: Summary) -> None:
    changed = {name: count for name, count in summary.counts.items() if count}
    if changed:
        journal.record("sweep", actor=None, now=summary.at, data=changed)
