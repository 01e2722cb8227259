"""`manage.py annul_decision`: a court or a higher body annulled a final decision (F-D22, I-32)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attestation.by import By
from attestation.cases.annulment import Document, annul_decision, dependents_of
from attestation.management.acting import ActingCommand, Report
from attestation.management.lookups import attestation_of, cycle_of, day_of
from attestation.models import Annulment

BODIES = {"court": Annulment.Body.COURT, "higher_body": Annulment.Body.HIGHER}


class Command(ActingCommand):
    """I-32: what the decision brought is over; the cases that rest on it are listed."""

    help = "Annul a final decision by the document of a court or a higher body (I-32)."
    as_user = "required"

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cycle", metavar="CODE", required=True, help="The cycle.")
        parser.add_argument("--iin", metavar="IIN", required=True, help="Whose decision it is.")
        known = tuple(BODIES)
        parser.add_argument("--by", dest="body", choices=known, required=True, help="Who annulled it.")
        parser.add_argument("--document", metavar="TEXT", required=True, help="The number of the document.")
        parser.add_argument("--dated", metavar="DATE", required=True, help="Its day, as 2026-02-05.")
        parser.add_argument("--reason", metavar="TEXT", required=True, help="What it decides, and why.")

    @transaction.atomic
    def act(self, *, by: By, **options: Any) -> Report:
        case = attestation_of(cycle_of(options["cycle"], by.user), options["iin"], by.user)
        body, dated = BODIES[options["body"]], day_of(options["dated"])
        document = Document(body, options["document"], dated, options["reason"])
        annul_decision(case, document, by=by)
        found = dependents_of(case)
        dependents = [{"cycle": row.cycle.code, "iin": options["iin"]} for row in found]
        text = _("Case %(case)s: the decision is annulled.") % {"case": case.case_no}
        if found:
            rest = ngettext(
                "%(count)s case rests on it: %(cases)s", "%(count)s cases rest on it: %(cases)s", len(found)
            )
            cases = ", ".join(row.case_no for row in found)
            text = f"{text}\n{rest % {'count': len(found), 'cases': cases}}"
        return Report({"case": case.case_no, "dependents": dependents}, text)
