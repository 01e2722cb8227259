"""Filters whose choices end where the reader's scope ends (F-A2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters, ModelAdmin
from django.db.models import ForeignKey, Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    DropdownFilter,
    RangeDateFilter,
    RelatedDropdownFilter,
)
from unfold.contrib.filters.forms import RangeDateForm
from unfold.widgets import INPUT_CLASSES

from attestation import access, clock
from attestation.admin.base import visible
from attestation.labels import Label
from attestation.law.calendar import day_close
from attestation.law.refusals import RuleRefusal
from attestation.models import Region

MOST_CHOICES = 500

Choices = ChoicesDropdownFilter


class ScopedChoices(RelatedDropdownFilter):
    """A drop-down of related records, the visible ones alone."""

    def field_choices(
        self, field: ForeignKey[Model], request: HttpRequest, model_admin: ModelAdmin[Model]
    ) -> list[tuple[Any, str]]:
        rows = visible(request.user, field.remote_field.model._default_manager.all())
        return [(row.pk, str(row)) for row in rows[:MOST_CHOICES]]


class RegionFilter(DropdownFilter):
    """By region, for those who see more than one."""

    title = _("region")
    parameter_name = "region"
    path = "center__region"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Model]) -> list[tuple[str, str]]:
        if not access.sees_everything(request.user):
            return []
        return [(str(region.pk), str(region)) for region in Region.objects.all()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        return queryset.filter(**{self.path: value}) if value and value.isdigit() else queryset


# By the word in the address: how the choice is called, and the rows it leaves at a moment.
Narrowings = Mapping[str, tuple[Label, Callable[[Any, datetime], QuerySet[Any]]]]


class NarrowingFilter(DropdownFilter):
    """By functions that the home page's tiles count with too."""

    choices_of: Narrowings

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Model]) -> list[tuple[str, Any]]:
        return [(name, label) for name, (label, _narrow) in self.choices_of.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen = self.choices_of.get(self.value() or "")
        return chosen[1](queryset, clock.now()) if chosen else queryset


class FirstChoiceFilter(NarrowingFilter):
    """The same, narrowed from the start."""

    all_option = None

    def value(self) -> str:
        return super().value() or next(iter(self.choices_of))


class DayRangeForm(RangeDateForm):
    """Two days, in the browser's own fields."""

    def __init__(self, name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(name, *args, **kwargs)
        for field in self.fields.values():
            field.widget.input_type = "date"
            field.widget.attrs["class"] = " ".join(INPUT_CLASSES)
            field.widget.attrs["aria-label"] = field.widget.attrs["placeholder"]


class DayRange(RangeDateFilter):
    """Moments from the beginning of one day in Almaty to the end of another."""

    form_class = DayRangeForm

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        try:
            first, last = (self._day(end) for end in ("from", "to"))
            if first:
                queryset = queryset.filter(
                    **{f"{self.field_path}__gte": day_close(first - timedelta(days=1))}
                )
            return queryset.filter(**{f"{self.field_path}__lt": day_close(last)}) if last else queryset
        except (ValueError, OverflowError, RuleRefusal) as error:
            raise IncorrectLookupParameters(error) from error

    def _day(self, end: str) -> date | None:
        given = self.used_parameters.get(f"{self.field_path}_{end}")
        return date.fromisoformat(given) if given else None


def narrowed_by(parameter: str, title: Label, choices: Narrowings) -> type[NarrowingFilter]:
    """A filter with these choices."""
    given = {"title": title, "parameter_name": parameter, "choices_of": choices}
    return type("NarrowedFilter", (NarrowingFilter,), given)


def waits_by(choices: Narrowings) -> type[NarrowingFilter]:
    """A filter by what the rows wait for."""
    return narrowed_by("waits", _("waits"), choices)


def only_those(
    parameter: str, title: Label, narrow: Callable[[Any, datetime], QuerySet[Any]]
) -> type[NarrowingFilter]:
    """A filter that leaves the rows of which the title is true."""
    return narrowed_by(parameter, title, {"yes": (_("yes"), narrow)})


def at_first(parameter: str, title: Label, choices: Narrowings) -> type[NarrowingFilter]:
    """A filter whose first choice holds until another is made."""
    given = {"title": title, "parameter_name": parameter, "choices_of": choices}
    return type("FirstChoiceFilter", (FirstChoiceFilter,), given)


def region_by(field_path: str) -> type[RegionFilter]:
    """A region filter for rows that hang on a centre by another path."""
    return type("RegionFilter", (RegionFilter,), {"path": f"{field_path}__region"})
