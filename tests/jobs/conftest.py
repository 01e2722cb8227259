"""The cast of the tests of jobs."""

import pytest

from tests.jobs.story import Story


@pytest.fixture
def story(db: None) -> Story:
    return Story()
