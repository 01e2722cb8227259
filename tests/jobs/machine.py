"""A machine whose clocks a test sets: the sweep then has its real brakes (F-D8)."""

from __future__ import annotations

from datetime import datetime, timedelta

from office.sweep import sweep
from office.sweep.clocks import Reading


class Machine:
    """`wall` can be set, how long the machine was up only goes on."""

    def __init__(self, wall: datetime) -> None:
        self.wall, self.up_ms = wall, 0

    def read(self) -> Reading:
        """What the worker reads at each sweep."""
        return Reading(self.wall, self.up_ms, "host 1f")

    def goes_on(self, span: timedelta) -> None:
        """Time passes."""
        self.wall += span
        self.up_ms += span // timedelta(milliseconds=1)

    def to(self, moment: datetime) -> None:
        """Time passes until then."""
        self.goes_on(moment - self.wall)

    def sweep(self) -> sweep.Summary:
        """As the worker does it."""
        return sweep.run(self.wall, clock=lambda: self.wall, machine=self.read)

    def copy(self) -> Machine:
        """The same machine, to go another way from here."""
        other = Machine(self.wall)
        other.up_ms = self.up_ms
        return other
