"""What a person can do to one case on this floor; each act is one call of a service."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attestation import clock
from attestation.admin import fields
from attestation.admin.actions import Action, ActionForm, offer
from attestation.admin.fallen import ground_rows
from attestation.by import By
from attestation.cases import (
    absences,
    consequences,
    corrections,
    fallen_grounds,
    finality,
    result_changes,
)
from attestation.cases.absences import DOCUMENT_MAX
from attestation.cases.cycles import close_attestation, require_undecided
from attestation.cases.grounds import has_fallen_ground
from attestation.cases.results import ResultFacts
from attestation.law.vocabulary import Consequence as ConsequenceKind
from attestation.lookup import current_result, published_result
from attestation.models import (
    Absence,
    Attestation,
    Consequence,
    CorrectionRequest,
    GroundMark,
    Status,
)
from attestation.refusals import allows

NUMBERS = re.compile(r"[\s,;]+")
MOST_DIGITS = 6


class ReasonForm(ActionForm):
    """An act that needs a reason."""

    reason = fields.long_text(gettext_lazy("Reason"), max_length=4000)


def finalise(case: Attestation, answers: dict[str, Any], by: By) -> str:
    decision = finality.finalise(case, by=by)
    return _("The decision is final: %(outcome)s.") % {"outcome": decision.get_outcome_display()}


def close_case(case: Attestation, answers: dict[str, Any], by: By) -> str:
    close_attestation(case, reason=answers["reason"], by=by)
    return _("Case %(case)s is closed.") % {"case": case.case_no}


class AbsenceForm(ActionForm):
    """I-23: whether it is excused, by which document, and why."""

    absence = fields.radio(gettext_lazy("Absence"), Absence.choices)
    document = fields.text(
        gettext_lazy("Document"),
        required=False,
        max_length=DOCUMENT_MAX,
        help_text=gettext_lazy("Name, number and day; an absence for a good reason needs one."),
    )
    reason = fields.long_text(gettext_lazy("Reason, if one is known"), required=False, max_length=4000)

    def prepare(self) -> None:
        for said in self.obj.status_reason:
            self.initial = {**said, "reason": said.get("text", "")}


def record_absence(case: Attestation, answers: dict[str, Any], by: By) -> str:
    absences.record_absence(case, **answers, by=by)
    return _("The absence is on record.")


class GroundForm(ActionForm):
    """I-32: what becomes of a case whose ground fell."""

    outcome = fields.radio(gettext_lazy("What becomes of it"), GroundMark.Outcome.choices)
    reason = fields.long_text(gettext_lazy("Reason"), max_length=4000)

    def prepare(self) -> None:
        """What fell, for the page; a closed case can only stand."""
        unsettled = GroundMark.objects.unsettled().filter(attestation=self.obj)
        self.fallen = {"rows": ground_rows(unsettled)}
        if not fallen_grounds.may_be_anew(self.obj):
            stands = GroundMark.Outcome.STANDS
            self.choose_from("outcome", [(stands.value, stands.label)])


def settle_ground(case: Attestation, answers: dict[str, Any], by: By) -> str:
    fallen_grounds.settle_ground(case, outcome=answers["outcome"], reason=answers["reason"], by=by)
    if answers["outcome"] == GroundMark.Outcome.STANDS:
        return _("The case stands; what was suspended goes on.")
    return _("The decision is formed anew on the facts as they stand now.")


class CorrectionForm(ActionForm):
    """The result as it should have been, and why it was not."""

    questions_total = fields.whole(gettext_lazy("Questions total"))
    correct_answers = fields.whole(gettext_lazy("Correct answers"))
    wrong_questions = fields.text(
        gettext_lazy("Wrong questions"),
        required=False,
        max_length=4000,
        help_text=gettext_lazy("Numbers separated by commas; empty where the Platform gives no list."),
    )
    test_variant = fields.text(gettext_lazy("Test variant"), required=False, max_length=60)
    finished_at = fields.moment(gettext_lazy("Finished at"))
    reason = fields.long_text(gettext_lazy("Reason of the correction"), max_length=4000)
    document = fields.text(
        gettext_lazy("Document"),
        max_length=200,
        help_text=gettext_lazy("What shows the error: name, number and day."),
    )

    def prepare(self) -> None:
        result = current_result(self.obj)
        self.request = CorrectionRequest.objects.granted().filter(attestation=self.obj).first()
        if result is None or self.is_bound:
            return
        wrong = result.wrong_questions
        self.initial = {
            "questions_total": result.questions_total,
            "correct_answers": result.correct_answers,
            "wrong_questions": "" if wrong is None else ", ".join(map(str, wrong)),
            "test_variant": result.test_variant,
            "finished_at": result.finished_at,
            "document": self.request.document if self.request else "",
        }

    def clean_wrong_questions(self) -> list[int] | None:
        parts = [part for part in NUMBERS.split(self.cleaned_data["wrong_questions"].strip()) if part]
        for part in parts:
            if not (part.isascii() and part.isdigit() and len(part) <= MOST_DIGITS):
                raise ValidationError(
                    _("“%(part)s” is no number of a question. Write numbers separated by commas.")
                    % {"part": part[:40]}
                )
        return [int(part) for part in parts] or None


def _result_of(case: Attestation, answers: dict[str, Any]) -> ResultFacts:
    wrong, current = answers["wrong_questions"], current_result(case)
    if wrong is None and answers["correct_answers"] == answers["questions_total"]:
        # An empty list and no list look alike in the form: what was a list stays one.
        wrong = [] if current is not None and current.wrong_questions is not None else None
    return ResultFacts(
        questions_total=answers["questions_total"],
        correct_answers=answers["correct_answers"],
        wrong_questions=wrong,
        test_variant=answers["test_variant"],
        finished_at=answers["finished_at"],
        test_language=current.test_language if current is not None else "",
    )


def correct_result(case: Attestation, answers: dict[str, Any], by: By) -> str:
    result = result_changes.correct_result(
        case,
        _result_of(case, answers),
        reason=answers["reason"],
        document=answers["document"],
        by=by,
    )
    return _("The result is corrected to %(result)s; a new appeal term runs.") % {"result": str(result)}


def propose_correction(case: Attestation, answers: dict[str, Any], by: By) -> str:
    corrections.propose_correction(
        case,
        _result_of(case, answers),
        reason=answers["reason"],
        document=answers["document"],
        by=by,
    )
    return _("The correction is proposed. Nothing changes until a second person confirms it.")


def confirm_correction(case: Attestation, answers: dict[str, Any], by: By) -> str:
    corrections.confirm_correction(case, by=by)
    return _("The correction is confirmed; the decision is provisional again.")


def withdraw_correction(case: Attestation, answers: dict[str, Any], by: By) -> str:
    corrections.withdraw_correction(case, by=by)
    return _("The proposed correction is withdrawn.")


def waits_for_second(case: Attestation) -> bool:
    """I-33: whether a proposed correction waits for a second person."""
    return corrections.proposed(case) is not None


class ProposedForm(ActionForm):
    """What was proposed, for whoever confirms or withdraws it."""

    def prepare(self) -> None:
        self.correction = corrections.proposed(self.obj)


def has_published_result(case: Attestation) -> bool:
    """Whether a published result is in force and not under appeal, and the case can still move."""
    return (
        case.status in (Status.TESTED, Status.HELD, Status.SCORED, Status.PROVISIONAL)
        and published_result(case) is not None
        and allows(result_changes.refuse_under_appeal, case)
    )


offer(
    Attestation,
    Action(
        slug="finalise",
        right="finalise",
        title=gettext_lazy("Make the decision final"),
        explain=gettext_lazy(
            "The decision is formed afresh from the result as it stands, dated by the last day it waited "
            "for, and its consequences take effect."
        ),
        icon="verified",
        run=finalise,
        binds=True,
        asks_again=True,
        offered=lambda case: finality.is_ready(case, clock.now()),
        order=40,
    ),
    Action(
        slug="correct-result",
        right="correct_result",
        title=gettext_lazy("Correct a clerical error in the result"),
        explain=gettext_lazy(
            "The published result is superseded, never edited; a new appeal term begins (¶21). "
            "Score and decision are formed afresh."
        ),
        icon="edit_note",
        form=CorrectionForm,
        run=correct_result,
        binds=True,
        offered=has_published_result,
        order=60,
        facts="admin/attestation/correctionrequest/act.html",
    ),
    Action(
        slug="propose-correction",
        right="propose_correction",
        title=gettext_lazy("Propose the correction of a clerical error"),
        explain=gettext_lazy(
            "The decision is final, so two persons correct the result: you propose it, the commission's "
            "chair or an administrator confirms it. Then the decision is provisional again, what it brought "
            "is suspended, and a new appeal term begins."
        ),
        icon="edit_note",
        form=CorrectionForm,
        run=propose_correction,
        offered=lambda case: case.status == Status.FINAL and not waits_for_second(case),
        order=61,
        facts="admin/attestation/correctionrequest/act.html",
    ),
    Action(
        slug="confirm-correction",
        right="confirm_correction",
        title=gettext_lazy("Confirm the correction"),
        explain=gettext_lazy(
            "The decision is provisional again, and what it brought is suspended. A corrected result opens a "
            "new appeal term; after a voided rating or violation the decision waits for the term of "
            "recording appeals alone. Nobody confirms what they proposed themselves."
        ),
        icon="done_all",
        danger=True,
        form=ProposedForm,
        run=confirm_correction,
        binds=True,
        offered=waits_for_second,
        fits=lambda case, user: allows(corrections.require_confirmable, case, user),
        order=62,
        facts="admin/attestation/correction/act.html",
    ),
    Action(
        slug="withdraw-correction",
        right="withdraw_correction",
        title=gettext_lazy("Withdraw the proposed correction"),
        explain=gettext_lazy(
            "Whoever proposed it may withdraw it, and an administrator. The proposal stays on record."
        ),
        icon="undo",
        form=ProposedForm,
        run=withdraw_correction,
        offered=waits_for_second,
        fits=lambda case, user: allows(corrections.require_withdrawable, case, user),
        order=63,
        facts="admin/attestation/correction/act.html",
    ),
    Action(
        slug="settle-ground",
        right="settle_ground",
        title=gettext_lazy("Settle what becomes of the case"),
        explain=gettext_lazy(
            "A decision that this case rests on fell, or the revised readings would not carry the case as it "
            "ended. If it stands, what was suspended goes on; formed anew, the decision is provisional again "
            "and rests on the facts as they stand now, by the rule set fixed for the case. A closed case can "
            "only stand."
        ),
        icon="balance",
        danger=True,
        form=GroundForm,
        run=settle_ground,
        binds=True,
        offered=lambda case: has_fallen_ground(case) and allows(fallen_grounds.require_decided, case),
        order=64,
        facts="admin/attestation/attestation/settle.html",
    ),
    Action(
        slug="record-absence",
        right="record_absence",
        title=gettext_lazy("Record whether the absence is excused"),
        explain=gettext_lazy(
            "The order is silent about absence: nothing follows from it by itself. The case is shown "
            "until the employee is put on the list again or the case is closed with a reason."
        ),
        icon="event_busy",
        form=AbsenceForm,
        run=record_absence,
        offered=lambda case: case.status == Status.ABSENT,
        order=50,
    ),
    Action(
        slug="close",
        right="close_attestation",
        title=gettext_lazy("Close without a decision"),
        explain=gettext_lazy("The case ends here; it stays on record with the reason."),
        icon="block",
        danger=True,
        form=ReasonForm,
        run=close_case,
        binds=True,
        offered=lambda case: (
            case.status in (Status.LISTED, Status.NOT_ADMITTED, Status.ADMITTED, Status.ABSENT, Status.TESTED)
            and allows(require_undecided, case)
        ),
        order=90,
    ),
)


class DoneForm(ActionForm):
    """I-19: what the employer did about it."""

    text = fields.long_text(
        gettext_lazy("What was done"),
        max_length=4000,
        help_text=gettext_lazy("The employer's act, with the number and day of the document."),
    )


def close_consequence(row: Consequence, answers: dict[str, Any], by: By) -> str:
    consequences.close_consequence(row, text=answers["text"], by=by)
    return _("It is on record what the employer did.")


offer(
    Consequence,
    Action(
        slug="done",
        right="close_consequence",
        title=gettext_lazy("Record what the employer did"),
        explain=gettext_lazy(
            "The system dismisses nobody: the employer decides and acts outside; here it is put on "
            "record, and the reminders end."
        ),
        icon="task_alt",
        primary=True,
        form=DoneForm,
        run=close_consequence,
        offered=lambda row: row.kind == ConsequenceKind.DISMISSAL and row.state == Consequence.State.OPEN,
    ),
)
