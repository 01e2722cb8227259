"""`manage.py undo_import JOB --as USERNAME`: takes one import back, but for what rests on it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from attestation.by import By
from attestation.intake import undo
from attestation.management.acting import ActingCommand, Report
from attestation.models import ImportJob
from attestation.refusals import Refused


class Command(ActingCommand):
    help = "Undo one import: what was touched since, or what anything rests on, is left and listed."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("job", metavar="JOB", type=int, help="The number that the import answered with.")
        parser.add_argument(
            "--reason", default="", metavar="TEXT", help="Why; whoever was written to reads it."
        )

    def act(self, *, by: By, **options: Any) -> Report:
        job = ImportJob.objects.filter(pk=options["job"]).first()
        if job is None:
            raise Refused("not_found", _("There is no import %(job)s. Check its number."), job=options["job"])
        job = undo.undo(job, by=by, reason=options["reason"])
        data = undo.as_data(job)
        lines = [
            _("Undone: %(undone)s; left: %(left)s.") % {"undone": data["undone"], "left": len(data["left"])}
        ]
        lines += [
            _("Row %(row)s (%(key)s): %(why)s")
            % {"row": left["row"] or "–", "key": left["key"], "why": left["message"]}
            for left in data["left"]
        ]
        return Report(data, "\n".join(lines))
