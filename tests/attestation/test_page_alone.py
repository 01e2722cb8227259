"""The text of a case's page is enough to recompute its decision, in Kazakh and in Russian."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from attestation.by import By
from attestation.cases.results import publish_results
from attestation.cases.testing_stage import end_testing_stages
from attestation.deadlines.calendar import confirm_calendar
from attestation.law.vocabulary import Consequence
from attestation.models import Attestation, CategoryTerm, Decision, Role, RuleSet, Status
from office import navigation
from scoring.services.voiding import void_record
from tests.attestation.admin_cast import at
from tests.attestation.page_reader import Reader
from tests.factories import (
    AttestationFactory,
    CycleFactory,
    EmployeeFactory,
    ResultFactory,
    UserFactory,
    moment,
)
from tests.siblings_cast import (
    STAGE_OVER,
    current_decision,
    examined,
    fresh,
    published,
    rate,
    read,
    sweep,
    violate,
)

__all__ = ["at"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_sidebar(monkeypatch: pytest.MonkeyPatch) -> None:
    """The case's own text must do: nothing is read from beside it, and counting there costs a fifth."""
    monkeypatch.setattr(navigation, "navigation", lambda _request: [])


LANGUAGES = ("kk", "ru")
READ_ON = moment("2026-02-07 10:00")
LATE = moment("2026-02-13 10:00")
ALL_OVER = moment("2026-02-20 10:00")


@dataclass(frozen=True)
class Given:
    """What one case is made of."""

    correct: int
    total: int = 100
    scores: tuple[str, ...] = ("5", "5", "4", "4", "5")
    violations: int = 0
    existing: str = "none"
    declared: str = "consultant"
    read_at: datetime = READ_ON
    repeat: bool = False


@pytest.fixture(autouse=True)
def confirmed(db: None, at: Callable[[datetime], None]) -> None:
    confirm_calendar(2026, by=By(None, moment("2026-01-05 09:00")))
    at(ALL_OVER)


def applied(given: Given) -> Attestation:
    """An application for a category, decided and final."""
    values = {"declared": given.declared, "repeat": given.repeat}
    case = examined(given.correct, given.total, existing=given.existing, **values)
    rate(case, *given.scores)
    for n in range(given.violations):
        violate(case, date(2025, 12, 1 + n))
    read(case, at=given.read_at)
    return settled(case, given.read_at)


def confirming(position: str, correct: int, total: int = 100, *, repeat: bool = False) -> Attestation:
    """Conformity with the position held, decided and final."""
    person = EmployeeFactory(position=position)
    if position == "center_specialist":
        person = EmployeeFactory(position=position, center=person.center.parent)
    case = published(correct, total, employee=person, purpose="position", repeat=repeat)
    end_testing_stages(now=STAGE_OVER)
    return settled(case, READ_ON)


def settled(case: Attestation, now: datetime) -> Attestation:
    sweep(now)
    sweep(ALL_OVER)
    assert fresh(case).status == Status.FINAL
    return fresh(case)


def page_of(case: Attestation, language: str) -> str:
    client = Client()
    client.force_login(UserFactory(role=Role.ADMINISTRATOR, language=language))
    address = reverse("admin:attestation_attestation_change", args=(case.pk,))
    source = str(client.get(address, headers={"accept-language": language}).content.decode())
    assert not re.search(r"¶|App\. 1-2|\bI-\d\d\b", source)
    return source


def bound_of(decision: Decision) -> int:
    """The last bound that the points were held against."""
    codes = ("test_threshold", "conformity", "declared_bound", "existing_bound")
    return int([step["bound"] for step in decision.verdict["steps"] if step["code"] in codes][-1])


def check(case: Attestation, outcome: str, languages: Sequence[str] = LANGUAGES) -> None:
    """What the reader of the page finds, in each language, is what is on record."""
    for language in languages:
        check_in(language, case, outcome)


def check_in(language: str, case: Attestation, outcome: str) -> None:
    found = Reader(page_of(case, language), language).recomputed()
    decision = current_decision(case)
    with translation.override(language):
        category = decision.get_category_display()
    points = decision.verdict["points"]
    exact = (
        Fraction(points["total"])
        if points
        else Fraction(100 * decision.result.correct_answers, decision.result.questions_total)
    )
    period = CategoryTerm.objects.filter(
        employee=case.employee, category=decision.category, suspended_at=None
    ).last()
    assert found.outcome == decision.outcome == outcome
    assert (found.bound, found.points, found.day) == (bound_of(decision), exact, decision.dated)
    assert (found.category, found.until) == (category, period.ends_on if period else None)
    assert found.dismissal == case.consequences.filter(kind=Consequence.DISMISSAL).exists()


POSITIONS = ("assistant", "center_specialist", "unit_head", "deputy_director", "director")
CONFORMS = [(70, 100), (57, 80), (85, 100), (69, 80), (99, 100)]
FAILS = [(69, 100), (55, 80), (84, 100), (67, 80), (3, 90)]
UP = {"existing": "consultant", "declared": "case_manager"}
CATEGORY = {
    "declared": [
        Given(65, 80),
        Given(82),
        Given(99, scores=("5", "4.8"), **UP, read_at=LATE),
        Given(95, violations=0, existing="case_manager", declared="mentor"),
        Given(71, 75, scores=("4.1", "4.2", "4"), existing="mentor", declared="mentor", violations=0),
    ],
    "existing": [
        Given(85, violations=1, **UP),
        Given(75, scores=("3.9", "3.8"), **UP, read_at=LATE),
        Given(80, scores=("3",), existing="case_manager", declared="case_manager"),
        Given(92, scores=("2", "4", "5", "1"), violations=0, existing="mentor", declared="mentor"),
        Given(63, 70, scores=("5",), violations=3),
    ],
    "lower": [
        Given(70, scores=("4", "3.8"), **UP),
        Given(74, violations=2, **UP, read_at=LATE),
        Given(70, scores=("3.2",), violations=2),
        Given(72, scores=("1", "2"), existing="mentor", declared="mentor"),
        Given(59, 80, scores=("3.5", "3"), violations=1, existing="case_manager", declared="mentor"),
    ],
    "failed": [
        Given(69, existing="case_manager", declared="mentor"),
        Given(60),
        Given(55, 80, **UP),
        Given(0, existing="mentor", declared="mentor"),
        Given(48, 70, existing="case_manager", declared="case_manager"),
    ],
}
CATEGORY["failed again"] = [Given(**{**vars(given), "repeat": True}) for given in CATEGORY["failed"]]


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize(
    ("numbers", "outcome", "repeat"),
    [(CONFORMS, "conforms", False), (FAILS, "does_not_conform", False), (FAILS, "does_not_conform", True)],
)
def test_30_conformity_with_the_position(
    numbers: list[tuple[int, int]], outcome: str, repeat: bool, place: int
) -> None:
    case = confirming(POSITIONS[place], *numbers[place], repeat=repeat)
    assert case.consequences.filter(kind=Consequence.DISMISSAL).exists() == repeat
    check(case, outcome)


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("kind", list(CATEGORY))
def test_30_2_application_for_a_category(kind: str, place: int) -> None:
    case = applied(CATEGORY[kind][place])
    check(case, "lower" if kind.startswith("failed") else kind)


def test_i_15_category_kept_to_its_own_end() -> None:
    RuleSet.objects.update(kept_term="own_end")
    check(applied(CATEGORY["existing"][0]), "existing")


def test_the_reader_sees_another_number_on_the_page() -> None:
    """What is printed as the answer is not read: another score or bound gives another answer."""
    case = applied(CATEGORY["declared"][0])
    source = page_of(case, "ru")
    assert Reader(source, "ru").recomputed().outcome == "declared"
    assert Reader(source.replace("85", "86"), "ru").recomputed().outcome == "existing"
    assert Reader(source.replace("65 из 80", "64 из 80"), "ru").recomputed().outcome == "existing"
    assert Reader(source.replace(">4</td>", ">1</td>"), "ru").recomputed().outcome == "existing"


def test_i_34_a_voided_record_is_shown_and_not_counted() -> None:
    case = examined(75, **UP)
    rate(case, "5", "5", "4")
    wrong, fault = rate(case, "1")[0], violate(case)
    boss = UserFactory(role=Role.ADMINISTRATOR)
    for kind, record in (("rating", wrong), ("violation", fault)):
        ground = {"reason": "of another person", "document": "№ 9"}
        void_record(kind, record.external_id, **ground, by=By(boss, READ_ON))
    read(case, at=READ_ON)
    case = settled(case, READ_ON)
    for language in LANGUAGES:
        reader = Reader(page_of(case, language), language)
        assert {wrong.external_id, fault.external_id} <= set(reader.lines)
        assert reader.records() == ([5, 5, 4], 0)
    check(case, "existing")


def test_i_25_the_page_names_the_case_that_is_repeated_and_how_it_ended() -> None:
    """The first failure, with its day and the last day of the duty, stands on the page of the second."""
    first = confirming("assistant", 60)
    cycle = CycleFactory(center=first.cycle.center, testing_ends=date(2026, 6, 5))
    duty = first.consequences.get(kind=Consequence.REATTEST)
    second = AttestationFactory(
        employee=first.employee, cycle=cycle, purpose="position", repeat=True, repeats=duty, status="tested"
    )
    ResultFactory(attestation=second, correct_answers=69, published_at=None)
    publish_results(cycle, by=By(None, moment("2026-06-04 17:40")))
    for at_last in ("2026-06-06 00:05", "2026-06-20 10:00"):
        sweep(moment(at_last))
    reader = Reader(page_of(fresh(second), "ru"), "ru")
    said = next(line for line in reader.lines if f"№ {first.case_no}" in line)
    assert all(text in said for text in ("10.02.2026", "10.02.2027", "не соответствует"))
    assert any("Толкование" in line for line in reader.lines)
    assert any("аттестуется по этой должности" in line for line in reader.lines)
    check(fresh(second), "does_not_conform", ["ru"])


def test_i_06_the_page_says_why_the_window_begins_there() -> None:
    """Twelve months before; or the day after the window of the previous assessment, whose case is named."""
    first = applied(CATEGORY["existing"][4])
    assert any("12 месяцев назад" in line for line in Reader(page_of(first, "ru"), "ru").lines)
    cycle = CycleFactory(center=first.cycle.center, testing_ends=date(2026, 6, 5))
    second = AttestationFactory(employee=first.employee, cycle=cycle, status="tested")
    ResultFactory(attestation=second, correct_answers=90, published_at=None)
    publish_results(cycle, by=By(None, moment("2026-06-04 17:40")))
    rate(second, "5", on=date(2026, 5, 5))
    sweep(moment("2026-06-06 00:05"))
    read(second, through=date(2026, 6, 5), at=moment("2026-06-06 10:00"))
    sweep(moment("2026-06-06 10:00"))
    told = [line for line in Reader(page_of(fresh(second), "ru"), "ru").lines if "06.02.2026" in line]
    assert any(first.case_no in line and "короче 12" in line for line in told)
