"""The tiles of the home page: what waits for each role, and the list that shows it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from appeals.admin import queue
from appeals.admin.sittings import COMMISSION_AND_OVERSIGHT
from appeals.models import Appeal, Sitting
from attestation import access, clock
from attestation.admin.base import STAFF_OFFICE, visible
from attestation.cases.decisions import HELD_FOR_A_TABLE
from attestation.law.calendar import local_day
from attestation.law.decision import POINTS_CONTRADICT
from attestation.law.settings import BEFORE
from attestation.law.vocabulary import Consequence as ConsequenceKind
from attestation.models import (
    Attestation,
    CalendarYear,
    Consequence,
    CorrectionRequest,
    Deadline,
    Employee,
    GroundMark,
    Notice,
    ReadyEffect,
    Result,
    Role,
    RuleSet,
    Status,
    User,
    WorkFailure,
)
from attestation.notices.by_hand import to_serve


@dataclass(frozen=True)
class Tile:
    """Something that waits for the person: how many, and where."""

    title: str
    count: int
    url: str
    icon: str
    tone: str = "plain"


def listing(name: str, **query: Any) -> str:
    """The address of a list, narrowed."""
    url = reverse(f"admin:{name}_changelist")
    return f"{url}?{urlencode(query)}" if query else url


def cases(user: User) -> QuerySet[Attestation]:
    """The cases in sight."""
    return visible(user, Attestation.objects.all())


def office_tiles(user: User, now: datetime) -> list[Tile]:
    """An HR officer: what the chain waits for on this side (¶9, ¶14, ¶21, I-19, I-23, I-27)."""
    status = Counter(cases(user).values_list("status", flat=True))
    results = Result.objects.current().filter(published_at__isnull=True)
    dismissals = Consequence.objects.filter(kind=ConsequenceKind.DISMISSAL, state=Consequence.State.OPEN)
    letters = visible(user, to_serve(Notice.objects.all()))
    case_list, held = "attestation_attestation", _held_for_data(user)
    return [
        Tile(
            _("on a list, admission not decided"),
            status[Status.LISTED],
            listing(case_list, status__exact=Status.LISTED.value),
            "how_to_reg",
            "wait",
        ),
        Tile(
            _("results not published"),
            visible(user, results).count(),
            listing(case_list, status__exact=Status.TESTED.value),
            "campaign",
            "wait",
        ),
        Tile(
            _("held: data not read"),
            held,
            listing(case_list, status__exact=Status.HELD.value),
            "hourglass_top",
            "wait",
        ),
        Tile(
            _("absent, nothing decided"),
            absent(user).count(),
            listing(case_list, status__exact=Status.ABSENT.value),
            "event_busy",
            "wait",
        ),
        Tile(
            _("subject to dismissal: the employer's act to be recorded"),
            visible(user, dismissals).count(),
            listing("attestation_consequence", kind__exact="dismissal", state__exact="open"),
            "assignment_late",
            "bad",
        ),
        Tile(
            _("categories that wait for the position"),
            visible(user, Consequence.objects.filter(state=Consequence.State.WAITING)).count(),
            listing("attestation_consequence", state__exact="waiting"),
            "pending_actions",
        ),
        Tile(
            _("notices to be served by hand"),
            letters.count(),
            listing("attestation_notice", by_hand="open"),
            "outgoing_mail",
            "wait",
        ),
        Tile(
            _("final decisions"),
            status[Status.FINAL],
            listing("attestation_decision", state__exact="final"),
            "verified",
        ),
        Tile(
            _("employees"),
            visible(user, Employee.objects.filter(left_on__isnull=True)).count(),
            listing("attestation_employee"),
            "groups",
        ),
    ]


def work_tiles(user: User, now: datetime) -> list[Tile]:
    """What the machinery asks of the person: effects to be confirmed, work that fails (F-D8, F-D18)."""
    tiles: list[Tile] = []
    if access.may(user, "edit_rule_sets"):
        # I-06, I-15: put on record before there was a choice, and not in force yet.
        unchosen = RuleSet.objects.filter(effective_from__gt=local_day(now), **BEFORE).count()
        if unchosen:
            url = listing("attestation_ruleset")
            tiles.append(Tile(_("rule sets to come: choose the readings"), unchosen, url, "rule", "wait"))
    if access.may(user, "confirm_ready"):
        count = visible(user, ReadyEffect.objects.waiting()).count()
        url = listing("attestation_readyeffect")
        tiles.append(Tile(_("ready: to be confirmed"), count, url, "pan_tool", "bad"))
    if access.may(user, "record_correction_request"):
        # I-33: to be answered, or granted and not proposed yet.
        asked = visible(user, CorrectionRequest.objects.waiting()).count()
        url = listing("attestation_correctionrequest", waits="any")
        title = _("requests for a correction: to be answered or followed")
        tiles.append(Tile(title, asked, url, "contact_support", "wait"))
    if access.may(user, "settle_ground"):
        count = visible(user, GroundMark.objects.unsettled()).count()
        url = listing("attestation_groundmark")
        tiles.append(Tile(_("cases to be decided on anew"), count, url, "balance", "bad"))
    if access.role_of(user) in STAFF_OFFICE:
        failing = visible(user, WorkFailure.objects.filter(solved_at__isnull=True))
        url = listing("attestation_workfailure", solved="no")
        tiles.append(Tile(_("work that needs attention"), failing.count(), url, "build", "bad"))
        # I-39: neither data nor a ruling helps these; they wait for the table of the amended order.
        contradicting = cases(user).filter(HELD_FOR_A_TABLE).count()
        url = listing("attestation_attestation", contradicting="points")
        title = _("held: the points of the order contradict each other")
        tiles.append(Tile(title, contradicting, url, "balance", "bad"))
    return tiles


def absent(user: User) -> QuerySet[Attestation]:
    """I-23: absent, and neither closed nor carried to a later cycle."""
    carried = Attestation.objects.filter(
        employee=OuterRef("employee"), cycle__testing_ends__gt=OuterRef("cycle__testing_ends")
    ).exclude(status=Status.CLOSED)
    return cases(user).filter(status=Status.ABSENT).exclude(Exists(carried))


def _held_for_data(user: User) -> int:
    waiting = cases(user).filter(status=Status.HELD).values_list("status_reason", flat=True)
    return sum(bool(codes_of(reason) - FOR_A_RULING - FOR_A_TABLE) for reason in waiting)


FOR_A_RULING = frozenset({"rating_gap", "no_rating"})


# I-39: neither data nor a ruling can help; the next release brings the numbers that agree.
FOR_A_TABLE = frozenset({POINTS_CONTRADICT})


def codes_of(reason: Any) -> set[str]:
    """What a held case waits for."""
    return {item["code"] for item in reason if isinstance(item, dict) and "code" in item}


def held_for_ruling(user: User) -> int:
    """I-04, I-05: cases whose row 2 waits for the chair."""
    waiting = cases(user).filter(status=Status.HELD).values_list("status_reason", flat=True)
    return sum(bool(codes_of(reason) & FOR_A_RULING) for reason in waiting)


def open_appeals(user: User) -> QuerySet[Appeal]:
    """¶21: appeals under review."""
    return visible(user, Appeal.objects.waiting())


def commission_counts(request: HttpRequest) -> tuple[int, int, int]:
    """For the sidebar: matters that wait, those that wait for my vote, open sittings. Once a request."""
    if access.role_of(request.user) not in COMMISSION_AND_OVERSIGHT:
        return 0, 0, 0
    kept: tuple[int, int, int] | None = getattr(request, "commission_counts", None)
    if kept is None:
        waiting, mine = queue.counts(access.actor_of(request), clock.now())
        now_open = visible(request.user, Sitting.objects.filter(state=Sitting.State.OPEN))
        kept = waiting, mine, now_open.count()
        request.commission_counts = kept  # type: ignore[attr-defined]  # several parts of a page ask
    return kept


def commission_tiles(user: User, now: datetime) -> list[Tile]:
    """The commission: appeals and held rows first, then decisions whose terms are over."""
    status = Counter(cases(user).values_list("status", flat=True))
    return [
        Tile(
            _("appeals under review"),
            open_appeals(user).count(),
            listing("appeals_appeal", state__exact="open"),
            "gavel",
            "wait",
        ),
        Tile(
            _("held: row 2 waits for a ruling"),
            held_for_ruling(user),
            listing("attestation_attestation", status__exact=Status.HELD.value),
            "balance",
            "wait",
        ),
        Tile(
            _("decisions ready to become final"),
            ready_to_finalise(user, now),
            listing("attestation_attestation", status__exact=Status.PROVISIONAL.value),
            "verified",
            "wait",
        ),
        Tile(
            _("provisional decisions"),
            status[Status.PROVISIONAL],
            listing("attestation_attestation", status__exact=Status.PROVISIONAL.value),
            "pending_actions",
        ),
        Tile(
            _("late appeals on record"),
            visible(user, Appeal.objects.filter(state=Appeal.State.LATE)).count(),
            listing("appeals_appeal", state__exact="late"),
            "schedule",
        ),
        Tile(
            _("final decisions"),
            status[Status.FINAL],
            listing("attestation_decision", state__exact="final"),
            "task_alt",
        ),
    ]


def ready_to_finalise(user: User, now: datetime) -> int:
    """I-12: provisional, no open appeal, appeal term and grace over."""
    running = Deadline.objects.filter(
        kind__in=[Deadline.Kind.APPEAL, Deadline.Kind.GRACE], closes_at__gt=now
    ).exclude(state=Deadline.State.VOID)
    waiting = cases(user).filter(status=Status.PROVISIONAL, open_appeals=0)
    return waiting.exclude(pk__in=running.values("attestation")).count()


def country_tiles(user: User, now: datetime) -> list[Tile]:
    """The administrator and the auditor: the whole, and what stands still."""
    overdue = Deadline.objects.filter(
        Q(state=Deadline.State.MISSED, kind=Deadline.Kind.REATTESTATION)
        | Q(state=Deadline.State.OPEN, closes_at__lte=now)
    )
    years = (local_day(now).year, local_day(now).year + 1)
    unconfirmed = CalendarYear.objects.filter(year__in=years, confirmed_at__isnull=True)
    failed = to_serve(Notice.objects.all())
    return [
        *commission_tiles(user, now)[:2],
        Tile(
            _("overdue duties"),
            overdue.count(),
            listing("attestation_deadline", state__exact="missed"),
            "alarm",
            "bad",
        ),
        Tile(
            _("calendar years to be confirmed"),
            unconfirmed.count(),
            listing("attestation_calendaryear"),
            "event_available",
            "wait",
        ),
        Tile(
            _("notices to be served by hand"),
            failed.count(),
            listing("attestation_notice", by_hand="open"),
            "outgoing_mail",
            "wait",
        ),
        Tile(_("employees"), Employee.objects.count(), listing("attestation_employee"), "groups"),
        Tile(_("attestations"), cases(user).count(), listing("attestation_attestation"), "badge"),
        Tile(
            _("final decisions"),
            cases(user).filter(status=Status.FINAL).count(),
            listing("attestation_decision", state__exact="final"),
            "verified",
        ),
    ]


TILES = {
    Role.HR.value: office_tiles,
    Role.SECRETARY.value: commission_tiles,
    Role.CHAIR.value: commission_tiles,
    Role.MEMBER.value: commission_tiles,
    Role.ADMINISTRATOR.value: country_tiles,
    Role.AUDITOR.value: country_tiles,
}
