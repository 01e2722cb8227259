"""`manage.py open_cycle`: a cycle for one labour mobility centre and its career centres (¶9)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from attestation.by import By
from attestation.cases.cycles import open_cycle
from attestation.management.acting import ActingCommand, Report
from attestation.management.lookups import center_of, day_of


class Command(ActingCommand):
    """¶9: open a cycle."""

    help = "Open a cycle for a labour mobility centre and its career centres (¶9)."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--center", metavar="BIN", required=True, help="The labour mobility centre.")
        parser.add_argument("--code", metavar="CODE", required=True, help="A new code, such as AKM-2026-1.")
        parser.add_argument("--testing-starts", metavar="DATE", required=True, help="First day of testing.")
        parser.add_argument("--testing-ends", metavar="DATE", required=True, help="Last day of testing.")

    def act(self, *, by: By, **options: Any) -> Report:
        cycle = open_cycle(
            center_of(options["center"], by.user),
            options["code"],
            day_of(options["testing_starts"]),
            day_of(options["testing_ends"]),
            by=by,
        )
        data = {
            "cycle": cycle.code,
            "center": cycle.center.bin,
            "testing_starts": cycle.testing_starts.isoformat(),
            "testing_ends": cycle.testing_ends.isoformat(),
        }
        text = _("Cycle %(code)s is open: testing from %(starts)s to %(ends)s.") % {
            "code": cycle.code,
            "starts": f"{cycle.testing_starts:%d.%m.%Y}",
            "ends": f"{cycle.testing_ends:%d.%m.%Y}",
        }
        return Report(data, text)
