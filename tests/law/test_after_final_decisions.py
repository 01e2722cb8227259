"""I-32, I-33, I-34, I-37, I-42: what happens around a final decision, by cases that a lawyer can read."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import pytest

from attestation.law.calendar import Due, former_category_due, result_dues, voided_due
from attestation.law.grounds import EarlierCase, Fallen, GroundFacts, changed_grounds, grounds_at_stake
from attestation.law.hearing import hearers
from attestation.law.refusals import RuleRefusal
from attestation.law.settings import Settings
from attestation.law.vocabulary import Category, Purpose
from tests.law.build import DEFAULTS, PARAMS
from tests.law.cases import cases
from tests.law.observed import Observed, cites_of
from tests.law.test_point_21_appeal_term import KAZAKHSTAN, published

FIRST_DAY = date(2025, 9, 29)


class Account(NamedTuple):
    name: str
    employee_id: int | None = None


def at_stake(case: dict[str, Any]) -> Fallen:
    earlier, later = case["earlier"], case["later"]
    return grounds_at_stake(
        Purpose(later["purpose"]),
        later["testing ended"],
        EarlierCase(
            Purpose(earlier["purpose"]),
            earlier["testing ended"],
            earlier["decided on"],
            earlier["category"],
            earlier["assessed"],
        ),
        PARAMS,
        Settings.from_mapping(case.get("settings", {})),
        repeats_it=later.get("repeats it", False),
    )


def fell(case: dict[str, Any]) -> Fallen:
    was, now = (GroundFacts(case[at]["repeat"], Category(case[at]["existing"])) for at in ("was", "now"))
    moved = case.get("window moved", False)
    return changed_grounds(Purpose(case["later"]["purpose"]), was, now, window_moved=moved)


@pytest.mark.parametrize("case", cases("grounds"))
@pytest.mark.point("I-32")
def test_grounds_fall_as_written(case: dict[str, Any], cited: Observed) -> None:
    answers = {"at stake": at_stake, "fell": fell}
    for what, expected in case["then"].items():
        answer = cited(answers[what](case))
        assert (list(answer.codes), sorted(cites_of(answer))) == (expected, case["cites"])


def test_i_32_nothing_is_at_stake_before_a_decision_is_final() -> None:
    earlier = EarlierCase(Purpose.CATEGORY, date(2026, 2, 6), None, moved_category=True, assessed=True)
    later = date(2026, 9, 15)
    assert grounds_at_stake(Purpose.CATEGORY, later, earlier, PARAMS, DEFAULTS, repeats_it=False).codes == ()


def corrected(case: dict[str, Any]) -> list[Due]:
    confirmed = published(str(case["confirmed"]))
    if case["corrected"] == "record":
        return [voided_due(confirmed, KAZAKHSTAN, DEFAULTS)]
    return list(result_dues(confirmed, KAZAKHSTAN, PARAMS, DEFAULTS, corrected=True))


@pytest.mark.parametrize("case", cases("corrections"))
def test_terms_run_after_a_correction_as_written(case: dict[str, Any]) -> None:
    dues = corrected(case)
    assert {due.kind: due.due_on for due in dues} == case["then"]
    assert sorted(cites_of(dues)) == case["cites"]


@pytest.mark.point("I-33")
def test_only_a_correction_cites_i_33(cited: Observed) -> None:
    at = published("2026-02-05T17:40")
    first = result_dues(at, KAZAKHSTAN, PARAMS, DEFAULTS, corrected=False)
    again = cited(result_dues(at, KAZAKHSTAN, PARAMS, DEFAULTS, corrected=True))
    assert [due.due_on for due in first] == [due.due_on for due in again]
    assert cites_of(again) - cites_of(first) == {"I-33"}


@pytest.mark.point("I-34", "I-24")
def test_a_voided_record_waits_for_as_many_days_as_the_grace_has(cited: Observed) -> None:
    at = published("2026-02-05T17:40")
    for days, due_on in ((0, date(2026, 2, 5)), (2, date(2026, 2, 9))):
        assert cited(voided_due(at, KAZAKHSTAN, Settings(finalise_after=days))).due_on == due_on


@pytest.mark.parametrize("case", cases("hearing"))
@pytest.mark.point("I-37")
def test_who_hears_is_as_written(case: dict[str, Any], cited: Observed) -> None:
    officers = [Account(name, 7 if name == "attestee" else None) for name in case["officers"]]
    answer = cited(hearers(officers, [Account("administrator")], 7))
    assert [account.name for account in answer.accounts] == case["then"]
    assert sorted(cites_of(answer)) == case["cites"]


@pytest.mark.parametrize("case", cases("former_categories"))
@pytest.mark.point("I-42")
def test_former_categories_run_as_written(case: dict[str, Any], cited: Observed) -> None:
    answer: Due | RuleRefusal
    try:
        answer = cited(former_category_due(case["conferred on"], FIRST_DAY, PARAMS))
        said: dict[str, Any] = {"until": answer.due_on}
    except RuleRefusal as refusal:
        answer = cited(refusal)
        said = {"refused": refusal.code}
    assert said == case["then"]
    assert sorted(cites_of(answer)) == case["cites"]
