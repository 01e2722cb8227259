"""`load_demo`: the living demo relative to today; `--logins` prints its accounts."""

from __future__ import annotations

import os
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import translation

from attestation.management.acting import AtMixin
from attestation.models import User
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
        if User._meta.db_table not in connection.introspection.table_names() or not demo.is_loaded():
            raise CommandError(
                "The demo is not loaded here: `make run` loads it into an empty database.", returncode=1
            )
        with translation.override(_language_of_terminal()):
            for login in demo.LOGINS:
                name = f"{login.username.ljust(9)}  {login.password.ljust(18)}"
                self.stdout.write(f"{name}  {login.label()}: {login.purpose}")


def _language_of_terminal() -> str:
    """The reader of these lines has not chosen a language on a page yet."""
    language = (os.environ.get("LC_ALL") or os.environ.get("LANG") or "")[:2]
    return language if language in dict(settings.LANGUAGES) else "en"
