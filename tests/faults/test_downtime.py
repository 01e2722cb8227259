"""F-D1, issue 4 "Done when" 3: worker and beat down 0 … 240 hours from any hour: in the end nothing differs.

The brakes are the real ones, on a machine whose clocks are set; where they held something a person confirms.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import timedelta
from itertools import groupby

import pytest
from django.db import connection, transaction

from attestation import journal
from attestation.notices import delivery
from tests.faults.downtime import DOWN_DAY, END, FIVE_MINUTES, Cast, Course
from tests.faults.downtime_reminders import send_at_once, unlike
from tests.jobs.machine import Machine
from tests.jobs.story import at

pytestmark = pytest.mark.django_db

FIRST_DEADLINE_OVER = at("2026-02-09 00:00")
HOURS = tuple(range(0, 241, 6))
RUNS = tuple((start, hours) for start in range(24) for hours in HOURS)
PARTS = 7


@pytest.fixture(autouse=True)
def no_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notices are put in the outbox and count as sent: the sending has proofs of its own."""
    monkeypatch.setattr(delivery, "deliver", send_at_once)


def replay(runs: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """How many runs there were, and in how many a brake held something. Fails where a database differs."""
    cast = Cast()
    course = Course(cast.acts, Machine(DOWN_DAY - timedelta(hours=1)))
    course.machine.sweep()
    expected = course.afterwards(lambda late: late.until(END))
    assert expected["ready"] == []
    quiet = expected.pop("reminders")
    assert len({one.kind for one in quiet}) >= 6
    done = held_back = 0
    for start, lengths in groupby(sorted(set(runs)), key=lambda run: run[0]):
        # Up to the stop everything is as it would have been; the last sweep was five minutes before.
        stop = DOWN_DAY + timedelta(hours=start)
        if course.machine.wall < stop - FIVE_MINUTES:
            course.until(stop - FIVE_MINUTES)
            course.machine.sweep()
        with transaction.atomic():
            down = course.copy()
            for _start, hours in lengths:
                # The longer outage goes on where the shorter one ended.
                down.until(stop + timedelta(hours=hours), down=True)
                found = down.afterwards(_starts_again)
                held, sent = found.pop("ready"), found.pop("reminders")
                same = {name: rows for name, rows in expected.items() if name != "ready"}
                assert found == same, differences(same, found, f"from {start}:00 for {hours} h")
                back = stop + timedelta(hours=hours)
                assert unlike(quiet, sent, stop=stop - FIVE_MINUTES, back=back) == [], (
                    f"{start}:00, {hours} h"
                )
                done, held_back = done + 1, held_back + bool(held)
            transaction.set_rollback(True)
    return done, held_back


def _starts_again(course: Course) -> None:
    course.starts_again()
    course.until(END)
    assert journal.verify() is None


def differences(expected: dict[str, list[str]], found: dict[str, list[str]], run: str) -> str:
    """What is missing (-) and what is too much (+), table by table."""
    lines = [run]
    for table, rows in expected.items():
        lines += [f"- {table}: {row}" for row in rows if row not in found[table]]
        lines += [f"+ {table}: {row}" for row in found[table] if row not in rows]
    return "\n".join(lines)


@pytest.mark.once  # the long proof replays on both
@pytest.mark.daily(6)
def test_f_d1_a_few_outages_of_any_length() -> None:
    """Both sides of the bound of the brake."""
    sample = ((18, 48), (18, 54))
    runs, held_back = replay(set(sample))
    assert (runs, held_back) == (2, 1)
    assert [_safeguards(start, hours) for start, hours in sample] == [False, True]


def _safeguards(start: int, hours: int) -> bool:
    """Whether a deadline ran out meanwhile (the first on Sunday the 8th) and the gap is over 36 hours."""
    ended = DOWN_DAY + timedelta(hours=start + hours)
    return timedelta(hours=hours) + FIVE_MINUTES > timedelta(hours=36) and ended >= FIRST_DEADLINE_OVER


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_f_d1_down_0_to_240_hours_from_every_hour_of_the_day(
    part: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each part meets every hour and every length; about ten seconds an outage, so one part on PostgreSQL."""
    if part and connection.vendor != "sqlite":
        pytest.skip("one part is enough on the second database: SQLite has all of them")
    chosen = RUNS[part::PARTS]
    runs, held_back = replay(chosen)
    with capsys.disabled():
        sys.stdout.write(
            f"\ndowntime: {runs} runs, in {held_back} of them a brake held something; 0 differences\n"
        )
    assert (len(RUNS), len(HOURS), runs) == (984, 41, len(chosen))
    assert held_back == sum(_safeguards(start, hours) for start, hours in chosen)
