"""What beat calls; all of it can be called twice, late or not at all, and nothing is lost."""

from __future__ import annotations

from celery import shared_task

from attestation import clock
from attestation.intake import background
from attestation.notices import delivery
from office.replay import replay
from office.sweep import clocks
from office.sweep import sweep as sweeping
from office.sweep.ping import ping_after

# A slow mail server must not take a task past its time limit; the rest is the next one's.
LETTERS_A_RUN = 500


@shared_task
def sweep() -> None:
    """Everything that is due."""
    summary = sweeping.run(clock.now(), clock=clock.now, machine=clocks.read, letters=LETTERS_A_RUN)
    ping_after(summary)


@shared_task
def deliver() -> None:
    """Letters alone, more often than the sweep."""
    delivery.deliver(now=clock.now(), limit=LETTERS_A_RUN)


@shared_task
def imports() -> None:
    """Large files that were uploaded; a page wakes the worker, and the interval finds what was not heard."""
    background.run_due(now=clock.now())


@shared_task
def replay_due() -> None:
    """The nightly replay, once the last one is old enough."""
    replay.run_if_due(now=clock.now())
