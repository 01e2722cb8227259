"""The attestation: the list of cases, and the page that tells one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from attestation import access, clock
from attestation.admin import panels, story
from attestation.admin.actions import ActionAdmin
from attestation.admin.base import two_lines
from attestation.admin.case_cells import standings
from attestation.admin.decision_cells import number_of, outcome_chip, points_of
from attestation.admin.exports import ScreenList
from attestation.admin.filters import (
    Choices,
    ScopedChoices,
    narrowed_by,
    region_by,
    waits_by,
)
from attestation.admin.journal_lines import latest
from attestation.admin.panels import Panel
from attestation.cases import corrections, finality, waiting
from attestation.cases.decisions import HELD_FOR_A_TABLE
from attestation.lookup import latest_first
from attestation.models import (
    Attestation,
    Consequence,
    Correction,
    CorrectionRequest,
    Deadline,
    Decision,
    Employee,
    GroundMark,
    JournalEntry,
    ProofOfService,
    Result,
    Status,
    User,
)
from attestation.reason_words import reason_text
from attestation.refusals import refusal_of

STATUS_COLOURS = {
    Status.LISTED: "",
    Status.NOT_ADMITTED: "danger",
    Status.ADMITTED: "info",
    Status.ABSENT: "danger",
    Status.TESTED: "info",
    Status.HELD: "warning",
    Status.SCORED: "info",
    Status.PROVISIONAL: "primary",
    Status.FINAL: "success",
    Status.CLOSED: "",
}


WAITS = {
    "publication": (_("results not published"), waiting.unpublished),
    "data": (_("held: data not read"), waiting.held_for_data),
    "ruling": (_("held: row 2 waits for a ruling"), waiting.held_for_ruling),
    "absence": (_("absent, nothing decided"), waiting.absent),
    "finality": (_("decisions ready to become final"), finality.deadlines_over),
}


class PageAdmin(ActionAdmin):
    """A record that is read on a page of its own and changed by acts alone: no form, no saving."""

    page_template = ""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if object_id is None:
            page: HttpResponse = ModelAdmin.changeform_view(self, request, object_id, form_url, extra_context)
            return page
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        obj = self.get_object(request, object_id)
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": str(obj),
            "opts": self.opts,
            "object": obj,
            "own_record": self.own_record(request, obj),
            "history_url": reverse(self.url_name("history"), args=(obj.pk,)),
            **self.page_context(request, obj, clock.now()),
            **(extra_context or {}),
        }
        # Not asked for where the page chose of them itself.
        if "buttons" not in context:
            context["buttons"] = self.buttons(request, obj)
        return TemplateResponse(request, self.page_template, context)

    def page_context(self, request: HttpRequest, obj: Any, now: datetime) -> dict[str, Any]:
        """What the page shows beside its acts."""
        raise NotImplementedError


# I-39: cases held because the points that measure the position print different numbers.
CONTRADICTING = narrowed_by(
    "contradicting",
    _("contradiction in the order"),
    {
        "points": (
            _("held: the points of the order contradict each other"),
            lambda cases, now: cases.filter(HELD_FOR_A_TABLE),
        )
    },
)
# Cases with a timely appeal that nobody has closed yet.
APPEALED = narrowed_by(
    "appealed",
    _("under appeal"),
    {
        "yes": (_("yes"), lambda cases, now: cases.filter(open_appeals__gt=0)),
        "no": (_("no"), lambda cases, now: cases.filter(open_appeals=0)),
    },
)


def with_standing(cases: list[Any]) -> list[Any]:
    """The cases, each with how it stands now."""
    found = standings(cases, clock.now())
    for case in cases:
        case.standing = found[case.pk]
    return cases


def of_decision(case: Any, value: Callable[[Decision], Any]) -> Any:
    """What the decision in force says; None without one."""
    return value(case.standing.decision) if case.standing.decision else None


@admin.register(Attestation)
class AttestationAdmin(ScreenList, PageAdmin):
    """¶8: one person's attestation in one cycle."""

    page_template = "admin/attestation/attestation/page.html"
    list_display = ("person", "number", "test", "stands", "points", "waits")
    list_filter = (
        region_by("center"),
        ("center", ScopedChoices),
        ("cycle", ScopedChoices),
        ("status", Choices),
        waits_by(WAITS),
        CONTRADICTING,
        APPEALED,
        ("purpose", Choices),
        ("position", Choices),
    )
    list_select_related = ("employee", "center", "cycle", "rule_set")
    person_path = "employee__search_key"
    code_fields = ("case_no",)
    # The newest list first. By its stage, which is another table's, all cases would be sorted.
    ordering = ("-cycle_id", "case_no")
    file_columns = (
        (_("attestee"), lambda row: row.employee.full_name),
        (_("centre"), lambda row: row.center),
        (_("case"), lambda row: row.case_no),
        (_("purpose"), lambda row: row.get_purpose_display()),
        (_("existing category"), lambda row: row.get_existing_display()),
        (_("declared category"), lambda row: row.get_declared_display()),
        (_("test"), lambda row: row.standing.test),
        (_("status"), lambda row: (row.absence or Status(row.status)).label),
        (_("decision"), lambda row: of_decision(row, Decision.get_outcome_display)),
        (_("points"), lambda row: of_decision(row, number_of)),
        (_("waits for"), lambda row: row.standing.waits),
    )
    actions: tuple[str | Callable[..., HttpResponse | None], ...] = ("finalise_selected",)

    def employee_of(self, obj: Attestation) -> Employee:
        return obj.employee

    @display(description=_("attestee"), ordering="employee__sort_key")
    def person(self, obj: Attestation) -> str:
        return two_lines(obj.employee.full_name, obj.center)

    @display(description=_("case"), ordering="case_no")
    def number(self, obj: Attestation) -> str:
        wanted = f"{obj.get_existing_display()} → {obj.get_declared_display()}" if obj.declared else ""
        return two_lines(obj.case_no, wanted or obj.get_purpose_display())

    @display(description=_("test"))
    def test(self, obj: Any) -> str:
        return obj.standing.test or "–"

    @display(description=_("status, decision"), ordering="status")
    def stands(self, obj: Any) -> str:
        """The decision in a word above its state, else the status."""
        label = (obj.absence or Status(obj.status)).label
        if obj.standing.decision is None:
            colour = STATUS_COLOURS[Status(obj.status)]
            return format_html('<span class="chip {}" title="{}">{}</span>', colour, label, capfirst(label))
        chip = outcome_chip(obj.standing.decision)
        return format_html('<span class="two" title="{0}">{1} <small>{0}</small></span>', label, chip)

    @display(description=_("points"))
    def points(self, obj: Any) -> str:
        return points_of(obj.standing.decision) if obj.standing.decision else "–"

    @display(description=_("waits for"))
    def waits(self, obj: Any) -> str:
        return format_html('<span class="clamp" title="{0}">{0}</span>', obj.standing.waits or "–")

    def prepared(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        return with_standing(rows)

    @classmethod
    def offer_bulk(cls, action: Callable[..., HttpResponse | None]) -> None:
        """Let a sibling app put a collective act into the list's drop-down."""
        cls.actions = (*cls.actions, action)

    def has_score_permission(self, request: HttpRequest) -> bool:
        return access.may(request.user, "score")

    def has_finalise_permission(self, request: HttpRequest) -> bool:
        return access.may(request.user, "finalise")

    @admin.action(description=_("Make the decisions final"), permissions=["finalise"])
    def finalise_selected(self, request: HttpRequest, queryset: QuerySet[Attestation]) -> HttpResponse | None:
        """I-12: each selected case whose deadlines are over; the others say what they wait for."""
        return self.perform_each(request, queryset, "finalise")

    def journal_of(self, obj: Attestation) -> QuerySet[JournalEntry]:
        return JournalEntry.objects.filter(attestation=obj)

    def page_context(self, request: HttpRequest, obj: Attestation, now: datetime) -> dict[str, Any]:
        prefetch_related_objects([obj], *OF_A_PAGE)
        entries = list(self.journal_of(obj).select_related("actor").order_by("seq"))
        return {
            "title": f"{obj.case_no} – {obj.employee.full_name}",
            "status_colour": STATUS_COLOURS[Status(obj.status)],
            "stages": story.stages_of(obj, entries),
            "why_status": story.why_status(obj),
            "lies": where_it_lies(obj, access.actor_of(request), now),
            "panels": panels.shown(obj, access.actor_of(request), now),
            "journal": latest(entries),
            "employee_url": reverse("admin:attestation_employee_change", args=(obj.employee_id,)),
            "cycle_url": reverse("admin:attestation_cycle_change", args=(obj.cycle_id,)),
        }


# What several parts of a case's page ask of it, read once for all of them.
OF_A_PAGE = (
    Prefetch("results", Result.objects.select_related("recorded_by")),
    Prefetch("decisions", Decision.objects.select_related("result", "supersedes", "annulment__recorded_by")),
    Prefetch("corrections", Correction.objects.select_related("result", "proposed_by", "decided_by")),
    Prefetch(
        "correction_requests",
        CorrectionRequest.objects.select_related("correction", "recorded_by", "answered_by"),
    ),
    Prefetch("ground_marks", GroundMark.objects.select_related("earlier", "settled_by")),
    Prefetch("deadlines", Deadline.objects.select_related("replaces")),
    Prefetch("services", ProofOfService.objects.select_related("served_by", "notice")),
)

# Where a case page leads instead of a button, by what the service has against the act.
PLACES = {
    "waits_for_appeal": "#appeals",
    "waits_for_ground": "#grounds",
    "waits_for_term": "#deadlines",
    "under_appeal": "#appeals",
    "own_proposal": "#corrections",
    "correction_stale": "#corrections",
    "voided_already": "#corrections",
}


def where_it_lies(case: Attestation, user: User, now: datetime) -> list[tuple[str, str]]:
    """What keeps the reader from making the decision final or confirming a correction, and the way there."""
    found = []
    if case.status == Status.PROVISIONAL and access.may(user, "finalise"):
        found.append(refusal_of(finality.require_over, case, now))
    if access.may(user, "confirm_correction"):
        found.append(refusal_of(corrections.require_confirmable, case, user))
    return [(one.message, PLACES[one.code]) for one in found if one is not None and one.code in PLACES]


# --- the parts of this floor -------------------------------------------------------------------------


def decision_content(case: Attestation, user: User, now: datetime) -> dict[str, Any] | None:
    """The decision in force and those it superseded."""
    found = latest_first(case.decisions.all())
    current = next((decision for decision in found if decision.superseded_at is None), None)
    if not found:
        return None
    return {
        "card": story.decision_card(current) if current else None,
        "earlier": [(row, reason_text(row.reason)) for row in found if row is not current],
        "closed": case.status == Status.CLOSED,
    }


# What is owed, held or asked of nobody any more.
GONE = frozenset(Consequence.State) - {
    Consequence.State.OPEN,
    Consequence.State.DONE,
    Consequence.State.WAITING,
}


def consequence_content(case: Attestation, user: User, now: datetime) -> dict[str, Any] | None:
    """What the final decision brought."""
    rows = list(case.consequences.select_related("decision", "done_by").order_by("pk"))
    return {"rows": rows, "open": Consequence.State.OPEN, "gone": GONE} if rows else None


def deadline_content(case: Attestation, user: User, now: datetime) -> dict[str, Any] | None:
    """The deadlines of the case with their derivation."""
    in_order = sorted(case.deadlines.all(), key=lambda row: row.pk)
    rows = [story.deadline_line(row, case.cycle.testing_ends) for row in in_order]
    return {"rows": rows, "now": now} if rows else None


def result_content(case: Attestation, user: User, now: datetime) -> dict[str, Any] | None:
    """Every result the case ever had, the latest first."""
    rows = [story.result_line(row) for row in latest_first(case.results.all())]
    return {"rows": rows} if rows else None


OURS = "admin/attestation/attestation"
DECISION_PANEL = Panel("decision", _("Decision"), f"{OURS}/decision.html", decision_content)
CONSEQUENCES_PANEL = Panel(
    "consequences", _("Consequences"), f"{OURS}/consequences.html", consequence_content
)
DEADLINES_PANEL = Panel("deadlines", _("Deadlines"), f"{OURS}/deadlines.html", deadline_content)
RESULTS_PANEL = Panel("results", _("Test results"), f"{OURS}/results.html", result_content)
