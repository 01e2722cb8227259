"""What becomes of a letter to an employee: it comes back, or somebody tells them by hand (F-D20, F-D21)."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from attestation import access, journal
from attestation.by import By
from attestation.models import Notice, User
from attestation.notices import reasons
from attestation.refusals import Refused

State = Notice.State
RIGHT = "prove_service"


def is_on_paper(notice: Notice) -> bool:
    """Whether it tells of a result or a decision, for which proof of service is kept."""
    return bool(notice.context.get("result") or notice.context.get("decision"))


def may_come_back(notice: Notice) -> bool:
    """Whether a letter to the employee left that can still come back."""
    return notice.employee_id is not None and notice.state == State.SENT


def waits_to_be_told(notice: Notice) -> bool:
    """Whether it is to be told by hand and is none that proof of service is kept for."""
    return notice.employee_id is not None and notice.state == State.FAILED and not is_on_paper(notice)


@transaction.atomic
def record_came_back(notice: Notice, *, note: str, by: By) -> Notice:
    """F-D20: the mail server took the letter and it came back: it is to be served by hand after all."""
    row = _locked(notice, by.user)
    if not may_come_back(row):
        raise Refused(
            "not_sent",
            _("Only an e-mail that was sent to the employee can come back; this notice is “%(state)s”."),
            state=row.get_state_display(),
        )
    row.state, row.bounced_at, row.last_error = State.FAILED, by.at, reasons.Why.CAME_BACK
    row.save(update_fields=["state", "bounced_at", "last_error"])
    _journal("letter_came_back", row, note, by)
    return row


@transaction.atomic
def record_told(notice: Notice, *, note: str, by: By) -> Notice:
    """F-D21: what could not be sent was told by hand; for a result or a decision proof of service is kept."""
    row = _locked(notice, by.user)
    if not waits_to_be_told(row):
        raise Refused(
            "nothing_to_tell",
            _(
                "This notice does not wait to be told by hand (“%(state)s”). For a result or a decision, "
                "record the proof of service on the page of the case."
            ),
            state=row.get_state_display(),
        )
    if not note.strip():
        raise Refused("note_missing", _("Say how and when the employee was told."))
    row.state, row.sent_at, row.last_error = State.SENT, by.at, reasons.Why.TOLD_BY_HAND
    row.save(update_fields=["state", "sent_at", "last_error"])
    _journal("told_by_hand", row, note, by)
    return row


def _locked(notice: Notice, actor: User | None) -> Notice:
    row = (
        Notice.objects.select_for_update(of=("self",))
        .select_related("employee__center", "attestation__center")
        .get(pk=notice.pk)
    )
    center = row.attestation.center if row.attestation else row.employee.center if row.employee else None
    access.require(actor, RIGHT, center, row.employee)
    return row


def _journal(act: str, row: Notice, note: str, by: By) -> None:
    journal.record(
        act,
        by=by,
        attestation=row.attestation,
        subject=f"notice:{row.pk}",
        data={"kind": row.kind, "note": note.strip()},
    )
