"""`load_demo`: the living demo relative to today; `--logins` prints its accounts."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from attestation.management.acting import AtMixin
from attestation.refusals import Refused
from office.demo import demo


class Command(AtMixin, BaseCommand):
    """Loads the demo once; a second run does nothing."""

    help = "Load the demo data relative to today (needs DEMO=1 and ALLOW_TIME_TRAVEL=1), or list its logins."

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_at_argument(parser)
        parser.add_argument(
            "--logins", action="store_true", help="Print the demo accounts and do nothing else."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["logins"]:
                self._print_logins()
                return
            began = time.monotonic()
            done = demo.load(self.moment(options))
        except Refused as refusal:
            raise CommandError(str(refusal.message), returncode=1) from refusal
        if done:
            self.stdout.write(f"The demo is loaded: {done} acts in {time.monotonic() - began:.0f} s.")
        else:
            self.stdout.write("The demo is loaded already; nothing to do.")

    def _print_logins(self) -> None:
        if not settings.DEMO:
            raise CommandError("The demo accounts are refused here: DEMO is not set.", returncode=1)
        width = max(len(login.username) for login in demo.LOGINS)
        for login in demo.LOGINS:
            self.stdout.write(f"{login.username.ljust(width)}  {login.password.ljust(18)}  {login.label()}")
