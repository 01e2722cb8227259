"""A final decision annulled by a court or a higher body: its case ends without a decision (F-D22)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from attestation import access, journal, lookup
from attestation.by import By
from attestation.cases import consequences
from attestation.cases.grounds import mark_dependents
from attestation.cases.lifecycle import Event, move
from attestation.deadlines import holding
from attestation.deadlines.ledger import close_deadline
from attestation.law.calendar import local_day
from attestation.models import (
    Annulment,
    Attestation,
    Deadline,
    Decision,
    GroundMark,
    Notice,
    ReadyEffect,
    Status,
)
from attestation.notices import outbox
from attestation.refusals import Refused
from attestation.texts import required_text

NUMBER_MAX = 120


@dataclass(frozen=True)
class Document:
    """By what a decision is annulled: whose act, its number and day, and what it says."""

    body: str
    number: str
    dated: date
    text: str


@transaction.atomic
def annul_decision(attestation: Attestation, document: Document, *, by: By) -> Annulment:
    """End a final decision and all it brought: its deadlines and duties, what waits for it, what is not sent.

    The case is closed without a decision; what the decision had cut short runs on (I-14, I-16). Raises
    Refused: no final decision (a second time too), a document of the future or older than the decision.
    """
    attestation = lookup.locked(attestation)
    access.require(by.user, "annul_decision", attestation.center, attestation.employee)
    decision = _final_decision(attestation)
    document = _checked(document, decision, by.at)
    holding.lock_deadlines(attestation, Q(attestation=attestation))
    queued = list(Notice.objects.filter(attestation=attestation, state=Notice.State.QUEUED))
    annulment = Annulment.objects.create(
        decision=decision,
        attestation=attestation,
        body=document.body,
        document_no=document.number,
        document_date=document.dated,
        reason=document.text,
        recorded_at=by.at,
        recorded_by=by.user,
    )
    move(
        attestation,
        Event.ANNUL,
        by=by,
        reason=[_as_reason(document)],
        data={"decision": decision.pk, "annulment": annulment.pk, "text": document.text},
    )
    Decision.objects.filter(pk=decision.pk).update(superseded_at=by.at)
    _void_what_waits(attestation, decision, by=by)
    consequences.end(attestation, decision, by=by)
    mark_dependents(attestation, decision, GroundMark.Cause.ANNULLED, now=by.at)
    _supersede_notices(attestation, queued, by=by)
    _tell(attestation, annulment, now=by.at)
    return annulment


def _as_reason(document: Document) -> dict[str, dict[str, str]]:
    """Why the case is closed, told in the reader's language on its page."""
    return {
        "annulled": {
            "body": document.body,
            "number": document.number,
            "date": document.dated.isoformat(),
        }
    }


def _final_decision(attestation: Attestation) -> Decision:
    decision = lookup.current_decision(attestation)
    if attestation.status == Status.FINAL and decision is not None:
        return decision
    if attestation.open_appeals:
        raise Refused(
            "under_appeal",
            _("Case %(case)s is under appeal: its decision is not final. The commission rules first."),
            cite="I-12",
            case=attestation.case_no,
        )
    before = Annulment.objects.filter(attestation=attestation).first()
    if before is not None:
        raise Refused(
            "annulled_already",
            _("Case %(case)s: the decision was annulled already, by document %(number)s of %(day)s."),
            case=attestation.case_no,
            number=before.document_no,
            day=f"{before.document_date:%d.%m.%Y}",
        )
    raise Refused(
        "not_final",
        _(
            "Case %(case)s: the status is “%(status)s”. Only a final decision is annulled: a provisional one "
            "brings nothing yet, and what is wrong in it is corrected in the result."
        ),
        cite="I-12",
        case=attestation.case_no,
        status=attestation.get_status_display(),
    )


def _checked(document: Document, decision: Decision, now: datetime) -> Document:
    assert decision.dated is not None  # the database refuses a final decision without a day
    number = required_text(document.number, _("Give the number of the document."), limit=NUMBER_MAX)
    text = required_text(document.text, _("Say what the document decides and why."))
    if document.body not in Annulment.Body.values:
        raise Refused("unknown_body", _("A decision is annulled by a court or by a higher body. Name which."))
    if document.dated > local_day(now):
        raise Refused(
            "document_of_the_future",
            _("The document is dated %(day)s, which is still to come. Correct the date."),
            day=f"{document.dated:%d.%m.%Y}",
        )
    if document.dated < decision.dated:
        raise Refused(
            "document_before_decision",
            _("The document is dated %(day)s, before the decision of %(decided)s. Correct the date."),
            day=f"{document.dated:%d.%m.%Y}",
            decided=f"{decision.dated:%d.%m.%Y}",
        )
    return Document(document.body, number, document.dated, text)


def _void_what_waits(attestation: Attestation, decision: Decision, *, by: By) -> None:
    """Open deadlines of the case, a window opened again after an outage among them, and effects held back."""
    closed_by = f"decision {decision.pk} annulled"
    for effect in ReadyEffect.objects.waiting().filter(attestation=attestation):
        holding.settle(effect, ReadyEffect.State.VOID, by=by)
    for deadline in Deadline.objects.open().filter(attestation=attestation).order_by("pk"):
        close_deadline(deadline, Deadline.State.VOID, by=by, closed_by=closed_by)


def _supersede_notices(attestation: Attestation, queued: list[Notice], *, by: By) -> None:
    """F-D22: what was queued before is not sent; that it was queued, and why it was not sent, stays."""
    outbox.supersede(now=by.at, attestation=attestation)
    if not queued:
        return
    told = [{"notice": notice.pk, "kind": notice.kind, "queued_at": notice.created_at} for notice in queued]
    journal.record("notices_superseded", by=by, attestation=attestation, data={"notices": told})


def _tell(attestation: Attestation, annulment: Annulment, *, now: datetime) -> None:
    decision = annulment.decision
    context: dict[str, Any] = {
        "decision": decision.pk,
        "outcome": decision.outcome,
        "dated": decision.dated.isoformat() if decision.dated else None,
        "body": annulment.body,
        "document_no": annulment.document_no,
        "document_date": annulment.document_date.isoformat(),
    }
    outbox.queue(
        "decision_annulled",
        key=f"annulment:{annulment.pk}",
        now=now,
        attestation=attestation,
        context=context,
    )


def repeated_by(attestation: Attestation) -> list[Attestation]:
    """I-25: cases that took up a duty of this one: what becomes of them is looked at by a person."""
    found = Attestation.objects.filter(repeats__attestation=attestation).exclude(status=Status.CLOSED)
    return list(found.order_by("pk"))


def dependents_of(attestation: Attestation) -> list[Attestation]:
    """I-32: the cases whose ground an annulled decision was: those marked, and those listed to repeat it."""
    marked = GroundMark.objects.filter(earlier=attestation).values("attestation")
    found = {case.pk: case for case in Attestation.objects.filter(pk__in=marked).select_related("cycle")}
    found |= {case.pk: case for case in repeated_by(attestation)}
    return [case for _pk, case in sorted(found.items())]
