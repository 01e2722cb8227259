"""`manage.py confirm_correction`: a second person lets a proposed correction happen (I-33, I-34)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from attestation.by import By
from attestation.cases.corrections import confirm_correction
from attestation.management.acting import ActingCommand, Report
from attestation.management.lookups import attestation_of, cycle_of


class Command(ActingCommand):
    """I-33, I-34: of the result, or of a rating or violation that a final decision counts."""

    help = "Confirm, as another person, the correction that was proposed after a final decision (I-33, I-34)."
    as_user = "required"

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cycle", metavar="CODE", required=True, help="The cycle.")
        parser.add_argument("--iin", metavar="IIN", required=True, help="Whom it is about.")

    def act(self, *, by: By, **options: Any) -> Report:
        case = attestation_of(cycle_of(options["cycle"], by.user), options["iin"], by.user)
        correction = confirm_correction(case, by=by)
        text = _("Case %(case)s: the correction is confirmed; the decision is provisional again.")
        data = {"state": "done", "case": case.case_no, "kind": correction.kind}
        return Report(data, text % {"case": case.case_no})
