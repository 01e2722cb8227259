"""The rows of what waits as "ready: confirm": put there once, and taken off whoever settles it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet

from attestation import journal
from attestation.by import By
from attestation.deadlines.safeguards import STICKY, Code, is_sticky
from attestation.models import Attestation, Deadline, Decision, ReadyEffect
from attestation.work import note_solved

Effect, State = ReadyEffect.Effect, ReadyEffect.State
# The work that stands under "needs attention" where a person's click failed.
CONFIRM = "confirm_ready"
# How each end of the waiting stands in the journal.
JOURNAL = {
    State.CONFIRMED: "effect_confirmed",
    State.LIFTED: "effect_lifted",
    State.VOID: "effect_void",
}


def closing_key(deadline_id: int) -> str:
    """The key of an effect that closes a deadline."""
    return f"close:{deadline_id}"


def finalising_key(decision_id: int) -> str:
    """The key of an effect that makes this provisional decision final: formed afresh, it is another one."""
    return f"finalise:{decision_id}"


def hold_closing(deadline: Deadline, codes: Iterable[str], *, now: datetime) -> None:
    """F-D2, F-D8: a deadline is over and is not closed: a person has to look, or the brake to go."""
    _hold(Effect.CLOSE_DEADLINE, closing_key(deadline.pk), codes, now, deadline.attestation, deadline)


def hold_finalising(
    attestation: Attestation, decision: Decision, codes: Iterable[str], *, now: datetime
) -> None:
    """F-D2, F-D8: a decision could be made final and is not, for the same reasons."""
    _hold(Effect.FINALISE, finalising_key(decision.pk), codes, now, attestation, None)


@transaction.atomic
def _hold(
    act: str,
    key: str,
    codes: Iterable[str],
    now: datetime,
    attestation: Attestation | None,
    deadline: Deadline | None,
) -> None:
    safeguards = [str(code) for code in codes]
    _effect, made = ReadyEffect.objects.get_or_create(
        key=key,
        state=State.WAITING,
        defaults={
            "act": act,
            "attestation": attestation,
            "deadline": deadline,
            "brakes": safeguards,
            "sticky": is_sticky(safeguards),
            "ready_at": now,
        },
    )
    if made:
        journal.record(
            "effect_held",
            by=By(None, now),
            attestation=attestation,
            subject="" if attestation else key,
            data={"effect": act, "key": key, "brakes": safeguards},
        )


@transaction.atomic
def settle(effect: ReadyEffect, state: str, *, by: By) -> bool:
    """Take an effect off the list; False when somebody did so before."""
    changed = (
        ReadyEffect.objects.waiting()
        .filter(pk=effect.pk)
        .update(state=state, closed_at=by.at, closed_by=by.user)
    )
    if changed:
        note_solved(ReadyEffect, effect.pk, CONFIRM, now=by.at)
        journal.record(
            JOURNAL[State(state)],
            by=by,
            attestation=effect.attestation,
            subject="" if effect.attestation else effect.key,
            data={"effect": effect.act, "key": effect.key, "since": effect.ready_at},
        )
    return bool(changed)


def settle_finalised(attestation: Attestation, *, by: By) -> None:
    """The decision of the case became final: what waited for that waits no more, whoever did it."""
    for effect in ReadyEffect.objects.waiting().filter(attestation=attestation, act=Effect.FINALISE):
        settle(effect, State.CONFIRMED, by=by)


def settle_closed(*deadlines: Deadline, by: By) -> None:
    """The deadlines were closed otherwise: met, or void with their case; nobody has to let them go."""
    for effect in ReadyEffect.objects.waiting().filter(deadline__in=deadlines, act=Effect.CLOSE_DEADLINE):
        settle(effect, State.VOID, by=by)


def sticky_codes(deadlines: Iterable[Deadline]) -> set[Code]:
    """The safeguards on the clock under which these deadlines ran out, and that no person has let go yet."""
    keys = [deadline.pk for deadline in deadlines]
    held = ReadyEffect.objects.waiting().filter(deadline__in=keys, act=Effect.CLOSE_DEADLINE, sticky=True)
    return {code for codes in held.values_list("brakes", flat=True) for code in STICKY if code in codes}


def lock_deadlines(attestation: Attestation, which: Q) -> None:
    """Lock the open deadlines that an act on the case may close, and what waits, before it journals.

    The sweep, and who confirms, hold a deadline or an effect and then wait for the journal's head: whoever
    has the head must not wait for one of those.
    """
    deadlines = Deadline.objects.open().filter(which).order_by("pk")
    keys = [deadline.pk for deadline in deadlines.select_for_update(of=("self",), no_key=True)]
    about = ReadyEffect.objects.waiting().filter(Q(attestation=attestation) | Q(deadline__in=keys))
    list(about.order_by("pk").select_for_update(of=("self",), no_key=True))


def finalisations_of_the_same_person(employee: str) -> QuerySet[ReadyEffect]:
    """Decisions of one person that wait: an inner query; `employee` is the path to the person outside."""
    return ReadyEffect.objects.waiting().filter(act=Effect.FINALISE, attestation__employee=OuterRef(employee))
