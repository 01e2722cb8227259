"""The desk of the contract tests: moments may be stood in for, as ALLOW_TIME_TRAVEL=1 lets them."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from tests.contract.desk import Desk
from tests.siblings_cast import made_once


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("desk")


@override_settings(ALLOW_TIME_TRAVEL=True)
def settle(folder: Path) -> Desk:
    made = Desk(folder)
    made.settle()
    return made


settled = made_once(settle, on="folder")


@pytest.fixture
def desk(settled: Desk, db: None, settings: Any) -> Desk:
    settings.ALLOW_TIME_TRAVEL = True
    return deepcopy(settled)
