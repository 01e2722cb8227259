"""I-12, I-28: when a provisional decision becomes final, and the day it is dated."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from attestation.law.reasons import Step


def may_finalise(
    now: datetime, appeal_closes_at: datetime, grace_closes_at: datetime, open_timely_appeals: int
) -> bool:
    """I-12: the appeal term and the grace are over, and no timely appeal is open (a withdrawn one is not)."""
    return now >= appeal_closes_at and now >= grace_closes_at and not open_timely_appeals


FINAL_ON = "final_on"  # the code of the step that dates a decision


def final_on(grace_due_on: date, waited_for: Iterable[date] = ()) -> date:
    """I-28: the day the last thing waited for came: the grace, an appeal resolved, a row ruled on or read."""
    return max([grace_due_on, *waited_for])


def final_on_step(grace_due_on: date, waited_for: Iterable[date] = ()) -> Step:
    """I-28: `final_on` as a step, with the days it was chosen from."""
    days = sorted(waited_for)
    inputs: dict[str, str | int | None] = {
        "grace_due_on": grace_due_on.isoformat(),
        "waited_for": ", ".join(day.isoformat() for day in days),
    }
    result = final_on(grace_due_on, days).isoformat()
    return Step(FINAL_ON, "I-28", inputs, "max", None, result, ("I-12", "I-28"))
