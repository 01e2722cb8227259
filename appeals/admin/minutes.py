"""The minutes of a sitting as a protocol: who was there, each item with its outcome, who signs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from appeals.admin import board, endings
from appeals.admin.attendance import appointed_since, attendance_of
from appeals.admin.matter import held_words
from appeals.models import AgendaItem, Membership, Recusal, Sitting


def minutes_of(sitting: Sitting, lines: list[AgendaItem], reader: board.Reader, day: date) -> dict[str, Any]:
    """What the protocol says to this reader; of an item how it ended alone, once it has."""
    blind, names = board.unnamed(reader.user, lines), endings.members_by_username(sitting)
    dissents, recusals = endings.dissents_of(lines), endings.recusals_of(lines, sitting)
    told = [line for line in lines if line.outcome and reader.reads_votes]
    attendance = attendance_of(sitting, reader.composition)
    return {
        # The name of a regional commission is that of the appellants' centre.
        "commission": "" if blind and sitting.commission.center_id else sitting.commission,
        "present": [person for person in attendance if person.tone != "bad"],
        "absent": [person for person in attendance if person.tone == "bad"],
        "unchecked": [person for person in attendance if person.text],
        "recused": recused_from(told, recusals),
        "appointed": appointed_since(sitting),
        "items": [
            {
                "line": board.shown(line, sitting, reader, blind),
                "appellant": line.item is not None,
                "ground": line.item.get_ground_display() if line.item else "",
                "argument": line.item.argument if line.item else "\n".join(held_words(line.case)),
                "recusals": recusals.get(line.pk, []) if line in told else [],
                "outcome": endings.ending_of(line, reader, names, dissents.get(line.pk, ()))
                if line in told
                else None,
            }
            for line in lines
        ],
        "signatures": signatures_of(sitting),
    }


def recused_from(lines: Iterable[AgendaItem], recusals: Mapping[int, list[Recusal]]) -> list[board.Person]:
    """Who took no part and why, with the numbers of the items as `text`."""
    found: dict[tuple[str, str], list[int]] = {}
    for line in lines:
        for recusal in recusals.get(line.pk, []):
            found.setdefault((str(recusal.user), recusal.why), []).append(line.position)
    return [
        board.Person(name, reason=reason, text=", ".join(map(str, positions)))
        for (name, reason), positions in sorted(found.items())
    ]


def signatures_of(sitting: Sitting) -> list[board.Person]:
    """Whoever closed the sitting from its chair, and who kept its minutes; nobody before it is closed."""
    if sitting.state != Sitting.State.CLOSED:
        return []
    seats = list(sitting.attendance.composition())
    chair = [row for row in seats if row.membership.user_id == sitting.closed_by_id]
    secretary = [row for row in seats if row.seat == Membership.Seat.SECRETARY]
    return [
        board.Person(str(row.membership.user), str(Membership.Seat(row.seat).label))
        for row in (*chair, *secretary)
    ]
