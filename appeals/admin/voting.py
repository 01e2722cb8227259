"""Whose vote the open sittings still wait for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from appeals.models import AgendaItem, Attendance, Membership, Recusal, Sitting, Vote
from appeals.services.commission import VOTING_SEATS

CAST = ("agenda_item_id", "membership_id", "choice")


@dataclass(frozen=True)
class Voting:
    """Who is present and has not voted in the open sittings, and who takes no part."""

    voters: Mapping[int, list[Membership]]
    cast: Mapping[tuple[int, int], str]
    recused: frozenset[tuple[int, int | None, int | None]]

    def takes_part(self, member: Membership, line: AgendaItem) -> bool:
        """Whether the member is not recused from the line, nor is it about the member."""
        if member.user.employee_id == line.case.employee_id:
            return False
        return not {(member.user_id, line.item_id, None), (member.user_id, None, line.attestation_id)} & (
            self.recused
        )

    def missing(self, line: AgendaItem) -> frozenset[int]:
        """The seats whose vote the line still waits for; none once the votes are counted."""
        if line.counted_at is not None:
            return frozenset()
        return frozenset(
            member.pk
            for member in self.voters.get(line.sitting_id, ())
            if (line.pk, member.pk) not in self.cast and self.takes_part(member, line)
        )


def voting_now() -> Voting:
    """The open sittings; few rows, whatever the archive holds."""
    voters: dict[int, list[Membership]] = {}
    for row in Attendance.objects.composition().filter(sitting__state=Sitting.State.OPEN, present=True):
        if row.seat in VOTING_SEATS:
            voters.setdefault(row.sitting_id, []).append(row.membership)
    votes = Vote.objects.filter(agenda_item__sitting__state=Sitting.State.OPEN)
    users = {member.user_id for members in voters.values() for member in members}
    recused = Recusal.objects.filter(user__in=users).values_list("user_id", "item_id", "attestation_id")
    cast = {(line, member): choice for line, member, choice in votes.values_list(*CAST)}
    return Voting(voters, cast, frozenset(recused))
