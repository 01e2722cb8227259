"""F-D12: the zone's data change after deadlines were stored: the day stays, its instant is derived anew."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from attestation.by import By
from attestation.deadlines.ledger import close_deadline
from attestation.law import calendar

# Loaded here: first loaded by a test, it would take the zone that the test stands in for the real one.
from attestation.management.commands import deadline_instants  # noqa: F401
from attestation.models import Cycle, Deadline, JournalEntry, Notice, TermChange
from tests.jobs.story import Story, at

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def story() -> Story:
    made = Story()
    made.through((made.listed(made.employee()), 90))
    return made


def run(*arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("deadline_instants", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_f_d12_nothing_differs_while_the_zone_stays(story: Story) -> None:
    assert run() == {"shifted": [], "realigned": 0}


def test_f_d12_open_deadlines_and_stages_are_listed_and_realigned(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    appeal = Deadline.objects.get(kind="appeal")
    closed = Deadline.objects.get(kind="grace")
    close_deadline(closed, "void", by=By(None, at("2026-02-06 10:00")), closed_by="test")
    stored = appeal.closes_at
    assert stored == datetime(2026, 2, 9, 19, tzinfo=UTC)
    # As if Kazakhstan had gone back to UTC+6: midnight comes an hour earlier.
    monkeypatch.setattr(calendar, "ALMATY", ZoneInfo("Asia/Dhaka"))

    listed = run()
    assert [row["what"] for row in listed["shifted"]] == [appeal.key, f"cycle:{story.code}"]
    assert listed["shifted"][0] == {
        "what": appeal.key,
        "stored": "2026-02-09T19:00:00+00:00",
        "derived": "2026-02-09T18:00:00+00:00",
    }
    appeal.refresh_from_db()
    assert appeal.closes_at == stored

    assert run("--apply")["realigned"] == 2
    appeal.refresh_from_db()
    assert (appeal.due_on, appeal.closes_at) == (date(2026, 2, 9), stored - HOUR)
    assert Cycle.objects.get().stage_closes_at == datetime(2026, 2, 6, 18, tzinfo=UTC)
    change = TermChange.objects.get()
    assert (change.deadline, change.cause, change.state) == (appeal, "zone", "applied")
    assert (change.was_due_on, change.due_on) == (appeal.due_on, appeal.due_on)
    assert [
        entry.subject for entry in JournalEntry.objects.filter(act="instant_realigned").order_by("seq")
    ] == [
        appeal.key,
        story.code,
    ]
    assert not Notice.objects.filter(kind="term_moved").exists()
    closed.refresh_from_db()
    assert closed.closes_at == datetime(2026, 2, 10, 19, tzinfo=UTC)
    assert run("--apply") == {"shifted": [], "realigned": 0}


def test_f_d12_it_says_so_in_words(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar, "ALMATY", ZoneInfo("Asia/Dhaka"))
    out = io.StringIO()
    call_command("deadline_instants", stdout=out)
    assert "3 instants differ from the ends of their days." in out.getvalue()
    assert "2026-02-10 00:00:00 +0500 -> 2026-02-09 23:00:00 +0500" in out.getvalue()
