"""The import commands' common ground: the same path as the page, previewed and confirmed at once."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from attestation.by import By
from attestation.intake import engine, report
from attestation.intake.answers import given
from attestation.intake.columns import Unsettled
from attestation.intake.reading import shown_name
from attestation.intake.spec import resource_of
from attestation.management.acting import ActingCommand, Report
from attestation.management.lookups import bytes_of, center_of, cycle_of, day_of
from attestation.models import ImportJob


class ImportCommand(ActingCommand):
    """`FILE [--as] [--dry-run] [--skip-errors] [--json] [--at]`, and what the kind of file needs beside it.

    A subclass names its `kind`; --cycle, --read-through and --center follow from the declaration.
    """

    kind = ""
    file_argument = "file"

    def add_own_arguments(self, parser: CommandParser) -> None:
        formats = "An .xlsx, .csv, .ods or .xls file."
        file = parser.add_argument(self.file_argument, metavar="FILE", help=formats)
        file.required = True
        parser.add_argument("--dry-run", action="store_true", help="Check the file and import nothing.")
        parser.add_argument(
            "--skip-errors", action="store_true", help="Import the good rows and leave the others out."
        )
        parser.add_argument(
            "--sheet", metavar="NAME", default="", help="The sheet to read, if not the first."
        )
        parser.add_argument(
            "--map",
            metavar="HEADER=FIELD",
            action="append",
            default=[],
            help="Which field a header means; nothing after = for one that is not needed. Repeatable.",
        )
        parser.add_argument(
            "--choose",
            metavar="FIELD:VALUE=ID",
            action="append",
            default=[],
            help="Which term a value means, in all rows: position:Главный специалист=career_specialist.",
        )
        resource = resource_of(self.kind)
        if resource.needs_cycle:
            parser.add_argument("--cycle", metavar="CODE", required=True, help="The cycle the file is for.")
        if resource.needs_read_through:
            parser.add_argument(
                "--read-through",
                metavar="DATE",
                help="The last day the file covers completely (I-27); without it nothing counts as read.",
            )
        if resource.takes_center:
            parser.add_argument("--center", metavar="BIN", help="The centre the file is for.")

    def refused(self, code: str, sentence: str) -> Report:
        """The whole file is refused: the contract's shape, with one error that has no row."""
        error = {"code": code, "message": sentence}
        return Report(report.refusal_data(self.filename, [error]), sentence, refused=True)

    filename = ""

    def handle(self, *args: Any, **options: Any) -> None:
        self.filename = shown_name(options["file"])
        super().handle(*args, **options)

    def act(self, *, by: By, **options: Any) -> Report:
        cycle, center, read_through = options.get("cycle"), options.get("center"), options.get("read_through")
        try:
            job = engine.preview(
                self.kind,
                bytes_of(options["file"]),
                options["file"],
                by=by,
                cycle=cycle_of(cycle, by.user) if cycle else None,
                center=center_of(center, by.user) if center else None,
                read_through=day_of(read_through) if read_through else None,
                sheet=options["sheet"],
                answers=given(options["map"], options["choose"]),
            )
        except Unsettled as unsettled:
            data = report.refusal_data(self.filename, unsettled.errors())
            return Report(data, unsettled.message, refused=True)
        if not options["dry_run"] and (options["skip_errors"] or not job.rows_error):
            job = engine.confirm(job, by=by, skip_errors=options["skip_errors"])
        data, text = report.as_data(job, dry_run=options["dry_run"]), report.as_text(job)
        if options["skip_errors"] and not options["dry_run"] and job.rows_error:
            data["failed_rows"] = self.give_back(job, Path(options["file"]))
            text += f"\n{_('Rows to correct')}: {data['failed_rows']}"
        return Report(data, text, refused=bool(job.rows_error))

    @staticmethod
    def give_back(job: ImportJob, source: Path) -> str:
        """The rows that were left out, with their reasons, beside the file; else in the temporary folder."""
        from attestation.intake.failed_rows import failed_rows

        name = f"{source.stem}-errors-{job.pk}.xlsx"
        folder = source.absolute().parent
        target = (folder if os.access(folder, os.W_OK) else Path(tempfile.gettempdir())) / name
        target.touch(mode=0o600)  # people's numbers stand in it
        target.write_bytes(failed_rows(job))
        return str(target)
