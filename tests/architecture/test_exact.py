"""I-03: no binary float in the rules, nor in what simulates them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXACT = [
    *sorted((ROOT / "attestation" / "law").glob("*.py")),
    ROOT / "scoring" / "criteria.py",
    ROOT / "appeals" / "rules.py",
    *sorted((ROOT / "office" / "simulate").glob("*.py")),
]


@pytest.mark.parametrize("path", EXACT, ids=lambda path: path.name)
def test_no_float_is_written_or_made(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), node.lineno
        assert not (isinstance(node, ast.Name) and node.id in ("float", "round")), node.lineno
