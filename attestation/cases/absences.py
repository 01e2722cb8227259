"""I-23: whether an attestee without a result was absent for a good reason; nothing follows by itself."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from attestation import access, journal, lookup
from attestation.by import By
from attestation.models import Absence, Attestation, Status
from attestation.refusals import Refused
from attestation.texts import required_text

DOCUMENT_MAX = 200


@transaction.atomic
def record_absence(
    attestation: Attestation,
    absence: str,
    *,
    document: str = "",
    reason: str = "",
    by: By,
) -> None:
    """I-23: excused, with the document, or unexcused; a reason where one is known. Raises Refused.

    It can be recorded anew; what is on record already changes nothing.
    """
    attestation = lookup.locked(attestation)
    access.require(by.user, "record_absence", attestation.center, attestation.employee)
    if attestation.status != Status.ABSENT:
        raise Refused(
            "not_absent",
            _("Case %(case)s: the attestee was not absent (status “%(status)s”)."),
            case=attestation.case_no,
            status=attestation.get_status_display(),
        )
    said = _checked(absence, document, reason)
    if attestation.status_reason == [said]:
        return
    attestation.status_reason = [said]
    attestation.version += 1
    attestation.save(update_fields=["status_reason", "version"])
    journal.record("record_absence", by=by, attestation=attestation, data=said)


def _checked(absence: str, document: str, reason: str) -> dict[str, str]:
    """What the case keeps as the reason of its status: codes and values, those left out left out."""
    if absence not in Absence.values:
        raise Refused("unknown_absence", _("Say whether the absence is excused or unexcused."), cite="I-23")
    said = {"absence": absence}
    missing = _("An excused absence needs its document. Name it, or record the absence as unexcused.")
    if document.strip() or absence == Absence.EXCUSED:
        said["document"] = required_text(document, missing, limit=DOCUMENT_MAX)
    if reason.strip():
        said["text"] = required_text(reason, _("Give the reason of the absence."))
    return said
