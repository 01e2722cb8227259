"""When an account is written to: two digests a day, and at once where that would be too late. Ours."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from attestation.law.calendar import ALMATY, local_day
from attestation.models import Deadline

# By the clock in Almaty: before the day's work, and with half of it left.
TIMES = (time(8, 30), time(14))


def _around(at: datetime) -> list[datetime]:
    """The moments of digests of the day before, the day, and the day after, in order."""
    days = [local_day(at) + timedelta(days=n) for n in (-1, 0, 1)]
    return [datetime.combine(day, moment, ALMATY) for day in days for moment in TIMES]


def next_digest(at: datetime) -> datetime:
    """The first moment of a digest after `at`."""
    return next(moment for moment in _around(at) if moment > at)


def latest_digest(at: datetime) -> datetime:
    """The last moment of a digest before `at`, or `at` itself."""
    return [moment for moment in _around(at) if moment <= at][-1]


def can_wait(deadline: Deadline | None, at: datetime) -> bool:
    """Whether what is told of the deadline is in time with the next digest; of one that is over, it is."""
    return deadline is None or deadline.is_over(at) or deadline.closes_at > next_digest(at)


def way_to_account(deadline: Deadline | None, at: datetime) -> dict[str, Any]:
    """How a notice to an account leaves, as values of its row: in the next digest, or at once by itself."""
    if can_wait(deadline, at):
        return {"in_digest": True, "not_before": next_digest(at)}
    return {"in_digest": False, "not_before": at}
