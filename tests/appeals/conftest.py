"""What the tests of appeals share."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    """A place of its own for the papers of appeals."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT
