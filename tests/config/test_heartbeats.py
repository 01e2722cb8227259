"""F-D7: who did something lately, and when it was."""

import logging
import os
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from celery.beat import Scheduler, SchedulingError
from django.db import DatabaseError

from attestation import clock
from attestation.models import Heartbeat
from config import celery
from office.sweep import beat, heartbeats


@pytest.fixture(autouse=True)
def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeats, "_last", {})


def test_f_d7_a_task_that_reaches_a_worker_is_its_heartbeat(db: None) -> None:
    task = SimpleNamespace(request=SimpleNamespace(hostname="celery@host"))
    before = clock.now()
    celery.note_that_a_task_came(task=task)
    row = Heartbeat.objects.get()
    assert (row.kind, row.name) == ("worker", f"celery@host:{os.getpid()}")
    assert row.seen_at >= before


def test_f_d7_a_worker_that_hears_nothing_keeps_its_old_row(db: None) -> None:
    heartbeats.note_worker("deaf@host", 1)
    old = clock.now() - timedelta(minutes=20)
    Heartbeat.objects.update(seen_at=old)
    heartbeats.note_worker("hears@host", 2)
    assert Heartbeat.objects.get(name="deaf@host:1").seen_at == old


def test_one_write_in_thirty_seconds(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    passed = SimpleNamespace(monotonic=lambda: 1000.0)
    monkeypatch.setattr(heartbeats, "time", passed)
    assert heartbeats.note_worker("celery@host", 1)
    passed.monotonic = lambda: 1029.9
    assert not heartbeats.note_worker("celery@host", 1)
    passed.monotonic = lambda: 1030.0
    assert heartbeats.note_worker("celery@host", 1)


def test_the_row_of_a_process_that_is_gone_is_forgotten_after_a_day(db: None) -> None:
    now = clock.now()
    Heartbeat.objects.create(name="gone:1", kind="worker", seen_at=now - timedelta(hours=25))
    Heartbeat.objects.create(name="late:1", kind="worker", seen_at=now - timedelta(hours=23))
    heartbeats.note_worker("celery@host", 2)
    assert set(Heartbeat.objects.values_list("name", flat=True)) == {"late:1", "celery@host:2"}


def test_a_database_that_is_away_does_not_fail_the_task(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away() -> None:
        raise DatabaseError("away")

    monkeypatch.setattr(heartbeats.transaction, "atomic", away)
    with caplog.at_level(logging.WARNING, logger="office.sweep.heartbeats"):
        assert not heartbeats.note_worker("celery@host", 1)
    assert "the heartbeat of celery@host:1 could not be written" in caplog.text


def scheduler() -> beat.NotedScheduler:
    return beat.NotedScheduler(celery.app, lazy=True)


def test_beat_is_seen_when_it_has_sent_something(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeats, "close_old_connections", lambda: None)
    monkeypatch.setattr(Scheduler, "apply_async", lambda *_args, **_kwargs: "sent")
    assert scheduler().apply_async(SimpleNamespace()) == "sent"
    assert list(Heartbeat.objects.values_list("kind", flat=True)) == ["beat"]


def test_beat_that_reaches_no_broker_is_not_seen(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: Any, **_kwargs: Any) -> None:
        raise SchedulingError("no broker")

    monkeypatch.setattr(Scheduler, "apply_async", away)
    with pytest.raises(SchedulingError):
        scheduler().apply_async(SimpleNamespace())
    assert not Heartbeat.objects.exists()


def test_beat_runs_by_the_noted_scheduler() -> None:
    assert celery.app.conf.beat_scheduler == "office.sweep.beat:NotedScheduler"
