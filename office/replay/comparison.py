"""The comparisons of a replay: pure over rows already read; a difference names field, stored and formed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import Any, NamedTuple

from attestation.cases.positions import CATEGORY_KINDS
from attestation.law.calendar import local_day
from attestation.law.decision import decide
from attestation.law.facts import TestFacts
from attestation.law.finality import final_on
from attestation.law.parameters import Parameters, parameters_on, was_in_force
from attestation.law.reasons import Points, Verdict, exact_text
from attestation.law.settings import Settings
from attestation.law.vocabulary import Category, Consequence, Position, Purpose
from attestation.models import Consequence as ConsequenceRow
from attestation.models import Decision
from scoring.criteria import Window, assess, rating_of
from scoring.models import Assessment

TAKEN_BACK = frozenset({ConsequenceRow.State.SUSPENDED, ConsequenceRow.State.ENDED})


class Difference(NamedTuple):
    """Where the record and the rules part: texts, so that they go into JSON and the journal as they are."""

    case: str
    decision: int
    field: str
    stored: str
    formed: str


class Ledger(NamedTuple):
    """What the deadlines say of a decision: the last day of the grace and of the re-attestation."""

    grace_due_on: date | None = None
    reattest_due_on: date | None = None


class Pair(NamedTuple):
    """One field with the value on record and the value formed anew."""

    field: str
    stored: Any
    formed: Any


def differences_of(decision: Decision, assessment: Assessment | None, ledger: Ledger) -> list[Difference]:
    """¶30: everything in which a decision on record differs from the one formed anew from its inputs."""
    pairs: list[Pair] = []
    try:
        for pair in _pairs(decision, assessment, ledger):
            if pair.stored != pair.formed:
                pairs.append(pair)
    # A row that somebody broke is listed, whatever is wrong with it; the other decisions are still compared.
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        pairs.append(Pair("inputs", "on record", f"{type(error).__name__}: {error}"))
    return [
        Difference(decision.attestation.case_no, decision.pk, name, _text(stored), _text(formed))
        for name, stored, formed in pairs
    ]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _pairs(decision: Decision, assessment: Assessment | None, ledger: Ledger) -> Iterator[Pair]:
    params = parameters_on(decision.attestation.cycle.testing_ends)
    settings = Settings.of_decision(decision.rule_settings)
    verdict = form_anew(decision.inputs, params, settings)
    yield from _inputs(decision)
    yield from _numbers(decision.inputs["parameters"], params, verdict)
    yield from _verdict(decision, verdict)
    yield from _assessment(decision, assessment, params, settings)
    if decision.superseded_at is None:
        yield Pair("status", decision.attestation.status, decision.state)
        yield Pair("result.superseded", decision.result.superseded_at, None)
    if decision.state == Decision.State.FINAL:
        yield from _dated(decision, ledger.grace_due_on)
        yield from _consequences(decision, verdict)
        yield Pair("ledger.reattestation", ledger.reattest_due_on, verdict.reattest_by)
        yield from _period_begun(decision, verdict)
        yield from _periods_ended(decision)
    else:
        yield Pair("consequences.rows", len(decision.consequences.all()), 0)
        yield Pair("term.rows", len(decision.terms_begun.all()), 0)


def form_anew(inputs: Mapping[str, Any], params: Parameters, settings: Settings) -> Verdict:
    """¶30: the verdict on stored inputs. Raises RuleRefusal, KeyError, ValueError for impossible ones."""
    facts = TestFacts(
        position=Position(inputs["position"]),
        purpose=Purpose(inputs["purpose"]),
        repeat=inputs["repeat"],
        existing=Category(inputs["existing"]) if inputs["existing"] else None,
        declared=Category(inputs["declared"]) if inputs["declared"] else None,
        correct=inputs["correct"],
        total=inputs["total"],
    )
    points = Points.from_data(inputs["points"]) if inputs["points"] else None
    return decide(facts, points, date.fromisoformat(inputs["decided_on"]), params, settings)


def _inputs(decision: Decision) -> Iterator[Pair]:
    """The inputs against the rows they were taken from."""
    attestation, result, inputs = decision.attestation, decision.result, decision.inputs
    for name in ("position", "purpose", "declared", "repeat", "existing"):
        # I-32: a decision that was superseded may have been formed on facts that have changed since.
        if name not in ("repeat", "existing") or decision.superseded_at is None:
            yield Pair(f"inputs.{name}", inputs[name] or "", getattr(attestation, name) or "")
    yield Pair("inputs.correct", inputs["correct"], result.correct_answers)
    yield Pair("inputs.total", inputs["total"], result.questions_total)
    yield Pair("inputs.result", result.attestation_id, attestation.pk)
    yield Pair("inputs.testing_ended_on", inputs["testing_ended_on"], str(attestation.cycle.testing_ends))
    pinned = attestation.rule_set.settings().as_dict() if attestation.rule_set else None
    yield Pair("rule_settings", Settings.of_decision(decision.rule_settings).as_dict(), pinned)


def _numbers(stored: list[dict[str, str]], params: Parameters, verdict: Verdict) -> Iterator[Pair]:
    """I-39: the numbers on record against those of the stage's last day.

    A row that was entered for that day only afterwards is no difference where the decision rests on another
    point, and what it was formed with did stand in the order.
    """
    formed = params.as_data()
    if stored == formed:
        return
    cites = {*verdict.cites, *(step.cite for step in verdict.steps)}
    names = {row["name"]: row for row in formed}
    entered_later = [
        row["name"]
        for row in stored
        if row != names.get(row["name"]) and row["cite"] not in cites and was_in_force(row)
    ]
    kept = [[row for row in rows if row["name"] not in entered_later] for rows in (stored, formed)]
    yield Pair("inputs.parameters", *(sorted(rows, key=lambda row: row["name"]) for rows in kept))


def _as_noted(stored: list[dict[str, Any]], formed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Steps formed anew with the readings noted then: a later version may note one more beside a step."""
    pairs = zip_longest(stored, formed)
    return [
        {**new, "readings": old["readings"]}
        if old and new and set(old["readings"]) <= set(new["readings"])
        else new
        for old, new in pairs
    ]


def _verdict(decision: Decision, verdict: Verdict) -> Iterator[Pair]:
    """The verdict on record and the columns beside it."""
    final = decision.state == Decision.State.FINAL
    formed = verdict.as_data()
    formed["steps"] = _as_noted(decision.verdict["steps"], formed["steps"])
    for name in sorted(formed.keys() | decision.verdict.keys()):
        yield Pair(f"verdict.{name}", decision.verdict.get(name), formed.get(name))
    yield Pair("outcome", decision.outcome, verdict.outcome.value)
    yield Pair("category", decision.category, verdict.category.value if verdict.category else "")
    yield Pair("category_until", decision.category_until, verdict.category_until if final else None)
    yield Pair("reattest_by", decision.reattest_by, verdict.reattest_by if final else None)
    decided_on = date.fromisoformat(decision.inputs["decided_on"])
    yield Pair("dated", decision.dated, decided_on if final else None)


def _assessment(
    decision: Decision, assessment: Assessment | None, params: Parameters, settings: Settings
) -> Iterator[Pair]:
    """App. 1-2: the assessment that the decision names, its points computed anew from its own inputs."""
    stored = decision.inputs["points"]
    yield Pair("assessment", decision.assessment_id, assessment.pk if assessment else None)
    yield Pair("inputs.points", stored is not None, assessment is not None)
    if assessment is None:
        return
    inputs = assessment.inputs
    scores = [Decimal(score) for score in inputs["scores"]]
    span = Window(*(date.fromisoformat(day) for day in inputs["window"]))
    points = assess(
        inputs["correct"],
        inputs["total"],
        rating_of(scores),
        inputs["violations"],
        inputs["ruling"],
        inputs["ratings_read"],
        params,
        settings,
        span,
    )
    yield Pair("inputs.points", stored, points.as_data())
    yield Pair("assessment.inputs.points", inputs["points"], points.as_data())
    yield Pair("assessment.result", assessment.result_id, decision.result_id)
    yield Pair("assessment.attestation", assessment.attestation_id, decision.attestation_id)
    yield from _assessment_inputs(assessment, scores, span)
    yield Pair("assessment.points_test", assessment.points_test, exact_text(points.test))
    yield Pair("assessment.points_rating", assessment.points_rating, points.rating)
    yield Pair("assessment.points_violations", assessment.points_violations, points.violations)
    total = "" if points.total is None else exact_text(points.total)
    yield Pair("assessment.points_total", assessment.points_total, total)
    yield Pair("assessment.held", assessment.held, list(points.held))


def _assessment_inputs(assessment: Assessment, scores: list[Decimal], span: Window) -> Iterator[Pair]:
    """App. 1-2: the columns of an assessment against the inputs it keeps."""
    inputs, result = assessment.inputs, assessment.result
    yield Pair("assessment.inputs.correct", inputs["correct"], result.correct_answers)
    yield Pair("assessment.inputs.total", inputs["total"], result.questions_total)
    yield Pair("assessment.rating_sum", assessment.rating_sum, sum(scores, Decimal()) if scores else None)
    yield Pair("assessment.rating_count", assessment.rating_count, len(scores))
    yield Pair("assessment.violations", assessment.violations, inputs["violations"])
    yield Pair("assessment.ratings_read", assessment.ratings_read, inputs["ratings_read"])
    yield Pair("assessment.window", (assessment.window_from, assessment.window_to), tuple(span))
    ruling = assessment.ruling.points if assessment.ruling else None
    yield Pair("assessment.ruling", ruling, inputs["ruling"])


def _dated(decision: Decision, grace_due_on: date | None) -> Iterator[Pair]:
    """I-28: the day of the decision in force, from what it waited for."""
    if decision.superseded_at is not None or grace_due_on is None:
        return
    attestation = decision.attestation
    days = [attestation.cycle.testing_ends]
    if decision.ready_on is not None:
        days.append(decision.ready_on)
    if attestation.last_appeal_closed_at is not None:
        days.append(local_day(attestation.last_appeal_closed_at))
    yield Pair("dated by I-28", decision.dated, final_on(grace_due_on, days))


def _consequences(decision: Decision, verdict: Verdict) -> Iterator[Pair]:
    """¶7, ¶27, ¶28: a row for each consequence of a final decision; taken back by a reopening (I-14) or ended
    by an annulment."""
    rows = {row.kind: row for row in decision.consequences.all()}
    yield Pair("consequences", sorted(rows), sorted(kind.value for kind in verdict.consequences))
    superseded = decision.superseded_at is not None
    for kind, row in rows.items():
        due_on = verdict.reattest_by if kind == Consequence.REATTEST else None
        yield Pair(f"consequence.{kind}.effective_on", row.effective_on, decision.dated)
        yield Pair(f"consequence.{kind}.due_on", row.due_on, due_on)
        yield Pair(f"consequence.{kind}.cite", row.cite if row.cite not in verdict.cites else None, None)
        # I-32: suspended because its ground fell, under a decision that nothing superseded.
        taken_back = row.state in TAKEN_BACK and row.why != ConsequenceRow.Why.GROUND
        yield Pair(f"consequence.{kind}.suspended", taken_back, superseded)


def _period_begun(decision: Decision, verdict: Verdict) -> Iterator[Pair]:
    """¶7, I-15, I-17: the period that a conferral, a lowering or a renewal begins, and none otherwise."""
    # I-36: what waits for the position, or lapsed, began none.
    unsettled = any(row.kind in CATEGORY_KINDS and row.why for row in decision.consequences.all())
    begins = verdict.category_until is not None and not unsettled
    formed = [(verdict.category, decision.dated, verdict.category_until)] if begins else []
    rows = list(decision.terms_begun.all())
    stored = [(row.category, row.starts_on, row.planned_ends_on) for row in rows]
    yield Pair(
        "term", [[str(part) for part in period] for period in stored], [[str(p) for p in t] for t in formed]
    )
    for row in rows:
        suspended = decision.superseded_at is not None
        yield Pair("term.suspended", row.suspended_at is not None, suspended)
        if row.ended_by_id is None:
            yield Pair("term.ends_on", row.ends_on, row.planned_ends_on)


def _periods_ended(decision: Decision) -> Iterator[Pair]:
    """I-14, I-16: what a decision in force ended, ended on the day before it; a reopened one ends nothing."""
    rows = list(decision.terms_ended.all())
    if decision.superseded_at is not None or decision.dated is None:
        yield Pair("terms_ended", len(rows), 0)
        return
    for row in rows:
        yield Pair("terms_ended.ends_on", row.ends_on, decision.dated - timedelta(days=1))
