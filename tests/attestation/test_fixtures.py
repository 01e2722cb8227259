"""The demo's spreadsheets: valid numbers, nobody's names, and made again byte for byte. No database."""

import csv
import json
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from attestation.identifiers import check_bin, check_iin
from attestation.law import decision
from attestation.law.parameters import parameters_on
from attestation.law.reasons import exact_text
from attestation.law.settings import Settings
from attestation.law.vocabulary import Category, Position, Purpose
from scoring.criteria import RatingFacts, assess
from scripts import make_fixtures
from tests.walk import cases, demo_walk

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
MANAGERS_AND_CENTER = {"директор", "заместитель директора", "специалист центра трудовой мобильности"}
CAREER = {"специалист карьерного центра", "ассистент карьерного центра"}


def table(name: str, header_row: int = 1) -> list[dict[str, Any]]:
    book = openpyxl.load_workbook(FIXTURES / name)
    header, *rows = list(book.worksheets[0].iter_rows(min_row=header_row, values_only=True))
    return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def centers() -> dict[str, dict[str, Any]]:
    return {row["БИН*"]: row for row in table("centers.xlsx")}


@pytest.fixture(scope="module")
def staff() -> list[dict[str, Any]]:
    return table("staff.xlsx", header_row=3)


def test_every_file_is_made_again_byte_for_byte(tmp_path: Path) -> None:
    make_fixtures.write(tmp_path)
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert len(made) > 20
    for path, content in made.items():
        assert (FIXTURES / path).read_bytes() == content, f"{path} differs: run scripts/make_fixtures.py"


def test_the_register_has_twenty_regions() -> None:
    with (FIXTURES / "regions.csv").open(encoding="utf-8") as source:
        regions = list(csv.DictReader(source))
    assert len(regions) == len({row["code"] for row in regions}) == 20
    assert sum(row["name_kk"].endswith(" облысы") for row in regions) == 17


def test_each_region_has_one_labour_mobility_center_and_its_career_centers(
    centers: dict[str, dict[str, Any]],
) -> None:
    parents = {bin_: row for bin_, row in centers.items() if row["БИН вышестоящего"] is None}
    assert len(parents) == len({row["Регион*"] for row in parents.values()}) == 20
    assert {row["Вид*"] for row in parents.values()} == {"центр трудовой мобильности"}
    for number, row in centers.items():
        check_bin(number)
        if number not in parents:
            assert row["Регион*"] == parents[row["БИН вышестоящего"]]["Регион*"]
    names = [(row["Регион*"], row["Наименование (каз)*"]) for row in centers.values()]
    assert len(set(names)) == len(names)


def test_staff_have_valid_iins_and_positions_of_their_center(
    centers: dict[str, dict[str, Any]], staff: list[dict[str, Any]]
) -> None:
    assert len(staff) >= 1500
    assert len({row["ИИН*"] for row in staff}) == len(staff)
    for row in staff:
        check_iin(row["ИИН*"])
        kind = centers[row["БИН центра*"]]["Вид*"]
        if row["Должность*"] in MANAGERS_AND_CENTER:
            assert kind == "центр трудовой мобильности"
        if row["Должность*"] in CAREER:
            assert kind == "карьерный центр"
    assert {row["БИН центра*"] for row in staff} == set(centers)


def test_the_patronymic_agrees_with_the_sex_digit(staff: list[dict[str, Any]]) -> None:
    for row in staff:
        patronymic = row["Отчество"] or ""
        if patronymic:
            assert patronymic.endswith(("ұлы", "ич")) == (int(row["ИИН*"][6]) % 2 == 1), row


def test_only_career_specialists_hold_categories_and_from_a_day_in_service(
    staff: list[dict[str, Any]],
) -> None:
    held = [row for row in staff if row["Категория"]]
    assert len(held) > 200
    for row in held:
        assert row["Должность*"] == "специалист карьерного центра"
        assert row["Дата приёма*"] < row["Дата присвоения категории"] <= datetime(2026, 7, 1)


def test_no_letter_can_reach_anybody(staff: list[dict[str, Any]]) -> None:
    addresses = [row["Электронная почта"] for row in staff if row["Электронная почта"]]
    assert len(set(addresses)) == len(addresses) < len(staff)
    assert all(address.isascii() and address.endswith(".example") for address in addresses)


def walk_expectations() -> dict[tuple[str, str], dict[str, Any]]:
    checkpoints = json.loads((FIXTURES / "walk" / "expected.json").read_text(encoding="utf-8"))["checkpoints"]
    codes = dict(zip(("akm1", "akm2", "tur", "pav1", "pav2", "pav3"), cases.STAGE_ENDS, strict=True))
    return {
        (codes[checkpoint["report"]], key): {**checkpoint["defaults"], **expected}
        for checkpoint in checkpoints
        if checkpoint["report"] in codes
        for key, expected in checkpoint["expect"].items()
    }


def test_the_walk_expects_something_of_everybody_on_its_lists() -> None:
    assert set(walk_expectations()) == {(entry.cycle, entry.key) for entry in cases.ENTRIES}


# Existing categories that are not those of the staff file: changed by the cycle before, or over.
EXISTING_NOW = {
    (cases.A2, "fails-mentor"): "consultant",
    (cases.A1, "term-over"): "",
    (cases.P3, "between-stage-and-decision"): "consultant",
}
POSITION_NOW = {(cases.P2, "becomes-head"): "unit_head"}
# What they came to is not what was typed in: corrected, voided or annulled since.
CHANGED_SINCE = {"typed-60", "wrong-violation", "ground-annulled", "ground-annulled-stands"}
RULED = {"rating-gap": 10, "no-ratings": 0}


def plain_cases() -> list[cases.Entry]:
    changed = {item.key for item in cases.APPEALS if item.ruling == "uphold"} | CHANGED_SINCE
    first = (cases.A1, cases.P1)
    return [
        entry
        for entry in cases.ENTRIES
        if entry.correct is not None and not (entry.cycle in first and entry.key in changed)
    ]


@pytest.mark.parametrize("entry", plain_cases(), ids=lambda entry: f"{entry.cycle} {entry.key}")
def test_the_hand_made_expectations_agree_with_the_rules(entry: cases.Entry) -> None:
    """Both come from docs/readings.md, by two ways: an error in one of them shows here before any walk."""
    expected = walk_expectations()[entry.cycle, entry.key]
    people = (*cases.PEOPLE, *cases.LIVES)
    somebody = next(one for one in people if one.key == entry.key)
    existing = EXISTING_NOW.get((entry.cycle, entry.key), somebody.category) or "none"
    purpose = Purpose(entry.purpose)
    of_category = purpose is Purpose.CATEGORY
    facts = decision.TestFacts(
        position=Position(POSITION_NOW.get((entry.cycle, entry.key), somebody.position)),
        purpose=purpose,
        repeat=expected["repeat"],
        existing=Category(existing) if of_category else None,
        declared=Category(entry.declared) if of_category else None,
        correct=entry.correct or 0,
        total=entry.total,
    )
    day, settings = date(2026, 3, 1), Settings()
    params = parameters_on(day)
    points = None
    if decision.assessment_due(facts, params, settings):
        ratings = None
        if entry.ratings:
            ratings = RatingFacts(Fraction(sum(entry.ratings), len(entry.ratings)), len(entry.ratings))
        violations, ruled = len(entry.violations), RULED.get(entry.key)
        points = assess(facts.correct, facts.total, ratings, violations, ruled, True, params, settings)
    verdict = decision.decide(facts, points, day, params, settings)
    assert verdict.outcome.value == expected["decision"]
    assert sorted(verdict.consequences) == sorted(expected["consequences"])
    assert (verdict.category and verdict.category.value) == expected["category"]
    assert (points is None) == (expected["points"] is None)
    if points is not None and points.total is not None:
        assert exact_text(points.total) == expected["points"]["total"]
    assert set(expected["cites"]) <= set(verdict.cites)


def test_the_walk_names_each_field_that_differs() -> None:
    expected = {"decision": "lower", "consequences": ["reattest"], "cites": ["¶27.2"], "why": "E13"}
    same = {"decision": "lower", "consequences": ["reattest"], "cites": ["¶17.2", "¶27.2"]}
    assert demo_walk.differences("E13", expected, same) == []
    other = {"decision": "existing", "consequences": [], "cites": ["¶17.2"]}
    found = demo_walk.differences("E13", expected, other)
    assert [line.split()[1] for line in found] == ["decision", "consequences", "cites"]
