"""A line of the health page, and the three tones it can have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

GOOD, WAIT, BAD = "good", "wait", "bad"


@dataclass(frozen=True)
class Line:
    """One part: `tone` is good, wait (look at it today) or bad (at once); `todo` the next step, if any."""

    key: str
    title: str
    tone: str
    state: str
    since: datetime | None = None
    todo: str = ""
    url: str = ""

    def as_data(self) -> dict[str, Any]:
        """For /healthz and the command."""
        since = self.since.isoformat(timespec="seconds") if self.since else None
        return {"key": self.key, "tone": self.tone, "state": self.state, "since": since, "todo": self.todo}


def worst(found: Iterable[Line]) -> str:
    """The tone of all together."""
    tones = {line.tone for line in found}
    return next((tone for tone in (BAD, WAIT) if tone in tones), GOOD)
