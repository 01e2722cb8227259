"""The only module that assigns an appeal's state or an item's ruling; the table below is the whole machine.

Callers hold the row lock of the attestation (services do, in the transaction of their act).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from appeals.models import Appeal, AppealItem
from attestation import journal
from attestation.law.calendar import ALMATY
from attestation.models import User
from attestation.refusals import Refused


class Event(StrEnum):
    """What can happen to an appeal on record."""

    RULE = "rule_appeal"
    RESOLVE = "resolve_appeal"
    WITHDRAW = "withdraw_appeal"


@dataclass(frozen=True)
class Transition:
    """From which states an event may happen, and to which it leads."""

    allowed_from: frozenset[Appeal.State]
    to: Appeal.State


# I-14: an appeal begins as `open` or, when it came too late, as `late`, and `late` is its end.
_OPEN = frozenset({Appeal.State.OPEN})
TRANSITIONS: Mapping[Event, Transition] = {
    Event.RULE: Transition(_OPEN, Appeal.State.OPEN),
    Event.RESOLVE: Transition(_OPEN, Appeal.State.RESOLVED),
    Event.WITHDRAW: Transition(_OPEN, Appeal.State.WITHDRAWN),
}


def begin(appeal: Appeal, *, timely: bool, actor: User | None, now: datetime) -> Appeal:
    """I-14: put an appeal on record, open or late; without its items, which follow."""
    appeal.state = Appeal.State.OPEN if timely else Appeal.State.LATE
    appeal.recorded_at, appeal.recorded_by = now, actor
    appeal.save(force_insert=True)
    return appeal


def guard(appeal: Appeal, event: Event) -> Transition:
    """Refuse an event that the present state does not allow, naming the state."""
    transition = TRANSITIONS[event]
    if appeal.state not in transition.allowed_from:
        raise Refused(
            "wrong_state",
            _("Appeal %(appeal)s: the state is “%(state)s”, this step is not possible now."),
            appeal=appeal.external_id,
            state=appeal.get_state_display(),
        )
    return transition


def guard_ruling(item: AppealItem) -> None:
    """F-C1: an item is ruled on once; the second one sees who ruled, when and what."""
    if item.ruling:
        assert item.ruled_at is not None  # the database refuses a ruling without a moment
        raise Refused(
            "ruled_already",
            _("Appeal %(appeal)s, question %(question)s: %(who)s ruled on it already, %(when)s: %(ruling)s."),
            appeal=item.appeal.external_id,
            question=item.question,
            who=str(item.ruled_by),
            when=f"{item.ruled_at.astimezone(ALMATY):%d.%m.%Y %H:%M}",
            ruling=item.get_ruling_display(),
        )
    guard(item.appeal, Event.RULE)


def close(
    appeal: Appeal,
    event: Event,
    *,
    actor: User | None,
    now: datetime,
    reason: str = "",
    data: Mapping[str, Any] | None = None,
) -> None:
    """Resolve or withdraw an appeal; one journal entry."""
    transition = guard(appeal, event)
    before = appeal.state
    appeal.state, appeal.resolved_at, appeal.closing_reason = transition.to, now, reason
    appeal.version += 1
    appeal.save(update_fields=["state", "resolved_at", "closing_reason", "version"])
    journal.record(
        event.value,
        actor=actor,
        now=now,
        attestation=appeal.attestation,
        data={
            "appeal": appeal.external_id,
            "from": before,
            "to": transition.to.value,
            "why": reason,
            **(data or {}),
        },
    )


def rule(
    item: AppealItem,
    ruling: str,
    reason: str,
    *,
    actor: User,
    now: datetime,
    minutes: Mapping[str, Any],
) -> None:
    """I-13: the ruling on one question, once; one journal entry."""
    guard_ruling(item)
    item.ruling, item.reason = AppealItem.Ruling(ruling), reason
    item.ruled_at, item.ruled_by, item.minutes = now, actor, dict(minutes)
    item.save(update_fields=["ruling", "reason", "ruled_at", "ruled_by", "minutes"])
    item.appeal.version += 1
    item.appeal.save(update_fields=["version"])
    journal.record(
        Event.RULE.value,
        actor=actor,
        now=now,
        attestation=item.appeal.attestation,
        data={
            "appeal": item.appeal.external_id,
            "question": item.question,
            "ruling": item.ruling,
            "why": reason,
            "minutes": item.minutes,
        },
    )
