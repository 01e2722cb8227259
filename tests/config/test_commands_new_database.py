"""On a new database `migrate` alone makes the commands usable, without Redis and without any setting."""

import json
from collections.abc import Callable
from subprocess import CompletedProcess

Manage = Callable[..., CompletedProcess[str]]


def test_migrate_alone_makes_the_commands_usable(manage_py: Manage) -> None:
    assert manage_py("migrate", "--no-input", "--verbosity", "0").returncode == 0
    sweep = manage_py("sweep", "--json")
    assert sweep.returncode == 0, sweep.stderr
    answer = json.loads(sweep.stdout)
    assert (answer["ran"], answer["failed"]) == (True, {})
    replay = manage_py("replay", "--json")
    assert (replay.returncode, json.loads(replay.stdout)) == (0, {"decisions": 0, "differences": []})
    journal = manage_py("verify_journal", "--json")
    assert json.loads(journal.stdout) == {"entries": 0, "broken": None}
    # 2026 ships confirmed with the release, the years after it do not (F-R7).
    for year, changed in ((2026, False), (2027, True)):
        confirmed = manage_py("confirm_calendar", str(year), "--json")
        said = {"year": year, "confirmed": True, "changed": changed, "settled": 0}
        assert json.loads(confirmed.stdout) == said
    at = manage_py("sweep", "--json", "--at", "2026-02-11T00:30:00+05:00")
    assert (at.returncode, json.loads(at.stdout)["code"]) == (1, "no_time_travel")
    report = manage_py("report", "--cycle", "NONE", "--json")
    assert (report.returncode, json.loads(report.stdout)["code"]) == (1, "unknown_cycle")
