"""`migrate` on a database that an earlier version made: brought up, or refused with the next step (F-U2)."""

import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from django.core.management import CommandError

from attestation.law.calendar import local_day
from office.management.commands import migrate

# The names that the releases before 29 November 2026 left in a database, in the order applied there.
EARLIER = (
    *(
        ("attestation", name)
        for name in ("0001_initial", "0002_triggers_and_defaults", "0003_ruling_deadline")
    ),
    *(("appeals", name) for name in ("0001_initial", "0002_initial", "0003_triggers", "0004_sittings")),
    ("appeals", "0005_sitting_triggers_and_rules"),
    ("appeals", "0006_filing_page_and_faulty_questions"),
    *(("attestation", name) for name in ("0004_deadlines_that_survive", "0005_deadlines_triggers")),
    *(("scoring", name) for name in ("0001_initial", "0002_triggers")),
)
RULE_SETS = "SELECT effective_from, low_total, kept_term, window FROM attestation_ruleset ORDER BY 1"
OURS = "app IN ('attestation', 'appeals', 'scoring')"
Manage = Callable[..., CompletedProcess[str]]


Manage = Callable[..., CompletedProcess[str]]


def tomorrow() -> str:
    return (local_day(datetime.now(UTC)) + timedelta(days=1)).isoformat()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("earlier") / "attestation.sqlite3"


@pytest.fixture
def earlier(new_database: Path, manage_py: Manage, kept: Path) -> Path:
    """The embedded database as the last of those releases left it: its tables are those of the squash."""
    if not kept.exists():
        _take_back(new_database, manage_py)
        shutil.copy(new_database, kept)
    shutil.copy(kept, new_database)
    return new_database


def _take_back(new_database: Path, manage_py: Manage) -> None:
    back = manage_py("migrate", "attestation", "0002", "--verbosity", "0")
    assert back.returncode == 0, back.stderr
    with sqlite3.connect(new_database) as database:
        database.execute(f"DELETE FROM django_migrations WHERE {OURS}")
        database.executemany(
            "INSERT INTO django_migrations (app, name, applied) VALUES (?, ?, '2026-11-23')", EARLIER
        )
        # Made anew on the way back, it names columns that an earlier version does not have.
        database.execute("DROP TRIGGER attestation_ruleset_pinned")
        # The ministry moved the first day of its rules: the default must not come back beside them.
        database.execute("UPDATE attestation_ruleset SET effective_from = '2025-10-01'")
        database.execute("DROP TRIGGER attestation_result_no_delete")
    database.close()


@pytest.mark.slow  # test_upgrade.py brings up one of a later version
def test_it_is_brought_up_with_its_rule_sets_as_they_stood(manage_py: Manage, earlier: Path) -> None:
    """I-06, I-15: read as they were; the new defaults begin the day after, otherwise equal."""
    with sqlite3.connect(earlier) as database:
        database.execute("UPDATE attestation_ruleset SET low_total = 'existing'")
    database.close()
    done = manage_py("migrate", "--no-input", "--verbosity", "0")
    assert done.returncode == 0, done.stderr
    with sqlite3.connect(earlier) as database:
        rule_sets = database.execute(RULE_SETS).fetchall()
        guards = database.execute(
            "SELECT name FROM sqlite_master WHERE name LIKE '%result_no_delete'"
        ).fetchall()
    database.close()
    assert rule_sets == [
        ("2025-10-01", "existing", "own_end", "since_final"),
        (tomorrow(), "existing", "always", "between"),
    ]
    assert guards == [("attestation_result_no_delete",)]
    assert manage_py("migrate", "--check", "--verbosity", "0").returncode == 0


@pytest.mark.slow
def test_a_rule_set_to_come_is_left_to_the_administrator(manage_py: Manage, earlier: Path) -> None:
    """Where one begins tomorrow none is put beside it: it waits to be chosen by a person."""
    with sqlite3.connect(earlier) as database:
        database.execute("UPDATE attestation_ruleset SET effective_from = ?", (tomorrow(),))
    database.close()
    assert manage_py("migrate", "--no-input", "--verbosity", "0").returncode == 0
    with sqlite3.connect(earlier) as database:
        rule_sets = database.execute(RULE_SETS).fetchall()
    database.close()
    assert rule_sets == [(tomorrow(), "below_existing", "own_end", "since_final")]


@pytest.mark.daily(3)
def test_one_that_stopped_half_way_is_refused_with_the_next_step(manage_py: Manage, earlier: Path) -> None:
    with sqlite3.connect(earlier) as database:
        database.execute("DELETE FROM django_migrations WHERE name = '0005_deadlines_triggers'")
    database.close()
    before = earlier.read_bytes()
    done = manage_py("migrate", "--no-input", "--verbosity", "0")
    assert done.returncode == 1
    assert "attestation.0005_deadlines_triggers" in done.stderr
    assert "`make clean-data`" in done.stderr
    assert "Traceback" not in done.stderr
    assert earlier.read_bytes() == before


def test_a_review_that_fails_says_how_to_have_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-32: the tables are brought up then, and no case is marked."""

    def fails(**_values: object) -> int:
        raise LookupError("a row is missing")

    monkeypatch.setattr(migrate, "review_past_careers", fails)
    monkeypatch.setattr(migrate.clock, "now", lambda: datetime.now(UTC))
    with pytest.raises(
        CommandError, match=r"a row is missing.*`migrate attestation 0009_correction_requests`"
    ):
        migrate.Command()._review(1)
