"""Form every decision on record anew from its pinned settings and stored inputs, and list each difference.

The comparison is in `office.replay.comparison`, pure over rows that are read here, in batches.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q

from attestation import journal
from attestation.by import By
from attestation.models import Cycle, Deadline, Decision, JobRun, Role, User
from attestation.notices import kinds, outbox
from office.replay.comparison import Difference, Ledger, differences_of
from office.sweep import leases
from scoring.models import Assessment

log = logging.getLogger(__name__)

JOB = "replay"
EVERY = timedelta(hours=20)
BATCH = 300
# The journal and a letter name so many; the command lists them all.
SHOWN = 50


@dataclass
class Replayed:
    """How many decisions were formed anew, and what came out otherwise."""

    decisions: int = 0
    differences: list[Difference] = field(default_factory=list)

    def as_data(self) -> dict[str, Any]:
        """For --json."""
        return {
            "decisions": self.decisions,
            "differences": [difference._asdict() for difference in self.differences],
        }


def replay(cycle: Cycle | None = None) -> Replayed:
    """¶30: every decision on record, superseded ones too; only reads."""
    found = Replayed()
    for batch in _batches(cycle):
        assessments = Assessment.objects.select_related("ruling", "result").in_bulk(
            [decision.assessment_id for decision in batch if decision.assessment_id]
        )
        graces, reattestations = _graces(batch), _reattestations(batch)
        for decision in batch:
            found.decisions += 1
            found.differences += differences_of(
                decision,
                assessments.get(decision.assessment_id or 0),
                Ledger(graces.get(decision.pk), reattestations.get(decision.pk)),
            )
    return found


def _batches(cycle: Cycle | None) -> Iterator[list[Decision]]:
    """Decisions by key, a batch at a time, with the rows they are compared with."""
    decisions = (
        Decision.objects.select_related("attestation__cycle", "attestation__rule_set", "result")
        .prefetch_related("consequences", "terms_begun", "terms_ended")
        .order_by("pk")
    )
    if cycle is not None:
        decisions = decisions.filter(attestation__cycle=cycle)
    last = 0
    while batch := list(decisions.filter(pk__gt=last)[:BATCH]):
        last = batch[-1].pk
        yield batch


def _graces(batch: list[Decision]) -> dict[int, date]:
    """I-12: the last day of the grace that each decision waited for; of several the one that ends last.

    A deadline opened again after an outage (F-D2) dates no decision that was formed before.
    """
    valid = Q(kind=Deadline.Kind.GRACE) & ~Q(state=Deadline.State.VOID)
    cases = {decision.attestation_id for decision in batch}
    deadlines: dict[int | None, list[tuple[datetime, date]]] = {}
    for case, opened_at, due_on in Deadline.objects.filter(valid, attestation__in=cases).values_list(
        "attestation_id", "opened_at", "due_on"
    ):
        deadlines.setdefault(case, []).append((opened_at, due_on))
    last: dict[int, date] = {}
    for decision in batch:
        known = deadlines.get(decision.attestation_id, ())
        waited_for = [due_on for opened_at, due_on in known if opened_at <= decision.formed_at]
        if waited_for:
            last[decision.pk] = max(waited_for)
    return last


def _reattestations(batch: list[Decision]) -> dict[int, date]:
    """¶27.2: the last day of the deadline that each final decision opened; of one opened again, the first."""
    rows = Deadline.objects.filter(decision__in=batch).order_by("-pk")
    return dict(rows.values_list("decision_id", "due_on"))


def run_if_due(*, now: datetime) -> Replayed | None:
    """Replay once the last one is 20 hours old; differences go to the journal and to the administrators."""
    last = JobRun.objects.filter(name=JOB).values_list("finished_at", flat=True).first()
    if last is not None and now - last < EVERY:
        return None
    try:
        lease = leases.take(JOB, now)
    except leases.Busy:
        return None
    try:
        found = replay()
    except Exception:
        lease.release()
        raise
    if found.differences:
        _raise_alarm(found, now)
    lease.finish(now, {"decisions": found.decisions, "differences": len(found.differences)})
    return found


def _raise_alarm(found: Replayed, now: datetime) -> None:
    log.error("replay: %s differences in %s decisions", len(found.differences), found.decisions)
    journal.record(
        "replay_differs",
        by=By(None, now),
        data={
            "decisions": found.decisions,
            "differences": len(found.differences),
            "first": [difference._asdict() for difference in found.differences[:SHOWN]],
        },
    )
    cases = list(dict.fromkeys(difference.case for difference in found.differences))
    outbox.queue_to_users(
        kinds.Kind.REPLAY_DIFFERS,
        User.objects.filter(Q(role=Role.ADMINISTRATOR) | Q(is_superuser=True), is_active=True).order_by("pk"),
        now=now,
        key=f"{now:%Y%m%dT%H%M}",
        context={"differences": len(found.differences), "cases": cases[:SHOWN]},
    )
