"""The lines of a digest: by event and cycle, each case with what is told of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from attestation import access
from attestation.labels import Label
from attestation.models import Employee, Notice
from attestation.notices.kinds import TITLES, Kind

MOST_LINES = 300


@dataclass(frozen=True)
class Line:
    """One case: its number and the person, empty where the reader may not know; what is told of it."""

    case: str
    name: str
    due_on: date | None
    told: tuple[str, ...]


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
            "attestation__cycle", "attestation__employee", "deadline__term", "deadline__employee", "user"
        ).order_by("attestation__case_no", "deadline__due_on", "pk")
    )
    people = {person.pk for row in rows if (person := _person(row))}
    seen = set(access.scoped(reader, Employee.objects.filter(pk__in=people)).values_list("pk", flat=True))
    hidden = access.hidden_among(reader, people)
    groups: dict[tuple[str, str, bool], Group] = {}
    for row in rows:
        case, person = row.attestation, _person(row)
        blind = person is not None and person.pk in hidden
        cycle = case.cycle.code if case and not blind else ""
        key = (row.kind, cycle, blind)
        group = groups.setdefault(key, Group(TITLES[Kind(row.kind)], cycle, blind))
        if len(group.lines) >= MOST_LINES:
            group.more += 1
            continue
        name = person.full_name if person and person.pk in seen else ""
        group.lines.append(_line(row, blind, name, context_of))
    return sorted(groups.values(), key=_urgency)


def _line(row: Notice, blind: bool, name: str, context_of: Callable[[Notice], Mapping[str, Any]]) -> Line:
    due_on = row.deadline.due_on if row.deadline else None
    if blind:
        return Line("", "", due_on, ())
    said = context_of(row)
    outcome = (str(said["outcome_label"]),) if said.get("outcome_label") else ()
    reasons = (str(sentence).rstrip(".") for sentence in said["reason_sentences"])
    return Line(row.attestation.case_no if row.attestation else "", name, due_on, (*outcome, *reasons))


def _person(row: Notice) -> Employee | None:
    """Whom it is about: of a term of a category there is no case."""
    subject = row.attestation or row.deadline
    return subject.employee if subject else None


def _urgency(group: Group) -> tuple[date, str]:
    ends = [line.due_on for line in group.lines if line.due_on]
    return min(ends, default=date.max), str(group.title)
