"""Every page of the back office that one opens from a menu: what it holds, in groups, and who sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from attestation import access
from attestation.admin.base import ADMINISTRATION
from attestation.labels import Label

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


# --- the lines --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A page: how it is called, what it holds, who sees it; `home` is the page below which its others lie."""

    title: Label
    holds: Label
    icon: str
    page: str
    sees: Callable[[HttpRequest], bool]
    home: str = ""

    @property
    def url(self) -> str:
        """Its address."""
        return reverse(f"admin:{self.page}")

    def is_above(self, path: str) -> bool:
        """Whether the address is of this page or of one that belongs to it."""
        return path.startswith(reverse(f"admin:{self.home or self.page}"))


@dataclass(frozen=True)
class Group:
    """Lines under one heading."""

    title: Label
    lines: tuple[Line, ...]


def table(title: Label, holds: Label, icon: str, name: str, page: str = "changelist", home: str = "") -> Line:
    """The line of a table: its list, or another page of it."""
    return Line(title, holds, icon, f"{name}_{page}", partial(sees_table, name=name), home)


HOME = Line(_("Home"), "", "home", "index", anybody)
REGISTERS = Line(_("Registers"), "", "list_alt", "registers", anybody)

GROUPS = (
    Group(
        _("Attestation"),
        (
            table(
                _("Cycles"),
                _("Testing stages of a centre, with their lists of attestees"),
                "cycle",
                "attestation_cycle",
            ),
            table(_("Attestations"), _("Every case and its status"), "badge", "attestation_attestation"),
            table(
                _("Decisions"),
                _("Decisions on attestees, provisional and final"),
                "verified",
                "attestation_decision",
            ),
            table(
                _("Consequences"),
                _("What follows from final decisions: category, re-attestation, dismissal"),
                "assignment_turned_in",
                "attestation_consequence",
            ),
            table(
                _("Proofs of service"),
                _("When and how a paper was served on an employee"),
                "how_to_reg",
                "attestation_proofofservice",
            ),
            table(
                _("Annulments"),
                _("Decisions annulled by a court or another body"),
                "gavel",
                "attestation_annulment",
            ),
            table(
                _("Corrections"),
                _("Errors corrected after a final decision: proposed by whom, confirmed by whom"),
                "edit_note",
                "attestation_correction",
            ),
            table(
                _("Requests for a correction"),
                _("What employees ask to have corrected, and the answers"),
                "contact_support",
                "attestation_correctionrequest",
            ),
            table(
                _("Cases to be decided on anew"),
                _("Decisions whose ground has fallen away"),
                "balance",
                "attestation_groundmark",
            ),
            table(
                _("Ready: confirm"),
                _("Effects that are held back until they are confirmed"),
                "pan_tool",
                "attestation_readyeffect",
            ),
            table(
                _("Deadlines"),
                _("Running terms, their last day and how it was counted"),
                "alarm",
                "attestation_deadline",
                "board",
                home="attestation_deadline_changelist",
            ),
            Line(
                _("Rehearsal"),
                _("What the system will do by itself in the next days"),
                "fast_forward",
                "rehearsal",
                may_rehearse,
            ),
        ),
    ),
    Group(
        _("Commission"),
        (
            table(
                _("Queue"), _("What waits for the commission's ruling"), "inbox", "appeals_sitting", "queue"
            ),
            table(_("Sittings"), _("Agenda, attendance, votes and minutes"), "event_seat", "appeals_sitting"),
            table(_("Appeals"), _("Appeals, their questions and the rulings"), "gavel", "appeals_appeal"),
            table(
                _("Question health"),
                _("How difficult each question was and how well it discriminates"),
                "quiz",
                "appeals_faultyquestion",
                "health",
            ),
            table(
                _("Faulty questions"),
                _("Questions that count as answered correctly for everybody"),
                "report_off",
                "appeals_faultyquestion",
            ),
            table(
                _("Rulings that differ"),
                _("Different rulings on one and the same question"),
                "compare_arrows",
                "appeals_differingruling",
            ),
            table(
                _("Commissions"),
                _("The central commission and those of the centres"),
                "diversity_3",
                "appeals_commission",
            ),
            table(
                _("Members"),
                _("Who sits in which commission, and since when"),
                "how_to_vote",
                "appeals_membership",
            ),
            table(
                _("Rules of the commissions"),
                _("Quorum, recusal and voting"),
                "tune",
                "appeals_commissionrules",
            ),
        ),
    ),
    Group(
        _("People"),
        (
            table(
                _("Employees"),
                _("Their position, category and earlier attestations"),
                "groups",
                "attestation_employee",
            ),
            table(
                _("Centres"),
                _("Labour mobility centres and their career centres"),
                "apartment",
                "attestation_center",
            ),
            table(_("Regions"), _("The regions of the country"), "map", "attestation_region"),
            table(
                _("Imports"),
                _("Files that were read in, and the rows that were refused"),
                "upload_file",
                "attestation_importjob",
            ),
        ),
    ),
    Group(
        _("Data of the assessment"),
        (
            table(
                _("Assessments"),
                _("Points by Appendix 1-2, and how they were counted"),
                "fact_check",
                "scoring_assessment",
            ),
            table(_("Ratings"), _("Marks that service recipients gave"), "star", "scoring_rating"),
            table(
                _("Violations"),
                _("Violations on record, the voided ones among them"),
                "report",
                "scoring_violation",
            ),
            table(
                pgettext_lazy("register", "Read through"),
                _("Until which day ratings and violations are loaded"),
                "event_repeat",
                "scoring_readthrough",
            ),
            table(
                _("Rulings on row 2"),
                _("The commission's rulings on the points for the rating"),
                "balance",
                "scoring_ratingruling",
            ),
            table(
                _("Test results"),
                _("Correct answers, amended results among them"),
                "quiz",
                "attestation_result",
            ),
        ),
    ),
    Group(
        _("Rules and records"),
        (
            table(
                _("Rule sets"),
                _("Settings by which the order is read, and the day they begin to count"),
                "rule",
                "attestation_ruleset",
            ),
            table(
                _("Calendar"),
                _("Working days and days off by year"),
                "calendar_month",
                "attestation_calendaryear",
            ),
            table(
                _("Days of the calendar"),
                _("Holidays and moved days, and the act behind each"),
                "event",
                "attestation_calendarday",
            ),
            table(
                _("Changes of terms"),
                _("Terms that were made longer or shorter, and by whose decision"),
                "update",
                "attestation_termchange",
            ),
            table(
                _("Outages"),
                _("When the system did not work, and the days made good"),
                "power_off",
                "attestation_outage",
            ),
            table(
                _("Notices"),
                _("Letters and notices, those to be served by hand among them"),
                "mail",
                "attestation_notice",
            ),
            table(_("Journal"), _("Every act: who, when, what"), "history_edu", "attestation_journalentry"),
            table(
                _("Log of views"),
                _("Who read whose record and took which file"),
                "visibility",
                "attestation_viewentry",
            ),
            table(
                _("Scheduled jobs"),
                _("Jobs that run by the clock, and their last run"),
                "schedule",
                "attestation_jobrun",
            ),
            table(
                _("Needs attention"),
                _("Work that failed and is tried again"),
                "build",
                "attestation_workfailure",
            ),
            Line(
                _("Health of the system"),
                _("Whether everything works at this moment"),
                "monitor_heart",
                "health",
                administers,
            ),
            table(
                _("Accounts"), _("Who may log in, and in which role"), "manage_accounts", "attestation_user"
            ),
            table(
                _("Requests about accounts"),
                _("Rights and seats asked for by one administrator, confirmed by another"),
                "group_add",
                "attestation_accountrequest",
            ),
        ),
    ),
)
LINES = {line.page: line for group in GROUPS for line in group.lines}
