"""`manage.py close_attestation`: a case ends without a decision, before its result is published (I-23)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from attestation.by import By
from attestation.cases.cycles import close_attestation
from attestation.management.acting import ActingCommand, Report
from attestation.management.lookups import attestation_of, cycle_of


class Command(ActingCommand):
    """I-23: closed with a reason; refused once the result is published."""

    help = "Close a case without a decision; refused once its result is published (I-23)."
    as_user = "required"

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cycle", metavar="CODE", required=True, help="The cycle.")
        parser.add_argument("--iin", metavar="IIN", required=True, help="Whose case it is.")
        parser.add_argument("--reason", metavar="TEXT", required=True, help="Why it ends here.")

    def act(self, *, by: By, **options: Any) -> Report:
        case = attestation_of(cycle_of(options["cycle"], by.user), options["iin"], by.user)
        close_attestation(case, reason=options["reason"], by=by)
        text = _("Case %(case)s is closed.") % {"case": case.case_no}
        return Report({"case": case.case_no, "status": "closed"}, text)
