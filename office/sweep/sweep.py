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

from django.db import Error as DatabaseTrouble

from appeals.services.attachments import remove_unsettled
from appeals.services.recusals import pass_on_due
from attestation import journal
from attestation.accounts.requests import settle_due_requests
from attestation.accounts.tries import forget_tries
from attestation.by import By
from attestation.cases.confirmations import review_ready
from attestation.cases.decisions import form_due
from attestation.cases.fallen_grounds import settle_grounds
from attestation.cases.finality import finalise_due
from attestation.cases.standing import settle_positions
from attestation.cases.testing_stage import close_deadlines, end_testing_stages, watch_periods
from attestation.deadlines.safeguards import STICKY, Code, Safeguards, read_safeguards
from attestation.intake import background, expiry
from attestation.models import Cycle, JobRun, JournalEntry, ReadyEffect, WorkFailure
from attestation.notices import delivery
from attestation.notices.reminders import queue_reminders
from attestation.sent import forget_sent_forms
from attestation.work import between_batches, failures_read_once, note_failure, note_once, on_row_left
from office.sweep import clocks, leases
from scoring.services.assessing import score_due

log = logging.getLogger(__name__)

JOB = "sweep"
SCORED, DEADLINES_CLOSED = "scored", "terms_closed"
PERIODS_WATCHED, REMINDERS = "terms_watched", "reminders_queued"


class Step(NamedTuple):
    """One part of the sweep: the name of its count, its function, whether safeguards bear on it."""

    name: str
    work: Callable[..., int]
    held_back: bool = False


DECIDE = (
    Step(SCORED, score_due),
    Step("decided", form_due),
)
FINALISE = (
    Step("released", review_ready, held_back=True),
    Step(DEADLINES_CLOSED, close_deadlines, held_back=True),
    Step("finalised", finalise_due, held_back=True),
    Step("grounds_settled", settle_grounds),
)
TELL = (
    Step(PERIODS_WATCHED, watch_periods, held_back=True),
    Step(REMINDERS, queue_reminders),
)
# F-R8: what nobody is left to rule on in its commission.
COMMISSION = (Step("passed_on", pass_on_due),)
# Last, for large files that no worker has read or imported yet may take minutes.
IMPORTS = (
    Step("rows_forgotten", expiry.forget_rows),
    Step("tries_forgotten", forget_tries),
    Step("sent_forms_forgotten", forget_sent_forms),
    Step("papers_removed", remove_unsettled),
    Step("files_read", background.run_due),
)
SETTLE = Step("positions_settled", settle_positions, held_back=True)
END_STAGES = Step("stages_ended", end_testing_stages, held_back=True)
ACCOUNTS = (Step("account_requests_settled", settle_due_requests),)
STEPS = (SETTLE, END_STAGES, *DECIDE, *FINALISE, *COMMISSION, *ACCOUNTS, *TELL, *IMPORTS)
# What is due, and so what a brake has to hold, shows in these.
HOLDING = frozenset(step.name for step in (END_STAGES, *DECIDE, *FINALISE))
DELIVERED = "delivered"
# What a brake holds since this sweep: "ready: confirm".
READY = "ready"
NAMES = (*(step.name for step in STEPS), DELIVERED, READY)
# Of a failure of a step as a whole, under "needs attention".
STEP = "step"


@dataclass
class Summary:
    """What one sweep did: how many by step, which steps failed as a whole, which safeguards were on."""

    at: datetime
    ran: bool = True
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 0))
    failed: dict[str, str] = field(default_factory=dict)
    busy_until: datetime | None = None
    safeguards: list[str] = field(default_factory=list)
    clock_differs_s: int = 0
    # Steps of which a row could not be looked at: somebody was just at it.
    left: set[str] = field(default_factory=set)

    def as_data(self) -> dict[str, Any]:
        """For the record of the run and for --json."""
        return {
            "at": self.at.isoformat(),
            "ran": self.ran,
            **self.counts,
            "failed": self.failed,
            "busy_until": self.busy_until.isoformat() if self.busy_until else None,
            "brakes": self.safeguards,
            "clock_differs_s": self.clock_differs_s,
        }


def run(
    now: datetime,
    *,
    journalled: bool = True,
    clock: Callable[[], datetime] | None = None,
    machine: Callable[[], clocks.Reading] | None = None,
    letters: int | None = None,
) -> Summary:
    """Do everything that is due at `now`; while another sweep runs, say so and do nothing.

    `clock` tells the real time for the lease and the record of the run, which --at does not stand in for.
    `machine` reads the machine's clocks; without it, as with --at, their safeguards are off (F-D8).
    `letters`: send about so many at most, where the run has a time limit.
    `journalled`: put a sweep that changed something in the journal, beside the acts themselves.
    """
    clock = clock or (lambda: now)
    try:
        lease = leases.take(JOB, clock())
    except leases.Busy as busy:
        log.info("%s", busy)
        return Summary(now, ran=False, busy_until=busy.until)
    try:
        summary = _sweep(now, lease, clock, machine, letters)
        if journalled:
            _journal(summary)
        read = machine().as_data() if machine and not _looked_at_too_little(summary) else None
        lease.finish(clock(), summary.as_data(), read)
    except BaseException:
        # Stopped in the middle (F-D24): what is done is done, the next sweep does the rest, and at once.
        _give_back(lease)
        raise
    return summary


def _looked_at_too_little(summary: Summary) -> bool:
    """F-D8: whether a brake on the clock was on, and a step that finds what it has to hold failed or left a
    row that somebody was at: the next sweep then compares with the same reading again, and holds back."""
    return bool(STICKY & set(summary.safeguards)) and not HOLDING.isdisjoint({*summary.failed, *summary.left})


def _give_back(lease: leases.Lease) -> None:
    try:
        lease.release()
    except DatabaseTrouble:
        log.warning("the lease could not be given back; it ends by itself", exc_info=True)


def _sweep(
    now: datetime,
    lease: leases.Lease,
    clock: Callable[[], datetime],
    machine: Callable[[], clocks.Reading] | None,
    letters: int | None,
) -> Summary:
    summary = Summary(now)
    codes = _clock_safeguards(summary, machine()) if machine else ()
    safeguards = read_safeguards(codes)
    held_before = ReadyEffect.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    with between_batches(lambda: lease.renew(clock())), failures_read_once():
        for step in (*steps_at(now), Step(DELIVERED, partial(delivery.deliver, limit=letters))):
            lease.renew(clock())
            _do(step, summary, safeguards)
    summary.counts[READY] = ReadyEffect.objects.filter(pk__gt=held_before).count()
    summary.safeguards = _codes_on(safeguards)
    return summary


def _clock_safeguards(summary: Summary, reading: clocks.Reading) -> tuple[Code, ...]:
    """F-D8, F-D9: compare the clocks with the last sweep's and with each other; the journal says why."""
    ahead = clocks.database_ahead()
    summary.clock_differs_s = clocks.seconds(ahead) if clocks.differ(ahead) else 0
    if summary.clock_differs_s:
        _clocks_differ(summary)
    kept = JobRun.objects.filter(name=JOB).values_list("clock", flat=True).first()
    last = clocks.Reading.from_data(kept or {})
    codes = clocks.safeguards(last, reading)
    if codes and last is not None:
        jumped = clocks.seconds(clocks.drift(last, reading))
        log.warning(
            "sweep: %s; last sweep at %s, clock jumped %s s", ", ".join(codes), clocks.utc(last.wall), jumped
        )
        journal.record(
            "brakes_on",
            by=By(None, summary.at),
            subject=JOB,
            data={"codes": list(codes), "last": clocks.utc(last.wall), "jumped_s": jumped},
        )
    return codes


def _clocks_differ(summary: Summary) -> None:
    """F-D9: an alarm in the log at each sweep, in the journal once a day."""
    log.error("the clocks of the database and of this process differ by %s s", summary.clock_differs_s)
    subject = f"clock:{summary.at.date().isoformat()}"
    if not JournalEntry.objects.filter(act="clocks_differ", subject=subject).exists():
        data = {"seconds": summary.clock_differs_s}
        journal.record("clocks_differ", by=By(None, summary.at), subject=subject, data=data)


def _codes_on(safeguards: Safeguards) -> list[str]:
    """The safeguards that are on: those of the clock in this sweep, the others while they hold something."""
    holding = ReadyEffect.objects.waiting().filter(sticky=False).values_list("brakes", flat=True).distinct()
    return sorted({*map(str, safeguards.clock), *(code for codes in holding for code in codes)})


def steps_at(now: datetime) -> tuple[Step, ...]:
    """The steps in their order; after an outage, what earlier stages left is settled before a stage ends.

    A stage's end pins the category that somebody holds on that day, and a final decision of an earlier cycle
    that is dated before it must have taken effect by then, as without the outage. Of several stages that
    ended meanwhile each is taken to its decisions before the next one ends.
    """
    closed = Cycle.objects.stage_to_end(now).order_by("stage_closes_at")
    moments = list(closed.values_list("stage_closes_at", flat=True).distinct())
    steps: list[Step] = []
    for moment in moments:
        steps += [*DECIDE, *FINALISE, END_STAGES._replace(work=partial(END_STAGES.work, until=moment))]
    return (*steps, *STEPS)


def _do(step: Step, summary: Summary, safeguards: Safeguards) -> None:
    work = partial(step.work, safeguards=safeguards) if step.held_back else step.work
    try:
        with on_row_left(lambda: summary.left.add(step.name)):
            summary.counts[step.name] += work(now=summary.at)
    except Exception as error:  # a step that fails as a whole must not hold up the ones after it
        log.exception("sweep: %s failed", step.name)
        summary.failed[step.name] = type(error).__name__
        note_failure(STEP, step.name, error, now=summary.at)
        note_once(f"sweep:{step.name}:{type(error).__name__}", step.name, error, now=summary.at)


def _journal(summary: Summary) -> None:
    changed = {name: count for name, count in summary.counts.items() if count}
    if changed:
        journal.record("sweep", by=By(None, summary.at), data=changed)
    # A step that failed before and went through now needs nobody's attention any more.
    open_failures = WorkFailure.objects.filter(act=STEP, solved_at__isnull=True)
    open_failures.exclude(subject__in=summary.failed).update(solved_at=summary.at)
