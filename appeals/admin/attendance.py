"""Who sits: the composition as the page and the minutes of a sitting show it, and what became of it since."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from appeals.admin.board import Person
from appeals.models import Membership, Sitting
from appeals.services.commission import VOTING_SEATS
from appeals.services.recusals import Seated
from attestation.law.calendar import local_day


def attendance_of(sitting: Sitting, composition: Iterable[Seated]) -> list[Person]:
    """The composition, each with what became of them meanwhile (`reason`), and whether conflicts cannot be
    checked (`text`)."""
    order = {seat: place for place, seat in enumerate(Membership.Seat.values)}
    found = []
    by_seat = sorted(composition, key=lambda row: (order[row[1]], str(row[0].user)))
    for member, seat, here in by_seat:
        state, tone = (_("present"), "good") if here else (_("absent"), "bad")
        if seat == Membership.Seat.SECRETARY and not here:
            state, tone = _("keeps the minutes"), ""
        elif here is None:
            state, tone = _("not marked"), ""
        label = str(Membership.Seat(seat).label)
        found.append(
            Person(
                str(member.user),
                label,
                state,
                tone,
                reason=changed_since(member, sitting),
                text=unchecked(member, seat),
            )
        )
    return found


def unchecked(member: Membership, seat: str) -> str:
    """Of one who votes and has no staff record: nothing says where they worked, so no rule recuses them."""
    if seat not in VOTING_SEATS or member.user.employee_id is not None:
        return ""
    return _("conflicts of interest cannot be checked: no staff record")


def changed_since(member: Membership, sitting: Sitting) -> str:
    """What became of a member while the sitting was open: the composition stays, and the minutes say so."""
    if sitting.opened_at is None:
        return ""
    until = local_day(sitting.closed_at) if sitting.closed_at else None
    released = member.released_on
    if released is not None and released >= local_day(sitting.opened_at) and (not until or released <= until):
        return _("released from %(day)s; belongs to this sitting until it is closed") % {
            "day": f"{released:%d.%m.%Y}"
        }
    if sitting.state == Sitting.State.OPEN and not member.user.is_active:
        return _("the account is switched off; the seat and the votes cast stay")
    return ""


def appointed_since(sitting: Sitting) -> list[Person]:
    """Who was appointed while the sitting was open: in the minutes, and of no sitting before the next."""
    if sitting.opened_at is None:
        return []
    belong = sitting.attendance.composition().values("membership")
    later = sitting.commission.memberships.filter(appointed_on__gte=local_day(sitting.opened_at))
    if sitting.closed_at is not None:
        later = later.filter(appointed_on__lte=local_day(sitting.closed_at))
    return [
        Person(str(member.user), member.get_seat_display(), f"{member.appointed_on:%d.%m.%Y}")
        for member in later.exclude(pk__in=belong).select_related("user").order_by("appointed_on", "pk")
    ]
