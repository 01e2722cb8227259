"""A commission's sitting from plan to closing (I-12). Ours, not the order's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext_lazy

from appeals import sitting_lifecycle as lifecycle
from appeals.models import AgendaItem, AppealItem, Attendance, Commission, Membership, Sitting
from appeals.services.commission import members_in_office, seat_held
from appeals.services.counting import take_effect
from appeals.services.lines import (
    add_line,
    carry_over,
    case_of,
    commission_of_item,
    commission_of_row,
    lock_line,
    lock_sitting,
    ready_for,
)
from appeals.services.recusals import presides, settle_quorum
from attestation import access, journal, lookup
from attestation.by import By
from attestation.cases.waiting import waits_for_ruling
from attestation.law.calendar import local_day
from attestation.models import Attestation
from attestation.reason_words import coded
from attestation.refusals import Refused
from attestation.texts import required_text

Seat = Membership.Seat
Event = lifecycle.SittingEvent
PLACE_MAX = 255


def _require_secretary(commission: Commission, by: By) -> None:
    access.require(by.user, "keep_sitting")
    assert by.user is not None  # `require` never lets the system keep a sitting
    seat_held(by.user, commission, [Seat.SECRETARY], local_day(by.at))


def _place(place: str, online: bool) -> str:
    if online and not place.strip():
        return ""
    return required_text(
        place, gettext_lazy("Give the place of the sitting, or say that it is online."), limit=PLACE_MAX
    )


@transaction.atomic
def plan_sitting(
    commission: Commission,
    *,
    starts_at: datetime,
    place: str = "",
    online: bool = False,
    fill: bool = True,
    by: By,
) -> Sitting:
    """The secretary plans a sitting; unless `fill` is off, everything that waits is put on its agenda.

    The same commission, moment and place again are the sitting that is planned.
    """
    _require_secretary(commission, by)
    place = _place(place, online)
    waiting = ready_for(commission, by.at) if fill else None
    locked = _lock_cases(waiting.cases) if waiting is not None else set()
    Commission.objects.select_for_update(of=("self",), no_key=True).get(pk=commission.pk)
    same = commission.sittings.filter(
        state=Sitting.State.PLANNED, starts_at=starts_at, place=place, online=online
    ).first()
    if same is not None:
        return same
    last = commission.sittings.aggregate(last=Max("number"))["last"] or 0
    sitting = Sitting.objects.create(
        commission=commission, number=last + 1, starts_at=starts_at, place=place, online=online
    )
    journal.record(
        "plan_sitting",
        by=by,
        subject=sitting.code,
        data={"sitting": sitting.pk, "starts_at": starts_at, "place": place, "online": online},
    )
    _fill(sitting, locked, by)
    return sitting


@transaction.atomic
def move_sitting(
    sitting: Sitting,
    *,
    starts_at: datetime,
    place: str = "",
    online: bool = False,
    by: By,
) -> Sitting:
    """The secretary moves a planned sitting to another time or place; to those it has, nothing changes."""
    sitting = lock_sitting(sitting)
    _require_secretary(sitting.commission, by)
    stands = sitting.starts_at, sitting.place, sitting.online
    wanted = starts_at, _place(place, online), online
    if stands == wanted:
        lifecycle.guard(sitting, Event.MOVE, by.user)
        return sitting
    sitting.starts_at, sitting.place, sitting.online = wanted
    data = {"starts_at": starts_at, "place": sitting.place, "online": online}
    lifecycle.move(sitting, Event.MOVE, by=by, data=data)
    return sitting


def _fill(sitting: Sitting, locked: set[int], by: By) -> list[AgendaItem]:
    """What waits, read again under the locks; a case that came since is not locked and waits on."""
    if not locked:
        return []
    waiting = ready_for(sitting.commission, by.at)
    lines = [
        add_line(sitting, item, None, by=by) for item in waiting.items if item.appeal.attestation_id in locked
    ]
    lines += [add_line(sitting, None, case, by=by) for case in waiting.rows if case.pk in locked]
    for line in lines:
        settle_quorum(line, by=by)
    return lines


@transaction.atomic
def put_on_agenda(
    sitting: Sitting,
    *,
    item: AppealItem | None = None,
    attestation: Attestation | None = None,
    by: By,
) -> AgendaItem:
    """Put one question under appeal, or one held row 2, on the agenda. Raises Refused."""
    assert (item is None) != (attestation is None), "one question or one case"
    case = lookup.locked(
        Attestation(pk=item.appeal.attestation_id if item is not None else attestation.pk)  # type: ignore[union-attr]  # asserted above
    )
    sitting = lock_sitting(sitting)
    _require_secretary(sitting.commission, by)
    lifecycle.guard(sitting, Event.PUT, by.user)
    if item is not None:
        item = AppealItem.objects.select_related("commission", "appeal__attestation__center__parent").get(
            pk=item.pk
        )
        ready = not item.is_closed and item.appeal.state == item.appeal.State.OPEN
        competent = commission_of_item(item, by.at)
    else:
        ready, competent = waits_for_ruling(case), commission_of_row(case, by.at)
    if not ready or competent != sitting.commission:
        raise Refused(
            "not_for_this_agenda",
            gettext_lazy(
                "This does not wait for a ruling of this commission (%(commission)s): it is closed, not "
                "held, or before another commission. Open it to see how it stands."
            ),
            commission=str(sitting.commission),
        )
    _require_free(item, None if item is not None else case)
    line = add_line(sitting, item, None if item is not None else case, by=by)
    settle_quorum(line, by=by)
    return line


def _require_free(item: AppealItem | None, case: Attestation | None) -> None:
    lines = AgendaItem.objects.standing().filter(item=item, attestation=case)
    found = lines.select_related("sitting").first()
    if found is not None:
        raise Refused(
            "on_an_agenda",
            gettext_lazy("It is on the agenda already: %(sitting)s, item %(position)s."),
            sitting=found.sitting.full,
            position=found.position,
        )


def _lock_cases(pks: Iterable[int]) -> set[int]:
    """The cases under their locks, always in the same order."""
    found = Attestation.objects.select_for_update(of=("self",)).filter(pk__in=set(pks)).order_by("pk")
    return {case.pk for case in found}


def _pending(sitting: Sitting) -> list[AgendaItem]:
    found = sitting.agenda.pending().select_related("sitting__commission__center", "item__appeal")
    return list(found.order_by("position"))


def _lock_cases_of(lines: QuerySet[AgendaItem]) -> None:
    pairs = lines.values_list("item__appeal__attestation_id", "attestation_id")
    _lock_cases(pk for pair in pairs for pk in pair if pk is not None)


@transaction.atomic
def open_sitting(sitting: Sitting, *, by: By) -> Sitting:
    """The secretary opens the sitting: whoever is in office belongs to it, in this seat, until it is closed.

    Everybody is absent until marked present.
    """
    _lock_cases_of(sitting.agenda.pending())
    sitting = lock_sitting(sitting)
    _require_secretary(sitting.commission, by)
    lifecycle.guard(sitting, Event.OPEN, by.user)
    members = list(members_in_office(sitting.commission, local_day(by.at)))
    for member in members:
        Attendance.objects.create(sitting=sitting, membership=member, seat=member.seat)
    composition = [{"user": member.user.username, "seat": member.seat} for member in members]
    lifecycle.move(sitting, Event.OPEN, by=by, data={"composition": composition})
    for line in _pending(sitting):
        settle_quorum(lock_line(line), by=by)
    return sitting


@transaction.atomic
def mark_attendance(sitting: Sitting, present: Iterable[Membership], *, by: By) -> list[Attendance]:
    """Who is there, as a whole: those not named are absent. Raises Refused: not open, not of the composition.

    The same people again change nothing.
    """
    sitting = lock_sitting(sitting)
    _require_secretary(sitting.commission, by)
    lifecycle.guard(sitting, Event.ATTEND, by.user)
    rows = {row.membership_id: row for row in sitting.attendance.composition()}
    there = {member.pk for member in present}
    for pk in there - set(rows):
        raise Refused(
            "not_of_the_composition",
            gettext_lazy(
                "“%(name)s” did not belong to the commission as this sitting was opened, and its composition "
                "does not change. Correct the attendance."
            ),
            name=str(Membership.objects.get(pk=pk).user),
        )
    changed = [row for pk, row in rows.items() if row.present != (pk in there)]
    if changed:
        names = sorted(rows[pk].membership.user.username for pk in there)
        lifecycle.move(sitting, Event.ATTEND, by=by, data={"present": names})
    for row in changed:
        row.present = row.membership_id in there
        row.save(update_fields=["present"])
    return list(rows.values())


def names_on_agenda(sitting: Sitting) -> list[tuple[Attestation, str]]:
    """For statements of recusal: the cases and names on the agenda in the order of names, once each.

    They tell nothing of what is disputed in which case.
    """
    cases = {case.pk: case for case in map(case_of, _pending(sitting))}
    return sorted(
        ((case, case.employee.full_name) for case in cases.values()),
        key=lambda pair: (pair[0].employee.sort_key, pair[0].pk),
    )


@transaction.atomic
def close_sitting(sitting: Sitting, *, by: By) -> Sitting:
    """The chair, or in an absent chair's place the deputy, closes the sitting: what is sealed takes effect,
    what was not counted got no ruling and goes to the next one.

    Read-only for ever, and journalled. Raises Refused: not in the chair, not open, an item that is counted
    and not sealed.
    """
    _lock_cases_of(sitting.agenda.standing())
    sitting = lock_sitting(sitting)
    access.require(by.user, "close_sitting")
    _require_presiding(sitting, by)
    lifecycle.guard(sitting, Event.CLOSE, by.user)
    require_sealed(sitting)
    sealed = sitting.agenda.filter(outcome=AgendaItem.Outcome.RULED).order_by("position")
    done = {line.position: take_effect(line, by=by) for line in sealed.select_related("sitting__commission")}
    for line in _pending(sitting):
        line = lock_line(line)
        if line.outcome:
            continue
        reason = coded("sitting_closed")
        lifecycle.close_item(line, lifecycle.AgendaEvent.NO_RULING, by=by, reason=reason)
        carry_over(line, by=by)
    outcomes = list(sitting.agenda.order_by("position").values_list("position", "outcome", "ruling"))
    elsewhere = [position for position, took_effect in done.items() if not took_effect]
    lifecycle.move(sitting, Event.CLOSE, by=by, data={"agenda": outcomes, "closed_elsewhere": elsewhere})
    return sitting


def require_sealed(sitting: Sitting) -> None:
    """Nothing is counted that has no reason yet. Raises Refused, naming the first such item."""
    unsealed = sitting.agenda.pending().filter(counted_at__isnull=False).order_by("position").first()
    if unsealed is not None:
        raise Refused(
            "not_sealed",
            gettext_lazy(
                "Item %(item)s is counted and has no reason yet. The secretary writes it and seals the item; "
                "then close the sitting."
            ),
            item=unsealed.position,
        )


def _require_presiding(sitting: Sitting, by: By) -> None:
    """The chair of the composition; the deputy where there is none or the chair is marked absent."""
    if by.user is None or not presides(by.user, sitting, local_day(by.at)):
        raise Refused(
            "not_in_the_chair",
            gettext_lazy(
                "%(sitting)s is closed by its chair, or by the deputy where the chair is absent. Turn to "
                "them."
            ),
            sitting=str(sitting),
        )
