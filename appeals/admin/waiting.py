"""What waits for the commission and for one's own vote, as querysets: shown, or counted unread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import BigIntegerField, CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat

from appeals.models import AgendaItem, AppealItem, Attendance, Commission, Membership, Recusal, Sitting
from appeals.services.commission import VOTING_SEATS
from appeals.services.deadlines import key_of_ruling
from appeals.services.lines import rows_of
from attestation import access
from attestation.cases.waiting import held_for_ruling
from attestation.law.calendar import local_day
from attestation.models import Attestation, Deadline, User

NO_KEY = Value(None, output_field=BigIntegerField())
LIVE = Deadline.objects.exclude(state=Deadline.State.VOID)
KEY_OF_RULING = Concat(Value(key_of_ruling("")), Cast(OuterRef("appeal"), CharField()))
OF_SCORING = LIVE.filter(kind=Deadline.Kind.SCORING, attestation=OuterRef("pk"))
END_OF_ITEM = Subquery(LIVE.filter(key=KEY_OF_RULING).values("closes_at")[:1])
END_OF_CASE = Subquery(OF_SCORING.order_by("-pk").values("closes_at")[:1])


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
    """Everything that waits in the person's queue, unread: to be counted, sifted, or fetched by the page."""

    items: QuerySet[AppealItem]
    cases: QuerySet[Attestation]

    def count(self) -> int:
        """How many lines the queue has."""
        items, cases = (rows.order_by().values("pk") for rows in (self.items, self.cases))
        return items.union(cases, all=True).count()

    def overdue(self, now: datetime) -> Waiting:
        """Only what is past the term for the ruling, or for the assessment."""
        items, cases = self.items.alias(ends=END_OF_ITEM), self.cases.alias(ends=END_OF_CASE)
        return Waiting(items, cases).sifted(Q(ends__lte=now), Q(ends__lte=now))

    def nearest_first(self) -> QuerySet[Any, tuple[int | None, int | None, datetime | None]]:
        """Keys of a question or of a case, the oldest term first; what has none comes last."""
        columns = ("key_of_item", "key_of_case", "ends")
        items = self.items.order_by().annotate(key_of_item=F("pk"), key_of_case=NO_KEY, ends=END_OF_ITEM)
        cases = self.cases.order_by().annotate(key_of_item=NO_KEY, key_of_case=F("pk"), ends=END_OF_CASE)
        pairs = items.values_list(*columns).union(cases.values_list(*columns), all=True)
        return pairs.order_by(F("ends").asc(nulls_last=True), "key_of_item", "key_of_case")

    def lines(self) -> QuerySet[AgendaItem]:
        """The lines of agendas on which it stands."""
        return AgendaItem.objects.standing().filter(Q(item__in=self.items) | Q(attestation__in=self.cases))

    def standing_on(self, lines: QuerySet[AgendaItem], *, yes: bool = True) -> Waiting:
        """Only what stands on one of these lines, or on none of them."""
        of_item, of_case = (
            Q(Exists(lines.filter(**{key: OuterRef("pk")}))) for key in ("item", "attestation")
        )
        return self.sifted(of_item if yes else ~of_item, of_case if yes else ~of_case)

    def of_region(self, region: int) -> Waiting:
        """Only what is about a centre there."""
        return self.sifted(Q(appeal__attestation__center__region=region), Q(center__region=region))

    def sifted(self, items: Q, cases: Q) -> Waiting:
        """Of each kind only what fits."""
        return Waiting(self.items.filter(items), self.cases.filter(cases))


def waiting(user: User, now: datetime) -> Waiting:
    """What the queue shows, unread."""
    return Waiting(waiting_items(user, local_day(now)), waiting_cases(user, now))


def missing_votes(user: User, now: datetime, seat: int | None = None) -> QuerySet[AgendaItem]:
    """The lines of open sittings on which the person, present and not recused, has not voted; `seat`: in the
    membership with this key alone."""
    seats = Membership.objects.in_office(local_day(now)).filter(user=user)
    if seat is not None:
        seats = seats.filter(pk=seat)
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


@dataclass(frozen=True)
class MyVotes:
    """The person's missing votes, counted once a request: for the sidebar and for the queue."""

    user: User
    now: datetime

    def count(self) -> int:
        """How many."""
        return access.remembered(self.user, "missing votes", missing_votes(self.user, self.now).count)
