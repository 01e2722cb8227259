"""F-D3, F-D5, F-D6: many sweeps at once, messages three times, Redis emptied: each effect once, in time."""

import os
import sys
from collections.abc import Iterator

import pytest

from tests.faults.stack import Stack, running_stack
from tests.faults.storm import Storm
from tests.faults.storm_cast import FIRST_TICK

PLANTED, TWICE, NEVER = "tests.faults.storm_planted", "OCT-0001", "OCT-0002"

SEED = int(os.environ.get("FAULTS_SEED") or 20260210)

pytestmark = pytest.mark.postgres


@pytest.fixture
def stack() -> Iterator[Stack]:
    with running_stack(SEED, postgres=True) as made:
        yield made


def take(storm: Storm, capsys: pytest.CaptureFixture[str]) -> None:
    """The run, its figures, and that nothing differs from the quiet one."""
    found = storm.run()
    with capsys.disabled():
        sys.stdout.write(f"\n{found.table()}\n")
    assert (found.doubled, found.missed, found.broken) == ([], [], "")
    assert found.flushes == storm.flushes
    assert found.tasks > found.ticks
    assert found.manual > 0
    assert found.letters > 0


@pytest.mark.daily(3)
def test_two_simulated_days_of_storm_differ_in_nothing_from_two_quiet_ones(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    # The publication, the end of the stage, an appeal and the assessment fall into these two; the clock
    # stands at each and at their end. Beats of two seconds leave the machine to the other round meanwhile.
    begin = "2026-10-15T17:30"
    small = Storm(stack, begin, days=2, hours=48, flushes=2, seed=SEED, workers=2, every_s=2, by_hand_s=15)
    take(small, capsys)


@pytest.mark.slow
def test_f_d3_thirty_simulated_days_of_storm_differ_in_nothing_from_thirty_quiet_ones(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    take(Storm(stack, FIRST_TICK, days=30, hours=6, flushes=20, seed=SEED), capsys)


@pytest.mark.slow  # it is the harness that is looked at
def test_the_storm_names_an_effect_that_is_done_twice_and_one_that_is_left_out(stack: Stack) -> None:
    """Two bugs in the workers, nobody sweeping by hand: each is one line, and nothing else differs."""
    never = 10**6
    storm = Storm(
        stack,
        "2026-10-15T17:30",
        days=1,
        hours=24,
        flushes=0,
        seed=SEED,
        workers=2,
        every_s=2,
        by_hand_s=never,
        app=PLANTED,
    )
    found = storm.run()
    (doubled,), (missed,) = found.doubled, found.missed
    assert doubled.startswith(f"notices: reminder_appeal {TWICE} ")
    assert missed.startswith(f"notices: reminder_appeal {NEVER} ")
    assert found.broken == ""
