"""`manage.py list_attestees`: the people of a file go on the list of a cycle, as on the page (¶9)."""

from __future__ import annotations

from django.core.management.base import CommandParser

from attestation.management.import_command import ImportCommand


class Command(ImportCommand):
    """¶9: everyone in the file, or with --skip-errors those who can be listed."""

    help = "Put the people of a file on the list of a cycle (¶9)."
    file_kind = "attestees"

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cycle", metavar="CODE", required=True, help="The cycle the list is of.")
        parser.add_argument(
            "--file", metavar="FILE", required=True, help="An .xlsx, .csv, .ods or .xls file."
        )
        parser.add_argument("--dry-run", action="store_true", help="Check the file and list nobody.")
        parser.add_argument(
            "--skip-errors", action="store_true", help="List those who can be listed, leave the others out."
        )
