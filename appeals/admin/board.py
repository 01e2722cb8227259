"""What the pages of a sitting show to whom: no name and no vote until closed, nothing to the recused.

Reading alone: the services decide, these only tell. Every row that a page needs is fetched at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appeals.models import (
    AgendaItem,
    AppealItem,
    Commission,
    CommissionRules,
    Dissent,
    Membership,
    Recusal,
    Sitting,
    Vote,
)
from appeals.rules import Why
from appeals.services.commission import VOTING_SEATS, members_in_office
from appeals.services.voting import choices_for
from attestation import access
from attestation.models import Employee, User
from attestation.reason_words import reason_text

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
# What names the person again is over: the matter does not come before another sitting.
OVER = (Outcome.RULED, Outcome.WITHDRAWN)
OVERSIGHT = frozenset({access.ADMINISTRATOR, access.AUDITOR})


def title_of(item: AppealItem | None) -> str:
    """A matter without a name in it."""
    if item is not None:
        return _("Question %(question)s") % {"question": item.question}
    return _("Held row 2 of Appendix 1-2")


def is_blind(day: date) -> bool:
    """Whether the review is blind under the settings of the day."""
    return CommissionRules.objects.in_force_on(day).blind_review


def hides_names_from(user: User, day: date) -> bool:
    """Whether this person reads open appeals without the name: the chair and members of a blind review."""
    return access.role_of(user) in (access.CHAIR, access.MEMBER) and is_blind(day)


def names_person(line: AgendaItem, blind: bool) -> bool:
    """Name, centre and IIN stand beside a matter only once it is ruled on or withdrawn."""
    return not blind or line.outcome in OVER


def seat_of(user: User, commission: Commission, day: date) -> Membership | None:
    """The seat at the screen in this commission."""
    return members_in_office(commission, day).filter(user=user).first()


# --- one reader's lines ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reader:
    """Who reads: the seat, the matters recused from and why, the votes cast."""

    user: User
    seat: Membership | None
    present: bool
    recusals: tuple[Recusal, ...]
    choices: Mapping[int, str]
    # May read how a closed matter was voted on: whoever sat here, or oversees.
    reads_votes: bool

    @property
    def votes(self) -> bool:
        """Whether the seat has a vote."""
        return self.seat is not None and self.seat.seat in VOTING_SEATS

    def recused(self, line: AgendaItem) -> str:
        """Why this person takes no part; empty where they do. Nobody hears of the votes on their own case."""
        for recusal in self.recusals:
            if (recusal.item_id and recusal.item_id == line.item_id) or (
                recusal.attestation_id and recusal.attestation_id == line.attestation_id
            ):
                return ground_of(recusal)
        if access.is_own(self.user, line.case.employee):
            return str(Recusal.Ground.APPELLANT.label)
        return ""


def ground_of(recusal: Recusal) -> str:
    """By which rule, or the person's own words."""
    if recusal.ground == Recusal.Ground.STATEMENT:
        return _("own statement: %(reason)s") % {"reason": recusal.reason}
    return recusal.get_ground_display()


def reader_of(user: User, sitting: Sitting, day: date) -> Reader:
    """What this person may see and do in the sitting; four queries, however long the agenda."""
    seat = seat_of(user, sitting.commission, day)
    cast = Vote.objects.filter(agenda_item__sitting=sitting, membership__user=user)
    ever = sitting.commission.memberships.filter(user=user)
    return Reader(
        user=user,
        seat=seat,
        present=seat is not None and sitting.attendance.filter(membership=seat, present=True).exists(),
        recusals=tuple(Recusal.objects.filter(user=user)),
        choices=dict(cast.values_list("agenda_item_id", "choice")),
        reads_votes=access.role_of(user) in OVERSIGHT or seat is not None or ever.exists(),
    )


def lines_of(sitting: Sitting) -> list[AgendaItem]:
    """The agenda with everything that its lines name."""
    return list(
        sitting.agenda.select_related(
            "item__appeal__attestation__employee__center",
            "item__appeal__result",
            "attestation__employee__center",
            "closed_by",
        ).order_by("position", "pk")
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


def shown(line: AgendaItem, sitting: Sitting, reader: Reader, blind: bool) -> Shown:
    """The line: what it is, where it stands, what is still asked of the reader."""
    state, tone = state_of(line, sitting)
    mine, mine_tone, asks = mine_of(line, sitting, reader)
    return Shown(
        position=line.position,
        url=reverse("admin:appeals_agendaitem_change", args=(line.pk,)),
        title=title_of(line.item),
        case_no=line.case.case_no,
        person=line.case.employee.full_name if names_person(line, blind) else "",
        state=state,
        tone=tone,
        mine=mine,
        mine_tone=mine_tone,
        asks=asks,
    )


def state_of(line: AgendaItem, sitting: Sitting) -> tuple[str, str]:
    """Where the line stands, and its colour."""
    if line.outcome == Outcome.RULED:
        return ruling_label(line.ruling), CHOICE_TONES[line.ruling]
    if line.outcome:
        return line.get_outcome_display(), OUTCOME_TONES[Outcome(line.outcome)]
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
    if reader.recused(line):
        return _("recused"), "bad", False
    choice = reader.choices.get(line.pk)
    if choice:
        return str(Vote.Choice(choice).label), CHOICE_TONES[choice], False
    asks = sitting.state == Sitting.State.OPEN and not line.outcome and reader.present
    return "", "", asks


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


def attendance_of(sitting: Sitting, day: date) -> list[Person]:
    """The members in office and whether they are there; of a closed sitting, those who were then."""
    marked = {row.membership_id: row for row in sitting.attendance.select_related("membership__user")}
    if sitting.state == Sitting.State.CLOSED:
        members = [row.membership for row in marked.values()]
    else:
        members = list(members_in_office(sitting.commission, day))
    order = {seat: place for place, seat in enumerate(Membership.Seat.values)}
    found = []
    for member in sorted(members, key=lambda member: (order[member.seat], str(member.user))):
        state, tone = _("not marked"), ""
        if member.pk in marked:
            here = marked[member.pk].present
            state, tone = (_("present"), "good") if here else (_("absent"), "bad")
        elif member.seat == Membership.Seat.SECRETARY:
            state = _("keeps the minutes")
        found.append(Person(str(member.user), member.get_seat_display(), state, tone))
    return found


@dataclass
class Named:
    """A person of the agenda, before the questions; with the way to a recusal, or why there is one."""

    name: str
    center: str
    url: str
    recused: str
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
        Named(employee.full_name, str(employee.center), f"{act}?person={employee.pk}", why, employee.sort_key)
        for employee, why in people.values()
    ]
    return sorted(rows, key=lambda row: row.order)


def names_key(lines: Iterable[AgendaItem]) -> str:
    """What changes when somebody new comes onto the agenda: the names are then shown again."""
    return "-".join(str(key) for key in sorted({line.case.employee_id for line in lines}))


# --- how a matter was closed -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """One number of a tally."""

    label: str
    count: int
    tone: str


@dataclass
class Ending:
    """A closed matter: outcome, reason, tally and votes where the reader may see them, dissent."""

    title: str
    tone: str
    icon: str
    why: str = ""
    reason: str = ""
    tally: list[Part] = field(default_factory=list)
    votes: list[Person] = field(default_factory=list)
    hidden: str = ""
    dissents: list[Person] = field(default_factory=list)


def ending_of(
    line: AgendaItem, reader: Reader, names: Mapping[str, Person], dissents: Iterable[Dissent]
) -> Ending:
    """What is told of a closed matter to this reader; the votes as the minutes have them."""
    ruled, kept = line.outcome == Outcome.RULED, line.minutes
    ending = Ending(
        title=ruling_label(line.ruling) if ruled else line.get_outcome_display(),
        tone=CHOICE_TONES[line.ruling] if ruled else OUTCOME_TONES[Outcome(line.outcome)] or "info",
        icon=OUTCOME_ICONS[line.ruling if ruled else Outcome(line.outcome)],
        why=why_of(line),
        reason=reason_text(line.reason) if ruled or not why_of(line) else "",
    )
    if reader.recused(line):
        ending.hidden = _("You took no part in this matter: its votes are not shown to you.")
        return ending
    if not reader.reads_votes:
        ending.hidden = _("The votes are read by the members of this commission.")
        return ending
    for choice, counted in zip(choices_for(line), ("uphold", "reject", "abstain"), strict=True):
        if counted in kept:
            ending.tally.append(Part(str(choice.label), kept[counted], CHOICE_TONES[choice]))
    for username, choice in sorted(kept.get("votes", {}).items(), key=lambda pair: names[pair[0]].name):
        label = str(Vote.Choice(choice).label)
        ending.votes.append(replace(names[username], state=label, tone=CHOICE_TONES[choice]))
    ending.dissents = [
        Person(str(row.membership.user), text=row.text, at=row.recorded_at) for row in dissents
    ]
    return ending


def members_by_username(sitting: Sitting) -> dict[str, Person]:
    """Whoever ever sat in the commission, as the minutes name them."""
    rows = sitting.commission.memberships.select_related("user").order_by("appointed_on", "pk")
    return {row.user.username: Person(str(row.user), row.get_seat_display()) for row in rows}


def dissents_of(lines: Iterable[AgendaItem]) -> dict[int, list[Dissent]]:
    """Dissenting opinions by line."""
    found: dict[int, list[Dissent]] = {}
    for row in Dissent.objects.filter(agenda_item__in=list(lines)).select_related("membership__user"):
        found.setdefault(row.agenda_item_id, []).append(row)
    return found


def recusals_of(lines: Iterable[AgendaItem], sitting: Sitting, day: date) -> dict[int, list[Person]]:
    """Who of the commission takes no part in which line."""
    rows = list(lines)
    items: dict[int | None, int] = {line.item_id: line.pk for line in rows if line.item_id}
    cases: dict[int | None, int] = {line.attestation_id: line.pk for line in rows if line.attestation_id}
    seated = Membership.objects.filter(commission=sitting.commission).values("user")
    found: dict[int, list[Person]] = {}
    for row in Recusal.objects.filter(user__in=seated).select_related("user"):
        place = items.get(row.item_id) or cases.get(row.attestation_id)
        if place is not None:
            found.setdefault(place, []).append(Person(str(row.user), reason=ground_of(row)))
    return found


WHYS = {
    Why.CHAIR: gettext_lazy("The votes were equal: the chair's own vote decided."),
    Why.MAJORITY: gettext_lazy(
        "By the majority of the votes for against those against; abstaining is no vote."
    ),
    Why.TIE: gettext_lazy("The votes were equal and the chair's own vote did not decide: no ruling."),
    Why.NO_VOTES: gettext_lazy("Nobody voted for or against: no ruling."),
    Why.NO_QUORUM: gettext_lazy("There was no quorum: no ruling."),
}


def why_of(line: AgendaItem) -> str:
    """Why there is this ruling or none, from the minutes."""
    why = line.minutes.get("why")
    return str(WHYS[Why(why)]) if why in set(Why) else ""
