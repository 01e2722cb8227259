"""The only module that assigns a status: guard, save, journal. The table below is the whole machine.

Callers hold the attestation's row lock (services do, in the transaction of their act).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from attestation import journal
from attestation.by import By
from attestation.deadlines.ledger import void_deadlines
from attestation.models import Attestation, Deadline, Status
from attestation.notices import outbox
from attestation.refusals import Refused


class Event(StrEnum):
    """What can happen to an attestation."""

    ADMIT = "admit"
    REFUSE_ADMISSION = "refuse_admission"
    RECORD_RESULT = "record_result"
    MARK_ABSENT = "mark_absent"
    UNDO_RESULT = "undo_result"
    UNDO_RESULT_AFTER_STAGE = "undo_result_after_stage"
    HOLD = "hold"
    SCORE = "score"
    DECIDE = "decide"
    RESCIND = "rescind"
    FINALISE = "finalise"
    REOPEN = "reopen"
    CLOSE = "close"
    ANNUL = "annul"


@dataclass(frozen=True)
class Transition:
    """From which statuses an event may happen, and to which it leads."""

    allowed_from: frozenset[Status]
    to: Status


TRANSITIONS: Mapping[Event, Transition] = {
    # ¶14, I-30: admission can be repeated until the testing stage begins.
    Event.ADMIT: Transition(frozenset({Status.LISTED, Status.NOT_ADMITTED}), Status.ADMITTED),
    Event.REFUSE_ADMISSION: Transition(
        frozenset({Status.LISTED, Status.NOT_ADMITTED, Status.ADMITTED}), Status.NOT_ADMITTED
    ),
    # I-23: a result that comes after the stage ended finds its attestee absent.
    Event.RECORD_RESULT: Transition(
        frozenset({Status.ADMITTED, Status.ABSENT, Status.TESTED}), Status.TESTED
    ),
    Event.MARK_ABSENT: Transition(frozenset({Status.ADMITTED}), Status.ABSENT),
    # The import that had brought an unpublished result was undone; I-23: after the stage nobody is tested.
    Event.UNDO_RESULT: Transition(frozenset({Status.TESTED}), Status.ADMITTED),
    Event.UNDO_RESULT_AFTER_STAGE: Transition(frozenset({Status.TESTED}), Status.ABSENT),
    Event.HOLD: Transition(frozenset({Status.TESTED, Status.HELD}), Status.HELD),
    Event.SCORE: Transition(frozenset({Status.TESTED, Status.HELD}), Status.SCORED),
    # I-39: a decision without assessment that was held is formed once the two points agree.
    Event.DECIDE: Transition(frozenset({Status.TESTED, Status.HELD, Status.SCORED}), Status.PROVISIONAL),
    # I-12, I-13: an amended result takes score and decision with it; both are formed afresh.
    Event.RESCIND: Transition(
        frozenset({Status.TESTED, Status.HELD, Status.SCORED, Status.PROVISIONAL}), Status.TESTED
    ),
    Event.FINALISE: Transition(frozenset({Status.PROVISIONAL}), Status.FINAL),
    # I-14: a timely appeal recorded late.
    Event.REOPEN: Transition(frozenset({Status.FINAL}), Status.PROVISIONAL),
    Event.CLOSE: Transition(
        frozenset({Status.LISTED, Status.NOT_ADMITTED, Status.ADMITTED, Status.ABSENT, Status.TESTED}),
        Status.CLOSED,
    ),
    # A court or a higher body annulled the decision: the case ends without one.
    Event.ANNUL: Transition(frozenset({Status.FINAL}), Status.CLOSED),
}


def guard(attestation: Attestation, event: Event) -> Transition:
    """Refuse an event that the present status does not allow, naming the status."""
    transition = TRANSITIONS[event]
    if attestation.status not in transition.allowed_from:
        raise Refused(
            "wrong_status",
            _(
                "Case %(case)s: the status is “%(status)s”, this step is not possible now. Open the case "
                "to see what it waits for."
            ),
            case=attestation.case_no,
            status=attestation.get_status_display(),
        )
    return transition


def move(
    attestation: Attestation,
    event: Event,
    *,
    by: By,
    reason: list[Any] | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Take the event: status, reason, version; one journal entry. The caller holds the lock."""
    told = _take(attestation, event, reason or [], data or {})
    attestation.save(update_fields=["status", "status_reason", "version"])
    journal.record(event.value, by=by, attestation=attestation, data=told)


def move_all(
    cases: Sequence[tuple[Attestation, Mapping[str, Any]]],
    event: Event,
    *,
    by: By,
    reasons: Mapping[int, list[Any]] | None = None,
) -> None:
    """`move` for cases that all take the event, each with its data, by a few statements; `reasons` by their
    keys, where they have any."""
    reasons = reasons or {}
    actions = [
        journal.Action(event.value, case, data=_take(case, event, reasons.get(case.pk, []), data))
        for case, data in cases
    ]
    moved = [case for case, _data in cases]
    Attestation.objects.filter(pk__in=[case.pk for case in moved]).update(
        status=TRANSITIONS[event].to, status_reason=[], version=F("version") + 1
    )
    Attestation.objects.bulk_update(
        [case for case in moved if case.status_reason], ["status_reason"], batch_size=500
    )
    journal.record_all(actions, by=by)


def _take(
    attestation: Attestation, event: Event, reason: list[Any], data: Mapping[str, Any]
) -> dict[str, Any]:
    """Take the event, unsaved; what the journal is told of it."""
    transition = guard(attestation, event)
    before = attestation.status
    attestation.status = transition.to
    attestation.status_reason = reason
    attestation.version += 1
    return {"from": before, "to": transition.to.value, "reason": reason, **data}


def count_appeal(*cases: Attestation, change: int, closed_at: datetime | None = None) -> None:
    """I-12: how many timely appeals are open on each case, and when the last one was closed."""
    counted = Attestation.objects.filter(pk__in=[case.pk for case in cases])
    counted.update(
        open_appeals=F("open_appeals") + change,
        **({"last_appeal_closed_at": closed_at} if closed_at else {}),
        version=F("version") + 1,
    )
    fields = ("open_appeals", "last_appeal_closed_at", "version")
    found = {pk: values for pk, *values in counted.values_list("pk", *fields)}
    for case in cases:
        case.open_appeals, case.last_appeal_closed_at, case.version = found[case.pk]


def close_case(attestation: Attestation, reason: list[Any], *, by: By) -> None:
    """I-23: close a case without a decision: its open deadlines are void, what is queued is not sent."""
    move(attestation, Event.CLOSE, by=by, reason=reason)
    void_deadlines(
        attestation,
        [Deadline.Kind.APPEAL, Deadline.Kind.GRACE, Deadline.Kind.SCORING],
        now=by.at,
        closed_by="case closed",
    )
    outbox.supersede(now=by.at, attestation=attestation)
