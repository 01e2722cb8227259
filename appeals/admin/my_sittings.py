"""What a commission's member finds on the home page: the sittings to come, and where a vote is missing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from appeals.admin import board, queue
from appeals.admin.sitting_actions import sitting_title
from appeals.models import AgendaItem, Sitting
from attestation.law.calendar import local_day
from attestation.models import User

MOST_SITTINGS = 6


@dataclass(frozen=True)
class Mine:
    """A planned or open sitting of the person's commission; `asks`: on how many matters a vote is missing."""

    title: str
    url: str
    state: str
    tone: str
    size: int
    asks: int


@dataclass(frozen=True)
class Desk:
    """The sittings, and how many matters wait in the queue."""

    sittings: list[Mine]
    waiting: int
    url: str


def desk_of(user: User, now: datetime) -> Desk | None:
    """Of whoever has a seat in a commission; None for anybody else."""
    commissions = queue.commissions_of(user, local_day(now))
    if not commissions:
        return None
    rows = list(
        Sitting.objects.filter(commission__in=commissions)
        .exclude(state=Sitting.State.CLOSED)
        .order_by("starts_at", "pk")[:MOST_SITTINGS]
    )
    sizes = Counter(AgendaItem.objects.filter(sitting__in=rows).values_list("sitting_id", flat=True))
    missing = Counter(queue.missing_votes(user).filter(sitting__in=rows).values_list("sitting_id", flat=True))
    return Desk(
        [
            Mine(
                sitting_title(row),
                reverse("admin:appeals_sitting_change", args=(row.pk,)),
                row.get_state_display(),
                board.SITTING_COLOURS[row.state],
                sizes[row.pk],
                missing[row.pk],
            )
            for row in rows
        ],
        queue.counts(user, now)[0],
        reverse("admin:appeals_sitting_queue"),
    )
