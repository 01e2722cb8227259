"""The simulated clock of the storm: one file for all processes, refused outside of proofs."""

from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from attestation import clock
from config import checks
from office.sweep import clocks

MOMENT = "2026-03-05T17:40:00+05:00"


@pytest.fixture
def file(tmp_path: Path, settings: Any) -> Path:
    """The clock of this process, stood in for."""
    made = tmp_path / "clock"
    made.write_text(MOMENT)
    settings.SIMULATED_CLOCK, settings.ALLOW_TIME_TRAVEL = str(made), True
    return made


def test_the_file_is_the_present_and_goes_where_it_is_put(file: Path) -> None:
    assert clock.now() == datetime.fromisoformat(MOMENT)
    file.write_text("2026-03-06T00:00:00+05:00")
    assert clock.now() == datetime.fromisoformat("2026-03-06T00:00:00+05:00")


def test_a_simulated_clock_differs_from_no_other_and_does_not_drift(file: Path) -> None:
    assert clocks.database_ahead() == timedelta()
    first = clocks.read()
    file.write_text("2026-03-06T17:40:00+05:00")
    assert (first.up_ms, clocks.safeguards(first, clocks.read())) == (None, ())


@pytest.mark.django_db
def test_without_time_travel_the_file_is_not_looked_at_and_the_start_refused(
    file: Path, settings: Any
) -> None:
    settings.ALLOW_TIME_TRAVEL = False
    assert abs(clock.now() - datetime.fromisoformat(MOMENT)) > timedelta(days=1)
    assert [message.id for message in checks.clock_is_real(None)] == ["config.E030"]
    settings.ALLOW_TIME_TRAVEL = True
    assert checks.clock_is_real(None) == []


def test_production_refuses_a_simulated_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    given = SimpleNamespace(
        **{name: getattr(checks.settings, name) for name in dir(checks.settings) if name.isupper()}
    )
    given.DEPLOYMENT = "production"
    given.SIMULATED_CLOCK = "/some/file"
    monkeypatch.setattr(checks, "settings", given)
    assert "config.E031" in [message.id for message in checks.production_is_safe(None)]
