"""A published result that changes: corrected, or amended by a ruling; the old one stands beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from attestation import access, lookup
from attestation.by import By
from attestation.cases.correction_requests import close_granted
from attestation.cases.finality import reopen
from attestation.cases.lifecycle import Event, count_appeal, guard, move
from attestation.cases.results import (
    Kind,
    ResultFacts,
    check_finished,
    check_wrong_questions,
    create_result,
    facts_of,
    open_appeal_deadlines,
    result_data,
    same_result,
    supersede_result,
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
    attestation = _locked_after_stage(attestation, by.at)
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
    result = _replace(attestation, found, ResultSource.CORRECTION, reason, by=by, document=document)
    void_deadlines(
        attestation, [Kind.APPEAL, Kind.GRACE, Kind.SCORING], now=by.at, closed_by=f"result {result.pk}"
    )
    open_appeal_deadlines(attestation, result, now=by.at, notice=notice)
    # As I-12 has it for an appeal: what was corrected today can't have been assessed before.
    over = attestation.rule_set is not None
    open_scoring_deadline(attestation, now=by.at, from_day=local_day(by.at) if over else None)
    return result


@transaction.atomic
def amend_result(
    attestation: Attestation,
    *,
    correct: int,
    wrong: list[int] | None,
    reason: str,
    by: By,
) -> Result:
    """I-13: the result after upheld items, published at once; it never falls by an appeal.

    Score and decision are formed afresh from it (I-12). Where only the appeal took it over the threshold, a
    new deadline for the assessment runs from today. The same numbers again are the result on record.
    """
    attestation = _locked_after_stage(attestation, by.at)
    current = lookup.published_result(attestation)
    if current is None or correct < current.correct_answers:
        raise Refused(
            "result_would_fall",
            _("Case %(case)s: an appeal never lowers a result."),
            cite="I-13",
            case=attestation.case_no,
        )
    passed_before = _passes(attestation, current)
    found = replace(facts_of(current), correct_answers=correct, wrong_questions=wrong)
    if same_result(current, found):
        return current
    result = _replace(attestation, found, ResultSource.APPEAL, reason, by=by)
    if not passed_before and _passes(attestation, result) and attestation.rule_set is not None:
        open_scoring_deadline(attestation, now=by.at, from_day=local_day(by.at))
    outbox.queue("result_amended", key=f"amended:{result.pk}", now=by.at, attestation=attestation)
    return result


def _locked_after_stage(attestation: Attestation, now: datetime) -> Attestation:
    """I-21, I-28: a stage that is over has ended for this case, whether or not the sweep came by.

    What follows a new result depends on it: which deadline the assessment has, from which day (I-12).
    """
    attestation = lookup.locked(attestation)
    return lookup.locked(attestation) if end_stage_of(attestation, now=now) else attestation


def _passes(attestation: Attestation, result: Result) -> bool:
    """¶17: whether the result reaches the threshold of the case."""
    bound = threshold(
        Position(attestation.position),
        Purpose(attestation.purpose),
        lookup.parameters_of(attestation),
        lookup.settings_of(attestation),
    )
    return passes(result.correct_answers, result.questions_total, bound)


def _replace(
    attestation: Attestation,
    found: ResultFacts,
    source: str,
    reason: str,
    *,
    by: By,
    document: str = "",
) -> Result:
    before = supersede_result(attestation, by.at)
    result = create_result(
        attestation,
        found,
        supersedes=before,
        source=source,
        reason=reason,
        by=by,
        published=True,
    )
    move(
        attestation,
        Event.RESCIND,
        by=by,
        data={
            **result_data(result),
            "source": source,
            "why": reason,
            **({"document": document} if document else {}),
        },
    )
    return result


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
    count_appeal(attestation, 0, closed_at=by.at)
    return result
