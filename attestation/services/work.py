"""A batch over rows: each in its own transaction; a poisoned one does not stop the rest (F-D18)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TypeVar

from django.db.models import Model, QuerySet

from attestation import journal
from attestation.models import Attestation, JournalEntry
from attestation.patience import patiently
from attestation.refusals import Refused

log = logging.getLogger(__name__)

M = TypeVar("M", bound=Model)


def each(rows: QuerySet[M], work: Callable[[M, datetime], bool], *, now: datetime, act: str) -> int:
    """How many rows the work changed. One it fails on goes to "needs attention", once a reason."""
    done = 0
    for pk in list(rows.values_list("pk", flat=True)):
        try:
            done += patiently(partial(_one, rows.model, pk, work, now), f"{rows.model.__name__} {pk}")
        except Refused as refusal:
            # Somebody was quicker, or it has to wait: the next sweep looks again.
            log.info("%s %s: %s refused: %s", rows.model.__name__, pk, act, refusal.code)
        except Exception as error:  # whatever it is, the other rows must go on (F-D18)
            log.exception("%s %s: %s failed", rows.model.__name__, pk, act)
            needs_attention(rows.model, pk, act, error, now=now)
    return done


def _one(model: type[M], pk: int, work: Callable[[M, datetime], bool], now: datetime) -> bool:
    return bool(work(model._default_manager.get(pk=pk), now))


def needs_attention(model: type[Model], pk: int, act: str, error: Exception, *, now: datetime) -> None:
    """Put a failed row in the journal, once for each act and kind of error."""
    subject = f"{act}:{pk}:{type(error).__name__}"
    if JournalEntry.objects.filter(act="needs_attention", subject=subject).exists():
        return
    row = model._default_manager.get(pk=pk)
    case = row if isinstance(row, Attestation) else getattr(row, "attestation", None)
    journal.record(
        "needs_attention",
        actor=None,
        now=now,
        attestation=case,
        subject=subject,
        data={"act": act, "error": type(error).__name__},
    )
