"""I-28: the dates follow from what happened and not from when the job ran, nor how often."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from tests.contract.desk import Desk, run

SPECIALIST = "career_specialist"
Acts = list[tuple[str, Callable[[str], Any]]]


@pytest.fixture
def tested(desk: Desk) -> Desk:
    """One cycle, published on Thursday 2026-02-05; nothing has been swept yet."""
    desk.hire(
        fails=f"{SPECIALIST} consultant 2024-05-01",
        passes=f"{SPECIALIST} consultant 2024-05-01",
        gap=SPECIALIST,
        upheld=f"{SPECIALIST} consultant 2024-05-01",
        rejected="assistant",
        absent="assistant",
    )
    wanted = dict.fromkeys(("fails", "passes", "upheld"), "category case_manager")
    wanted |= {"gap": "category consultant", "rejected": "initial", "absent": "position"}
    desk.cycle("S", "2026-02-02", "2026-02-06", "2026-01-12T09:00", **wanted)
    scores = {"fails": "69 100", "passes": "99 100", "gap": "90 100", "rejected": "69 100"}
    desk.results("S", "2026-02-03 10:00", "2026-02-05T11:00", **scores, upheld="6 10 1,2,3,4")
    desk.publish("S", "2026-02-05T17:40")
    return desk


def story(desk: Desk) -> Acts:
    """Acts of people at their moments; the sweeps between them come on top."""
    rated = {"passes": 4.9, "gap": "4.0", "upheld": 5}
    ruling = ("--points", "10", "--reason", "Келісті", "--as", "chair")
    gap = ("--cycle", "S", "--iin", desk.people["gap"], *ruling)
    both = (("upheld", 1, "2026-02-06 10:00", "A1"), ("rejected", 7, "2026-02-09 23:59:59", "A2"))
    rulings = (("A1", 1, "uphold", "Дұрыс"), ("A2", 7, "reject", "Негізсіз"))

    def no_error(answer: Any) -> None:
        assert answer.code == 0, answer

    return [
        ("2026-02-07T10:00", lambda at: desk.read("2026-02-06", at, rated, {})),
        ("2026-02-10T09:00", lambda at: no_error(desk.appeal("S", at, *both))),
        ("2026-02-12T09:00", lambda at: desk.do("rule_rating", *gap, at=at)),
        ("2026-02-13T23:30", lambda at: no_error(desk.rule(at, *rulings))),
    ]


def carry_out(desk: Desk, acts: Acts, sweeps: list[str], *, keep: bool = False) -> str:
    """The report after all acts and sweeps in the order of time, undone afterwards unless kept."""
    steps = sorted([*acts, *((at, desk.sweep) for at in sweeps)], key=lambda step: step[0])
    with transaction.atomic():
        for at, act in steps:
            act(at)
        assert run("replay", "--json").data["differences"] == []
        report = run("report", "--cycle", "S", "--json").out
        transaction.set_rollback(not keep)
    return report


def every(hours: int, first: str, last: str) -> list[str]:
    moment, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
    moments = []
    while moment <= end:
        moments.append(moment.isoformat())
        moment += timedelta(hours=hours)
    return moments


@pytest.mark.daily(4)
def test_once_late_or_every_few_hours_the_report_is_the_same(tested: Desk) -> None:
    end = "2026-03-20T08:00"
    often = carry_out(tested, story(tested), [*every(9, "2026-02-05T18:00", "2026-02-20T00:00"), end])
    seldom = carry_out(tested, story(tested), ["2026-02-07T00:00", end])
    once = carry_out(tested, story(tested), [end], keep=True)
    assert often == seldom == once
    report = tested.report("S")
    assert {name for name, row in report.items() if row["final"]} == set(report) - {"absent"}
    assert (report["absent"]["status"], report["absent"]["decision"]) == ("absent", None)
    # The grace of D6; the ruling on row 2; the day the appeals were resolved.
    assert (report["fails"]["reattest_by"], report["passes"]["category_until"]) == (
        "2027-02-10",
        "2029-02-10",
    )
    assert report["gap"]["category_until"] == "2029-02-12"
    assert (report["rejected"]["decision"], report["rejected"]["reattest_by"]) == (
        "does_not_conform",
        "2027-02-13",
    )
    # 7 of 10 passes only by the appeal: 56 + 10 + 10; scoring was due two days after the resolution (I-12).
    assert report["upheld"]["decision"] == "existing"
    assert report["upheld"]["points"] == {"test": "56", "rating": 10, "violations": 10, "total": "76"}
    assert report["upheld"]["scoring_due"] == "2026-02-15T23:59:59+05:00"


def test_a_second_sweep_finds_nothing_to_do(tested: Desk) -> None:
    tested.sweep("2026-02-11T00:00")
    report = run("report", "--cycle", "S", "--json").out
    second = tested.sweep("2026-02-11T00:00:01")
    counts = [value for value in second.values() if isinstance(value, int) and not isinstance(value, bool)]
    assert sum(counts) == 0
    assert run("report", "--cycle", "S", "--json").out == report


def test_days_are_those_of_almaty(desk: Desk) -> None:
    """2026-02-06T18:59:59Z is still the 6th in Almaty, 19:00Z is the 7th: stage and deadlines go by it."""
    desk.hire(a="assistant", b="assistant")
    desk.cycle("N", "2026-02-02", "2026-02-06", "2026-01-12T09:00", a="initial", b="initial")
    desk.results("N", "2026-02-06 23:50", "2026-02-06T18:55:00+00:00", a="70 100")
    desk.publish("N", "2026-02-06T18:59:59+00:00")
    desk.sweep("2026-02-06T18:59:59.999999+00:00")
    assert desk.report("N")["b"]["status"] == "admitted"
    desk.sweep("2026-02-06T19:00:00+00:00")
    report = desk.report("N")
    assert (report["b"]["status"], report["a"]["status"]) == ("absent", "provisional")
    assert report["a"]["appeal_due"] == "2026-02-10T23:59:59+05:00"
    # The result of the absent one comes late, on a day that is the 8th in Almaty alone: a Sunday.
    desk.results("N", "2026-02-06 23:50", "2026-02-07T19:30:00+00:00", b="70 100")
    desk.publish("N", "2026-02-07T19:30:00+00:00")
    assert desk.report("N")["b"]["appeal_due"] == "2026-02-10T23:59:59+05:00"


def test_a_term_that_is_over_leaves_no_category(desk: Desk) -> None:
    """I-17: `none` from the day after; I-18 is measured by what is in force when the stage ends."""
    desk.hire(a=f"{SPECIALIST} mentor 2023-03-06", b=f"{SPECIALIST} mentor 2023-03-05")
    desk.sweep("2026-03-07T00:00")
    stage = ("--testing-starts", "2026-03-04", "--testing-ends", "2026-03-06")
    desk.do("open_cycle", "--center", desk.lmc, "--code", "T", *stage, at="2026-03-01T09:00")
    rows = [(desk.people[name], "category", "consultant") for name in "ab"]
    file = desk.xlsx(("iin", "purpose", "declared"), *rows)
    answer = desk.ask("list_attestees", "--cycle", "T", "--file", file, at="2026-03-01T09:00")
    assert [(row, field) for row, _, field, _ in answer.errors] == [(2, "declared")]
