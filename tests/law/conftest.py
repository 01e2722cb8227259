"""`@pytest.mark.point("¶17.3")` claims that a test asserts a point; this holds it to its word.

The cites that the rules themselves gave for the answers the test looked at (`cited(answer)`) must have the
claimed ones among them, so that a copied test with another mark fails.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.law.observed import Observed


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "point(*cites): the points and readings a test asserts by their cites")


@pytest.fixture
def cited(request: pytest.FixtureRequest) -> Iterator[Observed]:
    """Hand it each answer that shows the point; at the end every claimed cite must have been seen."""
    observed = Observed()
    yield observed
    missing = unseen(claimed(request.node), observed)
    if missing:
        pytest.fail(f"claims {sorted(missing)}, but saw {sorted(observed.cites)}")


@pytest.fixture(autouse=True)
def claims_are_held(request: pytest.FixtureRequest) -> None:
    """A test with a claim must look: without `cited` nothing would hold it."""
    if claimed(request.node) and "cited" not in request.fixturenames:
        pytest.fail("a test marked with a point takes the fixture `cited`")


def unseen(cites: set[str], observed: Observed) -> set[str]:
    """The claimed cites that no answer carried."""
    return cites - observed.cites


def claimed(item: pytest.Item) -> set[str]:
    return {cite for mark in item.iter_markers("point") for cite in mark.args}
