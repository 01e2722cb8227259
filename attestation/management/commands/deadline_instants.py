"""`manage.py deadline_instants [--apply]`: deadlines whose instants the zone's data have moved (F-D12)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attestation.by import By
from attestation.deadlines.instants import Shifted, realign, shifted
from attestation.law.calendar import ALMATY
from attestation.management.acting import ActingCommand, Report


class Command(ActingCommand):
    """F-D12: run it after a new release of the zone's data; without --apply it changes nothing."""

    help = "List open deadlines whose stored instants differ from the ends of their days; --apply mends them."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--apply", action="store_true", help="Give each the end of its day again.")

    def act(self, *, by: By, **options: Any) -> Report:
        found = list(shifted())
        realigned = realign(found, by=by) if options["apply"] else 0
        data = {"shifted": [_data(item) for item in found], "realigned": realigned}
        lines = [_line(item) for item in found]
        lines.append(
            ngettext(
                "%(count)s instant differs from the end of its day.",
                "%(count)s instants differ from the ends of their days.",
                len(found),
            )
            % {"count": len(found)}
        )
        if options["apply"]:
            lines.append(_("Realigned: %(count)s.") % {"count": realigned})
        return Report(data, "\n".join(lines))


def _data(item: Shifted) -> dict[str, str]:
    return {"what": item.what, "stored": item.stored.isoformat(), "derived": item.derived.isoformat()}


def _line(item: Shifted) -> str:
    stored, derived = (moment.astimezone(ALMATY) for moment in (item.stored, item.derived))
    return f"{item.what}: {stored:%Y-%m-%d %H:%M:%S %z} -> {derived:%Y-%m-%d %H:%M:%S %z}"
