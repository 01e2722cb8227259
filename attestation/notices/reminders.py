"""Reminders: a ladder of rungs per kind of deadline, and a weekly one for what was not done in time.

Rungs are chosen by `moment <= now`, so that a lost day loses none; of several rungs that passed during an
outage only the latest is sent. One row for each deadline, rung and recipient: a second run adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Concat

from attestation.law.calendar import local_day
from attestation.law.terms import Consequence as ConsequenceKind
from attestation.models import Center, Consequence, Deadline, Notice
from attestation.notices.kinds import Kind
from attestation.notices.outbox import Recipients, rows_of

CHUNK = 500
WEEK = timedelta(days=7)
# Later than this after its moment, a reminder says that it is late.
LATE = timedelta(days=1)


class Rung(NamedTuple):
    """A reminder and how long before the deadline closes it is sent; None: when the deadline is opened."""

    name: str
    lead: timedelta | None


def morning(days_before: int) -> timedelta:
    """From 09:00 in Almaty, so many days before the last day, to the midnight after the last day."""
    return timedelta(days=days_before, hours=15)


# Ours, not the order's: it sets the terms (¶21, ¶28-1, ¶27.2, ¶7) and knows no reminders; nor a term for
# the ruling, which is ours altogether.
LADDER: dict[Kind, tuple[str, tuple[Rung, ...]]] = {
    Kind.REMINDER_APPEAL: (
        Deadline.Kind.APPEAL,
        (Rung("open", None), Rung("last-morning", morning(0))),
    ),
    Kind.REMINDER_SCORING: (
        Deadline.Kind.SCORING,
        (Rung("open", None), Rung("12-hours", timedelta(hours=12))),
    ),
    Kind.REMINDER_REATTESTATION: (
        Deadline.Kind.REATTESTATION,
        tuple(Rung(f"{days}-days", morning(days)) for days in (90, 30, 7, 1)),
    ),
    Kind.REMINDER_CATEGORY: (
        Deadline.Kind.CATEGORY,
        tuple(Rung(f"{days}-days", morning(days)) for days in (180, 90, 30, 7)),
    ),
    Kind.REMINDER_RULING: (
        Deadline.Kind.RULING,
        (Rung("open", None), Rung("1-days", morning(1)), Rung("last-morning", morning(0))),
    ),
}


def queue_reminders(*, now: datetime) -> int:
    """Queue every reminder whose moment has come; returns how many rows were added."""
    added = 0
    for kind, (deadline_kind, rungs) in LADDER.items():
        leads = [rung.lead for rung in rungs[1:]] + [timedelta()]
        for rung, next_lead in zip(rungs, leads, strict=True):
            due = _due(kind, deadline_kind, rung, next_lead or timedelta(), now)
            for chunk in _chunks(due):
                added += _queue_rung(kind, rung, chunk, now)
    return added + _queue_overdue(now) + _queue_dismissals(now)


def _due(
    kind: Kind, deadline_kind: str, rung: Rung, next_lead: timedelta, now: datetime
) -> QuerySet[Deadline]:
    """Open deadlines that stand on this rung now and have no notice of it yet."""
    due = Deadline.objects.open().filter(kind=deadline_kind, closes_at__gt=now + next_lead)
    if rung.lead is not None:
        due = due.filter(closes_at__lte=now + rung.lead)
    return due.exclude(Exists(_noticed(f"{kind}:{rung.name}:")))


def _noticed(prefix: str) -> QuerySet[Notice]:
    """Notices of the outer deadline whose key begins so."""
    beginning = Concat(Value(prefix), OuterRef("key"), Value(":"))
    return Notice.objects.filter(deadline=OuterRef("pk"), key__startswith=beginning)


def _chunks(due: QuerySet[Deadline]) -> Iterator[list[Deadline]]:
    """The rows in batches, by key, each read when its turn comes."""
    found = due.select_related(
        "attestation__center", "attestation__employee", "attestation__cycle", "employee__center"
    ).order_by("pk")
    last = 0
    while chunk := list(found.filter(pk__gt=last)[:CHUNK]):
        last = chunk[-1].pk
        yield chunk


def _center(deadline: Deadline) -> Center:
    return deadline.attestation.center if deadline.attestation else deadline.employee.center


def _queue_rung(kind: Kind, rung: Rung, deadlines: list[Deadline], now: datetime) -> int:
    recipients = Recipients(_center(deadline) for deadline in deadlines)
    rows: list[Notice] = []
    for deadline in deadlines:
        context: dict[str, Any] = {"rung": rung.name}
        moment = deadline.opened_at if rung.lead is None else deadline.closes_at - rung.lead
        if now - moment > LATE and moment >= deadline.opened_at:
            context["planned_for"] = local_day(moment).isoformat()
        rows += rows_of(
            kind,
            recipients.users(kind, _center(deadline)),
            deadline.employee,
            key=f"{rung.name}:{deadline.key}",
            now=now,
            attestation=deadline.attestation,
            deadline=deadline,
            context=context,
        )
    return _add(rows)


def _queue_overdue(now: datetime) -> int:
    """¶27.2, I-25: a re-attestation that was not taken up in its term, weekly while the duty stands."""
    kind = Kind.REMINDER_REATTESTATION
    duty = Consequence.objects.filter(
        attestation=OuterRef("attestation"),
        kind=ConsequenceKind.REATTEST,
        state=Consequence.State.OPEN,
    )
    overdue = (
        Deadline.objects.over(now)
        .filter(kind=Deadline.Kind.REATTESTATION, state__in=(Deadline.State.OPEN, Deadline.State.MISSED))
        .filter(Exists(duty))
    )
    added = 0
    for chunk in _chunks(overdue):
        recipients = Recipients(_center(deadline) for deadline in chunk)
        rows: list[Notice] = []
        for deadline in chunk:
            rows += rows_of(
                kind,
                recipients.users(kind, _center(deadline)),
                deadline.employee,
                key=f"overdue-{(now - deadline.closes_at) // WEEK}:{deadline.key}",
                now=now,
                attestation=deadline.attestation,
                deadline=deadline,
                context={"overdue": True},
            )
        added += _add(rows)
    return added


def _queue_dismissals(now: datetime) -> int:
    """¶28.1, I-19: "subject to dismissal" on which the employer has put nothing on record, weekly."""
    kind = Kind.DISMISSAL_DUE
    waiting = list(
        Consequence.objects.filter(kind=ConsequenceKind.DISMISSAL, state=Consequence.State.OPEN)
        .select_related("attestation__center", "attestation__employee")
        .order_by("pk")
    )
    recipients = Recipients(row.attestation.center for row in waiting)
    rows: list[Notice] = []
    for row in waiting:
        weeks = (local_day(now) - row.effective_on) // WEEK
        if weeks < 1:
            continue
        rows += rows_of(
            kind,
            recipients.users(kind, row.attestation.center),
            row.attestation.employee,
            key=f"week-{weeks}:{row.pk}",
            now=now,
            attestation=row.attestation,
            context={"dated": row.effective_on.isoformat(), "cites": [row.cite]},
        )
    return _add(rows)


@transaction.atomic
def _add(rows: Iterable[Notice]) -> int:
    """Insert those whose key is new; a reminder that another run adds meanwhile is its, not ours."""
    by_key = {row.key: row for row in rows}
    for key in Notice.objects.filter(key__in=list(by_key)).values_list("key", flat=True):
        del by_key[key]
    Notice.objects.bulk_create(by_key.values(), ignore_conflicts=True, batch_size=CHUNK)
    return len(by_key)
