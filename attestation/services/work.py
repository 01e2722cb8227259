"""A batch over cases: each in its own transaction; a poisoned one does not stop the rest (F-D18)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from attestation import journal
from attestation.models import Attestation, JournalEntry
from attestation.refusals import Refused

log = logging.getLogger(__name__)


def each(
    cases: QuerySet[Attestation],
    work: Callable[[Attestation, datetime], bool],
    *,
    now: datetime,
    act: str,
) -> int:
    """How many cases the work changed. A case it fails on goes to "needs attention", once a reason."""
    done = 0
    for pk in list(cases.values_list("pk", flat=True)):
        try:
            with transaction.atomic():
                done += bool(work(Attestation.objects.get(pk=pk), now))
        except Refused as refusal:
            # Somebody was quicker, or it has to wait: the next sweep looks again.
            log.info("case %s: %s refused: %s", pk, act, refusal.code)
        except Exception as error:  # whatever it is, the other cases must go on (F-D18)
            log.exception("case %s: %s failed", pk, act)
            needs_attention(pk, act, error, now=now)
    return done


def needs_attention(pk: int, act: str, error: Exception, *, now: datetime) -> None:
    """Put a failed case in the journal, once for each act and kind of error."""
    subject = f"{act}:{pk}:{type(error).__name__}"
    if JournalEntry.objects.filter(act="needs_attention", subject=subject).exists():
        return
    journal.record(
        "needs_attention",
        actor=None,
        now=now,
        attestation=Attestation.objects.get(pk=pk),
        subject=subject,
        data={"act": act, "error": type(error).__name__},
    )
