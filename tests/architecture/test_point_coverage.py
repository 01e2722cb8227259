"""Every point that is coded, and every reading, is asserted by a test by its cite.

Statically: some test claims it with `@pytest.mark.point`. At run time tests/law/conftest.py holds the claim
to what the rules answered, so that a copied test with another mark fails.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

from attestation.law.points import CITES, READINGS
from tests.law.build import decision, facts
from tests.law.conftest import unseen
from tests.law.observed import Observed

LAW_TESTS = Path(__file__).parent.parent / "law"

CODED_POINTS = [
    "¶7", "¶8.1", "¶8.2", "¶9", "¶14.1", "¶14.2", "¶17.1", "¶17.2", "¶17.3", "¶17.4", "¶21",
    "¶27.1", "¶27.2", "¶27.3", "¶28.1", "¶28.2", "¶28-1", "¶30.1", "¶30.2", "¶30.3", "¶30.4", "¶34",
    "App. 1-2 row 1", "App. 1-2 row 2", "App. 1-2 row 3", "App. 1-2 footnote",
]  # fmt: skip
CODED_READINGS = [f"I-{number:02}" for number in [*range(1, 38), 39, 40, 41, 42, 44]]
# No rule to ask: an appeal without a test result can't be stored (tests/appeals/test_constraints.py).
KEPT_BY_THE_RECORD = {"I-24"}


def claims() -> dict[str, list[str]]:
    """The tests that claim each cite; read from their source, so that nothing has to run."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(LAW_TESTS.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for cite in marked(node):
                    found[cite].append(f"{path.name}::{node.name}")
    return found


def marked(node: ast.FunctionDef) -> list[str]:
    calls = [mark for mark in node.decorator_list if isinstance(mark, ast.Call)]
    return [
        str(argument.value)
        for call in calls
        if ast.unparse(call.func) == "pytest.mark.point"
        for argument in call.args
        if isinstance(argument, ast.Constant)
    ]


@pytest.mark.parametrize("cite", [*CODED_POINTS, *sorted(set(CODED_READINGS) - KEPT_BY_THE_RECORD)])
def test_coded_point_is_asserted_by_its_cite(cite: str) -> None:
    assert claims()[cite], f"no test claims {cite}"


def test_claims_name_points_that_exist() -> None:
    assert set(claims()) - {*CITES, *READINGS} == set()
    assert set(CODED_POINTS) <= set(CITES)
    assert list(READINGS) == CODED_READINGS


def test_copied_test_with_another_mark_is_found_out() -> None:
    observed = Observed()
    observed(decision(facts("director", "position", 85)))
    assert unseen({"¶17.3"}, observed) == set()
    assert unseen({"¶17.4"}, observed) == {"¶17.4"}


def test_string_written_into_a_test_is_no_evidence() -> None:
    with pytest.raises(TypeError, match="carries no cites"):
        Observed()("¶17.3")
