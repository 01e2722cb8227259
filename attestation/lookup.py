"""From rows to the facts that the pure rules take."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import TypeVar

from django.db.models import Model

from attestation.law.calendar import WorkCalendar
from attestation.law.facts import TestFacts
from attestation.law.parameters import Parameters, parameters_on
from attestation.law.settings import Settings
from attestation.law.vocabulary import Category, Position, Purpose
from attestation.models import Attestation, CalendarDay, Decision, Result, RuleSet
from attestation.years import ensure_years_from

M = TypeVar("M", bound=Model)


def latest_first(rows: Iterable[M]) -> list[M]:
    """Rows that were read already, by their keys."""
    return sorted(rows, key=lambda row: int(row.pk), reverse=True)


def locked(attestation: Attestation) -> Attestation:
    """The row afresh and under its lock; the first statement of every act on a case.

    The lock leaves the key free: whoever writes a row that names the case, such as a journal entry of another
    act, does not wait for it, and no circle of waiting comes of that.
    """
    return (
        Attestation.objects.select_for_update(of=("self",), no_key=True)
        .select_related("cycle", "employee", "center__parent", "rule_set")
        .get(pk=attestation.pk)
    )


def locked_all(cases: Collection[int]) -> dict[int, Attestation]:
    """`locked` for the cases of these keys, by them, locked in their order."""
    rows = Attestation.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=cases)
    found = rows.select_related("cycle", "employee", "center__parent", "rule_set").order_by("pk")
    return {case.pk: case for case in found}


def work_calendar(day: date | None = None) -> WorkCalendar:
    """I-09: the calendar as it stands in the database; `day`: the one that a deadline is counted from.

    Years that the deadline can reach into and that are not on record are filled in first, unconfirmed (F-R7).
    """
    if day is not None:
        ensure_years_from(day)
    return CalendarDay.objects.work_calendar()


def rule_set_of(attestation: Attestation) -> RuleSet:
    """I-21: the pinned rule set, or before the pin the one in force on the stage's last day."""
    return attestation.rule_set or RuleSet.objects.in_force_on(attestation.cycle.testing_ends)


def settings_of(attestation: Attestation) -> Settings:
    """The readings under which the case is decided."""
    return rule_set_of(attestation).settings()


def parameters_of(attestation: Attestation) -> Parameters:
    """The order's numbers in force on the day the testing stage ends."""
    return parameters_on(attestation.cycle.testing_ends)


def current_result(attestation: Attestation) -> Result | None:
    """The result that nothing has superseded, published or not."""
    return Result.objects.current().filter(attestation=attestation).first()


def current_results(cases: Collection[int]) -> dict[int, Result]:
    """`current_result` of the cases of these keys, by them; none where a case has none."""
    found = Result.objects.current().filter(attestation__in=cases)
    return {result.attestation_id: result for result in found}


def published_result(attestation: Attestation) -> Result | None:
    """The current result, if it is published: only that one decides."""
    current = (result for result in attestation.results.all() if result.superseded_at is None)
    return next((result for result in current if result.published_at is not None), None)


def published_results(cases: Collection[int]) -> dict[int, Result]:
    """`published_result` of the cases of these keys, by them; none where a case has none."""
    return {
        case: result for case, result in current_results(cases).items() if result.published_at is not None
    }


def current_decision(attestation: Attestation) -> Decision | None:
    """The decision that nothing has superseded."""
    return Decision.objects.current().filter(attestation=attestation).first()


def test_facts(attestation: Attestation, result: Result) -> TestFacts:
    """¶17, ¶30: what the decision rules take of a case."""
    return TestFacts(
        position=Position(attestation.position),
        purpose=Purpose(attestation.purpose),
        repeat=attestation.repeat,
        existing=Category(attestation.existing) if attestation.existing else None,
        declared=Category(attestation.declared) if attestation.declared else None,
        correct=result.correct_answers,
        total=result.questions_total,
    )


def previous_final_on(attestation: Attestation) -> date | None:
    """I-06: the day of the final decision of the employee's previous attestation, of any purpose."""
    return (
        Decision.objects.current()
        .filter(
            attestation__employee_id=attestation.employee_id,
            state=Decision.State.FINAL,
            dated__lte=attestation.cycle.testing_ends,
        )
        .exclude(attestation=attestation)
        .order_by("-dated")
        .values_list("dated", flat=True)
        .first()
    )
