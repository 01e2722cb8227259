"""Records that services write and people read: results, decisions, consequences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext
from unfold.decorators import display

from attestation import access
from attestation.admin import decision_cells as cells
from attestation.admin import panels, story
from attestation.admin.base import ADMINISTRATION, ScopedAdmin, two_lines
from attestation.admin.case import PageAdmin
from attestation.admin.exports import ScreenList
from attestation.admin.filters import Choices, ScopedChoices, at_first, narrowed_by, region_by
from attestation.law.calendar import local_day
from attestation.models import (
    Attestation,
    Consequence,
    Decision,
    Employee,
    JobRun,
    JournalEntry,
    Result,
)
from attestation.notices.reach import unheard
from attestation.reason_words import reason_text


def case_link(case: Attestation | None) -> str:
    """The way to the case's page."""
    if case is None:
        return "–"
    url = reverse("admin:attestation_attestation_change", args=(case.pk,))
    return format_html('<a class="case-link" href="{}">{}</a>', url, case.case_no)


class CaseColumns:
    """Whose case it is, and the search by person and number."""

    list_select_related: Sequence[str] = ("attestation__employee",)
    person_path = "attestation__employee__search_key"
    code_fields: Sequence[str] = ("attestation__case_no",)

    @display(description=_("attestation"))
    def case(self, obj: Any) -> str:
        return case_link(obj.attestation)

    @display(description=_("attestee"), ordering="attestation__employee__sort_key")
    def person(self, obj: Any) -> str:
        return str(obj.attestation.employee.full_name)


class OfCase(CaseColumns, ScopedAdmin):
    """Rows of a case, read only, the latest first."""

    ordering: Sequence[str] = ("-pk",)
    readonly_fields: Sequence[str] = ("case",)


@admin.register(Result)
class ResultAdmin(OfCase):
    """¶17: results as they came and as they were superseded."""

    list_display = ("person", "case", "score", "source", "finished_at", "published_at", "superseded_at")
    list_filter = (
        region_by("attestation__center"),
        ("attestation__cycle", ScopedChoices),
        ("source", Choices),
    )
    readonly_fields = ("case", "wrong", "why")
    fields = (
        "case",
        ("questions_total", "correct_answers"),
        "wrong",
        ("test_variant", "test_language", "finished_at"),
        ("source", "why"),
        ("recorded_at", "recorded_by"),
        ("published_at", "superseded_at", "voided_at"),
    )

    @display(description=_("wrong questions"))
    def wrong(self, obj: Result) -> str:
        return ", ".join(map(str, obj.wrong_questions or ())) or "–"

    @display(description=_("reason"))
    def why(self, obj: Result) -> str:
        return reason_text(obj.reason) or "–"

    @display(description=_("result"))
    def score(self, obj: Result) -> str:
        void = pgettext("result", "void, import undone")
        return str(obj) if obj.voided_at is None else f"{obj} – {void}"


# I-37: decisions whose consequence nobody has heard of.
HEARD = narrowed_by(
    "heard",
    _("notice of the consequence"),
    {"nobody": (_("reached nobody"), lambda rows, now: rows.filter(pk__in=unheard().values("pk")))},
)


def in_force(decisions: QuerySet[Decision], now: datetime) -> QuerySet[Decision]:
    """Those that nothing has superseded."""
    return decisions.filter(superseded_at__isnull=True)


CURRENT = at_first(
    "in_force",
    _("in force"),
    {
        "yes": (_("yes"), in_force),
        "no": (_("no"), lambda decisions, now: decisions.filter(superseded_at__isnull=False)),
        "all": (_("all"), lambda decisions, now: decisions),
    },
)


@admin.register(Decision)
class DecisionAdmin(CaseColumns, ScreenList, PageAdmin):
    """¶30: decisions, each with its reasons; superseded ones are kept."""

    page_template = "admin/attestation/decision/page.html"
    list_before_template = "admin/attestation/decision/tools.html"
    list_display = ("person", "case", "outcome_shown", "points", "change", "day")
    list_filter = (
        region_by("attestation__center"),
        ("attestation__cycle", ScopedChoices),
        ("outcome", Choices),
        ("state", Choices),
        CURRENT,
        HEARD,
    )
    list_select_related = (
        "attestation__employee",
        "attestation__center",
        "attestation__cycle",
        "result",
        "supersedes",
        # I-25: the case that a re-attestation repeats, and how it ended.
        "attestation__repeats__decision",
        "attestation__repeats__attestation",
    )
    ordering = ("-pk",)
    file_columns = (
        (_("attestee"), lambda row: row.attestation.employee.full_name),
        (_("centre"), lambda row: row.attestation.center),
        (_("attestation"), lambda row: row.attestation.case_no),
        (_("decision"), lambda row: row.get_outcome_display()),
        (_("points"), cells.number_of),
        (_("existing category"), cells.category_before),
        (_("category by the decision"), lambda row: row.get_category_display()),
        (_("state"), lambda row: row.get_state_display()),
        (_("day of the decision"), lambda row: row.dated),
        (_("formed on"), lambda row: local_day(row.formed_at)),
        (_("superseded on"), lambda row: row.superseded_at and local_day(row.superseded_at)),
    )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        offered = {"may_compare": access.may(request.user, "compare_decisions")}
        return super().changelist_view(request, {**(extra_context or {}), **offered})

    @display(description=_("attestee"), ordering="attestation__employee__sort_key")
    def person(self, obj: Decision) -> str:
        return two_lines(obj.attestation.employee.full_name, obj.attestation.center)

    @display(description=_("decision"), ordering="outcome")
    def outcome_shown(self, obj: Decision) -> str:
        return cells.outcome_chip(obj)

    @display(description=_("points"))
    def points(self, obj: Decision) -> str:
        return cells.points_of(obj)

    @display(description=_("category before → after"), ordering="category")
    def change(self, obj: Decision) -> str:
        return cells.category_change(obj)

    @display(description=_("day of the decision"), ordering="dated")
    def day(self, obj: Decision) -> str:
        """I-28: of a final decision; a provisional one has none, only the day it was formed on."""
        state = obj.get_state_display() if obj.superseded_at is None else _("superseded")
        return two_lines(date_format(obj.dated or local_day(obj.formed_at), "SHORT_DATE_FORMAT"), state)

    def journal_of(self, obj: Decision) -> QuerySet[JournalEntry]:
        return JournalEntry.objects.filter(attestation=obj.attestation)

    def page_context(self, request: HttpRequest, obj: Decision, now: datetime) -> dict[str, Any]:
        return {
            "title": f"{obj.attestation.case_no} – {obj.attestation.employee.full_name}",
            "card": story.decision_card(obj),
            "panels": panels.shown(obj, access.actor_of(request), now),
            "case_url": reverse("admin:attestation_attestation_change", args=(obj.attestation_id,)),
        }


# Every state: the label of one that is not here would be its code.
CONSEQUENCE_COLOURS = dict.fromkeys(Consequence.State.values, "") | {
    "open": "warning",
    "done": "success",
    "waiting": "warning",
}


@admin.register(Consequence)
class ConsequenceAdmin(CaseColumns, PageAdmin):
    """¶27, ¶28: what final decisions brought, and what the employer did about it (I-19)."""

    page_template = "admin/attestation/consequence/page.html"
    list_display = ("person", "case", "kind", "state_shown", "effective_on", "due_on", "point_shown")
    list_filter = (region_by("attestation__center"), ("kind", Choices), ("state", Choices))
    list_select_related = ("attestation__employee", "decision", "done_by")
    ordering = ("-pk",)

    def employee_of(self, obj: Consequence) -> Employee:
        return obj.attestation.employee

    @display(description=_("state"), label=CONSEQUENCE_COLOURS)
    def state_shown(self, obj: Consequence) -> tuple[str, str]:
        words = obj.get_state_display()
        return obj.state, f"{words} – {obj.get_why_display()}" if obj.why else words

    @display(description=_("point"), ordering="cite")
    def point_shown(self, obj: Consequence) -> str:
        return obj.cite_shown

    def journal_of(self, obj: Consequence) -> QuerySet[JournalEntry]:
        return JournalEntry.objects.filter(attestation=obj.attestation)

    def page_context(self, request: HttpRequest, obj: Consequence, now: datetime) -> dict[str, Any]:
        return {
            "title": f"{obj.attestation.case_no} – {obj.get_kind_display()}",
            "point": story.point_of(obj.cite, story.decided_by(obj.decision)),
            "case_url": reverse("admin:attestation_attestation_change", args=(obj.attestation_id,)),
        }


@admin.register(JobRun)
class JobRunAdmin(ScopedAdmin):
    """When each scheduled job last ran."""

    seen_by = ADMINISTRATION
    list_display = ("job", "started_at", "finished_at", "lease_until")
    fields = (("job", "lease_until"), ("started_at", "finished_at"))
    readonly_fields = ("job",)
    sortable_by = ()

    @admin.display(description=_("job"))
    def job(self, obj: JobRun) -> str:
        """What runs, in words."""
        return str(obj)
