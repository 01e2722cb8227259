"""Notices within the application: what an account has, what of it is unread. Reading a case marks nothing.

They are shown, and counted, by the line: one event in one cycle, however many cases it was told of.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, F, Max, Q, QuerySet, Value, When

from attestation import access
from attestation.models import Notice, User
from attestation.notices.kinds import Kind

# The others tell of what is over: they are shown, and nobody has to read them.
LIVE = (Notice.State.QUEUED, Notice.State.SENT, Notice.State.FAILED)
UNREAD = Q(read_at__isnull=True, state__in=LIVE)
# The bell looks at the latest unread ones alone, so that a year of them costs what a day of them does.
MOST_LOOKED_AT = 1000


@dataclass(frozen=True)
class Event:
    """Which notices stand in one line: the kind, and the cycle; None where they are of none, or where naming
    it would tell a person under blind review."""

    kind: str
    cycle: int | None


def inbox(user: User) -> QuerySet[Notice]:
    """The notices to the account, the latest first; a digest is none, it holds them."""
    return Notice.objects.filter(user=user).exclude(kind=Kind.DIGEST).order_by("-created_at", "-pk")


def unread(user: User) -> QuerySet[Notice]:
    """What the account has not marked as read and is not over."""
    return Notice.objects.filter(UNREAD, user=user).order_by()


def of_event(user: User, notices: QuerySet[Notice], event: Event) -> QuerySet[Notice]:
    """Those of the account's notices that stand in one line."""
    return _with_cycle(user, notices).filter(kind=event.kind, cycle=event.cycle)


def lines(user: User, *, only_unread: bool = False) -> QuerySet[Any, Any]:
    """A row for each event of a cycle: `kind`, `cycle`, `count` of notices, `unread` of them, and of the
    latest its key and moment (`latest`, `latest_at`); those with unread ones first, then the latest."""
    rows = unread(user) if only_unread else inbox(user).order_by()
    by_event: QuerySet[Any, Any] = (
        _with_cycle(user, rows)
        .values("kind", "cycle")
        .annotate(
            count=Count("pk"),
            unread=Count("pk", filter=UNREAD),
            latest=Max("pk"),
            latest_at=Max("created_at"),
            is_read=Case(When(unread=0, then=Value(1)), default=Value(0)),
        )
        .order_by("is_read", "-latest_at", "-latest")
    )
    return by_event


def unread_count(user: User) -> int:
    """How many lines have something unread, among the latest notices; one query on an index of its own."""
    latest = unread(user).order_by("-pk")[:MOST_LOOKED_AT]
    events = _with_cycle(user, Notice.objects.filter(pk__in=latest.values("pk")).order_by())
    return events.values("kind", "cycle").distinct().count()


def _with_cycle(user: User, notices: QuerySet[Notice]) -> QuerySet[Any, Any]:
    hidden = access.about_hidden(user, "attestation__employee")
    cycle = F("attestation__cycle_id")
    return notices.annotate(cycle=Case(When(hidden, then=Value(None)), default=cycle))


def mark_read(user: User, *, now: datetime, pk: int | None = None, event: Event | None = None) -> int:
    """Mark one of the account's own notices, those of one line, or all, as read; how many were unread."""
    found = unread(user) if pk is None else unread(user).filter(pk=pk)
    if event is not None:
        found = Notice.objects.filter(pk__in=of_event(user, found, event).values("pk"))
    return found.update(read_at=now)
