"""What held cases come to by what is on record, in which no decision is stored."""

from __future__ import annotations

from attestation import lookup
from attestation.law.decision import decide
from attestation.law.reasons import Points, Verdict
from attestation.law.vocabulary import Purpose
from attestation.models import Attestation, Result
from scoring.models import Assessment


def held_verdicts(cases: list[Attestation]) -> dict[int, Verdict]:
    """I-04, I-05, I-27, I-39: what a held case comes to by what is not held."""
    rows = Assessment.objects.current().filter(attestation__in=cases)
    assessments = {row.attestation_id: row for row in rows}
    results = Result.objects.current().filter(attestation__in=cases, published_at__isnull=False)
    result_of = {row.attestation_id: row for row in results}
    verdicts: dict[int, Verdict] = {}
    for case in cases:
        assessment, result = assessments.get(case.pk), result_of.get(case.pk)
        if result is None or (assessment is None and case.purpose == Purpose.CATEGORY.value):
            continue
        verdicts[case.pk] = decide(
            lookup.test_facts(case, result),
            Points.from_data(assessment.inputs["points"]) if assessment else None,
            case.cycle.testing_ends,
            lookup.parameters_of(case),
            lookup.settings_of(case),
        )
    return verdicts
