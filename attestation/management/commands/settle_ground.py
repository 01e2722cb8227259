"""`manage.py settle_ground`: what becomes of a case whose ground was annulled (I-32)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from attestation.by import By
from attestation.cases.fallen_grounds import settle_ground
from attestation.management.acting import ActingCommand, Report
from attestation.management.lookups import attestation_of, cycle_of
from attestation.models import GroundMark


class Command(ActingCommand):
    """I-32: it stands, or it is formed anew on the changed facts."""

    help = "Decide what becomes of a case whose ground was annulled: it stands, or is formed anew (I-32)."
    as_user = "required"

    def add_own_arguments(self, parser: CommandParser) -> None:
        outcomes = GroundMark.Outcome.values
        parser.add_argument("--cycle", metavar="CODE", required=True, help="The cycle.")
        parser.add_argument("--iin", metavar="IIN", required=True, help="Whom it is about.")
        parser.add_argument("--outcome", choices=outcomes, required=True, help="What becomes of it.")
        parser.add_argument("--reason", metavar="TEXT", required=True, help="Why.")

    def act(self, *, by: By, **options: Any) -> Report:
        case = attestation_of(cycle_of(options["cycle"], by.user), options["iin"], by.user)
        outcome = options["outcome"]
        settle_ground(case, outcome=outcome, reason=options["reason"], by=by)
        text = _("Case %(case)s: %(outcome)s.") % {
            "case": case.case_no,
            "outcome": GroundMark.Outcome(outcome).label,
        }
        return Report({"case": case.case_no, "outcome": outcome}, text)
