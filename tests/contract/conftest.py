"""The desk of the contract tests: moments may be stood in for, as ALLOW_TIME_TRAVEL=1 lets them."""

from pathlib import Path
from typing import Any

import pytest

from tests.contract.desk import Desk


@pytest.fixture
def desk(db: None, tmp_path: Path, settings: Any) -> Desk:
    settings.ALLOW_TIME_TRAVEL = True
    made = Desk(tmp_path)
    made.settle()
    return made
