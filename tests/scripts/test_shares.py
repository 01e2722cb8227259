"""Of many that show the same, `make test` takes some each day: none is left out for good."""

from __future__ import annotations

import ast
from datetime import date, timedelta
from math import gcd
from pathlib import Path

import pytest

from tests.shares import ONE_OF_THE_UNTOUCHED, is_taken, share, some

ROOT = Path(__file__).resolve().parent.parent
DAYS = [date(2026, 11, 30) + timedelta(days=number) for number in range(6)]


@pytest.mark.parametrize("one_in", [1, 2, 3, 6])
def test_in_so_many_days_each_is_taken_once(one_in: int, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [f"case {number}" for number in range(20)]
    for chosen in (
        share,
        some,
        lambda names, one_in: [name for name in names if is_taken(name, one_in)],
    ):
        taken = []
        for day in DAYS[:one_in]:
            monkeypatch.setenv("OF_THE_DAY", day.isoformat())
            taken += chosen(cases, one_in)
        assert sorted(taken) == sorted(cases)


def test_no_share_waits_for_a_day_on_which_its_test_never_runs() -> None:
    """A test taken on one day in n takes one in k of its cases: n and k have no divisor in common."""
    found = []
    for file in ROOT.rglob("test_*.py"):
        for test in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
                days = [number for mark in test.decorator_list for number in numbers(mark, {"daily"})]
                days.append(ONE_OF_THE_UNTOUCHED)
                shares = numbers(test, {"share", "some"})
                found += [(test.name, n, k) for n in days for k in shares]
    assert found
    assert [each for each in found if gcd(*each[1:]) > 1] == []


def numbers(tree: ast.AST, names: set[str]) -> list[int]:
    """The last arguments of the calls of these functions, where they are numbers."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    asked = [call for call in calls if ast.unparse(call.func).rpartition(".")[2] in names]
    return [arg.value for call in asked if isinstance(arg := call.args[-1], ast.Constant)]


def test_what_is_about_an_open_change_is_always_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_THE_DAY", "2026-11-30")
    monkeypatch.setenv("OF_CHANGES", "tests/a.py tests/b.py")
    names = [f"tests/{file}.py::test_{number}" for file in "abc" for number in range(20)]
    taken = [name for name in names if is_taken(name, 10)]
    assert set(names[:40]) <= set(taken) < set(names)


def test_without_a_day_all_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OF_THE_DAY", raising=False)
    assert share("abc", 3) == ["a", "b", "c"]
    assert [is_taken(name, 3) for name in "abc"] == [True] * 3
    assert some("abcd", 2) == ["a", "c"]
