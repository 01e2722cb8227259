"""`manage.py sweep`: does once what the scheduled jobs do; needs no Redis."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.utils.translation import gettext as _

from attestation import clock
from attestation.by import By
from attestation.management.acting import ActingCommand, Report
from office.sweep import clocks, sweep
from office.sweep.ping import ping_after
from office.sweep.sweep import Summary


class Command(ActingCommand):
    """Counts by step; while another sweep runs, it says so and does nothing."""

    help = "Do once what the scheduled jobs do: score, decide, close what is over, finalise, remind, send."
    as_user = ""

    def act(self, *, by: By, **options: Any) -> Report:
        # With --at a moment stands in for the clock: nothing can be said of the real one's jumps.
        machine = None if self.stood_in else clocks.read
        with stopping_on_sigterm():
            summary = sweep.run(by.at, clock=clock.now, machine=machine)
        if not self.stood_in:
            ping_after(summary)
        return Report(summary.as_data(), _text(summary), refused=bool(summary.failed))


@contextmanager
def stopping_on_sigterm() -> Iterator[None]:
    """F-D24: asked to stop, roll the row back and give the lease back, instead of dying with it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def _text(summary: Summary) -> str:
    if summary.busy_until is not None:
        return _("Another sweep runs; nothing was done. If it was killed, sweep again after %(until)s.") % {
            "until": f"{summary.busy_until:%H:%M:%S} UTC"
        }
    lines = [f"{name}: {count}" for name, count in summary.counts.items()]
    lines += [
        _("The step “%(step)s” failed (%(error)s); the journal and the log have it.")
        % {"step": name, "error": error}
        for name, error in summary.failed.items()
    ]
    return "\n".join(lines)
