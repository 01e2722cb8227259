"""Values as JSON keeps them in a staged row, and back."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any


def freeze(value: Any) -> Any:
    """A value as JSON that `thaw` turns back."""
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    if isinstance(value, Decimal):
        return {"n": str(value)}
    return value


def thaw(value: Any) -> Any:
    """The value that `freeze` was given."""
    if not isinstance(value, dict):
        return value
    if "t" in value:
        return datetime.fromisoformat(value["t"])
    return date.fromisoformat(value["d"]) if "d" in value else Decimal(value["n"])


def as_cell(value: Any) -> Any:
    """The cell in which a value may have stood, as child.py would have typed it."""
    if isinstance(value, datetime):
        return ["t", value.isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    if isinstance(value, Decimal):
        return ["n", str(value)]
    return ", ".join(str(part) for part in value) if isinstance(value, list) else value


def freeze_all(values: dict[str, Any] | None) -> dict[str, Any] | None:
    """`freeze` for each value of a row; None where there is no row."""
    return None if values is None else {name: freeze(value) for name, value in values.items()}
