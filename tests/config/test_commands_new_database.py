"""On a new database `migrate` alone makes the commands usable, without Redis and without any setting."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

from tests.commands import answers, each

Manage = Callable[..., CompletedProcess[str]]
COMMANDS = (
    ("sweep", "--json"),
    ("replay", "--json"),
    ("verify_journal", "--json"),
    ("confirm_calendar", "2026", "--json"),
    ("confirm_calendar", "2027", "--json"),
    ("sweep", "--json", "--at", "2026-02-11T00:30:00+05:00"),
    ("report", "--cycle", "NONE", "--json"),
)


def test_migrate_alone_makes_the_commands_usable(manage_py: Manage, new_database: Path) -> None:
    """The database is the one that tests/template.py copies: made by `migrate` alone, without any setting."""
    done = manage_py("shell", "-v0", "--no-imports", "-c", each(*COMMANDS))
    sweep, replay, journal, this_year, next_year, at, report = answers(done, *COMMANDS)
    assert sweep.returncode == 0, sweep.stderr
    answer = json.loads(sweep.stdout)
    assert (answer["ran"], answer["failed"]) == (True, {})
    assert (replay.returncode, json.loads(replay.stdout)) == (0, {"decisions": 0, "differences": []})
    assert json.loads(journal.stdout) == {"entries": 0, "broken": None}
    # 2026 ships confirmed with the release, the years after it do not (F-R7).
    for confirmed, year, changed in ((this_year, 2026, False), (next_year, 2027, True)):
        said = {"year": year, "confirmed": True, "changed": changed, "settled": 0}
        assert json.loads(confirmed.stdout) == said
    assert (at.returncode, json.loads(at.stdout)["code"]) == (1, "no_time_travel")
    assert (report.returncode, json.loads(report.stdout)["code"]) == (1, "unknown_cycle")
