"""I-12: a provisional decision falls when what it stood on changes; it is formed afresh."""

from __future__ import annotations

from django.db import transaction

from attestation import lookup
from attestation.by import By
from attestation.cases.lifecycle import Event, move
from attestation.models import Attestation, Decision, Status


@transaction.atomic
def rescind_decision(attestation: Attestation, *, reason: str, by: By) -> bool:
    """I-12: supersede the provisional decision because its grounds changed; False where there is none.

    A final decision stays: only an appeal in time reopens it (I-14).
    """
    attestation = lookup.locked(attestation)
    decision = lookup.current_decision(attestation)
    if attestation.status != Status.PROVISIONAL or decision is None:
        return False
    Decision.objects.filter(pk=decision.pk).update(superseded_at=by.at)
    move(
        attestation,
        Event.RESCIND,
        by=by,
        data={"decision": decision.pk, "outcome": decision.outcome, "why": reason},
    )
    return True
