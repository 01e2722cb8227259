"""F-D8, F-D9: what two readings of the clocks say; pure but for the database's clock."""

import logging
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from attestation import clock
from attestation.deadlines.safeguards import Code
from attestation.models import JobRun, JournalEntry
from office.sweep import clocks, sweep
from office.sweep.clocks import Reading
from tests.jobs.story import READ

NOON = datetime(2026, 2, 6, 12, tzinfo=UTC)
BOOT = "host 1f"


def reading(minutes: int, *, up: int | None = None, boot: str = BOOT) -> Reading:
    """So many minutes after noon by the clock, so many after the first reading by the machine's own."""
    up_ms = (minutes if up is None else up) * 60_000
    return Reading(NOON + timedelta(minutes=minutes), up_ms, boot)


@pytest.mark.parametrize(
    ("now", "codes"),
    [
        (reading(5), []),
        (reading(36 * 60), []),
        (reading(36 * 60 + 1), [Code.GAP]),
        # NTP: within two minutes nobody asks.
        (reading(7, up=5), []),
        (reading(8, up=5), [Code.CLOCK]),
        (reading(3, up=5), []),
        (reading(2, up=5), [Code.CLOCK]),
        # Back an hour, forward a year: on this start of the machine, and on another one.
        (reading(-60, up=5), [Code.CLOCK]),
        (reading(-60, up=5, boot="host 2a"), [Code.CLOCK]),
        (reading(365 * 24 * 60, up=5), [Code.GAP, Code.CLOCK]),
        (reading(365 * 24 * 60, up=5, boot="host 2a"), [Code.GAP]),
        # Another machine, or started anew: how long it was up says nothing about the clock.
        (reading(5, up=90_000, boot="host 2a"), []),
        # A machine that slept two days: its own clock went on, the gap is real.
        (reading(48 * 60), [Code.GAP]),
    ],
)
def test_f_d8_what_two_readings_say(now: Reading, codes: list[Code]) -> None:
    assert list(clocks.safeguards(reading(0), now)) == codes


def test_the_first_sweep_ever_has_no_brake() -> None:
    assert clocks.safeguards(None, reading(0)) == ()
    assert Reading.from_data({}) is None


def test_a_machine_without_such_a_clock_still_sees_a_jump_back() -> None:
    last, back = Reading(NOON), Reading(NOON - timedelta(hours=1))
    assert clocks.safeguards(last, back) == (Code.CLOCK,)
    assert clocks.safeguards(last, Reading(NOON + timedelta(hours=1))) == ()


def test_a_reading_is_kept_with_the_run_as_it_was() -> None:
    kept = reading(5)
    assert Reading.from_data(kept.as_data()) == kept


def test_this_machine_can_be_read(db: None) -> None:
    first, second = clocks.read(), clocks.read()
    assert first.boot == second.boot != ""
    assert first.up_ms is not None
    assert second.up_ms is not None
    assert first.up_ms <= second.up_ms
    assert clocks.safeguards(first, second) == ()


def test_a_sweep_keeps_what_the_clocks_showed_and_one_at_another_moment_does_not(db: None) -> None:
    sweep.run(READ, machine=lambda: reading(5))
    assert JobRun.objects.get(name="sweep").clock == reading(5).as_data()
    sweep.run(READ + timedelta(hours=1))
    assert JobRun.objects.get(name="sweep").clock == reading(5).as_data()


# --- the database's clock ---------------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db
def test_f_d9_deadlines_are_judged_by_the_databases_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    before = clock.now()
    assert before.tzinfo == UTC
    # This process's clock is a day ahead; nobody asks it.
    ahead = SimpleNamespace(now=lambda: datetime.now(UTC) + timedelta(days=1))
    monkeypatch.setattr(clock, "timezone", ahead)
    assert timedelta() <= clock.now() - before < timedelta(minutes=5)


def drifting(monkeypatch: pytest.MonkeyPatch, ahead: timedelta) -> None:
    monkeypatch.setattr(clocks, "database_ahead", lambda: ahead)


def test_f_d9_a_difference_over_five_seconds_is_an_alarm(
    db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    drifting(monkeypatch, timedelta(seconds=-6))
    with caplog.at_level(logging.ERROR, logger="office.sweep.sweep"):
        for hours in (0, 1, 24):
            summary = sweep.run(READ + timedelta(hours=hours), machine=lambda: reading(0))
    assert summary.as_data()["clock_differs_s"] == -6
    assert JobRun.objects.get(name="sweep").summary["clock_differs_s"] == -6
    assert caplog.text.count("differ by -6 s") == 3
    # Once a day: the first two sweeps are of the same day.
    noted = JournalEntry.objects.filter(act="clocks_differ").order_by("seq")
    assert [(entry.subject, entry.data) for entry in noted] == [
        ("clock:2026-02-07", {"seconds": -6}),
        ("clock:2026-02-08", {"seconds": -6}),
    ]


def test_f_d9_five_seconds_are_none(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    drifting(monkeypatch, timedelta(seconds=5))
    assert sweep.run(READ, machine=lambda: reading(0)).clock_differs_s == 0
    assert not JournalEntry.objects.filter(act="clocks_differ").exists()


@pytest.mark.postgres
@pytest.mark.django_db
@pytest.mark.parametrize("hours", [-1, 1])
def test_f_d9_the_two_clocks_are_compared_both_ways(monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    assert not clocks.differ(clocks.database_ahead())
    ours = SimpleNamespace(now=lambda: datetime.now(UTC) - timedelta(hours=hours))
    monkeypatch.setattr(clocks, "timezone", ours)
    assert abs(clocks.database_ahead() - timedelta(hours=hours)) < timedelta(minutes=1)
