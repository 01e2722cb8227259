"""¶21, I-08, I-12–I-14: appeals and rulings as files, the last second in time and the reopened decision."""

from copy import deepcopy

import pytest
from django.test import override_settings

from tests.contract.desk import RULINGS, Desk, run
from tests.siblings_cast import made_once

RULED = "2026-02-12T15:00"


@override_settings(ALLOW_TIME_TRAVEL=True)
def fail(desk: Desk) -> Desk:
    """Three specialists below 70 % and an assistant, published on Thursday 2026-02-05 17:40 (D1)."""
    desk.hire(
        a="career_specialist consultant 2024-05-01",
        b="career_specialist consultant 2024-05-01",
        c="career_specialist",
        d="assistant",
    )
    people = {"a": "category case_manager", "b": "category case_manager", "c": "category consultant"}
    desk.cycle("A", "2026-02-02", "2026-02-06", "2026-01-12T09:00", **people, d="initial")
    marks = {"a": "69 100", "b": "6 10 1,2,3,4", "c": "50 100", "d": "69 100"}
    desk.results("A", "2026-02-03 10:00", "2026-02-05T11:00", **marks)
    early = desk.appeal("A", "2026-02-05T12:00", ("a", 1, "2026-02-05 11:30", "E0"))
    assert (early.code, "no test result is published" in early.messages[0]) == (1, True)
    desk.publish("A", "2026-02-05T17:40")
    return desk


failed_made = made_once(fail, on="settled")


@pytest.fixture
def failed(failed_made: Desk, desk: Desk) -> Desk:
    return deepcopy(failed_made)


def status(desk: Desk, name: str) -> tuple[str, str | None, bool]:
    row = desk.report("A")[name]
    return row["status"], row["decision"], row["final"]


def test_the_last_second_is_in_time_and_midnight_is_late(failed: Desk) -> None:
    rows = [("a", 7, "2026-02-09 23:59:59", "A1"), ("c", 7, "2026-02-10 00:00:00", "A2")]
    answer = failed.appeal("A", "2026-02-10T09:00", *rows)
    assert (answer.code, answer.data["new"], answer.data["errors"]) == (0, 2, [])
    assert ["09.02.2026 23:59:59" in note["message"] for note in answer.data["notes"]] == [True]
    again = failed.appeal("A", "2026-02-10T09:30", *rows).data
    assert (again["new"], again["same"]) == (0, 2)
    failed.sweep("2026-02-11T00:00")
    assert status(failed, "a") == ("provisional", "lower", False)  # a timely one is open
    assert status(failed, "c") == ("final", "lower", True)
    late = failed.rule(RULED, ("A2", 7, "uphold", "Дұрыс"))
    assert (late.code, late.errors[0][:3]) == (1, (2, "A", "external_id"))
    assert status(failed, "c") == ("final", "lower", True)


def test_the_offset_of_filed_at_counts(failed: Desk) -> None:
    rows = [("a", 7, "2026-02-09 18:59:59+00:00", "A1"), ("c", 7, "2026-02-09 19:00:00+00:00", "A2")]
    assert [note["row"] for note in failed.appeal("A", "2026-02-10T09:00", *rows).data["notes"]] == [3]


@pytest.mark.parametrize("moment", ["2026-02-12T15:00", "2026-02-14T23:59:59"])
def test_an_upheld_question_turns_a_failed_test_into_a_passed_one(failed: Desk, moment: str) -> None:
    failed.read("2026-02-06", "2026-02-07T09:00", {"a": 4.6, "b": 5}, {"b": "2026-01-20"})
    failed.sweep("2026-02-07T10:00")
    assert failed.report("A")["a"]["scoring_due"] is None
    filed = [("a", 7, "2026-02-06 10:00", "A1"), ("a", 8, "2026-02-06 10:00", "A1")]
    failed.appeal("A", "2026-02-06T12:00", *filed, ("b", 4, "2026-02-06 10:00", "A2"))
    assert failed.rule(moment, ("A1", 7, "uphold", "Дұрыс")).code == 0
    assert status(failed, "a") == ("provisional", "lower", False)  # question 8 is still open
    assert (
        failed.rule(moment, ("A1", 8, "reject", "Негізсіз"), ("A2", 4, "Қанағаттандырылды", "Иә")).code == 0
    )
    row = failed.report("A")["a"]
    due = {"2026-02-12T15:00": "2026-02-14", "2026-02-14T23:59:59": "2026-02-16"}[moment]
    assert (row["status"], row["final"], row["scoring_due"]) == ("tested", False, f"{due}T23:59:59+05:00")
    failed.sweep("2026-03-16T00:00")
    rows = failed.report("A")
    assert rows["a"]["points"] == {"test": "56", "rating": 10, "violations": 10, "total": "76"}
    assert (rows["a"]["decision"], rows["a"]["consequences"]) == ("existing", ["keep_category"])
    # 7 of 10 with a violation: 56 + 10 + 0 = 66, the third line of ¶30.2; dated by the resolution (I-28).
    assert (rows["b"]["decision"], rows["b"]["points"]["total"], rows["b"]["category"]) == (
        "lower",
        "66",
        "none",
    )
    assert rows["a"]["reattest_by"] is rows["b"]["reattest_by"] is None
    assert run("replay", "--json").data["differences"] == []


def test_an_appeal_recorded_after_the_final_decision_reopens_it(failed: Desk) -> None:
    failed.sweep("2026-02-11T00:00")
    assert status(failed, "d") == ("final", "does_not_conform", True)
    assert failed.appeal("A", "2026-02-20T09:00", ("d", 3, "2026-02-09 12:00", "P1")).code == 0
    row = failed.report("A")["d"]
    assert (row["status"], row["final"], row["reattest_by"]) == ("provisional", False, None)
    assert failed.rule("2026-02-23T09:00", ("P1", 3, "uphold", "Дұрыс")).code == 0
    failed.sweep("2026-02-24T00:00")
    row = failed.report("A")["d"]
    assert (row["decision"], row["final"], row["consequences"]) == ("conforms", True, [])


def test_a_rejected_appeal_dates_the_decision(failed: Desk) -> None:
    failed.appeal("A", "2026-02-06T12:00", ("d", 3, "2026-02-06 10:00", "P1"))
    failed.rule("2026-02-18T09:00", ("P1", 3, "reject", "Негізсіз"))
    failed.sweep("2026-03-01T00:00")
    assert failed.report("A")["d"]["reattest_by"] == "2027-02-18"


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (("a", 0, "2026-02-06 10:00", "B"), "question"),
        (("a", 101, "2026-02-06 10:00", "B"), "question"),
        (("b", 5, "2026-02-06 10:00", "B"), "question"),  # answered correctly (I-13)
        (("a", 1, "2026-02-05 17:39:59", "B"), "filed_at"),
        (("a", 1, "2026-02-06 12:00:01", "B"), "filed_at"),
        (("a", 1, "2026-02-06", "B"), "filed_at"),
        (("a", 1, "2026-02-06 10:00", ""), "external_id"),
    ],
)
def test_what_cannot_be_appealed(failed: Desk, row: tuple[str, int, str, str], field: str) -> None:
    answer = failed.appeal("A", "2026-02-06T12:00", row)
    assert (answer.code, answer.data["new"]) == (1, 0)
    assert {found for _, _, found, _ in answer.errors} == {field}


def test_the_votes_of_a_rejection_may_stand_either_way(failed: Desk) -> None:
    """Minutes vote on upholding, or on the ruling that the row states; the same file again is the same."""
    failed.officer("sec", "secretary")
    failed.officer("memb", "member")
    filed = [(name, 1, "2026-02-06 10:00", f"M{name}") for name in "abc"]
    failed.appeal("A", "2026-02-06T12:00", *filed)
    rows = [
        ("Ma", 1, "reject", "Негізсіз", "chair, memb", "", "chair, memb"),
        ("Mb", 1, "reject", "Негізсіз", "chair, memb", "chair, memb", ""),
    ]
    assert failed.rule(RULED, *rows, by="sec").data["new"] == 2
    assert failed.rule(RULED, *rows, by="sec").data["same"] == 2
    against = failed.rule(RULED, ("Mc", 1, "uphold", "Дұрыс", "chair, memb", "", "chair, memb"), by="sec")
    assert [field for _, _, field, _ in against.errors] == ["ruling"]


@pytest.mark.parametrize("role", ["administrator", "hr", "member"])
def test_only_the_commission_rules(failed: Desk, role: str) -> None:
    failed.officer("somebody", role, *(["--center", failed.lmc] if role == "hr" else []))
    failed.appeal("A", "2026-02-06T12:00", ("a", 1, "2026-02-06 10:00", "A1"))
    failed.sweep("2026-02-07T00:00")
    assert failed.rule(RULED, ("A1", 1, "uphold", "Дұрыс"), by="somebody").code == 1
    ruling = ("--points", "10", "--reason", "x", "--as", "somebody")
    answer = failed.ask("rule_rating", "--cycle", "A", "--iin", failed.people["a"], *ruling, at=RULED)
    assert answer.code == 1
    assert status(failed, "a") == ("provisional", "lower", False)


def test_rulings_need_a_user(failed: Desk) -> None:
    answer = run("rule_appeals", failed.xlsx(RULINGS, ("A1", 1, "uphold", "x", "", "", "")), "--json")
    assert answer.code != 0
