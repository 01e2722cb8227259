"""The only module that assigns a sitting's state or rules an agenda item; its tables are the whole machine.

Callers hold the row locks, taken in this order: the attestation, the sitting, the agenda item.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from appeals.lifecycle import role_names
from appeals.models import AgendaItem, Sitting
from attestation import access, journal
from attestation.by import By
from attestation.law.calendar import ALMATY
from attestation.models import Role, User
from attestation.refusals import Refused

PLANNED, OPEN, CLOSED = Sitting.State.PLANNED, Sitting.State.OPEN, Sitting.State.CLOSED
Outcome = AgendaItem.Outcome
PENDING = ""


class SittingEvent(StrEnum):
    """What can happen to a sitting."""

    MOVE = "move_sitting"
    PUT = "put_on_agenda"
    OPEN = "open_sitting"
    ATTEND = "mark_attendance"
    DISSENT = "record_dissent"
    CLOSE = "close_sitting"


class AgendaEvent(StrEnum):
    """What can happen to an agenda item."""

    VOTE = "vote"
    COUNT = "count_item"
    RULE = "rule_in_sitting"
    REOPEN = "reopen_item"
    NO_RULING = "no_ruling"
    TO_CENTRAL = "pass_to_central"
    LEAVE = "leave_agenda"


@dataclass(frozen=True)
class Transition:
    """From which states an event may happen, to which it leads (None: to none), and by whose act."""

    allowed_from: frozenset[str]
    to: str | None
    roles: frozenset[str]


# The account of a deputy has the chair's role; which of the two is in the chair, the seats say.
_SECRETARY, _CHAIR = frozenset({Role.SECRETARY}), frozenset({Role.CHAIR})
_VOTERS = frozenset({Role.CHAIR, Role.MEMBER})
_PENDING = frozenset({PENDING})
# Nobody's act: the sweep finds that nobody is left to rule.
SYSTEM = "system"
_BY_ITSELF = frozenset({SYSTEM})

SITTING: Mapping[SittingEvent, Transition] = {
    SittingEvent.MOVE: Transition(frozenset({PLANNED}), None, _SECRETARY),
    # By the secretary; what got no ruling or was passed on comes by itself, with the act that left it so.
    SittingEvent.PUT: Transition(frozenset({PLANNED, OPEN}), None, _SECRETARY | _VOTERS | _BY_ITSELF),
    SittingEvent.OPEN: Transition(frozenset({PLANNED}), OPEN, _SECRETARY),
    SittingEvent.ATTEND: Transition(frozenset({OPEN}), None, _SECRETARY),
    SittingEvent.DISSENT: Transition(frozenset({OPEN}), None, _SECRETARY | _VOTERS),
    SittingEvent.CLOSE: Transition(frozenset({OPEN}), CLOSED, _CHAIR),
}
AGENDA: Mapping[AgendaEvent, Transition] = {
    AgendaEvent.VOTE: Transition(_PENDING, None, _VOTERS),
    AgendaEvent.COUNT: Transition(_PENDING, None, _SECRETARY),
    # What was counted is given its reason and sealed.
    AgendaEvent.RULE: Transition(_PENDING, Outcome.RULED, _SECRETARY),
    AgendaEvent.REOPEN: Transition(frozenset({PENDING, Outcome.RULED}), PENDING, _CHAIR),
    # By the secretary who closes the item, or by the chair who closes the sitting.
    AgendaEvent.NO_RULING: Transition(_PENDING, Outcome.NO_RULING, _SECRETARY | _CHAIR),
    # By itself, with the act that left the item without a possible quorum.
    AgendaEvent.TO_CENTRAL: Transition(_PENDING, Outcome.PASSED, _SECRETARY | _VOTERS | _BY_ITSELF),
    # What is on the agenda was closed elsewhere meanwhile.
    AgendaEvent.LEAVE: Transition(_PENDING, Outcome.WITHDRAWN, _SECRETARY | _CHAIR),
}


def guard(sitting: Sitting, event: SittingEvent, actor: User | None) -> Transition:
    """Refuse an event that the actor's role or the sitting's state does not allow, naming it."""
    transition = SITTING[event]
    _guard_role(str(sitting), transition, actor)
    if sitting.state == CLOSED:
        assert sitting.closed_at is not None  # the database refuses a closed one without a moment
        raise Refused(
            "sitting_closed",
            _("%(sitting)s was closed by %(who)s, %(when)s; nothing of it changes any more."),
            sitting=str(sitting),
            who=str(sitting.closed_by),
            when=_shown(sitting.closed_at),
        )
    if sitting.state not in transition.allowed_from:
        raise Refused(
            "wrong_state",
            _(
                "%(sitting)s: the state is “%(state)s”, this step is not possible now. Open the sitting "
                "to see what comes next."
            ),
            sitting=str(sitting),
            state=sitting.get_state_display(),
        )
    return transition


def guard_item(line: AgendaItem, event: AgendaEvent, actor: User | None) -> Transition:
    """F-C1, F-C9: refuse an event that the actor's role, the item's outcome or its count does not allow.

    The loser of two at once sees when the item was closed, and how.
    """
    transition = AGENDA[event]
    _guard_role(str(line), transition, actor)
    if line.outcome not in transition.allowed_from:
        assert line.closed_at is not None  # the database refuses an outcome without a moment
        raise Refused(
            "item_closed",
            _("Item %(item)s of the agenda was closed, %(when)s: %(outcome)s. It does not change any more."),
            item=line.position,
            when=_shown(line.closed_at),
            outcome=line.get_outcome_display(),
        )
    if line.counted_at is not None and event in (AgendaEvent.VOTE, AgendaEvent.COUNT):
        raise Refused(
            "counted_already",
            _(
                "Item %(item)s: the votes were counted, %(when)s. The chair may reopen the item until the "
                "sitting is closed."
            ),
            item=line.position,
            when=_shown(line.counted_at),
        )
    return transition


def guard_reopening(line: AgendaItem, actor: User | None) -> None:
    """Refuse where nothing was counted that leads to a ruling."""
    guard_item(line, AgendaEvent.REOPEN, actor)
    if line.counted_at is None:
        raise Refused(
            "not_counted",
            _("Item %(item)s: the votes are not counted yet, so nothing is to be reopened."),
            item=line.position,
        )


def _guard_role(what: str, transition: Transition, actor: User | None) -> None:
    # The system has no seat: what a sitting decides is always a person's act.
    role = SYSTEM if actor is None else access.role_of(actor)
    if role not in transition.roles:
        raise Refused(
            "wrong_role",
            _("%(what)s: this step is not of your role. It is taken by: %(roles)s."),
            what=what,
            roles=role_names(transition.roles),
        )


def _shown(moment: datetime) -> str:
    return f"{moment.astimezone(ALMATY):%d.%m.%Y %H:%M}"


def move(
    sitting: Sitting,
    event: SittingEvent,
    *,
    by: By,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Take the event: state, its moment, version; one journal entry."""
    transition = guard(sitting, event, by.user)
    if transition.to is not None:
        sitting.state = Sitting.State(transition.to)
    if event is SittingEvent.OPEN:
        sitting.opened_at, sitting.opened_by = by.at, by.user
    if event is SittingEvent.CLOSE:
        sitting.closed_at, sitting.closed_by = by.at, by.user
    sitting.version += 1
    sitting.save()
    journal.record(
        event.value,
        by=by,
        subject=sitting.code,
        data={"sitting": sitting.pk, "state": sitting.state, **(data or {})},
    )


def close_item(
    line: AgendaItem,
    event: AgendaEvent,
    *,
    by: By,
    ruling: str = "",
    reason: str = "",
) -> None:
    """Give the item its outcome, once; one journal entry.

    What is passed on or leaves does so by itself: the entry is the system's, and names whose act it
    followed. It hangs on the sitting and not on the case: a recused member reads the case, not the votes.
    """
    transition = guard_item(line, event, by.user)
    assert transition.to is not None  # only votes leave an item as it is, and they come another way
    by_itself = event in (AgendaEvent.TO_CENTRAL, AgendaEvent.LEAVE)
    line.outcome, line.ruling, line.reason = AgendaItem.Outcome(transition.to), ruling, reason
    line.closed_at, line.closed_by = by.at, None if by_itself else by.user
    line.save()
    journal.record(
        event.value,
        by=By(None, by.at) if by_itself else by,
        subject=line.sitting.code,
        data={
            "agenda_item": line.pk,
            "sitting": line.sitting_id,
            "position": line.position,
            "outcome": line.outcome,
            "ruling": ruling,
            # Pages print a `why`: the commission alone reads that of a ruling until the sitting is closed.
            "sealed_reason" if event is AgendaEvent.RULE else "why": reason,
            **({"sealed_departure": line.departure} if line.departure else {}),
            "minutes": line.minutes,
            "followed": by.user.username if by.user is not None else None,
        },
    )


def reopen_item(line: AgendaItem, *, why: str, by: By) -> None:
    """The item is voted on again; one journal entry, with the ruling that stood."""
    guard_reopening(line, by.user)
    ruling = line.minutes["ruling"]
    line.outcome, line.ruling, line.reason, line.departure = PENDING, "", "", ""
    line.minutes, line.counted_at, line.closed_at, line.closed_by = {}, None, None, None
    line.save()
    journal.record(
        AgendaEvent.REOPEN.value,
        by=by,
        subject=line.sitting.code,
        data={
            "agenda_item": line.pk,
            "sitting": line.sitting_id,
            "position": line.position,
            "ruling": ruling,
            "why": why,
        },
    )
