"""`manage.py report --cycle CODE --json`: how each case of a cycle stands."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from attestation.by import By
from attestation.management.acting import ActingCommand, Report
from attestation.management.lookups import cycle_of, day_of
from office.report import report, table


class Command(ActingCommand):
    """Only reads."""

    help = "How each case of a cycle stands, in order of IIN."
    as_user = ""
    changes = False

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cycle", metavar="CODE", required=True, help="The cycle.")
        parser.add_argument("--on", metavar="DATE", help="The day of `category_now`; today without it.")

    def act(self, *, by: By, **options: Any) -> Report:
        on = day_of(options["on"]) if options["on"] else None
        data = report(cycle_of(options["cycle"], by.user), on)
        return Report(data, table(data))
