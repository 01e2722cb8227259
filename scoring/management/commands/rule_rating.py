"""`manage.py rule_rating`: the chair's ruling on a held row 2 of App. 1-2 (I-04, I-05)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from attestation.by import By
from attestation.management.acting import ActingCommand, Report
from attestation.management.lookups import attestation_of, cycle_of
from scoring.services.rulings import rule_rating


class Command(ActingCommand):
    """App. 1-2 row 2: where the order is silent the commission's chair rules, with a reason."""

    help = (
        "Rule on a held row 2 (rating above 3.9 and up to 4.0, or no ratings): 10 or 0 points (I-04, I-05)."
    )
    as_user = "required"

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cycle", metavar="CODE", required=True, help="The cycle.")
        parser.add_argument("--iin", metavar="IIN", required=True, help="Whose row 2 is ruled on.")
        parser.add_argument("--points", metavar="10|0", type=int, required=True, help="The points.")
        parser.add_argument("--reason", metavar="TEXT", required=True, help="The reason of the ruling.")

    def act(self, *, by: By, **options: Any) -> Report:
        case = attestation_of(cycle_of(options["cycle"], by.user), options["iin"], by.user)
        score = rule_rating(case, points=options["points"], reason=options["reason"], by=by)
        case.refresh_from_db(fields=["status"])
        data = {
            "case": case.case_no,
            "status": case.status,
            "points": {
                "test": score.points_test,
                "rating": score.points_rating,
                "violations": score.points_violations,
                "total": score.points_total or None,
            },
            "held": score.held,
        }
        text = _("Case %(case)s: %(points)s points for row 2; status “%(status)s”.") % {
            "case": case.case_no,
            "points": options["points"],
            "status": case.get_status_display(),
        }
        return Report(data, text)
