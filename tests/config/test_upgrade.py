"""F-U2: a database of an earlier version, full of cases, is brought up and still says the same.

tests/data/demo-*.sql.xz are the demo on the version of 29 November 2026 (scripts/dump_demo.py).
"""

from __future__ import annotations

import json
import lzma
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from django.db import connection
from django.db.backends.sqlite3._functions import register as register_functions

from attestation.calendar_seed import seed_days
from tests.commands import answers, each
from tests.template import ROOT, maintenance

# One for each worker of the tests: they share a server.
NAME = f"upgraded_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
DUMPS = ROOT / "tests" / "data"


def dump() -> str:
    return lzma.decompress((DUMPS / f"demo-{connection.vendor}.sql.xz").read_bytes()).decode()


@pytest.fixture
def earlier(tmp_path: Path, django_db_setup: None) -> Iterator[str]:
    """The dump in a database of its own; gives what DATABASE_URL is then."""
    if connection.vendor == "sqlite":
        place = tmp_path / "earlier.sqlite3"
        database = sqlite3.connect(place)
        register_functions(database)  # Django's, which the tables' checks call
        database.executescript(dump())
        database.close()
        yield f"sqlite:///{place}"
        return
    import psycopg

    found = connection.settings_dict
    with maintenance() as server:
        server.execute(f"CREATE DATABASE {NAME}")
        with psycopg.connect(
            host=found["HOST"], user=found["USER"], dbname=NAME, autocommit=True
        ) as database:
            database.execute(dump())
        yield f"postgres://{found['USER']}@//{found['HOST'].strip('/')}/{NAME}"
        server.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


# What no review changes: the columns that both versions have.
KEPT = """
from django.db import connection
tables = {
    "attestation_attestation": "id, status, repeat, existing, rule_set_id, version, status_reason",
    "attestation_decision": "*",
    "attestation_result": "id, questions_total, correct_answers, wrong_questions, test_variant, finished_at, "
    "source, reason, recorded_at, published_at, superseded_at, attestation_id, recorded_by_id, supersedes_id",
    "attestation_deadline": "id, key, state, due_on",
    "attestation_categoryterm": "id, category, starts_on, ends_on, decision_id, suspended_at",
    "attestation_consequence": "id, kind, effective_on, due_on, done_text",
    "attestation_notice": "id, kind, state",
    "scoring_assessment": "*",
}
with connection.cursor() as cursor:
    for table, columns in tables.items():
        cursor.execute(f"SELECT {columns} FROM {table} ORDER BY id")
        print(table, cursor.fetchall())
"""
# Of the one dismissal that is open: as if it had been listed beside the case before.
LISTED_BESIDE = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute(
        "UPDATE attestation_attestation SET listed_at = '2025-01-09 05:00:00+00:00' WHERE id = (SELECT "
        "attestation_id FROM attestation_consequence WHERE kind = 'dismissal' AND state = 'open')"
    )
"""
# In a process of the version that is tried; the last line is JSON.
MARKS = """
import json
from attestation.models import CalendarDay, Consequence, Deadline, GroundMark, Notice, RuleSet
found = {
    "marks": GroundMark.objects.order_by("pk").values_list("cause", "grounds"),
    "dismissals": Consequence.objects.filter(kind="dismissal").order_by("state").values_list("state", "why"),
    "rule_sets": RuleSet.objects.order_by("effective_from").values_list("kept_term", "window"),
}
"""
COLUMNS = """
from attestation.intake.report import as_data, file_lines
from attestation.models import ImportJob
jobs = list(ImportJob.objects.order_by("pk"))
found["noted"] = [[note["code"], note["message"]] for job in jobs for note in as_data(job)["notes"]]
found["files"] = [[job.sheet, *file_lines(job)] for job in jobs]
followed = Deadline.objects.filter(kind__in=("grace", "reattestation")).order_by("pk")
found |= {
    "days": CalendarDay.objects.order_by("day").values_list("day", "nature", "estimated"),
    "rungs": Notice.objects.order_by("pk").values_list("key", "kind", "rung"),
    "followed": followed.values_list("key", "kind", "follows__key", "decision"),
}
"""
MIGRATE = ("migrate", "--no-input")
SAY = "print(json.dumps({name: list(rows) for name, rows in found.items()}, default=str))\n"


def shell(code: str) -> tuple[str, ...]:
    return ("shell", "-v0", "--no-imports", "-c", code)


def test_the_demo_of_an_earlier_version_is_brought_up_and_says_the_same(
    manage_py: Callable[..., CompletedProcess[str]], earlier: str
) -> None:
    """I-32: nothing on record changes; cases that would end otherwise today are listed once, and their open
    dismissals suspended.
    """

    def run(*commands: tuple[str, ...]) -> Iterator[str]:
        """What each prints, in one process; none fails."""
        done = manage_py("shell", "-v0", "--no-imports", "-c", each(*commands), DATABASE_URL=earlier)
        for answer in answers(done, *commands):
            assert answer.returncode == 0, answer.stderr
            yield answer.stdout

    before, migrated = run(shell(LISTED_BESIDE + KEPT), MIGRATE)
    assert "Cases to be decided on anew: 10." in migrated
    looked, replayed, _again, marked, journal = run(
        shell(KEPT + MARKS + COLUMNS + SAY),
        ("replay", "--json"),
        MIGRATE,
        shell(MARKS + SAY),
        ("verify_journal", "--json"),
    )
    kept, _newline, said = looked.rstrip().rpartition("\n")
    assert f"{kept}\n" == before
    found = json.loads(said)
    reviewed = Counter(code for cause, codes in found["marks"] if cause == "revised" for code in codes)
    assert reviewed == {"kept_end": 5, "window": 2, "held_category": 2, "parallel": 1}
    assert found["dismissals"] == [["done", ""], ["suspended", "ground"]]
    # I-06, I-15: decisions on record keep how they were read.
    assert found["rule_sets"] == [["own_end", "since_final"], ["always", "between"]]
    # I-09: what a day off is was read from its English name until then.
    days = found["days"]
    seeded = {str(seed.day): seed for year in range(2000, 2040) for seed in seed_days(year)}
    assert days == [[day, seeded[day].nature, seeded[day].estimated] for day, _nature, _moon in days]
    assert {nature for _day, nature, _moon in days} == {"holiday", "religious", "moved", "working"}
    for key, kind, rung in found["rungs"]:
        assert rung == (key.split(":")[1] if kind.startswith("reminder_") else "")
    # What was said of an imported file stays as it was worded; the sheet is named once.
    assert found["noted"]
    assert all(code == "as_worded" and message for code, message in found["noted"])
    for sheet, *lines in found["files"]:
        assert len([line for line in lines if f"«{sheet}»" in line]) == bool(sheet)
    # I-12, ¶27.2: what the keys alone said.
    assert {kind for _key, kind, _follows, _decision in found["followed"]} == {"grace", "reattestation"}
    for key, kind, follows, decision in found["followed"]:
        of = key.partition(":")[2]
        assert follows == (f"appeal:{of}" if kind == "grace" and not of.startswith("correction:") else None)
        assert decision == (int(of.partition(":")[0]) if kind == "reattestation" else None)
    decisions = json.loads(replayed)
    assert (decisions["differences"], decisions["decisions"] > 150) == ([], True)
    assert json.loads(marked) == {name: found[name] for name in ("marks", "dismissals", "rule_sets")}
    entries = json.loads(journal)
    assert (entries["broken"], entries["entries"] > 1000) == (None, True)
