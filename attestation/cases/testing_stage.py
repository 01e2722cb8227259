"""What time itself does: the testing stage ends, deadlines run out (I-21, I-23; ¶21, ¶27.2, ¶28-1, ¶7)."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from attestation import journal, lookup
from attestation.by import By
from attestation.cases.finality import earlier_is_due
from attestation.cases.lifecycle import Event, close_case, move
from attestation.cases.reattestation import still_repeats
from attestation.deadlines import holding
from attestation.deadlines.ledger import (
    SWEEP,
    close_deadline,
    open_category_deadline,
    open_scoring_deadline,
)
from attestation.deadlines.safeguards import Code, Safeguards, read_safeguards
from attestation.law.calendar import local_day
from attestation.law.listing import standing_at_stage_end
from attestation.law.vocabulary import Category, Purpose, rank
from attestation.models import (
    Attestation,
    CategoryTerm,
    Cycle,
    Deadline,
    ReadyEffect,
    RuleSet,
    Status,
)
from attestation.reason_words import coded
from attestation.work import each

Kind, State = Deadline.Kind, Deadline.State


def end_testing_stages(
    *, now: datetime, until: datetime | None = None, safeguards: Safeguards | None = None
) -> int:
    """I-21, I-23: pin the rule set and the existing category; those without a result are absent.

    Where an earlier decision on the same person is due, it takes effect first: the category that is pinned,
    and whether the case is a re-attestation, may hang on it. `until`: only stages that closed by then.

    F-D8: a sweep that finds that the clock jumped ends no stage: who is absent then, and what is pinned, is
    not taken back. The next one goes by the new reading of the clock: whether that is the right one nobody
    can tell it, so a clock that stays wrong has to be set right within one interval of the sweep.
    """
    if safeguards is not None and Code.CLOCK in safeguards.clock:
        return 0
    closed_by = min(now, until or now)
    to_pin = Attestation.objects.filter(
        cycle__stage_closes_at__lte=closed_by,
        rule_set__isnull=True,
        status__in=[Status.ADMITTED, Status.TESTED],
    ).exclude(Exists(holding.finalisations_of_the_same_person("employee")))
    done = each(to_pin, _end_stage_of, now=now, act="end_testing_stage")
    for cycle in Cycle.objects.stage_to_end(closed_by):
        _end_stage(cycle, now)
    return done


@transaction.atomic
def _end_stage(cycle: Cycle, now: datetime) -> None:
    if Cycle.objects.filter(pk=cycle.pk, stage_ended_at__isnull=True).update(stage_ended_at=now):
        journal.record(
            "testing_stage_ended",
            by=By(None, now),
            subject=cycle.code,
            data={"testing_ends": cycle.testing_ends},
        )


@transaction.atomic
def end_stage_of(attestation: Attestation, *, now: datetime) -> bool:
    """I-21: end the stage for one case that is acted on before the sweep came by; False where it is on."""
    return attestation.cycle.stage_closes_at <= now and _end_stage_of(attestation, now)


def _end_stage_of(attestation: Attestation, now: datetime) -> bool:
    attestation = lookup.locked(attestation)
    if attestation.rule_set_id is not None or attestation.status not in (Status.ADMITTED, Status.TESTED):
        return False
    if earlier_is_due(attestation, now):
        return False
    day = attestation.cycle.testing_ends
    attestation.rule_set = RuleSet.objects.in_force_on(day)
    attestation.pinned_at = now
    attestation.repeat = still_repeats(attestation)
    fields = ["rule_set", "pinned_at", "repeat"]
    if attestation.purpose == Purpose.CATEGORY:
        existing = attestation.employee.category_on(day)
        if rank(existing) > rank(Category(attestation.declared)):
            return _outgrown(attestation, existing, now)
        attestation.existing = existing.value
        fields.append("existing")
    attestation.save(update_fields=fields)
    journal.record(
        "pin",
        by=By(None, now),
        attestation=attestation,
        data={
            "rule_set": attestation.rule_set.pk,
            "existing": attestation.existing,
            "repeat": attestation.repeat,
        },
    )
    if standing_at_stage_end(has_result=attestation.status != Status.ADMITTED).status == Status.ABSENT:
        move(attestation, Event.MARK_ABSENT, by=By(None, now))
    else:
        open_scoring_deadline(attestation, now=now)
    return True


def _outgrown(attestation: Attestation, existing: Category, now: datetime) -> bool:
    """I-18: a category conferred since the listing is above the declared one: nothing is left to decide."""
    if attestation.open_appeals:
        return False  # The commission rules first; the next sweep looks again.
    reason = {"code": coded("existing_above_declared"), "existing": existing.value}
    close_case(attestation, [reason], by=By(None, now))
    return True


def close_deadlines(*, now: datetime, safeguards: Safeguards | None = None) -> int:
    """Deadlines that are over, whenever the job runs: appeal and category end, the other two are missed.

    What a brake holds stays open and is to be confirmed; what waits already is not looked at again here.
    """
    held = ReadyEffect.objects.waiting().filter(
        deadline=OuterRef("pk"), act=ReadyEffect.Effect.CLOSE_DEADLINE
    )
    over = Deadline.objects.open().over(now).exclude(Exists(held))
    safeguards = safeguards or read_safeguards()
    close = partial(_close_over, safeguards)
    # What fails while the clock can't be trusted waits too: a later try would find no brake any more.
    hold = partial(_hold_closing, safeguards) if safeguards.clock else None
    return each(over, close, now=now, act="close_term", order="closes_at", hold=hold)


def _close_over(safeguards: Safeguards, deadline: Deadline, now: datetime) -> bool:
    if deadline.state != State.OPEN or not deadline.is_over(now):
        return False
    return not _hold_closing(safeguards, deadline, now) and close_over(
        deadline, closed_by=SWEEP, by=By(None, now)
    )


def _hold_closing(safeguards: Safeguards, deadline: Deadline, now: datetime) -> bool:
    """Put a deadline that is over on the list of what waits; False where no brake holds it."""
    codes = safeguards.on_closing(deadline)
    if codes and deadline.state == State.OPEN:
        holding.hold_closing(deadline, codes, now=now)
    return bool(codes)


def close_over(deadline: Deadline, *, closed_by: str, by: By) -> bool:
    """Close a deadline that is over: by the sweep, or by whoever confirmed what a brake had held."""
    missed = deadline.kind in (Kind.SCORING, Kind.REATTESTATION, Kind.RULING)
    return close_deadline(deadline, State.MISSED if missed else State.MET, by=by, closed_by=closed_by)


def watch_periods(*, now: datetime, safeguards: Safeguards | None = None) -> int:
    """¶7, I-17: every running category period has its deadline in the ledger, imported ones too."""
    unwatched = CategoryTerm.objects.filter(in_ledger=False)
    today = local_day(now)
    watched = each(
        unwatched.filter(suspended_at__isnull=True, ends_on__gte=today), _watch, now=now, act="watch_term"
    )
    # What was over before it came here has no deadline to watch; so the next sweeps need not read it.
    # Not by a clock that can't be trusted: none of them would be looked at a second time.
    if safeguards is None or not safeguards.clock:
        unwatched.filter(Q(suspended_at__isnull=False) | Q(ends_on__lt=today)).update(in_ledger=True)
    return watched


def _watch(period: CategoryTerm, now: datetime) -> bool:
    known = Deadline.objects.filter(term=period).exists()
    if not known:
        open_category_deadline(period, now=now)
    CategoryTerm.objects.filter(pk=period.pk).update(in_ledger=True)
    return not known


def scoring_candidates() -> QuerySet[Attestation]:
    """¶28-1: pinned applications for a category with a published result, tested or held."""
    return Attestation.objects.filter(
        purpose=Purpose.CATEGORY.value,
        rule_set__isnull=False,
        status__in=[Status.TESTED, Status.HELD],
        results__superseded_at__isnull=True,
        results__published_at__isnull=False,
    )
