"""Spreadsheets in: upload, preview with every change and error, confirm."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from unfold.decorators import display

from attestation import access
from attestation.admin import comparison, exports, fields, import_acts, import_progress, import_templates
from attestation.admin.action_pages import refusal_text
from attestation.admin.actions import Action, Button
from attestation.admin.addresses import is_plain_key
from attestation.admin.base import STAFF_OFFICE, by_of, visible
from attestation.admin.case import PageAdmin
from attestation.admin.files import download
from attestation.admin.filters import Choices, Narrowings, waits_by
from attestation.admin.import_answers import AS_MEANT, MeantForm, WordsForm, answers_shown
from attestation.admin.import_belongs import BelongsForm, initial
from attestation.admin.import_next import next_steps, publishing_of
from attestation.admin.import_rows import names_in, preview_row
from attestation.admin.undo_imports import left_by_undoing, may_undo
from attestation.intake import uploads
from attestation.intake.compared import is_comparison
from attestation.intake.missing import missing_people
from attestation.intake.report import cells_shown, file_lines, left_out_lines, left_out_of, shared_errors
from attestation.intake.spec import KINDS, ImportKind, kinds, resource_of
from attestation.law.refusals import RuleRefusal
from attestation.models import ImportJob, ImportRow
from attestation.refusals import Refused

ROWS_A_PAGE = 50
MOST_CAUSES = 20
MOST_MISSING = 50
DIFFERS = "differs"
State = ImportJob.State


def kind_label(kind: str) -> str:
    """What a kind of file is called; its name where no app declares it any more."""
    return str(KINDS[kind].title) if kind in KINDS else kind


class UploadForm(BelongsForm):
    """A file and what it belongs to; `obj` is the kind's resource."""

    file = fields.upload(
        gettext_lazy("File"), help_text=gettext_lazy("A spreadsheet: .xlsx, .csv, .ods or .xls.")
    )
    sheet = fields.text(
        gettext_lazy("Sheet"),
        max_length=255,
        required=False,
        help_text=gettext_lazy("Its name, if another sheet than the first one with the headers is meant."),
    )
    field_order = ("file", "sheet")


class CorrectedForm(forms.Form):
    """The file in which the errors were put right."""

    file = fields.upload(gettext_lazy("The corrected file"))


STATE_COLOURS = {
    "waiting": "",
    "reading": "info",
    "confirming": "info",
    "asked": "warning",
    "previewed": "info",
    "confirmed": "success",
    "refused": "danger",
    "cancelled": "",
    "undone": "warning",
}


def to_confirm(jobs: QuerySet[ImportJob], now: datetime) -> QuerySet[ImportJob]:
    """Files that wait for whoever brought them in; one that is only compared waits for nobody."""
    writing = [kind.name for kind in kinds() if kind.resource.writes]
    return jobs.filter(state__in=(ImportJob.State.ASKED, ImportJob.State.PREVIEWED), kind__in=writing)


def with_refused_rows(jobs: QuerySet[ImportJob], now: datetime) -> QuerySet[ImportJob]:
    """Of these the ones with rows to be put right."""
    return to_confirm(jobs, now).filter(rows_error__gt=0)


WAITS: Narrowings = {
    "confirmation": (gettext_lazy("my files to be confirmed"), to_confirm),
    "correction": (gettext_lazy("my files with refused rows"), with_refused_rows),
}


@admin.register(ImportJob)
class ImportAdmin(PageAdmin):
    """Each upload with its preview and what became of it."""

    page_template = "admin/attestation/importjob/page.html"
    seen_by = STAFF_OFFICE
    list_display = (
        "file_shown",
        "kind_shown",
        "state_shown",
        "counts",
        "actor",
        "created_at",
        "confirmed_at",
    )
    list_display_links = ("file_shown",)
    list_filter = (("state", Choices), waits_by(WAITS))
    list_select_related = ("actor", "cycle", "center")
    code_fields = ("filename",)
    ordering = ("-created_at", "-pk")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.kinds(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever uploaded a file sees what became of it: the commission too, which brings in its rulings."""
        own = isinstance(obj, ImportJob) and obj.actor_id == request.user.pk
        return super().has_view_permission(request, obj) or (own and self.has_add_permission(request))

    def kinds(self, request: HttpRequest) -> list[ImportKind]:
        """The kinds of files that this person may bring in."""
        return [kind for kind in kinds() if kind.resource.writes and access.may(request.user, kind.right)]

    @display(description=gettext_lazy("file"), ordering="filename")
    def file_shown(self, obj: ImportJob) -> str:
        """Not called `file`: Django would show the bytes' own record, and ask for it row by row."""
        return obj.filename[:80]

    @display(description=gettext_lazy("kind"), ordering="kind")
    def kind_shown(self, obj: ImportJob) -> str:
        return kind_label(obj.kind)

    @display(description=gettext_lazy("state"), ordering="state", label=STATE_COLOURS)
    def state_shown(self, obj: ImportJob) -> tuple[str, str]:
        return obj.state, comparison.state_words(obj) if is_comparison(obj) else obj.get_state_display()

    @display(description=gettext_lazy("new / changed / same / errors"))
    def counts(self, obj: ImportJob) -> str:
        return f"{obj.rows_new} / {obj.rows_changed} / {obj.rows_same} / {obj.rows_error}"

    def allowed(self, request: HttpRequest, act: Action, obj: ImportJob) -> bool:
        """F-I17: a file is confirmed by whoever uploaded it, with the right of its kind."""
        if act.slug == "undo":
            return may_undo(obj, access.actor_of(request))
        found = KINDS.get(obj.kind)
        return found is not None and access.may(request.user, found.right) and obj.actor_id == request.user.pk

    def page_after(self, request: HttpRequest, action: Action, obj: ImportJob) -> str:
        """Results without an error lead on to what their publishing does."""
        url = publishing_of(self.admin_site, request, obj) if action.slug == import_acts.CONFIRM else ""
        return url or self.page_of(obj)

    # --- upload ----------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        upload = self.admin_site.admin_view(self.upload_view)
        template = self.admin_site.admin_view(import_templates.template_view)
        export = self.admin_site.admin_view(exports.cycle_export_view)
        failed = self.admin_site.admin_view(self.failed_view)
        differences = self.admin_site.admin_view(self.differences_view)
        return [
            path("upload/<slug:kind>/", upload, name="attestation_importjob_upload"),
            path("template/<slug:kind>.xlsx", template, name="attestation_importjob_template"),
            path("export/<slug:kind>.xlsx", export, name="attestation_importjob_export"),
            path("<int:object_id>/failed.xlsx", failed, name="attestation_importjob_failed"),
            path("<int:object_id>/differences.xlsx", differences, name="attestation_importjob_differences"),
            *super().get_urls(),
        ]

    def failed_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The rows with errors and the reasons, to be corrected and read again."""
        job = self.get_object(request, str(object_id))
        if job is None or not self.has_view_permission(request, job):
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(object_id))
        from attestation.intake.failed_rows import failed_rows

        return download(failed_rows(job), f"import-{job.pk}-errors.xlsx")

    def differences_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """What a comparison found, as a file."""
        job = self.get_object(request, str(object_id))
        if job is None or not self.has_view_permission(request, job) or not is_comparison(job):
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(object_id))
        from attestation.admin.comparison_file import differences

        return download(differences(job, access.actor_of(request)), f"comparison-{job.pk}.xlsx")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Which kind of file?"""
        offered = self.kinds(request)
        if not offered:
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import a file"),
            "opts": self.opts,
            "kinds": [
                (kind.title, reverse("admin:attestation_importjob_upload", args=(kind.name,)), kind.resource)
                for kind in offered
            ],
        }
        return TemplateResponse(request, "admin/attestation/importjob/kinds.html", context)

    def upload_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """The file and what it belongs to; reading it changes nothing but the preview."""
        resource = import_templates.kind_for(request, kind).resource
        if request.method == "POST":
            form = UploadForm(request.POST, request.FILES, obj=resource, user=access.actor_of(request))
            if form.is_valid() and (job := self.read(request, kind, form)):
                if job.state == State.ASKED:
                    return HttpResponseRedirect(reverse(self.url_name("act"), args=(job.pk, "columns")))
                return HttpResponseRedirect(reverse(self.url_name("change"), args=(job.pk,)))
        else:
            form = UploadForm(initial=initial(request), obj=resource, user=access.actor_of(request))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import: %(kind)s") % {"kind": KINDS[kind].title}
            if resource.writes
            else KINDS[kind].title,
            "opts": self.opts,
            "form": form,
            "compares": not resource.writes,
            "columns": list(resource.columns().values()),
            "template_url": import_templates.template_url(kind, import_templates.asked_cycle(request))
            if resource.writes
            else "",
            "media": self.media + form.media,
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "admin/attestation/importjob/upload.html", context, status=status)

    def read(self, request: HttpRequest, kind: str, form: UploadForm) -> ImportJob | None:
        """The preview of the file, or what is wrong with it said on the form."""
        file = form.cleaned_data["file"]
        belongs = form.belongs() | {"sheet": form.cleaned_data["sheet"].strip()}
        belongs["corrects"] = self.corrected(request)
        try:
            job = uploads.upload(kind, file.read(), file.name, by=by_of(request), **belongs)
        except (Refused, RuleRefusal) as refusal:
            form.add_error("file", refusal_text(refusal))
            return None
        import_progress.wake_a_worker(job)
        return job

    def corrected(self, request: HttpRequest) -> ImportJob | None:
        """The file with errors that the uploaded one corrects."""
        number = request.POST.get("corrects", "")
        return (
            ImportJob.objects.filter(pk=number, actor=request.user.pk).first()
            if is_plain_key(number)
            else None
        )

    def said_of_file(self, request: HttpRequest, obj: ImportJob) -> dict[str, Any]:
        """What was left out, what the officer said, and what there is to be said."""
        offered = {button.action.slug: button.url for button in self.buttons(request, obj)}
        form = WordsForm(obj=obj, user=access.actor_of(request)) if "words" in offered else None
        missing = visible(request.user, missing_people(obj))
        return {
            "next_steps": next_steps(self.admin_site, request, obj),
            "missing": (first := list(missing[:MOST_MISSING])),
            "missing_count": len(first) if len(first) < MOST_MISSING else missing.count(),
            "left_out": left_out_lines(obj),
            "left_out_count": len(left_out_of(obj)),
            "answers": answers_shown(obj),
            "causes": [
                {**error, "cells": cells_shown(error)}
                for error in (shared_errors(obj)[:MOST_CAUSES] if obj.state == State.PREVIEWED else ())
            ],
            "words": form if form and any(word.rows for word in form.words) else None,
            "words_url": offered.get("words"),
            "sheets": import_progress.other_sheets(obj) if "sheet" in offered else [],
            "sheet_url": offered.get("sheet"),
            "meant": MeantForm(obj=obj, user=access.actor_of(request)) if AS_MEANT in offered else None,
            "meant_url": offered.get(AS_MEANT),
        }

    def confirm_button(self, request: HttpRequest, obj: ImportJob) -> Button | None:
        """The act of confirming, where it is this person's to do now."""
        found = [button for button in self.buttons(request, obj) if button.action.slug == import_acts.CONFIRM]
        return found[0] if found and (obj.rows_read > obj.rows_error or not obj.rows_read) else None

    # --- preview ---------------------------------------------------------------------------------

    def page_context(self, request: HttpRequest, obj: ImportJob, now: datetime) -> dict[str, Any]:
        titles = resource_of(obj.kind).titles()
        kind = request.GET.get("kind", DIFFERS if DIFFERS in obj.columns else "")
        rows = obj.rows.order_by("row_no")
        if kind in ImportRow.Kind.values:
            rows = rows.filter(kind=kind)
        elif kind == DIFFERS:
            rows = rows.filter(row_no__in=obj.columns.get(DIFFERS, []))
        page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("p"))
        by_kind = tabs(obj, kind)
        names = names_in(obj, list(page.object_list), access.actor_of(request))
        return {
            "title": obj.filename[:80],
            "kind_label": kind_label(obj.kind),
            "state_colour": STATE_COLOURS[obj.state],
            "state_words": obj.get_state_display(),
            "file_lines": file_lines(obj),
            **self.said_of_file(request, obj),
            "page": page,
            "rows": [preview_row(row, titles, names[row.row_no]) for row in page.object_list],
            "kind": kind,
            "confirm": self.confirm_button(request, obj),
            "good": obj.rows_read - obj.rows_error,
            "embedded": (import_acts.CONFIRM, AS_MEANT, "sheet", "words"),
            "kind_query": urlencode({"kind": kind}) if kind else "",
            "tabs": by_kind,
            "failed_url": failed_url(obj),
            "corrected": CorrectedForm(),
            "upload_url": reverse("admin:attestation_importjob_upload", args=(obj.kind,)),
            "forgotten": obj.rows_read > 0 and not obj.rows.exists(),
            **left_by_undoing(obj),
            **import_progress.shown(obj, now),
            **(comparison.shown(request, obj) if is_comparison(obj) else {}),
        }


def failed_url(job: ImportJob) -> str:
    """The file of the rows to be corrected, where there are any (still: they are forgotten in time)."""
    if job.state not in (State.PREVIEWED, State.CONFIRMED):
        return ""
    kept = job.rows_error and job.rows.filter(kind=ImportRow.Kind.ERROR).exists()
    return reverse("admin:attestation_importjob_failed", args=(job.pk,)) if kept else ""


def tabs(job: ImportJob, active: str) -> list[dict[str, Any]]:
    """The filter by kind, with the counts."""
    counts = [
        ("", _("all rows"), job.rows_new + job.rows_changed + job.rows_same + job.rows_error),
        ("new", pgettext("rows", "new"), job.rows_new),
        ("changed", pgettext("rows", "changed"), job.rows_changed),
        ("same", _("same"), job.rows_same),
        ("error", _("with errors"), job.rows_error),
    ]
    if DIFFERS in job.columns:
        counts.insert(0, (DIFFERS, _("differs from the file before"), len(job.columns[DIFFERS])))
    return [
        {
            "title": title,
            "count": count,
            "query": urlencode({"kind": kind}) if kind or DIFFERS in job.columns else "",
            "active": kind == active,
            "kind": kind,
        }
        for kind, title, count in counts
    ]
