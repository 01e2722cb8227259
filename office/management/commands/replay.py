"""`manage.py replay`: forms every decision on record anew and lists each difference."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from attestation.by import By
from attestation.management.acting import ActingCommand, Report
from attestation.management.lookups import cycle_of
from office.replay.replay import replay


class Command(ActingCommand):
    """Only reads; exit status 1 where anything differs."""

    help = "Form every decision on record anew from its stored inputs and list each difference."
    as_user = ""
    changes = False

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cycle", metavar="CODE", help="Only the decisions of this cycle.")

    def act(self, *, by: By, **options: Any) -> Report:
        code = options.get("cycle")
        found = replay(cycle_of(code, by.user) if code else None)
        lines = [
            _("Decisions formed anew: %(decisions)s; differences: %(differences)s.")
            % {"decisions": found.decisions, "differences": len(found.differences)}
        ]
        lines += [
            _(
                "Case %(case)s, decision %(decision)s, %(field)s: "
                "on record %(stored)s, formed anew %(formed)s."
            )
            % difference._asdict()
            for difference in found.differences
        ]
        return Report(found.as_data(), "\n".join(lines), refused=bool(found.differences))
