"""The queue of the commission: what waits, by deadline, and where the reader's vote is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
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
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appeals.admin import board
from appeals.admin.voting import voting_now
from appeals.admin.waiting import LIVE, MyVotes, Waiting, commissions_of, missing_votes, waiting
from appeals.models import AgendaItem, AppealItem, Commission, Membership, Recusal, Sitting, Vote
from appeals.services.commission import VOTING_SEATS
from appeals.services.deadlines import key_of_ruling
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


# Whose it is: the key of a question under appeal, or of a case with a held row.
Pair = tuple[int | None, int | None]


@dataclass(frozen=True)
class Matter:
    """What waits; `case_no` is empty where the review is blind."""

    pair: Pair
    question: int | None
    case: int
    case_no: str
    employee: int
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


OF_CASE = ("pk", "case_no", "employee_id")
OF_ITEM = ("pk", "question", "appeal_id", *(f"appeal__attestation__{column}" for column in OF_CASE))


class Desk:
    """Some of what waits with all that a page asks of it, fetched once: the same queries for any length."""

    def __init__(
        self, user: User, now: datetime, rows: Iterable[tuple[int | None, int | None, object]]
    ) -> None:
        self.user, self.now = user, now
        self.pairs: list[Pair] = [(item, case) for item, case, _end in rows]
        items = [item for item, _case in self.pairs if item]
        cases = [case for _item, case in self.pairs if case]
        of_items = AppealItem.objects.filter(pk__in=items).values_list(*OF_ITEM)
        of_cases = Attestation.objects.filter(pk__in=cases).values_list(*OF_CASE)
        self.about: dict[Pair, tuple[Any, ...]] = {
            (item, None): (question, key_of_ruling(appeal), *about)
            for item, question, appeal, *about in of_items
        } | {(None, case): (None, case, case, *about) for case, *about in of_cases}
        about_them = Q(item__in=items) | Q(attestation__in=cases)
        passed = AgendaItem.objects.filter(outcome=AgendaItem.Outcome.PASSED)
        lines = (
            (AgendaItem.objects.standing() | passed)
            .filter(about_them)
            .select_related(
                "sitting__commission__center", "item__appeal__attestation__employee", "attestation__employee"
            )
        )
        self.placed: dict[Pair, AgendaItem] = {}
        self.passed_on: set[Pair] = set()
        for line in lines:
            if line.outcome == AgendaItem.Outcome.PASSED:
                self.passed_on.add((line.item_id, line.attestation_id))
            else:
                self.placed[line.item_id, line.attestation_id] = line
        mine = Recusal.objects.filter(about_them, user=user)
        self.recused = {(recusal.item_id, recusal.attestation_id): recusal for recusal in mine}
        people = {employee for *_rest, employee in self.about.values()}
        self.hidden = access.hidden_among(user, people)
        day = local_day(now)
        self.seats = set(Membership.objects.in_office(day).filter(user=user).values_list("pk", flat=True))
        self.voting = voting_now()
        rulings = Q(key__in=[key_of_ruling(appeal) for _item, _question, appeal, *_about in of_items])
        ends = LIVE.filter(rulings | Q(kind=Deadline.Kind.SCORING, attestation__in=cases)).order_by("pk")
        self.ends = {row.key if row.kind == row.Kind.RULING else row.attestation_id: row for row in ends}

    def matters(self) -> list[Matter]:
        """They, in the order given."""
        return [self.matter(pair) for pair in self.pairs]

    def matter(self, pair: Pair) -> Matter:
        """One of them; without the number of the case where the review is blind."""
        question, duty, case, case_no, employee = self.about[pair]
        ends, agenda, blind = self.ends.get(duty), self.placed.get(pair), employee in self.hidden
        missing = self.voting.missing(agenda) if agenda else frozenset()
        return Matter(
            pair=pair,
            question=question,
            case=case,
            case_no="" if blind else case_no,
            employee=employee,
            blind=blind,
            due_on=ends.due_on if ends else None,
            closes_at=ends.closes_at if ends else None,
            agenda=agenda,
            missing=missing,
            asks=bool(missing & self.seats),
        )

    def lines(self) -> list[Line]:
        """They as the page shows them."""
        return [self.line(matter) for matter in self.matters()]

    def line(self, matter: Matter) -> Line:
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
            passed_on=matter.pair in self.passed_on,
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
    ready, seen = ready_for(commission, now), waiting(user, now)
    items, cases = ([row.pk for row in rows] for rows in (ready.items, ready.rows))
    rows = seen.sifted(Q(pk__in=items), Q(pk__in=cases))
    return Desk(user, now, rows.nearest_first()).matters()


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


def sifted(rows: Waiting, chosen: Mapping[str, str], user: User, now: datetime) -> Waiting:
    """What passes the filters."""
    if region := chosen.get("region"):
        rows = rows.of_region(int(region))
    if state := chosen.get("state"):
        standing = AgendaItem.objects.standing()
        if state == NOWHERE:
            rows = rows.standing_on(standing, yes=False)
        else:
            begun = Q(sitting__state=Sitting.State.OPEN)
            rows = rows.standing_on(standing.filter(begun if state == OPEN else ~begun))
    member = chosen.get("member")
    if member == ME:
        rows = rows.standing_on(missing_votes(user, now))
    elif member:
        seat = Membership.objects.select_related("user").get(pk=member)
        rows = rows.standing_on(missing_votes(seat.user, now, seat.pk))
    return rows


@dataclass(frozen=True)
class Tile:
    """A number on top, with the way to what it counts."""

    title: str
    count: int
    url: str
    icon: str
    tone: str = "plain"


def tiles_of(rows: Waiting, count: int, user: User, now: datetime) -> list[Tile]:
    """What waits, in numbers."""
    overdue = rows.overdue(now).count()
    placed = Counter(rows.lines().values_list("sitting__state", flat=True))
    tiles = [
        Tile(_("matters wait"), count, "?", "inbox"),
        Tile(_("past the term for the ruling"), overdue, "?", "alarm", "bad" if overdue else "plain"),
        Tile(_("on no agenda yet"), count - placed.total(), f"?state={NOWHERE}", "event_busy", "wait"),
        Tile(_("being voted on"), placed[Sitting.State.OPEN], f"?state={OPEN}", "ballot", "plain"),
    ]
    if access.may(user, "vote"):
        asked, address = MyVotes(user, now).count(), f"?member={ME}"
        tiles.insert(
            0, Tile(_("my vote is missing"), asked, address, "how_to_vote", "wait" if asked else "plain")
        )
    return tiles


def queue_view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The page, for whoever the site let in."""
    now, user = clock.now(), access.actor_of(request)
    kept, notes = cleaned_parameters(request.GET, {"region", "state", "member"})
    if notes:
        for note in notes:
            messages.warning(request, note)
        return HttpResponseRedirect(f"{request.path}?{kept.urlencode()}" if kept else request.path)
    filters = filters_of(user, local_day(now), kept)
    chosen = {one.name: one.chosen for one in filters if one.chosen}
    rows = waiting(user, now)
    pages, count = Paginator(sifted(rows, chosen, user, now).nearest_first(), PAGE), rows.count()
    if not chosen:
        pages.count = count
    page = pages.get_page(kept.get("p"))
    context |= {
        "title": _("Queue of the commission"),
        "tiles": tiles_of(rows, count, user, now),
        "filters": filters,
        "filtered": bool(chosen),
        "query": urlencode(chosen),
        "page": page,
        "lines": Desk(user, now, page).lines(),
        "mine_title": _("my vote"),
    }
    return TemplateResponse(request, "admin/appeals/sitting/queue.html", context)
