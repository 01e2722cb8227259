"""`manage.py correct_result`: a clerical error in a published result, before or after the decision (I-33)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from attestation.by import By
from attestation.cases.corrections import checked_ground, propose_correction
from attestation.cases.result_changes import correct_result
from attestation.cases.results import ResultFacts, facts_of
from attestation.lookup import published_result
from attestation.management.acting import ActingCommand, Report
from attestation.management.lookups import attestation_of, cycle_of
from attestation.models import Attestation, Status
from attestation.refusals import Refused


class Command(ActingCommand):
    """I-33: corrected at once before the final decision; after it proposed, for a second person."""

    help = "Correct a clerical error in a result; after the final decision it is proposed (I-33)."
    as_user = "required"

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cycle", metavar="CODE", required=True, help="The cycle.")
        parser.add_argument("--iin", metavar="IIN", required=True, help="Whose result it is.")
        parser.add_argument("--correct", metavar="N", type=int, required=True, help="The correct answers.")
        parser.add_argument(
            "--wrong-questions",
            metavar="LIST",
            help="The numbers of the wrong questions, separated by commas, where the Platform gives a list.",
        )
        parser.add_argument("--reason", metavar="TEXT", required=True, help="What was wrong, and why.")
        parser.add_argument("--document", metavar="TEXT", required=True, help="What shows the error.")

    def act(self, *, by: By, **options: Any) -> Report:
        case = attestation_of(cycle_of(options["cycle"], by.user), options["iin"], by.user)
        found = _facts_of(case, options["correct"], options["wrong_questions"])
        ground = {"reason": options["reason"], "document": options["document"]}
        if case.status == Status.FINAL:
            propose_correction(case, found, by=by, **ground)
            text = _("Case %(case)s: the correction is proposed; a second person confirms it.")
            return Report({"state": "proposed"}, text % {"case": case.case_no})
        correct_result(case, found, by=by, **checked_ground(**ground))
        text = _("Case %(case)s: the result is corrected; a new appeal term runs.")
        return Report({"state": "done"}, text % {"case": case.case_no})


def _facts_of(case: Attestation, correct: int, wrong: str | None) -> ResultFacts:
    """The result on record with the right number; its list of wrong questions only where it still fits."""
    current = published_result(case)
    if current is None:
        raise Refused(
            "result_unpublished",
            _("Case %(case)s: no result is published; import the right one instead."),
            case=case.case_no,
        )
    if wrong is not None:
        numbers: list[int] | None = _numbers(wrong)
    elif current.wrong_questions is None or len(current.wrong_questions) == current.questions_total - correct:
        numbers = current.wrong_questions
    else:
        numbers = [] if correct == current.questions_total else None
    return replace(facts_of(current), correct_answers=correct, wrong_questions=numbers)


def _numbers(text: str) -> list[int]:
    """The numbers of questions. Raises Refused."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    for part in parts:
        if not (part.isascii() and part.isdigit()):
            raise Refused(
                "bad_question",
                _("“%(part)s” is no number of a question. Write numbers separated by commas."),
                part=part[:40],
            )
    return [int(part) for part in parts]
