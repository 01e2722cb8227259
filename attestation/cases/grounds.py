"""I-32: which later cases rest on a decision; they are marked, and held back, once it falls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from attestation import journal, lookup
from attestation.by import By
from attestation.cases.positions import CATEGORY_KINDS, void_duty_deadlines
from attestation.cases.reattestation import still_repeats
from attestation.law.grounds import EarlierCase, GroundFacts, changed_grounds, grounds_at_stake
from attestation.law.vocabulary import Category, Purpose
from attestation.models import LIVE, Attestation, Decision, GroundMark, Status
from attestation.models import Consequence as ConsequenceRow
from attestation.notices import outbox

State, Why = ConsequenceRow.State, ConsequenceRow.Why
# Whether the window of a case would begin on another day than it did: `scoring`, which keeps it, says that.
_WINDOWS: list[Callable[[Attestation], bool]] = []


def register_windows(has_moved: Callable[[Attestation], bool]) -> None:
    """Let `scoring` say whether a case's window has moved: this app does not know that one."""
    _WINDOWS[:] = [has_moved]


def _dependents_of(
    attestation: Attestation, decision: Decision, cause: str
) -> list[tuple[Attestation, tuple[str, ...]]]:
    """I-32: the later cases of the person that rest on a decision which fell just now, and by what.

    Of an annulled one those whose facts are others now. What rests on one that is decided anew may come to
    have others with it; a case whose stage is still to end takes its facts then.
    """
    later = Attestation.objects.filter(
        employee=attestation.employee_id,
        status__in=[*LIVE, Status.FINAL],
        cycle__testing_ends__gte=attestation.cycle.testing_ends,
    ).exclude(pk=attestation.pk)
    found = later.select_related("cycle", "employee", "repeats", "rule_set").order_by("pk")
    if cause == GroundMark.Cause.ANNULLED:
        grounds = [(case, changed_facts(case)) for case in found.filter(rule_set__isnull=False)]
    else:
        grounds = [(case, _may_change(case, attestation, decision)) for case in found]
    return [(case, codes) for case, codes in grounds if codes]


def may_rest_on(attestation: Attestation, decision: Decision) -> list[tuple[Attestation, tuple[str, ...]]]:
    """I-32: the later cases of the person that rest on a decision as it stands, and by what of it.

    Those whose facts are others once it is annulled or formed again are marked then (`mark_dependents`).
    """
    return _dependents_of(attestation, decision, GroundMark.Cause.REOPENED)


def changed_facts(case: Attestation) -> tuple[str, ...]:
    """I-32: which of repeat, existing category and window are not what the case was decided on."""
    existing = case.employee.category_on(case.cycle.testing_ends)
    return changed_grounds(
        Purpose(case.purpose),
        GroundFacts(case.repeat, Category(case.existing) if case.existing else None),
        GroundFacts(still_repeats(case), existing),
        window_moved=any(has_moved(case) for has_moved in _WINDOWS),
    ).codes


def _may_change(case: Attestation, earlier: Attestation, decision: Decision) -> tuple[str, ...]:
    return grounds_at_stake(
        Purpose(case.purpose),
        case.cycle.testing_ends,
        EarlierCase(
            Purpose(earlier.purpose),
            earlier.cycle.testing_ends,
            decision.dated,
            moved_category=decision.consequences.filter(kind__in=CATEGORY_KINDS).exists(),
            assessed=decision.assessment_id is not None,
        ),
        lookup.parameters_of(case),
        lookup.settings_of(case),
        repeats_it=case.repeats is not None and case.repeats.attestation_id == earlier.pk,
    ).codes


def mark_dependents(attestation: Attestation, decision: Decision, cause: str, *, now: datetime) -> None:
    """I-32: mark what rests on a decision that fell; what it brought is suspended, its reminders stop."""
    for case, codes in _dependents_of(attestation, decision, cause):
        case = lookup.locked(case)
        if GroundMark.objects.unsettled().filter(attestation=case, earlier=attestation).exists():
            continue
        mark = GroundMark.objects.create(
            attestation=case, earlier=attestation, cause=cause, grounds=list(codes), marked_at=now
        )
        for row in ConsequenceRow.objects.filter(attestation=case, state=State.OPEN):
            row.state, row.why = State.SUSPENDED, Why.GROUND
            row.save(update_fields=["state", "why"])
            void_duty_deadlines(row, now=now)
        data = {"mark": mark.pk, "earlier": attestation.case_no, "cause": cause, "grounds": list(codes)}
        journal.record("ground_fell", by=By(None, now), attestation=case, data=data)
        outbox.queue("ground_fell", key=f"ground:{mark.pk}", now=now, attestation=case)


def has_fallen_ground(attestation: Attestation) -> bool:
    """I-32: whether a ground of the case fell, and nobody has decided what becomes of it."""
    return any(mark.settled_at is None for mark in attestation.ground_marks.all())
