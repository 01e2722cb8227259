"""What a service says when the law or the state of a case forbids an act."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.functional import Promise


class Refused(Exception):
    """An act that was refused and changed nothing.

    `message` is in the reader's language and names the row, field or deadline and the next step;
    `code` is stable for tests and logs; `cite` is the point or reading that forbids the act, if one does.
    """

    def __init__(self, code: str, message: str | Promise, /, cite: str = "", **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.cite = cite
        self.params = params
        self._message = message

    @property
    def message(self) -> str:
        """The sentence in the language active now."""
        text = str(self._message)
        return text % {"cite": self.cite, **self.params} if self.params else text

    def __str__(self) -> str:
        return self.message


def refusal_of(check: Callable[..., object], *facts: Any) -> Refused | None:
    """What a service's check says against an act, for the page that says where the matter lies instead."""
    try:
        check(*facts)
    except Refused as refusal:
        return refusal
    return None


def allows(check: Callable[..., object], *facts: Any) -> bool:
    """Whether a service's check lets an act through: its button asks the same rule."""
    return refusal_of(check, *facts) is None
