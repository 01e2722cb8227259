"""Which deadlines of the ledger still ask for something, and by when: overdue, today, within a week, later.

A deadline past its last day is closed as missed by the next sweep; the duty behind it stays until it is done.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q, QuerySet

from attestation.law.calendar import day_close, local_day
from attestation.models import Deadline
from attestation.notices.escalation import undone

State = Deadline.State
WEEK = timedelta(days=7)
NEAREST_FIRST = ("closes_at", "kind", "pk")


class When(StrEnum):
    """How near the last day is."""

    OVERDUE = "overdue"
    TODAY = "today"
    WEEK = "week"
    LATER = "later"


def open_when(now: datetime) -> dict[When, Q]:
    """Of open deadlines: which of them fall where. `week`: the seven days after today, in Almaty."""
    today = local_day(now)
    tonight, week_over = day_close(today), day_close(today + WEEK)
    return {
        When.OVERDUE: Q(closes_at__lte=now),
        When.TODAY: Q(closes_at__gt=now, closes_at__lte=tonight),
        When.WEEK: Q(closes_at__gt=tonight, closes_at__lte=week_over),
        When.LATER: Q(closes_at__gt=week_over),
    }


def missed_and_undone(rows: QuerySet[Deadline]) -> QuerySet[Deadline]:
    """¶27.2, ¶28-1: missed deadlines whose duty nobody has done yet; the deadline of a ruling is ours."""
    return rows.filter(undone(), state=State.MISSED)


def outstanding(rows: QuerySet[Deadline], when: When, now: datetime) -> QuerySet[Deadline]:
    """The deadlines of one of the four groups, the nearest last day first."""
    found = rows.filter(open_when(now)[when], state=State.OPEN)
    if when == When.OVERDUE:
        # Each by its own index: an "or" of the two would read every deadline up to now.
        missed = missed_and_undone(rows).order_by().values("pk")
        found = Deadline.objects.filter(pk__in=found.order_by().values("pk").union(missed))
    return found.order_by(*NEAREST_FIRST)
