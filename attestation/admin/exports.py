"""What is on record as files: lists as on the screen, and kinds and cycles as an import takes them again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.views import ChangeList

from attestation import access, journal
from attestation.admin.base import ScopedAdmin, by_of
from attestation.admin.files import csv_text, download, download_csv
from attestation.admin.import_templates import file_of, query_of, record_export
from attestation.bulk import batched
from attestation.intake.spec import KINDS, Context, ImportKind
from attestation.labels import Label
from attestation.models import Cycle

FORMS = ("xlsx", "csv")
# Rows that are read at once, with what belongs to them.
BATCH = 1000


def export(
    kind: ImportKind, context: Context, records: QuerySet[Any], form: str, **chosen: Any
) -> HttpResponse:
    """The records as a file of the kind; the journal says who took how many, and how they were `chosen`."""
    resource = kind.resource()
    header, rows = list(resource.titles().values()), list(resource.lines(records))
    record_export(kind, context, rows=len(rows), form=form, **chosen)
    return as_file(kind.title, header, rows, f"{kind.name}.{form}")


def as_file(title: Label, header: Sequence[str], rows: Iterable[Sequence[Any]], name: str) -> HttpResponse:
    """A table as a file of the form that its name ends with."""
    if name.endswith(".csv"):
        return download_csv(csv_text(header, rows), name)
    from attestation.intake.failed_rows import workbook

    return download(workbook(str(title), header, rows), name)


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
    return _button(kind.title, "xlsx"), address + query_of(kind.name, cycle)


def _button(title: Label, form: str) -> str:
    return gettext("Export: %(kind)s (%(form)s)") % {"kind": capfirst(str(title)), "form": form.upper()}


def chosen_in(shown: ChangeList) -> dict[str, Any]:
    """F-T7: what a list was searched and filtered for, as the journal keeps it; empty where all was taken."""
    searched = {"q": shown.query} if shown.query else {}
    filters = searched | {name: values[-1] for name, values in shown.get_filters_params().items()}
    return {"filter": filters} if filters else {}


class ListAsFile(ScopedAdmin):
    """A list that goes out as .xlsx and .csv: the rows on the screen, by scope, search and filters."""

    export_right = "export"
    export_hint: Label = _("The rows of this list, by its search and filters")
    list_before_template = "admin/attestation/exported_list.html"

    @property
    def export_title(self) -> Label:
        return str(self.opts.verbose_name_plural)

    def file_of(self, request: HttpRequest, shown: ChangeList, form: str) -> HttpResponse:
        """What the list shows as a file, and the journal's entry."""
        raise NotImplementedError

    def may_export(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and access.may(request.user, self.export_right)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        return [path("export/<slug:form>/", view, name=name), *super().get_urls()]

    def export_view(self, request: HttpRequest, form: str) -> HttpResponse:
        if form not in FORMS:
            raise Http404
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.may_export(request):
            raise PermissionDenied
        return self.file_of(request, self.get_changelist_instance(request), form)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_export"
        forms = FORMS if self.may_export(request) else ()
        query = request.GET.urlencode()
        exports = [
            (_button(self.export_title, form), f"{reverse(name, args=(form,))}?{query}") for form in forms
        ]
        extra = {"exports": exports, "export_hint": self.export_hint}
        return super().changelist_view(request, {**extra, **(extra_context or {})})


class ExportedList(ListAsFile):
    """A list that goes out as a file of a kind, for those who may bring such files in."""

    file_kind: ClassVar[str]
    export_right = ""
    export_hint = ""
    # From a record of the file to the row of the list.
    row_path = "pk"

    @property
    def export_title(self) -> Label:
        return KINDS[self.file_kind].title

    def may_export(self, request: HttpRequest) -> bool:
        right = self.export_right or KINDS[self.file_kind].right
        return self.has_view_permission(request) and access.may(request.user, right)

    def file_of(self, request: HttpRequest, shown: ChangeList, form: str) -> HttpResponse:
        """What is in force of the rows."""
        kind, context = KINDS[self.file_kind], Context(by_of(request))
        found = {f"{self.row_path}__in": shown.queryset.order_by().values("pk")}
        records = kind.resource().on_record(context).filter(**found)
        return export(kind, context, records, form, **chosen_in(shown))


class PreparedList(ChangeList):
    """The page of a list, its rows with what their columns need beside them."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = self.model_admin.prepared(request, list(self.result_list))


class ScreenList(ListAsFile):
    """A list whose columns are those of its file: each with its title, and the value of a row."""

    file_columns: Sequence[tuple[Label, Callable[[Any], Any]]]

    def prepared(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        """The rows with what their columns need beside them."""
        return rows

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PreparedList

    def file_of(self, request: HttpRequest, shown: ChangeList, form: str) -> HttpResponse:
        lines = [
            [value(row) for _title, value in self.file_columns]
            for some in batched(shown.queryset.iterator(chunk_size=BATCH), BATCH)
            for row in self.prepared(request, some)
        ]
        name = self.opts.model_name or ""
        taken = {"rows": len(lines), "form": form, **chosen_in(shown)}
        journal.record("export", by=by_of(request), subject=name, data=taken)
        header = [capfirst(str(title)) for title, _value in self.file_columns]
        return as_file(self.export_title, header, lines, f"{name}.{form}")
