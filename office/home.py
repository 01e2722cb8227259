"""The home page of each role: what waits, what is due, how far the cycles are. Constant in queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse

from appeals.admin import my_sittings
from attestation import access, clock
from attestation.admin.base import visible
from attestation.admin.case import STATUS_COLOURS
from attestation.admin.cycles import stage_of
from attestation.admin.story import deadline_line
from attestation.models import (
    Cycle,
    Deadline,
    Role,
    Status,
    User,
)
from office import tiles
from office.tiles import cases, listing

MOST_DUE = 6
MOST_DEADLINES_READ = 300
MOST_NAMES = 3
SOON = timedelta(days=2)
MOST_CYCLES = 6


def context(request: HttpRequest) -> dict[str, Any]:
    """Everything on the home page."""
    user, now = access.actor_of(request), clock.now()
    role = access.role_of(user)
    shown = tiles.shown(user, now)
    return {
        "role": Role(role).label,
        "center": user.center,
        "tiles": shown,
        "waiting": [tile for tile in shown if tile.tone != "plain"],
        "on_record": [tile for tile in shown if tile.tone == "plain"],
        "due": due(user, now),
        "commission": my_sittings.desk_of(user, now) if role in access.COMMISSION else None,
        "cycles": cycles(user, now),
        "may_open_cycle": access.may(user, "open_cycle"),
        "may_import": access.may(user, "import_staff"),
    }


# --- what is due ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DueLine:
    """Running deadlines of one kind with one last day: whose, and how the first of them was counted."""

    kind: str
    due_on: date
    count: int
    names: list[tuple[str, str]]
    derivation: str
    cite: str
    tone: str
    url: str


def due(user: User, now: datetime) -> list[DueLine]:
    """The next deadlines to run out, soonest first; those that end together stand on one line."""
    soonest = (
        visible(user, Deadline.objects.open())
        .exclude(kind=Deadline.Kind.GRACE)
        .order_by("closes_at", "kind", "employee__sort_key", "pk")
        .values_list("due_on", "kind", "pk")[:MOST_DEADLINES_READ]
    )
    groups: dict[tuple[date, str], list[int]] = {}
    for due_on, kind, key in soonest:
        groups.setdefault((due_on, kind), []).append(key)
    lines = list(groups.values())[:MOST_DUE]
    # Of the others nothing but the number is shown.
    named = [key for group in lines for key in group[:MOST_NAMES]]
    rows = Deadline.objects.select_related("employee", "attestation").in_bulk(named)
    return [due_line([rows[key] for key in group[:MOST_NAMES]], len(group), now) for group in lines]


def due_line(named: list[Deadline], count: int, now: datetime) -> DueLine:
    """So many deadlines that end together, the first of them with the ways to their cases."""
    first = named[0]
    left = first.closes_at - now
    return DueLine(
        kind=first.get_kind_display(),
        due_on=first.due_on,
        count=count,
        names=[(row.employee.full_name, url_of(row)) for row in named],
        derivation=deadline_line(first).derivation,
        cite=first.cite_shown,
        tone="bad" if left < timedelta(0) else "wait" if left < SOON else "plain",
        url=listing("attestation_deadline", kind__exact=first.kind, state__exact="open"),
    )


def url_of(row: Deadline) -> str:
    """The page of the case, or of the deadline where there is no case."""
    if row.attestation_id:
        return reverse("admin:attestation_attestation_change", args=(row.attestation_id,))
    return reverse("admin:attestation_deadline_change", args=(row.pk,))


# --- cycles --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CycleLine:
    """A cycle with its cases by status."""

    cycle: Cycle
    url: str
    stage: tuple[str, str]
    size: int
    parts: list[tuple[str, int, str, int]]


def cycles(user: User, now: datetime) -> list[CycleLine]:
    """The latest cycles, each with a bar of its cases by status."""
    rows = list(
        visible(user, Cycle.objects.all())
        .select_related("center")
        .order_by("-testing_ends", "code")[:MOST_CYCLES]
    )
    counted = cases(user).filter(cycle__in=rows).order_by().values_list("cycle_id", "status")
    numbers = {(cycle, status): number for cycle, status, number in counted.annotate(number=Count("pk"))}
    return [cycle_line(row, numbers, now) for row in rows]


def cycle_line(row: Cycle, counted: dict[tuple[int, str], int], now: datetime) -> CycleLine:
    """The statuses that occur, in the order of the chain, with their share in percent."""
    numbers = [(status, counted.get((row.pk, status.value), 0)) for status in Status]
    size = sum(number for _status, number in numbers)
    return CycleLine(
        cycle=row,
        url=reverse("admin:attestation_cycle_change", args=(row.pk,)),
        stage=stage_of(row, now),
        size=size,
        parts=[
            (str(status.label), number, STATUS_COLOURS[status] or "plain", max(round(100 * number / size), 2))
            for status, number in numbers
            if number
        ],
    )
