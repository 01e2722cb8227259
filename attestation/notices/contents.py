"""What a letter says, taken down when the notice is queued, so that no later change reaches it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from attestation.law.reasons import Verdict, exact_text
from attestation.law.vocabulary import Consequence as ConsequenceKind
from attestation.models import Attestation, Consequence, Deadline, Decision, Notice, Result
from attestation.notices.kinds import REMINDERS, Kind

# Reminders of what is over would only mislead; the duty that was missed has its own.
WHILE_OPEN = frozenset(reminder.notice for reminder in REMINDERS if reminder.while_open)
RESULTS = frozenset(
    {
        Kind.RESULT_PUBLISHED,
        Kind.RESULT_AMENDED,
        Kind.RESULT_CORRECTED,
        Kind.APPEAL_RESOLVED,
        Kind.APPEAL_WITHDRAWN,
    }
)
DECISIONS = frozenset(
    {Kind.DECISION_PROVISIONAL, Kind.DECISION_FINAL, Kind.DECISION_REOPENED, Kind.DISMISSAL_DUE}
)
# An appeal is closed whatever becomes of the result afterwards; these tell of the result itself.
OF_THE_RESULT = frozenset({Kind.RESULT_PUBLISHED, Kind.RESULT_AMENDED, Kind.RESULT_CORRECTED})
REASONS = frozenset({Kind.ADMISSION_REFUSED, Kind.HELD})


def snapshot(kind: Kind, attestation: Attestation | None) -> dict[str, Any]:
    """The facts of the case that this kind of letter tells, JSON-able; no IIN, no name."""
    return {} if attestation is None else snapshots(kind, [attestation])[attestation.pk]


def snapshots(kind: Kind, cases: Collection[Attestation]) -> dict[int, dict[str, Any]]:
    """`snapshot` of each case, by its key."""
    if kind in RESULTS:
        return _results([case.pk for case in cases])
    if kind in DECISIONS:
        return {case.pk: _decision(case) for case in cases}
    if kind in REASONS:
        return {case.pk: {"reasons": case.status_reason} for case in cases}
    return {case.pk: {} for case in cases}


def outdated() -> Q:
    """F-D22: of notices those that tell of a result or a decision which was superseded, or annulled."""
    superseded = Q(superseded_at__isnull=False)
    of_decision = _told_of(Decision.objects.filter(superseded | Q(annulment__isnull=False)), "decision")
    of_result = _told_of(Result.objects.filter(superseded), "result")
    return Q(of_decision, kind__in=DECISIONS) | Q(of_result, kind__in=OF_THE_RESULT)


def _told_of(papers: QuerySet[Any], name: str) -> Exists:
    """Whether the paper that the notice names is among these; compared as text, looked for in its case."""
    of_case = papers.filter(attestation=OuterRef("attestation")).alias(key=Cast("pk", TextField()))
    return Exists(of_case.filter(key=KeyTextTransform(name, OuterRef("context"))))


def is_outdated(notice: Notice) -> bool:
    """F-D22: whether what the letter tells of was superseded, or annulled, before it left."""
    of_a_paper = notice.kind in DECISIONS or notice.kind in OF_THE_RESULT
    return of_a_paper and Notice.objects.filter(outdated(), pk=notice.pk).exists()


def is_over(notice: Notice, now: datetime) -> bool:
    """Whether the deadline a reminder speaks of is over; an overdue duty is reminded of until it is done."""
    if notice.kind not in WHILE_OPEN or notice.deadline is None:
        return False
    if notice.context.get("overdue"):
        return not is_owed(notice.deadline)
    # Also where a brake keeps the deadline from being closed.
    return notice.deadline.state != Deadline.State.OPEN or notice.deadline.is_over(now)


def is_owed(deadline: Deadline) -> bool:
    """¶27.2, I-25: whether the duty of re-attestation that the deadline belongs to is still to be met."""
    return Consequence.objects.filter(
        attestation=deadline.attestation_id, kind=ConsequenceKind.REATTEST, state=Consequence.State.OPEN
    ).exists()


def _results(cases: Collection[int]) -> dict[int, dict[str, Any]]:
    facts: dict[int, dict[str, Any]] = {case: {} for case in cases}
    for result in Result.objects.current().filter(attestation__in=cases, published_at__isnull=False):
        facts[result.attestation_id] = {
            "result": result.pk,
            "correct": result.correct_answers,
            "total": result.questions_total,
        }
    # Of several open appeal deadlines of a case the one opened last.
    deadlines = (
        Deadline.objects.open().filter(attestation__in=cases, kind=Deadline.Kind.APPEAL).order_by("pk")
    )
    for case, due_on in deadlines.values_list("attestation", "due_on"):
        if facts[case]:
            facts[case]["appeal_until"] = due_on.isoformat()
    return facts


def _decision(attestation: Attestation) -> dict[str, Any]:
    decision = Decision.objects.current().filter(attestation=attestation).first()
    if decision is None:
        return {}
    verdict = Verdict.from_data(decision.verdict)
    total = verdict.points.total if verdict.points else None
    final = decision.state == Decision.State.FINAL
    return {
        "decision": decision.pk,
        "outcome": decision.outcome,
        "points": None if total is None else exact_text(total),
        "category": decision.category,
        "category_until": decision.category_until.isoformat() if final and decision.category_until else None,
        "reattest_by": decision.reattest_by.isoformat() if decision.reattest_by else None,
        "dated": decision.dated.isoformat() if decision.dated else None,
        "consequences": [consequence.value for consequence in verdict.consequences],
        "cites": list(verdict.cites),
    }
