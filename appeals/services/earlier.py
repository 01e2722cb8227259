"""Rulings on the same question of the same test, for other appellants: read before an item is ruled on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from appeals.models import AgendaItem, AppealItem, Commission, Sitting


@dataclass(frozen=True)
class EarlierRuling:
    """One of them, without a name: `sealed` takes effect when its sitting is closed."""

    ruling: str
    reason: str
    at: datetime
    sealed: bool = False

    @property
    def label(self) -> str:
        """The ruling in words."""
        return str(AppealItem.Ruling(self.ruling).label)


def same_question(item: AppealItem) -> QuerySet[AppealItem]:
    """The question as other appellants of the cycle with the same test variant disputed it. Where the result
    names no variant, nobody can tell."""
    variant = item.appeal.result.test_variant
    if not variant:
        return AppealItem.objects.none()
    case = item.appeal.attestation
    return AppealItem.objects.filter(
        question=item.question,
        appeal__attestation__cycle=case.cycle_id,
        appeal__result__test_variant=variant,
    ).exclude(appeal__attestation=case)


def earlier_rulings(item: AppealItem, commission: Commission | None = None) -> list[EarlierRuling]:
    """Those on record, and those that `commission` sealed in a sitting still open, the latest first."""
    others = same_question(item)
    found = [
        EarlierRuling(other.ruling, other.reason, other.ruled_at)
        for other in others.exclude(ruling="")
        if other.ruled_at is not None
    ]
    if commission is not None:
        sealed = AgendaItem.objects.filter(
            item__in=others.filter(ruling="", withdrawn_at__isnull=True),
            outcome=AgendaItem.Outcome.RULED,
            sitting__commission=commission,
            sitting__state=Sitting.State.OPEN,
        )
        found += [
            EarlierRuling(line.ruling, line.reason, line.closed_at, sealed=True)
            for line in sealed
            if line.closed_at is not None
        ]
    return sorted(found, key=lambda row: row.at, reverse=True)


def of_line(line: AgendaItem) -> list[EarlierRuling]:
    """The earlier rulings on the question of an agenda item; a held row 2 has none."""
    return earlier_rulings(line.item, line.sitting.commission) if line.item is not None else []


def departs_from(line: AgendaItem) -> EarlierRuling | None:
    """The latest earlier ruling from which the outcome that was counted differs."""
    ruling = line.minutes.get("ruling", "")
    return next((row for row in of_line(line) if ruling and row.ruling != ruling), None)
