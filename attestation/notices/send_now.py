"""A letter that was put off is sent at the next delivery, because somebody knows that it will be taken."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from attestation import access, journal
from attestation.by import By
from attestation.models import Notice
from attestation.refusals import Refused

RIGHT = "retry_work"


def is_put_off(notice: Notice) -> bool:
    """Whether the mail server did not take it and it waits to be tried again."""
    return notice.state == Notice.State.QUEUED and notice.attempts > 0 and bool(notice.last_error)


@transaction.atomic
def send_now(notice: Notice, *, by: By) -> Notice:
    """F-D20: drop the back-off. Raises Refused where nothing is put off; what is due anyway stays."""
    access.require(by.user, RIGHT)
    row = Notice.objects.select_for_update(of=("self",)).select_related("attestation").get(pk=notice.pk)
    if not is_put_off(row):
        raise Refused(
            "not_put_off",
            _("Only a letter that the mail server did not take can be sent now; this one is “%(state)s”."),
            state=row.get_state_display(),
        )
    if row.not_before <= by.at:
        return row
    row.not_before = by.at
    row.save(update_fields=["not_before"])
    journal.record(
        "send_now",
        by=by,
        attestation=row.attestation,
        subject=f"notice:{row.pk}",
        data={"kind": row.kind, "attempts": row.attempts},
    )
    return row
