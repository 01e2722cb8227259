"""When something falls due by itself: the moments at which a rehearsal looks, and no others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta

from django.db.models import Min

from appeals.models import Membership
from attestation.law.calendar import ALMATY, day_close, local_day
from attestation.law.vocabulary import Consequence as ConsequenceKind
from attestation.models import Consequence, Cycle, Deadline, RuleSet
from attestation.notices.ladder import MORNING
from attestation.notices.rule_sets import RuleSets

WEEK = timedelta(days=7)

Source = Callable[[datetime], datetime | None]


def next_moment(after: datetime) -> datetime | None:
    """The first moment after this one at which the sweep may find something; None when there is none."""
    found = [moment for source in SOURCES if (moment := source(after)) is not None]
    return min(found, default=None)


def _deadline_closes(after: datetime) -> datetime | None:
    """Open deadlines; what is held or final decisions wait for are deadlines too."""
    rows = Deadline.objects.open().filter(closes_at__gt=after)
    moment: datetime | None = rows.aggregate(at=Min("closes_at"))["at"]
    return moment


def _reminder(after: datetime) -> datetime | None:
    moment: datetime | None = Deadline.objects.filter(remind_at__gt=after).aggregate(at=Min("remind_at"))[
        "at"
    ]
    return moment


def _stage_ends(after: datetime) -> datetime | None:
    """I-21: the end of a testing stage."""
    rows = Cycle.objects.filter(stage_closes_at__gt=after, stage_ended_at__isnull=True)
    moment: datetime | None = rows.aggregate(at=Min("stage_closes_at"))["at"]
    return moment


def _dismissal_week(after: datetime) -> datetime | None:
    """I-19: the weekly reminder of an act that the employer has not put on record, from the midnight on."""
    rows = Consequence.objects.filter(kind=ConsequenceKind.DISMISSAL, state=Consequence.State.OPEN)
    today = local_day(after)
    days = [
        day + ((today - day) // WEEK + 1) * WEEK
        for day in rows.order_by("effective_on").values_list("effective_on", flat=True).distinct()
    ]
    return day_close(min(days) - timedelta(days=1)) if days else None


def _digest(after: datetime) -> datetime | None:
    """The daily letter to the escalation addresses."""
    if not RuleSets.read(after).addresses():
        return None
    today = datetime.combine(local_day(after), MORNING, tzinfo=ALMATY)
    return today if today > after else today + timedelta(days=1)


def _seat_ends(after: datetime) -> datetime | None:
    """F-R8: a member who is released may leave questions that nobody in the commission can rule on."""
    rows = Membership.objects.filter(released_on__gt=local_day(after))
    day = rows.aggregate(day=Min("released_on"))["day"]
    return datetime.combine(day, time.min, tzinfo=ALMATY) if day else None


def _rule_set_begins(after: datetime) -> datetime | None:
    """I-21: from its first day on a rule set brings its own ladders of reminders."""
    rows = RuleSet.objects.filter(effective_from__gt=local_day(after))
    day = rows.aggregate(day=Min("effective_from"))["day"]
    return datetime.combine(day, time.min, tzinfo=ALMATY) if day else None


SOURCES: tuple[Source, ...] = (
    _deadline_closes,
    _reminder,
    _stage_ends,
    _dismissal_week,
    _digest,
    _seat_ends,
    _rule_set_begins,
)
