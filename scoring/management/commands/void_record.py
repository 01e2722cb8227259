"""`manage.py void_record`: a rating or violation that was recorded wrongly counts no more (I-34)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from attestation.by import By
from attestation.management.acting import ActingCommand, Report
from attestation.models import Correction
from scoring.services.voiding import void_record


class Command(ActingCommand):
    """I-34: voided at once; where a final decision counts the record it waits for `confirm_correction`."""

    help = "Void a rating or violation that was recorded wrongly; nothing is deleted (I-34)."
    as_user = "required"

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--kind", choices=("rating", "violation"), required=True, help="What it is.")
        parser.add_argument("--external-id", metavar="ID", required=True, help="Its external id.")
        parser.add_argument("--reason", metavar="TEXT", required=True, help="What is wrong, and why.")
        parser.add_argument("--document", metavar="TEXT", required=True, help="What shows the error.")

    def act(self, *, by: By, **options: Any) -> Report:
        done = void_record(
            options["kind"],
            options["external_id"],
            reason=options["reason"],
            document=options["document"],
            by=by,
        )
        if isinstance(done, Correction):
            text = _("Case %(case)s: the correction is proposed; a second person confirms it.")
            return Report({"state": "proposed"}, text % {"case": done.attestation.case_no})
        return Report({"state": "done"}, _("The record is voided and counts no more."))
