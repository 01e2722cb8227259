"""How django-unfold, the admin's skin, is dressed: colours, the sidebar by role, the language switch."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Item = dict[str, Any]


def item(
    request: HttpRequest, title: str, icon: str, name: str, badge: int = 0, page: str = "changelist"
) -> Item | None:
    """A line of the sidebar, where the person may see the page."""
    from django.contrib import admin

    model = apps.get_model(name.replace("_", "."))
    if not admin.site.get_model_admin(model).has_view_permission(request):
        return None
    url = reverse(f"admin:{name}_{page}")
    line: Item = {"title": title, "icon": icon, "link": url, "has_permission": True}
    if name == "appeals_sitting":
        # The queue lies below the sittings' address and is a page of its own.
        in_queue = request.path.endswith("/queue/")
        line["active"] = request.path.startswith(url) and in_queue == (page == "queue")
    if name == "attestation_deadline":
        # The board is what opens; the list, a term's page and the calendar address belong to it.
        line["active"] = request.path.startswith(reverse(f"admin:{name}_changelist"))
    if badge:
        line |= {"badge": badge, "badge_variant": "warning"}
    return line


def site_page(request: HttpRequest, title: str, icon: str, name: str) -> Item | None:
    """A line of the sidebar for a page of the site as a whole."""
    from attestation import access
    from attestation.admin.base import ADMINISTRATION

    sees = access.may(request.user, "rehearse")
    if name == "health":
        sees = access.role_of(request.user) in ADMINISTRATION
    if not sees:
        return None
    return {"title": title, "icon": icon, "link": reverse(f"admin:{name}"), "has_permission": True}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar of the person's role."""
    from office import tiles

    if not request.user.is_authenticated:
        return []
    appeals = tiles.open_appeals(request.user).count()
    held = tiles.held_for_ruling(request.user)
    waiting, mine, sitting = tiles.commission_counts(request)
    groups: list[tuple[str, bool, list[Item | None]]] = [
        (
            "",
            False,
            [{"title": _("Home"), "icon": "home", "link": reverse("admin:index"), "has_permission": True}],
        ),
        (
            _("Attestation"),
            False,
            [
                item(request, _("Cycles"), "cycle", "attestation_cycle"),
                item(request, _("Attestations"), "badge", "attestation_attestation", held),
                item(request, _("Decisions"), "verified", "attestation_decision"),
                item(request, _("Consequences"), "assignment_turned_in", "attestation_consequence"),
                item(request, _("Proofs of service"), "how_to_reg", "attestation_proofofservice"),
                item(request, _("Annulments"), "gavel", "attestation_annulment"),
                item(request, _("Corrections"), "edit_note", "attestation_correction"),
                item(
                    request,
                    _("Requests for a correction"),
                    "contact_support",
                    "attestation_correctionrequest",
                ),
                item(request, _("Cases to be decided on anew"), "balance", "attestation_groundmark"),
                item(request, _("Ready: confirm"), "pan_tool", "attestation_readyeffect"),
                item(request, _("Deadlines"), "alarm", "attestation_deadline", page="board"),
                site_page(request, _("Rehearsal"), "fast_forward", "rehearsal"),
            ],
        ),
        (
            _("Commission"),
            False,
            [
                item(request, _("Queue"), "inbox", "appeals_sitting", mine or waiting, "queue"),
                item(request, _("Sittings"), "event_seat", "appeals_sitting", sitting),
                item(request, _("Appeals"), "gavel", "appeals_appeal", appeals),
                item(request, _("Faulty questions"), "report_off", "appeals_faultyquestion"),
                item(request, _("Commissions"), "diversity_3", "appeals_commission"),
                item(request, _("Members"), "how_to_vote", "appeals_membership"),
                item(request, _("Rules of the commissions"), "tune", "appeals_commissionrules"),
            ],
        ),
        (
            _("People"),
            False,
            [
                item(request, _("Employees"), "groups", "attestation_employee"),
                item(request, _("Centres"), "apartment", "attestation_center"),
                item(request, _("Regions"), "map", "attestation_region"),
                item(request, _("Imports"), "upload_file", "attestation_importjob"),
            ],
        ),
        (
            _("Data of the assessment"),
            True,
            [
                item(request, _("Assessments"), "fact_check", "scoring_assessment"),
                item(request, _("Ratings"), "star", "scoring_rating"),
                item(request, _("Violations"), "report", "scoring_violation"),
                item(request, _("Read through"), "event_repeat", "scoring_readthrough"),
                item(request, _("Rulings on row 2"), "balance", "scoring_ratingruling"),
                item(request, _("Test results"), "quiz", "attestation_result"),
            ],
        ),
        (
            _("Rules and records"),
            True,
            [
                item(request, _("Rule sets"), "rule", "attestation_ruleset"),
                item(request, _("Calendar"), "calendar_month", "attestation_calendaryear"),
                item(request, _("Days of the calendar"), "event", "attestation_calendarday"),
                item(request, _("Changes of terms"), "update", "attestation_termchange"),
                item(request, _("Outages"), "power_off", "attestation_outage"),
                item(request, _("Notices"), "mail", "attestation_notice"),
                item(request, _("Journal"), "history_edu", "attestation_journalentry"),
                item(request, _("Scheduled jobs"), "schedule", "attestation_jobrun"),
                item(request, _("Needs attention"), "build", "attestation_workfailure"),
                site_page(request, _("Health of the system"), "monitor_heart", "health"),
                item(request, _("Accounts"), "manage_accounts", "attestation_user"),
            ],
        ),
    ]
    return [
        {"title": title, "collapsible": collapsible, "items": found}
        for title, collapsible, lines in groups
        if (found := [line for line in lines if line])
    ]


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": gettext_lazy("Attestation"),
    "SITE_HEADER": gettext_lazy("Attestation"),
    "SITE_SUBHEADER": gettext_lazy("Career centres of Kazakhstan"),
    "SITE_SYMBOL": "workspace_premium",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("attestation/icon.svg")}
    ],
    "SHOW_LANGUAGES": False,  # the header has its own switch
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "LANGUAGES": {"action": reverse_lazy("set_language"), "navigation": []},
    "LOGIN": {"form": "config.login.LoginForm"},
    "STYLES": [lambda request: static("attestation/office.css")],
    "SCRIPTS": [lambda request: static("attestation/office.js")],
    "BORDER_RADIUS": "8px",
    "COLORS": {
        "primary": {
            "50": "oklch(97.7% .012 212)",
            "100": "oklch(94.6% .028 212)",
            "200": "oklch(89.6% .054 212)",
            "300": "oklch(82.2% .086 213)",
            "400": "oklch(71.5% .108 215)",
            "500": "oklch(60.2% .104 219)",
            "600": "oklch(50.6% .092 223)",
            "700": "oklch(44.4% .08 226)",
            "800": "oklch(38.6% .068 228)",
            "900": "oklch(33.4% .056 230)",
            "950": "oklch(25.4% .046 232)",
        },
    },
    "SIDEBAR": {
        "show_search": False,
        "command_search": False,
        "show_all_applications": False,
        "navigation": "office.navigation.navigation",
    },
}
