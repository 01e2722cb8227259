"""Staff: found by name or IIN, read with their categories and attestations, imported and exported."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Case, Prefetch, Q, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from attestation import access, clock
from attestation.admin import fields
from attestation.admin.action_pages import refusal_text
from attestation.admin.actions import Action, ActionForm, PlainPageAdmin, offer
from attestation.admin.addresses import iin_in
from attestation.admin.base import OFFICE_AND_COMMISSION, RecordForm, ScopedInline, two_lines
from attestation.admin.counted import keys_found_first
from attestation.admin.exports import ExportedList
from attestation.admin.filters import Choices, ScopedChoices, only_those, region_by
from attestation.admin.records import case_link
from attestation.by import By
from attestation.cases.former_categories import NAME_MAX, record_former_category
from attestation.identifiers import IdentifierError, check_iin
from attestation.labels import CATEGORIES
from attestation.law.calendar import local_day
from attestation.law.listing import check_position_at
from attestation.law.refusals import RuleRefusal
from attestation.law.vocabulary import Category, CenterKind, Position
from attestation.models import Attestation, CategoryTerm, Employee, JournalEntry
from attestation.names import as_spelled


class EmployeeForm(RecordForm):
    """A person typed in by hand; the import of staff checks the same."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False, label="")

    class Meta:
        model = Employee
        fields = (
            "iin",
            "last_name",
            "first_name",
            "patronymic",
            "center",
            "unit",
            "position",
            "hired_on",
            "language",
            "email",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["seen_version"].initial = self.instance.version

    def clean_iin(self) -> str:
        text = str(self.cleaned_data["iin"]).strip()
        try:
            check_iin(text)
        except IdentifierError as error:
            raise ValidationError(
                _(
                    "“%(iin)s” is no IIN: twelve digits with a right check digit. "
                    "Compare it with the document."
                )
                % {"iin": text}
            ) from error
        return text

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        center, position = data.get("center"), data.get("position")
        if center is not None and position:
            try:
                check_position_at(CenterKind(center.kind), Position(position))
            except RuleRefusal as refusal:
                self.add_error("position", refusal_text(refusal))
        seen = data.get("seen_version")
        if self.instance.pk and seen is not None and seen != self.instance.version:
            raise ValidationError(
                _("Somebody changed this record meanwhile. Open the page again and repeat your change.")
            )
        return data


class PeriodInline(ScopedInline):
    """¶7: the categories held; decisions write them."""

    model = CategoryTerm
    fk_name = "employee"
    fields = readonly_fields = ("category", "starts_on", "through", "decision", "former_name", "document")
    verbose_name_plural = gettext_lazy("Qualification categories")
    hide_title = True

    @display(description=gettext_lazy("through"))
    def through(self, obj: CategoryTerm) -> str:
        """I-16: a period superseded on the day it began was never in force, and has no last day."""
        if not obj.is_void:
            return formats.date_format(obj.ends_on)
        return two_lines(
            _("void"),
            _("A later decision superseded it on the day it began: it was never in force."),
        )


class AttestationInline(ScopedInline):
    """The person's cases."""

    model = Attestation
    fields = readonly_fields = ("case", "purpose_shown", "declared", "status")
    verbose_name_plural = gettext_lazy("Attestations")
    hide_title = True

    @display(description=gettext_lazy("purpose"))
    def purpose_shown(self, obj: Attestation) -> str:
        return two_lines(obj.get_purpose_display(), _("re-attestation") if obj.repeat else "")

    @display(description=gettext_lazy("case"))
    def case(self, obj: Attestation) -> str:
        return case_link(obj)


def in_service(staff: QuerySet[Employee], now: datetime) -> QuerySet[Employee]:
    """Those who have not left."""
    return staff.filter(left_on__isnull=True)


@admin.register(Employee)
class EmployeeAdmin(ExportedList, PlainPageAdmin):
    """The staff of the centres in sight."""

    form = EmployeeForm
    seen_by = OFFICE_AND_COMMISSION
    add_right = change_right = "import_staff"
    list_display = ("full", "post", "category_now", "hired_on")
    list_filter = (
        region_by("center"),
        ("center", ScopedChoices),
        ("position", Choices),
        only_those("in_service", gettext_lazy("in service"), in_service),
    )
    list_select_related = ("center",)
    ordering = ("sort_key", "pk")
    person_path = "search_key"
    search_fields = ("search_key",)
    list_before_template = "admin/attestation/employee/tools.html"
    file_kind, export_right = "staff", "export"
    inlines = (PeriodInline, AttestationInline)
    fieldsets = (
        (None, {"fields": (("last_name", "first_name", "patronymic"), ("iin", "language", "email"))}),
        (
            gettext_lazy("Post"),
            {"fields": (("center", "unit"), ("position", "hired_on"), "left_on", "seen_version")},
        ),
    )

    def employee_of(self, obj: Employee) -> Employee:
        return obj

    def get_queryset(self, request: HttpRequest) -> QuerySet[Employee]:
        today = local_day(clock.now())
        in_force = CategoryTerm.objects.in_force_on(today)
        return super().get_queryset(request).prefetch_related(Prefetch("category_terms", queryset=in_force))

    @display(description=gettext_lazy("employee"), ordering="sort_key")
    def full(self, obj: Employee) -> str:
        return two_lines(obj.full_name, obj.get_position_display())

    @display(description=gettext_lazy("centre"))
    def post(self, obj: Employee) -> str:
        return two_lines(obj.center, obj.unit)

    @display(description=gettext_lazy("category"))
    def category_now(self, obj: Employee) -> str:
        return str(CATEGORIES[obj.category_on(local_day(clock.now()))])

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Employee], search_term: str
    ) -> tuple[QuerySet[Employee], bool]:
        """A choice by typing finds by IIN too, and first who is spelled as typed; it shows a few alone."""
        asked_by = request.resolver_match
        if asked_by is None or asked_by.url_name != "autocomplete":
            return super().get_search_results(request, queryset, search_term)
        if iin := iin_in(search_term):
            return queryset.filter(iin=iin), False
        found, _twice = super().get_search_results(request, queryset, search_term)
        spelled = Q(search_key__has_words=as_spelled(search_term))
        keys = keys_found_first(found.filter(spelled)) + keys_found_first(found)
        as_typed = Case(When(spelled, then=0), default=1)
        return queryset.filter(pk__in=keys).order_by(as_typed, *self.ordering), False

    def get_readonly_fields(self, request: HttpRequest, obj: Employee | None = None) -> tuple[str, ...]:
        """Post, centre and IIN change by acts and imports of their own, not by a form."""
        return ("iin", "center", "position", "hired_on", "left_on") if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: Employee | None = None) -> Any:
        fields: tuple[Any, ...] = (("center", "unit"), ("position", "hired_on"))
        if obj is not None:
            # Who only looks has no version to send back (F-C3).
            if self.has_change_permission(request, obj):
                return self.fieldsets
            fields = (*fields, "left_on")
        return (self.fieldsets[0], (self.fieldsets[1][0], {"fields": fields}))

    def get_inlines(self, request: HttpRequest, obj: Employee | None) -> Any:
        return self.inlines if obj else ()

    def journal_of(self, obj: Employee) -> QuerySet[JournalEntry]:
        return super().journal_of(obj) | JournalEntry.objects.filter(attestation__employee=obj)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {"may_import": access.may(request.user, "import_staff")}
        return super().changelist_view(request, extra | (extra_context or {}))


class FormerForm(ActionForm):
    """I-42: which category it is now, what it was called, since when, by which document."""

    category = fields.choice(
        gettext_lazy("Category"),
        [(kind.value, label) for kind, label in CATEGORIES.items() if kind is not Category.NONE],
    )
    former_name = fields.text(gettext_lazy("Former name"), max_length=NAME_MAX)
    starts_on = fields.day(gettext_lazy("Conferred on"))
    document = fields.text(gettext_lazy("Document"), max_length=NAME_MAX)


def record_former(person: Employee, answers: dict[str, Any], by: By) -> str:
    period = record_former_category(person, **answers, by=by)
    return _("On record: %(term)s.") % {"term": str(period)}


offer(
    Employee,
    Action(
        slug="former-category",
        right="set_category",
        title=gettext_lazy("Record a category conferred before this order"),
        explain=gettext_lazy(
            "It is put on record as a category of this order, with its former name and the document beside "
            "it; its term counts from its own day."
        ),
        icon="history_edu",
        form=FormerForm,
        run=record_former,
        offered=lambda person: person.position == Position.CAREER_SPECIALIST,
    ),
)
