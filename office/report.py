"""`manage.py report`: how each case of a cycle stands, in the words of `simulate_decisions`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils import timezone

from attestation.law.calendar import local_day
from attestation.law.finality import FINAL_ON
from attestation.law.reasons import Verdict
from attestation.models import (
    Attestation,
    Consequence,
    Cycle,
    Deadline,
    Decision,
    GroundMark,
    Status,
)
from office.held import held_verdicts
from office.simulate.answers import points_data

DEADLINES = (Deadline.Kind.APPEAL, Deadline.Kind.SCORING)
State = Consequence.State
# The five words of the contract; what ended without anybody's act is moot, whatever ended it.
STATES = {
    State.OPEN: "open",
    State.DONE: "done",
    State.SUSPENDED: "suspended",
    State.WAITING: "awaits_confirmation",
    State.MOOT: "moot",
    State.VOID: "moot",
    State.LAPSED: "moot",
    State.ENDED: "moot",
}


def report(cycle: Cycle, on: date | None = None) -> dict[str, Any]:
    """The cycle's cases in order of IIN, `category_now` as on the day (today where none is given).

    Only reads, a handful of queries however many cases.
    """
    cases = list(
        Attestation.objects.filter(cycle=cycle)
        .select_related("employee", "cycle", "rule_set")
        .prefetch_related("employee__category_terms")
        .order_by("employee__iin", "pk")
    )
    around = _Around(cycle, cases, on or local_day(timezone.now()))
    return {"cycle": cycle.code, "attestations": [around.row(case) for case in cases]}


class _Around:
    """What is on record beside the cases of a cycle, read once for all of them."""

    def __init__(self, cycle: Cycle, cases: list[Attestation], day: date) -> None:
        self.day = day
        self.decisions = {
            row.attestation_id: row for row in Decision.objects.current().filter(attestation__cycle=cycle)
        }
        self.held = held_verdicts([case for case in cases if case.status == Status.HELD])
        self.due = _due_moments(cycle)
        self.states = _consequence_states(cycle)
        fell = GroundMark.objects.unsettled().filter(attestation__cycle=cycle)
        fell = fell.exclude(cause=GroundMark.Cause.REVISED)
        self.fell = set(fell.values_list("attestation", flat=True))

    def row(self, case: Attestation) -> dict[str, Any]:
        """One case in the keys of the contract."""
        decision = self.decisions.get(case.pk)
        final = decision is not None and decision.state == Decision.State.FINAL
        verdict = Verdict.from_data(decision.verdict) if decision else self.held.get(case.pk)
        points = verdict.points if verdict else None
        appeal_due, scoring_due = (self.due.get(case.pk, {}).get(kind) for kind in DEADLINES)
        steps = [step.code for step in verdict.steps] if verdict else []
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
            "ground": "annulled" if case.pk in self.fell else "stands",
            "consequence_states": self.states.get(case.pk, {}),
            "decided_on": _iso(decision.dated) if decision else None,
            "category_now": case.employee.category_on(self.day).value,
            "why": [*steps, FINAL_ON] if final else steps,
        }


def _consequence_states(cycle: Cycle) -> dict[int, dict[str, str]]:
    """Of the decision in force; nothing is left of an annulled one."""
    found: dict[int, dict[str, str]] = {}
    rows = Consequence.objects.filter(attestation__cycle=cycle, decision__superseded_at__isnull=True)
    for row in rows.order_by("pk"):
        found.setdefault(row.attestation_id, {})[row.kind] = STATES[State(row.state)]
    return found


def _iso(moment: Any) -> str | None:
    return None if moment is None else str(moment.isoformat())


def _due_moments(cycle: Cycle) -> dict[int, dict[str, datetime]]:
    """The last second of the latest deadline of each kind: after a correction there are two, one void."""
    moments: dict[int, dict[str, datetime]] = {}
    deadlines = Deadline.objects.filter(attestation__cycle=cycle, kind__in=DEADLINES).exclude(
        state=Deadline.State.VOID
    )
    for deadline in deadlines.order_by("pk"):
        if deadline.attestation_id is not None:
            moments.setdefault(deadline.attestation_id, {})[deadline.kind] = deadline.due_at
    return moments


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
