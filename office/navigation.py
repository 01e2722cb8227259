"""The sidebar: which lines there are, who sees each, and the number beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from appeals.admin import queue
from appeals.admin.sittings import COMMISSION_AND_OVERSIGHT
from appeals.models import Sitting
from attestation import access, clock
from attestation.admin.base import ADMINISTRATION, visible
from attestation.labels import Label
from office import tiles

# --- who sees a line -------------------------------------------------------------------------------------


def anybody(request: HttpRequest) -> bool:
    """Every role."""
    return True


def sees_table(request: HttpRequest, name: str) -> bool:
    """Whoever may see the pages of the table."""
    model = apps.get_model(name.replace("_", "."))
    return bool(admin.site.get_model_admin(model).has_view_permission(request))


def may_rehearse(request: HttpRequest) -> bool:
    """Whoever may look ahead."""
    return access.may(request.user, "rehearse")


def administers(request: HttpRequest) -> bool:
    """The administrator and the auditor."""
    return access.role_of(request.user) in ADMINISTRATION


# --- the numbers ------------------------------------------------------------------------------------------


def held_rows(request: HttpRequest) -> int:
    """I-04, I-05: cases whose row 2 waits for a ruling."""
    return tiles.HELD_FOR_RULING.rows(access.actor_of(request), clock.now()).count()


def appeals_under_review(request: HttpRequest) -> int:
    """¶21: appeals that the commission has not ruled on."""
    return tiles.UNDER_REVIEW.rows(access.actor_of(request), clock.now()).count()


def matters(request: HttpRequest) -> int:
    """On how many matters the person's own vote is missing; where on none, how many wait."""
    if access.role_of(request.user) not in COMMISSION_AND_OVERSIGHT:
        return 0
    waiting, mine = queue.counts(access.actor_of(request), clock.now())
    return mine or waiting


def open_sittings(request: HttpRequest) -> int:
    """Sittings that are under way."""
    if access.role_of(request.user) not in COMMISSION_AND_OVERSIGHT:
        return 0
    return visible(request.user, Sitting.objects.filter(state=Sitting.State.OPEN)).count()


# --- where one is, where the address of a line does not tell it alone ---------------------------------------


def in_queue(request: HttpRequest) -> bool:
    """The queue lies below the sittings' address and is a page of its own."""
    return request.path == reverse("admin:appeals_sitting_queue")


def among_sittings(request: HttpRequest) -> bool:
    """Any page of the sittings but the queue."""
    return request.path.startswith(reverse("admin:appeals_sitting_changelist")) and not in_queue(request)


def in_question_health(request: HttpRequest) -> bool:
    """It lies below the address of the faulty questions and is a page of its own."""
    return request.path == reverse("admin:appeals_faultyquestion_health")


def among_faulty_questions(request: HttpRequest) -> bool:
    """Any page of them but the health."""
    below = request.path.startswith(reverse("admin:appeals_faultyquestion_changelist"))
    return below and not in_question_health(request)


def among_deadlines(request: HttpRequest) -> bool:
    """The board is what opens; the list, a deadline's page and the calendar address belong to it."""
    return request.path.startswith(reverse("admin:attestation_deadline_changelist"))


# --- the sidebar ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A line of the sidebar: where it leads, who sees it, the number beside it, whether one is there."""

    title: Label
    icon: str
    page: str
    sees: Callable[[HttpRequest], bool]
    count: Callable[[HttpRequest], int] | None = None
    active: Callable[[HttpRequest], bool] | None = None

    def item(self, request: HttpRequest) -> dict[str, Any]:
        """As the skin wants it."""
        url = reverse(f"admin:{self.page}")
        found = {"title": str(self.title), "icon": self.icon, "link": url, "has_permission": True}
        if self.active:
            found["active"] = self.active(request)
        if self.count and (number := self.count(request)):
            found |= {"badge": number, "badge_variant": "warning"}
        return found


@dataclass(frozen=True)
class Group:
    """Lines under one heading."""

    title: Label
    collapsible: bool
    lines: tuple[Line, ...]


def table(title: Label, icon: str, name: str, page: str = "changelist", **rest: Any) -> Line:
    """The line of a table: its list, or another page of it."""
    return Line(title, icon, f"{name}_{page}", partial(sees_table, name=name), **rest)


SIDEBAR = (
    Group("", False, (Line(_("Home"), "home", "index", anybody),)),
    Group(
        _("Attestation"),
        False,
        (
            table(_("Cycles"), "cycle", "attestation_cycle"),
            table(_("Attestations"), "badge", "attestation_attestation", count=held_rows),
            table(_("Decisions"), "verified", "attestation_decision"),
            table(_("Consequences"), "assignment_turned_in", "attestation_consequence"),
            table(_("Proofs of service"), "how_to_reg", "attestation_proofofservice"),
            table(_("Annulments"), "gavel", "attestation_annulment"),
            table(_("Corrections"), "edit_note", "attestation_correction"),
            table(_("Requests for a correction"), "contact_support", "attestation_correctionrequest"),
            table(_("Cases to be decided on anew"), "balance", "attestation_groundmark"),
            table(_("Ready: confirm"), "pan_tool", "attestation_readyeffect"),
            table(_("Deadlines"), "alarm", "attestation_deadline", "board", active=among_deadlines),
            Line(_("Rehearsal"), "fast_forward", "rehearsal", may_rehearse),
        ),
    ),
    Group(
        _("Commission"),
        False,
        (
            table(_("Queue"), "inbox", "appeals_sitting", "queue", count=matters, active=in_queue),
            table(_("Sittings"), "event_seat", "appeals_sitting", count=open_sittings, active=among_sittings),
            table(_("Appeals"), "gavel", "appeals_appeal", count=appeals_under_review),
            table(
                _("Question health"), "quiz", "appeals_faultyquestion", "health", active=in_question_health
            ),
            table(
                _("Faulty questions"), "report_off", "appeals_faultyquestion", active=among_faulty_questions
            ),
            table(_("Rulings that differ"), "compare_arrows", "appeals_differingruling"),
            table(_("Commissions"), "diversity_3", "appeals_commission"),
            table(_("Members"), "how_to_vote", "appeals_membership"),
            table(_("Rules of the commissions"), "tune", "appeals_commissionrules"),
        ),
    ),
    Group(
        _("People"),
        False,
        (
            table(_("Employees"), "groups", "attestation_employee"),
            table(_("Centres"), "apartment", "attestation_center"),
            table(_("Regions"), "map", "attestation_region"),
            table(_("Imports"), "upload_file", "attestation_importjob"),
        ),
    ),
    Group(
        _("Data of the assessment"),
        True,
        (
            table(_("Assessments"), "fact_check", "scoring_assessment"),
            table(_("Ratings"), "star", "scoring_rating"),
            table(_("Violations"), "report", "scoring_violation"),
            table(_("Read through"), "event_repeat", "scoring_readthrough"),
            table(_("Rulings on row 2"), "balance", "scoring_ratingruling"),
            table(_("Test results"), "quiz", "attestation_result"),
        ),
    ),
    Group(
        _("Rules and records"),
        True,
        (
            table(_("Rule sets"), "rule", "attestation_ruleset"),
            table(_("Calendar"), "calendar_month", "attestation_calendaryear"),
            table(_("Days of the calendar"), "event", "attestation_calendarday"),
            table(_("Changes of terms"), "update", "attestation_termchange"),
            table(_("Outages"), "power_off", "attestation_outage"),
            table(_("Notices"), "mail", "attestation_notice"),
            table(_("Journal"), "history_edu", "attestation_journalentry"),
            table(_("Scheduled jobs"), "schedule", "attestation_jobrun"),
            table(_("Needs attention"), "build", "attestation_workfailure"),
            Line(_("Health of the system"), "monitor_heart", "health", administers),
            table(_("Accounts"), "manage_accounts", "attestation_user"),
        ),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar of the person's role; a group of which nothing is seen is left out."""
    if not request.user.is_authenticated:
        return []
    return [
        {"title": str(group.title), "collapsible": group.collapsible, "items": items}
        for group in SIDEBAR
        if (items := [line.item(request) for line in group.lines if line.sees(request)])
    ]
