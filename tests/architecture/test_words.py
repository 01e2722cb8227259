"""The product's names are those of docs/glossary.md; what its last table has is not used any more."""

from __future__ import annotations

import ast
import re
import tokenize
from functools import cache
from pathlib import Path

import pytest

from tests.house import APPS, ROOT

LINE = re.compile(r"^\| `(.+?)` \| .+ \|$", re.MULTILINE)
# The columns that keep their names; no variable is called like one.
COLUMNS = {"brakes", "term", "kept_term", "category_terms", "terms_begun", "terms_ended"}


def forbidden() -> list[str]:
    table = (ROOT / "docs/glossary.md").read_text(encoding="utf-8").partition("## Names that the code no")[2]
    return [pattern.replace("\\|", "|") for pattern in LINE.findall(table)]


@cache
def names() -> dict[str, set[str]]:
    """Each identifier of the product and each module's name, with the files that have it."""
    found: dict[str, set[str]] = {}
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            if "migrations" not in path.parts:
                for name in {path.stem, *identifiers(path)}:
                    found.setdefault(name, set()).add(str(path.relative_to(ROOT)))
    return found


def identifiers(path: Path) -> set[str]:
    with path.open("rb") as source:
        return {token.string for token in tokenize.tokenize(source.readline) if token.type == tokenize.NAME}


def variables(path: Path) -> set[str]:
    """What the functions of the module take and bind, not what they read of an object."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Lambda)]
    inside = [node for function in functions for node in ast.walk(function)]
    taken = {node.arg for node in inside if isinstance(node, ast.arg)}
    return taken | {node.id for node in inside if isinstance(node, ast.Name)}


def test_the_list_is_read() -> None:
    assert len(forbidden()) > 4
    assert {"Deadline", "By", "safeguards"} <= set(names())


@pytest.mark.parametrize("pattern", forbidden())
def test_no_name_that_the_glossary_replaced(pattern: str) -> None:
    used = {name: files for name, files in names().items() if re.fullmatch(pattern, name)}
    assert {name: files for name, files in used.items() if name not in COLUMNS} == {}


def test_no_variable_has_the_name_of_such_a_column() -> None:
    """`term` of a deadline is the column; a row of it is called `deadline` or `period`."""
    found = {
        str(path.relative_to(ROOT)): names & COLUMNS
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts and (names := variables(path)) & COLUMNS
    }
    assert found == {}


def test_a_variable_is_told_from_a_column(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text("def first(term):\n    return rows(term=1).term\n", encoding="utf-8")
    assert variables(module) == {"term", "rows"}
    module.write_text("def first(row):\n    return rows(term=1).term\n", encoding="utf-8")
    assert variables(module) == {"row", "rows"}
