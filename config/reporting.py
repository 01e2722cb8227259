"""`manage.py report`: how each case of a cycle stands, in the words of `simulate_decisions`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attestation.law.decision import decide
from attestation.law.reasons import Points, Verdict
from attestation.law.terms import Purpose
from attestation.models import Attestation, Cycle, Deadline, Decision, Result, Status
from attestation.services import facts
from config.simulation import points_data
from scoring.models import Assessment

TERMS = (Deadline.Kind.APPEAL, Deadline.Kind.SCORING)


def report(cycle: Cycle) -> dict[str, Any]:
    """The cycle's cases in order of IIN; only reads, a handful of queries however many cases."""
    cases = list(
        Attestation.objects.filter(cycle=cycle)
        .select_related("employee", "cycle", "rule_set")
        .order_by("employee__iin", "pk")
    )
    decisions = {
        row.attestation_id: row for row in Decision.objects.current().filter(attestation__cycle=cycle)
    }
    held = _held_verdicts([case for case in cases if case.status == Status.HELD])
    due = _due_moments(cycle)
    return {
        "cycle": cycle.code,
        "attestations": [
            _row(case, decisions.get(case.pk), held.get(case.pk), due.get(case.pk, {})) for case in cases
        ],
    }


def _row(
    case: Attestation, decision: Decision | None, held: Verdict | None, due: dict[str, datetime]
) -> dict[str, Any]:
    final = decision is not None and decision.state == Decision.State.FINAL
    verdict = Verdict.from_data(decision.verdict) if decision else held
    points = verdict.points if verdict else None
    appeal_due, scoring_due = (due.get(kind) for kind in TERMS)
    return {
        "iin": case.employee.iin,
        "purpose": case.purpose,
        "repeat": case.repeat,
        "status": case.status,
        "decision": verdict.outcome.value if verdict else None,
        "final": final,
        "points": points_data(points) if points else None,
        "category": verdict.category.value if verdict and verdict.category else None,
        "category_until": _iso(decision.category_until) if decision and final else None,
        "consequences": [kind.value for kind in verdict.consequences] if verdict else [],
        "reattest_by": _iso(decision.reattest_by) if decision and final else None,
        "appeal_due": _iso(appeal_due),
        "scoring_due": _iso(scoring_due),
        "cites": list(verdict.cites) if verdict else [],
    }


def _iso(moment: Any) -> str | None:
    return None if moment is None else str(moment.isoformat())


def _due_moments(cycle: Cycle) -> dict[int, dict[str, datetime]]:
    """The last second of the latest term of each kind: after a correction there are two, one of them void."""
    moments: dict[int, dict[str, datetime]] = {}
    terms = Deadline.objects.filter(attestation__cycle=cycle, kind__in=TERMS).exclude(
        state=Deadline.State.VOID
    )
    for term in terms.order_by("pk"):
        if term.attestation_id is not None:
            moments.setdefault(term.attestation_id, {})[term.kind] = term.due_at
    return moments


def _held_verdicts(cases: list[Attestation]) -> dict[int, Verdict]:
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
            facts.test_facts(case, result),
            Points.from_data(assessment.inputs["points"]) if assessment else None,
            case.cycle.testing_ends,
            facts.parameters_of(case),
            facts.settings_of(case),
        )
    return verdicts


HEADERS = ("iin", "purpose", "repeat", "status", "decision", "final", "points", "category", "appeal_due")


def table(data: dict[str, Any]) -> str:
    """The same for a reader at a terminal."""
    rows = [HEADERS, *(_cells(row) for row in data["attestations"])]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADERS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    points = row["points"] or {}
    cells = {**row, "points": points.get("total") or points.get("test")}
    return tuple(_cell(cells[name]) for name in HEADERS)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)
