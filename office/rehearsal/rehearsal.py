"""What will the system do in the next days if nobody acts? The sweep's steps on a throw-away transaction.

The steps run at one moment after the other at which something falls due; what they write is read and rolled
back. No letter is sent. What it costs others is said in `attestation.rehearsing`; so it stops after a few
seconds and says how far it came.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from attestation import access
from attestation.admin.written import Line, Reader
from attestation.deadlines.safeguards import Code, Safeguards, read_safeguards
from attestation.models import User
from attestation.rehearsing import rehearsing
from office.rehearsal.moments import next_moment
from office.sweep import sweep

DAYS = 30
MOST_DAYS = 400
LIMIT_S = 8.0
# At one moment one step can make another due; the sweep finds that five minutes later, a rehearsal at once.
MOST_PASSES = 4
# What these do makes nothing due that a step before them would have to do.
ENDINGS = frozenset({sweep.DEADLINES_CLOSED, sweep.PERIODS_WATCHED, sweep.REMINDERS})


@dataclass
class Rehearsal:
    """The lines in the order of time; `through`: how far they reach, `until` or less where time ran out."""

    began: datetime
    until: datetime
    through: datetime
    lines: list[Line] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether the whole time was looked at."""
        return self.through >= self.until

    def seen_by(self, user: User | None) -> Rehearsal:
        """The lines of the centres in the person's sight, those of no centre for who sees everything; none
        about a person on whom the reader may have to vote blind."""
        hidden = access.hidden_among(user, {line.person for line in self.lines if line.person is not None})
        lines = [line for line in self.lines if line.person not in hidden]
        if not access.sees_everything(user):
            seen = set(access.centers_of(user).values_list("pk", flat=True))
            lines = [line for line in lines if seen & line.centers]
        return replace(self, lines=lines)


class OutOfTime(BaseException):
    """The rehearsal has to end. No Exception: the sweep catches those of a single row and goes on."""


def rehearse(
    now: datetime,
    *,
    days: int = DAYS,
    clock: Sequence[Code] = (),
    limit_s: float | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> Rehearsal:
    """Everything that falls due from `now` on for so many days, as the sweep would do it; changes nothing.

    `clock`: the safeguards on the clock that the next sweep would meet; they concern the first moment alone,
    for a rehearsal takes it that the sweep runs from then on.
    """
    found = Rehearsal(now, now + timedelta(days=days), now)
    give_up_at = monotonic() + (LIMIT_S if limit_s is None else limit_s)

    def in_time() -> None:
        if monotonic() > give_up_at:
            raise OutOfTime

    with rehearsing(in_time):
        reader = Reader()
        with suppress(OutOfTime):  # `through` says how far it came
            _play(found, clock, reader, in_time)
    return found


def _play(found: Rehearsal, clock: Sequence[Code], reader: Reader, in_time: Callable[[], None]) -> None:
    at: datetime | None = found.began
    safeguards = read_safeguards(clock)
    while at is not None and at <= found.until:
        in_time()
        _sweep_until_quiet(at, safeguards, in_time, score=at == found.began)
        found.lines += reader.lines_at(at)
        found.through = at
        safeguards = read_safeguards()
        at = next_moment(at)
    found.through = found.until


def _sweep_until_quiet(
    at: datetime, safeguards: Safeguards, in_time: Callable[[], None], *, score: bool
) -> None:
    """The steps as the sweep has them; scoring reads facts, no clock, so that it is left out where nothing
    it reads has changed: a country's cases that wait for data would be assessed at each moment anew."""
    for _attempt in range(MOST_PASSES):
        steps = sweep.steps_at(at)
        score = score or len(steps) > len(sweep.STEPS)
        changed = set()
        for step in steps:
            if step.name == sweep.SCORED and not score:
                continue
            in_time()
            work: Callable[..., Any] = (
                partial(step.work, safeguards=safeguards) if step.held_back else step.work
            )
            if work(now=at):
                changed.add(step.name)
        if not changed - ENDINGS:
            return
        score = True
