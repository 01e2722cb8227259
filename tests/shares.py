"""What `make test` takes of many cases that show the same: others each day, all of them in `make faults`.

`make test` and `make quick` put the day into OF_THE_DAY; with the same day they take the same again. Without
it (`make faults`, pytest asked by hand) nothing is left out. Nor are the tests of what is not committed yet:
their files are put into OF_CHANGES. The files of which no code has changed since they were seen to pass
(`scripts/reach.py`) are put into UNTOUCHED: one in seven of their tests is asked again each day.

A test of one day in n that takes a share of one in k: n and k have no divisor in common, or it would meet the
same shares for ever.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import TypeVar
from zlib import crc32

T = TypeVar("T")

ONE_OF_THE_UNTOUCHED = 7


def number_of_the_day() -> int | None:
    """Counted in days; nothing where everything is taken."""
    day = os.environ.get("OF_THE_DAY")
    return date.fromisoformat(day).toordinal() if day else None


def share(cases: Iterable[T], one_in: int) -> list[T]:
    """One in so many, in their order; each of them once in so many days."""
    day = number_of_the_day()
    return [case for place, case in enumerate(cases) if day is None or (place + day) % one_in == 0]


def some(cases: Iterable[T], one_in: int) -> list[T]:
    """One in so many wherever it is asked for; others each day."""
    return list(cases)[(number_of_the_day() or 0) % one_in :: one_in]


def is_taken(name: str, one_in: int) -> bool:
    """Whether the test of this name is among those of the day."""
    day = number_of_the_day()
    return day is None or is_named(name, "OF_CHANGES") or (crc32(name.encode()) + day) % one_in == 0


def is_named(name: str, variable: str) -> bool:
    """Whether the file of the test of this name is among those of an environment variable."""
    return name.partition("::")[0] in files_in(os.environ.get(variable, ""))


@cache
def files_in(value: str) -> frozenset[str]:
    """Names with blanks between them."""
    return frozenset(value.split())
