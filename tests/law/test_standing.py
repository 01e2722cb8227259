"""I-23, I-25, I-31, I-36: how consequences stand by what the person is on the day."""

from __future__ import annotations

from typing import Any

import pytest

from attestation.law.standing import PersonNow, Stand, category_stands, duty_stands
from attestation.law.vocabulary import Category, Consequence, Position, Purpose
from tests.law.cases import cases
from tests.law.observed import Observed


def person_of(case: dict[str, Any]) -> PersonNow:
    given = case["person"]
    return PersonNow(
        Position(given["position"]), given.get("left", False), Category(given.get("category", "none"))
    )


def stand_of(case: dict[str, Any], kind: str) -> Stand:
    if kind == "category":
        return category_stands(person_of(case), changes_periods=case.get("changes terms", True))
    of = case["case of"]
    return duty_stands(
        Consequence(kind),
        Position(of["position"]),
        Purpose(of["purpose"]),
        person_of(case),
        owed=case.get("owed", False),
    )


@pytest.mark.parametrize("case", cases("standing"))
def test_consequences_stand_as_written(case: dict[str, Any]) -> None:
    cites: set[str] = set()
    for kind, expected in case["then"].items():
        stand = stand_of(case, kind)
        assert ": ".join(part for part in (stand.state, stand.why) if part) == expected
        cites |= set(stand.readings)
    assert sorted(cites) == case["cites"]


@pytest.mark.point("I-36")
def test_a_category_waits_for_the_position(cited: Observed) -> None:
    head = PersonNow(Position.UNIT_HEAD, False, Category.NONE)
    assert cited(category_stands(head, changes_periods=True)).state == "waiting"


@pytest.mark.point("I-23", "I-25", "I-31")
def test_a_duty_cites_what_it_fell_by(cited: Observed) -> None:
    specialist = PersonNow(Position.CAREER_SPECIALIST, False, Category.MENTOR)
    initial = (Consequence.REATTEST, Position.CAREER_SPECIALIST, Purpose.INITIAL)
    assert cited(duty_stands(*initial, specialist, owed=False)).why == "category"
    assert cited(duty_stands(*initial, specialist._replace(left=True), owed=False)).state == "moot"
