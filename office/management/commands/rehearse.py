"""`manage.py rehearse [--days 30]`: what the system will do if nobody acts; changes nothing."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from attestation import access
from attestation.by import By
from attestation.law.calendar import ALMATY
from attestation.management.acting import ActingCommand, Report
from attestation.models import User
from attestation.refusals import Refused
from office.rehearsal.rehearsal import DAYS, MOST_DAYS, Rehearsal, rehearse
from office.rehearsal.rehearsal_page import lines_csv

# Somebody asked for it: longer than a page takes, shorter than a writer waits for SQLite (settings).
LIMIT_S = 15.0


class Command(ActingCommand):
    """Takes --at without a line in the journal: it only asks. With --as, the lines in that person's sight."""

    help = "What the system will do in the coming days if nobody acts; computed and taken back."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=DAYS, metavar="N", help=f"How far to look ({DAYS}).")
        parser.add_argument("--csv", action="store_true", help="Print a CSV table.")
        parser.add_argument(
            "--limit",
            type=float,
            default=LIMIT_S,
            metavar="SECONDS",
            help=f"Stop after so long ({LIMIT_S:g}); until then changes to the rehearsed cases wait.",
        )

    def journal_stand_in(self, actor: User | None, command: str) -> None:
        """Nothing is changed, so there is nothing to put on record."""

    def act(self, *, by: By, **options: Any) -> Report:
        access.require(by.user, "rehearse")
        days = options["days"]
        if not 1 <= days <= MOST_DAYS:
            raise Refused("bad_days", _("--days is a number from 1 to %(most)s."), most=MOST_DAYS)
        found = rehearse(by.at, days=days, limit_s=options["limit"]).seen_by(by.user)
        return Report(as_data(found), lines_csv(found.lines) if options["csv"] else as_text(found))


def as_data(found: Rehearsal) -> dict[str, Any]:
    """For --json."""
    return {
        "from": found.began.astimezone(ALMATY).isoformat(timespec="seconds"),
        "until": found.until.astimezone(ALMATY).isoformat(timespec="seconds"),
        "through": found.through.astimezone(ALMATY).isoformat(timespec="seconds"),
        "complete": found.complete,
        "lines": [line.as_data() for line in found.lines],
    }


def as_text(found: Rehearsal) -> str:
    """A line each, and how far it reaches."""
    rows = [
        f"{line.at.astimezone(ALMATY):%Y-%m-%d %H:%M}  {line.case_no:<16}  {line.what}"
        + (f"  [{line.held_in_words}]" if line.held_by else "")
        + (f"  × {line.recipients}" if line.recipients else "")
        for line in found.lines
    ]
    end = _("Reaches through %(moment)s.") % {"moment": f"{found.through.astimezone(ALMATY):%Y-%m-%d %H:%M}"}
    return "\n".join([*rows, end])
