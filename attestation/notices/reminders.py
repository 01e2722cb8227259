"""Reminders: the rungs of each deadline's ladder, and a weekly one of a re-attestation not taken up in time.

A deadline waits for `remind_at`, the moment of its next rung, and the sweep asks an index for those alone.
Every rung that passed since leaves a row for each recipient: the latest one is sent, and says so where it is
late; the earlier ones stand as missed. `rung` counts what was dealt with; 0 has the whole ladder looked at.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from attestation.law.calendar import local_day
from attestation.law.vocabulary import Category, rank
from attestation.law.vocabulary import Consequence as ConsequenceKind
from attestation.models import CategoryTerm, Center, Consequence, Deadline, Notice
from attestation.notices.escalation import queue_dismissals, queue_escalations
from attestation.notices.inbox import LIVE
from attestation.notices.kinds import REMINDERS, Kind, ReminderKind
from attestation.notices.ladder import OPENING, DeadlineDates, Plan, Planned, moment_of, plan, rungs_of
from attestation.notices.outbox import Recipients, rows_of
from attestation.notices.reasons import Why, stamped
from attestation.notices.rule_sets import RuleSets
from attestation.patience import patiently
from attestation.work import Failures

log = logging.getLogger(__name__)

BATCH = 200
WEEK = timedelta(days=7)
BY_DEADLINE: dict[str, ReminderKind] = {reminder.deadline: reminder for reminder in REMINDERS}


class Made(NamedTuple):
    """What one deadline comes to: its rows, and where it stands on its ladder afterwards."""

    rows: list[Notice]
    remind_at: datetime | None
    rung: int


def queue_reminders(*, now: datetime) -> int:
    """Queue every reminder whose moment has come; returns how many rows are to be sent.

    A deadline that fails goes to "needs attention" and is left out until its next try (F-D18).
    """
    failures = Failures(Deadline, "remind", now)
    rule_sets = RuleSets.read(now)
    rule_sets.look_again_where_changed(now)
    queued = 0
    skipped: set[int] = set()
    while keys := _next_keys(now, skipped):
        waiting = {key for key in keys if failures.backs_off(key)}
        skipped |= waiting
        if keys := [key for key in keys if key not in waiting]:
            queued += _queue(keys, rule_sets, now, failures, skipped)
    failures.forget_the_rest()
    return queued + queue_dismissals(now) + queue_escalations(rule_sets, now)


def deadline_moved(deadline: Deadline, *, now: datetime) -> None:
    """Have the ladder of a deadline with another last day looked at afresh; in the caller's transaction.

    Rungs still to come are made for the new day, also those that were made for the old one. What is queued
    and will come again is superseded; a rung that passed is not made a second time.
    """
    dates = _dates(deadline)
    for notice in Notice.objects.filter(deadline=deadline, state=Notice.State.QUEUED):
        rung = notice.rung
        if rung and not rung.startswith("overdue") and moment_of(rung, dates) > now:
            Notice.objects.filter(pk=notice.pk, state=Notice.State.QUEUED).update(
                state=Notice.State.SUPERSEDED, last_error=stamped(Why.SUPERSEDED, now)
            )
    waits = deadline.remind_at is not None and deadline.remind_at < now
    deadline.remind_at, deadline.rung = (deadline.remind_at if waits else now), 0
    Deadline.objects.filter(pk=deadline.pk).update(remind_at=deadline.remind_at, rung=0)


# --- a batch ------------------------------------------------------------------------------------------------


def _next_keys(now: datetime, skipped: set[int]) -> list[int]:
    """The deadlines to be looked at next, the longest waiting first."""
    due = Deadline.objects.filter(remind_at__lte=now).order_by("remind_at", "pk")
    if skipped:
        due = due.exclude(pk__in=skipped)
    return list(due.values_list("pk", flat=True)[:BATCH])


def _queue(keys: list[int], rule_sets: RuleSets, now: datetime, failures: Failures, skipped: set[int]) -> int:
    """The batch at once; one by one where something in it fails."""
    try:
        queued = patiently(partial(_queue_batch, keys, rule_sets, now, skipped), "reminders")
    except Exception as error:  # whatever it is, the other deadlines must go on (F-D18)
        if len(keys) == 1:
            log.exception("deadline %s: its reminders can't be made", keys[0])
            failures.add(keys[0], error)
            skipped.add(keys[0])
            return 0
        return sum(_queue([key], rule_sets, now, failures, skipped) for key in keys)
    for key in keys:
        failures.solve(key)
    return queued


def _queue_batch(keys: list[int], rule_sets: RuleSets, now: datetime, skipped: set[int]) -> int:
    """Claim the rows, write their notices, move them to their next rung; what others hold is theirs."""
    deadlines = list(
        Deadline.objects.filter(pk__in=keys, remind_at__lte=now)
        .select_for_update(skip_locked=True, of=("self",), no_key=True)
        .select_related("attestation__center", "employee__center", "rule_set", "term")
        .order_by("pk")
    )
    skipped |= set(keys) - {deadline.pk for deadline in deadlines}
    batch = _Batch(deadlines, rule_sets, now)
    rows: list[Notice] = []
    for deadline in deadlines:
        made = batch.of(deadline)
        rows += made.rows
        deadline.remind_at, deadline.rung = made.remind_at, made.rung
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    Deadline.objects.bulk_update(deadlines, ["remind_at", "rung"])
    return sum(row.state == Notice.State.QUEUED for row in rows)


class _Batch:
    """What is read once for all deadlines of a batch."""

    def __init__(self, deadlines: list[Deadline], rule_sets: RuleSets, now: datetime) -> None:
        self.rule_sets, self.now = rule_sets, now
        self.recipients = Recipients(_center(deadline) for deadline in deadlines)
        told = Notice.objects.filter(
            deadline__in=deadlines, kind__in=[reminder.notice for reminder in REMINDERS]
        )
        self.told: dict[int, set[tuple[str, str]]] = {}
        for pk, rung, context in told.values_list("deadline", "rung", "context"):
            self.told.setdefault(pk, set()).add((rung, context.get("due_on", "")))
        # A held case writes one letter: the one on the hold names the term of the assessment.
        holds = Notice.objects.filter(deadline__in=deadlines, kind=Kind.HELD, state__in=LIVE)
        self.held = set(holds.values_list("deadline", flat=True))
        self.owed = _owed(deadlines)
        self.outlasted = _outlasted(deadlines, local_day(now))

    def of(self, deadline: Deadline) -> Made:
        """What is to be made of one deadline now."""
        kind = BY_DEADLINE.get(deadline.kind)
        if kind is not None and kind.weekly_when_missed and deadline.is_over(self.now):
            return self._overdue(deadline)
        if deadline.state != Deadline.State.OPEN or kind is None:
            # Rungs of a deadline that was closed are not made.
            return Made([], None, max(1, deadline.rung))
        assert deadline.remind_at is not None  # selected by it
        found = plan(
            rungs_of(self.rule_sets.of(deadline).ladders, deadline.kind),
            _dates(deadline),
            since=deadline.remind_at,
            look_back=deadline.rung == 0,
            now=self.now,
        )
        next_at = found.next_at
        if next_at is None and kind.weekly_when_missed:
            next_at = deadline.closes_at
        rows = [] if deadline.pk in self.outlasted else self._rows(deadline, found)
        return Made(rows, next_at, max(1, found.passed))

    def _rows(self, deadline: Deadline, found: Plan) -> list[Notice]:
        rows: list[Notice] = []
        for planned in found.due:
            if self._was_told(deadline, planned):
                continue
            said = {"planned_at": planned.moment.isoformat()} if planned.late else {}
            made = self._reminder(deadline, planned.rung, said)
            if deadline.is_over(self.now):
                _set_aside(made, Notice.State.MISSED, Why.DEADLINE_OVER)
            elif planned is not found.due[-1]:
                _set_aside(made, Notice.State.MISSED, Why.LATER_REMINDER)
            elif planned.rung == OPENING and deadline.pk in self.held:
                _set_aside(made, Notice.State.SUPERSEDED, Why.HOLD_SAYS_IT)
            rows += made
        return rows

    def _was_told(self, deadline: Deadline, planned: Planned) -> bool:
        """Whether the rung was made for this last day; one looked back at, for whatever last day."""
        told = self.told.get(deadline.pk, set())
        if planned.looked_back:
            return planned.rung in {rung for rung, _day in told}
        return (planned.rung, deadline.due_on.isoformat()) in told or (planned.rung, "") in told

    def _overdue(self, deadline: Deadline) -> Made:
        """¶27.2, I-25: a re-attestation not taken up by its deadline, weekly while the duty stands."""
        alive = deadline.state in (Deadline.State.OPEN, Deadline.State.MISSED)
        if not alive or deadline.attestation_id not in self.owed:
            return Made([], None, max(1, deadline.rung))
        weeks = (self.now - deadline.closes_at) // WEEK
        rung = f"overdue-{weeks}"
        next_at = deadline.closes_at + (weeks + 1) * WEEK
        if (rung, deadline.due_on.isoformat()) in self.told.get(deadline.pk, set()):
            return Made([], next_at, max(1, deadline.rung))
        return Made(self._reminder(deadline, rung, {"overdue": True}), next_at, max(1, deadline.rung))

    def _reminder(self, deadline: Deadline, rung: str, said: dict[str, Any]) -> list[Notice]:
        kind, day = BY_DEADLINE[deadline.kind].notice, deadline.due_on.isoformat()
        return rows_of(
            kind,
            self.recipients.users(kind, _center(deadline), deadline.employee),
            deadline.employee,
            key=f"{rung}:{deadline.key}:{day}",
            now=self.now,
            attestation=deadline.attestation,
            deadline=deadline,
            rung=rung,
            context={"due_on": day, **said},
        )


def _set_aside(rows: Iterable[Notice], state: Notice.State, why: Why) -> None:
    for row in rows:
        row.state, row.last_error = state, why


def _dates(deadline: Deadline) -> DeadlineDates:
    return DeadlineDates(deadline.opened_at, deadline.due_on, deadline.closes_at)


def _center(deadline: Deadline) -> Center:
    return deadline.attestation.center if deadline.attestation else deadline.employee.center


def _outlasted(deadlines: Iterable[Deadline], today: date) -> set[int]:
    """I-17: the ends of categories that a higher one in force outlasts: nothing is to be done about them."""
    undone = {reminder.deadline for reminder in REMINDERS if reminder.undone_by_higher_category}
    ends = [deadline for deadline in deadlines if deadline.kind in undone]
    if not ends:
        return set()
    held: dict[int, list[CategoryTerm]] = {}
    people = {deadline.employee_id for deadline in ends}
    for period in CategoryTerm.objects.in_force_on(today).filter(employee__in=people):
        held.setdefault(period.employee_id, []).append(period)
    return {
        deadline.pk
        for deadline in ends
        if deadline.term is not None
        and any(
            rank(Category(other.category)) > rank(Category(deadline.term.category))
            and other.ends_on >= deadline.due_on
            for other in held.get(deadline.employee_id, ())
        )
    }


def _owed(deadlines: Iterable[Deadline]) -> set[int | None]:
    """¶27.2: the cases among them whose duty of re-attestation nobody has met."""
    weekly = {reminder.deadline for reminder in REMINDERS if reminder.weekly_when_missed}
    cases = [deadline.attestation_id for deadline in deadlines if deadline.kind in weekly]
    if not cases:
        return set()
    return set(
        Consequence.objects.filter(
            kind=ConsequenceKind.REATTEST, state=Consequence.State.OPEN, attestation__in=cases
        ).values_list("attestation", flat=True)
    )
