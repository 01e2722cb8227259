"""`simulate_deadlines` answers as formats.md says, each line of its errors included."""

from __future__ import annotations

import io
import json
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError

from office.management.commands.simulate_deadlines import days_moved
from office.simulate.answers import DEADLINE_KEYS, DaysMoved, answer_deadline, read_days_moved
from office.simulate.json_lines import answer_lines
from tests.config.simulating import here, lines_of, run

NOTHING = dict.fromkeys(DEADLINE_KEYS)


def answers(*objects: Any, moved: DaysMoved | None = None) -> list[dict[str, Any]]:
    lines = "".join(json.dumps(given) + "\n" for given in objects).encode()
    out = io.BytesIO()
    answer = partial(answer_deadline, moved=moved or DaysMoved())
    answer_lines(io.BytesIO(lines), answer, DEADLINE_KEYS, out.write)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def due(kind: str, start: object, **rest: Any) -> str:
    answer = answers({"id": 1, "kind": kind, "from": start}, **rest)[0]
    assert answer["error"] is None
    return str(answer["due"])


@pytest.mark.daily(3)
def test_examples_of_the_contract_in_a_bare_environment() -> None:
    ran = run(
        "simulate_deadlines",
        lines_of(
            [
                {"id": 1, "kind": "appeal", "from": "2026-02-05T17:40:00+05:00"},
                {"id": 2, "kind": "scoring", "from": "2026-02-06"},
                {"id": 3, "kind": "reattestation", "from": "2028-02-29"},
                {"id": 4, "kind": "category", "from": "2026-02-10"},
            ]
        ),
    )
    assert ran.stderr == ""
    assert (ran.status, ran.answers) == (
        0,
        [
            {
                "id": 1,
                "due": "2026-02-09T23:59:59+05:00",
                "days": ["2026-02-06", "2026-02-09"],
                "cites": ["¶21"],
                "error": None,
            },
            {
                "id": 2,
                "due": "2026-02-08T23:59:59+05:00",
                "days": ["2026-02-07", "2026-02-08"],
                "cites": ["¶28-1"],
                "error": None,
            },
            {"id": 3, "due": "2029-02-28T23:59:59+05:00", "days": [], "cites": ["¶27.2"], "error": None},
            {"id": 4, "due": "2029-02-10T23:59:59+05:00", "days": [], "cites": ["¶7"], "error": None},
        ],
    )


@pytest.mark.parametrize(
    ("start", "until"),
    [
        ("2026-02-05T17:40:00+05:00", "2026-02-09"),  # D1
        ("2026-02-06T09:00:00+05:00", "2026-02-10"),  # D2
        ("2026-03-19T12:00:00+05:00", "2026-03-26"),  # D3
        # The publication day is Almaty's, whatever the offset says.
        ("2026-02-05T18:59:59Z", "2026-02-09"),
        ("2026-02-05T19:00:00Z", "2026-02-10"),
        ("2026-02-05T23:59:59.999999+05:00", "2026-02-09"),
        ("2026-02-05T10:00+01:00", "2026-02-09"),
        ("2026-02-05 10:00:00+0100", "2026-02-09"),
        # A Sunday that worked for the Friday before it; before the order came into force, too.
        ("2025-01-02T10:00:00+05:00", "2025-01-06"),
        ("2024-02-28T23:30:00+06:00", "2024-03-01"),
        ("2025-12-30T10:00:00+05:00", "2026-01-05"),
    ],
)
def test_appeal_term(start: str, until: str) -> None:
    assert due("appeal", start) == f"{until}T23:59:59+05:00"


def test_offset_is_that_of_the_day() -> None:
    """F-D10: Almaty left UTC+6 on 2024-03-01; the last hour of February happened twice."""
    assert due("scoring", "2024-02-26") == "2024-02-28T23:59:59+06:00"
    assert due("scoring", "2024-02-27") == "2024-02-29T23:59:59+05:00"
    assert due("reattestation", "2023-01-31") == "2024-01-31T23:59:59+06:00"


def test_every_leap_day_to_2052() -> None:
    for year in range(2028, 2053, 4):
        assert due("reattestation", f"{year}-02-29") == f"{year + 1}-02-28T23:59:59+05:00"
        assert due("category", f"{year}-02-29") == f"{year + 3}-02-28T23:59:59+05:00"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "unknown kind: missing"),
        ({"kind": "holiday", "from": "2026-02-06"}, 'unknown kind: "holiday"'),
        ({"kind": ["appeal"], "from": "2026-02-06"}, "unknown kind: a list"),
        ({"kind": 1}, "unknown kind: 1"),
        ({"kind": "appeal"}, "from is missing"),
        ({"kind": "scoring", "from": None}, "from is missing"),
        ({"kind": "appeal", "from": "2026-02-05T17:40:00"}, "without an offset"),
        ({"kind": "appeal", "from": "2026-02-05 17:40"}, "without an offset"),
        ({"kind": "appeal", "from": "2026-02-05"}, "write an instant"),
        ({"kind": "appeal", "from": "2026-02-30T17:40:00+05:00"}, "write an instant"),
        ({"kind": "appeal", "from": "2026-02-05T24:01:00+05:00"}, "write an instant"),
        ({"kind": "appeal", "from": "2026-02-05T17:40:00+25:00"}, "write an instant"),
        ({"kind": "appeal", "from": "20260205T174000+0500"}, "write an instant"),
        ({"kind": "appeal", "from": "2026-02-05T17:40:00+05:00\n"}, "write an instant"),
        ({"kind": "appeal", "from": "２０２６-02-05T17:40:00Z"}, "write an instant"),
        ({"kind": "appeal", "from": 1770290000}, "write an instant"),
        ({"kind": "appeal", "from": 1.5}, "write an instant"),
        ({"kind": "appeal", "from": True}, "write an instant"),
        ({"kind": "appeal", "from": {}}, "write an instant"),
        ({"kind": "appeal", "from": "0001-01-01T00:00:00+14:00"}, "beyond the calendar"),
        ({"kind": "appeal", "from": "9999-12-31T23:59:59Z"}, "beyond the calendar"),
        ({"kind": "appeal", "from": "9999-12-30T00:00:00Z"}, "beyond the calendar"),
        ({"kind": "scoring", "from": "2026-02-06T00:00:00+05:00"}, "write a date"),
        ({"kind": "scoring", "from": "2026-02-30"}, "write a date"),
        ({"kind": "scoring", "from": "2026-W06-5"}, "write a date"),
        ({"kind": "scoring", "from": "06.02.2026"}, "write a date"),
        ({"kind": "scoring", "from": 20260206}, "write a date"),
        ({"kind": "scoring", "from": "9999-12-30"}, "beyond the calendar"),
        ({"kind": "scoring", "from": "9999-12-29"}, "beyond the calendar"),
        ({"kind": "reattestation", "from": "2027-02-29"}, "write a date"),
        ({"kind": "reattestation", "from": "9999-01-01"}, "beyond the calendar"),
        ({"kind": "category", "from": "9997-01-01"}, "beyond the calendar"),
        ({"kind": "category", "from": ""}, "write a date"),
    ],
)
def test_error_says_what_and_why_and_nothing_else_is_answered(given: dict[str, Any], reason: str) -> None:
    (answer,) = answers({"id": "n", **given})
    assert {key: value for key, value in answer.items() if key != "error"} == {"id": "n", **NOTHING}
    assert reason in answer["error"]


def test_run_goes_on_after_errors_and_ends_with_status_1() -> None:
    ran = here("simulate_deadlines", b'nothing\n{"id": 2, "kind": "scoring", "from": "2026-02-06"}\n\n')
    assert (ran.status, ran.stderr) == (1, "")
    assert [(answer["id"], answer["due"]) for answer in ran.answers] == [
        (None, None),
        (2, "2026-02-08T23:59:59+05:00"),
        (None, None),
    ]


def test_days_moved_by_decree_are_added(tmp_path: Path) -> None:
    moved = tmp_path / "moved.json"
    moved.write_text('{"off": ["2026-05-08"], "working": ["2026-05-16", "2026-05-11"]}')
    appeal = {"id": 1, "kind": "appeal", "from": "2026-05-06T12:00:00+05:00"}
    lines = lines_of([appeal, {**appeal, "from": "2026-05-14T12:00:00+05:00"}])
    friday = here("simulate_deadlines", lines)
    assert [answer["days"] for answer in friday.answers] == [
        ["2026-05-08", "2026-05-12"],
        ["2026-05-15", "2026-05-18"],
    ]
    ran = here("simulate_deadlines", lines, "--days-off", str(moved))
    assert ran.status == 0
    assert [answer["days"] for answer in ran.answers] == [
        ["2026-05-11", "2026-05-12"],
        ["2026-05-15", "2026-05-16"],
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file or directory"),
        ("", "not a JSON object"),
        ("[]", "not a JSON object"),
        ('{"off": ["2026-05-08"]', "not a JSON object"),
        ('{"off": "2026-05-08"}', "off is not a list of dates"),
        ('{"working": {"2026-05-08": 1}}', "working is not a list of dates"),
        ('{"off": ["08.05.2026"]}', 'a day of off is "08.05.2026"'),
        ('{"off": ["2026-02-30"]}', "a day of off is"),
        ('{"working": [20260508]}', "a day of working is 20260508"),
        ('{"of": []}', 'unknown key "of"'),
        ('{"off": ["2026-05-08"], "working": ["2026-05-08"]}', "2026-05-08 stands in off and in working"),
    ],
)
def test_bad_file_of_days_off_is_refused_by_name(content: str | None, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "moved.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CommandError) as refused:
        days_moved(path)
    assert str(path) in str(refused.value)
    assert reason in str(refused.value)


def test_bad_file_of_days_off_ends_the_command_before_the_first_line(tmp_path: Path) -> None:
    path = tmp_path / "moved.json"
    path.write_text('{"of": []}')
    ran = here("simulate_deadlines", b'{"id": 1}\n', "--days-off", str(path))
    assert (ran.status, ran.answers) == (1, [])
    assert f'--days-off {path}: unknown key "of"' in ran.stderr
    assert "Traceback" not in ran.stderr


def test_empty_or_absent_lists_move_nothing() -> None:
    assert read_days_moved({}) == read_days_moved({"off": None, "working": []}) == DaysMoved()


def test_calendar_without_working_days_is_an_error_of_the_line() -> None:
    moved = DaysMoved(frozenset(date(2026, 1, 1) + timedelta(days=day) for day in range(1200)))
    (answer,) = answers({"id": 1, "kind": "appeal", "from": "2026-02-05T12:00:00Z"}, moved=moved)
    assert "No working day" in answer["error"]
