"""I-21: the settings of the rule set in force on the day the testing stage ended decide, to the day."""

from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from django.test import override_settings

from attestation.models import RuleSet
from tests.contract.desk import Desk, run
from tests.siblings_cast import made_once

LITERAL = {
    "managers_initial": "initial",
    "category_basis": "test",
    "rating_gap": "ten",
    "no_rating": "zero",
    "scoring_rolls": True,
    "finalise_after": 3,
}
OTHER = {"rating_gap": "zero", "no_rating": "ten", "low_total": "existing", "finalise_after": 0}
SPECIALIST = "career_specialist"


@override_settings(ALLOW_TIME_TRAVEL=True)
def gather(desk: Desk) -> Desk:
    desk.hire(
        head="director",
        unit="unit_head",
        best=SPECIALIST,
        near=SPECIALIST,
        gap=f"{SPECIALIST} consultant 2024-05-01",
        low=f"{SPECIALIST} consultant 2024-05-01",
        none=SPECIALIST,
    )
    return desk


team_made = made_once(gather, on="settled")


@pytest.fixture
def team(team_made: Desk, desk: Desk) -> Desk:
    return deepcopy(team_made)


def through(desk: Desk, code: str, starts: str, ends: str) -> dict[str, dict[str, Any]]:
    """A cycle to its end: published on the last day of the stage, everything read the day after."""
    wanted = {"head": "initial", "unit": "position", "best": "category consultant"}
    wanted |= {"near": "category consultant", "none": "category consultant"}
    wanted |= {"gap": "category case_manager", "low": "category case_manager"}
    desk.cycle(code, starts, ends, "2026-02-20T09:00", **wanted)
    marks = {"head": "70 100", "unit": "84 100", "best": "85 100", "near": "849 1000"}
    desk.results(code, f"{starts} 10:00", f"{ends}T10:00", **marks, gap="94 100", low="70 100", none="84 100")
    desk.publish(code, f"{ends}T12:00")
    ratings = {"best": 1, "near": 5, "gap": 4, "low": "3,9"}
    desk.read(ends, f"{ends}T23:00", ratings, {"best": "2026-01-20"})
    desk.sweep("2026-06-30T00:00")
    assert run("replay", "--json").data["differences"] == []
    return desk.report(code)


def test_the_literal_readings(team: Desk) -> None:
    """Stage through Friday 2026-03-13; appeals to the 17th, three days of grace to the 20th."""
    RuleSet.objects.create(title="Literal", effective_from=date(2026, 3, 13), **LITERAL)
    rows = through(team, "L", "2026-03-09", "2026-03-13")
    assert {name: row["decision"] for name, row in rows.items()} == {
        "head": "conforms",  # I-01: 70 is enough at the initial attestation
        "unit": "does_not_conform",
        "best": "declared",  # I-02: 85 % by the test alone, whatever the total
        "near": "existing",  # 84.9 % is below 85 (I-03)
        "gap": "declared",
        "low": "existing",  # 70 %
        "none": "existing",
    }
    assert rows["best"]["points"] == {"test": "68", "rating": 0, "violations": 0, "total": "68"}
    assert rows["near"]["points"]["test"] == "67.92"
    assert (rows["gap"]["points"]["rating"], rows["none"]["points"]["rating"]) == (10, 0)
    # 2026-03-15 is a Sunday: the deadline of the assessment rolls to Monday (I-10).
    assert rows["best"]["scoring_due"] == "2026-03-16T23:59:59+05:00"
    assert (rows["unit"]["reattest_by"], rows["best"]["category_until"]) == ("2027-03-20", "2029-03-20")


def test_other_readings_of_the_gaps(team: Desk) -> None:
    RuleSet.objects.create(title="Other", effective_from=date(2026, 3, 1), **OTHER)
    rows = through(team, "O", "2026-03-09", "2026-03-13")
    assert (rows["head"]["decision"], rows["head"]["reattest_by"]) == ("does_not_conform", "2027-03-17")
    assert (rows["gap"]["points"]["rating"], rows["none"]["points"]["rating"]) == (0, 10)
    assert rows["gap"]["points"]["total"] == "85.2"
    assert rows["gap"]["category_until"] == "2029-03-17"
    # I-07: 66 points leave the existing category where the setting says so.
    low = rows["low"]
    assert (low["decision"], low["points"]["total"], low["category"]) == ("lower", "66", "consultant")
    assert (low["consequences"], low["category_until"]) == (["keep_category"], "2029-03-17")
    assert rows["none"]["scoring_due"] == "2026-03-15T23:59:59+05:00"


def test_a_rule_set_of_the_day_after_the_stage_changes_nothing(team: Desk) -> None:
    RuleSet.objects.create(title="Too late", effective_from=date(2026, 3, 14), **LITERAL)
    rows = through(team, "D", "2026-03-09", "2026-03-13")
    assert (rows["head"]["decision"], rows["head"]["reattest_by"]) == ("does_not_conform", "2027-03-18")
    assert (rows["gap"]["status"], rows["none"]["status"]) == ("held", "held")
