"""kill -9 at random moments, and when it was."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.faults.stack import Service, Stack

# Web and workers have children; PostgreSQL's are its sessions, and the death of one restarts it altogether.
WITH_CHILDREN = ("web", "worker", "postgres")


@dataclass
class Killer:
    """kill -9 at random moments, of what has been up for a while; `log` has (moment, what)."""

    stack: Stack
    chance: random.Random
    names: Sequence[str]
    log: list[tuple[float, str]] = field(default_factory=list)
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
                what = f"{name}, one child" if alone and service.kill_child(self.chance) else name
                if what == name:
                    service.kill_all()
            self.log.append((time.monotonic(), what))

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

    def between(self, since: float, until: float) -> bool:
        """Whether something was killed that time."""
        return any(since - 1 <= moment <= until for moment, _what in self.log)
