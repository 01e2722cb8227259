"""A made export of the Platform: our decisions as another program would know them, with known differences.

What is expected is worked out from the records alone, never by the comparison.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from copy import copy, deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

from attestation.by import By
from attestation.cases.annulment import Document, annul_decision
from attestation.cases.result_changes import correct_result
from attestation.cases.results import ResultFacts, publish_results
from attestation.models import Attestation, Center, Cycle, Decision, User
from scoring.models import Assessment, Rating
from scoring.services.records import record_read_through
from tests.factories import (
    AttestationFactory,
    CareerCenterFactory,
    CenterFactory,
    CycleFactory,
    EmployeeFactory,
    ResultFactory,
    UserFactory,
    moment,
)
from tests.siblings_cast import GRACE_OVER, PUBLISHED, READ, WINDOW_LAST, sweep, workbook

HEADER = ("ИИН", "Цель", "Решение", "Баллы", "Категория", "Дата решения", "Цикл")
CORRECTED = moment("2026-02-08 10:00")
ANNULLED = moment("2026-02-12 10:00")
KAZAKH = {
    "conforms": "Атқаратын лауазымына сәйкес келеді",
    "does_not_conform": "атқаратын лауазымына сәйкес келмейді",
    "declared": "мәлімделген біліктілік санатына сәйкес келеді",
}
OTHER_OUTCOME = {"conforms": "does_not_conform", "does_not_conform": "conforms", "declared": "lower"}
# A stranger to this register: born on 15 March 1990, with the check digit.
NOBODY = "900315300010"


@dataclass
class Register:
    """Two regions; every decision of the first is known to its officer."""

    officer: User
    cycle: Cycle
    cases: list[Attestation]
    outside: Attestation


@dataclass
class Export:
    """The rows of the Platform's file and what must be found in them, by (IIN, fields or code)."""

    rows: list[list[Any]] = field(default_factory=list)
    same: int = 0
    differs: Counter[tuple[str, tuple[str, ...], str]] = field(default_factory=Counter)
    only_here: Counter[str] = field(default_factory=Counter)
    only_there: Counter[str] = field(default_factory=Counter)
    errors: Counter[tuple[int, str]] = field(default_factory=Counter)

    def file(self) -> bytes:
        """The export as a workbook."""
        return workbook(HEADER, *self.rows)


def put_on_list(center: Center, cycle: Cycle, number: int) -> Attestation:
    """Every third applies for a category, the others confirm their position; results differ."""
    if number % 3 == 0:
        case = AttestationFactory(
            employee=EmployeeFactory(center=center), cycle=cycle, status="tested", case_no=f"P-{number:05}"
        )
        total, correct = 90, 80 + number % 10
    else:
        person = EmployeeFactory(center=center, position="center_specialist")
        case = AttestationFactory(
            employee=person, cycle=cycle, purpose="position", status="tested", case_no=f"P-{number:05}"
        )
        total, correct = 90, 40 + number % 50
    ResultFactory(attestation=case, questions_total=total, correct_answers=correct, published_at=None)
    return case


REALLY_DECIDED = 60


def make_register(count: int) -> Register:
    """Final decisions but for six cases, of which three are provisional and three held.

    Those of more than REALLY_DECIDED people are copies of these decisions.
    """
    center = CenterFactory()
    career = CareerCenterFactory(parent=center)
    cycle, elsewhere = CycleFactory(center=center, code="P-26"), CycleFactory(code="X-26")
    cases = [put_on_list(career, cycle, number) for number in range(REALLY_DECIDED)]
    outside = put_on_list(CareerCenterFactory(parent=elsewhere.center), elsewhere, REALLY_DECIDED)
    for each in (cycle, elsewhere):
        publish_results(each, by=By(None, PUBLISHED))
    applied = [case for case in cases if case.purpose == "category"]
    Rating.objects.bulk_create(
        Rating(
            employee=case.employee,
            rated_on=date(2025, 11, 3),
            score=Decimal(5),
            external_id=f"R{case.pk}",
        )
        for case in applied[:-3]
    )
    for kind in ("ratings", "violations"):
        record_read_through([career], kind, WINDOW_LAST, by=By(None, READ))
    while sweep(READ):
        pass
    for case in [case for case in cases if case.purpose == "position"][-3:]:
        facts = ResultFacts(90, 30, None, "", moment("2026-02-04 11:00"))
        correct_result(case, facts, reason="…", by=By(None, CORRECTED))
    while sweep(GRACE_OVER):
        pass
    officer = UserFactory(role="hr", center=center)
    return Register(officer, cycle, [*cases, *copied(cases, count - REALLY_DECIDED)], outside)


def copied(cases: list[Attestation], count: int) -> list[Attestation]:
    """The final ones among the cases again, with all their decisions rest on, of other people."""
    final = Decision.objects.current().filter(attestation__in=cases, state=Decision.State.FINAL)
    models = list(
        final.select_related("attestation__employee", "attestation__cycle", "result").order_by("pk")
    )
    scores = Assessment.objects.in_bulk([one.assessment_id for one in models if one.assessment_id])
    decisions = [deepcopy(models[number % len(models)]) for number in range(count)]
    assessed = [(each, copy(scores[each.assessment_id])) for each in decisions if each.assessment_id]
    for number, decision in enumerate(decisions):
        case, person = decision.attestation, decision.attestation.employee
        person.pk, person.iin = None, EmployeeFactory.build(center=None).iin
        case.pk, case.case_no, case.employee = None, f"C-{number:05}", person
        decision.result.pk, decision.result.attestation = None, case
        decision.pk, decision.supersedes = None, None
        decision.attestation, decision.result = case, decision.result
    for decision, score in assessed:
        score.pk, score.attestation, score.result = None, decision.attestation, decision.result
    insert([decision.attestation.employee for decision in decisions])
    insert([decision.attestation for decision in decisions])
    insert([decision.result for decision in decisions])
    insert([score for _decision, score in assessed])
    for decision, score in assessed:
        decision.assessment_id = score.pk
    insert(decisions)
    return [decision.attestation for decision in decisions]


def insert(rows: list[Any]) -> None:
    """Put copies on record as new rows."""
    for row in rows:
        row._state.adding = True
    type(rows[0]).objects.bulk_create(rows, batch_size=500)


def known(decision: Decision) -> list[Any]:
    """A row of the export that says what we say."""
    case, result = decision.attestation, decision.result
    percent = Decimal(100 * result.correct_answers) / result.questions_total
    points = percent if case.purpose == "position" else percent * Decimal("0.8") + 20
    cut = points.quantize(Decimal("0.0001"), ROUND_DOWN)
    return [
        case.employee.iin,
        case.purpose,
        decision.outcome,
        f"{cut:f}",
        decision.category or None,
        decision.dated.isoformat() if decision.dated else None,
        case.cycle.code,
    ]


def another_outcome(row: list[Any]) -> tuple[str, ...]:
    row[2] = OTHER_OUTCOME[row[2]]
    return ("decision",)


def points_by_a_hair(row: list[Any]) -> tuple[str, ...]:
    row[3] = str(Decimal(row[3]) - Decimal("0.0001"))
    return ("points",)


def another_category(row: list[Any]) -> tuple[str, ...]:
    row[4] = "mentor"
    return ("category",)


def a_day_later(row: list[Any]) -> tuple[str, ...]:
    row[5] = (date.fromisoformat(row[5]) + timedelta(days=1)).strftime("%d.%m.%Y")
    return ("decided_on",)


def two_at_once(row: list[Any]) -> tuple[str, ...]:
    another_outcome(row)
    a_day_later(row)
    return ("decision", "decided_on")


def blanks(row: list[Any]) -> tuple[str, ...]:
    row[3:6] = [None, "–", None]
    return ()


def another_language(row: list[Any]) -> tuple[str, ...]:
    row[2] = KAZAKH[row[2]]
    return ()


def trailing_zeros(row: list[Any]) -> tuple[str, ...]:
    row[3] = row[3].replace(".", ",") + "00"
    return ()


def as_it_is(row: list[Any]) -> tuple[str, ...]:
    return ()


CHANGES: tuple[Callable[[list[Any]], tuple[str, ...]], ...] = (
    *(another_outcome, points_by_a_hair, another_category, a_day_later, two_at_once),
    *(blanks, another_language, trailing_zeros, as_it_is),
)
# Of every twenty decisions the first nine are changed as above, five as below; six stay as they are.
MISSING_THERE, OTHER_CYCLE, OTHER_PURPOSE, ENDED, TWICE = range(len(CHANGES), len(CHANGES) + 5)


def make_export(register: Register) -> Export:
    """The Platform's file on the register, each kind of difference once in twenty decisions."""
    export = Export()
    decisions = Decision.objects.current().filter(attestation__in=register.cases)
    current = {decision.attestation_id: decision for decision in decisions.select_related("result")}
    final = [case for case in register.cases if case.pk in current and current[case.pk].dated]
    for place, case in enumerate(final):
        decision = current[case.pk]
        decision.attestation = case
        _add(export, decision, place % 20)
    for case in register.cases:
        if case.pk not in current:
            _add_held(export, case)
        elif current[case.pk].dated is None:
            _add_superseded(export, case)
    for iin in (register.outside.employee.iin, NOBODY):
        export.rows.append([iin, "position", "conforms", None, None, None, None])
        export.only_there[iin] += 1
    export.rows.append(["900315300011", "position", "conforms", None, None, None, None])
    export.errors[len(export.rows) + 1, "check_digit"] += 1
    return export


def _add(export: Export, decision: Decision, place: int) -> None:
    case, row = decision.attestation, known(decision)
    iin = case.employee.iin
    if place == MISSING_THERE:
        export.only_here[iin] += 1
        return
    if place in (OTHER_CYCLE, OTHER_PURPOSE):
        row[6 if place == OTHER_CYCLE else 1] = "P-25" if place == OTHER_CYCLE else "initial"
        export.only_here[iin] += 1
        export.only_there[iin] += 1
    elif place == ENDED:
        document = Document("court", "1", decision.dated or date.max, "…")
        annul_decision(case, document, by=By(UserFactory(), ANNULLED))
        export.only_there[iin] += 1
    elif place == TWICE:
        export.rows.append(list(row))
        for number in (len(export.rows) + 1, len(export.rows) + 2):
            export.errors[number, "doubled"] += 1
    else:
        fields = CHANGES[place](row) if place < len(CHANGES) else ()
        if fields:
            export.differs[iin, fields, "final"] += 1
        else:
            export.same += 1
    export.rows.append(row)


def _add_held(export: Export, case: Attestation) -> None:
    """The Platform has decided where we wait for a ruling."""
    iin = case.employee.iin
    export.rows.append([iin, "category", "declared", "95", "consultant", "2026-02-10", None])
    export.differs[iin, ("decision",), "held"] += 1


def _add_superseded(export: Export, case: Attestation) -> None:
    """The Platform knows the decision before the result was corrected; ours is provisional since."""
    before = Decision.objects.filter(attestation=case, superseded_at__isnull=False).latest("pk")
    before.attestation = case
    row = known(before)
    row[5] = "2026-02-10"
    export.rows.append(row)
    after = Decision.objects.current().get(attestation=case)
    outcome = ("decision",) if after.outcome != before.outcome else ()
    export.differs[case.employee.iin, (*outcome, "points", "decided_on"), "provisional"] += 1
