"""What is on record as files that an import takes again: a list as on the screen, the records of a cycle."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from attestation import access
from attestation.admin.base import ScopedAdmin, by_of
from attestation.admin.files import csv_text, download, download_csv
from attestation.admin.import_templates import file_of, query_of, record_export
from attestation.intake.spec import KINDS, Context, ImportKind
from attestation.models import Cycle

FORMS = ("xlsx", "csv")


def export(kind: ImportKind, context: Context, records: QuerySet[Any], form: str) -> HttpResponse:
    """The records as a file of the kind; the journal says who took how many."""
    resource = kind.resource()
    header, rows = list(resource.titles().values()), list(resource.lines(records))
    record_export(kind, context, rows=len(rows), form=form)
    if form == "csv":
        return download_csv(csv_text(header, rows), f"{kind.name}.csv")
    from attestation.intake.failed_rows import workbook

    return download(workbook(str(kind.title), header, rows), f"{kind.name}.xlsx")


def cycle_export_view(request: HttpRequest, kind: str) -> HttpResponse:
    """What is on record of the kind in a cycle."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    found, context = file_of(request, kind)
    if context.cycle is None:
        raise Http404
    return export(found, context, found.resource().on_record(context), "xlsx")


def cycle_export(kind: ImportKind, cycle: Cycle) -> tuple[str, str]:
    """What the button says, and where the file of the cycle is."""
    address = reverse("admin:attestation_importjob_export", args=(kind.name,))
    return _button(kind, "xlsx"), address + query_of(kind.name, cycle)


def _button(kind: ImportKind, form: str) -> str:
    return _("Export: %(kind)s (%(form)s)") % {"kind": kind.title, "form": form.upper()}


class ExportedList(ScopedAdmin):
    """A list that goes out as a file of a kind, for those who may bring such files in."""

    file_kind: ClassVar[str]
    export_right = ""
    # From a record of the file to the row of the list.
    row_path = "pk"
    list_before_template = "admin/attestation/exported_list.html"

    def may_export(self, request: HttpRequest) -> bool:
        right = self.export_right or KINDS[self.file_kind].right
        return self.has_view_permission(request) and access.may(request.user, right)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        return [path("export/<slug:form>/", view, name=name), *super().get_urls()]

    def export_view(self, request: HttpRequest, form: str) -> HttpResponse:
        """What is in force of the list on the screen: scope, search and filters."""
        if form not in FORMS:
            raise Http404
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.may_export(request):
            raise PermissionDenied
        kind, context = KINDS[self.file_kind], Context(by_of(request))
        rows = self.get_changelist_instance(request).queryset.order_by().values("pk")
        records = kind.resource().on_record(context)
        return export(kind, context, records.filter(**{f"{self.row_path}__in": rows}), form)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_export"
        forms = FORMS if self.may_export(request) else ()
        query, kind = request.GET.urlencode(), KINDS[self.file_kind]
        exports = [(_button(kind, form), f"{reverse(name, args=(form,))}?{query}") for form in forms]
        return super().changelist_view(request, {"exports": exports, **(extra_context or {})})
