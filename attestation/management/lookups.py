"""What commands name on the command line, found among what the one who acts may see."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from attestation import access
from attestation.intake.reading import MAX_BYTES
from attestation.models import Attestation, Center, Cycle, Status, User
from attestation.refusals import Refused


def cycle_of(code: str, actor: User | None) -> Cycle:
    """The cycle with this code. Raises Refused."""
    cycle = access.scoped(actor, Cycle.objects.select_related("center")).filter(code=code).first()
    if cycle is None:
        raise Refused(
            "unknown_cycle", _("There is no cycle with the code “%(code)s”. Check the code."), code=code
        )
    return cycle


def center_of(number: str, actor: User | None) -> Center:
    """The centre with this BIN. Raises Refused."""
    center = access.scoped(actor, Center.objects.all()).filter(bin=number).first()
    if center is None:
        raise Refused(
            "unknown_center", _("There is no centre with the BIN “%(bin)s”. Check the BIN."), bin=number
        )
    return center


def attestation_of(cycle: Cycle, iin: str, actor: User | None) -> Attestation:
    """The case of this person in the cycle, the open one where another was closed. Raises Refused."""
    # Whoever gives the IIN knows whose case it is: the blind review hides nothing here.
    cases = access.in_sight(actor, Attestation.objects.filter(cycle=cycle, employee__iin=iin))
    found = sorted(cases, key=lambda case: (case.status == Status.CLOSED, -case.pk))
    if not found:
        raise Refused(
            "unknown_attestee",
            _("The IIN %(iin)s is not on the list of the cycle %(code)s. Check the IIN and the cycle."),
            iin=iin,
            code=cycle.code,
        )
    return found[0]


def day_of(text: str) -> date:
    """The date YYYY-MM-DD. Raises Refused."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refused("bad_day", _("“%(text)s” is no date. Write it as 2026-02-05."), text=text) from error


def bytes_of(path: str) -> bytes:
    """The contents of a file, or as much of it as shows that it is too large. Raises Refused."""
    try:
        with Path(path).open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise Refused(
            "file_unreadable", _("The file “%(path)s” can't be opened. Check its name and place."), path=path
        ) from error
