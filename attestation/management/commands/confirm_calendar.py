"""`manage.py confirm_calendar YEAR`: an administrator confirms a year's days off (I-09)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attestation.by import By
from attestation.deadlines.calendar import confirm_calendar
from attestation.management.acting import ActingCommand, Report


class Command(ActingCommand):
    """I-09: again, there is nothing to do."""

    help = "Confirm a year's days off as they stand (I-09)."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("year", metavar="YEAR", type=int, help="The year, such as 2026.")

    def act(self, *, by: By, **options: Any) -> Report:
        year = options["year"]
        done = confirm_calendar(year, by=by)
        sentences = [_("The calendar of %(year)s is confirmed.") % {"year": year}]
        if not done.changed:
            sentences = [
                _("The calendar of %(year)s was confirmed before; nothing has changed.") % {"year": year}
            ]
        if done.settled:
            sentences.append(
                ngettext(
                    "%(count)s term is provisional no more.",
                    "%(count)s terms are provisional no more.",
                    done.settled,
                )
                % {"count": done.settled}
            )
        data = {"year": year, "confirmed": True, "changed": done.changed, "settled": done.settled}
        return Report(data, " ".join(sentences))
