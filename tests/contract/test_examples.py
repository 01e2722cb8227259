"""E1–E15, D1, D4, D6 of docs/readings.md by files and commands alone, each figure worked out by hand."""

from copy import deepcopy
from typing import Any

import pytest
from django.test import override_settings

from tests.contract.desk import Desk, run
from tests.siblings_cast import made_once

REPORT_KEYS = {
    *("iin", "purpose", "repeat", "status", "decision", "final", "points", "category", "category_until"),
    *("consequences", "reattest_by", "appeal_due", "scoring_due", "cites"),
    *("ground", "consequence_states", "decided_on", "category_now", "why"),
}
CATEGORY = {  # existing, declared, test
    "e5": ("", "consultant", "65 80"),
    "e6": ("consultant 2024-05-01", "case_manager", "85 100"),
    "e7": ("consultant 2024-05-01", "case_manager", "70 100"),
    "e8": ("case_manager 2024-05-01", "mentor", "69 100"),
    "e9": ("case_manager 2024-05-01", "case_manager", "60 100"),  # `consultant` by then, lowered in Y1
    "e10": ("", "consultant", "60 100"),
    "e11": ("", "consultant", "90 100"),
    "e12": ("consultant 2024-05-01", "case_manager", "99 100"),
    "e13": ("", "consultant", "60 100"),
    "e14": ("", "consultant", "70 100"),
    "e15": ("", "consultant", "89 100"),
}
OTHERS = {
    "e1": ("assistant", "initial", "70 100"),
    "e2": ("assistant", "position", "69 100"),
    "e3": ("director", "initial", "84 100"),
    "e4": ("unit_head", "position", "84 100"),
}
APPEAL_DUE, SCORING_DUE = "2026-02-09T23:59:59+05:00", "2026-02-08T23:59:59+05:00"  # D1, D4
YEAR, PERIOD = "2027-02-10", "2029-02-10"  # from D6's final day, 2026-02-10


def points(test: str, rating: int | None, violations: int | None, total: str | None) -> dict[str, Any]:
    return {"test": test, "rating": rating, "violations": violations, "total": total}


# decision, points, category, consequences, category_until, reattest_by, cites that must be among them
FINAL: dict[str, tuple[Any, ...]] = {
    "e1": ("conforms", None, None, [], None, None, ["¶17.4", "¶30.4"]),
    "e2": ("does_not_conform", None, None, ["reattest"], None, YEAR, ["¶17.4", "¶30.4", "¶27.2"]),
    "e3": ("does_not_conform", None, None, ["reattest"], None, YEAR, ["¶17.3", "¶30.3", "¶27.2"]),
    "e4": ("does_not_conform", None, None, ["dismissal"], None, None, ["¶17.3", "¶30.3", "¶28.1"]),
    "e5": (
        *("declared", points("65", 10, 10, "85"), "consultant", ["confer_category"], PERIOD, None),
        ["¶17.2", "¶28-1", "¶30.2", "¶7"],
    ),
    "e6": (
        *("existing", points("68", 10, 0, "78"), "consultant", ["keep_category"], PERIOD, None),
        ["¶30.2", "¶7"],
    ),
    "e7": ("lower", points("56", 0, 10, "66"), "none", ["lower_category"], None, None, ["¶30.2"]),
    "e8": (
        *("lower", None, "consultant", ["lower_category", "not_admitted_to_assessment", "reattest"]),
        *(PERIOD, YEAR, ["¶27.1", "¶27.2", "¶27.3"]),
    ),
    "e9": (
        *("lower", None, "none", ["lower_category", "not_admitted_to_assessment"], None, None, ["¶28.2"]),
    ),
    "e10": ("lower", None, "none", ["dismissal", "not_admitted_to_assessment"], None, None, ["¶28.1"]),
    "e11": (
        *("declared", points("72", 10, 10, "92"), "consultant", ["confer_category"], PERIOD, None, ["¶7"]),
    ),
    "e12": (
        *("declared", points("79.2", 10, 10, "99.2"), "case_manager", ["confer_category"], PERIOD, None),
        ["¶34"],
    ),
    "e13": ("lower", None, "none", ["not_admitted_to_assessment", "reattest"], None, YEAR, ["¶27.2"]),
    "e14": ("lower", points("56", 0, 0, "56"), "none", [], None, None, ["¶30.2"]),
    "e15": (
        *(
            "declared",
            points("71.2", 10, 10, "91.2"),
            "consultant",
            ["confer_category"],
            PERIOD,
            None,
            ["¶7"],
        ),
    ),
}


def first_attestation(desk: Desk) -> None:
    """E4, E9 and E10 repeat one that they failed; decided on 2025-10-14, the grace of a Thursday."""
    listed = {"e4": "position", "e9": "category mentor", "e10": "category consultant"}
    desk.cycle("Y1", "2025-10-06", "2025-10-10", "2025-10-01T11:00", **listed)
    desk.results("Y1", "2025-10-07 10:00", "2025-10-08T11:00", e4="84 100", e9="60 100", e10="60 100")
    desk.publish("Y1", "2025-10-09T11:00")
    desk.sweep("2025-11-20T11:00")  # weeks late: the dates are those of the last thing waited for (I-28)
    report = desk.report("Y1")
    assert {row["reattest_by"] for row in report.values()} == {"2026-10-14"}
    assert (report["e9"]["category"], report["e9"]["category_until"]) == ("consultant", "2028-10-14")


def statuses(desk: Desk) -> dict[str, str]:
    return {name: row["status"] for name, row in desk.report("Y2").items()}


@override_settings(ALLOW_TIME_TRAVEL=True)
def publish(desk: Desk) -> Desk:
    """All fifteen on one list, tested, published on Thursday 2026-02-05 17:40."""
    desk.hire(
        **{name: position for name, (position, _, _) in OTHERS.items()},
        **{name: f"career_specialist {existing}".strip() for name, (existing, _, _) in CATEGORY.items()},
    )
    first_attestation(desk)
    listed = {name: purpose for name, (_, purpose, _) in OTHERS.items()}
    listed |= {name: f"category {declared}" for name, (_, declared, _) in CATEGORY.items()}
    desk.cycle("Y2", "2026-02-02", "2026-02-06", "2026-01-12T09:00", **listed)
    assert set(statuses(desk).values()) == {"admitted"}
    scores = {name: test for name, (*_, test) in (OTHERS | CATEGORY).items()}
    desk.results("Y2", "2026-02-03 10:00", "2026-02-05T11:00", **scores)
    assert {row["appeal_due"] for row in desk.report("Y2").values()} == {None}
    assert desk.publish("Y2", "2026-02-05T17:40") == 15
    assert desk.publish("Y2", "2026-02-05T17:50") == 0
    return desk


published_made = made_once(publish, on="settled")


@pytest.fixture
def published(published_made: Desk, desk: Desk) -> Desk:
    return deepcopy(published_made)


def test_e1_to_e15_from_the_list_to_the_final_decision(published: Desk) -> None:
    report = published.report("Y2")
    assert all(set(row) == REPORT_KEYS for row in report.values())
    assert {name for name, row in report.items() if row["repeat"]} == {"e4", "e9", "e10"}
    assert {row["appeal_due"] for row in report.values()} == {APPEAL_DUE}

    published.sweep("2026-02-06T23:59:59")
    assert set(statuses(published).values()) == {"tested"}  # the testing stage runs through its last second
    published.sweep("2026-02-07T00:00:00")
    report = published.report("Y2")
    passed = {name for name, expected in FINAL.items() if expected[1] is not None}
    assert {name for name, row in report.items() if row["status"] == "held"} == passed  # I-27
    assert {name for name, row in report.items() if row["status"] == "provisional"} == set(FINAL) - passed
    assert {name: report[name]["scoring_due"] for name in passed} == dict.fromkeys(passed, SCORING_DUE)

    ratings = {"e5": "4,6", "e6": 4.6, "e7": 3.9, "e11": 4, "e12": 4.9, "e14": 3.2, "e15": 4.4}
    published.read("2026-02-06", "2026-02-07T09:00", ratings, {"e6": "2025-12-10", "e14": "10.12.2025"})
    published.sweep("2026-02-07T09:30")
    held = {name: row for name, row in published.report("Y2").items() if row["status"] == "held"}
    assert set(held) == {"e11"}  # I-04: exactly 4.0
    assert held["e11"]["decision"] == "held"
    assert held["e11"]["points"] == points("72", None, 10, None)
    ruling = ("--points", "10", "--reason", "Келісті", "--as", "chair")
    published.do(
        "rule_rating", "--cycle", "Y2", "--iin", published.people["e11"], *ruling, at="2026-02-08T09:00"
    )
    for row in published.report("Y2").values():
        assert (row["final"], row["category_until"], row["reattest_by"]) == (False, None, None)
        assert row["status"] == "provisional"

    published.sweep("2026-02-10T23:59:59")
    assert set(statuses(published).values()) == {"provisional"}  # D6: the grace runs through 2026-02-10
    published.sweep("2026-02-11T00:00:00")
    for name, row in published.report("Y2").items():
        decision, scored, category, consequences, until, reattest_by, cites = FINAL[name]
        assert (row["status"], row["final"], row["decision"]) == ("final", True, decision), name
        assert (row["points"], row["category"], row["category_until"]) == (scored, category, until), name
        assert (sorted(row["consequences"]), row["reattest_by"]) == (consequences, reattest_by), name
        assert set(cites) <= set(row["cites"]), name
        assert row["appeal_due"] == APPEAL_DUE
        assert row["scoring_due"] == (SCORING_DUE if scored else None), name

    once = run("report", "--cycle", "Y2", "--json").out
    published.sweep("2026-02-11T00:10:00")
    assert run("report", "--cycle", "Y2", "--json").out == once
    assert run("replay", "--json").data["differences"] == []
    assert run("verify_journal", "--json").data["broken"] is None


def test_e15_as_printed_waits_for_the_violations(published: Desk) -> None:
    people = (published.people["e15"], "2026-01-10", 4.4, "R1")
    file = published.xlsx(("iin", "rated_on", "score", "external_id"), people)
    published.do("import_ratings", file, "--read-through", "2026-02-06", at="2026-02-07T08:00")
    published.sweep("2026-02-20T00:00")
    row = published.report("Y2")["e15"]
    assert (row["status"], row["decision"], row["final"]) == ("held", "held", False)
    assert row["points"] == points("71.2", 10, None, None)
    # Read at last, for the labour mobility centre and those below it, with an empty file (I-27, I-28).
    empty = published.csv(("iin", "recorded_on", "description", "external_id"))
    more = ("--read-through", "2026-02-06", "--center", published.lmc)
    published.do("import_violations", empty, *more, at="2026-02-23T10:00")
    published.sweep("2026-03-05T00:00")
    row = published.report("Y2")["e15"]
    assert (row["status"], row["decision"], row["category_until"]) == ("final", "declared", "2029-02-23")


def test_a_dismissal_waits_until_someone_records_what_was_done(published: Desk) -> None:
    published.sweep("2026-02-20T00:00")
    assert published.report("Y2")["e4"]["consequences"] == ["dismissal"]
    published.officer("hr-here", "hr", "--center", published.lmc)
    published.officer("hr-there", "hr", "--center", published.other_lmc)
    done = ("--cycle", "Y2", "--iin", published.people["e4"], "--done", "Басқа жұмысқа ауыстырылды")
    assert published.ask("close_consequence", *done, "--as", "hr-there", at="2026-02-21T10:00").code == 1
    published.do("close_consequence", *done, "--as", "hr-here", at="2026-02-21T10:00")
    again = published.ask("close_consequence", *done, "--as", "hr-here", at="2026-02-21T11:00")
    assert again.code == 1
    # E1 conforms: there is nothing to act on.
    e1 = ("--cycle", "Y2", "--iin", published.people["e1"], "--done", "…", "--as", "hr-here")
    assert published.ask("close_consequence", *e1, at="2026-02-21T12:00").code == 1
