"""`simulate_decisions` answers as formats.md says, each line of its errors included."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from typing import Any

import pytest

from office.simulate.answers import DECISION_KEYS, answer_decision
from office.simulate.json_lines import answer_lines
from tests.config.simulating import ROOT, here, lines_of, run
from tests.law.cases import every_case

EXAMPLE = {
    "id": 1, "position": "career_specialist", "purpose": "category", "repeat": False, "existing": "none",
    "declared": "consultant", "correct": 65, "total": 80, "rating": "4.6", "violations": 0,
    "rating_ruling": None, "decided_on": "2026-02-10", "settings": {"category_basis": "total"},
}  # fmt: skip
KEYS = ["id", *DECISION_KEYS, "error"]
NOTHING = dict.fromkeys(DECISION_KEYS)


def answers(*objects: Any) -> list[dict[str, Any]]:
    """The answers of the command's own code without the cost of a process."""
    return raw_answers("".join(json.dumps(given) + "\n" for given in objects).encode())


def raw_answers(lines: bytes) -> list[dict[str, Any]]:
    out = io.BytesIO()
    errors = answer_lines(io.BytesIO(lines), answer_decision, DECISION_KEYS, out.write)
    answered = [json.loads(line) for line in out.getvalue().splitlines()]
    assert errors == sum(answer["error"] is not None for answer in answered)
    return answered


def error_of(**changed: Any) -> str:
    answer = answers({**EXAMPLE, **changed})[0]
    assert {key: value for key, value in answer.items() if key != "error"} == {
        "id": changed.get("id", 1),
        **NOTHING,
    }
    assert answer["error"]
    return str(answer["error"])


def test_example_of_the_contract_in_a_bare_environment() -> None:
    ran = run("simulate_decisions", lines_of([EXAMPLE]))
    assert ran == (
        0,
        [
            {
                "id": 1,
                "decision": "declared",
                "points": {"test": "65", "rating": 10, "violations": 10, "total": "85"},
                "category": "consultant",
                "consequences": ["confer_category"],
                "reattest_by": None,
                "category_until": "2029-02-10",
                "cites": ["¶17.2", "¶28-1", "¶30.2", "¶7"],
                "error": None,
            }
        ],
        "",
    )


def test_run_goes_on_after_errors_and_ends_with_status_1() -> None:
    lines = b"\n".join([b"no json", json.dumps(EXAMPLE).encode(), b"", b'{"id": "x"}', b"\xff\xfe", b"[1]"])
    ran = here("simulate_decisions", lines)
    assert ran.status == 1
    assert [(answer["id"], answer["error"] is None) for answer in ran.answers] == [
        (None, False),
        (1, True),
        (None, False),
        ("x", False),
        (None, False),
        (None, False),
    ]
    assert all(list(answer) == KEYS for answer in ran.answers)
    assert ran.stderr == ""


def test_reader_that_leaves_early_is_no_traceback() -> None:
    lines = (json.dumps(EXAMPLE) + "\n").encode() * 20_000
    with subprocess.Popen(
        [sys.executable, "manage.py", "simulate_decisions"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env={},
    ) as reading:
        assert reading.stdin
        assert reading.stdout
        assert reading.stderr
        with contextlib.suppress(BrokenPipeError):
            reading.stdin.write(lines[:50_000])
            reading.stdout.close()
            reading.stdin.write(lines)
            reading.stdin.close()
        assert reading.stderr.read() == b""
        assert reading.wait() == 1


def test_no_line_is_no_answer_and_no_error() -> None:
    assert here("simulate_decisions", b"") == (0, [], "")


def worked_examples() -> list[Any]:
    """Those of the order as it is: a simulation knows no rows that only a test has."""
    told = [case for case in every_case() if "employee" in case and "order amended" not in case]
    return [pytest.param(case, id=case["case"]) for case in told]


@pytest.mark.parametrize("case", worked_examples())
def test_worked_example(case: dict[str, Any]) -> None:
    correct, total = case["test"].split("/")
    nothing = {"none in the window": None, "not read": None}
    answer = answers(
        {
            "id": case["case"],
            **case["employee"],
            "correct": int(correct),
            "total": int(total),
            "rating": nothing.get(case.get("rating"), case.get("rating")),
            "violations": nothing.get(case.get("violations"), case.get("violations")),
            "rating_ruling": case.get("ruling"),
            "decided_on": case["decided on"].isoformat(),
            "settings": case.get("settings", {}),
        }
    )[0]
    then = case["then"]
    points = answer["points"]
    assert (answer["id"], answer["error"]) == (case["case"], None)
    assert answer["decision"] == then["decision"]
    assert answer["consequences"] == then["consequences"]
    assert answer["cites"] == then["cites"]
    assert answer["category"] == then.get("category")
    assert answer["category_until"] == str_or_none(then.get("category until"))
    assert answer["reattest_by"] == str_or_none(then.get("re-attestation by"))
    rows = None if points is None else "{} + {} + {} = {}".format(*(shown(points[row]) for row in points))
    assert rows == (then["points"].replace("= held", "= ?") if "points" in then else None)


def shown(row: object) -> str:
    return "?" if row is None else str(row)


def str_or_none(value: object) -> str | None:
    return None if value is None else str(value)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "not a JSON object"),
        (b"   ", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"[]", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b"17", "not a JSON object"),
        (b'{"id": 1', "not a JSON object"),
        (b'{"id": 1} {"id": 2}', "not a JSON object"),
        (b"{'id': 1}", "not a JSON object"),
        (b'{"id": 1, "rating": NaN}', "NaN is not JSON"),
        (b'{"id": 1, "rating": Infinity}', "Infinity is not JSON"),
        (b'{"id": 1, "rating": -Infinity}', "-Infinity is not JSON"),
        (b'{"id": "\xff"}', "not UTF-8 at byte 9"),
        (b'{"id": "\xed\xa0\x80"}', "not UTF-8"),
        (b'{"id": 1, "note": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deep"),
        (b"[" * 1_000_000, "nested too deep"),
        (b'{"id": 1}\x00', "not a JSON object"),
    ],
    ids=range(17),
)
def test_line_that_is_no_json_object_has_no_id(line: bytes, reason: str) -> None:
    (answer,) = raw_answers(line + b"\n")
    assert answer["id"] is None
    assert reason in answer["error"]


@pytest.mark.parametrize(
    "identity",
    [
        "17", "-1", "0", "1.5", "1.50", "1e999", "-0.0", "1E-400", "true", "null", '"A-1"', '""',
        '"\\ud800"', '"Ә"', '"a\\nb"', "[1, 2.50, null]", '{"a": {"b": 1.10}}', "9" * 4300, "9" * 9000,
        "1e99999999999999999999999",
    ],
)  # fmt: skip
def test_any_id_comes_back_exactly_as_it_is(identity: str) -> None:
    out = io.BytesIO()
    for rest in (json.dumps(EXAMPLE).replace('"id": 1, ', ""), '{"position": "nobody"}'):
        line = f'{{"id": {identity}, {rest[1:]}\n'
        answer_lines(io.BytesIO(line.encode()), answer_decision, DECISION_KEYS, out.write)
    for written in out.getvalue().decode().splitlines():
        echoed = written[len('{"id": ') : written.index(', "decision"')]
        assert echoed == identity or json.loads(echoed) == json.loads(identity)


def test_id_nested_too_deep_is_an_error_of_its_line() -> None:
    deep = "[" * 400 + "1.5" + "]" * 400
    (answer,) = raw_answers(f'{{"id": {deep}, "position": "nobody"}}\n'.encode())
    assert answer["error"]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"position": "boss"}, 'unknown position: "boss"'),
        ({"position": None}, "unknown position: missing"),
        ({"position": ["director"]}, "unknown position: a list"),
        ({"position": "Director"}, "unknown position"),
        ({"position": "\ud800"}, "unknown position"),
        ({"purpose": "promotion"}, 'unknown purpose: "promotion"'),
        ({"purpose": 1}, "unknown purpose: 1"),
        ({"existing": "expert"}, 'unknown category (existing): "expert"'),
        ({"declared": {}}, "unknown category (declared): an object"),
        ({"repeat": "no"}, 'repeat is "no"'),
        ({"repeat": 0}, "repeat is 0"),
        ({"settings": {"basis": "total"}}, "no setting basis"),
        ({"settings": {"category_basis": "points"}}, "category_basis"),
        ({"settings": {"scoring_rolls": 1}}, "scoring_rolls"),
        ({"settings": {"finalise_after": True}}, "finalise_after"),
        ({"settings": {"finalise_after": 1.0}}, "finalise_after"),
        ({"settings": "total"}, "settings is"),
        ({"settings": [1]}, "settings is a list"),
        ({"settings": False}, "settings is false"),
        ({"correct": "65"}, 'correct is "65"'),
        ({"correct": 65.0}, "correct is 65.0"),
        ({"correct": True}, "correct is true"),
        ({"correct": None}, "correct is missing"),
        ({"total": "80"}, 'total is "80"'),
        ({"total": False}, "total is false"),
        ({"total": 8e1}, "total is 80.0"),
        ({"correct": -1}, "Correct answers: -1 of 80"),
        ({"correct": 81}, "Correct answers: 81 of 80"),
        ({"correct": 0, "total": 0}, "at least one question"),
        ({"total": -5}, "at least one question"),
        ({"rating": "0.99"}, "outside 1…5"),
        ({"rating": "5.01"}, "outside 1…5"),
        ({"rating": 0}, "outside 1…5"),
        ({"rating": 6}, "outside 1…5"),
        ({"rating": 10**30}, "outside 1…5"),
        ({"rating": 5.1}, "outside 1…5"),
        ({"rating": "-4.6"}, "outside 1…5"),
        ({"rating": "good"}, "write a decimal"),
        ({"rating": "4,6"}, "write a decimal"),
        ({"rating": " 4.6"}, "write a decimal"),
        ({"rating": "4.6\n"}, "write a decimal"),
        ({"rating": "NaN"}, "write a decimal"),
        ({"rating": "Infinity"}, "write a decimal"),
        ({"rating": "4_6"}, "write a decimal"),
        ({"rating": "４.６"}, "write a decimal"),
        ({"rating": ""}, "write a decimal"),
        ({"rating": "4." + "1" * 5000}, "write a decimal"),
        ({"rating": True}, "rating is true"),
        ({"rating": [4.6]}, "rating is a list"),
        ({"violations": -1}, "cannot be below 0"),
        ({"violations": 0.0}, "violations is 0.0"),
        ({"violations": "0"}, 'violations is "0"'),
        ({"violations": False}, "violations is false"),
        ({"rating_ruling": 5}, "10 or 0"),
        ({"rating_ruling": -10}, "10 or 0"),
        ({"rating_ruling": "10"}, "10 or 0"),
        ({"rating_ruling": False}, "10 or 0"),
        ({"rating_ruling": 10.0}, "10 or 0"),
        ({"decided_on": None}, "decided_on is missing"),
        ({"decided_on": "10.02.2026"}, "decided_on is"),
        ({"decided_on": "2026-02-30"}, "decided_on is"),
        ({"decided_on": "20260210"}, "decided_on is"),
        ({"decided_on": "2026-W07-2"}, "decided_on is"),
        ({"decided_on": "2026-2-10"}, "decided_on is"),
        ({"decided_on": "２０２６-02-10"}, "decided_on is"),
        ({"decided_on": "2026-02-10T00:00:00"}, "decided_on is"),
        ({"decided_on": " 2026-02-10"}, "decided_on is"),
        ({"decided_on": 20260210}, "decided_on is 20260210"),
        ({"decided_on": "0000-01-01"}, "decided_on is"),
        ({"decided_on": "9998-02-10"}, "beyond the calendar"),
        ({"purpose": "position", "existing": None, "declared": None}, "does not exist for the position"),
        ({"position": "assistant"}, "does not exist for the position"),
        ({"existing": None}, "existing is missing"),
        ({"declared": None}, "declared is missing"),
        ({"existing": "mentor", "declared": "case_manager"}, "is below the existing one"),
        ({"declared": "none"}, "cannot be declared"),
        ({"existing": "none", "declared": "none"}, "cannot be declared"),
        ({"position": "assistant", "purpose": "initial"}, "Only an application for a category"),
        ({"purpose": "initial", "declared": "consultant"}, "Only an application for a category"),
    ],
)  # fmt: skip
def test_error_says_what_and_why_and_nothing_else_is_answered(changed: dict[str, Any], reason: str) -> None:
    assert reason in error_of(**changed)


@pytest.mark.parametrize(
    "number", ["1e999999999", "1e-999999999", "1e99999999999999999999", "-1e5", "4e400", "9" * 5000]
)
def test_numbers_that_fill_a_memory_are_refused(number: str) -> None:
    line = json.dumps(EXAMPLE).replace('"4.6"', number)
    assert "rating" in raw_answers(line.encode())[0]["error"]
    line = json.dumps(EXAMPLE).replace('"correct": 65', f'"correct": {number}')
    assert raw_answers(line.encode())[0]["error"]


def test_long_error_is_cut() -> None:
    assert len(error_of(position="x" * 10_000)) <= 300


@pytest.mark.parametrize(
    ("rating", "points"),
    [
        (4.6, 10),
        (4, None),
        (5, 10),
        (1, 0),
        ("3.9", 0),
        ("3.90000000000000000001", None),
        ("1", 0),
        ("5.00", 10),
    ],
)
def test_rating_is_a_decimal_string_or_a_number(rating: object, points: int | None) -> None:
    assert answers({**EXAMPLE, "rating": rating})[0]["points"]["rating"] == points


def test_number_is_read_exactly_and_never_as_a_binary_float() -> None:
    line = json.dumps(EXAMPLE).replace('"4.6"', "4.00000000000000000000000001")
    assert raw_answers(line.encode())[0]["points"]["rating"] == 10
    line = json.dumps(EXAMPLE).replace('"4.6"', "46e-1")
    assert raw_answers(line.encode())[0]["points"]["rating"] == 10


@pytest.mark.parametrize("key", ["repeat", "settings", "rating_ruling", "rating", "violations"])
def test_key_may_be_absent_or_null(key: str) -> None:
    without = {name: value for name, value in EXAMPLE.items() if name != key}
    absent, null = answers(without, {**EXAMPLE, key: None})
    assert absent == null
    assert absent["error"] is None


def test_what_does_not_apply_is_ignored_but_checked() -> None:
    failed = {**EXAMPLE, "correct": 10}
    ignored = answers(failed, {**failed, "rating": None, "violations": None, "rating_ruling": 10})
    assert ignored[0] == ignored[1]
    assert answers(
        {**failed, "rating": "9"}, {**failed, "violations": -1}, {**failed, "rating_ruling": 7}
    ) == [
        {"id": 1, **NOTHING, "error": error}
        for error in (
            "The rating 9 is outside 1…5 (App. 1-2 row 2).",
            "The number of violations is -1; it cannot be below 0 (App. 1-2 row 3).",
            "A ruling on row 2 is 10 or 0, not 7 (App. 1-2 row 2).",
        )
    ]
    initial = {**EXAMPLE, "purpose": "initial", "declared": None}
    assert [
        answer["error"] is None
        for answer in answers({**initial, "existing": "mentor"}, {**initial, "existing": "x"})
    ] == [
        True,
        False,
    ]
    assert answers({**EXAMPLE, "rating_ruling": 0})[0]["points"]["rating"] == 10


def test_violations_not_read_hold_the_decision_whatever_the_ruling() -> None:
    held, ruled = answers(
        {**EXAMPLE, "violations": None}, {**EXAMPLE, "rating": "4.0", "violations": None, "rating_ruling": 10}
    )
    assert held["decision"] == ruled["decision"] == "held"
    assert (
        held["points"] == ruled["points"] == {"test": "65", "rating": 10, "violations": None, "total": None}
    )
    assert held["cites"] == ["¶17.2", "¶28-1", "App. 1-2 row 3"]
    assert (held["category"], held["consequences"], held["category_until"]) == (None, [], None)


def test_last_of_doubled_keys_counts() -> None:
    line = json.dumps(EXAMPLE)[:-1] + ', "correct": 80}'
    assert raw_answers(line.encode())[0]["points"]["test"] == "80"


def test_day_before_the_order_is_simulated_all_the_same() -> None:
    assert answers({**EXAMPLE, "decided_on": "2024-02-29"})[0]["category_until"] == "2027-02-28"


def test_byte_order_mark_and_windows_line_ends_are_taken() -> None:
    line = json.dumps(EXAMPLE).encode()
    answered = raw_answers(b"\xef\xbb\xbf" + line + b"\r\n" + line)
    assert [answer["error"] for answer in answered] == [None, None]


def test_shown_points_are_cut_after_four_decimals() -> None:
    points = answers({**EXAMPLE, "correct": 2, "total": 3, "existing": "none"})[0]["points"]
    assert points is None  # 66.67 % fails
    assert answers({**EXAMPLE, "correct": 5, "total": 7})[0]["points"]["test"] == "57.1428"
