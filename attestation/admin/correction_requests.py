"""I-33: what attestees ask to have corrected: recorded, answered with a reason, then corrected."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from attestation.admin import fields
from attestation.admin.actions import Action, ActionForm, offer
from attestation.admin.base import OFFICE_AND_COMMISSION
from attestation.admin.filters import region_by, waits_by
from attestation.admin.panels import Panel
from attestation.admin.records import OfCase
from attestation.by import By
from attestation.cases.correction_requests import (
    DOCUMENT_MAX,
    answer_correction_request,
    record_correction_request,
)
from attestation.labels import Label
from attestation.models import Attestation, Correction, CorrectionRequest, Status, User

PAGE = "admin/attestation/correctionrequest/act.html"
Answer = CorrectionRequest.Answer
STANDINGS: dict[str, tuple[Label, str]] = {
    "unanswered": (gettext_lazy("waits for an answer"), "warning"),
    "unproposed": (gettext_lazy("granted: the correction is to be proposed"), "warning"),
    "granted": (Answer.GRANTED.label, "success"),
    "refused": (Answer.REFUSED.label, "info"),
}
COLOURS = {name: colour for name, (_words, colour) in STANDINGS.items()}


def standing_of(request: CorrectionRequest) -> str:
    """Where the request stands, by its name in STANDINGS."""
    if request.answer != Answer.GRANTED:
        return str(request.answer) or "unanswered"
    proposed = request.correction is not None and request.correction.state != Correction.State.WITHDRAWN
    closed = proposed or request.corrected_at or request.attestation.status == Status.CLOSED
    return "granted" if closed else "unproposed"


# --- acts -----------------------------------------------------------------------------------------------


class AskForm(ActionForm):
    """When the attestee asked, for what, and by which document."""

    asked_on = fields.day(gettext_lazy("Asked on"))
    text = fields.long_text(gettext_lazy("What is asked"), max_length=4000)
    document = fields.text(
        gettext_lazy("Document"),
        max_length=DOCUMENT_MAX,
        help_text=gettext_lazy("The request itself and what it goes with: name, number and day."),
    )


def record(case: Attestation, answers: dict[str, Any], by: By) -> str:
    record_correction_request(case, **answers, by=by)
    return _("The request is on record. The commission's chair or an administrator answers it.")


class AnswerForm(ActionForm):
    """Granted or refused, and why; the request stands above."""

    answer = fields.radio(gettext_lazy("Answer"), Answer.choices)
    reason = fields.long_text(
        gettext_lazy("Reason of the answer"),
        max_length=4000,
        help_text=gettext_lazy("The attestee reads it in the letter."),
    )

    def prepare(self) -> None:
        rows = CorrectionRequest.objects.unanswered().filter(attestation=self.obj)
        self.request = rows.select_related("recorded_by").first()


def answer(case: Attestation, answers: dict[str, Any], by: By) -> str:
    answer_correction_request(case, **answers, by=by)
    if answers["answer"] == Answer.GRANTED:
        return _("The request is granted, and the attestee is told. The result is corrected by its own act.")
    return _("The request is refused, and the attestee is told the reason.")


def correction_of(case: Attestation, answers: dict[str, Any]) -> str:
    """Upon a granted request: the page that proposes the correction."""
    unproposed = CorrectionRequest.objects.granted().filter(attestation=case).exists()
    return "propose-correction" if unproposed and case.status == Status.FINAL else ""


def is_unanswered(case: Attestation) -> bool:
    """I-33: whether a request for a correction waits for an answer."""
    return any(not request.answer for request in case.correction_requests.all())


offer(
    Attestation,
    Action(
        slug="ask-correction",
        right="record_correction_request",
        title=gettext_lazy("Record a request for a correction"),
        explain=gettext_lazy(
            "The attestee may ask for the correction of a clerical error after the final decision, with a "
            "document. The request changes nothing by itself: it is answered with a reason."
        ),
        icon="contact_support",
        form=AskForm,
        run=record,
        offered=lambda case: case.status == Status.FINAL and not is_unanswered(case),
        order=58,
    ),
    Action(
        slug="answer-correction-request",
        right="answer_correction_request",
        title=gettext_lazy("Answer the request for a correction"),
        explain=gettext_lazy(
            "The attestee is told the answer and its reason. If the request is granted, the correction is "
            "proposed next, and a second person confirms it."
        ),
        icon="reply",
        primary=True,
        form=AnswerForm,
        run=answer,
        offered=is_unanswered,
        order=59,
        facts=PAGE,
        leads_to=correction_of,
    ),
)


# --- the list and the part of the case's page ---------------------------------------------------------------


WAITS = {
    "any": (gettext_lazy("for an answer or a correction"), lambda rows, now: rows.waiting()),
    "unanswered": (STANDINGS["unanswered"][0], lambda rows, now: rows.unanswered()),
    "granted": (STANDINGS["unproposed"][0], lambda rows, now: rows.granted()),
}


@admin.register(CorrectionRequest)
class CorrectionRequestAdmin(OfCase):
    """I-33: what attestees ask to have corrected, and what was answered; the latest first."""

    seen_by = OFFICE_AND_COMMISSION
    list_display = ("person", "case", "asked_on", "standing", "document", "answered_at")
    list_filter = (region_by("attestation__center"), waits_by(WAITS))
    list_select_related = ("attestation__employee", "correction")
    code_fields = ("attestation__case_no", "document")
    readonly_fields = ("case", "standing_words")
    ordering = ("-recorded_at", "-pk")
    fields = (
        ("case", "standing_words"),
        "asked_on",
        "text",
        "document",
        ("recorded_by", "recorded_at"),
        "reason",
        ("answered_by", "answered_at"),
        "correction",
        "corrected_at",
    )

    @display(description=gettext_lazy("state"), label=COLOURS)
    def standing(self, obj: CorrectionRequest) -> tuple[str, Label]:
        name = standing_of(obj)
        return name, STANDINGS[name][0]

    @display(description=gettext_lazy("state"))
    def standing_words(self, obj: CorrectionRequest) -> str:
        return str(STANDINGS[standing_of(obj)][0])


def requests_content(case: Attestation, user: User, now: datetime) -> dict[str, Any] | None:
    """I-33: each request of the case, the latest first, with where it stands."""
    found = [(row, *STANDINGS[standing_of(row)]) for row in case.correction_requests.all()]
    return {"rows": found} if found else None


REQUESTS_PANEL = Panel(
    "requests",
    gettext_lazy("Requests for a correction"),
    "admin/attestation/correctionrequest/of_case.html",
    requests_content,
)
