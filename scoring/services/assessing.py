"""¶28-1: assess those who passed the test, hold what waits, form the decision."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from attestation import access, journal, lookup
from attestation.by import By
from attestation.cases.decisions import form_decision, hold, hold_reason, rescind_decision
from attestation.cases.testing_stage import end_stage_of, scoring_candidates
from attestation.law.decision import assessment_due
from attestation.law.reasons import Points, exact_text
from attestation.law.settings import Settings
from attestation.law.vocabulary import Purpose
from attestation.models import Attestation, Deadline, Result, Status
from attestation.reason_words import coded
from attestation.refusals import Refused
from attestation.work import each
from scoring.models import Assessment
from scoring.services.evidence import Evidence, gather

GROUNDS_CHANGED = coded("grounds_changed")


@transaction.atomic
def score(attestation: Attestation, *, by: By) -> Assessment:
    """¶28-1: fill in App. 1-2 for one case; the same facts again change nothing. Raises Refused."""
    attestation = lookup.locked(attestation)
    access.require(by.user, "score", attestation.center, attestation.employee)
    if end_stage_of(attestation, now=by.at):
        attestation = lookup.locked(attestation)
    return assess_case(attestation, by=by)[0]


def score_due(*, now: datetime) -> int:
    """¶28-1: assess every case that waits for it; the number of cases in which something changed.

    Level-triggered: whatever the facts allow now is done, however many runs were missed. One case that
    fails does not stop the others (F-D18); one that waits as before writes nothing.
    """
    _retire_scores_of_superseded_results(now)
    waiting = each(scoring_candidates(), _score_one, now=now, act="score")
    return waiting + each(_unfilled(), _score_one, now=now, act="fill_in")


def _unfilled() -> QuerySet[Attestation]:
    """I-02: decided by the test alone; the assessment, shown all the same, still waits for data."""
    return Attestation.objects.filter(
        status=Status.PROVISIONAL, assessments__superseded_at__isnull=True, assessments__points_total=""
    )


def _score_one(attestation: Attestation, now: datetime) -> bool:
    attestation = lookup.locked(attestation)
    if not _is_due(attestation):
        return False
    return assess_case(attestation, by=By(None, now))[1]


def _is_due(attestation: Attestation) -> bool:
    """¶27.3: most of those who failed the test are candidates too, until their decision is formed."""
    result = lookup.published_result(attestation)
    if attestation.rule_set is None or result is None:
        return False
    found = lookup.test_facts(attestation, result)
    return assessment_due(found, lookup.parameters_of(attestation), lookup.settings_of(attestation))


def _retire_scores_of_superseded_results(now: datetime) -> None:
    """I-12: a score of a result that was superseded counts no more, also where no new score is due."""
    Assessment.objects.current().filter(result__superseded_at__isnull=False).update(superseded_at=now)


def assessable(attestation: Attestation) -> Result:
    """¶28-1: the published result to assess; raises Refused where no assessment is due, or not yet."""
    case = attestation.case_no
    if attestation.purpose != Purpose.CATEGORY:
        raise Refused(
            "no_assessment",
            _("Case %(case)s: only an application for a category is assessed (%(cite)s)."),
            cite="¶8.2",
            case=case,
        )
    if attestation.rule_set is None:
        raise Refused(
            "stage_not_over",
            _("Case %(case)s: the testing stage ends on %(day)s; the assessment follows it (%(cite)s)."),
            cite="¶28-1",
            case=case,
            day=f"{attestation.cycle.testing_ends:%d.%m.%Y}",
        )
    if attestation.status in (Status.FINAL, Status.CLOSED):
        raise Refused(
            "case_over",
            _("Case %(case)s: the status is “%(status)s”; its assessment does not change any more."),
            case=case,
            status=attestation.get_status_display(),
        )
    result = lookup.published_result(attestation)
    if result is None:
        raise Refused(
            "result_unpublished",
            _("Case %(case)s: no test result is published. Publish the result first."),
            case=case,
        )
    if not _is_due(attestation):
        raise Refused(
            "not_admitted_to_assessment",
            _("Case %(case)s: the test threshold was not reached, so nothing is assessed (%(cite)s)."),
            cite="¶27.3",
            case=case,
        )
    return result


def assess_case(attestation: Attestation, *, by: By) -> tuple[Assessment, bool]:
    """¶28-1: the assessment by what is on record, and whether anything changed. The caller holds the lock."""
    evidence = gather(attestation, assessable(attestation))
    settings = lookup.settings_of(attestation)
    points = evidence.points(lookup.parameters_of(attestation), settings)
    fields = _fields(evidence, points, settings)
    current = Assessment.objects.current().filter(attestation=attestation).first()
    if current is not None and _says_the_same(current, fields):
        return current, _carry(attestation, current, evidence, points, by=by)
    assessment = _replace(attestation, current, fields, by=by)
    _carry(attestation, assessment, evidence, points, by=by)
    return assessment, True


def _fields(evidence: Evidence, points: Points, settings: Settings) -> dict[str, Any]:
    """App. 1-2: what an assessment's row holds."""
    total = points.total
    span = evidence.span
    return {
        "result_id": evidence.result.pk,
        "window_from": span.first_day,
        "window_to": span.last_day,
        "rating_sum": evidence.rating_sum,
        "rating_count": len(evidence.scores),
        "violations": evidence.violations,
        "ratings_read": evidence.ratings_read,
        "ruling_id": evidence.ruling.pk if evidence.ruling else None,
        "points_test": exact_text(points.test),
        "points_rating": points.rating,
        "points_violations": points.violations,
        "points_total": "" if total is None else exact_text(total),
        "held": list(points.held),
        "inputs": {
            "correct": evidence.result.correct_answers,
            "total": evidence.result.questions_total,
            "scores": [str(score) for score in evidence.scores],
            "violations": evidence.violations,
            "ratings_read": evidence.ratings_read,
            "ruling": evidence.ruling.points if evidence.ruling else None,
            "window": [span.first_day.isoformat(), span.last_day.isoformat()],
            "settings": settings.as_dict(),
            "points": points.as_data(),
        },
    }


def _says_the_same(current: Assessment, fields: dict[str, Any]) -> bool:
    return all(getattr(current, name) == value for name, value in fields.items())


def _replace(
    attestation: Attestation,
    current: Assessment | None,
    fields: dict[str, Any],
    *,
    by: By,
) -> Assessment:
    if current is not None:
        Assessment.objects.filter(pk=current.pk).update(superseded_at=by.at)
    deadline = Deadline.objects.filter(attestation=attestation, kind=Deadline.Kind.SCORING).last()
    assessment = Assessment.objects.create(
        attestation=attestation, due_on=deadline.due_on if deadline else None, formed_at=by.at, **fields
    )
    names = ("points_test", "points_rating", "points_violations", "points_total", "held")
    journal.record(
        "assess",
        by=by,
        attestation=attestation,
        data={
            "assessment": assessment.pk,
            "supersedes": current.pk if current else None,
            "result": assessment.result_id,
            **{name: fields[name] for name in names},
        },
    )
    return assessment


def _carry(
    attestation: Attestation,
    assessment: Assessment,
    evidence: Evidence,
    points: Points,
    *,
    by: By,
) -> bool:
    """I-02, I-27: hold the case, or form the decision; False where that is how it stands already."""
    by_total = lookup.settings_of(attestation).category_basis == "total"
    if points.total is None and by_total:
        if (attestation.status, attestation.status_reason) == (Status.HELD, hold_reason(points.held)):
            return False
        rescind_decision(attestation, reason=GROUNDS_CHANGED, by=by)
        hold(attestation, points.held, by=by)
        return True
    decision = lookup.current_decision(attestation)
    if decision and (decision.result_id, decision.assessment_id) == (assessment.result_id, assessment.pk):
        return False
    rescind_decision(attestation, reason=GROUNDS_CHANGED, by=by)
    form_decision(
        attestation,
        points=points,
        assessment_id=assessment.pk,
        # By the test alone nothing of Appendix 1-2 was waited for.
        ready_on=evidence.ready_on() if by_total else None,
        by=by,
    )
    return True
