"""Reminders as part of the sweep: a deadline that fails goes to "needs attention", the rest go on (F-D18)."""

from __future__ import annotations

from datetime import datetime

from attestation import notices
from attestation.models import Deadline
from attestation.work import Failures


def queue_reminders(*, now: datetime) -> int:
    """Every reminder whose moment has come; returns how many notices are to be sent."""
    failures = Failures(Deadline, "remind", now)
    queued = notices.queue_reminders(now=now, failures=failures)
    failures.forget_the_rest()
    return queued
