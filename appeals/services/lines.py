"""The lines of an agenda: what waits, how it gets there, where it goes next. Ours, not the order's.

Every act takes its locks in one order: the case, the sitting, the line (F-C9).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Coalesce
from django.urls import reverse

from appeals import sitting_lifecycle as lifecycle
from appeals.models import AgendaItem, AppealItem, Commission, Membership, Sitting
from appeals.services.commission import VOTING_SEATS, commission_for, competent_commission
from attestation import journal
from attestation.by import By
from attestation.cases.waiting import held_for_ruling
from attestation.law.calendar import local_day
from attestation.models import Attestation
from attestation.reason_words import coded


class RowRuling(Protocol):
    """What rules on a held row 2 of App. 1-2 by a sitting's vote: 10 points or 0."""

    def __call__(self, attestation: Attestation, *, points: int, reason: str, by: By) -> object: ...


# The ratings of a case's window, the oldest first.
RowRatings = Callable[[Attestation], Sequence[tuple[date, str]]]
_ROW_RULING: list[RowRuling] = []
_ROW_RATINGS: list[RowRatings] = []
_ROW_PAGE: list[str] = []


def register_row_ruling(rule: RowRuling, ratings: RowRatings, page: str) -> None:
    """Let `office` say who rules on score rows, by which ratings, and on which page (its name) a chair does
    so without a sitting: this app does not know `scoring`."""
    _ROW_RULING[:] = [rule]
    _ROW_RATINGS[:] = [ratings]
    _ROW_PAGE[:] = [page]


def row_page(case: int) -> str:
    """Where the chair rules blind on the held row 2 of the case with this key, without a sitting (I-05)."""
    return reverse(_ROW_PAGE[0], args=(case,))


def row_ratings(case: Attestation) -> Sequence[tuple[date, str]]:
    """What a ruling on row 2 rests on: the ratings of the window, each with its day."""
    return [row for ratings in _ROW_RATINGS for row in ratings(case)]


def row_ruling() -> RowRuling:
    """The registered one; without it no score row can be ruled on in a sitting."""
    return _ROW_RULING[0]


def case_of(line: AgendaItem) -> Attestation:
    """Whose case the line is about, with the appellant and the centre."""
    found = Attestation.objects.select_related("employee", "center__parent", "cycle")
    if line.item_id is not None:
        return found.get(appeals__items=line.item_id)
    return found.get(agenda_items=line)


def lock_sitting(sitting: Sitting) -> Sitting:
    """The sitting afresh and under its lock, which lets foreign keys to it be written."""
    return (
        Sitting.objects.select_for_update(of=("self",), no_key=True)
        .select_related("commission__center", "closed_by")
        .get(pk=sitting.pk)
    )


def lock_line(line: AgendaItem) -> AgendaItem:
    """F-C9: the line under its lock, and what hangs on it read after the lock was got."""
    AgendaItem.objects.select_for_update(of=("self",), no_key=True).get(pk=line.pk)
    return AgendaItem.objects.select_related("sitting__commission__center", "item", "attestation").get(
        pk=line.pk
    )


def commission_of_item(item: AppealItem, now: datetime) -> Commission:
    """Who rules on the question; of one recorded before commissions sat, who is competent now."""
    if item.commission is not None:
        return item.commission
    return competent_commission(item.appeal.attestation.center, local_day(now))


def commission_of_row(case: Attestation, now: datetime) -> Commission:
    """Who rules on a held row 2: the competent commission, or the central one it was passed to."""
    passed = AgendaItem.objects.filter(attestation=case, outcome=AgendaItem.Outcome.PASSED)
    return commission_for(None) if passed.exists() else competent_commission(case.center, local_day(now))


@dataclass(frozen=True)
class Ready:
    """What waits for a commission and is on no agenda."""

    items: list[AppealItem]
    rows: list[Attestation]

    @property
    def cases(self) -> set[int]:
        """The ids of the cases behind them."""
        return {item.appeal.attestation_id for item in self.items} | {case.pk for case in self.rows}


def ready_for(commission: Commission, now: datetime) -> Ready:
    """The questions under appeal and the held score rows of the commission, the oldest first."""
    return Ready(list(_ready_items(commission, now)), list(_ready_rows(commission, now)))


def something_waits(commission: Commission, now: datetime) -> bool:
    """Whether any of it is there; the search ends with the first."""
    return any(True for _one in _ready_items(commission, now)) or _ready_rows(commission, now).exists()


def _ready_items(commission: Commission, now: datetime) -> Iterator[AppealItem]:
    items = (
        AppealItem.objects.unclosed()
        .filter(Q(commission=commission) | Q(commission__isnull=True))
        .exclude(agenda_items__in=AgendaItem.objects.standing())
        .select_related("commission", "appeal__attestation__center__parent")
        .order_by("appeal__filed_at", "appeal_id", "question")
    )
    return (item for item in items if commission_of_item(item, now) == commission)


def _ready_rows(commission: Commission, now: datetime) -> QuerySet[Attestation]:
    waiting = held_for_ruling(Attestation.objects.all(), now)
    return (
        rows_of([commission], waiting, local_day(now))
        .exclude(agenda_items__in=AgendaItem.objects.standing())
        .select_related("center__parent")
        .order_by("listed_at", "pk")
    )


def rows_of(
    commissions: Sequence[Commission], rows: QuerySet[Attestation], day: date
) -> QuerySet[Attestation]:
    """Those of the held rows on which one of the commissions rules: `commission_of_row` for many."""
    voting = Membership.objects.in_office(day).filter(
        seat__in=VOTING_SEATS, user__is_active=True, commission__center__isnull=False
    )
    own = voting.filter(commission__in=commissions).values("commission__center")
    passed = AgendaItem.objects.filter(outcome=AgendaItem.Outcome.PASSED, attestation__isnull=False)
    was_passed = Q(pk__in=passed.values("attestation"))
    ours = Q(labour_center__in=own) & ~was_passed
    if any(commission.center_id is None for commission in commissions):
        ours |= was_passed | ~Q(labour_center__in=voting.values("commission__center"))
    return rows.annotate(labour_center=Coalesce("center__parent", "center")).filter(ours)


def next_planned(commission: Commission) -> Sitting | None:
    """The commission's next sitting that is not open yet."""
    planned = Sitting.objects.filter(commission=commission, state=Sitting.State.PLANNED)
    return planned.order_by("starts_at", "pk").first()


def add_line(sitting: Sitting, item: AppealItem | None, row: Attestation | None, *, by: By) -> AgendaItem:
    """A new line at the agenda's end. The caller holds the locks of the case and the sitting."""
    last = sitting.agenda.aggregate(last=Max("position"))["last"] or 0
    line = AgendaItem.objects.create(sitting=sitting, item=item, attestation=row, position=last + 1)
    if item is not None and item.commission_id != sitting.commission_id:
        item.commission = sitting.commission
        item.save(update_fields=["commission"])
    lifecycle.move(
        sitting,
        lifecycle.SittingEvent.PUT,
        by=by,
        data={
            "agenda_item": line.pk,
            "position": line.position,
            "appeal": item.appeal.external_id if item is not None else None,
            "question": item.question if item is not None else None,
            "row_2_of": row.case_no if row is not None else None,
        },
    )
    return line


def carry_over(line: AgendaItem, *, by: By) -> AgendaItem | None:
    """What got no ruling goes to the next sitting; None where none is planned yet: then it waits."""
    return _put_next(line.item, line.attestation, line.sitting.commission, by=by)


def pass_to_central(line: AgendaItem, *, by: By) -> AgendaItem | None:
    """The item goes to the central commission, by itself and visibly; the new line, if one is made."""
    lifecycle.close_item(
        line,
        lifecycle.AgendaEvent.TO_CENTRAL,
        by=by,
        reason=coded("no_possible_quorum"),
    )
    return hand_over(line.item, line.attestation, case_of(line), by=by)


def hand_over(
    item: AppealItem | None, row: Attestation | None, case: Attestation, *, by: By
) -> AgendaItem | None:
    """The question, or the held row, is the central commission's from now on, and on its next agenda."""
    central = commission_for(None)
    if item is not None:
        item.commission = central
        item.save(update_fields=["commission"])
    journal.record(
        "passed_to_central",
        by=By(None, by.at),
        attestation=case,
        data={"question": item.question if item is not None else None, "row_2": row is not None},
    )
    return _put_next(item, row, central, by=by)


def _put_next(
    item: AppealItem | None,
    row: Attestation | None,
    commission: Commission,
    *,
    by: By,
) -> AgendaItem | None:
    following = next_planned(commission)
    if following is None:
        return None
    following = lock_sitting(following)
    if following.state == Sitting.State.CLOSED:
        return None
    return add_line(following, item, row, by=by)
