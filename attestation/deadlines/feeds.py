"""A personal calendar address: made, taken back, read. Only the hash of its secret is on record.

What it shows is asked afresh at each reading: the role, the centre and the deadlines as they stand then. No
name and no identification number goes out: a calendar program keeps its copy wherever it likes.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from attestation import access, journal
from attestation.by import By
from attestation.deadlines.words import deadline_line
from attestation.models import CalendarFeed, Deadline, TermChange, User

if TYPE_CHECKING:
    from icalendar import Calendar, Event

SECRET_BYTES = 32
SECRET = re.compile(r"[A-Za-z0-9_-]{20,100}\Z")
# A calendar program reads the whole of it every hour: the nearest deadlines, no more.
MOST_EVENTS = 1000
# How long a deadline that is closed is still told as cancelled, for programs that keep what is gone.
TOLD_FOR = timedelta(days=30)
# `last read` is exact to this; a reading must not cost a write each time.
READ_EVERY = timedelta(minutes=5)
REFRESH = timedelta(hours=1)
DIGITS = re.compile(r"\d{12,}")


def hash_of(secret: str) -> str:
    """SHA-256 (hex) of the secret part of an address: 256 random bits need no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


def live_feed(user: User) -> CalendarFeed | None:
    """The address that works now, if there is one."""
    return CalendarFeed.objects.filter(user=user, revoked_at__isnull=True).first()


@transaction.atomic
def make_feed(user: User, *, now: datetime) -> str:
    """A new secret, told this once; an earlier address stops working. Raises Refused without a role."""
    access.require(user, "keep_feed")
    _revoke(user, now)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    feed = CalendarFeed.objects.create(user=user, token_hash=hash_of(secret), made_at=now)
    journal.record("make_feed", by=By(user, now), subject=f"calendarfeed:{feed.pk}")
    return secret


@transaction.atomic
def revoke_feed(user: User, *, now: datetime) -> bool:
    """The address stops working; False where there was none. Raises Refused without a role."""
    access.require(user, "keep_feed")
    return _revoke(user, now)


def _revoke(user: User, now: datetime) -> bool:
    # The account is the lock: two clicks at once must not leave two addresses.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    feed = live_feed(user)
    if feed is None:
        return False
    feed.revoked_at = now
    feed.save(update_fields=["revoked_at"])
    journal.record("revoke_feed", by=By(user, now), subject=f"calendarfeed:{feed.pk}")
    return True


def reader_of(secret: str, *, now: datetime) -> User | None:
    """Whose address it is; None for one that is unknown or taken back, or whose account has no role now."""
    if not SECRET.match(secret):
        return None
    live = CalendarFeed.objects.filter(token_hash=hash_of(secret), revoked_at__isnull=True)
    feed = live.select_related("user__center").first()
    if feed is None or not access.role_of(feed.user):
        return None
    if feed.last_read_at is None or now - feed.last_read_at >= READ_EVERY:
        CalendarFeed.objects.filter(pk=feed.pk).update(last_read_at=now)
    return feed.user


# --- what it shows ------------------------------------------------------------------------------------------


def deadlines_of(user: User, *, now: datetime) -> Sequence[Deadline]:
    """The open deadlines in sight, and those closed lately; for the commission rulings alone. Two queries."""
    # In sight, those under blind review among them: `_event` tells of these neither case nor way to it.
    rows: QuerySet[Deadline] = access.in_sight(user, Deadline.objects.all())
    if access.role_of(user) in access.COMMISSION:
        rows = rows.filter(kind=Deadline.Kind.RULING)
    lately = Q(closed_at__gt=now - TOLD_FOR, closed_at__lte=now)
    applied = TermChange.objects.filter(state=TermChange.State.APPLIED)
    shown = rows.select_related("attestation").prefetch_related(
        Prefetch("changes", queryset=applied, to_attr="applied")
    )
    still_open = list(shown.filter(state=Deadline.State.OPEN).order_by("closes_at", "pk")[:MOST_EVENTS])
    closed = shown.exclude(state=Deadline.State.OPEN).filter(lately).order_by("-closed_at", "-pk")
    return still_open + list(closed[: MOST_EVENTS - len(still_open)])


@dataclass(frozen=True)
class Place:
    """Where the pages of the product are: `base` has no slash at the end."""

    base: str

    def page(self, deadline: Deadline) -> str:
        """The page of the case, or of the deadline where there is no case; the login stands before it."""
        if deadline.attestation_id:
            return f"{self.base}/admin/attestation/attestation/{deadline.attestation_id}/change/"
        return f"{self.base}/admin/attestation/deadline/{deadline.pk}/change/"

    def uid(self, deadline: Deadline) -> str:
        """RFC 7986 5.3: a UUID that tells nothing; the same for a duty, whatever moves its deadline."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.base}/deadlines/{deadline.key}"))


def calendar_of(user: User, base_url: str, *, now: datetime) -> bytes:
    """RFC 5545: the user's deadlines in the user's language, each a day."""
    with translation.override(user.language):
        rows = deadlines_of(user, now=now)
        hidden = access.hidden_among(user, {row.employee_id for row in rows})
        body: bytes = _calendar(rows, Place(base_url), hidden).to_ical()
    return body


def _calendar(deadlines: Iterable[Deadline], place: Place, hidden: Collection[int]) -> Calendar:
    from icalendar import Calendar  # only what reads a calendar waits for it

    calendar, name = Calendar(), _("Attestation: deadlines")
    calendar.add("prodid", "-//Attestation back office//Deadlines//KK")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for deadline in deadlines:
        calendar.add_component(_event(deadline, place, blind=deadline.employee_id in hidden))
    return calendar


def _event(deadline: Deadline, place: Place, *, blind: bool) -> Event:
    """One duty on its last day; a moved or closed one has a higher SEQUENCE, so that programs follow."""
    from icalendar import Event

    event, applied = Event(), list(getattr(deadline, "applied", ()))
    closed = deadline.state != Deadline.State.OPEN
    moments = [deadline.opened_at, *(change.decided_at or change.made_at for change in applied)]
    changed_at = max([*moments, deadline.closed_at] if deadline.closed_at else moments)
    event.add("uid", place.uid(deadline))
    # Without METHOD: the moment at which what it says was last revised (RFC 5545 3.8.7.2).
    event.add("dtstamp", changed_at)
    event.add("last-modified", changed_at)
    event.add("created", deadline.opened_at)
    event.add("sequence", len(applied) + closed)
    event.add("dtstart", deadline.due_on)
    event.add("dtend", deadline.due_on + timedelta(days=1))
    event.add("summary", summary_of(deadline, blind=blind))
    event.add("description", description_of(deadline))
    event.add("url", f"{place.base}/admin/" if blind else place.page(deadline))
    event.add("status", "CANCELLED" if closed else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    return event


def summary_of(deadline: Deadline, *, blind: bool = False) -> str:
    """The kind and the case's number; twelve digits in a number would be somebody's."""
    named = deadline.attestation is not None and not blind
    number = deadline.attestation.case_no if named and deadline.attestation else f"№ {deadline.pk}"
    kind = deadline.get_kind_display()
    return f"{kind[:1].upper()}{kind[1:]}: {DIGITS.sub('…', number)}"


def description_of(deadline: Deadline) -> str:
    """How the day was counted, by which point, and whether it may still move."""
    derivation = deadline_line(deadline).derivation
    lines = [f"{derivation[:1].upper()}{derivation[1:]}."]
    if deadline.cite:
        lines.append(deadline.cite_shown)
    lines.append(_("Must act: %(who)s.") % {"who": deadline.bearer.label})
    if deadline.state != Deadline.State.OPEN:
        lines.append(_("State: %(state)s.") % {"state": deadline.get_state_display()})
    elif deadline.provisional:
        lines.append(_("Provisional: the days off of its year are not confirmed yet."))
    return "\n".join(lines)
