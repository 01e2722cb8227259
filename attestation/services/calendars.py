"""I-09: the calendar of days off, reviewed and confirmed year by year; a change is a new version."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from attestation import access, journal
from attestation.models import CalendarDay, CalendarYear, User
from attestation.refusals import Refused


@transaction.atomic
def confirm_calendar(year: int, *, actor: User | None, now: datetime) -> CalendarYear:
    """I-09: an administrator has compared the year's days off with the acts. Again: nothing to do."""
    access.require(actor, "confirm_calendar")
    row = CalendarYear.objects.select_for_update(of=("self",)).filter(year=year).first()
    if row is None:
        raise Refused(
            "no_calendar",
            _("There is no calendar of the year %(year)s on record. Enter its days off first."),
            cite="I-09",
            year=year,
        )
    if row.confirmed_at is not None:
        return row
    row.confirmed_at, row.confirmed_by = now, actor
    row.save(update_fields=["confirmed_at", "confirmed_by"])
    journal.record("confirm_calendar", actor=actor, now=now, subject=str(year), data={"version": row.version})
    return row


@transaction.atomic
def save_calendar_day(day: CalendarDay, *, actor: User | None, now: datetime) -> CalendarDay:
    """I-09: a day off, or a weekend day made working, by decree. The year's version goes up by one.

    Terms already in the ledger keep the day they were computed for; the year waits to be confirmed anew.
    """
    access.require(actor, "edit_calendar")
    year, _made = CalendarYear.objects.select_for_update(of=("self",)).get_or_create(year=day.day.year)
    day.year = year
    day.save()
    year.version += 1
    year.confirmed_at = year.confirmed_by = None
    year.save(update_fields=["version", "confirmed_at", "confirmed_by"])
    journal.record(
        "calendar_changed",
        actor=actor,
        now=now,
        subject=str(year.year),
        data={"day": day.day, "kind": day.kind, "source": day.source, "version": year.version},
    )
    return day
