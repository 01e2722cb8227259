"""The databases of the crash points, each prepared once a run; and the figures at the end of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from tests.faults import crash, crash_bench, crash_cast
from tests.faults.crash_copies import Copies, copies_here, prepared

FIGURES = pytest.StashKey[list[crash.Tally]]()


@dataclass(frozen=True)
class Scene:
    """Where acts are killed: the prepared database, its copies, a folder of our own."""

    evening: str
    copies: Copies
    folder: Path


@contextmanager
def made(name: str, prepare: Callable[[], None], blocker: Any, folder: Path) -> Iterator[Scene]:
    """Made once: a test changes copies alone."""
    with blocker.unblock(), translation.override("en"):
        copies = copies_here(folder)
        yield Scene(prepared(copies, prepare, name), copies, folder)
        copies.drop(name)


@pytest.fixture(scope="session")
def scene(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """The evening of publications, files and sweeps."""
    with made("evening", crash_cast.prepare, django_db_blocker, tmp_path_factory.mktemp("crash")) as scene:
        yield scene


@pytest.fixture(scope="session")
def bench(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """The afternoon of the commission."""
    with made("afternoon", crash_bench.prepare, django_db_blocker, tmp_path_factory.mktemp("bench")) as scene:
        yield scene


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> list[crash.Tally]:
    """What a proof found; it is printed at the end of the run."""
    return request.config.stash.setdefault(FIGURES, [])


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """`make faults` prints the count (issue 4, "Done when" 1)."""
    tallies = config.stash.get(FIGURES, [])
    if not tallies:
        return
    from django.db import connection

    terminalreporter.section(f"crash points on {connection.vendor}")
    names = ("points", "lost", "doubled", "half_written", "repeated", "states")
    titles = "".join(f"{name.replace('_', '-'):>14}" for name in names)
    terminalreporter.write_line(f"{'killed in':18}{titles}")
    for row in tallies:
        terminalreporter.write_line(f"{row.act:18}" + "".join(f"{getattr(row, name):14}" for name in names))
    total = "".join(f"{sum(getattr(row, name) for row in tallies):14}" for name in names)
    terminalreporter.write_line(f"{'total':18}{total}")
    terminalreporter.write_line("repeated: letters accepted, not yet marked; sent again, same Message-ID")
    terminalreporter.write_line("states: how many different ones the kills left behind, each recovered")
