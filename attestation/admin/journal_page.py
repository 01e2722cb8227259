"""The journal as a list: who did what, when, to whom; found by name, day, act and centre."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from attestation.admin.base import OFFICE_AND_COMMISSION, two_lines, visible
from attestation.admin.exports import ScreenList
from attestation.admin.filters import DayRange, ScopedChoices, region_by
from attestation.admin.journal_lines import ENTRIES, about, line_of, name_of
from attestation.admin.records import case_link
from attestation.models import Employee, JournalEntry
from attestation.names import as_folded

# Of those whom a name finds, as many are looked for among the entries that belong to no case.
MOST_PEOPLE = 100
OF_EMPLOYEE = "employee:"


class ActFilter(DropdownFilter):
    """By what was done, in the reader's words."""

    title = _("act")
    parameter_name = "act"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted(((act, str(label)) for act, label in ENTRIES.items()), key=lambda pair: pair[1])

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(act=self.value()) if self.value() in ENTRIES else queryset


def with_people(request: HttpRequest, entries: list[Any]) -> list[Any]:
    """The entries; one that belongs to no case has the employee whom it names, if the reader may see them."""
    keys = {entry.subject.removeprefix(OF_EMPLOYEE) for entry in entries if not entry.attestation_id}
    people = visible(request.user, Employee.objects.filter(pk__in=filter(str.isdecimal, keys)))
    by_subject = {f"{OF_EMPLOYEE}{person.pk}": person for person in people.select_related("center")}
    for entry in entries:
        entry.person = by_subject.get(entry.subject)
    return entries


def person_of(entry: Any) -> Any:
    """Whom the entry is about; None where it is about nobody whom the reader may see."""
    return entry.attestation.employee if entry.attestation else entry.person


@admin.register(JournalEntry)
class JournalAdmin(ScreenList):
    """Append-only: who did what, when, to which case."""

    seen_by = OFFICE_AND_COMMISSION
    list_display = ("moment", "told", "person", "who")
    list_filter = (
        ("at", DayRange),
        ActFilter,
        region_by("attestation__center"),
        ("attestation__center", ScopedChoices),
    )
    list_select_related = ("actor", "attestation__employee", "attestation__center")
    person_path = "attestation__employee__search_key"
    code_fields = ("subject", "attestation__case_no")
    ordering = ("-seq",)
    file_columns = (
        (_("number"), lambda row: row.seq),
        (_("moment"), lambda row: localtime(row.at).replace(tzinfo=None)),
        (_("act"), lambda row: name_of(row.act)),
        (_("details"), lambda row: "; ".join(line_of(row).details)),
        (_("employee"), lambda row: person_of(row) and person_of(row).full_name),
        (_("about"), lambda row: row.attestation.case_no if row.attestation else about(row.subject)),
        (_("centre"), lambda row: getattr(row.attestation or person_of(row), "center", None)),
        (_("who"), lambda row: line_of(row).who),
    )
    sortable_by = ("moment",)
    readonly_fields = ("who", "act_shown", "about", "said")
    fields = (("seq", "at"), ("who", "act_shown"), "about", "said", "prev_hash", "hash")

    def prepared(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        return with_people(request, rows)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[JournalEntry], search_term: str
    ) -> tuple[QuerySet[JournalEntry], bool]:
        """By the person of the case, and by the employee whom an entry of no case names."""
        found, twice = super().get_search_results(request, queryset, search_term)
        if not search_term.strip():
            return found, twice
        people = Employee.objects.filter(search_key__has_words=as_folded(search_term))
        keys = visible(request.user, people).values_list("pk", flat=True)[:MOST_PEOPLE]
        subjects = [f"{OF_EMPLOYEE}{key}" for key in keys]
        return found | queryset.filter(subject__in=subjects), twice

    @display(description=_("moment"), ordering="seq")
    def moment(self, obj: JournalEntry) -> str:
        at = localtime(obj.at)
        return two_lines(date_format(at, "DATE_FORMAT"), date_format(at, "H:i:s"))

    @display(description=_("act"))
    def told(self, obj: JournalEntry) -> str:
        line = line_of(obj)
        return two_lines(line.title, "; ".join(line.details))

    @display(description=_("about"))
    def person(self, obj: Any) -> str:
        if obj.attestation is None:
            name = obj.person.full_name if obj.person else about(obj.subject)
            return two_lines(name, obj.person.center if obj.person else "")
        case = obj.attestation
        where = format_html("{} · {}", case_link(case), case.center)
        whole = f"{case.employee.full_name}, {case.case_no}, {case.center}"
        return format_html(
            '<span class="two" title="{}"><b>{}</b> <small>{}</small></span>',
            whole,
            case.employee.full_name,
            where,
        )

    @display(description=_("who"))
    def who(self, obj: JournalEntry) -> str:
        return line_of(obj).who

    @display(description=_("act"))
    def act_shown(self, obj: JournalEntry) -> str:
        return name_of(obj.act)

    @display(description=_("about"))
    def about(self, obj: JournalEntry) -> str:
        return case_link(obj.attestation) if obj.attestation else about(obj.subject)

    @display(description=_("details"))
    def said(self, obj: JournalEntry) -> str:
        return "; ".join(line_of(obj).details) or "–"
