"""The product's names are those of docs/glossary.md; what its last table has is not used any more."""

from __future__ import annotations

import re
import tokenize
from functools import cache
from pathlib import Path

import pytest

from tests.house import APPS, ROOT

LINE = re.compile(r"^\| `(.+?)` \| .+ \|$", re.MULTILINE)
# The columns that keep their names: `ReadyEffect.brakes`.
COLUMNS = {"brakes"}


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


def test_the_list_is_read() -> None:
    assert len(forbidden()) > 4
    assert {"Deadline", "By", "safeguards"} <= set(names())


@pytest.mark.parametrize("pattern", forbidden())
def test_no_name_that_the_glossary_replaced(pattern: str) -> None:
    used = {name: files for name, files in names().items() if re.fullmatch(pattern, name)}
    assert {name: files for name, files in used.items() if name not in COLUMNS} == {}
