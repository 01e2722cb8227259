"""The office of the stories: one region's centres, everybody who acts, all years confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from appeals.models import Membership
from appeals.services.commission import appoint
from attestation.by import By
from attestation.cases.results import ResultFacts
from attestation.intake import engine
from attestation.models import Attestation, CalendarYear, Cycle, Employee, ImportJob, Role, User
from tests.attestation.intake_cast import table
from tests.jobs.story import LISTED, Story, at

TESTED, RECORDED = at("2026-02-03 11:00"), at("2026-02-05 09:00")


@dataclass
class Office(Story):
    """With an administrator, and a chair, a secretary and a member of the central commission."""

    def __post_init__(self) -> None:
        super().__post_init__()
        CalendarYear.objects.update(confirmed_at=LISTED)
        self.boss = self.account("boss", Role.ADMINISTRATOR)
        self.chair, self.secretary, self.member = (
            self.seated(name, role)
            for name, role in (("chair", Role.CHAIR), ("secretary", Role.SECRETARY), ("member", Role.MEMBER))
        )

    def seated(self, name: str, role: str) -> User:
        """An account with a seat in the central commission."""
        user = self.account(name, role)
        appoint(user, role, None, date(2026, 1, 5), by=By(None, LISTED))
        return user

    def seat(self, user: User) -> Membership:
        """The seat of one of them."""
        return Membership.objects.get(user=user)

    def specialist(self, category: str = "", **values: str) -> Employee:
        """A specialist of the career centre."""
        return self.employee("career_specialist", category=category, **values)  # type: ignore[arg-type]  # texts

    def published(self, correct: int, employee: Employee | None = None, declared: str = "") -> Attestation:
        """A case of the cycle with a published result of 100 questions; an assistant's, unless declared."""
        purpose = "category" if declared else "position"
        case = self.listed(employee or self.employee(), purpose, declared)
        self.through((case, correct))
        return fresh(case)


def facts(correct: int, now: datetime = TESTED) -> ResultFacts:
    """So many of 100 questions; the wrong ones are the first."""
    return ResultFacts(100, correct, list(range(1, 101 - correct)), "1", now)


def uploaded(kind: str, *rows: dict[str, Any], by: By, cycle: Cycle | None = None) -> ImportJob:
    """A file of these rows, previewed."""
    return engine.preview(kind, table(*rows), f"{kind}.xlsx", by=by, cycle=cycle)


def fresh(case: Attestation) -> Attestation:
    """The case as it stands in the database."""
    return Attestation.objects.select_related("cycle", "employee", "center__parent", "rule_set").get(
        pk=case.pk
    )
