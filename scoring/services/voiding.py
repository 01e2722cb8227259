"""I-34: a rating or a violation that was recorded wrongly is voided, never deleted."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from attestation import access, journal, lookup
from attestation.by import By
from attestation.cases import corrections
from attestation.cases.correction_requests import close_granted
from attestation.law.calendar import local_day
from attestation.law.vocabulary import Purpose
from attestation.models import Attestation, Correction, Status, User
from attestation.reason_words import reason_text
from attestation.refusals import Refused
from scoring.models import Rating, Violation, Voiding
from scoring.services.assessing import assess_case
from scoring.services.records import assess_afresh, final_windows

Record = Rating | Violation
RECORDS: dict[str, type[Rating] | type[Violation]] = {
    Correction.Kind.RATING: Rating,
    Correction.Kind.VIOLATION: Violation,
}


@transaction.atomic
def void_record(kind: str, external_id: str, *, reason: str, document: str, by: By) -> Voiding | Correction:
    """I-34: void the record; where a final decision counts it, propose that, for a second person.

    Provisional decisions that counted it are formed afresh. Raises Refused: no such record in sight,
    voided already, a proposal waits in the case, no reason or document.
    """
    access.require(by.user, "void_record")
    record = _found(kind, external_id, by.user)
    access.require(by.user, "void_record", record.employee.center, record.employee)
    assert by.user is not None  # checked: a record is voided by a person
    _lock_cases(record)
    record = _refuse_voided(_locked(kind, external_id))
    keys = final_cases(record)
    if keys:
        return corrections.propose(
            lookup.locked(Attestation(pk=keys[-1])),
            kind,
            {"external_id": external_id},
            reason=reason,
            document=document,
            by=by,
        )
    ground = corrections.checked_ground(reason, document)
    voiding = Voiding.objects.create(**{kind: record}, **ground, voided_by=by.user, voided_at=by.at)
    _journal(record, kind, voiding, by=by)
    for assessment in assess_afresh({record.employee_id: [day_of(record)]}, by=by):
        # I-33: what was asked for of a case that was reopened meanwhile is done with it.
        close_granted(assessment.attestation, corrected_at=by.at)
    return voiding


def require_standing(correction: Correction) -> Record:
    """I-34: the record of the proposal, not voided. Raises Refused."""
    return _refuse_voided(RECORDS[correction.kind].objects.known().get(external_id=correction.external_id))


def cases_of(correction: Correction) -> list[int]:
    """I-34: the cases whose final decision counts the record. Raises Refused where it is voided already."""
    return final_cases(_refuse_voided(_locked(correction.kind, correction.external_id)))


def void_confirmed(correction: Correction, keys: list[int], by: By) -> None:
    """I-34: the record counts no more; the cases, provisional again, are assessed afresh.

    The caller has confirmed the correction, holds the locks and has reopened the decisions.
    """
    assert by.user is not None  # a second person confirmed it
    record = _locked(correction.kind, correction.external_id)
    voiding = Voiding.objects.create(
        **{correction.kind: record},
        reason=correction.reason,
        document=correction.document,
        correction=correction,
        voided_by=by.user,
        voided_at=by.at,
    )
    _journal(record, correction.kind, voiding, by=by, attestation=correction.attestation)
    for pk in keys:
        attestation = lookup.locked(Attestation(pk=pk))
        if attestation.status == Status.PROVISIONAL:
            assess_case(attestation, by=by)


def day_of(record: Record) -> date:
    """The day by which a record falls into a window."""
    return record.rated_on if isinstance(record, Rating) else record.recorded_on


def final_cases(record: Record) -> list[int]:
    """The cases, in order of key, whose final decision stands on a window with the record's day."""
    windows = final_windows([record.employee_id]).get(record.employee_id, [])
    day = day_of(record)
    return sorted(one.attestation_id for one in windows if one.first_day <= day <= one.last_day)


def _found(kind: str, external_id: str, actor: User | None) -> Record:
    model = RECORDS.get(kind)
    if model is None:
        raise Refused("unknown_kind", _("A rating or a violation is voided. Name which."))
    rows = access.scoped(actor, model.objects.known().select_related("employee__center"))
    record: Record | None = rows.filter(external_id=external_id).first()
    if record is None:
        raise Refused(
            "unknown_record",
            _("There is no record with the external id “%(id)s” among those of your centres. Check the id."),
            id=external_id,
        )
    return record


def _lock_cases(record: Record) -> None:
    """No decision of the person becomes final, or is reopened, while those that count it are looked for."""
    cases = Attestation.objects.filter(employee=record.employee_id, purpose=Purpose.CATEGORY.value)
    list(cases.order_by("pk").select_for_update(of=("self",), no_key=True))


def _locked(kind: str, external_id: str) -> Record:
    rows = RECORDS[kind].objects.known().select_for_update(of=("self",)).select_related("employee__center")
    record: Record = rows.get(external_id=external_id)
    return record


def _refuse_voided(record: Record) -> Record:
    voiding = Voiding.objects.filter(**{record._meta.model_name or "": record}).first()
    if voiding is not None:
        raise Refused(
            "voided_already",
            _("The record “%(id)s” was voided already, on %(day)s: %(reason)s (%(document)s)."),
            cite="I-34",
            id=record.external_id,
            day=f"{local_day(voiding.voided_at):%d.%m.%Y}",
            reason=reason_text(voiding.reason),
            document=voiding.document,
        )
    return record


def _journal(
    record: Record,
    kind: str,
    voiding: Voiding,
    *,
    by: By,
    attestation: Attestation | None = None,
) -> None:
    journal.record(
        "void_record",
        by=by,
        attestation=attestation,
        subject=f"{kind}:{record.pk}",
        data={
            "kind": kind,
            "external_id": record.external_id,
            "why": voiding.reason,
            "document": voiding.document,
        },
    )
