"""Notices within the application: what an account has, what of it is unread. Reading a case marks nothing."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Case, QuerySet, Value, When

from attestation.models import Notice, User

# The others tell of what is over: they are shown, and nobody has to read them.
LIVE = (Notice.State.QUEUED, Notice.State.SENT, Notice.State.FAILED)
# The bell shows "99+" beyond; no more are counted.
MOST_COUNTED = 100


def inbox(user: User, *, only_unread: bool = False) -> QuerySet[Notice]:
    """The notices to the account, the unread ones first, then the latest."""
    unread = Case(When(read_at__isnull=True, state__in=LIVE, then=Value(1)), default=Value(0))
    found = Notice.objects.filter(user=user).annotate(unread=unread)
    rows = found.filter(unread=1) if only_unread else found
    return rows.order_by("-unread", "-created_at", "-pk")


def unread(user: User) -> QuerySet[Notice]:
    """What the account has not marked as read and is not over."""
    return Notice.objects.filter(user=user, read_at__isnull=True, state__in=LIVE).order_by()


def unread_count(user: User) -> int:
    """How many are unread, counted up to MOST_COUNTED; one query on an index of its own."""
    return unread(user)[:MOST_COUNTED].count()


def mark_read(user: User, *, now: datetime, pk: int | None = None) -> int:
    """Mark one of the account's own notices, or all of them, as read; returns how many were unread."""
    found = unread(user) if pk is None else unread(user).filter(pk=pk)
    return found.update(read_at=now)
