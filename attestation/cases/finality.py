"""¶30.1: a provisional decision is made final, or reopened by what came since."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from attestation import access, journal, lookup
from attestation.by import By
from attestation.cases import consequences
from attestation.cases.decisions import (
    FINAL,
    PROVISIONAL,
    decision_data,
    require_formed,
    rescind_decision,
    store,
    verdict_of,
)
from attestation.cases.grounds import has_fallen_ground, mark_dependents
from attestation.cases.lifecycle import Event, count_appeal, move
from attestation.deadlines import holding
from attestation.deadlines.safeguards import Code, Safeguards, is_harmful, read_safeguards
from attestation.law.calendar import local_day
from attestation.law.facts import POINTS_CONTRADICT
from attestation.law.finality import final_on, may_finalise
from attestation.law.reasons import Points, Verdict
from attestation.law.vocabulary import Outcome, Purpose
from attestation.models import Attestation, Deadline, Decision, GroundMark, ReadyEffect, Result, Status
from attestation.notices import outbox
from attestation.reason_words import coded
from attestation.refusals import Refused, allows
from attestation.work import each


def waits_for(attestation: Attestation, now: datetime) -> str:
    """I-12: what keeps a provisional decision from becoming final; empty when nothing does."""
    return _waits_for(attestation, now, *_last_deadlines(attestation))


def _waits_for(
    attestation: Attestation, now: datetime, appeal: Deadline | None, grace: Deadline | None
) -> str:
    if attestation.status != Status.PROVISIONAL:
        return "status"
    if attestation.open_appeals:
        return "appeal"
    if has_fallen_ground(attestation):
        return "ground"
    if appeal is None or grace is None:
        return "term"
    over = may_finalise(now, appeal.closes_at, grace.closes_at, attestation.open_appeals)
    return "" if over else "term"


def is_ready(attestation: Attestation, now: datetime) -> bool:
    """I-12, I-39: whether `finalise` would let the decision become final now."""
    return (
        allows(require_over, attestation, now)
        and allows(_require_fresh, attestation)
        and not _points_contradict(attestation)
    )


WAITING = {
    "status": _("Case %(case)s: there is no provisional decision (status “%(status)s”)."),
    "appeal": _("Case %(case)s is under appeal: the commission rules first."),
    "ground": _(
        "Case %(case)s is among the cases to be decided on anew; what becomes of it is settled first."
    ),
    "term": _(
        "Case %(case)s: the appeal term and the grace after it run until the end of %(day)s. The decision "
        "is made final after that."
    ),
}


@transaction.atomic
def finalise(attestation: Attestation, *, by: By) -> Decision:
    """I-12, I-28: the final decision, formed afresh, dated by the last thing it waited for.

    Raises Refused naming what it still waits for, or the points that contradict each other (I-39); a decision
    on a stale result or score is refused by the database.
    """
    attestation = lookup.locked(attestation)
    access.require(by.user, "finalise", attestation.center, attestation.employee)
    grace = require_over(attestation, by.at)
    provisional, result = _require_fresh(attestation)
    # A category that ends takes its deadline out of the ledger.
    categories = Q(employee=attestation.employee_id, kind=Deadline.Kind.CATEGORY)
    holding.lock_deadlines(attestation, categories)
    dated = final_on(grace.due_on, _waited_for(attestation, provisional))
    points = provisional.inputs["points"]
    verdict, inputs = verdict_of(attestation, result, Points.from_data(points) if points else None, dated)
    require_formed(attestation, verdict)
    decision = store(
        attestation,
        FINAL,
        verdict,
        inputs,
        result=result,
        assessment_id=provisional.assessment_id,
        ready_on=provisional.ready_on,
        reason=provisional.reason,
        now=by.at,
    )
    move(attestation, Event.FINALISE, by=by, data=decision_data(decision))
    holding.settle_finalised(attestation, by=by)
    consequences.take_effect(attestation, decision, verdict, by=by)
    outbox.queue("decision_final", key=f"decision:{decision.pk}", now=by.at, attestation=attestation)
    return decision


def require_over(attestation: Attestation, now: datetime) -> Deadline:
    """I-12: the grace that is over. Raises Refused, naming what the decision still waits for."""
    appeal, grace = _last_deadlines(attestation)
    why = _waits_for(attestation, now, appeal, grace)
    if why or grace is None:
        raise Refused(
            f"waits_for_{why or 'term'}",
            WAITING[why or "term"],
            cite="I-12",
            case=attestation.case_no,
            status=attestation.get_status_display(),
            day=f"{grace.due_on:%d.%m.%Y}" if grace else "…",
        )
    return grace


def _require_fresh(attestation: Attestation) -> tuple[Decision, Result]:
    provisional = lookup.current_decision(attestation)
    result = lookup.published_result(attestation)
    if provisional is None or result is None or provisional.result_id != result.pk:
        raise Refused(
            "decision_stale",
            _("Case %(case)s: the result has changed since the decision was formed; form it afresh first."),
            case=attestation.case_no,
        )
    return provisional, result


def _last_deadlines(attestation: Attestation) -> tuple[Deadline | None, Deadline | None]:
    """I-12: the appeal and the grace, of several results those that end last; what is void does not count."""
    live = (row for row in attestation.deadlines.all() if row.state != Deadline.State.VOID)
    last = {row.kind: row for row in sorted(live, key=lambda row: row.closes_at)}
    return last.get(Deadline.Kind.APPEAL), last.get(Deadline.Kind.GRACE)


def _waited_for(attestation: Attestation, provisional: Decision) -> list[date]:
    """I-28: the days on which the other things came: the stage's end, data or a ruling, an appeal's end."""
    days = [attestation.cycle.testing_ends]
    if provisional.ready_on is not None:
        days.append(provisional.ready_on)
    if attestation.last_appeal_closed_at is not None:
        days.append(local_day(attestation.last_appeal_closed_at))
    return days


def deadlines_over(cases: QuerySet[Attestation], now: datetime) -> QuerySet[Attestation]:
    """I-12: provisional, no open appeal, the appeal term and the grace after it over."""
    deadlines = Deadline.objects.filter(attestation=OuterRef("pk")).exclude(state=Deadline.State.VOID)
    running = deadlines.filter(kind__in=[Deadline.Kind.APPEAL, Deadline.Kind.GRACE], closes_at__gt=now)
    return (
        cases.filter(status=Status.PROVISIONAL, open_appeals=0)
        .filter(Exists(deadlines.filter(kind=Deadline.Kind.GRACE)))
        .exclude(Exists(running))
    )


def finalise_due(*, now: datetime, safeguards: Safeguards | None = None) -> int:
    """I-12: make final whatever no longer waits, however late the job runs; what a brake holds waits.

    Of two cases of one person the earlier takes effect first: while it waits to be confirmed, so does the
    later one.
    """
    safeguards = safeguards or read_safeguards()
    earlier = holding.finalisations_of_the_same_person("employee")
    ready = deadlines_over(Attestation.objects.all(), now).exclude(Exists(earlier))
    finalise_one = partial(_finalise_one, safeguards)
    # What fails while the clock can't be trusted waits too: a later try would find no brake any more.
    hold = partial(_hold_finalising, safeguards) if safeguards.clock else None
    return each(ready, finalise_one, now=now, act="finalise", order="cycle__testing_ends", hold=hold)


def _finalise_one(safeguards: Safeguards, attestation: Attestation, now: datetime) -> bool:
    attestation = lookup.locked(attestation)
    if waits_to_be_confirmed(attestation) or earlier_is_due(attestation, now):
        return False
    if _hold_finalising(safeguards, attestation, now):
        return False
    if _points_contradict(attestation):
        # I-39: the sweep holds it, naming both points, and forms it afresh once they agree.
        return rescind_decision(attestation, reason=POINTS_CONTRADICT, by=By(None, now))
    finalise(attestation, by=By(None, now))
    return True


def _points_contradict(attestation: Attestation) -> bool:
    """I-39: whether the numbers in force for the case came to contradict each other since it was decided."""
    result = lookup.published_result(attestation)
    if result is None or attestation.purpose == Purpose.CATEGORY.value:
        return False
    verdict, _inputs = verdict_of(attestation, result, None, attestation.cycle.testing_ends)
    return POINTS_CONTRADICT in verdict.held


def _hold_finalising(safeguards: Safeguards, attestation: Attestation, now: datetime) -> bool:
    """Put a decision that is due on the list of what waits; False where no brake holds it."""
    attestation = lookup.locked(attestation)
    provisional = lookup.current_decision(attestation)
    if provisional is None or waits_for(attestation, now):
        return False
    codes = safeguards_on(attestation, provisional, safeguards)
    if codes:
        holding.hold_finalising(attestation, provisional, codes, now=now)
    return bool(codes)


def waits_to_be_confirmed(attestation: Attestation) -> bool:
    """Whether a brake holds the decision already."""
    held = ReadyEffect.objects.waiting().filter(attestation=attestation, act=ReadyEffect.Effect.FINALISE)
    return held.exists()


def earlier_is_due(attestation: Attestation, now: datetime) -> bool:
    """I-16, I-25: whether an earlier case of the person has a decision that only waits to be made final.

    It takes effect first, whatever keeps it: a brake, a failure, somebody who is just at it.
    """
    ends = attestation.cycle.testing_ends
    others = Attestation.objects.filter(
        employee=attestation.employee_id, status=Status.PROVISIONAL, open_appeals=0
    ).exclude(pk=attestation.pk)
    earlier = others.filter(
        Q(cycle__testing_ends__lt=ends) | Q(cycle__testing_ends=ends, pk__lt=attestation.pk)
    )
    return any(not waits_for(other, now) for other in earlier)


def safeguards_on(attestation: Attestation, provisional: Decision, safeguards: Safeguards) -> list[Code]:
    """What keeps the sweep from making this decision final by itself.

    A deadline of the case that ran out by a clock nobody could trust, and waits for a person, brakes the
    decision too: it may have been formed since, by a sweep that found the clock in order again.
    """
    deadlines = [deadline for deadline in _last_deadlines(attestation) if deadline is not None]
    on = holding.sticky_codes(deadlines).union(safeguards.clock)
    safeguards = replace(safeguards, clock=tuple(code for code in Code if code in on))
    return safeguards.on_finalising(deadlines, harmful=is_harmful(Verdict.from_data(provisional.verdict)))


@transaction.atomic
def reopen(attestation: Attestation, *, by: By, reason: str, cause: str = "appeal") -> Decision:
    """I-14: a final decision becomes provisional again; what it brought is suspended.

    `cause` is what the letter tells: an `appeal`, a corrected `result` (I-33), a voided `record` (I-34), a
    `ground` that fell (I-32).
    """
    attestation = lookup.locked(attestation)
    final = lookup.current_decision(attestation)
    if final is None or final.state != FINAL:
        raise Refused(
            "not_final", _("Case %(case)s has no final decision to reopen."), case=attestation.case_no
        )
    consequences.suspend(attestation, final, by=by)
    verdict, inputs = _formed_again(attestation, final, local_day(by.at))
    decision = store(
        attestation,
        PROVISIONAL,
        verdict,
        inputs,
        result=final.result,
        assessment_id=final.assessment_id,
        ready_on=final.ready_on,
        reason=reason,
        now=by.at,
    )
    move(
        attestation,
        Event.REOPEN,
        by=by,
        data={**decision_data(decision), "superseded": final.pk, "why": reason},
    )
    mark_dependents(attestation, final, GroundMark.Cause.REOPENED, now=by.at)
    outbox.queue(
        "decision_reopened",
        key=f"reopened:{decision.pk}",
        now=by.at,
        attestation=attestation,
        context={"cause": cause},
    )
    return decision


def _formed_again(attestation: Attestation, final: Decision, day: date) -> tuple[Verdict, dict[str, Any]]:
    points = final.inputs["points"]
    verdict, inputs = verdict_of(attestation, final.result, Points.from_data(points) if points else None, day)
    if verdict.outcome is Outcome.HELD:
        # I-39: an appeal in time reopens it all the same; it is not made final again before the points agree.
        return Verdict.from_data(final.verdict), final.inputs
    return verdict, inputs


@transaction.atomic
def appeal_opened(*attestations: Attestation, by: By) -> None:
    """I-12, I-14: a timely appeal is on record of each case; a final decision is reopened by it."""
    cases = lookup.locked_all([case.pk for case in attestations]).values()
    for case in cases:
        if case.status == Status.FINAL:
            reopen(case, by=by, reason=coded("appeal_recorded_late"))
    count_appeal(*cases, change=+1)
    journal.record_all([journal.Action("appeal_opened", case) for case in cases], by=by)


@transaction.atomic
def appeal_closed(*attestations: Attestation, by: By) -> None:
    """I-12: a timely appeal of each case is resolved or withdrawn; the day counts for the final decision
    (I-28). Where none is open it changes nothing.
    """
    cases = lookup.locked_all([case.pk for case in attestations]).values()
    under_appeal = [case for case in cases if case.open_appeals]
    count_appeal(*under_appeal, change=-1, closed_at=by.at)
    journal.record_all([journal.Action("appeal_closed", case) for case in under_appeal], by=by)
