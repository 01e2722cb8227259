"""What the pages of a sitting show to whom: no name and no vote until sealed, nothing to the recused.

Reading alone: the services decide, these only tell. Every row that a page needs is fetched at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from appeals import rules
from appeals.models import (
    AgendaItem,
    AppealItem,
    Membership,
    Recusal,
    Sitting,
    Vote,
)
from appeals.services.commission import VOTING_SEATS, seat_held
from appeals.services.recusals import Seated, composition_of, facts_of
from attestation import access, clock
from attestation.law.calendar import local_day
from attestation.models import Employee, User
from attestation.names import may_be_kin
from attestation.refusals import allows

Outcome = AgendaItem.Outcome
SITTING_COLOURS = {"planned": "info", "open": "warning", "closed": "success"}
CHOICE_TONES = {"uphold": "good", "reject": "bad", "abstain": "plain", "ten": "good", "zero": "bad"}
OUTCOME_TONES = {Outcome.NO_RULING: "wait", Outcome.PASSED: "info", Outcome.WITHDRAWN: ""}
OUTCOME_ICONS = {
    "uphold": "check_circle",
    "ten": "check_circle",
    "reject": "cancel",
    "zero": "cancel",
    Outcome.NO_RULING: "hourglass_top",
    Outcome.PASSED: "move_up",
    Outcome.WITHDRAWN: "undo",
}
OVERSIGHT = frozenset({access.ADMINISTRATOR, access.AUDITOR})
SECRETARY = Membership.Seat.SECRETARY
SOON = timedelta(days=2)


def title_of(item: AppealItem | None) -> str:
    """A matter without a name in it."""
    return title_of_question(item.question if item is not None else None)


def title_of_question(question: int | None) -> str:
    """The same by the number of the question; a held row has none."""
    if question is not None:
        return _("Question %(question)s") % {"question": question}
    return _("Held row 2 of Appendix 1-2")


def unnamed(user: User, lines: Iterable[AgendaItem]) -> set[int]:
    """The ids of the lines whose case is not named to this reader (`access.hides_identity_from`)."""
    rows = list(lines)
    hidden = access.hidden_among(user, {line.case.employee_id for line in rows})
    return {line.pk for line in rows if line.case.employee_id in hidden}


def keeps(sitting: Sitting, user: User) -> bool:
    """Whether the user is the secretary in office of the commission that sits."""
    return allows(seat_held, user, sitting.commission, [SECRETARY], local_day(clock.now()))


# --- one reader's lines ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reader:
    """Who reads: the membership and its seat, the matters recused from and why, the votes cast."""

    user: User
    member: Membership | None
    seat: str
    composition: list[Seated]
    # I-12: is in the chair of the sitting now.
    presides: bool
    # Keeps the minutes, or is in the chair: sees what was counted before it is sealed.
    leads: bool
    present: bool
    recusals: tuple[Recusal, ...]
    cast: Mapping[int, Vote]
    # May read how a closed matter was voted on: whoever sat here, or, once the sitting is closed, oversees.
    reads_votes: bool

    @property
    def votes(self) -> bool:
        """Whether the seat has a vote."""
        return self.seat in VOTING_SEATS

    def recusal(self, line: AgendaItem) -> Recusal | None:
        """By what this person takes no part; nobody hears of the votes on their own case."""
        for recusal in self.recusals:
            if (recusal.item_id and recusal.item_id == line.item_id) or (
                recusal.attestation_id and recusal.attestation_id == line.attestation_id
            ):
                return recusal
        own = access.is_own(self.user, line.case.employee)
        return Recusal(automatic=True, ground=Recusal.Ground.APPELLANT) if own else None

    def recused(self, line: AgendaItem) -> str:
        """Why this person takes no part; empty where they do."""
        recusal = self.recusal(line)
        return recusal.why if recusal else ""


def reader_of(user: User, sitting: Sitting, day: date) -> Reader:
    """What this person may see and do in the sitting; three queries, however long the agenda."""
    composition = composition_of(sitting, day)
    mine = ((one, seat, here) for one, seat, here in composition if one.user_id == user.pk)
    member, seat, here = next(mine, (None, "", None))
    cast = Vote.objects.filter(agenda_item__sitting=sitting, membership__user=user)
    chair = rules.in_the_chair(facts_of(composition))
    presides = member is not None and chair is not None and chair.id == member.pk
    oversees = access.role_of(user) in OVERSIGHT and sitting.state == Sitting.State.CLOSED
    ever = sitting.commission.memberships.filter(user=user)
    return Reader(
        user=user,
        member=member,
        seat=seat,
        composition=composition,
        presides=presides,
        leads=seat == SECRETARY or presides,
        present=seat in VOTING_SEATS and bool(here),
        recusals=tuple(Recusal.objects.filter(user=user)),
        cast={vote.agenda_item_id: vote for vote in cast},
        reads_votes=oversees or bool(seat) or ever.exists(),
    )


def lines_of(sitting: Sitting) -> list[AgendaItem]:
    """The agenda with everything that its lines name."""
    return list(
        sitting.agenda.select_related(
            "item__appeal__attestation__employee__center",
            "item__appeal__result",
            "attestation__employee__center",
            "closed_by",
        )
        .prefetch_related("reopenings__reopened_by")
        .order_by("position", "pk")
    )


def agenda_of(user: User, sitting: Sitting, day: date) -> tuple[list[AgendaItem], Reader]:
    """The agenda and who reads it. Asked once for a page: by its buttons, before it opens and when it is
    shown."""
    return access.remembered(
        user, ("agenda", sitting.pk, day), lambda: (lines_of(sitting), reader_of(user, sitting, day))
    )


@dataclass(frozen=True)
class Shown:
    """A line of the agenda for one reader."""

    position: int
    url: str
    title: str
    case_no: str
    person: str
    state: str
    tone: str
    mine: str
    mine_tone: str
    asks: bool


def shown(line: AgendaItem, sitting: Sitting, reader: Reader, blind: set[int]) -> Shown:
    """The line: what it is, where it stands, what is still asked of the reader; `blind`: `unnamed`."""
    state, tone = state_of(line, sitting, reader)
    mine, mine_tone, asks = mine_of(line, sitting, reader)
    return Shown(
        position=line.position,
        url=reverse("admin:appeals_agendaitem_change", args=(line.pk,)),
        title=title_of(line.item),
        case_no="" if line.pk in blind else line.case.case_no,
        person="" if line.pk in blind else line.case.employee.full_name,
        state=state,
        tone=tone,
        mine=mine,
        mine_tone=mine_tone,
        asks=asks,
    )


def state_of(line: AgendaItem, sitting: Sitting, reader: Reader | None = None) -> tuple[str, str]:
    """Where the line stands, and its colour; how a sealed one was ruled, its commission alone reads."""
    if line.outcome == Outcome.RULED:
        if sitting.state != Sitting.State.CLOSED and (reader is None or not reader.reads_votes):
            return pgettext("agenda item", "sealed"), "info"
        return ruling_label(line.ruling), CHOICE_TONES[line.ruling]
    if line.outcome:
        return line.get_outcome_display(), OUTCOME_TONES[Outcome(line.outcome)]
    if line.counted_at is not None:
        return pgettext("agenda item", "counted"), "info"
    if sitting.state == Sitting.State.OPEN:
        return _("voting"), "wait"
    return _("on the agenda"), ""


def ruling_label(ruling: str) -> str:
    """The ruling in words: upheld or rejected; 10 or 0 points for row 2."""
    if ruling in AppealItem.Ruling.values:
        return str(AppealItem.Ruling(ruling).label)
    return str(Vote.Choice(ruling).label)


def mine_of(line: AgendaItem, sitting: Sitting, reader: Reader) -> tuple[str, str, bool]:
    """My part: recused, voted how, or still to vote."""
    if not reader.votes:
        return "", "", False
    if recusal := reader.recusal(line):
        return recusal.words, "bad", False
    if mine := reader.cast.get(line.pk):
        return str(mine.get_choice_display()), CHOICE_TONES[mine.choice], False
    return "", "", is_voted_on(line) and reader.present


def is_open(line: AgendaItem) -> bool:
    """Whether the sitting is under way."""
    return bool(line.sitting.state == Sitting.State.OPEN)


def is_voted_on(line: AgendaItem) -> bool:
    """Whether votes may be cast on it now."""
    return not line.outcome and line.counted_at is None and is_open(line)


def is_asked(line: AgendaItem, reader: Reader) -> bool:
    """Whether the line is voted on now and the reader takes part, with the vote cast or not."""
    return is_voted_on(line) and not reader.recused(line)


def agenda_url(sitting: Sitting) -> str:
    """The agenda on the page of the sitting."""
    return reverse("admin:appeals_sitting_change", args=(sitting.pk,)) + "#agenda"


def next_to_vote(sitting: Sitting, reader: Reader, after: AgendaItem | None = None) -> str:
    """The next matter on which the reader's vote is missing, in the order of the agenda and then from its
    beginning; the agenda where there is none."""
    lines = lines_of(sitting)
    missing = [line for line in lines if is_asked(line, reader) and line.pk not in reader.cast]
    if not (reader.votes and reader.present and missing):
        return agenda_url(sitting)
    place = (after.position, after.pk) if after is not None else (0, 0)
    later = [line for line in missing if (line.position, line.pk) > place]
    return reverse("admin:appeals_agendaitem_change", args=((later or missing)[0].pk,))


def time_left(closes_at: datetime, now: datetime) -> tuple[str, str]:
    """How long there is left, in whole days or hours, and how urgent that is."""
    left = closes_at - now
    if left <= timedelta(0):
        days = -left // timedelta(days=1)
        if days < 1:
            return _("overdue"), "bad"
        return ngettext("%(count)s day overdue", "%(count)s days overdue", days) % {"count": days}, "bad"
    days, hours = left // timedelta(days=1), left // timedelta(hours=1)
    if days >= 1:
        words = ngettext("%(count)s day left", "%(count)s days left", days) % {"count": days}
    else:
        words = ngettext("%(count)s hour left", "%(count)s hours left", hours) % {"count": hours}
    return words, "wait" if left < SOON else ""


# --- people ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Person:
    """A name of a list with what is said of it."""

    name: str
    seat: str = ""
    state: str = ""
    tone: str = ""
    reason: str = ""
    text: str = ""
    at: datetime | None = None


@dataclass
class Named:
    """A person of the agenda, before the questions; with the way to a recusal, or why there is one."""

    name: str
    center: str
    url: str
    recused: str
    # The name looks like that of a close relative of the reader: to be thought about, no rule.
    hint: bool
    order: str


def names_of(sitting: Sitting, lines: Iterable[AgendaItem], reader: Reader) -> list[Named]:
    """The people of the open matters by the alphabet, so that nothing says which question is whose."""
    people: dict[int, tuple[Employee, str]] = {}
    for line in lines:
        employee = line.case.employee
        if not line.outcome:
            people.setdefault(employee.pk, (employee, reader.recused(line)))
    act = reverse("admin:appeals_sitting_act", args=(sitting.pk, "recuse"))
    rows = [
        Named(
            employee.full_name,
            str(employee.center),
            f"{act}?person={employee.pk}",
            why,
            may_be_kin(name_of(reader.user), name_of(employee)),
            employee.sort_key,
        )
        for employee, why in people.values()
    ]
    return sorted(rows, key=lambda row: row.order)


def name_of(person: User | Employee) -> tuple[str, str, str]:
    """Last name, first name, patronymic; an account's by its staff record where there is one."""
    found = person.employee or person if isinstance(person, User) else person
    return found.last_name, found.first_name, getattr(found, "patronymic", "")


def names_key(lines: Iterable[AgendaItem]) -> str:
    """What changes when somebody new comes onto the agenda: the names are then shown again."""
    return "-".join(str(key) for key in sorted({line.case.employee_id for line in lines}))
