"""`manage.py compare_decisions FILE`: the Platform's decisions against ours."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from attestation.by import By
from attestation.intake import compared, engine
from attestation.management.acting import ActingCommand, Report
from attestation.management.lookups import bytes_of, cycle_of


class Command(ActingCommand):
    """Only reads; exit status 1 where the file, or a row of it, can't be compared."""

    help = "Compare the Platform's export of decisions with ours, line by line; nothing on record changes."
    as_user = ""
    changes = False

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="An .xlsx, .csv, .ods or .xls file.")
        parser.add_argument("--cycle", metavar="CODE", help="Only our decisions of this cycle.")

    def act(self, *, by: By, **options: Any) -> Report:
        code = options["cycle"]
        cycle = cycle_of(code, by.user) if code else None
        data = bytes_of(options["file"])
        # The page's own path, taken back at its end.
        with transaction.atomic():
            job = engine.preview("decisions", data, options["file"], by=by, cycle=cycle)
            found, text = compared.as_data(job, by.user), compared.as_text(job, by.user)
            transaction.set_rollback(True)
        return Report(found, text, refused=bool(job.rows_error))
