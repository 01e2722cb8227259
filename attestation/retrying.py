"""F-D18: let failed work be tried again at once, once a person has looked at what was wrong with the row."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from attestation import access, journal
from attestation.by import By
from attestation.models import WorkFailure
from attestation.refusals import Refused


@transaction.atomic
def retry_work(failure: WorkFailure, *, by: By) -> WorkFailure:
    """The next sweep tries the row again, however long it was to back off. Raises Refused once solved.

    What the next sweep tries anyway is left as it is.
    """
    access.require(by.user, "retry_work")
    row = WorkFailure.objects.select_for_update(of=("self",)).select_related("attestation").get(pk=failure.pk)
    if row.solved_at is not None:
        raise Refused("solved", _("This was solved already; there is nothing to try again."))
    if row.next_try_at <= by.at:
        return row
    row.next_try_at = by.at
    row.save(update_fields=["next_try_at"])
    journal.record(
        "retry_work",
        by=by,
        attestation=row.attestation,
        subject="" if row.attestation else row.subject,
        data={"work": row.act, "row": row.subject, "error": row.error, "tries": row.tries},
    )
    return row
