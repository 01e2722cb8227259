"""`report`: exactly the keys of the formats, values as in `simulate_decisions`."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from attestation.by import By
from attestation.cases.result_changes import correct_result
from attestation.cases.results import ResultFacts
from attestation.models import Consequence
from office.report import STATES
from tests.jobs.story import FINAL, READ, STAGE_OVER, Story, at

KEYS = [
    *("iin", "purpose", "repeat", "status", "decision", "final", "points", "category", "category_until"),
    *("consequences", "reattest_by", "appeal_due", "scoring_due", "cites"),
    *("ground", "consequence_states", "decided_on", "category_now", "why"),
]


def report(story: Story, *arguments: str) -> dict[str, dict[str, Any]]:
    out = io.StringIO()
    call_command("report", "--cycle", story.cycle.code, *arguments, "--json", stdout=out)
    data = json.loads(out.getvalue())
    assert list(data) == ["cycle", "attestations"]
    assert data["cycle"] == story.cycle.code
    iins = [row["iin"] for row in data["attestations"]]
    assert iins == sorted(iins)
    assert all(list(row) == KEYS for row in data["attestations"])
    return {row["iin"]: row for row in data["attestations"]}


def test_before_any_decision_there_is_none(story: Story) -> None:
    case = story.listed(story.employee())
    assert report(story)[case.employee.iin] == {
        "iin": case.employee.iin,
        "purpose": "position",
        "repeat": False,
        "status": "listed",
        "decision": None,
        "final": False,
        "points": None,
        "category": None,
        "category_until": None,
        "consequences": [],
        "reattest_by": None,
        "appeal_due": None,
        "scoring_due": None,
        "cites": [],
        "ground": "stands",
        "consequence_states": {},
        "decided_on": None,
        "category_now": "none",
        "why": [],
    }
    story.through((case, 60))
    published = report(story)[case.employee.iin]
    assert (published["status"], published["decision"]) == ("tested", None)
    assert published["appeal_due"] == "2026-02-09T23:59:59+05:00"


def test_a_provisional_decision_is_reported_with_what_it_would_bring(story: Story) -> None:
    fails, confers = story.employee(), story.employee("career_specialist")
    one, two = story.listed(fails), story.listed(confers, "category", "consultant")
    story.through((one, 69), (two, 81))
    story.read(ratings={confers: [5, 5]})
    story.swept(READ)
    rows = report(story)
    provisional = {"status": "provisional", "final": False, "category_until": None, "reattest_by": None}
    assert rows[fails.iin] | provisional == rows[fails.iin]
    assert rows[fails.iin]["consequences"] == ["reattest"]
    assert rows[fails.iin]["cites"] == ["¶17.4", "¶30.4", "¶27.2"]
    assert rows[confers.iin] | provisional == rows[confers.iin]
    assert rows[confers.iin]["points"] == {"test": "64.8", "rating": 10, "violations": 10, "total": "84.8"}
    assert (rows[confers.iin]["decision"], rows[confers.iin]["category"]) == ("existing", "none")
    assert rows[confers.iin]["scoring_due"] == "2026-02-08T23:59:59+05:00"


def test_a_final_decision_has_its_dates(story: Story) -> None:
    fails, confers = story.employee(), story.employee("career_specialist")
    one, two = story.listed(fails), story.listed(confers, "category", "consultant")
    story.through((one, 69), (two, 90))
    story.read(ratings={confers: [5, 5]})
    story.swept(READ, FINAL)
    rows = report(story)
    assert (rows[fails.iin]["final"], rows[fails.iin]["reattest_by"]) == (True, "2027-02-10")
    assert rows[fails.iin]["category"] is None
    assert rows[confers.iin]["category_until"] == "2029-02-10"
    assert rows[confers.iin]["consequences"] == ["confer_category"]
    assert rows[confers.iin]["cites"] == ["¶17.2", "¶28-1", "¶30.2", "¶7"]


def test_a_final_decision_tells_how_it_stands_and_why(story: Story) -> None:
    fails, confers = story.employee(), story.employee("career_specialist")
    one, two = story.listed(fails), story.listed(confers, "category", "consultant")
    story.through((one, 69), (two, 90))
    story.read(ratings={confers: [5, 5]})
    story.swept(READ)
    assert "final_on" not in report(story)[fails.iin]["why"]
    story.swept(FINAL)
    rows = report(story, "--on", "2026-02-10")
    assert {row["decided_on"] for row in rows.values()} == {"2026-02-10"}
    assert rows[fails.iin]["consequence_states"] == {"reattest": "open"}
    assert rows[confers.iin]["consequence_states"] == {"confer_category": "done"}
    assert rows[confers.iin]["category_now"] == "consultant"
    assert rows[confers.iin]["why"][0] == "test_threshold"
    assert rows[confers.iin]["why"][-1] == "final_on"
    for day, category in (("2026-02-09", "none"), ("2029-02-10", "consultant"), ("2029-02-11", "none")):
        assert report(story, "--on", day)[confers.iin]["category_now"] == category


def test_every_state_of_a_consequence_has_a_word_of_the_contract() -> None:
    assert set(STATES) == set(Consequence.State)
    assert set(STATES.values()) == {"open", "done", "suspended", "moot", "awaits_confirmation"}


def test_a_held_case_is_reported_as_held_with_the_points_it_has(story: Story) -> None:
    """E11, E15: what is held is null, and so is the total."""
    gap, unread = story.employee("career_specialist"), story.employee("career_specialist")
    one, two = story.listed(gap, "category", "consultant"), story.listed(unread, "category", "consultant")
    story.through((one, 90), (two, 89))
    story.swept(STAGE_OVER)
    held = report(story)[unread.iin]
    assert (held["status"], held["decision"], held["category"]) == ("held", "held", None)
    assert held["points"] == {"test": "71.2", "rating": None, "violations": None, "total": None}
    assert held["cites"] == ["¶17.2", "¶28-1", "App. 1-2 row 2", "App. 1-2 row 3"]
    story.read(ratings={gap: [4, 4], unread: [5]})
    story.swept(READ)
    held = report(story)[gap.iin]
    assert held["points"] == {"test": "72", "rating": None, "violations": 10, "total": None}
    assert held["cites"] == ["¶17.2", "¶28-1", "App. 1-2 row 2"]
    assert report(story)[unread.iin]["status"] == "provisional"


def test_a_corrected_result_has_the_new_appeal_term(story: Story) -> None:
    case = story.listed(story.employee())
    story.through((case, 60))
    found = ResultFacts(100, 61, None, "1", at("2026-02-02 11:00"))
    correct_result(case, found, reason="typed wrong", by=By(None, at("2026-02-06 09:00")))
    assert report(story)[case.employee.iin]["appeal_due"] == "2026-02-10T23:59:59+05:00"


def test_it_takes_few_queries_however_many_cases(story: Story, django_assert_max_num_queries: Any) -> None:
    cases = [story.listed(story.employee("career_specialist"), "category", "consultant") for _ in range(15)]
    story.through(*((case, 90) for case in cases))
    story.swept(STAGE_OVER)
    with django_assert_max_num_queries(15):
        assert {row["status"] for row in report(story).values()} == {"held"}


def test_without_json_it_is_a_table_for_people(story: Story) -> None:
    case = story.listed(story.employee())
    out = io.StringIO()
    call_command("report", "--cycle", story.cycle.code, stdout=out)
    heading, row = out.getvalue().splitlines()
    assert heading.split()[:3] == ["iin", "purpose", "repeat"]
    assert row.split()[:4] == [case.employee.iin, "position", "no", "listed"]


def test_an_unknown_cycle_is_named_and_nothing_is_reported(story: Story) -> None:
    out = io.StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("report", "--cycle", "NONE", "--json", stdout=out)
    assert refused.value.returncode == 1
    assert json.loads(out.getvalue()) == {
        "error": "There is no cycle with the code “NONE”. Check the code.",
        "code": "unknown_cycle",
    }
