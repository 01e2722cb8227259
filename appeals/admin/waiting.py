"""What waits for the commission and for one's own vote, as querysets: shown, or counted unread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from appeals.models import AgendaItem, AppealItem, Attendance, Commission, Membership, Recusal, Sitting
from appeals.services.commission import VOTING_SEATS
from appeals.services.lines import rows_of
from attestation import access
from attestation.cases.waiting import held_for_ruling
from attestation.law.calendar import local_day
from attestation.models import Attestation, User


def commissions_of(user: User, day: date) -> list[Commission]:
    """The commissions in which the person has a seat today."""
    seats = Membership.objects.in_office(day).filter(user=user)
    rows = Commission.objects.filter(pk__in=seats.values("commission")).select_related("center")
    return access.remembered(user, ("commissions", day), lambda: list(rows))


def waiting_items(user: User, day: date) -> QuerySet[AppealItem]:
    """Unclosed questions in sight: those of the person's own commissions, where there are some."""
    rows = access.in_sight(user, AppealItem.objects.unclosed())
    mine = commissions_of(user, day)
    return rows.filter(commission__in=mine) if mine else rows


def waiting_cases(user: User, now: datetime) -> QuerySet[Attestation]:
    """I-04, I-05: cases in sight whose row 2 is held for a ruling, of the person's own commissions."""
    rows = held_for_ruling(access.in_sight(user, Attestation.objects.all()), now)
    mine = commissions_of(user, local_day(now))
    return rows_of(mine, rows, local_day(now)) if mine else rows


@dataclass(frozen=True)
class Waiting:
    """Everything that waits in the person's queue, to be counted."""

    items: QuerySet[AppealItem]
    cases: QuerySet[Attestation]

    def count(self) -> int:
        """How many lines the queue has."""
        items, cases = (rows.order_by().values("pk") for rows in (self.items, self.cases))
        return items.union(cases, all=True).count()


def waiting(user: User, now: datetime) -> Waiting:
    """What the queue shows, unread."""
    return Waiting(waiting_items(user, local_day(now)), waiting_cases(user, now))


def missing_votes(user: User, now: datetime) -> QuerySet[AgendaItem]:
    """The lines of open sittings on which the person, present and not recused, has not voted."""
    seats = Membership.objects.in_office(local_day(now)).filter(user=user)
    here = Attendance.objects.filter(membership__in=seats, seat__in=VOTING_SEATS, present=True)
    asked = AgendaItem.objects.pending().filter(
        counted_at__isnull=True, sitting__state=Sitting.State.OPEN, sitting__in=here.values("sitting")
    )
    recused = Recusal.objects.filter(user=user)
    left = asked.exclude(votes__membership__user=user).exclude(
        item__in=recused.filter(item__isnull=False).values("item")
    )
    left = left.exclude(attestation__in=recused.filter(attestation__isnull=False).values("attestation"))
    if user.employee_id is None:
        return left
    own = Q(item__appeal__attestation__employee=user.employee_id) | Q(attestation__employee=user.employee_id)
    return left.exclude(own)
