"""Who sits where: the central commission and those of labour mobility centres. Ours, not the order's."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from appeals.models import AgendaItem, Attendance, Commission, Membership, Sitting
from attestation import access, journal
from attestation.by import By
from attestation.law.calendar import local_day
from attestation.law.vocabulary import CenterKind
from attestation.models import Center, User
from attestation.refusals import Refused

Seat = Membership.Seat
# The secretary keeps the minutes and has no vote.
VOTING_SEATS = (Seat.CHAIR, Seat.DEPUTY, Seat.MEMBER)
# Of each at most one in a commission at a time.
SINGLE_SEATS = (Seat.CHAIR, Seat.DEPUTY)


def _competent(center: Center) -> Q:
    """The centre's own commission (that of its labour mobility centre) and the central one."""
    return Q(commission__center__isnull=True) | Q(commission__center=center.labour_mobility_center)


def seat_in(user: User, seats: Iterable[str], center: Center, day: date) -> Membership | None:
    """The seat that the user holds on the day in a commission competent for the centre, its own one first."""
    if not user.is_active:
        return None
    found = (
        Membership.objects.in_office(day)
        .filter(_competent(center), user=user, seat__in=list(seats))
        .select_related("commission")
        .order_by("pk")
    )
    return min(found, key=lambda seat: seat.commission.center_id is None, default=None)


def sits(user: User, seat: str, center: Center, day: date) -> bool:
    """Whether the user holds this seat there on the day; registered with `access`."""
    return seat_in(user, [seat], center, day) is not None


def members_in_office(commission: Commission, day: date) -> QuerySet[Membership]:
    """Everybody who holds a seat in the commission on the day."""
    return commission.memberships.in_office(day).filter(user__is_active=True).select_related("user__employee")


def voting_members(commission: Commission, day: date) -> QuerySet[Membership]:
    """The chair, the deputy and the members: those who vote."""
    return members_in_office(commission, day).filter(seat__in=VOTING_SEATS)


def commission_for(center: Center | None) -> Commission:
    """The commission of a labour mobility centre, or the central one; made when needed. Raises Refused."""
    if center is not None and center.kind != CenterKind.LABOUR_MOBILITY:
        raise Refused(
            "no_commission_there",
            _(
                "%(center)s is a career centre and has no commission. "
                "Give the BIN of its labour mobility centre: %(bin)s."
            ),
            center=str(center),
            bin=center.labour_mobility_center.bin,
        )
    return Commission.objects.get_or_create(center=center)[0]


def competent_commission(center: Center, day: date) -> Commission:
    """That of the labour mobility centre, where somebody in office there votes; else the central one."""
    own = Commission.objects.filter(center=center.labour_mobility_center).first()
    if own is not None and voting_members(own, day).exists():
        return own
    return commission_for(None)


def seat_held(user: User, commission: Commission, seats: Collection[str], day: date) -> Membership:
    """The seat that the user holds on the day in this very commission. Raises Refused."""
    return seat_among(members_in_office(commission, day).filter(user=user), user, commission, seats)


def seat_among(
    members: Iterable[Membership], user: User, commission: Commission, seats: Collection[str]
) -> Membership:
    """`seat_held`, of members that were read already."""
    held = next((each for each in members if each.user_id == user.pk and each.seat in seats), None)
    if held is None:
        raise Refused(
            "not_in_office",
            _(
                "You hold no seat in this commission (%(commission)s) from which this step is taken. "
                "Turn to the administrator about the appointment."
            ),
            commission=str(commission),
        )
    return held


def seat_at(user: User, sitting: Sitting, seats: Collection[str], day: date) -> Membership:
    """The seat that the user has in the sitting: as fixed at its opening; before it, that held on the day.

    Raises Refused.
    """
    if sitting.state == Sitting.State.PLANNED:
        return seat_held(user, sitting.commission, seats, day)
    row = sitting.attendance.composition().filter(membership__user=user, seat__in=list(seats)).first()
    if row is None:
        raise Refused(
            "not_of_the_composition",
            _(
                "You did not belong to the commission in this seat as %(sitting)s was opened, and its "
                "composition does not change. The next sitting is yours."
            ),
            sitting=str(sitting),
        )
    return row.membership


@transaction.atomic
def appoint(
    user: User,
    seat: str,
    center: Center | None,
    from_day: date,
    *,
    by: By,
    order_no: str = "",
) -> Membership:
    """Give a user a seat in the central commission or a labour mobility centre's. Raises Refused."""
    access.require(by.user, "edit_accounts")
    commission = commission_for(center)
    require_appointable(user, seat, commission, from_day)
    membership = Membership.objects.create(
        commission=commission, user=user, seat=Seat(seat), appointed_on=from_day, order_no=order_no
    )
    journal.record(
        "appoint",
        by=by,
        subject=user.username,
        data={
            "membership": membership.pk,
            "seat": membership.seat,
            "center": center.bin if center else None,
            "from": from_day,
            "order": order_no,
        },
    )
    return membership


def require_appointable(user: User, seat: str, commission: Commission, from_day: date) -> None:
    """Whether the user can be given the seat from the day. Raises Refused: seated there, a seat taken."""
    if commission.memberships.not_released_by(from_day).filter(user=user).exists():
        raise Refused(
            "seated_already",
            _("%(user)s holds a seat in this commission already. Release them from it first."),
            user=str(user),
        )
    _require_single(commission, seat, from_day)


def _require_single(commission: Commission, seat: str, from_day: date) -> None:
    """A commission has one chair and one deputy at a time."""
    if seat not in SINGLE_SEATS:
        return
    holder = commission.memberships.not_released_by(from_day).filter(seat=seat).select_related("user").first()
    if holder is not None:
        raise Refused(
            "seat_taken",
            _(
                "%(commission)s has a %(seat)s already: %(user)s. Release them first, from the day of the "
                "new appointment at the latest."
            ),
            commission=str(commission),
            seat=str(Seat(seat).label),
            user=str(holder.user),
        )


def free_seat(role: str, center: Center | None, from_day: date) -> str:
    """The seat that an account of the role takes: where the commission has a chair, a further one is the
    deputy. Raises Refused where the centre has no commission."""
    seated = commission_for(center).memberships.not_released_by(from_day)
    return Seat.DEPUTY if role == Seat.CHAIR and seated.filter(seat=Seat.CHAIR).exists() else role


def open_sitting_of(user: User) -> str:
    """The open sitting to whose composition the account belongs, in words; empty where there is none."""
    seat = (
        Attendance.objects.composition()
        .filter(membership__user=user, sitting__state=Sitting.State.OPEN)
        .select_related("sitting__commission__center")
        .first()
    )
    return seat.sitting.full if seat is not None else ""


def _require_sittings_done(membership: Membership, on: date, today: date) -> None:
    """Whoever was out of office on a day has no vote that was counted on it, or that still may be."""
    if on <= today and (sitting := open_sitting_of(membership.user)):
        raise Refused(
            "in_open_sitting",
            _(
                "%(user)s belongs to an open sitting: %(sitting)s. Have it closed first, or give a day after "
                "today."
            ),
            user=str(membership.user),
            sitting=sitting,
        )
    # Items of before the count had a moment of its own were counted as they were closed.
    closed = (AgendaItem.Outcome.RULED, AgendaItem.Outcome.NO_RULING)
    counted = (
        AgendaItem.objects.filter(Q(counted_at__isnull=False) | Q(outcome__in=closed))
        .filter(votes__membership=membership)
        .select_related("sitting__commission__center")
        .order_by(Coalesce("counted_at", "closed_at").desc())
        .first()
    )
    moment = (counted.counted_at or counted.closed_at) if counted is not None else None
    if counted is not None and moment is not None and on <= local_day(moment):
        raise Refused(
            "released_before_vote",
            _(
                "A vote of %(user)s was counted on %(day)s (%(sitting)s). Give a later day as the first one "
                "out of office."
            ),
            user=str(membership.user),
            day=f"{local_day(moment):%d.%m.%Y}",
            sitting=counted.sitting.full,
        )


@transaction.atomic
def release(membership: Membership, on: date, *, order_no: str = "", by: By) -> Membership:
    """Release a member from the commission from a day on, by an order's number; a release that is still to
    come is corrected. To an open sitting whoever belonged at its opening belongs until it is closed.

    Raises Refused: released already, before the appointment, not after a counted vote, today or earlier while
    the member belongs to an open sitting.
    """
    access.require(by.user, "edit_accounts")
    membership = Membership.objects.select_for_update(of=("self",)).get(pk=membership.pk)
    today, was = local_day(by.at), (membership.released_on, membership.release_order_no)
    if was[0] is not None and was[0] <= today:
        raise Refused(
            "released_already",
            _("%(user)s was released already, from %(day)s."),
            user=str(membership.user),
            day=f"{was[0]:%d.%m.%Y}",
        )
    if on < membership.appointed_on:
        raise Refused(
            "released_before_appointed",
            _("%(user)s was appointed on %(day)s. Give that day or a later one."),
            user=str(membership.user),
            day=f"{membership.appointed_on:%d.%m.%Y}",
        )
    if was == (on, order_no):
        return membership
    _require_sittings_done(membership, on, today)
    membership.released_on, membership.release_order_no = on, order_no
    membership.save(update_fields=["released_on", "release_order_no"])
    journal.record(
        "release",
        by=by,
        subject=membership.user.username,
        data={"membership": membership.pk, "on": on, "order": order_no, "was": was[0]},
    )
    return membership
