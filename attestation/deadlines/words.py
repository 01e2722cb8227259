"""How a deadline was counted, in the reader's language: from what, which days, which were passed over and
why, by which calendar, and what moved it since. Printed from the ledger; nothing is computed a second time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from django.utils import formats
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from attestation import explain
from attestation.labels import Label
from attestation.law.calendar import ALMATY, SATURDAY, local_day
from attestation.models import CalendarDay, Deadline, RuleSet, TermChange
from attestation.models.centers import in_language
from attestation.models.ledger import of_every_kind

ONE_DAY, ONE_SECOND = timedelta(days=1), timedelta(seconds=1)
# How a reading names its setting in the three languages, and what its label ends with.
SETTING = re.compile(r"\((?:setting |настройка )?(?P<name>[a-z_]+)(?: баптауы)?\)")
OWN_READING = re.compile(r" \(I-\d\d\)\Z")


@dataclass(frozen=True)
class DeadlineLine:
    """A deadline with its derivation."""

    deadline: Deadline
    derivation: str
    cite: str
    # By whose order the deadline was counted: the stage's last day; of a category the day it begins.
    ordered_on: date

    @property
    def point(self) -> str:
        """I-39: the order's sentence in force for the deadline; made only where a page shows it."""
        return point_of(self.cite, self.ordered_on)


BEGINNINGS: dict[str, Label] = of_every_kind(
    "BEGINNINGS",
    {
        Deadline.Kind.APPEAL: gettext_lazy("published %(at)s"),
        Deadline.Kind.GRACE: gettext_lazy("published %(at)s, after the appeal term"),
        Deadline.Kind.SCORING: gettext_lazy("counted from the end of %(day)s"),
        Deadline.Kind.REATTESTATION: gettext_lazy("final decision of %(day)s"),
        Deadline.Kind.CATEGORY: gettext_lazy("category from %(day)s"),
        Deadline.Kind.RULING: gettext_lazy("appeal filed %(at)s; a term of ours, not the order's"),
    },
)

# F-D2: the window in the place of an appeal term that an outage cut into, and the grace that follows it.
OPENED_AGAIN: dict[str, Label] = {
    Deadline.Kind.APPEAL: gettext_lazy("opened again %(at)s, after an outage"),
    Deadline.Kind.GRACE: gettext_lazy("opened again %(at)s, after an outage; after the appeal term"),
}


def beginning_of(deadline: Deadline) -> str:
    """From what the deadline was counted, to be filled in with the moment and the day."""
    opened_again = deadline.outage_id is not None
    return str((OPENED_AGAIN if opened_again else BEGINNINGS)[deadline.kind])


def point_of(cite: str, testing_ends: date) -> str:
    """The order's sentence for a cite, in force that day (I-39); empty where the register has none."""
    try:
        return with_settings(explain.point_text(cite, testing_ends))
    except KeyError:
        return ""


def with_settings(text: str) -> str:
    """A reading with its setting called as on the page of the rule set, not by its identifier."""
    quoted = "“%s”" if (get_language() or "").startswith("en") else "«%s»"
    words = {field.name: OWN_READING.sub("", str(field.verbose_name)) for field in RuleSet._meta.fields}

    def said(found: re.Match[str]) -> str:
        name = words.get(found["name"])
        return found[0] if name is None else found[0].replace(found["name"], quoted % name)

    return SETTING.sub(said, text)


def deadline_line(deadline: Deadline, testing_ends: date | None = None) -> DeadlineLine:
    """“Published 5 February; counted: 6 February, 9 February; due 9 February 23:59:59.”

    `testing_ends`: of the case, where its page shows the order's text too.
    """
    begun = deadline.counted_from
    day = local_day(begun)
    if deadline.kind == Deadline.Kind.SCORING:
        day -= ONE_DAY  # counted from the midnight with which that day ended
    beginning = beginning_of(deadline) % {
        "at": formats.date_format(begun.astimezone(ALMATY), "DATETIME_FORMAT"),
        "day": shown(day),
    }
    counted = ", ".join(shown(day) for day in days_of(deadline))
    if counted:
        text = _("%(beginning)s; counted: %(days)s; due %(due)s 23:59:59")
    else:
        text = _("%(beginning)s; due %(due)s 23:59:59")
    values = {"beginning": beginning, "days": counted, "due": shown(deadline.due_on)}
    of_a_category = deadline.kind == Deadline.Kind.CATEGORY
    ordered_on = day if testing_ends is None or of_a_category else testing_ends
    return DeadlineLine(deadline, text % values, deadline.cite, ordered_on)


def shown(day: date) -> str:
    """A day as the reader's language writes it."""
    return formats.date_format(day, "DATE_FORMAT")


def end_shown(closes_at: datetime) -> str:
    """I-08: the end of a term as every page and letter has it: the last second that is in time.

    `closes_at` is the bound that is stored, the first instant that is too late.
    """
    return f"{(closes_at - ONE_SECOND).astimezone(ALMATY):%d.%m.%Y %H:%M:%S}"


def days_of(deadline: Deadline) -> list[date]:
    """The days that the deadline was counted by, in order; none where it is of months or years."""
    return [date.fromisoformat(text) for text in deadline.days]


# --- the whole of it, for many at once ----------------------------------------------------------------------


@dataclass(frozen=True)
class Derivation:
    """Everything that a last day rests on: sentences to be shown one below the other."""

    line: DeadlineLine
    passed_over: list[tuple[date, str]]
    # The working day on which a deadline of calendar days ends, where its own last day is a day off (I-10).
    rolled: bool
    calendar: str
    moves: list[str]


class Derivations:
    """The derivations of the rows of one page, read with their cases and cycles: two queries, however many.

    `reasons`: with what a person wrote when a deadline was moved, which may name somebody.
    """

    def __init__(self, rows: Sequence[Deadline], *, reasons: bool = True) -> None:
        self.reasons = reasons
        counted = [row for row in rows if row.days]
        self.days: Mapping[date, CalendarDay] = {}
        if counted:
            first = min(local_day(row.counted_from) for row in counted)
            last = max(row.due_on for row in counted)
            self.days = {day.day: day for day in CalendarDay.objects.filter(day__range=(first, last))}
        self.moves: dict[int, list[TermChange]] = {}
        changes = TermChange.objects.filter(deadline__in=[row.pk for row in rows])
        for change in changes.select_related("decided_by", "proposed_to").order_by("made_at", "pk"):
            self.moves.setdefault(change.deadline_id, []).append(change)

    def of(self, deadline: Deadline) -> Derivation:
        """The derivation of one row, with the point as it reads for the case (I-39)."""
        case = deadline.attestation
        days = days_of(deadline)
        changes = self.moves.get(deadline.pk, [])
        rolled = (
            deadline.kind == Deadline.Kind.SCORING
            and bool(days)
            and deadline.due_on > days[-1]
            and not any(change.state == TermChange.State.APPLIED for change in changes)
        )
        by_calendar = bool(days) and (rolled or deadline.kind != Deadline.Kind.SCORING)
        return Derivation(
            line=deadline_line(deadline, case.cycle.testing_ends if case else None),
            passed_over=[(day, self.why_off(day)) for day in self.passed_over(deadline, days, rolled)],
            rolled=rolled,
            # Calendar days ask no calendar, unless the deadline rolled.
            calendar=calendar_line(deadline.calendar_version) if by_calendar else "",
            moves=[move_line(change, self.reasons) for change in changes],
        )

    def passed_over(self, deadline: Deadline, days: list[date], rolled: bool) -> Iterable[date]:
        """The days off before and between the days that count; of a rolled deadline those at its end."""
        if not days:
            return
        if rolled:
            yield from between(days[-1] - ONE_DAY, deadline.due_on)
            return
        start, begun = days[0], local_day(deadline.counted_from)
        # The grace begins after the appeal term: what is off just before its first day was passed over.
        while start - ONE_DAY > begun and self.is_off(start - ONE_DAY):
            start -= ONE_DAY
        yield from between(start - ONE_DAY, days[0])
        for before, after in pairwise(days):
            yield from between(before, after)

    def is_off(self, day: date) -> bool:
        """I-09: whether the calendar, as it stands, has the day off."""
        entry = self.days.get(day)
        return entry.kind == "off" if entry else day.weekday() >= SATURDAY

    def why_off(self, day: date) -> str:
        """The name of the holiday, else the day of the week; else that the calendar was another one then."""
        entry = self.days.get(day)
        if entry is not None and entry.kind == "off":
            return _("%(weekday)s, day off: %(name)s") % {"weekday": weekday(day), "name": title_of(entry)}
        if entry is None and day.weekday() >= SATURDAY:
            return weekday(day)
        return _("%(weekday)s, a day off in the calendar of that time") % {"weekday": weekday(day)}


def between(before: date, after: date) -> Iterable[date]:
    """The days that lie between two days, neither of them."""
    day = before + ONE_DAY
    while day < after:
        yield day
        day += ONE_DAY


def weekday(day: date) -> str:
    """Monday … Sunday in the reader's language."""
    return formats.date_format(day, "l")


def title_of(day: CalendarDay) -> str:
    """What the day off is called, in the reader's language; its source where it has no name."""
    if (get_language() or "").startswith("en") and day.name_en:
        return day.name_en
    return in_language(day.name_kk, day.name_ru) or day.source


def calendar_line(version: str) -> str:
    """`2026:1 2027:3` in words."""
    pairs = [text.partition(":") for text in version.split()]
    years = [
        _("%(year)s, version %(version)s") % {"year": year, "version": number} for year, _sep, number in pairs
    ]
    return "; ".join(years)


def move_line(change: TermChange, reasons: bool) -> str:
    """What moved the deadline, when, by whose leave; a proposal that waits says for whom."""
    values = {
        "at": formats.date_format(change.made_at.astimezone(ALMATY), "DATETIME_FORMAT"),
        "cause": change.get_cause_display(),
        "before": shown(change.was_due_on),
        "after": shown(change.due_on),
        "state": change.get_state_display(),
        "who": str(change.decided_by or change.proposed_to or ""),
    }
    text = _("%(at)s: %(before)s → %(after)s, %(cause)s; %(state)s")
    if values["who"]:
        text = _("%(at)s: %(before)s → %(after)s, %(cause)s; %(state)s (%(who)s)")
    return text % values + (f": {change.reason}" if reasons and change.reason else "")
