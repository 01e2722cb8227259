"""Who rules for a whole cycle: the chair in office of a commission that is competent for it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from appeals.models import Membership
from appeals.services.commission import seat_in
from attestation import access
from attestation.by import By
from attestation.law.calendar import local_day
from attestation.models import Cycle
from attestation.refusals import Refused


def require_competent(cycle: Cycle, *, by: By) -> Membership:
    """Who may mark: the chair in office of a commission competent for the cycle. Raises Refused."""
    access.require(by.user, "mark_faulty", cycle.center)
    assert by.user is not None  # `require` never lets the system rule
    seat = seat_in(by.user, [Membership.Seat.CHAIR], cycle.center, local_day(by.at))
    if seat is None:
        raise Refused(
            "not_in_office",
            gettext_lazy(
                "Cycle %(cycle)s: you are not the chair in office of a commission competent for it. "
                "Turn to the administrator about the appointment."
            ),
            cycle=cycle.code,
        )
    return seat
