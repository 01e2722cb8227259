"""The queue of the commission: what waits, by deadline, and where the reader's vote is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appeals.admin import board
from appeals.admin.waiting import commissions_of, waiting_cases, waiting_items
from appeals.models import AgendaItem, AppealItem, Attendance, Commission, Membership, Recusal, Sitting, Vote
from appeals.services.commission import VOTING_SEATS
from appeals.services.lines import ready_for, row_page
from attestation import access, clock
from attestation.admin.addresses import cleaned_parameters
from attestation.admin.base import visible
from attestation.law.calendar import ALMATY, local_day
from attestation.models import Attestation, Deadline, Region, User

PAGE = 30
# In the place of a seat: the reader.
ME = "me"
MOST_MEMBERS = 200
NOWHERE, PLANNED, OPEN = "nowhere", "planned", "open"
STATES = {
    NOWHERE: gettext_lazy("on no agenda yet"),
    PLANNED: gettext_lazy("on the agenda of a sitting"),
    OPEN: gettext_lazy("being voted on"),
}


@dataclass(frozen=True)
class Line:
    """One matter that waits; `case_no` is empty where the review is blind to the reader."""

    key: str
    title: str
    case_no: str
    url: str
    region: int
    state: str
    place: str
    sitting_url: str
    due_on: date | None
    closes_at: datetime | None
    left: str
    tone: str
    passed_on: bool
    missing: frozenset[int]
    mine: str
    mine_tone: str
    asks: bool


@dataclass(frozen=True)
class Voting:
    """Who is present and has not voted in the open sittings, and who takes no part."""

    voters: Mapping[int, list[Membership]]
    cast: Mapping[tuple[int, int], str]
    recused: frozenset[tuple[int, int | None, int | None]]

    def takes_part(self, member: Membership, line: AgendaItem) -> bool:
        """Whether the member is not recused from the line, nor is it about the member."""
        if member.user.employee_id == line.case.employee_id:
            return False
        return not {(member.user_id, line.item_id, None), (member.user_id, None, line.attestation_id)} & (
            self.recused
        )

    def missing(self, line: AgendaItem) -> frozenset[int]:
        """The seats whose vote the line still waits for; none once the votes are counted."""
        if line.counted_at is not None:
            return frozenset()
        return frozenset(
            member.pk
            for member in self.voters.get(line.sitting_id, ())
            if (line.pk, member.pk) not in self.cast and self.takes_part(member, line)
        )


def voting_now() -> Voting:
    """The open sittings; few rows, whatever the archive holds."""
    voters: dict[int, list[Membership]] = {}
    for row in Attendance.objects.composition().filter(sitting__state=Sitting.State.OPEN, present=True):
        if row.seat in VOTING_SEATS:
            voters.setdefault(row.sitting_id, []).append(row.membership)
    votes = Vote.objects.filter(agenda_item__sitting__state=Sitting.State.OPEN)
    users = {member.user_id for members in voters.values() for member in members}
    recused = Recusal.objects.filter(user__in=users).values_list("user_id", "item_id", "attestation_id")
    cast = {(line, member): choice for line, member, choice in votes.values_list(*CAST)}
    return Voting(voters, cast, frozenset(recused))


CAST = ("agenda_item_id", "membership_id", "choice")


class Desk:
    """Everything that the lines of one page ask for, fetched once: the same queries for any length."""

    def __init__(self, user: User, now: datetime) -> None:
        self.user, self.now = user, now
        day = local_day(now)
        self.items = list(
            waiting_items(user, day).select_related(
                "appeal__attestation__employee", "appeal__attestation__center"
            )
        )
        self.cases = list(waiting_cases(user, now).select_related("employee", "center__parent"))
        standing = AgendaItem.objects.standing().select_related(
            "sitting__commission__center", "item__appeal__attestation__employee", "attestation__employee"
        )
        self.placed = {(line.item_id, line.attestation_id): line for line in standing}
        passed = AgendaItem.objects.filter(outcome=AgendaItem.Outcome.PASSED)
        self.passed: set[tuple[int | None, int | None]] = set(passed.values_list("item_id", "attestation_id"))
        mine = Recusal.objects.filter(user=user)
        self.recused = {(recusal.item_id, recusal.attestation_id): recusal for recusal in mine}
        people = {item.appeal.attestation.employee_id for item in self.items}
        self.hidden = access.hidden_among(user, people | {case.employee_id for case in self.cases})
        self.seats = set(Membership.objects.in_office(day).filter(user=user).values_list("pk", flat=True))
        self.voting = voting_now()
        live = Deadline.objects.exclude(state=Deadline.State.VOID)
        keys = {f"ruling:{item.appeal_id}" for item in self.items}
        self.rulings = {row.key: row for row in live.filter(key__in=keys)}
        scorings = live.filter(kind=Deadline.Kind.SCORING, attestation__in=self.cases).order_by("pk")
        self.scorings = {row.attestation_id: row for row in scorings}

    def lines(self) -> list[Line]:
        """Everything that waits, the oldest deadline first; what has none comes last."""
        found = [self.line(item.appeal.attestation, item) for item in self.items]
        found += [self.line(case, None) for case in self.cases]
        return sorted(
            found,
            key=lambda line: (line.closes_at is None, line.closes_at or self.now, line.case_no, line.key),
        )

    def line(self, case: Attestation, item: AppealItem | None) -> Line:
        """One matter; without the case behind it where the review is blind."""
        pair = (item.pk, None) if item else (None, case.pk)
        agenda = self.placed.get(pair)
        deadline = self.rulings.get(f"ruling:{item.appeal_id}") if item else self.scorings.get(case.pk)
        left, tone = board.time_left(deadline.closes_at, self.now) if deadline else ("", "")
        missing = self.voting.missing(agenda) if agenda else frozenset()
        mine, mine_tone = self.mine(agenda, pair, case)
        return Line(
            key=f"item-{item.pk}" if item else f"case-{case.pk}",
            title=board.title_of(item),
            case_no="" if case.employee_id in self.hidden else case.case_no,
            url=page_of(agenda, item, case, self.user, blind=case.employee_id in self.hidden),
            region=case.center.region_id,
            state=state_of(agenda),
            place=place_of(agenda),
            sitting_url=reverse("admin:appeals_sitting_change", args=(agenda.sitting_id,)) if agenda else "",
            due_on=deadline.due_on if deadline else None,
            closes_at=deadline.closes_at if deadline else None,
            left=left,
            tone=tone,
            passed_on=pair in self.passed,
            missing=missing,
            mine=mine,
            mine_tone=mine_tone,
            asks=bool(missing & self.seats),
        )

    def mine(
        self, agenda: AgendaItem | None, pair: tuple[int | None, int | None], case: Attestation
    ) -> tuple[str, str]:
        """My own part, as a chip."""
        if pair in self.recused:
            return self.recused[pair].words, "bad"
        if access.is_own(self.user, case.employee):
            return Recusal(automatic=True, ground=Recusal.Ground.APPELLANT).words, "bad"
        if agenda is None:
            return "", ""
        for seat in self.seats:
            choice = self.voting.cast.get((agenda.pk, seat))
            if choice:
                return str(Vote.Choice(choice).label), board.CHOICE_TONES[choice]
        return "", ""


def state_of(agenda: AgendaItem | None) -> str:
    """On no agenda, on one, or being voted on."""
    if agenda is None:
        return NOWHERE
    return OPEN if agenda.sitting.state == Sitting.State.OPEN else PLANNED


def place_of(agenda: AgendaItem | None) -> str:
    """Where the matter stands, in words."""
    if agenda is None:
        return str(STATES[NOWHERE])
    return _("sitting № %(number)s, %(when)s") % {
        "number": agenda.sitting.number,
        "when": f"{agenda.sitting.starts_at.astimezone(ALMATY):%d.%m.%Y %H:%M}",
    }


def page_of(
    agenda: AgendaItem | None, item: AppealItem | None, case: Attestation, user: User, *, blind: bool
) -> str:
    """Where one reads on: the line of the agenda, else the question or the case; blind, a held row is the
    chair's alone until it stands on an agenda."""
    if agenda is not None:
        return reverse("admin:appeals_agendaitem_change", args=(agenda.pk,))
    if item is not None:
        return reverse("admin:appeals_appealitem_change", args=(item.pk,))
    if blind:
        return row_page(case) if access.may(user, "rule_rating") else ""
    return reverse("admin:attestation_attestation_change", args=(case.pk,))


def without_sitting(commission: Commission, user: User, now: datetime) -> list[Line]:
    """What this commission could put on an agenda."""
    ready = ready_for(commission, now)
    keys = {f"item-{item.pk}" for item in ready.items} | {f"case-{case.pk}" for case in ready.rows}
    return [line for line in Desk(user, now).lines() if line.key in keys]


def choice_label(line: Line) -> str:
    """A matter beside a box to tick."""
    if line.due_on is None:
        return f"{line.case_no} · {line.title}"
    return _("%(case)s · %(title)s · ruling due %(day)s") % {
        "case": line.case_no,
        "title": line.title,
        "day": f"{line.due_on:%d.%m.%Y}",
    }


# --- the page ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filter:
    """One drop-down above the queue."""

    name: str
    title: str
    choices: list[tuple[str, str]]
    chosen: str


def filters_of(user: User, day: date, given: Mapping[str, str]) -> list[Filter]:
    """By region, state and member; a value that is none of the choices counts as none."""
    # A region is a step towards the centre: whoever votes does not sift by it.
    sifts = access.sees_everything(user) and not access.may(user, "vote")
    regions = [(str(row.pk), str(row)) for row in Region.objects.all()] if sifts else []
    seats: QuerySet[Membership] = Membership.objects.in_office(day).filter(seat__in=VOTING_SEATS)
    mine = commissions_of(user, day)
    seats = seats.filter(commission__in=mine) if mine else visible(user, seats)
    members = [(str(seat.pk), str(seat)) for seat in seats.select_related("user")[:MOST_MEMBERS]]
    if access.may(user, "vote"):
        members.insert(0, (ME, _("my vote")))
    wanted = [
        ("region", _("region"), regions),
        ("state", _("where it stands"), [(key, str(label)) for key, label in STATES.items()]),
        ("member", _("whose vote is missing"), members),
    ]
    return [
        Filter(name, title, choices, given[name] if given.get(name) in dict(choices) else "")
        for name, title, choices in wanted
        if choices
    ]


def fits(line: Line, chosen: Mapping[str, str]) -> bool:
    """Whether the line passes the filters."""
    if chosen.get("region") and str(line.region) != chosen["region"]:
        return False
    if chosen.get("state") and line.state != chosen["state"]:
        return False
    member = chosen.get("member")
    if member == ME:
        return line.asks
    return not member or int(member) in line.missing


@dataclass(frozen=True)
class Tile:
    """A number on top, with the way to what it counts."""

    title: str
    count: int
    url: str
    icon: str
    tone: str = "plain"


def tiles_of(found: list[Line], *, votes: bool) -> list[Tile]:
    """What waits, in numbers."""
    states = Counter(line.state for line in found)
    overdue = sum(line.tone == "bad" for line in found)
    tiles = [
        Tile(_("matters wait"), len(found), "?", "inbox"),
        Tile(_("past the term for the ruling"), overdue, "?", "alarm", "bad" if overdue else "plain"),
        Tile(_("on no agenda yet"), states[NOWHERE], f"?state={NOWHERE}", "event_busy", "wait"),
        Tile(_("being voted on"), states[OPEN], f"?state={OPEN}", "ballot", "plain"),
    ]
    asked = sum(line.asks for line in found)
    if votes:
        address = f"?member={ME}"
        tiles.insert(
            0, Tile(_("my vote is missing"), asked, address, "how_to_vote", "wait" if asked else "plain")
        )
    return tiles


def queue_view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The page, for whoever the site let in."""
    now = clock.now()
    kept, notes = cleaned_parameters(request.GET, {"region", "state", "member"})
    if notes:
        for note in notes:
            messages.warning(request, note)
        return HttpResponseRedirect(f"{request.path}?{kept.urlencode()}" if kept else request.path)
    desk = Desk(access.actor_of(request), now)
    filters = filters_of(access.actor_of(request), local_day(now), kept)
    chosen = {one.name: one.chosen for one in filters if one.chosen}
    found = desk.lines()
    page = Paginator([line for line in found if fits(line, chosen)], PAGE).get_page(kept.get("p"))
    context |= {
        "title": _("Queue of the commission"),
        "tiles": tiles_of(found, votes=access.may(desk.user, "vote")),
        "filters": filters,
        "filtered": bool(chosen),
        "query": urlencode(chosen),
        "page": page,
        "mine_title": _("my vote"),
    }
    return TemplateResponse(request, "admin/appeals/sitting/queue.html", context)
