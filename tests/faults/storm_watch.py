"""Who is at work now: a line as a sweep begins and one as it ends, by all processes of a storm into one file.

The simulated clock may go on only when nobody has anything left to do at its moment: then what is done at a
moment is the same however the processes took turns, and a storm can be compared to the moment.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

FILE = "at-work"


@dataclass
class Work:
    """What one piece of work came to: how much it changed; for a whole sweep, the moment it swept at."""

    changed: int = 1
    swept_at: str = "-"


def note(path: Path, line: str) -> None:
    """One line at the end of the file; short ones of several processes never mix."""
    there = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(there, f"{line}\n".encode())
    finally:
        os.close(there)


@contextmanager
def noted(path: Path) -> Any:
    """The work within: until it says otherwise, it changed something and was no sweep."""
    key, work = secrets.token_hex(8), Work()
    note(path, f"begin {key}")
    try:
        yield work
    finally:
        note(path, f"end {key} {work.changed} {work.swept_at}")


def swept(data: dict[str, Any]) -> Work:
    """Of a sweep's summary: a step that failed, and what others held, is something left to do."""
    counts = sum(value for name, value in data.items() if type(value) is int and name != "clock_differs_s")
    whole = data["ran"] and not data["failed"]
    return Work(counts, data["at"] if whole else "-")


def watched(path: Path, function: Callable[..., Any], work_of: Callable[[Any], Work]) -> Callable[..., Any]:
    """The function, with its beginning and its end on record."""

    def call(*arguments: Any, **options: Any) -> Any:
        with noted(path) as work:
            done = function(*arguments, **options)
            found = work_of(done)
            work.changed, work.swept_at = found.changed, found.swept_at
        return done

    return call


@dataclass
class Watch:
    """The reader of the file, by its places: which line comes first is the order of events."""

    path: Path
    read_to: int = 0
    place: int = 0
    begun: dict[str, int] = field(default_factory=dict)
    last_change: int = -1
    # Of sweeps that found nothing to do: moment, place of the first and of the last line.
    idle: list[tuple[datetime, int, int]] = field(default_factory=list)

    def is_quiet(self, moment: str) -> bool:
        """Whether a whole sweep at this moment found nothing to do, begun after the last change by anybody,
        and none of those that were at work beside it is still."""
        self._read_on()
        first_open = min(self.begun.values(), default=self.place)
        at = datetime.fromisoformat(moment)
        self.idle = [row for row in self.idle if row[0] == at and row[1] > self.last_change]
        return any(end < first_open for _at, _begin, end in self.idle)

    def _read_on(self) -> None:
        if not self.path.exists():
            return
        with self.path.open("rb") as source:
            source.seek(self.read_to)
            whole, newline, _half = source.read().rpartition(b"\n")
        self.read_to += len(whole) + len(newline)
        for line in whole.decode().splitlines():
            self._take(line.split())
            self.place += 1

    def _take(self, words: list[str]) -> None:
        if words[0] == "begin":
            self.begun[words[1]] = self.place
            return
        _end, key, changed, swept_at = words
        begin = self.begun.pop(key)
        if int(changed):
            self.last_change = self.place
        elif swept_at != "-":
            self.idle.append((datetime.fromisoformat(swept_at), begin, self.place))
