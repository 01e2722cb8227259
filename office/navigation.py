"""The sidebar: at most eight lines for each role, by use, and the page "Registers" with all the others."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from attestation import access, clock
from attestation.models import Role, User
from office import tiles
from office.registers import GROUPS, HOME, LINES, REGISTERS, Group, Line

QUEUE, IMPORTS = "appeals_sitting_queue", "attestation_importjob_changelist"
FAILURES = "attestation_workfailure_changelist"
BENCH = (QUEUE, "appeals_sitting_changelist", "appeals_appeal_changelist")
CASES, BOARD = "attestation_attestation_changelist", "attestation_deadline_board"
READY = "attestation_readyeffect_changelist"
CYCLES, STAFF = "attestation_cycle_changelist", "attestation_employee_changelist"
# Between "Home" and "Registers".
SIDEBARS: dict[str, tuple[str, ...]] = {
    Role.HR: (CYCLES, CASES, STAFF, IMPORTS, "appeals_appeal_changelist", BOARD),
    Role.SECRETARY: (*BENCH, CASES, BOARD, READY),
    Role.CHAIR: (*BENCH, CASES, BOARD, READY),
    Role.MEMBER: (*BENCH, CASES, BOARD),
    Role.ADMINISTRATOR: (
        CYCLES,
        CASES,
        STAFF,
        READY,
        FAILURES,
        "attestation_user_changelist",
    ),
    Role.AUDITOR: (
        CASES,
        "attestation_decision_changelist",
        "appeals_appeal_changelist",
        BOARD,
        "attestation_journalentry_changelist",
        "health",
    ),
}


# The person's own work: of the tiles at a line the first that counts something is the number beside it.
BADGES: dict[str, dict[str, tuple[tiles.Tile, ...]]] = {
    Role.HR: {IMPORTS: (tiles.MY_FILES,)},
    Role.SECRETARY: {QUEUE: (tiles.IN_THE_QUEUE,), READY: (tiles.TO_CONFIRM,)},
    Role.CHAIR: {QUEUE: (tiles.MY_VOTES, tiles.IN_THE_QUEUE), READY: (tiles.TO_CONFIRM,)},
    Role.MEMBER: {QUEUE: (tiles.MY_VOTES,)},
    Role.ADMINISTRATOR: {READY: (tiles.TO_CONFIRM,), FAILURES: (tiles.FAILED_WORK,)},
    Role.AUDITOR: {},
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
    """The line of the page at the address; of a page of the registers, the one that leads to them. One's own
    notices are under the bell.
    """
    if path == reverse("admin:attestation_notice_mine"):
        return None
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
    user, now = access.actor_of(request), clock.now()
    return [{"items": [item_of(line, user, now, active=line is here) for line in lines]}]


def item_of(line: Line, user: User, now: datetime, *, active: bool) -> dict[str, Any]:
    """One line, and beside it how much of the person's own work is behind it, with the way there."""
    found = {
        "title": str(line.title),
        "icon": line.icon,
        "link": line.url,
        "has_permission": True,
        "active": active,
    }
    for tile in BADGES[access.role_of(user)].get(line.page, ()):
        if count := tile.number(user, now):
            return found | {"count": count, "count_link": tile.url(), "count_title": str(tile.title)}
    return found


def registers_view(request: HttpRequest) -> HttpResponse:
    """The page "Registers"."""
    context = {**admin.site.each_context(request), "title": _("Registers"), "groups": others_of(request)}
    return TemplateResponse(request, "admin/registers.html", context)
