"""No file over 400 lines and no function over 45, but for those named here with the reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import APPS, ROOT

LONGEST_FILE = 400
LONGEST_FUNCTION = 45
# Lists of data: cut in two they would be read twice.
LONG_FILES = {
    "attestation/law/points.py": "the order's sentences, dated",
    "attestation/triggers.py": "what the databases refuse",
}
FILES = [
    path
    for room in (*APPS, "scripts")
    for path in sorted((ROOT / room).rglob("*.py"))
    if "migrations" not in path.parts
]


def name_of(path: Path) -> str:
    """From the root on."""
    return path.relative_to(ROOT).as_posix()


def long_functions(text: str) -> Iterator[str]:
    """Each function with more lines than it may have, its docstring and what stands inside it counted."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = (node.end_lineno or 0) - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield f"{node.name}: {lines}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_function_is_long(path: Path) -> None:
    assert list(long_functions(path.read_text())) == []


def test_no_file_is_long_but_the_lists_of_data() -> None:
    """And one named here that is short by now is taken off."""
    long = {name_of(path) for path in FILES if len(path.read_text().splitlines()) > LONGEST_FILE}
    assert long == set(LONG_FILES)


def test_a_line_too_many_is_found() -> None:
    body = "    pass\n" * LONGEST_FUNCTION
    assert list(long_functions(f"def f():\n{body}")) == [f"f: {LONGEST_FUNCTION + 1}"]
    assert list(long_functions(f"def f():\n{body[9:]}")) == []
