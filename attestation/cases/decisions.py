"""Decisions: formed provisional, made final, reopened (¶30, I-12, I-14, I-28); superseded, never edited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from attestation import lookup
from attestation.by import By
from attestation.cases.lifecycle import Event, move
from attestation.deadlines.ledger import meet_scoring_deadlines
from attestation.law.calendar import local_day
from attestation.law.decision import assessment_due, decide
from attestation.law.facts import POINTS_CONTRADICT
from attestation.law.reasons import Points, Verdict
from attestation.law.vocabulary import Outcome
from attestation.models import Attestation, Deadline, Decision, Result, Status
from attestation.notices import outbox
from attestation.refusals import Refused
from attestation.work import each

PROVISIONAL, FINAL = Decision.State.PROVISIONAL, Decision.State.FINAL


def verdict_of(
    attestation: Attestation,
    result: Result,
    points: Points | None,
    decided_on: date,
) -> tuple[Verdict, dict[str, Any]]:
    """The verdict, and everything it was formed from, so that it can be formed anew in years."""
    test, params = lookup.test_facts(attestation, result), lookup.parameters_of(attestation)
    verdict = decide(test, points, decided_on, params, lookup.settings_of(attestation))
    inputs = {
        "position": test.position.value,
        "purpose": test.purpose.value,
        "repeat": test.repeat,
        "existing": test.existing.value if test.existing else None,
        "declared": test.declared.value if test.declared else None,
        "correct": test.correct,
        "total": test.total,
        "points": points.as_data() if points else None,
        "decided_on": decided_on.isoformat(),
        "testing_ended_on": attestation.cycle.testing_ends.isoformat(),
        "parameters": params.as_data(),
    }
    return verdict, inputs


def store(
    attestation: Attestation,
    state: str,
    verdict: Verdict,
    inputs: dict[str, Any],
    *,
    result: Result,
    assessment_id: int | None,
    ready_on: date | None,
    reason: str,
    now: datetime,
) -> Decision:
    """Supersede the decision on record and put this one in its place."""
    before = lookup.current_decision(attestation)
    if before is not None:
        Decision.objects.filter(pk=before.pk).update(superseded_at=now)
    final = state == FINAL
    last = before or Decision.objects.filter(attestation=attestation).order_by("-pk").first()
    return Decision.objects.create(
        attestation=attestation,
        state=state,
        outcome=verdict.outcome.value,
        result=result,
        assessment_id=assessment_id,
        category=verdict.category.value if verdict.category else "",
        category_until=verdict.category_until if final else None,
        reattest_by=verdict.reattest_by if final else None,
        dated=date.fromisoformat(inputs["decided_on"]) if final else None,
        inputs=inputs,
        rule_settings=lookup.settings_of(attestation).as_dict(),
        verdict=verdict.as_data(),
        ready_on=ready_on,
        formed_at=now,
        supersedes=last,
        reason=reason,
    )


def decision_data(decision: Decision) -> dict[str, Any]:
    return {
        "decision": decision.pk,
        "outcome": decision.outcome,
        "result": decision.result_id,
        "assessment": decision.assessment_id,
        "category": decision.category,
        "dated": decision.dated,
        "cites": decision.verdict["cites"],
    }


@transaction.atomic
def form_decision(
    attestation: Attestation,
    *,
    points: Points | None,
    assessment_id: int | None,
    ready_on: date | None,
    by: By,
) -> Decision:
    """¶30: the provisional decision on the published result as it stands (I-12).

    Raises Refused where the stage is not over, no result is published, a row is held, or the case is
    final. Formed twice from the same result and assessment, it is the decision on record.
    """
    attestation = lookup.locked(attestation)
    result = _result_to_decide_on(attestation, by.at)
    current = lookup.current_decision(attestation)
    if current and (current.result_id, current.assessment_id) == (result.pk, assessment_id):
        return current
    verdict, inputs = verdict_of(attestation, result, points, local_day(by.at))
    require_formed(attestation, verdict)
    if points is not None:
        move(attestation, Event.SCORE, by=by, data={"points": points.as_data()})
        meet_scoring_deadlines(attestation, now=by.at)
    decision = store(
        attestation,
        PROVISIONAL,
        verdict,
        inputs,
        result=result,
        assessment_id=assessment_id,
        ready_on=ready_on,
        reason="",
        now=by.at,
    )
    move(attestation, Event.DECIDE, by=by, data=decision_data(decision))
    outbox.queue("decision_provisional", key=f"decision:{decision.pk}", now=by.at, attestation=attestation)
    return decision


def _result_to_decide_on(attestation: Attestation, now: datetime) -> Result:
    result = lookup.published_result(attestation)
    # A case is pinned already where its stage ended and was prolonged afterwards.
    stage_is_on = attestation.rule_set is None or attestation.cycle.stage_closes_at > now
    if stage_is_on or result is None:
        raise Refused(
            "decision_too_early",
            _("Case %(case)s: a decision is formed after the testing stage, on a published result."),
            case=attestation.case_no,
        )
    return result


def require_formed(attestation: Attestation, verdict: Verdict) -> None:
    """I-27, I-39: what is held is no decision. Raises Refused naming what it waits for."""
    if verdict.outcome is not Outcome.HELD:
        return
    message = _("Case %(case)s: a row of Appendix 1-2 is held; the decision waits for the data or a ruling.")
    if POINTS_CONTRADICT in verdict.held:
        message = _(
            "Case %(case)s: the points %(cites)s print different numbers for this position; "
            "the decision waits until they agree."
        )
    raise Refused(
        "decision_held",
        message,
        cite=verdict.cites[-1],
        case=attestation.case_no,
        cites=verdict.cites,
    )


def hold_reason(codes: Sequence[str]) -> list[dict[str, str]]:
    """How the codes of what a case waits for stand as the reason of its status."""
    return [{"code": code} for code in codes]


@transaction.atomic
def hold(attestation: Attestation, codes: Sequence[str], *, by: By) -> None:
    """I-04, I-05, I-27: the assessment waits for data or a ruling; unchanged, it writes nothing."""
    _hold_for(attestation, hold_reason(codes), by=by)


def _hold_for(attestation: Attestation, reason: list[Any], *, by: By) -> bool:
    """Put the case on hold and say so; False where it is on hold for that already."""
    attestation = lookup.locked(attestation)
    if attestation.status == Status.HELD and attestation.status_reason == reason:
        return False
    move(attestation, Event.HOLD, by=by, reason=reason)
    codes = "-".join(item["code"] for item in reason)
    runs = Deadline.objects.open().filter(attestation=attestation, kind=Deadline.Kind.SCORING).first()
    key = f"held:{attestation.pk}:{codes}"
    outbox.queue("held", key=key, now=by.at, attestation=attestation, deadline=runs)
    return True


# I-39: cases whose two points print different numbers.
HELD_FOR_A_TABLE = Q(status=Status.HELD, status_reason__0__code=POINTS_CONTRADICT)


def form_due(*, now: datetime) -> int:
    """¶30: decisions that no assessment precedes: other purposes, and failed tests (¶27.3, ¶28-1).

    Those held because two points contradict each other are looked at again (I-39).
    """
    due = Attestation.objects.filter(
        Q(status=Status.TESTED) | HELD_FOR_A_TABLE,
        rule_set__isnull=False,
        cycle__stage_closes_at__lte=now,
        results__superseded_at__isnull=True,
        results__published_at__isnull=False,
    )
    return each(due, _form_unassessed, now=now, act="form_decision")


def _form_unassessed(attestation: Attestation, now: datetime) -> bool:
    result = lookup.published_result(attestation)
    if result is None:
        return False
    test = lookup.test_facts(attestation, result)
    if assessment_due(test, lookup.parameters_of(attestation), lookup.settings_of(attestation)):
        return False
    verdict, _inputs = verdict_of(attestation, result, None, local_day(now))
    if verdict.outcome is Outcome.HELD:
        reason = [step.as_data() for step in verdict.steps if step.code == POINTS_CONTRADICT]
        return _hold_for(attestation, reason, by=By(None, now))
    # I-28: the table that agrees is what a held decision waited for, and it came today.
    ready_on = local_day(now) if attestation.status == Status.HELD else None
    form_decision(attestation, points=None, assessment_id=None, ready_on=ready_on, by=By(None, now))
    return True


@transaction.atomic
def rescind_decision(attestation: Attestation, *, reason: str, by: By) -> bool:
    """I-12: supersede the provisional decision because its grounds changed; False where there is none.

    A final decision stays: only an appeal in time reopens it (I-14).
    """
    attestation = lookup.locked(attestation)
    decision = lookup.current_decision(attestation)
    if attestation.status != Status.PROVISIONAL or decision is None:
        return False
    Decision.objects.filter(pk=decision.pk).update(superseded_at=by.at)
    move(
        attestation,
        Event.RESCIND,
        by=by,
        data={"decision": decision.pk, "outcome": decision.outcome, "why": reason},
    )
    return True
