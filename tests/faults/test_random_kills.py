"""F-D4, F-D6: kill -9 of web, worker, beat, Redis and PostgreSQL while people work: all is there, once."""

import os
import sys
from collections.abc import Iterator

import pytest

from tests.faults import kills
from tests.faults.stack import Stack, add_product, running_stack

APP = "tests.faults.stack_app"
SEED = int(os.environ.get("FAULTS_SEED") or 20260210)


@pytest.fixture
def on_postgres() -> Iterator[Stack]:
    with running_stack(SEED, postgres=True) as stack:
        yield stack


@pytest.fixture
def on_sqlite() -> Iterator[Stack]:
    with running_stack(SEED, postgres=False) as stack:
        yield stack


def take(
    stack: Stack, capsys: pytest.CaptureFixture[str], times: int, rounds: int, hands: int
) -> kills.Findings:
    """The run, its table, and that it was one."""
    office = kills.set_up(stack, seed=SEED, rounds=rounds)
    add_product(stack, APP)
    killer, found = kills.work(office, kills=times, seed=SEED, hands=hands)
    with capsys.disabled():
        sys.stdout.write(f"\n{kills.table(office, killer, found)}\n")
    assert found.all() + office.troubles == []
    assert len(killer.log) == times
    assert found.letters > 0
    assert any(made.live for made in office.rounds)
    return found


@pytest.mark.postgres
@pytest.mark.daily(3)
def test_a_few_random_kills_on_postgresql_lose_and_double_nothing(
    on_postgres: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    assert take(on_postgres, capsys, times=2, rounds=1, hands=1).all() == []


@pytest.mark.slow  # `make test` kills on PostgreSQL; the crash points are on both
def test_a_few_random_kills_on_the_embedded_default_lose_and_double_nothing(
    on_sqlite: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    assert take(on_sqlite, capsys, times=4, rounds=1, hands=2).all() == []


@pytest.mark.slow
@pytest.mark.postgres
def test_f_d4_a_hundred_random_kills_under_load_lose_and_double_nothing(
    on_postgres: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    assert take(on_postgres, capsys, times=100, rounds=40, hands=2).all() == []
