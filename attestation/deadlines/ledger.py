"""The ledger of deadlines: opened with its derivation, closed once, never computed a second time."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from django.db import transaction

from attestation import bulk, journal, lookup
from attestation.by import By
from attestation.deadlines import holding
from attestation.law.calendar import ALMATY, Due, category_due, day_close, local_day, scoring_due
from attestation.law.decision import assessment_due
from attestation.law.parameters import FIRST_DAY, parameters_on
from attestation.models import (
    Attestation,
    CategoryTerm,
    Deadline,
    Employee,
    Notice,
    Outage,
    RuleSet,
    TermChange,
    calendar_version,
    calendar_versions,
)
from attestation.notices import outbox
from attestation.years import unconfirmed, years_of

Kind = Deadline.Kind
State = Deadline.State
# `closed_by` where time alone closed a deadline.
SWEEP = "sweep"


def start_of_day(day: date) -> datetime:
    """Midnight in Almaty with which a local day begins."""
    return datetime.combine(day, time.min, tzinfo=ALMATY)


def open_deadline(
    kind: str,
    key: str,
    due: Due,
    *,
    employee: Employee,
    counted_from: datetime,
    now: datetime,
    attestation: Attestation | None = None,
    period: CategoryTerm | None = None,
    rule_set: RuleSet | None = None,
    follows: Deadline | None = None,
    outage: Outage | None = None,
    decision_id: int | None = None,
) -> Deadline:
    """Put one duty in the ledger; the same key twice is the same duty.

    `follows`: of a grace its appeal term; `outage`: after which it is opened again; `decision_id`: of the
    decision that brought a re-attestation.
    """
    deadline, _made = Deadline.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "attestation": attestation,
            "employee": employee,
            "term": period,
            "counted_from": counted_from,
            **_derivation(due),
            "rule_set": rule_set,
            "follows": follows,
            "outage": outage,
            "decision_id": decision_id,
            "provisional": is_provisional(kind, counted_from, due.due_on, rule_set),
            # Rung 0: the next sweep looks at the ladder of its kind.
            "remind_at": now,
            "opened_at": now,
        },
    )
    return deadline


def open_deadlines(
    kind: str, duties: Iterable[tuple[str, Due, Attestation, datetime]], *, now: datetime
) -> list[Deadline]:
    """`open_deadline` for duties of cases that are not in the ledger yet, by a few statements.

    Of each its key, its last day, its case and the moment it is counted from; none rests on a rule set.
    """
    versions = calendar_versions()

    @cache
    def provisional(counted_from: datetime, due_on: date) -> bool:
        return is_provisional(kind, counted_from, due_on, None)

    return Deadline.objects.bulk_create(
        Deadline(
            key=key,
            kind=kind,
            attestation=case,
            employee=case.employee,
            counted_from=counted_from,
            **_derivation(due, versions),
            provisional=provisional(counted_from, due.due_on),
            remind_at=now,
            opened_at=now,
        )
        for key, due, case, counted_from in duties
    )


def open_category_deadlines(periods: Iterable[tuple[int, int, date, date]], *, now: datetime) -> None:
    """¶7, I-17: `open_category_deadline` for periods that are not in the ledger yet, by one statement.

    Of each its key, its employee's, its first and its last day.
    """
    versions = calendar_versions()

    @cache
    def counted(starts_on: date, ends_on: date) -> tuple[Any, ...]:
        found = _derivation(_category_due(starts_on, ends_on), versions)
        return start_of_day(starts_on), *(found | {"days": json.dumps(found["days"])}).values()

    same = {"kind": Kind.CATEGORY.value, "state": State.OPEN.value, "provisional": False, "rung": 0}
    same |= {"remind_at": now, "opened_at": now, "closed_by": ""}
    derived = ("due_on", "closes_at", "days", "cite", "calendar_version")
    bulk.insert(
        Deadline,
        ("key", "term_id", "employee_id", "counted_from", *derived, *same),
        (
            (f"category:{pk}", pk, employee_id, *counted(*days), *same.values())
            for pk, employee_id, *days in periods
        ),
    )


def void_category_deadlines(periods: Collection[int], *, by: By, closed_by: str, reason: str) -> None:
    """The import that put these periods on record was undone: their deadlines are void, what was queued about
    them is not sent, and whoever was written to is told; a fixed number of statements.
    """
    of_periods = CategoryTerm._base_manager.filter(pk__in=periods).values("deadlines")
    deadlines = Deadline.objects.filter(pk__in=of_periods)
    outbox.correct(Notice.objects.filter(deadline__in=deadlines), by=by, reason=reason)
    deadlines.open().update(state=State.VOID, closed_at=by.at, closed_by=closed_by, remind_at=None)


def counts_by_calendar(kind: str, rule_set: RuleSet | None) -> bool:
    """I-09: whether days off can move such a deadline; months and years run through them (I-11, I-17)."""
    if kind == Kind.SCORING:
        return rule_set is not None and rule_set.scoring_rolls
    return kind in (Kind.APPEAL, Kind.GRACE, Kind.RULING)


def is_provisional(kind: str, counted_from: datetime, due_on: date, rule_set: RuleSet | None) -> bool:
    """F-R7: whether a day that it was counted by belongs to a year that nobody has confirmed."""
    if not counts_by_calendar(kind, rule_set):
        return False
    return bool(unconfirmed(years_counted(counted_from, due_on)))


def years_counted(counted_from: datetime, due_on: date) -> list[int]:
    """The years of the days that count: from the day after the event (I-08) to the last one."""
    return years_of(min(local_day(counted_from) + timedelta(days=1), due_on), due_on)


def close_deadline(deadline: Deadline, state: str, *, by: By, closed_by: str) -> bool:
    """Close one duty; False when somebody closed it before. A closed one never changes again."""
    changed = Deadline.objects.filter(pk=deadline.pk, state=State.OPEN).update(
        state=state, closed_at=by.at, closed_by=closed_by
    )
    if not changed:
        return False
    if closed_by != SWEEP:
        holding.settle_closed(deadline, by=by)
    _end([(deadline, state, closed_by)], by=by)
    return True


def close_deadlines(closings: Sequence[tuple[Deadline, str, str]], *, by: By) -> None:
    """`close_deadline` for open duties that the caller holds under their locks, by a few statements.

    Of each the state that it ends in, and what closes it.
    """
    Deadline.objects.bulk_update(
        [
            Deadline(pk=deadline.pk, state=state, closed_at=by.at, closed_by=closed_by)
            for deadline, state, closed_by in closings
        ],
        ["state", "closed_at", "closed_by"],
        batch_size=500,
    )
    holding.settle_closed(*(deadline for deadline, _state, _closed_by in closings), by=by)
    _end(closings, by=by)


def _end(closings: Sequence[tuple[Deadline, str, str]], *, by: By) -> None:
    """What follows for duties that are closed: nobody is reminded of them, nothing shortens them."""
    for void in (False, True):
        over = [deadline for deadline, state, _closed_by in closings if (state == State.VOID) is void]
        if over:
            outbox.supersede(now=by.at, deadlines=over, ran_out=not void)
    # A shorter deadline that was proposed meanwhile has nothing left to shorten.
    closed = [deadline for deadline, _state, _closed_by in closings]
    proposed = TermChange.objects.filter(deadline__in=closed, state=TermChange.State.PROPOSED)
    proposed.update(state=TermChange.State.OBSOLETE, decided_at=by.at)
    told = [
        journal.Action(
            f"deadline_{state}",
            deadline.attestation,
            deadline.key,
            {"kind": deadline.kind, "due_on": deadline.due_on, "by": closed_by},
        )
        for deadline, state, closed_by in closings
    ]
    journal.record_all(told, by=by)


def void_deadlines(attestation: Attestation, kinds: list[str], *, now: datetime, closed_by: str) -> None:
    """Deadlines whose ground has gone: open ones become void."""
    for deadline in Deadline.objects.open().filter(attestation=attestation, kind__in=kinds):
        close_deadline(deadline, State.VOID, by=By(None, now), closed_by=closed_by)


def open_scoring_deadline(
    attestation: Attestation, *, now: datetime, from_day: date | None = None
) -> Deadline | None:
    """¶28-1: two calendar days after the testing stage ended, or after the appeal that passed it (I-12).

    None where no assessment is due: another purpose, a failed test, no published result, stage not over.
    """
    result = lookup.published_result(attestation)
    if result is None or attestation.rule_set is None:
        return None
    params, settings = lookup.parameters_of(attestation), lookup.settings_of(attestation)
    if not assessment_due(lookup.test_facts(attestation, result), params, settings):
        return None
    day = from_day or attestation.cycle.testing_ends
    due = scoring_due(day, lookup.work_calendar(day), params, settings)
    return open_deadline(
        Kind.SCORING,
        f"scoring:{result.pk}:{day}",
        due,
        employee=attestation.employee,
        attestation=attestation,
        counted_from=day_close(day),
        now=now,
        rule_set=attestation.rule_set,
    )


def meet_scoring_deadlines(attestation: Attestation, *, now: datetime) -> None:
    """The assessment was made: its open deadline is met, or missed when it came too late."""
    for deadline in Deadline.objects.open().filter(attestation=attestation, kind=Kind.SCORING):
        state = State.MISSED if deadline.is_over(now) else State.MET
        close_deadline(deadline, state, by=By(None, now), closed_by="assessment")


def _category_due(starts_on: date, ends_on: date) -> Due:
    due = category_due(starts_on, parameters_on(max(starts_on, FIRST_DAY)))
    return due if due.due_on == ends_on else Due(kind="category", due_on=ends_on, days=(), cites=due.cites)


def _derivation(due: Due, versions: Mapping[int, int] | None = None) -> dict[str, Any]:
    """A last day with how it was counted, as the ledger keeps it."""
    return {
        "due_on": due.due_on,
        "closes_at": due.closes_at,
        "days": [day.isoformat() for day in due.days],
        "cite": due.cites[0] if due.cites else "",
        "calendar_version": calendar_version(due.days, due.due_on, versions),
    }


@transaction.atomic
def open_category_deadline(period: CategoryTerm, *, now: datetime, suffix: str = "") -> Deadline:
    """¶7, I-17: the three years of a category, in the ledger; a restored period under a key of its own."""
    due = _category_due(period.starts_on, period.ends_on)
    if not period.in_ledger:
        CategoryTerm.objects.filter(pk=period.pk).update(in_ledger=True)
        period.in_ledger = True
    return open_deadline(
        Kind.CATEGORY,
        f"category:{period.pk}{suffix}",
        due,
        employee=period.employee,
        period=period,
        attestation=period.decision.attestation if period.decision else None,
        counted_from=start_of_day(period.starts_on),
        now=now,
    )
