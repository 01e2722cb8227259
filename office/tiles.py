"""The tiles of the home page: what waits for each role, and the list that shows it.

A tile counts with the function by which its list is narrowed, so that the number is the length of the list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Protocol
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from appeals.admin import differing, queue, waiting
from appeals.models import Appeal, DifferingRuling
from attestation import access
from attestation.admin import account_requests, calendar, deadlines, imports, rules
from attestation.admin.base import STAFF_OFFICE, visible
from attestation.admin.case import WAITS as CASES_WAIT
from attestation.admin.filters import Narrowings
from attestation.admin.people import in_service
from attestation.cases.decisions import HELD_FOR_A_TABLE
from attestation.labels import Label
from attestation.law.vocabulary import Consequence as ConsequenceKind
from attestation.models import (
    AccountRequest,
    Attestation,
    CalendarYear,
    Consequence,
    CorrectionRequest,
    Deadline,
    Employee,
    GroundMark,
    ImportJob,
    Notice,
    ReadyEffect,
    Role,
    RuleSet,
    Status,
    User,
    WorkFailure,
)
from attestation.notices.by_hand import to_serve


class Counted(Protocol):
    """What can say how many it is: a queryset, or the queue of the commission."""

    def count(self) -> int:
        """How many."""


Rows = Callable[[User, datetime], Counted]


@dataclass(frozen=True)
class Tile:
    """Something that waits for the person: the rows that the list `page` shows, narrowed by `query`."""

    title: Label
    rows: Rows
    page: str
    icon: str
    tone: str = "plain"
    query: dict[str, str] = field(default_factory=dict)

    def url(self) -> str:
        """The address of what it counts."""
        return listing(self.page, **self.query)

    def number(self, user: User, now: datetime) -> int:
        """How many."""
        return access.remembered(user, ("tile", id(self)), lambda: self.rows(user, now).count())


@dataclass(frozen=True)
class Shown:
    """A tile as a person sees it: how many, and where."""

    title: str
    count: int
    url: str
    icon: str
    tone: str


# A page of its own, no list of a table.
QUEUE_PAGE = "appeals_sitting_queue"


def listing(name: str, **query: Any) -> str:
    """The address of a list, narrowed."""
    url = reverse(f"admin:{name}" if name == QUEUE_PAGE else f"admin:{name}_changelist")
    return f"{url}?{urlencode(query)}" if query else url


def cases(user: User) -> QuerySet[Attestation]:
    """The cases in sight."""
    return visible(user, Attestation.objects.all())


def seen(rows: QuerySet[Any]) -> Rows:
    """Of these rows those in the person's sight."""
    return lambda user, now: visible(user, rows.all())


def narrowed(rows: QuerySet[Any], narrow: Callable[[Any, datetime], QuerySet[Any]]) -> Rows:
    """Of the rows in the person's sight those that a list's own filter leaves."""
    return lambda user, now: narrow(visible(user, rows.all()), now)


def in_status(status: Status, title: Label, icon: str, tone: str = "plain") -> Tile:
    """The cases in one status."""
    rows = seen(Attestation.objects.filter(status=status))
    return Tile(title, rows, "attestation_attestation", icon, tone, {"status__exact": status.value})


def waits(model: type[Model], choice: str, choices: Narrowings, icon: str, tone: str = "wait") -> Tile:
    """One choice of a list's filter by what its rows wait for: its title, its rows, its address."""
    title, narrow = choices[choice]
    page = f"{model._meta.app_label}_{model._meta.model_name}"
    return Tile(title, narrowed(model._default_manager.all(), narrow), page, icon, tone, {"waits": choice})


cases_wait = partial(waits, Attestation, choices=CASES_WAIT)

BY_HAND = Tile(
    _("notices to be served by hand"),
    narrowed(Notice.objects.all(), lambda letters, now: to_serve(letters)),
    "attestation_notice",
    "outgoing_mail",
    "wait",
    {"by_hand": "open"},
)
UNDER_REVIEW = Tile(
    _("appeals under review"),
    seen(Appeal.objects.waiting()),
    "appeals_appeal",
    "gavel",
    "wait",
    {"state__exact": "open"},
)
HELD_FOR_RULING = cases_wait("ruling", icon="balance")
MY_VOTES = Tile(
    _("matters on which my vote is missing"),
    waiting.MyVotes,
    QUEUE_PAGE,
    "how_to_vote",
    "wait",
    {"member": queue.ME},
)
IN_THE_QUEUE = Tile(_("matters that wait for the commission"), waiting.waiting, QUEUE_PAGE, "inbox", "wait")
files_wait = partial(waits, ImportJob, choices=imports.WAITS)
MY_FILES = files_wait("confirmation", icon="upload_file")

# An HR officer: what the chain waits for on this side (¶9, ¶14, ¶21, I-19, I-23, I-27).
OFFICE_TILES = (
    cases_wait("publication", icon="campaign"),
    files_wait("correction", icon="rule", tone="bad"),
    MY_FILES,
    in_status(Status.LISTED, _("on a list, admission not decided"), "how_to_reg", "wait"),
    cases_wait("data", icon="hourglass_top"),
    cases_wait("absence", icon="event_busy"),
    Tile(
        _("subject to dismissal: the employer's act to be recorded"),
        seen(Consequence.objects.filter(kind=ConsequenceKind.DISMISSAL, state=Consequence.State.OPEN)),
        "attestation_consequence",
        "assignment_late",
        "bad",
        {"kind__exact": "dismissal", "state__exact": "open"},
    ),
    Tile(
        _("categories that wait for the position"),
        seen(Consequence.objects.filter(state=Consequence.State.WAITING)),
        "attestation_consequence",
        "pending_actions",
        query={"state__exact": "waiting"},
    ),
    BY_HAND,
    Tile(
        _("employees"),
        narrowed(Employee.objects.all(), in_service),
        "attestation_employee",
        "groups",
        query={"in_service": "yes"},
    ),
)
# Whoever sits in a commission: what is decided, and what soon will be.
BENCH_TILES = (
    cases_wait("finality", icon="verified"),
    in_status(Status.PROVISIONAL, _("provisional decisions"), "pending_actions"),
)
# The secretary: appeals and held rows first, then decisions whose deadlines are over.
COMMISSION_TILES = (
    IN_THE_QUEUE,
    UNDER_REVIEW,
    HELD_FOR_RULING,
    *BENCH_TILES,
    Tile(
        _("late appeals on record"),
        seen(Appeal.objects.filter(state=Appeal.State.LATE)),
        "appeals_appeal",
        "schedule",
        query={"state__exact": "late"},
    ),
)
# The administrator and the auditor: the whole, and what stands still.
COUNTRY_TILES = (
    UNDER_REVIEW,
    HELD_FOR_RULING,
    waits(Deadline, "overdue", deadlines.WAITS, "alarm", "bad"),
    waits(CalendarYear, "confirmation", calendar.WAITS, "event_available"),
    waits(AccountRequest, "open", account_requests.WAITS, "group_add"),
    BY_HAND,
    Tile(_("employees"), seen(Employee.objects.all()), "attestation_employee", "groups"),
    Tile(_("attestations"), seen(Attestation.objects.all()), "attestation_attestation", "badge"),
)
TILES = {
    Role.HR.value: OFFICE_TILES,
    Role.SECRETARY.value: COMMISSION_TILES,
    Role.CHAIR.value: (MY_VOTES, IN_THE_QUEUE, *BENCH_TILES),
    Role.MEMBER.value: (MY_VOTES, *BENCH_TILES),
    Role.ADMINISTRATOR.value: COUNTRY_TILES,
    Role.AUDITOR.value: COUNTRY_TILES,
}

TO_CONFIRM = Tile(
    _("ready: to be confirmed"),
    seen(ReadyEffect.objects.waiting()),
    "attestation_readyeffect",
    "pan_tool",
    "bad",
)
FAILED_WORK = Tile(
    _("work that needs attention"),
    seen(WorkFailure.objects.filter(solved_at__isnull=True)),
    "attestation_workfailure",
    "build",
    "bad",
    {"solved": "no"},
)
# What the machinery asks of whoever has the right: effects to be confirmed, cases to be settled (F-D8).
ASKED = {
    "edit_rule_sets": waits(RuleSet, "choice", rules.WAITS, "rule"),
    "confirm_ready": TO_CONFIRM,
    "mark_faulty": waits(DifferingRuling, "chair", differing.WAITS, "compare_arrows"),
    # I-33: to be answered, or granted and not proposed yet.
    "record_correction_request": Tile(
        _("requests for a correction: to be answered or followed"),
        seen(CorrectionRequest.objects.waiting()),
        "attestation_correctionrequest",
        "contact_support",
        "wait",
        {"waits": "any"},
    ),
    "settle_ground": Tile(
        _("cases to be decided on anew"),
        seen(GroundMark.objects.unsettled()),
        "attestation_groundmark",
        "replay",
        "bad",
    ),
}
# What stands still, for those who keep it going (F-D18).
STANDSTILL = (
    FAILED_WORK,
    # I-39: neither data nor a ruling helps these; they wait for the table of the amended order.
    Tile(
        _("held: the points of the order contradict each other"),
        seen(Attestation.objects.filter(HELD_FOR_A_TABLE)),
        "attestation_attestation",
        "call_split",
        "bad",
        {"contradicting": "points"},
    ),
)


def tiles_of(user: User) -> list[Tile]:
    """What may wait for the person, whatever the numbers are; what waits for nobody comes last."""
    asked = [tile for right, tile in ASKED.items() if access.may(user, right)]
    role = access.role_of(user)
    found = [*TILES[role], *asked, *(STANDSTILL if role in STAFF_OFFICE else ())]
    return sorted(found, key=lambda tile: tile.tone == "plain")


def shown(user: User, now: datetime) -> list[Shown]:
    """The person's tiles with their numbers; what asks for something is left out while there is nothing."""
    counted = ((tile, tile.number(user, now)) for tile in tiles_of(user))
    return [
        Shown(str(tile.title), count, tile.url(), tile.icon, tile.tone)
        for tile, count in counted
        if count or tile.tone == "plain"
    ]
