"""How a matter of a sitting was counted and closed, as far as a reader is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appeals.admin.board import (
    CHOICE_TONES,
    OUTCOME_ICONS,
    OUTCOME_TONES,
    Outcome,
    Person,
    Reader,
    ruling_label,
)
from appeals.models import AgendaItem, Dissent, Membership, Recusal, Sitting, Vote
from appeals.rules import Why
from appeals.services.voting import choices_for
from attestation.reason_words import reason_text


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
    departure: str = ""
    tally: list[Part] = field(default_factory=list)
    votes: list[Person] = field(default_factory=list)
    hidden: str = ""
    dissents: list[Person] = field(default_factory=list)
    presides: str = ""
    earlier: list[Earlier] = field(default_factory=list)


@dataclass(frozen=True)
class Earlier:
    """A ruling that stood before the item was reopened, and why it was."""

    ruling: str
    reason: str
    reopened_at: datetime
    reopened_by: str
    why: str
    departure: str


def ending_of(
    line: AgendaItem, reader: Reader, names: Mapping[str, Person], dissents: Iterable[Dissent]
) -> Ending:
    """What is told of a counted or closed matter to this reader; the votes as the minutes have them."""
    kept, ruling = line.minutes, line.ruling
    if not line.outcome:
        ruling = kept["ruling"]
    ending = Ending(
        title=ruling_label(ruling) if ruling else line.get_outcome_display(),
        tone=CHOICE_TONES[ruling] if ruling else OUTCOME_TONES[Outcome(line.outcome)] or "info",
        icon=OUTCOME_ICONS[ruling or Outcome(line.outcome)],
        why=why_of(line),
        reason=reason_text(line.reason) if ruling or not why_of(line) else "",
        departure=line.departure,
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
        label, receipt = str(Vote.Choice(choice).label), kept.get("receipts", {}).get(username, "")
        ending.votes.append(replace(names[username], state=label, tone=CHOICE_TONES[choice], text=receipt))
    ending.presides = names[kept["presides"]].name if kept.get("presides") else ""
    ending.earlier = [
        Earlier(
            ruling_label(row.ruling),
            row.reason,
            row.reopened_at,
            str(row.reopened_by),
            row.why,
            row.departure,
        )
        for row in line.reopenings.all()
    ]
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


def recusals_of(lines: Iterable[AgendaItem], sitting: Sitting) -> dict[int, list[Recusal]]:
    """Who of the commission takes no part in which line."""
    rows = list(lines)
    items: dict[int | None, int] = {line.item_id: line.pk for line in rows if line.item_id}
    cases: dict[int | None, int] = {line.attestation_id: line.pk for line in rows if line.attestation_id}
    seated = Membership.objects.filter(commission=sitting.commission).values("user")
    found: dict[int, list[Recusal]] = {}
    about = Q(item__in=items) | Q(attestation__in=cases)
    for row in Recusal.objects.filter(about, user__in=seated).select_related("user"):
        place = items.get(row.item_id) or cases.get(row.attestation_id)
        if place is not None:
            found.setdefault(place, []).append(row)
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
