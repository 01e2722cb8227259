"""What cases that stand still wait for: for the filter of their list and the tiles of the home page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from attestation.models import Attestation, Result, Status

FOR_A_RULING = frozenset({"rating_gap", "no_rating"})
FOR_DATA = frozenset({"ratings_not_read", "violations_not_read"})
# Row 2 and row 3 of App. 1-2 are held for one thing each.
MOST_REASONS = 2


def held_for(codes: Iterable[str]) -> Q:
    """Held for one of these codes at least."""
    said = Q()
    for place in range(MOST_REASONS):
        said |= Q(**{f"status_reason__{place}__code__in": sorted(codes)})
    return Q(status=Status.HELD) & said


def ruling_codes(case: Attestation) -> list[str]:
    """I-04, I-05: why row 2 of the case waits, or waited, for a ruling."""
    return [
        reason["code"]
        for reason in case.status_reason or ()
        if isinstance(reason, dict) and reason.get("code") in FOR_A_RULING
    ]


def waits_for_ruling(case: Attestation) -> bool:
    """I-04, I-05: whether row 2 of the case is held for the commission."""
    return case.status == Status.HELD and bool(ruling_codes(case))


def held_for_ruling(cases: QuerySet[Attestation], now: datetime) -> QuerySet[Attestation]:
    """I-04, I-05: row 2 waits for the commission."""
    return cases.filter(held_for(FOR_A_RULING))


def held_for_data(cases: QuerySet[Attestation], now: datetime) -> QuerySet[Attestation]:
    """I-27: ratings or violations are not read through."""
    return cases.filter(held_for(FOR_DATA))


def unpublished(cases: QuerySet[Attestation], now: datetime) -> QuerySet[Attestation]:
    """¶17: the result is on record and nobody has published it."""
    return cases.filter(
        Exists(Result.objects.current().filter(attestation=OuterRef("pk"), published_at=None))
    )


def absent(cases: QuerySet[Attestation], now: datetime) -> QuerySet[Attestation]:
    """I-23: absent, and neither closed nor carried to a later cycle."""
    carried = Attestation.objects.filter(
        employee=OuterRef("employee"), cycle__testing_ends__gt=OuterRef("cycle__testing_ends")
    ).exclude(status=Status.CLOSED)
    return cases.filter(status=Status.ABSENT).exclude(Exists(carried))
