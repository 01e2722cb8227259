"""Every row of the table of faults that has been built stands in the name or docstring of a test."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
ROW = re.compile(r"F-[IRDCAWTBU]\d+")
IN_NAME = re.compile(r"_f_([irdcawtbu])_?(\d+)(?=_|$)")
# Deadlines, clock and workers: 24 rows; the appeals' and the readings' rows of the issues before.
BUILT = [
    *(f"F-D{number}" for number in range(1, 25)),
    *(f"F-C{number}" for number in (1, 2, 3, 4, 9)),
    *(f"F-A{number}" for number in range(1, 13)),
    *("F-R7", "F-R8", "F-T7", "F-W2", "F-W13"),
]


def functions_of(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node


def rows_of(test: ast.FunctionDef) -> set[str]:
    """The rows that a test names; of a docstring only what it says itself, not its module's."""
    named = {f"F-{letter.upper()}{number}" for letter, number in IN_NAME.findall(test.name)}
    return named | set(ROW.findall(ast.get_docstring(test) or ""))


@pytest.fixture(scope="module")
def named() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for test in functions_of(path):
            for row in rows_of(test):
                found.setdefault(row, []).append(f"{path.name}::{test.name}")
    return found


@pytest.mark.parametrize("row", BUILT)
def test_a_row_that_was_built_has_a_test_that_names_it(row: str, named: dict[str, list[str]]) -> None:
    assert named.get(row), f"no test names {row}"


def test_a_name_and_a_docstring_are_both_read() -> None:
    module = ast.parse('def test_f_d18_x(): pass\ndef test_y():\n    """F-D7: deaf."""\n')
    first, second = (node for node in module.body if isinstance(node, ast.FunctionDef))
    assert (rows_of(first), rows_of(second)) == ({"F-D18"}, {"F-D7"})
