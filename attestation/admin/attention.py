"""Needs attention: records on which scheduled work fails, and the way to have it tried at once (F-D18)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from attestation import access
from attestation.admin.actions import Action, PlainPageAdmin, offer
from attestation.admin.base import STAFF_OFFICE
from attestation.admin.filters import narrowed_by
from attestation.admin.journal_lines import about as about_subject
from attestation.admin.records import case_link
from attestation.admin.work_words import error_words, step_words, work_words
from attestation.by import By
from attestation.models import WorkFailure
from attestation.work import retry_work

SOLVED = narrowed_by(
    "solved",
    gettext_lazy("state"),
    {
        "no": (gettext_lazy("not solved"), lambda rows, now: rows.filter(solved_at__isnull=True)),
        "yes": (gettext_lazy("solved"), lambda rows, now: rows.filter(solved_at__isnull=False)),
    },
)


@admin.register(WorkFailure)
class WorkFailureAdmin(PlainPageAdmin):
    """One row for each record and kind of work that fails, also once it is solved."""

    seen_by = STAFF_OFFICE
    list_display = ("work", "case", "error_shown", "tries", "next_try", "state_shown")
    list_filter = (SOLVED,)
    list_select_related = ("attestation",)
    code_fields = ("attestation__case_no",)
    sortable_by = ()
    actions = ("retry_selected",)
    readonly_fields = ("work", "case", "error_shown", "next_try", "state")
    fields = (
        ("work", "case"),
        "error_shown",
        ("tries", "next_try"),
        ("first_at", "last_at"),
        ("state", "solved_at"),
    )

    # What is open comes first on either database, wherever it puts the nulls.
    ordering = (F("solved_at").asc(nulls_first=True), "next_try_at", "pk")

    @display(description=gettext_lazy("work"))
    def work(self, obj: WorkFailure) -> str:
        return work_words(obj.act)

    @display(description=gettext_lazy("about"))
    def case(self, obj: WorkFailure) -> str:
        if obj.attestation:
            return case_link(obj.attestation)
        return step_words(obj.subject) if obj.act == "step" else about_subject(obj.subject)

    @display(description=gettext_lazy("error"))
    def error_shown(self, obj: WorkFailure) -> str:
        return error_words(obj.error)

    @display(description=gettext_lazy("next try at"))
    def next_try(self, obj: WorkFailure) -> str:
        # A page shows what a method returns as it is: in words here, for the list and the page alike.
        at = timezone.localtime(obj.next_try_at)
        return "–" if obj.solved_at else str(formats.date_format(at, "DATETIME_FORMAT"))

    @display(description=gettext_lazy("state"), label={"open": "danger", "solved": "success"})
    def state_shown(self, obj: WorkFailure) -> tuple[str, Any]:
        return "solved" if obj.solved_at else "open", self.state(obj)

    @display(description=gettext_lazy("state"))
    def state(self, obj: WorkFailure) -> str:
        return _("solved") if obj.solved_at else _("not solved")

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return access.may(request.user, "retry_work")

    @admin.action(description=gettext_lazy("Try again now"), permissions=["retry"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[WorkFailure]) -> None:
        """Each selected row with the next sweep."""
        self.perform_each(request, queryset, "retry")


def retry(failure: WorkFailure, answers: dict[str, Any], by: By) -> str:
    retry_work(failure, by=by)
    return _("The next sweep tries it again, within five minutes.")


offer(
    WorkFailure,
    Action(
        slug="retry",
        right="retry_work",
        title=gettext_lazy("Try again now"),
        explain=gettext_lazy(
            "Look at the record first: as long as the cause is there, the work fails and backs off again."
        ),
        icon="restart_alt",
        run=retry,
        offered=lambda failure: failure.solved_at is None,
        primary=True,
    ),
)
