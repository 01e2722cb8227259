"""¶27: what follows below the threshold at a first attempt."""

from __future__ import annotations

from datetime import date

import pytest

from attestation.law.calendar import add_months, reattestation_due
from attestation.law.vocabulary import LADDER, Category, Consequence, Outcome, one_below
from tests.law.build import PARAMS, category_decision, codes, decision, facts
from tests.law.cases import cases
from tests.law.observed import Observed

LEAP_YEARS = range(2028, 2053, 4)


@pytest.mark.point("¶27.1", "I-29")
@pytest.mark.parametrize("existing", LADDER[1:])
def test_category_goes_one_level_below_the_existing_one(existing: Category, cited: Observed) -> None:
    verdict = cited(category_decision(existing, "mentor", 69))
    assert (verdict.outcome, verdict.category) == (Outcome.LOWER, one_below(existing))
    assert Consequence.LOWER_CATEGORY in verdict.consequences
    assert "¶27.1" in verdict.cites


@pytest.mark.point("¶27.1")
def test_no_category_is_excepted(cited: Observed) -> None:
    verdict = cited(category_decision("none", "consultant", 69))
    assert verdict.category is Category.NONE
    assert not {Consequence.LOWER_CATEGORY, Consequence.KEEP_CATEGORY} & set(verdict.consequences)
    assert "¶27.1" in verdict.cites
    assert "¶7" not in verdict.cites
    assert "category_stays_none" in codes(verdict)


@pytest.mark.point("¶27.2", "I-11")
@pytest.mark.parametrize(("position", "purpose"), [("director", "position"), ("assistant", "initial")])
def test_reattestation_is_owed_within_twelve_months(position: str, purpose: str, cited: Observed) -> None:
    verdict = cited(decision(facts(position, purpose, 0), on=date(2026, 3, 31)))
    assert verdict.consequences == (Consequence.REATTEST,)
    assert verdict.reattest_by == date(2027, 3, 31)
    assert verdict.cites[-1] == "¶27.2"


@pytest.mark.point("¶27.2")
def test_passed_test_owes_no_reattestation_however_low_the_total(cited: Observed) -> None:
    assert category_decision("consultant", "mentor", 70).reattest_by is None
    assert cited(category_decision("consultant", "mentor", 69)).reattest_by is not None


@pytest.mark.point("¶27.3")
@pytest.mark.parametrize(("correct", "admitted"), [(69, False), (70, True)])
def test_failed_test_is_not_admitted_to_assessment(correct: int, admitted: bool, cited: Observed) -> None:
    verdict = category_decision("consultant", "mentor", correct)
    assert (verdict.points is not None) is admitted
    assert (Consequence.NOT_ADMITTED_TO_ASSESSMENT not in verdict.consequences) is admitted
    assert ("¶27.3" not in verdict.cites) is admitted
    cited(category_decision("consultant", "mentor", 69))


@pytest.mark.parametrize("case", [case for case in cases("deadlines") if case.id == "D5"])
@pytest.mark.point("¶27.2", "I-11")
def test_worked_example(case: dict[str, object], cited: Observed) -> None:
    due = cited(reattestation_due(case["final decision with ¶27.2"], PARAMS))  # type: ignore[arg-type]  # a date
    assert due.due_at.replace(tzinfo=None) == case["re-attestation until"]
    assert (list(due.days), list(due.cites)) == (case["counted"], case["cites"])


@pytest.mark.point("I-11")
def test_29_february_ends_on_the_28th_in_every_leap_year_to_2052(cited: Observed) -> None:
    for year in LEAP_YEARS:
        assert cited(reattestation_due(date(year, 2, 29), PARAMS)).due_on == date(year + 1, 2, 28)
        # And the 28th of the year before stays the 28th, though the next February has a 29th.
        assert reattestation_due(date(year - 1, 2, 28), PARAMS).due_on == date(year, 2, 28)
        assert reattestation_due(date(year, 2, 28), PARAMS).due_on == date(year + 1, 2, 28)


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2028, 2, 29), -12, date(2027, 2, 28)),
        (date(2026, 1, 1), -1, date(2025, 12, 1)),
        (date(2026, 8, 31), 0, date(2026, 8, 31)),
    ],
)
def test_months_keep_the_day_or_take_the_last_of_a_shorter_month(day: date, months: int, then: date) -> None:
    assert add_months(day, months) == then
