"""Form fields in unfold's dress; dates and moments as the browser's own pickers, in Asia/Almaty."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Model
from django.utils.text import capfirst
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelect2Widget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from attestation.admin.addresses import is_plain_key

REASON_ROWS = 4


class DayInput(UnfoldAdminTextInputWidget):
    """<input type=date>: always ISO on the wire, in the browser's form on the screen."""

    input_type = "date"

    def format_value(self, value: Any) -> str | None:
        return value.isoformat() if hasattr(value, "isoformat") else (value or None)


class MomentInput(UnfoldAdminTextInputWidget):
    """<input type=datetime-local>: minutes and seconds of Almaty's clock."""

    input_type = "datetime-local"

    def format_value(self, value: Any) -> str | None:
        return f"{value:%Y-%m-%dT%H:%M}" if hasattr(value, "hour") else (value or None)


class FoundBySearch(AutocompleteSelect):
    """A row found by typing. A key that is none is shown as nothing chosen; the field says what is wrong."""

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> Any:
        """What is typed goes in the body of a POST: it may be an IIN (F-W10)."""
        return {**super().build_attrs(base_attrs, extra_attrs), "data-ajax--type": "POST"}

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        return super().optgroups(name, [one for one in value if is_plain_key(str(one))], attrs)


def password(label: Any) -> forms.CharField:
    """The password that the account has now."""
    widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "current-password"})
    return forms.CharField(label=capfirst(label), strip=False, widget=widget)


def code(label: Any) -> forms.CharField:
    """Six digits of a second factor."""
    attrs = {"inputmode": "numeric", "autocomplete": "one-time-code"}
    return forms.CharField(
        label=capfirst(label), max_length=6, widget=UnfoldAdminTextInputWidget(attrs=attrs)
    )


def text(label: Any, **kwargs: Any) -> forms.CharField:
    """One line."""
    attrs = kwargs.pop("attrs", {})
    return forms.CharField(label=label, widget=UnfoldAdminTextInputWidget(attrs=attrs), **kwargs)


def long_text(label: Any, **kwargs: Any) -> forms.CharField:
    """A reason or an explanation."""
    rows = kwargs.pop("rows", REASON_ROWS)
    return forms.CharField(label=label, widget=UnfoldAdminTextareaWidget(attrs={"rows": rows}), **kwargs)


def day(label: Any, **kwargs: Any) -> forms.DateField:
    """A calendar day."""
    return forms.DateField(label=label, widget=DayInput(), **kwargs)


def moment(label: Any, *, seconds: bool = True, **kwargs: Any) -> forms.DateTimeField:
    """A moment, in Almaty's time; without `seconds` where nobody knows them, for they must be filled in."""
    return forms.DateTimeField(
        label=label,
        widget=MomentInput(attrs={"step": 1 if seconds else 60}),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        **kwargs,
    )


def whole(label: Any, **kwargs: Any) -> forms.IntegerField:
    """A whole number, 0 or more."""
    widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"})
    return forms.IntegerField(label=label, min_value=0, widget=widget, **kwargs)


def choice(label: Any, choices: Any, **kwargs: Any) -> forms.ChoiceField:
    """One of several, as a drop-down."""
    return forms.ChoiceField(label=label, choices=choices, widget=UnfoldAdminSelectWidget(), **kwargs)


def radio(label: Any, choices: Any, **kwargs: Any) -> forms.ChoiceField:
    """One of a few, all of them on the screen."""
    return forms.ChoiceField(label=label, choices=choices, widget=UnfoldAdminRadioSelectWidget(), **kwargs)


def record(label: Any, queryset: Any, **kwargs: Any) -> forms.ModelChoiceField[Model]:
    """A record in scope; the form narrows the queryset before it is used."""
    return forms.ModelChoiceField(label=label, queryset=queryset, widget=UnfoldAdminSelect2Widget(), **kwargs)


def yes(label: Any, **kwargs: Any) -> forms.BooleanField:
    """A tick box."""
    return forms.BooleanField(label=label, required=False, widget=UnfoldBooleanWidget(), **kwargs)


def upload(label: Any, **kwargs: Any) -> forms.FileField:
    """A file."""
    return forms.FileField(label=label, widget=UnfoldAdminFileFieldWidget(), **kwargs)


class FilesInput(UnfoldAdminFileFieldWidget):
    """Several files at once."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return files.getlist(name) if hasattr(files, "getlist") else files.get(name)


class FilesField(forms.FileField):
    """A list of uploaded files, perhaps empty."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        return [super(FilesField, self).clean(one, initial) for one in data or []]


def uploads(label: Any, *, accept: str, **kwargs: Any) -> forms.FileField:
    """Several files, or none."""
    return FilesField(label=label, widget=FilesInput(attrs={"accept": accept}), required=False, **kwargs)
