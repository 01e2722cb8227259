"""A commission, its people and its sitting, for the tests of sittings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from appeals.models import AgendaItem, Appeal, AppealItem, Commission, Membership, Sitting
from appeals.services.commission import commission_for
from appeals.services.counting import count_item, seal_item
from appeals.services.filing import file_appeal
from appeals.services.sittings import close_sitting, mark_attendance, open_sitting, plan_sitting
from appeals.services.voting import vote
from attestation.by import By
from attestation.models import Attestation, Center, Role, User
from tests.factories import moment
from tests.siblings_cast import seated

FILED, RECORDED = moment("2026-02-09 16:30"), moment("2026-02-10 18:00")
PLANNED, BEGINS, AT = (moment(f"2026-02-{day}") for day in ("11 09:00", "12 10:00", "12 10:30"))
LATER = moment("2026-02-12 17:00")
WHY = "Ключ теста расходится с действующей редакцией Правил."


@dataclass
class Board:
    """The people of one commission."""

    commission: Commission
    chair: User
    secretary: User
    members: list[User] = field(default_factory=list)

    @property
    def voters(self) -> list[User]:
        """The chair first."""
        return [self.chair, *self.members]

    def seat(self, user: User) -> Membership:
        """The seat of one of them."""
        return self.commission.memberships.get(user=user)


def board(members: int = 2, center: Center | None = None) -> Board:
    """A chair, a secretary and so many members: the central commission, or that of a centre."""
    chair, secretary = seated(center=center), seated(Role.SECRETARY, center=center)
    others = [seated(Role.MEMBER, center=center) for _ in range(members)]
    return Board(commission_for(center), chair, secretary, others)


def filed(case: Attestation, *questions: int, **more: Any) -> Appeal:
    """An appeal in time, put on record the day after."""
    values = {"filed_at": FILED, "receipt_note": "by the Platform", "by": By(None, RECORDED), **more}
    return file_appeal(case, items=[(question, WHY) for question in questions or (12,)], **values)


def planned(people: Board, **more: Any) -> Sitting:
    """A sitting with everything that waits on its agenda."""
    values = {
        "starts_at": BEGINS,
        "place": "Астана, Мәңгілік Ел 8",
        "by": By(people.secretary, PLANNED),
        **more,
    }
    return plan_sitting(people.commission, **values)


def opened(people: Board, present: Sequence[User] | None = None, **more: Any) -> Sitting:
    """An open sitting, with everybody there unless named."""
    sitting = open_sitting(planned(people, **more), by=By(people.secretary, BEGINS))
    attend(people, sitting, people.voters if present is None else present)
    return sitting


def attend(people: Board, sitting: Sitting, present: Sequence[User]) -> None:
    """Those named are there, nobody else."""
    seats = [people.seat(user) for user in present]
    mark_attendance(sitting, seats, by=By(people.secretary, BEGINS))


def line_of(subject: AppealItem | Attestation, **more: Any) -> AgendaItem:
    """Where the question, or the held row, stands on an agenda now."""
    name = "item" if isinstance(subject, AppealItem) else "attestation"
    return AgendaItem.objects.get(**{name: subject, "outcome": "", **more})


def cast(line: AgendaItem, *votes: tuple[User, str]) -> None:
    """Votes, in order."""
    for user, choice in votes:
        vote(line, choice, by=By(user, AT))


def count_and_seal(line: AgendaItem, *, reason: str = WHY, by: By) -> AgendaItem:
    """By the secretary: counted, and where that makes a ruling, given its reason and sealed."""
    counted = count_item(line, by=by)
    return counted if counted.outcome else seal_item(counted, reason=reason, by=by)


def concluded(people: Board, sitting: Sitting) -> Sitting:
    """Closed by the chair: what is sealed takes effect."""
    return close_sitting(sitting, by=By(people.chair, LATER))


def on(day: str) -> date:
    """A day of February 2026."""
    return date(2026, 2, int(day))
