"""A seat in a commission is given by two administrators: one asks for it, another confirms it. Ours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appeals.models import Membership
from appeals.services.commission import appoint, commission_for, require_appointable
from attestation.accounts.requests import RequestKind
from attestation.accounts.rights import center_word
from attestation.by import By
from attestation.models import Center, User

Data = Mapping[str, Any]
SEAT = "seat"


def seat_wanted(seat: str, center: Center | None, from_day: date, order_no: str = "") -> dict[str, Any]:
    """The seat as the request keeps it: codes and keys."""
    bin_ = center.bin if center else None
    return {"seat": seat, "center": bin_, "from_day": from_day.isoformat(), "order_no": order_no}


def _center(wanted: Data) -> Center | None:
    return Center.objects.get(bin=wanted["center"]) if wanted["center"] else None


def check(account: User, wanted: Data, at: datetime) -> None:
    """Whether the account can be given the seat. Raises Refused."""
    from_day = date.fromisoformat(wanted["from_day"])
    require_appointable(account, wanted["seat"], commission_for(_center(wanted)), from_day)


def apply(account: User, wanted: Data, by: By) -> None:
    """Appoint the account."""
    from_day = date.fromisoformat(wanted["from_day"])
    appoint(account, wanted["seat"], _center(wanted), from_day, by=by, order_no=wanted["order_no"])


def lines(was: Data, wanted: Data) -> list[tuple[str, str, str]]:
    """The seat in words."""
    center = center_word(wanted["center"]) if wanted["center"] else _("central commission")
    said = [
        (_("seat"), str(Membership.Seat(wanted["seat"]).label)),
        (_("commission"), center),
        (_("from"), f"{date.fromisoformat(wanted['from_day']):%d.%m.%Y}"),
        (_("number of the order"), wanted["order_no"]),
    ]
    return [(title, "–", value) for title, value in said if value]


SEAT_REQUEST = RequestKind(gettext_lazy("seat in a commission"), check, apply, lines)
