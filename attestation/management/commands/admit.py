"""`manage.py admit --cycle CODE`: admission to testing of everyone on the list (¶14, I-30)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attestation import explain
from attestation.by import By
from attestation.cases.cycles import AdmissionOutcome, admit_cycle
from attestation.law.reasons import Step
from attestation.management.acting import ActingCommand, Report
from attestation.management.lookups import cycle_of


class Command(ActingCommand):
    """¶14: that somebody is not admitted is a result and no refusal of the command."""

    help = "Admit those who meet ¶14 and name the others with their reasons (I-30)."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cycle", metavar="CODE", required=True, help="The cycle.")

    def act(self, *, by: By, **options: Any) -> Report:
        outcomes = admit_cycle(cycle_of(options["cycle"], by.user), by=by)
        admitted = sum(outcome.admitted for outcome in outcomes)
        others = [_not_admitted(outcome) for outcome in outcomes if not outcome.admitted]
        text = ngettext("%(count)s attestee is admitted.", "%(count)s attestees are admitted.", admitted) % {
            "count": admitted
        }
        lines = [_("Not admitted: %(iin)s. %(message)s") % other for other in others]
        return Report({"admitted": admitted, "not_admitted": others}, "\n".join([text, *lines]))


def _not_admitted(outcome: AdmissionOutcome) -> dict[str, str]:
    steps = [Step.from_data(data) for data in outcome.attestation.status_reason]
    return {
        "iin": outcome.attestation.employee.iin,
        "reason": outcome.reason,
        "message": " ".join(explain.sentence(step, outcome.attestation.cycle.testing_ends) for step in steps),
    }
