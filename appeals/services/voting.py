"""Votes in a sitting, each with its receipt, and dissent (I-12). Ours, not the order's."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from appeals import sitting_lifecycle as lifecycle
from appeals.models import AgendaItem, Dissent, Membership, Vote
from appeals.services.commission import VOTING_SEATS, seat_at, seat_held
from appeals.services.lines import lock_line, lock_sitting
from appeals.services.recusals import is_recused
from attestation import access, journal
from attestation.by import By
from attestation.law.calendar import local_day
from attestation.models import Role, User
from attestation.refusals import Refused, allows
from attestation.texts import required_text

Seat = Membership.Seat
Event = lifecycle.AgendaEvent


def choices_for(line: AgendaItem) -> list[Vote.Choice]:
    """What can be voted for on the line."""
    if line.item_id is not None:
        return [Vote.Choice.UPHOLD, Vote.Choice.REJECT, Vote.Choice.ABSTAIN]
    return [Vote.Choice.TEN, Vote.Choice.ZERO, Vote.Choice.ABSTAIN]


@transaction.atomic
def vote(line: AgendaItem, choice: str, *, by: By) -> Vote:
    """F-C9: the member's vote, one an item, changeable until it is counted. The same again changes nothing.

    Raises Refused: no seat with a vote, item counted, sitting not open, absent, recused, no such choice.
    The journal keeps the receipt and tells not which way: votes are hidden until they are counted.
    """
    access.require(by.user, "vote")
    assert by.user is not None  # `require` never lets the system vote
    line = lock_line(line)
    member = require_voter(line, by.user, by.at)
    if choice not in choices_for(line):
        raise Refused(
            "bad_choice",
            _("On this item the vote is one of: %(choices)s."),
            choices=", ".join(str(one.label) for one in choices_for(line)),
        )
    cast = Vote.objects.filter(agenda_item=line, membership=member).first()
    # A vote of before there were receipts gets one when it is cast again.
    if cast is not None and cast.choice == choice and cast.receipt:
        return cast
    changed = cast is not None
    cast = cast or Vote(agenda_item=line, membership=member)
    cast.choice, cast.cast_at, cast.nonce = Vote.Choice(choice), by.at, secrets.token_hex(16)
    cast.receipt = receipt_of(line.pk, member.pk, choice, cast.nonce)
    cast.save()
    journal.record(
        "vote",
        by=by,
        subject=line.sitting.code,
        data={
            "agenda_item": line.pk,
            "position": line.position,
            "changed": changed,
            "member": member.pk,
            "receipt": cast.receipt,
        },
    )
    return cast


def receipt_of(line: int, member: int, choice: str, nonce: str) -> str:
    """What binds a vote before anybody sees it: SHA-256 of item, member, choice and nonce."""
    return hashlib.sha256(f"{line}:{member}:{choice}:{nonce}".encode()).hexdigest()


def require_open(line: AgendaItem) -> None:
    if line.sitting.state != line.sitting.State.OPEN:
        raise Refused(
            "sitting_not_open",
            _("%(sitting)s: the state is “%(state)s”; items are voted on while it is open."),
            sitting=str(line.sitting),
            state=line.sitting.get_state_display(),
        )


def require_voter(line: AgendaItem, user: User, now: datetime) -> Membership:
    """F-R8: the seat with a vote on the item now, there and not recused. Raises Refused."""
    member = seat_at(user, line.sitting, VOTING_SEATS, local_day(now))
    lifecycle.guard_item(line, Event.VOTE, user)
    require_open(line)
    if is_recused(member.user, line, local_day(now)):
        raise Refused(
            "recused",
            _("Item %(item)s: you are recused and take no part in it. Go on to the next item."),
            item=line.position,
        )
    if not line.sitting.attendance.filter(membership=member, present=True).exists():
        raise Refused(
            "absent",
            _("You are not marked as present. Ask the secretary to mark you, then vote."),
        )
    return member


@transaction.atomic
def record_dissent(line: AgendaItem, text: str, *, membership: Membership | None = None, by: By) -> Dissent:
    """A dissent on a ruling: a member's own, or typed in by the secretary for `membership`.

    Raises Refused: nothing ruled, sitting closed, took no part, recorded already, no text.
    """
    assert by.user is not None, "a dissent is a person's"
    lock_sitting(line.sitting)
    line = lock_line(line)
    lifecycle.guard(line.sitting, lifecycle.SittingEvent.DISSENT, by.user)
    membership = dissenter(line, by.user, membership, by.at)
    text = required_text(text, _("Write the dissent down."))
    _require_silent(line, membership)
    dissent = Dissent.objects.create(agenda_item=line, membership=membership, text=text, recorded_at=by.at)
    journal.record(
        "record_dissent",
        by=by,
        subject=line.sitting.code,
        data={"agenda_item": line.pk, "member": membership.user.username, "text": text},
    )
    return dissent


def dissenter(line: AgendaItem, user: User, membership: Membership | None, now: datetime) -> Membership:
    """Who dissents: the user, or `membership` where the secretary records it. Raises Refused."""
    if membership is None:
        return seat_at(user, line.sitting, VOTING_SEATS, local_day(now))
    if membership.user_id != user.pk:
        seat_held(user, line.sitting.commission, [Seat.SECRETARY], local_day(now))
    return membership


def silent(line: AgendaItem) -> QuerySet[Membership]:
    """Those who voted on the item and have no dissent on record."""
    members = line.sitting.commission.memberships.filter(user__username__in=line.minutes.get("votes", {}))
    return members.exclude(dissents__agenda_item=line).select_related("user")


def may_dissent(line: AgendaItem, user: User, now: datetime) -> bool:
    """Whether the user may record a dissent on the item: a member their own, the secretary anybody's."""
    if user.role == Role.SECRETARY:
        first = silent(line).first()
        return first is not None and allows(dissenter, line, user, first, now)
    return allows(lambda: _require_silent(line, dissenter(line, user, None, now)))


def _require_silent(line: AgendaItem, membership: Membership) -> None:
    """Ruled on, the member voted, and no dissent of theirs is on record yet. Raises Refused."""
    if line.outcome != AgendaItem.Outcome.RULED:
        raise Refused(
            "no_ruling_yet",
            _("A dissent is recorded on a ruling; this item has none. Record it once the item is sealed."),
        )
    if membership.user.username not in line.minutes.get("votes", {}):
        raise Refused(
            "took_no_part", _("A dissent is of a member who voted on the item. Choose one of those.")
        )
    if line.dissents.filter(membership=membership).exists():
        raise Refused("dissent_recorded", _("The dissent of this member is recorded already."))
