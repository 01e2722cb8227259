"""`manage.py close_consequence`: what the employer did about "subject to dismissal" (¶28.1, I-19)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from attestation.by import By
from attestation.cases.consequences import close_consequence
from attestation.law.vocabulary import Consequence as ConsequenceKind
from attestation.management.acting import ActingCommand, Report
from attestation.management.lookups import attestation_of, cycle_of
from attestation.models import Attestation, Consequence
from attestation.refusals import Refused


class Command(ActingCommand):
    """I-19: the product never dismisses; here somebody says what was done outside."""

    help = "Put on record what the employer did about a consequence (¶28.1, I-19)."
    as_user = "required"

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cycle", metavar="CODE", required=True, help="The cycle.")
        parser.add_argument("--iin", metavar="IIN", required=True, help="Whom it is about.")
        parser.add_argument("--done", metavar="TEXT", required=True, help="What was done, by which document.")

    def act(self, *, by: By, **options: Any) -> Report:
        case = attestation_of(cycle_of(options["cycle"], by.user), options["iin"], by.user)
        row = close_consequence(_waiting(case), text=options["done"], by=by)
        data = {"case": case.case_no, "consequence": row.kind, "done": row.done_text}
        text = _("Case %(case)s: on record what was done about “%(kind)s”.") % {
            "case": case.case_no,
            "kind": row.get_kind_display(),
        }
        return Report(data, text)


def _waiting(case: Attestation) -> Consequence:
    """¶28.1: the consequence that waits for the employer; else the last one, for the service to refuse."""
    rows = case.consequences.filter(kind=ConsequenceKind.DISMISSAL).order_by("-pk")
    row = rows.filter(state=Consequence.State.OPEN).first() or rows.first()
    if row is None:
        raise Refused(
            "no_consequence",
            _("Case %(case)s: nothing is on record that waits for the employer (¶28.1)."),
            cite="¶28.1",
            case=case.case_no,
        )
    return row
