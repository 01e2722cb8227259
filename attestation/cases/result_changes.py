"""A published result that changes: corrected, or amended by a ruling; the old one stands beside it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from attestation import access, lookup
from attestation.by import By
from attestation.cases.correction_requests import close_granted
from attestation.cases.finality import reopen
from attestation.cases.lifecycle import Event, count_appeal, guard, move_all
from attestation.cases.results import (
    Kind,
    ResultFacts,
    check_finished,
    check_wrong_questions,
    facts_of,
    new_result,
    open_appeal_deadlines,
    result_data,
    same_result,
    supersede_results,
)
from attestation.cases.testing_stage import end_stage_of
from attestation.deadlines.ledger import open_scoring_deadline, void_deadlines
from attestation.law.calendar import local_day
from attestation.law.facts import check_score, passes, threshold
from attestation.law.vocabulary import Position, Purpose
from attestation.models import (
    Attestation,
    Result,
    ResultSource,
    Status,
)
from attestation.notices import outbox
from attestation.reason_words import coded
from attestation.refusals import Refused


@transaction.atomic
def correct_result(
    attestation: Attestation,
    found: ResultFacts,
    *,
    reason: str,
    by: By,
    document: str = "",
) -> Result:
    """A clerical error in a published result: an act with a reason, and a new appeal term (¶21).

    After the final decision it takes two persons: `propose_correction` (I-33).
    """
    attestation = lookup.locked(attestation)
    access.require(by.user, "correct_result", attestation.center, attestation.employee)
    attestation = _locked_after_stage([attestation.pk], by.at)[attestation.pk]
    if attestation.status == Status.FINAL:
        raise Refused(
            "decision_final",
            _(
                "Case %(case)s: the decision is final, so two persons correct the result. Propose the "
                "correction; a second person confirms it."
            ),
            cite="I-33",
            case=attestation.case_no,
        )
    guard(attestation, Event.RESCIND)
    current = check_correction(attestation, found, by.at)
    if not reason.strip():
        raise Refused("reason_missing", _("Give the reason of the correction."))
    refuse_under_appeal(attestation)
    if same_result(current, found):
        return current
    close_granted(attestation, corrected_at=by.at)
    return put_right(attestation, found, reason=reason, document=document, by=by)


def check_correction(attestation: Attestation, found: ResultFacts, now: datetime) -> Result:
    """¶17, I-13: whether these could be the right numbers; returns the published result they would replace.

    Raises Refused or RuleRefusal.
    """
    check_score(found.correct_answers, found.questions_total)
    check_wrong_questions(found)
    check_finished(attestation, found, now)
    current = lookup.published_result(attestation)
    if current is None:
        raise Refused(
            "result_unpublished",
            _("Case %(case)s: no result is published; import the right one instead."),
            case=attestation.case_no,
        )
    return current


def refuse_under_appeal(attestation: Attestation) -> None:
    """I-12: an open appeal is ruled on before a clerical error is corrected. Raises Refused."""
    if attestation.open_appeals:
        raise Refused(
            "under_appeal",
            _("Case %(case)s is under appeal: the commission rules first, then the error is corrected."),
            case=attestation.case_no,
        )


def put_right(
    attestation: Attestation,
    found: ResultFacts,
    *,
    reason: str,
    document: str,
    by: By,
    notice: str = "result_published",
) -> Result:
    """I-33: the corrected result in place of the published one; a new appeal term runs (¶21).

    The caller holds the lock and has checked everything; no decision on the case is final.
    """
    corrected = _Change(attestation, lookup.current_result(attestation), found, reason)
    (result,) = _replace([corrected], ResultSource.CORRECTION, by=by, document=document)
    void_deadlines(
        attestation, [Kind.APPEAL, Kind.GRACE, Kind.SCORING], now=by.at, closed_by=f"result {result.pk}"
    )
    open_appeal_deadlines(attestation, result, now=by.at, notice=notice)
    # As I-12 has it for an appeal: what was corrected today can't have been assessed before.
    over = attestation.rule_set is not None
    open_scoring_deadline(attestation, now=by.at, from_day=local_day(by.at) if over else None)
    return result


class Amendment(NamedTuple):
    """I-13: what upheld items, or a faulty question, make of a published result; the reason is coded."""

    correct: int
    wrong: list[int] | None
    reason: str


def amend_result(
    attestation: Attestation,
    *,
    correct: int,
    wrong: list[int] | None,
    reason: str,
    by: By,
) -> Result:
    """`amend_results` of one case."""
    (result,) = amend_results({attestation.pk: Amendment(correct, wrong, reason)}, by=by)
    return result


@transaction.atomic
def amend_results(amendments: Mapping[int, Amendment], *, by: By) -> list[Result]:
    """I-13: the results after upheld items, by the keys of their cases, published at once; none falls by an
    appeal.

    Score and decision are formed afresh from it (I-12). Where only the appeal took it over the threshold, a
    new deadline for the assessment runs from today. The same numbers again are the result on record.
    """
    cases = _locked_after_stage(amendments, by.at)
    current = lookup.published_results(amendments)
    changes = []
    for pk, (correct, wrong, reason) in amendments.items():
        before = current.get(pk)
        if before is None or correct < before.correct_answers:
            raise Refused(
                "result_would_fall",
                _("Case %(case)s: an appeal never lowers a result."),
                cite="I-13",
                case=cases[pk].case_no,
            )
        found = replace(facts_of(before), correct_answers=correct, wrong_questions=wrong)
        if not same_result(before, found):
            changes.append(_Change(cases[pk], before, found, reason))
    amended = _replace(changes, ResultSource.APPEAL, by=by)
    for case, result in ((result.attestation, result) for result in amended):
        passed = not _passes(case, current[case.pk]) and _passes(case, result)
        if passed and case.rule_set is not None:
            open_scoring_deadline(case, now=by.at, from_day=local_day(by.at))
        current[case.pk] = result
    told = {f"amended:{result.pk}": result.attestation for result in amended}
    outbox.queue_all("result_amended", told, now=by.at)
    return [current[pk] for pk in amendments]


def _locked_after_stage(cases: Collection[int], now: datetime) -> dict[int, Attestation]:
    """I-21, I-28: a stage that is over has ended for these cases, whether or not the sweep came by.

    What follows a new result depends on it: which deadline the assessment has, from which day (I-12).
    """
    found = lookup.locked_all(cases)
    for pk, case in found.items():
        if case.rule_set_id is None and end_stage_of(case, now=now):
            found[pk] = lookup.locked(case)
    return found


def _passes(attestation: Attestation, result: Result) -> bool:
    """¶17: whether the result reaches the threshold of the case."""
    bound = threshold(
        Position(attestation.position),
        Purpose(attestation.purpose),
        lookup.parameters_of(attestation),
        lookup.settings_of(attestation),
    )
    return passes(result.correct_answers, result.questions_total, bound)


class _Change(NamedTuple):
    """A case under its lock, its current result, what stands in its place, and why."""

    attestation: Attestation
    before: Result | None
    found: ResultFacts
    reason: str


def _replace(changes: Sequence[_Change], source: str, *, by: By, document: str = "") -> list[Result]:
    supersede_results([each.before for each in changes if each.before is not None], now=by.at)
    results = []
    for case, before, found, reason in changes:
        result = new_result(case, found, before, source=source, reason=reason, by=by)
        result.published_at = by.at
        results.append(result)
    Result.objects.bulk_create(results)
    told: dict[str, object] = {"document": document} if document else {}
    moved = [
        (result.attestation, {**result_data(result), "source": source, "why": result.reason, **told})
        for result in results
    ]
    move_all(moved, Event.RESCIND, by=by)
    return results


@transaction.atomic
def amend_by_ruling(
    attestation: Attestation,
    *,
    correct: int,
    wrong: list[int],
    reason: str,
    by: By,
) -> Result:
    """I-14: the result as an upheld appeal would leave it; a decision already final is reopened first.

    The day counts for the final decision like that of a resolved appeal (I-28). The numbers that are on
    record already change nothing. Raises Refused.
    """
    attestation = lookup.locked(attestation)
    current = lookup.published_result(attestation)
    if current is not None and (current.correct_answers, current.wrong_questions) == (correct, wrong):
        return current
    if attestation.status == Status.FINAL:
        reopen(attestation, by=by, reason=coded("question_ruled_faulty"))
    result = amend_result(attestation, correct=correct, wrong=wrong, reason=reason, by=by)
    count_appeal(attestation, change=0, closed_at=by.at)
    return result
