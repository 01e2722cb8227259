"""Rule sets (the readings in force) and the calendar of days off."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from unfold.decorators import display

from attestation import clock
from attestation.admin.acts import Act, PlainPageAdmin, offer
from attestation.admin.base import ScopedAdmin, ScopedInline
from attestation.admin.filters import Choices, ScopedChoices
from attestation.models import CalendarDay, CalendarYear, JournalEntry, RuleSet
from attestation.models.centers import in_language
from attestation.services.calendars import confirm_calendar, save_calendar_day


def day_name(day: CalendarDay) -> str:
    """What the day off is called, in the reader's language."""
    if (get_language() or "").startswith("en") and day.name_en:
        return day.name_en
    return in_language(day.name_kk, day.name_ru)


@admin.register(RuleSet)
class RuleSetAdmin(ScopedAdmin):
    """I-21: a changed reading is a new dated rule set; one that a case is pinned to can't be changed."""

    add_act = change_act = "edit_rule_sets"
    list_display = (
        "title",
        "effective_from",
        "managers_initial",
        "category_basis",
        "rating_gap",
        "no_rating",
    )
    fieldsets = (
        (None, {"fields": (("title", "effective_from"),)}),
        (
            gettext_lazy("Readings"),
            {
                "fields": (
                    ("managers_initial", "category_basis"),
                    ("rating_gap", "no_rating"),
                    "low_total",
                    ("scoring_rolls", "finalise_after"),
                )
            },
        ),
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        pinned = isinstance(obj, RuleSet) and obj.attestations.exists()
        return not pinned and super().has_change_permission(request, obj)


class DayInline(ScopedInline):
    """The year's days off and working days."""

    model = CalendarDay
    fields = readonly_fields = ("day", "kind", "name", "source")

    @display(description=gettext_lazy("name"))
    def name(self, obj: CalendarDay) -> str:
        return day_name(obj)


@admin.register(CalendarYear)
class CalendarYearAdmin(PlainPageAdmin):
    """I-09: one year's calendar."""

    list_display = ("year", "version", "confirmed_at", "confirmed_by")
    readonly_fields = fields = ("year", "version", "confirmed_at", "confirmed_by")
    inlines = (DayInline,)

    def journal_of(self, obj: CalendarYear) -> QuerySet[JournalEntry]:
        return JournalEntry.objects.filter(subject=str(obj.year))


def confirm(year: CalendarYear, answers: dict[str, Any], actor: Any, now: datetime) -> str:
    confirm_calendar(year.year, actor=actor, now=now)
    return _("The calendar of %(year)s is confirmed.") % {"year": year.year}


offer(
    CalendarYear,
    Act(
        slug="confirm",
        right="confirm_calendar",
        title=gettext_lazy("Confirm the days off of the year"),
        explain=gettext_lazy(
            "Compare the days with the official table and the decrees first: every term in working days is "
            "counted by them (I-09)."
        ),
        icon="event_available",
        run=confirm,
        offered=lambda year: year.confirmed_at is None,
        primary=True,
    ),
)


class DayForm(forms.ModelForm):
    """A day moved by decree, with the act that moved it."""

    class Meta:
        model = CalendarDay
        fields = ("day", "kind", "name_kk", "name_ru", "name_en", "source")


@admin.register(CalendarDay)
class CalendarDayAdmin(ScopedAdmin):
    """I-09: days off, and weekend days that work by decree."""

    form = DayForm
    add_act = change_act = "edit_calendar"
    list_display = ("day", "kind_shown", "name", "source")
    list_filter = (("year", ScopedChoices), ("kind", Choices))
    ordering = ("-day",)
    code_fields = ("name_kk", "name_ru", "name_en")
    fields = (("day", "kind"), ("name_kk", "name_ru", "name_en"), "source")

    @display(description=gettext_lazy("kind"), label={"off": "info", "working": "warning"})
    def kind_shown(self, obj: CalendarDay) -> tuple[str, str]:
        return obj.kind, obj.get_kind_display()

    @display(description=gettext_lazy("name"))
    def name(self, obj: CalendarDay) -> str:
        return day_name(obj)

    def get_readonly_fields(self, request: HttpRequest, obj: CalendarDay | None = None) -> tuple[str, ...]:
        return ("day",) if obj else ()

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The service wrote the journal."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The service wrote the journal."""

    def save_model(self, request: HttpRequest, obj: CalendarDay, form: Any, change: bool) -> None:
        save_calendar_day(obj, actor=request.user, now=clock.now())
