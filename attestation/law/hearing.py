"""I-37: who hears of a consequence. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar


class Account(Protocol):
    """An account, and the employee whose own it is, if any."""

    employee_id: int | None


A = TypeVar("A", bound=Account)


class Hearers(NamedTuple, Generic[A]):
    """I-37: the accounts that are told."""

    accounts: tuple[A, ...]
    readings: tuple[str, ...] = ("I-37",)


def hearers(officers: Sequence[A], administrators: Sequence[A], about: int) -> Hearers[A]:
    """I-37: the officers of the centre and of its parent; where none can act on the case, administrators too.

    `about` is the employee whose case it is: an officer reads of their own case and may do nothing about it.
    """
    if any(officer.employee_id != about for officer in officers):
        return Hearers(tuple(officers))
    return Hearers((*officers, *administrators))
