"""Votes in a sitting, their count, the ruling they make, and dissent (I-12, I-13). Ours, not the order's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from appeals import rules
from appeals import sitting_lifecycle as lifecycle
from appeals.models import AgendaItem, AppealItem, CommissionRules, Dissent, Membership, Vote
from appeals.services.commission import VOTING_SEATS, seat_held
from appeals.services.lines import carry_over, case_of, is_held, lock_line, lock_sitting, row_ruling
from appeals.services.recusals import is_recused, members_of, recused_users, settle_quorum
from appeals.services.ruling import apply_ruling
from attestation import access, journal, lookup
from attestation.by import By
from attestation.law.calendar import local_day
from attestation.models import Attestation, User
from attestation.reason_words import coded
from attestation.refusals import Refused
from attestation.texts import required_text

Seat = Membership.Seat
Event = lifecycle.AgendaEvent
# Of a held row 2 the votes are for the points of its upper line or of its lower one; the rules count them as
# for and against.
AS_RULES = {Vote.Choice.TEN: rules.Choice.UPHOLD, Vote.Choice.ZERO: rules.Choice.REJECT}
ROW_RULINGS = {rules.Choice.UPHOLD: Vote.Choice.TEN, rules.Choice.REJECT: Vote.Choice.ZERO}
WHY_NOT: Mapping[str, str] = {
    rules.Why.NO_QUORUM: "no_quorum",
    rules.Why.NO_VOTES: "no_votes",
    rules.Why.TIE: "tied_vote",
}


def choices_for(line: AgendaItem) -> list[Vote.Choice]:
    """What can be voted for on the line."""
    if line.item_id is not None:
        return [Vote.Choice.UPHOLD, Vote.Choice.REJECT, Vote.Choice.ABSTAIN]
    return [Vote.Choice.TEN, Vote.Choice.ZERO, Vote.Choice.ABSTAIN]


@transaction.atomic
def vote(line: AgendaItem, choice: str, *, by: By) -> Vote:
    """F-C9: the member's vote, one an item, changeable until it is closed. The same again changes nothing.

    Raises Refused: no seat with a vote, item closed, sitting not open, absent, recused, no such choice.
    The journal tells that a vote was cast and not which: the tally is hidden until the item is closed.
    """
    access.require(by.user, "vote")
    assert by.user is not None  # `require` never lets the system vote
    line = lock_line(line)
    member = seat_held(by.user, line.sitting.commission, VOTING_SEATS, local_day(by.at))
    lifecycle.guard_item(line, Event.VOTE, by.user)
    _require_open(line)
    _require_voter(line, member, by.at)
    if choice not in choices_for(line):
        raise Refused(
            "bad_choice",
            _("On this item the vote is one of: %(choices)s."),
            choices=", ".join(str(one.label) for one in choices_for(line)),
        )
    cast = Vote.objects.filter(agenda_item=line, membership=member).first()
    if cast is not None and cast.choice == choice:
        return cast
    changed = cast is not None
    cast = cast or Vote(agenda_item=line, membership=member)
    cast.choice, cast.cast_at = Vote.Choice(choice), by.at
    cast.save()
    journal.record(
        "vote",
        by=by,
        subject=line.sitting.code,
        data={"agenda_item": line.pk, "position": line.position, "changed": changed},
    )
    return cast


def _require_open(line: AgendaItem) -> None:
    if line.sitting.state != line.sitting.State.OPEN:
        raise Refused(
            "sitting_not_open",
            _("%(sitting)s: the state is “%(state)s”; items are voted on while it is open."),
            sitting=str(line.sitting),
            state=line.sitting.get_state_display(),
        )


def _require_voter(line: AgendaItem, member: Membership, now: datetime) -> None:
    """F-R8: there, and not recused."""
    if is_recused(member.user, line, local_day(now)):
        raise Refused(
            "recused", _("Item %(item)s: you are recused and take no part in it."), item=line.position
        )
    if not line.sitting.attendance.filter(membership=member, present=True).exists():
        raise Refused(
            "absent",
            _("You are not marked as present. Ask the secretary to mark you, then vote."),
        )


@transaction.atomic
def close_item(line: AgendaItem, *, reason: str = "", by: By) -> AgendaItem:
    """The secretary closes the item: votes are counted, and a ruling takes effect at once (I-12, I-13).

    A ruling needs `reason`, as it will stand. Without a ruling the item goes to the next sitting; what
    recusals left without a possible quorum passes to the central commission. Raises Refused.
    """
    case = lookup.locked(case_of(line))
    line = lock_line(line)
    access.require(by.user, "keep_sitting", case.center, case.employee)
    assert by.user is not None  # `require` never lets the system keep a sitting
    seat_held(by.user, line.sitting.commission, [Seat.SECRETARY], local_day(by.at))
    lifecycle.guard_item(line, Event.RULE, by.user)
    _require_open(line)
    if line.item_id is None and not is_held(case):
        gone = coded("row_2_not_held")
        lifecycle.close_item(line, Event.LEAVE, by=by, reason=gone)
        return line
    if not settle_quorum(line, by=by):
        return line
    tally, minutes = _count(line, by.at)
    if tally.ruling is None:
        why = coded(WHY_NOT[tally.why])
        lifecycle.close_item(line, Event.NO_RULING, by=by, reason=why, minutes=minutes)
        carry_over(line, by=by)
        return line
    _rule(line, case, tally.ruling, minutes, reason=reason, by=by)
    return line


def _count(line: AgendaItem, now: datetime) -> tuple[rules.Tally, dict[str, Any]]:
    """The tally by the rules of the day, and the minutes it stands on for ever."""
    rule = CommissionRules.objects.in_force_on(local_day(now)).quorum
    members = members_of(line, now=now)
    cast = {vote.membership_id: vote.choice for vote in line.votes.all()}
    votes: dict[int | str, str] = {pk: AS_RULES.get(Vote.Choice(one), one) for pk, one in cast.items()}
    tally, quorum = rules.tally(votes, members, rule), rules.quorum(members, rule)
    names = dict(
        Membership.objects.filter(pk__in=[m.id for m in members]).values_list("pk", "user__username")
    )
    taking_part = [member for member in members if member.present and not member.recused]
    return tally, {
        "quorum": {"rule": rule, "present": quorum.present, "of": quorum.of, "needed": quorum.needed},
        "present": sorted(names[int(member.id)] for member in members if member.present),
        "recused": sorted(names[int(member.id)] for member in members if member.recused),
        "votes": {names[int(m.id)]: cast[int(m.id)] for m in taking_part if m.id in cast},
        "uphold": tally.uphold,
        "reject": tally.reject,
        "abstain": tally.abstain,
        "why": tally.why,
    }


def _rule(
    line: AgendaItem,
    case: Attestation,
    ruling: str,
    minutes: dict[str, Any],
    *,
    reason: str,
    by: By,
) -> None:
    """The ruling on record, then its effect; the item's own minutes name the sitting and no votes."""
    reason = required_text(reason, _("Give the reason of the ruling."))
    stands = ruling if line.item_id is not None else ROW_RULINGS[rules.Choice(ruling)].value
    lifecycle.close_item(line, Event.RULE, by=by, ruling=stands, reason=reason, minutes=minutes)
    if line.item_id is None:
        params = lookup.parameters_of(case)
        points = params.rating_points_high if stands == Vote.Choice.TEN else params.rating_points_low
        row_ruling()(case, points=points, reason=reason, by=by)
        return
    item = (
        AppealItem.objects.select_for_update(of=("self",))
        .select_related("appeal", "ruled_by")
        .get(pk=line.item_id)
    )
    item.appeal.attestation = case
    where = {"sitting": str(line.sitting), "agenda_item": line.pk}
    apply_ruling(item, ruling, reason, by=by, minutes=where)


@dataclass(frozen=True)
class Counted:
    """How an item was voted on: who was there and recused, each vote, the count, and why it ended so."""

    present: tuple[str, ...]
    recused: tuple[str, ...]
    quorum: Mapping[str, Any]
    votes: Mapping[str, str]
    tally: rules.Tally


def tally_of(line: AgendaItem, user: User) -> Counted | None:
    """The count of a closed item; None where it was closed without one.

    Raises Refused: not closed yet (hidden from everyone), recused, or none of the commission's.
    """
    line = AgendaItem.objects.select_related("sitting__commission").get(pk=line.pk)
    if not line.outcome:
        raise Refused(
            "tally_hidden",
            _("Item %(item)s is not closed yet: until then the votes are hidden from everyone."),
            item=line.position,
        )
    sits = line.sitting.commission.memberships.filter(user=user).exists()
    if not sits and access.role_of(user) not in (access.ADMINISTRATOR, access.AUDITOR):
        raise Refused("not_found", _("There is no such record among those of your centre."))
    if user.pk in recused_users(line):
        raise Refused(
            "recused", _("Item %(item)s: you are recused and take no part in it."), item=line.position
        )
    kept = line.minutes
    if "votes" not in kept:
        return None
    ruling = {"ten": "uphold", "zero": "reject"}.get(line.ruling, line.ruling) or None
    return Counted(
        tuple(kept["present"]),
        tuple(kept["recused"]),
        kept["quorum"],
        kept["votes"],
        rules.Tally(kept["uphold"], kept["reject"], kept["abstain"], ruling, kept["why"]),
    )


@transaction.atomic
def record_dissent(line: AgendaItem, text: str, *, membership: Membership | None = None, by: By) -> Dissent:
    """A dissent on a ruling: a member's own, or typed in by the secretary for `membership`.

    Raises Refused: nothing ruled, sitting closed, took no part, recorded already, no text.
    """
    assert by.user is not None, "a dissent is a person's"
    lock_sitting(line.sitting)
    line = lock_line(line)
    lifecycle.guard(line.sitting, lifecycle.SittingEvent.DISSENT, by.user)
    today = local_day(by.at)
    if membership is None:
        membership = seat_held(by.user, line.sitting.commission, VOTING_SEATS, today)
    elif membership.user_id != by.user.pk:
        seat_held(by.user, line.sitting.commission, [Seat.SECRETARY], today)
    text = required_text(text, _("Write the dissent down."))
    if line.outcome != AgendaItem.Outcome.RULED:
        raise Refused("no_ruling_yet", _("A dissent is recorded on a ruling; this item has none."))
    if membership.user.username not in line.minutes.get("votes", {}):
        raise Refused("took_no_part", _("A dissent is of a member who voted on the item."))
    if line.dissents.filter(membership=membership).exists():
        raise Refused("dissent_recorded", _("The dissent of this member is recorded already."))
    dissent = Dissent.objects.create(agenda_item=line, membership=membership, text=text, recorded_at=by.at)
    journal.record(
        "record_dissent",
        by=by,
        subject=line.sitting.code,
        data={"agenda_item": line.pk, "member": membership.user.username, "text": text},
    )
    return dissent
