"""I-33: the attestee asks for a correction, with a document; the request is recorded and answered (ours)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from attestation import access, journal, lookup
from attestation.by import By
from attestation.law.calendar import local_day
from attestation.models import Attestation, Correction, CorrectionRequest, Status
from attestation.notices import outbox
from attestation.refusals import Refused
from attestation.texts import required_text

DOCUMENT_MAX = 200
Answer = CorrectionRequest.Answer


@transaction.atomic
def record_correction_request(
    attestation: Attestation, *, asked_on: date, text: str, document: str, by: By
) -> CorrectionRequest:
    """I-33: put on record that the attestee asks for a correction; whoever answers it is notified.

    Raises Refused: the decision is not final, another request waits, a day that can't be, no text or
    document.
    """
    attestation = lookup.locked(attestation)
    access.require(by.user, "record_correction_request", attestation.center, attestation.employee)
    assert by.user is not None  # checked: a request is recorded by a person
    _require_askable(attestation)
    _check_day(attestation, asked_on, by.at)
    request = CorrectionRequest.objects.create(
        attestation=attestation,
        asked_on=asked_on,
        text=required_text(text, _("Write what the attestee asks to have corrected.")),
        document=required_text(document, _("Name the document of the request."), limit=DOCUMENT_MAX),
        recorded_by=by.user,
        recorded_at=by.at,
    )
    data = {
        "request": request.pk,
        "asked_on": asked_on.isoformat(),
        "text": request.text,
        "document": request.document,
    }
    journal.record("record_correction_request", by=by, attestation=attestation, data=data)
    outbox.queue("correction_asked", key=f"request:{request.pk}", now=by.at, attestation=attestation)
    return request


def _require_askable(attestation: Attestation) -> None:
    """I-33: decided finally, and no other request waits."""
    if attestation.status != Status.FINAL:
        raise Refused(
            "not_final",
            _(
                "Case %(case)s: the status is “%(status)s”. A correction is asked for after the final "
                "decision; before it the result is corrected at once, or an appeal is filed."
            ),
            cite="I-33",
            case=attestation.case_no,
            status=attestation.get_status_display(),
        )
    waits = CorrectionRequest.objects.unanswered().filter(attestation=attestation).first()
    if waits is not None:
        raise Refused(
            "request_waits",
            _("Case %(case)s: the request of %(day)s is not answered yet. Answer it first."),
            case=attestation.case_no,
            day=f"{waits.asked_on:%d.%m.%Y}",
        )


def _check_day(attestation: Attestation, asked_on: date, now: datetime) -> None:
    """A request is of a published result, and of a day that has come. Raises Refused."""
    result = lookup.published_result(attestation)
    assert result is not None  # no decision is formed without one
    assert result.published_at is not None
    first, today = local_day(result.published_at), local_day(now)
    if not first <= asked_on <= today:
        raise Refused(
            "impossible_day",
            _(
                "Case %(case)s: the request can't be of %(day)s. The result was published on %(first)s, and "
                "today is %(today)s; give a day between them."
            ),
            case=attestation.case_no,
            day=f"{asked_on:%d.%m.%Y}",
            first=f"{first:%d.%m.%Y}",
            today=f"{today:%d.%m.%Y}",
        )


@transaction.atomic
def answer_correction_request(
    attestation: Attestation, answer: str, *, reason: str, by: By
) -> CorrectionRequest:
    """I-33: grant or refuse the request, with a reason; the attestee is told. A granted one corrects nothing:
    the correction is proposed next. Raises Refused: no request waits, no such answer, no reason.
    """
    attestation = lookup.locked(attestation)
    access.require(by.user, "answer_correction_request", attestation.center, attestation.employee)
    request = CorrectionRequest.objects.unanswered().filter(attestation=attestation).first()
    if request is None:
        raise Refused(
            "no_request",
            _("Case %(case)s: no request for a correction waits for an answer. Record it first."),
            case=attestation.case_no,
        )
    if answer not in Answer.values:
        raise Refused("unknown_answer", _("Say whether the request is granted or refused."), cite="I-33")
    request.answer = answer
    request.reason = required_text(reason, _("Give the reason of the answer."))
    request.answered_by, request.answered_at = by.user, by.at
    if answer == Answer.GRANTED:
        # One may have been proposed while the request waited.
        request.correction = Correction.objects.proposed().filter(attestation=attestation).first()
    request.save(update_fields=["answer", "reason", "answered_by", "answered_at", "correction"])
    data = {"request": request.pk, "answer": answer, "reason": request.reason}
    journal.record("answer_correction_request", by=by, attestation=attestation, data=data)
    told = {
        "granted": answer == Answer.GRANTED,
        "asked_on": request.asked_on.isoformat(),
        "why": request.reason,
    }
    outbox.queue(
        "correction_answered", key=f"request:{request.pk}", now=by.at, attestation=attestation, context=told
    )
    return request


def close_granted(
    attestation: Attestation, *, correction: Correction | None = None, corrected_at: datetime | None = None
) -> None:
    """I-33: what was granted has its correction: proposed, or made at once. The caller has the lock."""
    granted = CorrectionRequest.objects.granted().filter(attestation=attestation).values_list("pk", flat=True)
    rows = CorrectionRequest.objects.filter(pk__in=list(granted))
    rows.update(correction=correction, corrected_at=corrected_at)
