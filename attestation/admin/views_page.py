"""The log of views as a list: who read whose record, took which file, reached for what is not theirs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.decorators import display

from attestation.admin.base import ADMINISTRATION, two_lines
from attestation.admin.exports import ScreenList
from attestation.admin.filters import Choices, DayRange, ScopedChoices
from attestation.admin.journal_lines import about
from attestation.models import ViewEntry

COLOURS = {"page": "", "file": "info", "refused": "danger"}


@admin.register(ViewEntry)
class ViewEntryAdmin(ScreenList):
    """Append-only, beside the journal."""

    seen_by = ADMINISTRATION
    list_display = ("moment", "what_shown", "read", "person", "who")
    list_filter = (("at", DayRange), ("what", Choices), ("employee__center", ScopedChoices))
    list_select_related = ("user", "employee__center")
    person_path = "employee__search_key"
    code_fields = ("user__username",)
    ordering = ("-at", "-pk")
    sortable_by = ("moment",)
    file_columns = (
        (_("moment"), lambda row: localtime(row.at).replace(tzinfo=None)),
        (pgettext_lazy("view", "what"), lambda row: row.get_what_display()),
        (_("about"), lambda row: read_of(row)),
        (_("employee"), lambda row: row.employee and row.employee.full_name),
        (_("centre"), lambda row: row.employee and row.employee.center),
        (_("who"), lambda row: str(row.user)),
    )
    readonly_fields = ("read", "person", "who")
    fields = (("at", "what"), "read", "person", "who")

    @display(description=_("moment"), ordering="at")
    def moment(self, obj: ViewEntry) -> str:
        at = localtime(obj.at)
        return two_lines(date_format(at, "DATE_FORMAT"), date_format(at, "H:i:s"))

    @display(description=pgettext_lazy("view", "what"), label=COLOURS)
    def what_shown(self, obj: ViewEntry) -> tuple[str, str]:
        return obj.what, obj.get_what_display()

    @display(description=_("about"))
    def read(self, obj: ViewEntry) -> str:
        return read_of(obj)

    @display(description=_("employee"))
    def person(self, obj: ViewEntry) -> str:
        return two_lines(obj.employee.full_name, obj.employee.center) if obj.employee else "–"

    @display(description=_("who"))
    def who(self, obj: ViewEntry) -> str:
        return two_lines(obj.user, obj.user.username)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """To read the log is no reading of a person's record."""
        found = super().get_object(request, object_id, from_field)
        vars(request).pop("_record_read", None)
        return found


def read_of(entry: ViewEntry) -> str:
    """The record and the file in words."""
    return " · ".join(filter(None, (entry.subject and about(entry.subject), entry.file)))
