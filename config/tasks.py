"""What beat calls; all of it can be called twice, late or not at all, and nothing is lost."""

from __future__ import annotations

from attestation import clock, notices
from config import clocks
from config import replay as replaying
from config import sweep as sweeping
from config.celery import app

# A slow mail server must not take a task past its time limit; the rest is the next one's.
LETTERS_A_RUN = 500


def sweep_now() -> None:
    """Everything that is due."""
    sweeping.run(clock.now(), clock=clock.now, machine=clocks.read, letters=LETTERS_A_RUN)


def deliver_now() -> None:
    """Letters alone, more often than the sweep."""
    notices.deliver(now=clock.now(), limit=LETTERS_A_RUN)


def replay_if_due() -> None:
    """The nightly replay, once the last one is old enough."""
    replaying.run_if_due(now=clock.now())


sweep = app.task(name="config.tasks.sweep")(sweep_now)
deliver = app.task(name="config.tasks.deliver")(deliver_now)
replay_due = app.task(name="config.tasks.replay_due")(replay_if_due)
