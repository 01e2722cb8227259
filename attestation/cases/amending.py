"""I-13, I-14: a result amended by a ruling that is no appeal's: a question that is itself faulty."""

from __future__ import annotations

from django.db import transaction

from attestation import lookup
from attestation.by import By
from attestation.cases.decisions import reopen
from attestation.cases.lifecycle import count_appeal
from attestation.cases.results import amend_result
from attestation.models import Attestation, Result, Status
from attestation.reason_words import coded


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
