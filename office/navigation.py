"""The sidebar: at most eight lines for each role, by use, and the page "Registers" with all the others."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from attestation import access
from attestation.models import Role
from office.registers import GROUPS, HOME, LINES, REGISTERS, Group, Line

BENCH = ("appeals_sitting_queue", "appeals_sitting_changelist", "appeals_appeal_changelist")
CASES, TERMS = "attestation_attestation_changelist", "attestation_deadline_board"
READY = "attestation_readyeffect_changelist"
CYCLES, STAFF = "attestation_cycle_changelist", "attestation_employee_changelist"
# Between "Home" and "Registers".
SIDEBARS: dict[str, tuple[str, ...]] = {
    Role.HR: (CYCLES, CASES, STAFF, "attestation_importjob_changelist", "appeals_appeal_changelist", TERMS),
    Role.SECRETARY: (*BENCH, CASES, TERMS, READY),
    Role.CHAIR: (*BENCH, CASES, TERMS, READY),
    Role.MEMBER: (*BENCH, CASES, TERMS),
    Role.ADMINISTRATOR: (
        CYCLES,
        CASES,
        STAFF,
        READY,
        "attestation_workfailure_changelist",
        "attestation_user_changelist",
    ),
    Role.AUDITOR: (
        CASES,
        "attestation_decision_changelist",
        "appeals_appeal_changelist",
        TERMS,
        "attestation_journalentry_changelist",
        "health",
    ),
}


def lines_of(request: HttpRequest) -> list[Line]:
    """What the person's sidebar leads to."""
    chosen = (LINES[page] for page in SIDEBARS[access.role_of(request.user)])
    return [HOME, *(line for line in chosen if line.sees(request)), REGISTERS]


def others_of(request: HttpRequest) -> list[Group]:
    """Every page that the person may open and that is not in the sidebar."""
    above = lines_of(request)
    left = [
        Group(group.title, tuple(line for line in group.lines if line not in above and line.sees(request)))
        for group in GROUPS
    ]
    return [group for group in left if group.lines]


def line_of(path: str, lines: list[Line]) -> Line | None:
    """The line of the page at the address; of a page of the registers, the one that leads to them."""
    exact = [line for line in lines if line.url == path]
    above = [line for line in lines if line is not HOME and line.is_above(path)]
    if exact or above:
        return (exact or above)[0]
    return REGISTERS if any(line.is_above(path) for line in LINES.values()) else None


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar of the person's role, as the skin wants it."""
    if not access.role_of(request.user):
        return []
    lines = lines_of(request)
    here = line_of(request.path, lines)
    return [{"items": [item_of(line, active=line is here) for line in lines]}]


def item_of(line: Line, *, active: bool) -> dict[str, Any]:
    """One line."""
    return {
        "title": str(line.title),
        "icon": line.icon,
        "link": line.url,
        "has_permission": True,
        "active": active,
    }


def registers_view(request: HttpRequest) -> HttpResponse:
    """The page "Registers"."""
    context = {**admin.site.each_context(request), "title": _("Registers"), "groups": others_of(request)}
    return TemplateResponse(request, "admin/registers.html", context)
