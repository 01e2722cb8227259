"""The only module that assigns an appeal's state or an item's ruling; the table below is the whole machine.

Callers hold the row lock of the attestation (services do, in the transaction of their act).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from appeals import rules
from appeals.models import AgendaItem, Appeal, AppealItem, Attachment
from attestation import access, journal
from attestation.by import By
from attestation.law.calendar import ALMATY
from attestation.models import Role, User
from attestation.refusals import Refused


class Event(StrEnum):
    """What can happen to an appeal on record."""

    RULE = "rule_appeal"
    RESOLVE = "resolve_appeal"
    WITHDRAW = "withdraw_appeal"


@dataclass(frozen=True)
class Transition:
    """From which states an event may happen, to which it leads, and by whose act."""

    allowed_from: frozenset[Appeal.State]
    to: Appeal.State
    roles: frozenset[str]


# I-14: an appeal begins as `open` or, when it came too late, as `late`, and `late` is its end.
_OPEN = frozenset({Appeal.State.OPEN})
_COMMISSION = frozenset({Role.CHAIR, Role.SECRETARY})
_OFFICERS = frozenset({Role.ADMINISTRATOR, Role.HR, Role.SECRETARY})
TRANSITIONS: Mapping[Event, Transition] = {
    Event.RULE: Transition(_OPEN, Appeal.State.OPEN, _COMMISSION),
    # Follows the ruling on the last question, or the withdrawal of the last one that is open.
    Event.RESOLVE: Transition(_OPEN, Appeal.State.RESOLVED, _COMMISSION | _OFFICERS),
    # Of the whole appeal or of a question; the last question withdrawn closes the appeal.
    Event.WITHDRAW: Transition(_OPEN, Appeal.State.WITHDRAWN, _OFFICERS),
}


def begin(*appeals: Appeal, by: By) -> None:
    """I-14: put appeals on record, open or late; without their items, which follow."""
    for appeal in appeals:
        timely = rules.is_timely(appeal.filed_at, appeal.closes_at)
        appeal.state = Appeal.State.OPEN if timely else Appeal.State.LATE
        appeal.recorded_at, appeal.recorded_by = by.at, by.user
    Appeal.objects.bulk_create(appeals)


def guard(appeal: Appeal, event: Event) -> Transition:
    """Refuse an event that the present state does not allow, naming the state."""
    transition = TRANSITIONS[event]
    if appeal.state not in transition.allowed_from:
        raise Refused(
            "wrong_state",
            _(
                "Appeal %(appeal)s: the state is “%(state)s”, this step is not possible now. Open the "
                "appeal to see how it stands."
            ),
            appeal=appeal.external_id,
            state=appeal.get_state_display(),
        )
    return transition


def guard_role(appeal: Appeal, event: Event, actor: User | None) -> None:
    """Refuse an event that is not of the actor's role, naming whose it is; the system is an administrator."""
    roles = TRANSITIONS[event].roles
    if access.role_of(actor) not in roles:
        raise Refused(
            "wrong_role",
            _("Appeal %(appeal)s: this step is not of your role. It is taken by: %(roles)s."),
            appeal=appeal.external_id,
            roles=role_names(roles),
        )


def role_names(roles: frozenset[str]) -> Promise:
    """The roles as people read them, in the order of the table of roles."""
    named = [role.label for role in Role if role in roles]
    return format_lazy(", ".join(["{}"] * len(named)), *named)


def guard_ruling(item: AppealItem) -> None:
    """F-C1, F-C4: an item is closed once, ruled on or withdrawn; the second one sees who did it and when."""
    if item.ruling:
        assert item.ruled_at is not None  # the database refuses a ruling without a moment
        raise Refused(
            "ruled_already",
            _("Question %(question)s: %(who)s ruled on it already, %(when)s: %(ruling)s."),
            question=item.question,
            who=str(item.ruled_by),
            when=f"{item.ruled_at.astimezone(ALMATY):%d.%m.%Y %H:%M}",
            ruling=item.get_ruling_display(),
        )
    guard(item.appeal, Event.RULE)
    if item.withdrawn_at is not None:
        raise Refused(
            "withdrawn_already",
            _("Question %(question)s was withdrawn, %(when)s."),
            question=item.question,
            when=f"{item.withdrawn_at.astimezone(ALMATY):%d.%m.%Y %H:%M}",
        )


class Closing(NamedTuple):
    """An appeal that is resolved or withdrawn, why, and what the journal is told beside."""

    appeal: Appeal
    event: Event
    reason: str
    data: Mapping[str, Any]


def close(*closings: Closing, by: By) -> None:
    """Resolve or withdraw appeals; one journal entry each."""
    told = []
    for appeal, event, reason, data in closings:
        transition = guard(appeal, event)
        guard_role(appeal, event, by.user)
        moved = {"from": appeal.state, "to": transition.to.value}
        appeal.state, appeal.resolved_at, appeal.closing_reason = transition.to, by.at, reason
        appeal.version += 1
        about = {"appeal": appeal.external_id, **moved, "why": reason, **data}
        told.append(journal.Action(event.value, appeal.attestation, data=about))
    Appeal.objects.bulk_update(
        [closing.appeal for closing in closings],
        ["state", "resolved_at", "closing_reason", "version"],
        batch_size=500,
    )
    journal.record_all(told, by=by)


class Ruled(NamedTuple):
    """The ruling on a question, its reason, and who was present and how they voted."""

    item: AppealItem
    ruling: str
    reason: str
    minutes: Mapping[str, Any]


def rule(*rulings: Ruled, by: By) -> None:
    """I-13: the ruling on each question, once; one journal entry each. Questions of one appeal share it."""
    told = []
    for item, ruling, reason, minutes in rulings:
        guard_ruling(item)
        guard_role(item.appeal, Event.RULE, by.user)
        item.ruling, item.reason = AppealItem.Ruling(ruling), reason
        item.ruled_at, item.ruled_by, item.minutes = by.at, by.user, dict(minutes)
        item.appeal.version += 1
        about = {"appeal": item.appeal.external_id, "question": item.question, "ruling": item.ruling}
        about |= {"why": reason, "minutes": item.minutes}
        told.append(journal.Action(Event.RULE.value, item.appeal.attestation, data=about))
    items = [each.item for each in rulings]
    AppealItem.objects.bulk_update(
        items, ["ruling", "reason", "ruled_at", "ruled_by", "minutes"], batch_size=500
    )
    _leave_agenda(*items, now=by.at)
    Appeal.objects.bulk_update({item.appeal for item in items}, ["version"], batch_size=500)
    journal.record_all(told, by=by)


def withdraw_item(
    item: AppealItem, reason: str, paper: Attachment | None, received_on: date | None, *, by: By
) -> None:
    """I-12: one question is withdrawn, once; one journal entry. What is pending on an agenda goes with it.

    `paper` is the applicant's, `received_on` the day it came; the system alone has none.
    """
    guard_ruling(item)
    guard(item.appeal, Event.WITHDRAW)
    guard_role(item.appeal, Event.WITHDRAW, by.user)
    item.withdrawn_at, item.withdrawal_reason = by.at, reason
    item.withdrawal_paper, item.withdrawal_received_on = paper, received_on
    item.save(
        update_fields=["withdrawn_at", "withdrawal_reason", "withdrawal_paper", "withdrawal_received_on"]
    )
    _leave_agenda(item, now=by.at)
    item.appeal.version += 1
    item.appeal.save(update_fields=["version"])
    journal.record(
        "withdraw_item",
        by=by,
        attestation=item.appeal.attestation,
        data={
            "appeal": item.appeal.external_id,
            "question": item.question,
            "why": reason,
            **({"received_on": received_on, "paper": paper.sha256} if paper else {}),
        },
    )


def _leave_agenda(*items: AppealItem, now: datetime) -> None:
    """F-C4: what was closed otherwise is not voted on any more; a sitting closes its own item first."""
    pending = AgendaItem.objects.pending().filter(item__in=items)
    pending.update(outcome=AgendaItem.Outcome.WITHDRAWN, closed_at=now)
