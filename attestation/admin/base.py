"""What every page of the back office shares: scope, rights by role, lookups, search; no deletion.

Rights come from `attestation.access` alone; Django's own permission tables are not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite, ShowFacets
from django.core.exceptions import PermissionDenied
from django.db.models import ForeignKey, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin, TabularInline

from attestation import access, clock, journal, viewed
from attestation.admin.addresses import cleaned_parameters, is_plain_key
from attestation.admin.counted import BoundedPaginator
from attestation.admin.drafts import taken
from attestation.admin.fields import FoundBySearch
from attestation.admin.journal_lines import lines
from attestation.by import By
from attestation.models import CalendarDay, CalendarYear, JournalEntry, Outage, Region, Role, RuleSet
from attestation.names import as_folded

EVERYONE = frozenset(Role)
STAFF_OFFICE = frozenset({Role.ADMINISTRATOR, Role.AUDITOR, Role.HR})
OFFICE_AND_COMMISSION = STAFF_OFFICE | frozenset({Role.SECRETARY, Role.CHAIR})
ADMINISTRATION = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
# Read by every role alike: they name no person and no centre's affairs.
REFERENCE: frozenset[type[Model]] = frozenset({Region, RuleSet, CalendarYear, CalendarDay, Outage})

if TYPE_CHECKING:
    # Django's forms take no [model] at run time, and each names its own in Meta: Any stands for it.
    RecordForm = forms.ModelForm[Any]
else:
    RecordForm = forms.ModelForm

M = TypeVar("M", bound=Model)


def visible(user: access.Anyone, queryset: QuerySet[M]) -> QuerySet[M]:
    """The rows the user may see: all of a reference table, else those in scope. Fails closed."""
    if queryset.model in REFERENCE and access.role_of(user):
        return queryset
    return access.scoped(user, queryset)


def by_of(request: HttpRequest) -> By:
    """The account at the screen, and now."""
    return By(access.actor_of(request), clock.now())


class ScopedMixin:
    """Scope of rows and of choices, and the rights of the role; for pages and for inlines."""

    seen_by: frozenset[str] = EVERYONE
    # Acts of `access.RIGHTS`; empty: nobody adds or changes here, a service does.
    add_right = ""
    change_right = ""
    model: type[Model]
    admin_site: AdminSite
    autocomplete_fields: ClassVar[Sequence[str]]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)  # type: ignore[misc]  # a mixin
        return visible(request.user, rows)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Model], request: HttpRequest, **kwargs: Any
    ) -> Any:
        related = db_field.remote_field.model
        kwargs.setdefault("queryset", visible(request.user, related._default_manager.all()))
        if db_field.name in self.autocomplete_fields:
            kwargs.setdefault("widget", FoundBySearch(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]  # a mixin

    def own_record(self, request: HttpRequest, obj: Model | None) -> bool:
        """F-A6: whether the row is about the person at the screen."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access.role_of(request.user) in self.seen_by

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.add_right) and access.may(request.user, self.add_right)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not self.change_right or not access.may(request.user, self.change_right):
            return False
        return not (isinstance(obj, Model) and self.own_record(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing on record is ever deleted from a page."""
        return False


class ScopedAdmin(ScopedMixin, ModelAdmin):
    """The one base of every page (a test holds that)."""

    list_per_page = 50
    list_max_show_all = 200
    show_full_result_count = False
    list_filter_submit = True
    show_facets = ShowFacets.NEVER
    list_filter_sheet = True
    compressed_fields = False
    warn_unsaved_form = True
    save_on_top = False
    # Path to the folded name of the person whom a row is about, for the search.
    person_path = ""
    # Other columns that the search compares with.
    code_fields: Sequence[str] = ()
    refuses_iin = True

    # --- lists ---------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What a list reads with its rows (`list_select_related`) the page of one row reads too."""
        rows = super().get_queryset(request)
        return rows.select_related(*self.list_select_related) if self.list_select_related else rows

    def get_paginator(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any) -> Any:
        """Counted whole where an act may be done to all the rows, which are then named by their number."""
        if self.actions:
            return super().get_paginator(request, queryset, *args, **kwargs)
        return BoundedPaginator(queryset, *args, **kwargs)

    def get_search_fields(self, request: HttpRequest) -> Sequence[str]:
        """What the search looks at; empty hides the box."""
        return (self.person_path, *self.code_fields) if self.person_path else tuple(self.code_fields)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Every word at the start of one of the name, folded, in any order, or the whole query in a code."""
        query = search_term.replace("\x00", "").strip()
        if not query:
            return queryset, False
        condition = Q()
        for field in self.code_fields:
            condition |= Q(**{f"{field}__icontains": query})
        if self.person_path:
            condition |= Q(**{f"{self.person_path}__has_words": as_folded(query)})
        return queryset.filter(condition), False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """F-A4: the lookups that the page's own filters make, and no others."""
        return lookup in self.filter_lookups(request)

    def filter_lookups(self, request: HttpRequest | None) -> set[str]:
        """Each parameter that a filter of this list can put into the address."""
        found: set[str] = set()
        for entry in self.get_list_filter(request):
            path = entry[0] if isinstance(entry, (tuple, list)) else entry
            if isinstance(path, str):
                found |= {path + end for end in ("", "__exact", "__id__exact", "__isnull", "_from", "_to")}
            else:
                found.add(path.parameter_name)
        return found

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A list; parameters that it doesn't know are left out with a note (F-A4, F-W4, F-W10)."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        kept, notes = cleaned_parameters(request.GET, self.filter_lookups(request), self.refuses_iin)
        if notes:
            for note in notes:
                messages.warning(request, note)
            query = kept.urlencode()
            return HttpResponseRedirect(f"{request.path}?{query}" if query else request.path)
        title = {"title": capfirst(self.opts.verbose_name_plural)}
        page: HttpResponse = super().changelist_view(request, {**title, **(extra_context or {})})
        return page

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """F-W4: a key that is no key must not reach the database."""
        if not all(is_plain_key(key) for key in request.POST.getlist("_selected_action")):
            messages.warning(request, _("Nothing was done: the selection was not understood. Select again."))
            return None
        answer: HttpResponse | None = super().response_action(request, queryset)
        return answer

    # --- one record ----------------------------------------------------------------------------

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """F-A1: a row of another centre is answered like one that does not exist."""
        if "\x00" in str(object_id):
            return None
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            viewed.about(request, found)
        return found

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        """The same words for a missing row and for one out of scope, which the log of views tells apart; no
        key that was asked for."""
        viewed.out_of_sight(request, opts.model, object_id)
        messages.warning(request, _("There is no such record among those in your sight."))
        return HttpResponseRedirect(reverse("admin:index"))

    def journal_of(self, obj: Any) -> QuerySet[JournalEntry]:
        """The entries about the row; a case's page overrides this."""
        return JournalEntry.objects.filter(subject=subject_of(obj))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The journal of the record, in the place of Django's own history."""
        obj = self.get_object(request, object_id)
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Journal"),
            "opts": self.opts,
            "object": obj,
            "lines": lines(self.journal_of(obj)),
        }
        return TemplateResponse(request, "admin/journal_of.html", context)

    # --- writing: Django's form saves, the journal says so, in one transaction -------------------

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """One way to save: back to the list, which says what was saved."""
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **kwargs)

    def construct_change_message(
        self, request: HttpRequest, form: RecordForm, formsets: Any, add: bool = False
    ) -> Any:
        return {
            name: [shown(form.initial.get(name)), shown(form.cleaned_data.get(name))]
            for name in form.changed_data
            if not name.startswith("password") and name in form.cleaned_data
        }

    def save_model(self, request: HttpRequest, obj: Any, form: RecordForm, change: bool) -> None:
        access.require(request.user, self.change_right if change else self.add_right)
        if change and hasattr(obj, "version"):
            obj.version += 1
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        answer: HttpResponse = super().response_add(request, obj, post_url_continue)
        return taken(request, answer)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        answer: HttpResponse = super().response_change(request, obj)
        return taken(request, answer)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        self._journal(request, "record_added", obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        self._journal(request, "record_changed", obj, message)

    def _journal(self, request: HttpRequest, act: str, obj: Any, message: Any) -> None:
        data = {"changes": message} if isinstance(message, dict) else {"note": shown(message)}
        journal.record(act, by=by_of(request), subject=subject_of(obj), data=data)


class ScopedInline(ScopedMixin, TabularInline):
    """Rows below a record: to be read; services write them."""

    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = False
    hide_title = True


def two_lines(first: Any, second: Any) -> str:
    """A cell of a list: what counts, and below it what belongs to it; whole where it is cut on the screen."""
    if not second:
        return format_html('<span class="two" title="{0}"><b>{0}</b></span>', first)
    return format_html(
        '<span class="two" title="{0} {1}"><b>{0}</b> <small>{1}</small></span>', first, second
    )


def subject_of(obj: Model) -> str:
    """How the journal names a record that belongs to no case."""
    return f"{obj._meta.model_name}:{obj.pk}"


def shown(value: Any) -> str:
    """A form's value as the journal keeps it."""
    if value is None:
        return ""
    if isinstance(value, Model):
        return str(value.pk)
    return str(value)
