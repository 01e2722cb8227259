"""F-D14: open deadlines that move. A longer one moves at once; a shorter one when a named person accepts it.

Locks are taken in the order case, deadline, journal's head, as by every act on a case: whoever moves several
deadlines takes all the locks (`counting.lock_open_deadlines`) before the first journal entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from attestation import access, journal, lookup
from attestation.by import By
from attestation.deadlines.counting import (
    Counted,
    Moved,
    as_they_would_stand,
    only_moved,
    open_deadlines,
    recount,
)
from attestation.deadlines.ledger import counts_by_calendar, is_provisional, years_counted
from attestation.law.calendar import WorkCalendar, day_close
from attestation.models import (
    Attestation,
    CalendarYear,
    Deadline,
    Outage,
    Role,
    TermChange,
    User,
    calendar_version,
)
from attestation.notices import outbox, reminders
from attestation.refusals import Refused

Kind, State = Deadline.Kind, TermChange.State
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a recount did: deadlines made longer, and shorter ones that wait for a person."""

    lengthened: list[TermChange]
    proposed: list[TermChange]


# --- what a recount does ----------------------------------------------------------------------------------


def apply_recount(
    rows: Sequence[Moved],
    calendar: WorkCalendar,
    *,
    cause: str,
    by: By,
    propose_to: User | None = None,
    reason: str = "",
) -> Outcome:
    """F-D14: longer deadlines move at once, shorter ones are proposed; the caller holds the locks."""
    rows = as_they_would_stand(rows, calendar)
    longer = {row.deadline.pk for row in rows if row.longer}
    moved = only_moved(rows)
    _obsolete_proposals([row.deadline for row in rows], by.at)
    _write_counts([row for row in rows if row.counted.due_on == row.deadline.due_on])
    outcome = Outcome([], [])
    for row in moved:
        if row.longer:
            # Of an appeal term and its grace, one letter is enough.
            told = row.deadline.follows_id not in longer
            change = _apply(row, cause=cause, by=by, reason=reason, told=told)
            outcome.lengthened.append(change)
        else:
            change = _propose(row, cause=cause, by=by, propose_to=propose_to, reason=reason)
            outcome.proposed.append(change)
    _mark_provisional([row.deadline for row in moved if not row.longer])
    if outcome.proposed:
        _tell_who_decides(outcome.proposed, propose_to, by.at)
    return outcome


def lengthen(
    deadline: Deadline,
    counted: Counted,
    *,
    cause: str,
    by: By,
    reason: str = "",
    outage: Outage | None = None,
) -> TermChange:
    """F-D14: make an open deadline longer at once; journalled, and the people concerned are told.

    The caller holds the locks of the case and of the deadline. `counted.days` are all the days counted, so
    that a later recount knows their number. Call `follow` after an appeal term: its grace moves with it.
    """
    if deadline.state != Deadline.State.OPEN or counted.due_on <= deadline.due_on:
        raise ValueError(f"{deadline.key}: only an open term can become longer, and only by a later last day")
    return _apply(Moved(deadline, counted), cause=cause, by=by, reason=reason, outage=outage)


def follow(appeal: Deadline, *, cause: str, by: By, reason: str) -> TermChange | None:
    """I-12: the grace moves with the appeal term that it follows; None where it stands as it did.

    The caller holds the locks of the case and of both deadlines, and an authorised person or the law moved
    the appeal term: so the grace may become shorter with it.
    """
    grace = next(iter(open_deadlines(Q(follows=appeal))), None)
    if grace is None:
        return None
    counted = recount(grace, lookup.work_calendar(appeal.due_on), appeal.due_on)
    if counted.due_on == grace.due_on:
        _write_counts([Moved(grace, counted)])
        return None
    # One letter is enough: the one about the appeal term.
    return _apply(Moved(grace, counted), cause=cause, by=by, reason=reason, told=False)


def _new_change(row: Moved, cause: str, state: str, now: datetime, reason: str) -> TermChange:
    """What moves, unsaved."""
    counted = row.counted
    return TermChange(
        deadline=row.deadline,
        cause=cause,
        was_due_on=row.deadline.due_on,
        due_on=counted.due_on,
        days=[day.isoformat() for day in counted.days],
        calendar_version=calendar_version(counted.days, counted.due_on),
        state=state,
        made_at=now,
        reason=reason,
    )


def _apply(
    row: Moved,
    *,
    cause: str,
    by: By,
    reason: str,
    outage: Outage | None = None,
    told: bool = True,
) -> TermChange:
    _obsolete_proposals([row.deadline], by.at)
    change = _new_change(row, cause, State.APPLIED, by.at, reason)
    change.decided_at, change.decided_by, change.outage = by.at, by.user, outage
    change.save()
    _move(change, row.counted, by=by, told=told)
    return change


def check_named(person: User | None) -> None:
    """Only somebody who can decide on shorter deadlines is given them to decide. Raises Refused."""
    if person is not None and not access.may(person, "decide_term_change"):
        raise Refused(
            "not_an_administrator",
            _("%(name)s can't decide on shorter terms. Choose an administrator."),
            name=str(person),
        )


def _propose(row: Moved, *, cause: str, by: By, propose_to: User | None, reason: str) -> TermChange:
    change = _new_change(row, cause, State.PROPOSED, by.at, reason)
    change.proposed_to = propose_to
    change.save()
    _journal("term_shortening_proposed", change, by=by)
    return change


def _tell_who_decides(proposed: Sequence[TermChange], propose_to: User | None, now: datetime) -> None:
    """To the named person, or to every administrator where nobody is named."""
    users = [propose_to] if propose_to else User.objects.filter(role=Role.ADMINISTRATOR, is_active=True)
    outbox.queue_to_users(
        "term_shortening",
        users,
        now=now,
        key=f"{proposed[0].pk}-{proposed[-1].pk}",
        context={"count": len(proposed)},
    )


def _obsolete_proposals(deadlines: Sequence[Deadline], now: datetime) -> None:
    """A newer count takes the place of an older proposal."""
    waiting = TermChange.objects.filter(deadline__in=deadlines, state=State.PROPOSED)
    waiting.update(state=State.OBSOLETE, decided_at=now)


def _write_counts(rows: Sequence[Moved]) -> None:
    """How deadlines were counted, by which calendar, and whether its years are confirmed."""
    years = CalendarYear.objects.values_list("year", "version", "confirmed_at")
    known = {year: (version, confirmed is not None) for year, version, confirmed in years}
    changed = []
    for row in rows:
        deadline, counted = row.deadline, row.counted
        before = (deadline.days, deadline.calendar_version, deadline.provisional, deadline.closes_at)
        deadline.due_on, deadline.closes_at = counted.due_on, day_close(counted.due_on)
        deadline.days = [day.isoformat() for day in counted.days]
        touched = sorted({day.year for day in counted.days} | {counted.due_on.year})
        deadline.calendar_version = " ".join(f"{year}:{known.get(year, (0,))[0]}" for year in touched)
        if deadline.kind == Kind.SCORING:
            deadline.counted_from = day_close(counted.days[0] - ONE_DAY)
        deadline.provisional = counts_by_calendar(deadline.kind, deadline.rule_set) and not all(
            known.get(year, (0, False))[1] for year in years_counted(deadline.counted_from, counted.due_on)
        )
        if before != (deadline.days, deadline.calendar_version, deadline.provisional, deadline.closes_at):
            changed.append(deadline)
    fields = ["due_on", "closes_at", "days", "calendar_version", "counted_from", "provisional"]
    Deadline.objects.bulk_update(changed, fields, batch_size=500)


def _mark_provisional(deadlines: Sequence[Deadline]) -> None:
    """F-R7: deadlines that stand as they did, in years that may have ceased to be confirmed."""
    for deadline in deadlines:
        provisional = is_provisional(deadline.kind, deadline.counted_from, deadline.due_on, deadline.rule_set)
        if provisional != deadline.provisional:
            deadline.provisional = provisional
            deadline.save(update_fields=["provisional"])


def _move(change: TermChange, counted: Counted, *, by: By, told: bool = True) -> None:
    deadline = change.deadline
    _write_counts([Moved(deadline, counted)])
    reminders.deadline_moved(deadline, now=by.at)
    _journal("term_moved", change, by=by)
    if not told:
        return
    outbox.queue(
        "term_moved",
        now=by.at,
        key=str(change.pk),
        attestation=deadline.attestation,
        deadline=deadline,
        context={
            "was_due_on": change.was_due_on.isoformat(),
            "moved_to": change.due_on.isoformat(),
            "longer": change.due_on > change.was_due_on,
            "term": deadline.kind,
            "cause": change.cause,
        },
    )


def _journal(act: str, change: TermChange, *, by: By) -> None:
    deadline = change.deadline
    journal.record(
        act,
        by=by,
        attestation=deadline.attestation,
        subject=deadline.key,
        data={
            "kind": deadline.kind,
            "was_due_on": change.was_due_on,
            "due_on": change.due_on,
            "cause": change.cause,
            "calendar": change.calendar_version,
            "change": change.pk,
            "reason": change.reason,
        },
    )


# --- a shorter deadline: accepted or declined by a named person ---------------------------------------------


@transaction.atomic
def accept_change(change: TermChange, *, reason: str, by: By) -> TermChange:
    """F-D14: the named person makes a deadline shorter; the grace after an appeal term follows it."""
    change, deadline = _to_be_decided(change, reason, by.user)
    require_acceptable(change, by.at)
    _decide(change, State.APPLIED, reason, by=by)
    days = tuple(date.fromisoformat(day) for day in change.days)
    _move(change, Counted(change.due_on, days), by=by)
    if deadline.kind == Kind.APPEAL:
        follow(deadline, cause=change.cause, by=by, reason=change.reason)
    return change


@transaction.atomic
def decline_change(change: TermChange, *, reason: str, by: By) -> TermChange:
    """F-D14: the deadline stays as it stands."""
    change, _deadline = _to_be_decided(change, reason, by.user)
    _decide(change, State.DECLINED, reason, by=by)
    _journal("term_shortening_declined", change, by=by)
    return change


def require_acceptable(change: TermChange, now: datetime) -> None:
    """The deadline is open, and its shorter end is still to come. Raises Refused."""
    if change.deadline.state != Deadline.State.OPEN:
        raise Refused(
            "term_closed",
            _("The term is closed already, and a closed one never changes. Decline the proposal."),
        )
    if day_close(change.due_on) <= now:
        raise Refused(
            "would_be_over",
            _("The shorter term would be over already (%(day)s): nobody could act in it. Decline it."),
            day=f"{change.due_on:%d.%m.%Y}",
        )


def _decide(change: TermChange, state: str, reason: str, *, by: By) -> None:
    change.state, change.decided_at, change.decided_by = state, by.at, by.user
    change.reason = reason.strip()
    change.save(update_fields=["state", "decided_at", "decided_by", "reason"])


def _to_be_decided(change: TermChange, reason: str, actor: User | None) -> tuple[TermChange, Deadline]:
    """The proposal and its deadline under their locks, once it is clear that this person may decide."""
    access.require(actor, "decide_term_change", change.deadline.employee.center, change.deadline.employee)
    require_named(change, actor)
    if not reason.strip():
        raise Refused("reason_missing", _("Give the reason of the decision."))
    if change.deadline.attestation_id:
        cases = Attestation.objects.select_for_update(of=("self",), no_key=True)
        cases.get(pk=change.deadline.attestation_id)
    with_grace = Q(pk=change.deadline_id) | Q(follows=change.deadline_id)
    rows = Deadline.objects.filter(with_grace).order_by("pk")
    list(rows.select_for_update(of=("self",), no_key=True))
    fresh = TermChange.objects.select_for_update(of=("self",)).get(pk=change.pk)
    if fresh.state != State.PROPOSED:
        raise Refused(
            "decided_already",
            _("This proposal does not wait any more: %(state)s."),
            state=fresh.get_state_display(),
        )
    deadline = Deadline.objects.select_related("attestation__center", "employee", "rule_set").get(
        pk=fresh.deadline_id
    )
    fresh.deadline = deadline
    return fresh, deadline


def require_named(change: TermChange, actor: User | None) -> None:
    """The person it was proposed to decides, as long as that one can. Raises Refused."""
    named = change.proposed_to
    if named is not None and named != actor and access.may(named, "decide_term_change"):
        raise Refused(
            "not_yours",
            _("This was proposed to %(name)s, who decides on it. Turn to them."),
            name=str(named),
        )
