"""The queue of the commission: what waits, by deadline, and where the reader's vote is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appeals.admin import board
from appeals.admin.voting import voting_now
from appeals.admin.waiting import commissions_of, waiting_cases, waiting_items
from appeals.models import AgendaItem, Commission, Membership, Recusal, Sitting, Vote
from appeals.services.commission import VOTING_SEATS
from appeals.services.lines import ready_for, row_page
from attestation import access, clock
from attestation.admin.addresses import cleaned_parameters
from attestation.admin.base import visible
from attestation.law.calendar import ALMATY, local_day
from attestation.models import Deadline, Region, User

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


# Whose it is: the key of a question under appeal, or of a case with a held row.
Pair = tuple[int | None, int | None]


@dataclass(frozen=True)
class Matter:
    """What waits: enough to sort, to count and to sift; `case_no` is empty where the review is blind."""

    pair: Pair
    question: int | None
    case: int
    case_no: str
    employee: int
    region: int
    blind: bool
    due_on: date | None
    closes_at: datetime | None
    agenda: AgendaItem | None
    missing: frozenset[int]
    asks: bool

    @property
    def key(self) -> str:
        """As it is named in a form."""
        item, case = self.pair
        return f"item-{item}" if item else f"case-{case}"

    @property
    def title(self) -> str:
        return board.title_of_question(self.question)

    @property
    def state(self) -> str:
        """On no agenda, on one, or being voted on."""
        if self.agenda is None:
            return NOWHERE
        return OPEN if self.agenda.sitting.state == Sitting.State.OPEN else PLANNED


@dataclass(frozen=True)
class Line:
    """A matter as a page shows it."""

    title: str
    case_no: str
    url: str
    place: str
    sitting_url: str
    due_on: date | None
    left: str
    tone: str
    passed_on: bool
    mine: str
    mine_tone: str
    asks: bool


OF_CASE = ("pk", "case_no", "employee_id", "center__region_id")
OF_ITEM = (
    *("pk", "appeal_id", "question", "appeal__attestation_id"),
    *(f"appeal__attestation__{column}" for column in OF_CASE[1:]),
)
ENDS = ("due_on", "closes_at")


class Desk:
    """Everything that a page asks for, fetched once: the same queries for any length."""

    def __init__(self, user: User, now: datetime) -> None:
        self.user, self.now = user, now
        day = local_day(now)
        self.items = list(waiting_items(user, day).order_by().values_list(*OF_ITEM))
        self.cases = list(waiting_cases(user, now).order_by().values_list(*OF_CASE))
        standing = AgendaItem.objects.standing().select_related(
            "sitting__commission__center", "item__appeal__attestation__employee", "attestation__employee"
        )
        self.placed = {(line.item_id, line.attestation_id): line for line in standing}
        people = {employee for *_rest, employee, _region in (*self.items, *self.cases)}
        self.hidden = access.hidden_among(user, people)
        self.seats = set(Membership.objects.in_office(day).filter(user=user).values_list("pk", flat=True))
        self.voting = voting_now()
        live = Deadline.objects.exclude(state=Deadline.State.VOID).order_by("pk")
        of_ruling = live.filter(key__in={f"ruling:{appeal}" for _item, appeal, *_rest in self.items})
        self.rulings = {key: ends for key, *ends in of_ruling.values_list("key", *ENDS)}
        held = {case for case, *_rest in self.cases}
        scorings = live.filter(kind=Deadline.Kind.SCORING, attestation__in=held)
        self.scorings = {case: ends for case, *ends in scorings.values_list("attestation_id", *ENDS)}

    def matters(self) -> list[Matter]:
        """Everything that waits, the oldest deadline first; what has none comes last."""
        found = [
            self.matter((item, None), question, case, self.rulings.get(f"ruling:{appeal}"), *about)
            for item, appeal, question, case, *about in self.items
        ]
        found += [
            self.matter((None, case), None, case, self.scorings.get(case), *about)
            for case, *about in self.cases
        ]
        return sorted(
            found,
            key=lambda one: (one.closes_at is None, one.closes_at or self.now, one.case_no, one.key),
        )

    def matter(
        self,
        pair: Pair,
        question: int | None,
        case: int,
        ends: Sequence[Any] | None,
        case_no: str,
        employee: int,
        region: int,
    ) -> Matter:
        """One of them; without the number of the case where the review is blind."""
        due_on, closes_at = ends or (None, None)
        agenda, blind = self.placed.get(pair), employee in self.hidden
        missing = self.voting.missing(agenda) if agenda else frozenset()
        return Matter(
            pair=pair,
            question=question,
            case=case,
            case_no="" if blind else case_no,
            employee=employee,
            region=region,
            blind=blind,
            due_on=due_on,
            closes_at=closes_at,
            agenda=agenda,
            missing=missing,
            asks=bool(missing & self.seats),
        )

    def passed_on(self, matters: Sequence[Matter]) -> set[Pair]:
        """Of these, what was passed on for want of a quorum."""
        items, cases = (set(filter(None, keys)) for keys in zip(*(one.pair for one in matters), strict=True))
        passed = AgendaItem.objects.filter(outcome=AgendaItem.Outcome.PASSED)
        asked = passed.filter(Q(item__in=items) | Q(attestation__in=cases))
        return set(asked.values_list("item_id", "attestation_id"))

    @cached_property
    def recused(self) -> dict[Pair, Recusal]:
        """The reader's own recusals."""
        mine = Recusal.objects.filter(user=self.user)
        return {(recusal.item_id, recusal.attestation_id): recusal for recusal in mine}

    def lines(self, matters: Sequence[Matter]) -> list[Line]:
        """These as the page shows them."""
        passed = self.passed_on(matters) if matters else set()
        return [self.line(matter, passed_on=matter.pair in passed) for matter in matters]

    def line(self, matter: Matter, *, passed_on: bool) -> Line:
        agenda = matter.agenda
        left, tone = board.time_left(matter.closes_at, self.now) if matter.closes_at else ("", "")
        mine, mine_tone = self.mine(matter)
        return Line(
            title=matter.title,
            case_no=matter.case_no,
            url=page_of(matter, self.user),
            place=place_of(agenda),
            sitting_url=reverse("admin:appeals_sitting_change", args=(agenda.sitting_id,)) if agenda else "",
            due_on=matter.due_on,
            left=left,
            tone=tone,
            passed_on=passed_on,
            mine=mine,
            mine_tone=mine_tone,
            asks=matter.asks,
        )

    def mine(self, matter: Matter) -> tuple[str, str]:
        """My own part, as a chip."""
        if matter.pair in self.recused:
            return self.recused[matter.pair].words, "bad"
        if access.is_own(self.user, matter.employee):
            return Recusal(automatic=True, ground=Recusal.Ground.APPELLANT).words, "bad"
        if matter.agenda is None:
            return "", ""
        for seat in self.seats:
            choice = self.voting.cast.get((matter.agenda.pk, seat))
            if choice:
                return str(Vote.Choice(choice).label), board.CHOICE_TONES[choice]
        return "", ""


def place_of(agenda: AgendaItem | None) -> str:
    """Where the matter stands, in words."""
    if agenda is None:
        return str(STATES[NOWHERE])
    return _("sitting № %(number)s, %(when)s") % {
        "number": agenda.sitting.number,
        "when": f"{agenda.sitting.starts_at.astimezone(ALMATY):%d.%m.%Y %H:%M}",
    }


def page_of(matter: Matter, user: User) -> str:
    """Where one reads on: the line of the agenda, else the question or the case; blind, a held row is the
    chair's alone until it stands on an agenda."""
    item, _case = matter.pair
    if matter.agenda is not None:
        return reverse("admin:appeals_agendaitem_change", args=(matter.agenda.pk,))
    if item is not None:
        return reverse("admin:appeals_appealitem_change", args=(item,))
    if matter.blind:
        return row_page(matter.case) if access.may(user, "rule_rating") else ""
    return reverse("admin:attestation_attestation_change", args=(matter.case,))


def without_sitting(commission: Commission, user: User, now: datetime) -> list[Matter]:
    """What this commission could put on an agenda."""
    ready = ready_for(commission, now)
    keys = {f"item-{item.pk}" for item in ready.items} | {f"case-{case.pk}" for case in ready.rows}
    return [matter for matter in Desk(user, now).matters() if matter.key in keys]


def choice_label(matter: Matter) -> str:
    """A matter beside a box to tick."""
    if matter.due_on is None:
        return f"{matter.case_no} · {matter.title}"
    return _("%(case)s · %(title)s · ruling due %(day)s") % {
        "case": matter.case_no,
        "title": matter.title,
        "day": f"{matter.due_on:%d.%m.%Y}",
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


def fits(matter: Matter, chosen: Mapping[str, str]) -> bool:
    """Whether the matter passes the filters."""
    if chosen.get("region") and str(matter.region) != chosen["region"]:
        return False
    if chosen.get("state") and matter.state != chosen["state"]:
        return False
    member = chosen.get("member")
    if member == ME:
        return matter.asks
    return not member or int(member) in matter.missing


@dataclass(frozen=True)
class Tile:
    """A number on top, with the way to what it counts."""

    title: str
    count: int
    url: str
    icon: str
    tone: str = "plain"


def tiles_of(found: list[Matter], now: datetime, *, votes: bool) -> list[Tile]:
    """What waits, in numbers."""
    states = Counter(matter.state for matter in found)
    overdue = sum(matter.closes_at is not None and matter.closes_at <= now for matter in found)
    tiles = [
        Tile(_("matters wait"), len(found), "?", "inbox"),
        Tile(_("past the term for the ruling"), overdue, "?", "alarm", "bad" if overdue else "plain"),
        Tile(_("on no agenda yet"), states[NOWHERE], f"?state={NOWHERE}", "event_busy", "wait"),
        Tile(_("being voted on"), states[OPEN], f"?state={OPEN}", "ballot", "plain"),
    ]
    asked = sum(matter.asks for matter in found)
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
    found = desk.matters()
    page = Paginator([matter for matter in found if fits(matter, chosen)], PAGE).get_page(kept.get("p"))
    context |= {
        "title": _("Queue of the commission"),
        "tiles": tiles_of(found, now, votes=access.may(desk.user, "vote")),
        "filters": filters,
        "filtered": bool(chosen),
        "query": urlencode(chosen),
        "page": page,
        "lines": desk.lines(page),
        "mine_title": _("my vote"),
    }
    return TemplateResponse(request, "admin/appeals/sitting/queue.html", context)
