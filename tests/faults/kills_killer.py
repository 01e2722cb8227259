"""kill -9 at random moments, and when it was."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.faults.stack import Stack
from tests.faults.stack_mail import Taken
from tests.faults.stack_service import Service

# Web and workers have children; PostgreSQL's are its sessions, and the death of one restarts it altogether.
WITH_CHILDREN = ("web", "worker", "postgres")
# Between "accepted" and "marked" lies one statement; so soon after the letter PostgreSQL was killed under it.
MARKED_WITHIN_S = 2.0


class Kill(NamedTuple):
    """When, what, and which processes."""

    at: float
    what: str
    pids: Sequence[int]


@dataclass
class Killer:
    """kill -9 at random moments, of what has been up for a while."""

    stack: Stack
    chance: random.Random
    names: Sequence[str]
    log: list[Kill] = field(default_factory=list)
    pause_s: tuple[float, float] = (1.5, 4.5)
    least_age_s: float = 4.0

    def kill(self, times: int) -> None:
        """So many, spread over the services."""
        left = [self.names[place % len(self.names)] for place in range(times)]
        self.chance.shuffle(left)
        if times < 2 * len(self.names):
            # Of a few, those first that leave a sweep's lease behind: it is over when the others are done.
            left.sort(key=lambda name: name not in ("worker", "postgres"))
        for name in left:
            time.sleep(self.chance.uniform(*self.pause_s))
            service = self.grown(name)
            alone = name in WITH_CHILDREN and self.chance.random() < 0.4
            with self.stack.lock:
                child = service.kill_child(self.chance) if alone else []
                if child:
                    self.log.append(Kill(time.monotonic(), f"{name}, one child", child))
                else:
                    self.strike(name)

    def strike(self, name: str) -> None:
        """kill -9 a service with all its processes, now."""
        struck = self.stack.services[name].kill_all()
        self.log.append(Kill(time.monotonic(), name, struck))

    def grown(self, name: str) -> Service:
        """The service, once it has been up for a moment: one that is killed as it starts does no work."""
        service = self.stack.services[name]
        give_up_at = time.monotonic() + 60
        while service.age_s < self.least_age_s:
            assert time.monotonic() < give_up_at, (
                f"{name} does not stay up:\n{self.stack.log_of(name)[-3000:]}"
            )
            time.sleep(0.05)
        return service

    def excuses(self, first: Taken, second: Taken) -> bool:
        """Whether the letter was sent again because it could not be marked: the process that had sent it was
        killed, after it had and before it was sent again, or PostgreSQL, under its very next statement."""
        for at, what, pids in self.log:
            if first.sender in pids and first.at - 1 <= at <= second.at:
                return True
            if what.startswith("postgres") and -1 <= at - first.at <= MARKED_WITHIN_S:
                return True
        return False
