"""What a commission's member finds on the home page: the sittings to come, and where a vote is missing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count
from django.urls import reverse

from appeals.admin import board, waiting
from appeals.admin.sitting_actions import sitting_title
from appeals.models import Sitting
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
    """The sittings, and the way to the queue; the number beside it stands in the sidebar."""

    sittings: list[Mine]
    url: str


def desk_of(user: User, now: datetime) -> Desk | None:
    """Of whoever has a seat in a commission; None for anybody else."""
    commissions = waiting.commissions_of(user, local_day(now))
    if not commissions:
        return None
    rows = list(
        Sitting.objects.filter(commission__in=commissions)
        .exclude(state=Sitting.State.CLOSED)
        .annotate(size=Count("agenda"))
        .order_by("starts_at", "pk")[:MOST_SITTINGS]
    )
    missing = Counter(
        waiting.missing_votes(user, now).filter(sitting__in=rows).values_list("sitting_id", flat=True)
    )
    return Desk(
        [
            Mine(
                sitting_title(row),
                reverse("admin:appeals_sitting_change", args=(row.pk,)),
                row.get_state_display(),
                board.SITTING_COLOURS[row.state],
                row.size,
                missing[row.pk],
            )
            for row in rows
        ],
        reverse("admin:appeals_sitting_queue"),
    )
