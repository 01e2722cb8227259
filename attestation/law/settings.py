"""The settings: the readings (I-01 … I-30) that the ministry can change without a change of code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from attestation.law.refusals import RuleRefusal

# A grace of more than a year would be a mistake in typing, not a setting.
FINALISE_AFTER_MAX = 365


class Choice(NamedTuple):
    """One setting: the reading it belongs to and the values it can take; the first is the default."""

    reading: str
    allowed: tuple[str, ...]


CHOICES: dict[str, Choice] = {
    "managers_initial": Choice("I-01", ("position", "initial")),
    "category_basis": Choice("I-02", ("total", "test")),
    "rating_gap": Choice("I-04", ("commission", "ten", "zero")),
    "no_rating": Choice("I-05", ("commission", "ten", "zero")),
    "low_total": Choice("I-07", ("below_existing", "existing")),
    "kept_term": Choice("I-15", ("always", "declared", "own_end")),
    "window": Choice("I-06", ("between", "twelve_months", "since_final")),
    "scoring_rolls": Choice("I-10", ("false", "true")),
    "finalise_after": Choice("I-12", (f"0…{FINALISE_AFTER_MAX}",)),
    # A property of the rule set, not of a decision: checked where given, kept by the rule set itself.
    "effective_from": Choice("I-21", ("YYYY-MM-DD",)),
}


class UnknownSetting(RuleRefusal):
    """A setting that no reading names."""

    def __init__(self, name: str) -> None:
        super().__init__("unknown_setting", "I-21", name=name[:60], names=", ".join(CHOICES))


class BadSetting(RuleRefusal):
    """A setting with a value that its reading does not offer."""

    def __init__(self, name: str, value: object) -> None:
        choice = CHOICES[name]
        super().__init__(
            "bad_setting",
            choice.reading,
            name=name,
            value=repr(value)[:60],
            allowed=", ".join(choice.allowed),
        )


@dataclass(frozen=True, slots=True)
class Settings:
    """The readings as they are set; the defaults are those of docs/readings.md. Built by `from_mapping`."""

    managers_initial: str = "position"
    category_basis: str = "total"
    rating_gap: str = "commission"
    no_rating: str = "commission"
    low_total: str = "below_existing"
    kept_term: str = "always"
    window: str = "between"
    scoring_rolls: bool = False
    finalise_after: int = 1

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, object]) -> Settings:
        """The settings named in `mapping`, defaults for the rest. Raises UnknownSetting, BadSetting."""
        if not mapping:
            return DEFAULTS
        values: dict[str, Any] = {
            name: _checked(name, value) for name, value in mapping.items() if not _is_day(name, value)
        }
        return cls(**values)

    @classmethod
    def of_decision(cls, stored: Mapping[str, object]) -> Settings:
        """The settings stored beside a decision; one of before a setting existed was read as BEFORE."""
        return cls.from_mapping({**BEFORE, **stored})

    def as_dict(self) -> dict[str, str | bool | int]:
        """Every setting by name, JSON-able."""
        return {name: getattr(self, name) for name in self.__slots__}


DEFAULTS = Settings()
# I-06, I-15: how decisions were read that were stored before these settings existed.
BEFORE: dict[str, object] = {"kept_term": "own_end", "window": "since_final"}


def _is_day(name: str, value: object) -> bool:
    """I-21: `effective_from` is a date, checked and left to the rule set."""
    if name != "effective_from":
        return False
    if isinstance(value, date):
        return True
    try:
        is_plain = isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        is_plain = False
    if not is_plain:
        raise BadSetting(name, value)
    return True


def _checked(name: str, value: object) -> str | bool | int:
    choice = CHOICES.get(name)
    if choice is None:
        raise UnknownSetting(name)
    if name == "scoring_rolls":
        if isinstance(value, bool):
            return value
    elif name == "finalise_after":
        # True is an int to Python, and no number of days.
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= FINALISE_AFTER_MAX:
            return value
    elif isinstance(value, str) and value in choice.allowed:
        return value
    raise BadSetting(name, value)
