"""The ladder of reminders of a deadline: rungs by name, their moments, and which of them are to be made now.

Ours, not the order's: it sets the deadlines (¶21, ¶28-1, ¶27.2, ¶7) and knows no reminders. Pure: no clock
and no database; the rule set's `ladders` come as an argument.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from attestation.law.calendar import ALMATY
from attestation.models.rules import default_ladders
from attestation.notices.kinds import REMINDERS
from attestation.refusals import Refused

# The kinds of deadlines that have a ladder, in the order of the form.
KINDS = tuple(reminder.deadline for reminder in REMINDERS)
OPENING, LAST_MORNING = "open", "last-morning"
COUNTED = re.compile(r"([1-9][0-9]{0,2})-(days|hours)")
MORNING = time(9)
MOST_RUNGS = 12
# Longer than this after its moment, a reminder says that it is late. The sweep comes every five minutes.
LATE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class DeadlineDates:
    """What the moments of a ladder are counted from."""

    opened_at: datetime
    due_on: date
    closes_at: datetime


def moment_of(rung: str, dates: DeadlineDates) -> datetime:
    """When a rung of the deadline is due. Raises Refused for a name that is no rung.

    `open`: when the deadline was put on record; `12-hours`: so many hours before the first instant that is
    too late; `90-days`, `last-morning`: 09:00 in Almaty so many days before the last day, and on it.
    """
    if rung == OPENING:
        return dates.opened_at
    if rung == LAST_MORNING:
        return datetime.combine(dates.due_on, MORNING, ALMATY)
    found = COUNTED.fullmatch(rung)
    if found is None:
        raise Refused(
            "unknown_rung",
            _(
                "“%(rung)s” is no moment of a reminder. Write, separated by commas: open, 90-days, 12-hours, "
                "last-morning."
            ),
            rung=rung[:40],
        )
    number, unit = int(found[1]), found[2]
    if unit == "hours":
        return dates.closes_at - timedelta(hours=number)
    return datetime.combine(dates.due_on - timedelta(days=number), MORNING, ALMATY)


def check(rungs: Iterable[Any], words: Callable[[str], str] = str) -> None:
    """Refuse a ladder with an unknown rung, with one that stands twice, or with too many.

    `words`: how the refusal names a rung.
    """
    seen: set[str] = set()
    for rung in rungs:
        moment_of(str(rung), _ANY_DATES)
        if rung in seen:
            raise Refused(
                "rung_twice", _("“%(rung)s” stands twice. Leave one of them out."), rung=words(rung)
            )
        seen.add(rung)
    if len(seen) > MOST_RUNGS:
        raise Refused(
            "too_many_rungs",
            _("%(count)s reminders of one term are too many. Leave at most %(most)s."),
            count=len(seen),
            most=MOST_RUNGS,
        )


_ANY_DATES = DeadlineDates(
    datetime(2026, 1, 1, tzinfo=ALMATY), date(2030, 1, 1), datetime(2030, 1, 2, tzinfo=ALMATY)
)


def rungs_of(ladders: Mapping[str, Any], kind: str) -> list[str]:
    """The ladder of a kind of deadline: as the rule set has it, ours where it says nothing of the kind."""
    if kind not in KINDS:
        return []
    found = ladders.get(kind)
    return list(default_ladders()[kind] if found is None else found)


@dataclass(frozen=True, slots=True)
class Planned:
    """A rung whose moment has come."""

    rung: str
    moment: datetime
    late: bool
    # From before the deadline stood in the ledger, or in this place: made where it was never made before.
    looked_back: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Rungs to be made now, the earliest first, of which the last one is sent; and when to look again."""

    due: tuple[Planned, ...]
    next_at: datetime | None
    passed: int


def plan(
    rungs: Iterable[str], dates: DeadlineDates, *, since: datetime, look_back: bool, now: datetime
) -> Plan:
    """The rungs with a moment from `since` through `now`; those before `since` were dealt with.

    `look_back`: the deadline is new, or was moved. Where no rung is due otherwise, the latest one before
    `since` is made, so that somebody hears of a deadline that was put on record late in its course.
    """
    steps = sorted((moment_of(rung, dates), rung) for rung in rungs)
    due = tuple(Planned(rung, at, now - at > LATE) for at, rung in steps if since <= at <= now)
    before = [(at, rung) for at, rung in steps if at < since]
    if look_back and not due and before:
        at, rung = before[-1]
        due = (Planned(rung, at, late=False, looked_back=True),)
    following = next((at for at, _rung in steps if at > now), None)
    return Plan(due, following, sum(at <= now for at, _rung in steps))
