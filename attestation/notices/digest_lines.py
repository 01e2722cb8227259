"""The lines of a digest: by event and cycle, each case with what is told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from attestation import access
from attestation.labels import Label
from attestation.models import Attestation, Notice, User
from attestation.notices.kinds import TITLES, Kind

MOST_LINES = 300


@dataclass(frozen=True)
class Line:
    """One case: its number and the person, empty where the reader may not know; what is told of it."""

    case: str
    name: str
    due_on: date | None
    told: tuple[Any, ...]


@dataclass
class Group:
    """One event in one cycle; `more` cases are not listed."""

    title: Label
    cycle: str
    blind: bool
    lines: list[Line] = field(default_factory=list)
    more: int = 0


def grouped(digest: Notice, context_of: Callable[[Notice], Mapping[str, Any]]) -> list[Group]:
    """The groups, those whose first term ends soonest first; labels in the language active now.

    `context_of`: what the letter of a notice says (`letters.letter_context`). A person is named only where
    the reader may see the case; under blind review neither the case nor its number is.
    """
    reader = digest.user
    assert reader is not None  # no digest without an account
    rows = list(
        digest.lines.select_related(
            "attestation__cycle", "attestation__employee", "deadline__term", "user", "employee"
        ).order_by("attestation__case_no", "pk")
    )
    seen, hidden = _in_sight(reader, rows), _hidden(reader, rows)
    groups: dict[tuple[str, str, bool], Group] = {}
    for row in rows:
        case = row.attestation
        blind = case is not None and case.employee_id in hidden
        cycle = case.cycle.code if case and not blind else ""
        key = (row.kind, cycle, blind)
        group = groups.setdefault(key, Group(TITLES[Kind(row.kind)], cycle, blind))
        if len(group.lines) >= MOST_LINES:
            group.more += 1
            continue
        group.lines.append(_line(row, blind, case is not None and case.pk in seen, context_of))
    return sorted(groups.values(), key=_urgency)


def _line(row: Notice, blind: bool, named: bool, context_of: Callable[[Notice], Mapping[str, Any]]) -> Line:
    due_on = row.deadline.due_on if row.deadline else None
    if blind:
        return Line("", "", due_on, ())
    said = context_of(row)
    case = row.attestation
    outcome = (said["outcome_label"],) if said.get("outcome_label") else ()
    return Line(
        case.case_no if case else "",
        case.employee.full_name if case and named else "",
        due_on,
        (*outcome, *said["reason_sentences"]),
    )


def _in_sight(reader: User, rows: Iterable[Notice]) -> set[int]:
    cases = Attestation.objects.filter(pk__in={row.attestation_id for row in rows if row.attestation_id})
    return set(access.scoped(reader, cases).values_list("pk", flat=True))


def _hidden(reader: User, rows: Iterable[Notice]) -> set[int]:
    return access.hidden_among(reader, {row.attestation.employee_id for row in rows if row.attestation})


def _urgency(group: Group) -> tuple[date, str]:
    ends = [line.due_on for line in group.lines if line.due_on]
    return min(ends, default=date.max), str(group.title)
