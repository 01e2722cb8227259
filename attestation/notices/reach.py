"""I-37: decisions whose consequence nobody has heard of: neither an account nor the employee."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from attestation.law.vocabulary import Consequence as Kinds
from attestation.law.vocabulary import Outcome
from attestation.models import Consequence, Decision, Notice, ProofOfService
from attestation.notices.inbox import LIVE
from attestation.notices.kinds import Kind

# What tells of it: the decision's own letter, a dismissal's weekly one, those before a duty's last day.
TELL = (Kind.DECISION_FINAL, Kind.DISMISSAL_DUE, Kind.REMINDER_REATTESTATION)
# The declared category was refused, also where no consequence is written for it: `none` stays `none`.
REFUSED = Q(outcome__in=(Outcome.EXISTING, Outcome.LOWER))


def unheard() -> QuerySet[Decision]:
    """I-37: final decisions with an open dismissal or duty, or a category refused, that told nobody.

    A notice to an active account is there to be read whatever becomes of its e-mail; one to the employee has
    told only where it left, or was served by hand. What is queued is on its way.
    """
    waiting = Consequence.objects.filter(
        kind__in=(Kinds.DISMISSAL, Kinds.REATTEST), state=Consequence.State.OPEN
    )
    account = Q(user__isnull=False, state__in=LIVE) & (Q(user__is_active=True) | Q(read_at__isnull=False))
    employee = Q(employee__isnull=False, state__in=(Notice.State.QUEUED, Notice.State.SENT))
    told = Notice.objects.filter(
        account | employee | Q(services__isnull=False),
        attestation=OuterRef("attestation"),
        kind__in=TELL,
        created_at__gte=OuterRef("formed_at"),
    )
    served = ProofOfService.objects.filter(decision=OuterRef("pk"))
    final = Decision.objects.current().filter(state=Decision.State.FINAL)
    # Each by its own index: an "or" of the two would read every decision.
    concerned = final.filter(REFUSED).order_by().values("pk").union(waiting.order_by().values("decision"))
    return final.filter(pk__in=concerned).exclude(Exists(told)).exclude(Exists(served))
