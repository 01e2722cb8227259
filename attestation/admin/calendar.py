"""I-09: the calendar of days off: a picture of the year, the government's transfers, its confirmation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display

from attestation.admin import fields
from attestation.admin.actions import Action, ActionForm, offer
from attestation.admin.base import ScopedAdmin
from attestation.admin.calendar_grid import (
    ESTIMATED,
    LEGEND,
    Mark,
    day_name,
    mark_of,
    months_of,
    working_days,
)
from attestation.admin.case import PageAdmin
from attestation.admin.filters import Choices, ScopedChoices, waits_by
from attestation.by import By
from attestation.deadlines import calendar as calendars
from attestation.deadlines.calendar import DayChange
from attestation.deadlines.changes import Outcome
from attestation.deadlines.counting import Moved
from attestation.labels import Label
from attestation.law.calendar import local_day
from attestation.models import CalendarDay, CalendarYear, JournalEntry, Role, User
from attestation.years import seedable

PAIRS = (1, 2, 3)


# --- the picture of a year ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A day in the list below the picture."""

    day: CalendarDay
    weekday: Label
    mark: Mark
    estimated: bool
    name: str


def rows_of(days: list[CalendarDay]) -> list[Row]:
    """The days on record with their names and sources."""
    return [Row(day, WEEKDAYS[day.day.weekday()], mark_of(day), day.estimated, day_name(day)) for day in days]


def unconfirmed(years: QuerySet[CalendarYear], now: datetime) -> QuerySet[CalendarYear]:
    """I-09: this year's calendar and the next one's, where nobody has confirmed it."""
    this_year = local_day(now).year
    return years.filter(year__in=(this_year, this_year + 1), confirmed_at__isnull=True)


WAITS = {"confirmation": (gettext_lazy("calendar years to be confirmed"), unconfirmed)}


@admin.register(CalendarYear)
class CalendarYearAdmin(PageAdmin):
    """I-09: one year's calendar."""

    page_template = "admin/attestation/calendaryear/page.html"
    list_display = ("year", "version", "state_shown", "confirmed_at", "confirmed_by")
    list_filter = (waits_by(WAITS),)
    ordering = ("year",)

    @display(
        description=gettext_lazy("state"),
        label={"confirmed": "success", "not": "warning"},
        ordering="confirmed_at",
    )
    def state_shown(self, obj: CalendarYear) -> tuple[str, str]:
        return (
            ("confirmed", _("the year is confirmed"))
            if obj.confirmed_at
            else ("not", _("the year is not confirmed"))
        )

    def journal_of(self, obj: CalendarYear) -> QuerySet[JournalEntry]:
        return JournalEntry.objects.filter(subject=str(obj.year))

    def page_context(self, request: HttpRequest, obj: CalendarYear, now: datetime) -> dict[str, Any]:
        days = list(obj.days.order_by("day"))
        by_day = {day.day: day for day in days}
        years = CalendarYear.objects.order_by("year").values_list("year", "confirmed_at")
        return {
            "title": _("Calendar of %(year)s") % {"year": obj.year},
            "months": months_of(obj.year, by_day),
            "weekdays": [(WEEKDAYS_ABBR[number], WEEKDAYS[number]) for number in range(7)],
            "weekend": (5, 6),
            "legend": LEGEND,
            "estimated_sign": ESTIMATED,
            "any_estimated": any(day.estimated for day in days),
            "rows": rows_of(days),
            "working": working_days(obj.year, by_day),
            "years": [
                (year, reverse(self.url_name("change"), args=(year,)), confirmed) for year, confirmed in years
            ],
            "waiting": calendars.deadlines_provisional_by(obj.year),
        }


# --- acts ---------------------------------------------------------------------------------------------------


def administrators() -> QuerySet[User]:
    """Who can decide on a shorter deadline."""
    return User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).order_by("username")


def propose_to(**kwargs: Any) -> forms.ModelChoiceField[Model]:
    """The question to whom a shorter deadline is proposed."""
    return fields.record(
        gettext_lazy("Who decides on terms that would become shorter"),
        User.objects.none(),
        required=False,
        help_text=gettext_lazy(
            "A longer term moves at once; a shorter one when this administrator accepts it."
        ),
        **kwargs,
    )


class DecreeForm(ActionForm):
    """The act of the government, and who decides on shorter deadlines."""

    source = fields.text(
        gettext_lazy("The act and its number"),
        max_length=calendars.MOST_SOURCE,
        help_text=gettext_lazy("Such as: resolution of the Government No. 1123 of 12 December 2026."),
    )
    propose_to = propose_to()

    def prepare(self) -> None:
        self.narrow("propose_to", administrators())
        if self.user.role == Role.ADMINISTRATOR:
            self.initial["propose_to"] = self.user.pk


class TransferForm(DecreeForm):
    """Up to three transfers by one act: a day off, and the weekend day that works in its place."""

    off_1 = fields.day(gettext_lazy("Day off"))
    working_1 = fields.day(gettext_lazy("Works in its place"), required=False)
    off_2 = fields.day(gettext_lazy("Second day off"), required=False)
    working_2 = fields.day(gettext_lazy("Works in its place"), required=False)
    off_3 = fields.day(gettext_lazy("Third day off"), required=False)
    working_3 = fields.day(gettext_lazy("Works in its place"), required=False)
    field_order = ("off_1", "working_1", "off_2", "working_2", "off_3", "working_3", "source", "propose_to")

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        for number in PAIRS[1:]:
            if found.get(f"working_{number}") and not found.get(f"off_{number}"):
                self.add_error(f"off_{number}", _("Name the day off that this day works for."))
        years = {day.year for day in (found.get(f"off_{n}") for n in PAIRS) if day}
        if years and self.obj.year not in years:
            self.add_error(
                "off_1", _("None of the days lies in the year %(year)s.") % {"year": self.obj.year}
            )
        return found


def transfers_of(answers: dict[str, Any]) -> list[DayChange]:
    """The pairs as changes of days, named after each other."""
    changes = []
    for number in PAIRS:
        off, works = answers.get(f"off_{number}"), answers.get(f"working_{number}")
        if off is None:
            continue
        if works is None:
            changes.append(DayChange(off, "off", "Демалыс күні", "Выходной день"))
            continue
        changes.append(
            DayChange(
                off,
                "off",
                f"Демалыс күні ({works:%d.%m.%Y} күнінен ауыстырылды)",
                f"Выходной день (перенесён с {works:%d.%m.%Y})",
            )
        )
        changes.append(
            DayChange(
                works,
                "working",
                f"Жұмыс күні ({off:%d.%m.%Y} күнінің орнына)",
                f"Рабочий день (вместо {off:%d.%m.%Y})",
            )
        )
    return changes


class RemoveForm(DecreeForm):
    """A day that stands in the calendar and should not."""

    day = fields.record(gettext_lazy("Day"), CalendarDay.objects.none())
    field_order = ("day", "source", "propose_to")

    def prepare(self) -> None:
        super().prepare()
        self.narrow("day", self.obj.days.order_by("day"))
        self.fields["day"].label_from_instance = _day_label  # type: ignore[attr-defined]  # a ModelChoiceField


def _day_label(day: CalendarDay) -> str:
    return f"{day.day:%d.%m.%Y} – {day_name(day)}"


def removals_of(answers: dict[str, Any]) -> list[DayChange]:
    """The day as Monday to Friday have it."""
    return [DayChange(answers["day"].day, "")]


def save(changes_of: Any, year: CalendarYear, answers: dict[str, Any], by: By) -> str:
    """One call of the service, and what became of the deadlines."""
    done = calendars.save_calendar_days(
        changes_of(answers),
        source=answers["source"],
        propose_to=answers["propose_to"],
        by=by,
    )
    return " ".join([_("The calendar has a new version; the year waits to be confirmed again."), *said(done)])


def said(done: Outcome) -> list[str]:
    """What a recount did, in words."""
    sentences = []
    if done.lengthened:
        count = len(done.lengthened)
        sentences.append(
            ngettext("%(count)s term became longer.", "%(count)s terms became longer.", count)
            % {"count": count}
        )
    if done.proposed:
        count = len(done.proposed)
        sentences.append(
            ngettext(
                "%(count)s shorter term waits for a decision.",
                "%(count)s shorter terms wait for a decision.",
                count,
            )
            % {"count": count}
        )
    return sentences


def moved_by(changes_of: Any, year: CalendarYear, answers: dict[str, Any], now: datetime) -> list[Moved]:
    """What saving would move; writes nothing."""
    return calendars.moved_cases(changes_of(answers))


def confirm(year: CalendarYear, answers: dict[str, Any], by: By) -> str:
    done = calendars.confirm_calendar(year.year, by=by)
    sentence = _("The calendar of %(year)s is confirmed.") % {"year": year.year}
    if not done.settled:
        return sentence
    return f"{sentence} " + ngettext(
        "%(count)s term is provisional no more.", "%(count)s terms are provisional no more.", done.settled
    ) % {"count": done.settled}


def load_next(year: CalendarYear, answers: dict[str, Any], by: By) -> str:
    calendars.load_year(year.year + 1, by=by)
    return _("The calendar of %(year)s is on record, not confirmed.") % {"year": year.year + 1}


def next_is_missing(year: CalendarYear) -> bool:
    """Whether the year after it can be filled in."""
    following = year.year + 1
    return seedable(following) and not CalendarYear.objects.filter(year=following).exists()


offer(
    CalendarYear,
    Action(
        slug="confirm",
        right="confirm_calendar",
        title=gettext_lazy("Confirm the days off of the year"),
        explain=gettext_lazy(
            "Compare the days with the official table and the decrees first: every term in working days is "
            "counted by them."
        ),
        icon="event_available",
        run=confirm,
        binds=True,
        offered=lambda year: year.confirmed_at is None,
        primary=True,
        order=10,
    ),
    Action(
        slug="transfer",
        right="edit_calendar",
        title=gettext_lazy("Add a transfer by decree"),
        explain=gettext_lazy(
            "The Government moves days off by an act with a number. Before anything is saved you see which "
            "terms would move."
        ),
        icon="edit_calendar",
        form=TransferForm,
        run=partial(save, transfers_of),
        button=gettext_lazy("Look which terms would move"),
        preview=partial(moved_by, transfers_of),
        template="admin/attestation/calendaryear/transfer.html",
        order=20,
    ),
    Action(
        slug="remove",
        right="edit_calendar",
        title=gettext_lazy("Take a day out of the calendar"),
        explain=gettext_lazy(
            "The day is again what Monday to Friday make of it. Before anything is saved you see which terms "
            "would move."
        ),
        icon="event_busy",
        form=RemoveForm,
        run=partial(save, removals_of),
        button=gettext_lazy("Look which terms would move"),
        preview=partial(moved_by, removals_of),
        order=30,
    ),
    Action(
        slug="next",
        right="edit_calendar",
        title=gettext_lazy("Fill in the next year"),
        explain=gettext_lazy(
            "The public holidays of the next year are put on record, not confirmed: terms that reach into it "
            "are provisional until you confirm it."
        ),
        icon="event_upcoming",
        run=load_next,
        offered=next_is_missing,
        order=40,
    ),
)


@admin.register(CalendarDay)
class CalendarDayAdmin(ScopedAdmin):
    """I-09: every day on record with its source; changed on the page of its year."""

    list_display = ("day", "mark_shown", "name", "source")
    list_filter = (("year", ScopedChoices), ("kind", Choices))
    ordering = ("-day",)
    code_fields = ("name_kk", "name_ru", "name_en")
    readonly_fields = ("mark", "name")
    fields = (("day", "mark"), "name", "source")

    @display(
        description=gettext_lazy("kind"),
        label={"holiday": "info", "religious": "info", "moved": "info", "working": "warning"},
    )
    def mark_shown(self, obj: CalendarDay) -> tuple[str, str]:
        mark = mark_of(obj)
        return mark.css, str(mark.label)

    @display(description=gettext_lazy("kind"))
    def mark(self, obj: CalendarDay) -> str:
        return str(mark_of(obj).label)

    @display(description=gettext_lazy("name"))
    def name(self, obj: CalendarDay) -> str:
        return day_name(obj)

    def journal_of(self, obj: CalendarDay) -> QuerySet[JournalEntry]:
        return JournalEntry.objects.filter(subject=str(obj.day.year))
