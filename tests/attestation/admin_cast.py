"""Who works in the back office, and a region with something of everything on record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from appeals.models import Appeal
from appeals.services.filing import file_appeal
from attestation import clock
from attestation.by import By
from attestation.models import Attestation, Center, Role, User
from tests.factories import CareerCenterFactory, CenterFactory, EmployeeFactory, UserFactory, moment
from tests.siblings_cast import decided, published, seated, sweep

# The Monday on which the appeal term of 5 February ends (D1), in the morning.
MONDAY = moment("2026-02-09 10:00")
NEXT_WEEK = moment("2026-02-16 10:00")
ROLES = tuple(Role.values)


@dataclass
class Region:
    """One labour mobility centre with a career centre, an officer and cases; `mark` is in all its texts."""

    mark: str
    center: Center
    career: Center
    officer: User
    case: Attestation
    appealed: Attestation
    appeal: Appeal


def make_region(mark: str) -> Region:
    """A decided case, and one under appeal; every text that a page may show carries the mark."""
    center = CenterFactory(name_kk=f"{mark} ЕМО", name_ru=f"{mark} ЦТМ")
    career = CareerCenterFactory(name_kk=f"{mark} МО", name_ru=f"{mark} КЦ", parent=center)
    person = EmployeeFactory(center=career, last_name=f"Әбенова{mark}", unit=f"{mark} бөлімі")
    other = EmployeeFactory(center=career, last_name=f"Оспанова{mark}")
    case = decided(employee=person, case_no=f"{mark}-0001")
    appealed = published(employee=other, cycle=case.cycle, case_no=f"{mark}-0002")
    appeal = file_appeal(
        appealed,
        filed_at=moment("2026-02-06 09:00"),
        items=[(17, f"{mark}: екі жауап та дұрыс"), (19, f"{mark}: кілт ескі")],
        receipt_note=f"{mark} хат",
        external_id=f"{mark}-A1",
        by=By(None, MONDAY),
    )
    officer = UserFactory(username=f"hr-{mark}", role=Role.HR, center=center)
    return Region(mark, center, career, officer, case, appealed, appeal)


def member_of(role: str, region: Region) -> User:
    """An account of the role, as close to the region as the role comes."""
    if role in (Role.ADMINISTRATOR, Role.AUDITOR):
        return UserFactory(role=role)
    if role == Role.HR:
        return region.officer
    return seated(role, region.center)


def client_of(user: User) -> Client:
    """Somebody at the screen."""
    client = Client()
    client.force_login(user)
    return client


def url(name: str, *args: Any) -> str:
    """A page of the admin."""
    return reverse(f"admin:{name}", args=args)


# Where the file of a kind goes out: from a list, else from the page of the cycle.
EXPORTED_LISTS = {
    "centers": "attestation_center",
    "staff": "attestation_employee",
    "ratings": "scoring_rating",
    "violations": "scoring_violation",
    "rulings": "appeals_appeal",
}

# Lists whose rows go out as they are on the screen.
SCREEN_LISTS = (
    "attestation_attestation",
    "attestation_decision",
    "attestation_journalentry",
    "attestation_viewentry",
)


def export_address(kind: str, cycle: int | None = None) -> str:
    """What a POST asks for a file of the kind."""
    if kind in EXPORTED_LISTS:
        return url(f"{EXPORTED_LISTS[kind]}_export", "xlsx")
    return f"{url('attestation_importjob_export', kind)}?cycle={cycle}"


def text_of(response: Any) -> str:
    """The page as text."""
    return response.content.decode()


def messages_of(response: Any) -> list[str]:
    """What the page says on top."""
    return [str(message) for message in response.context["messages"]]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set the clock that the pages ask."""

    def set_clock(now: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: now)

    set_clock(MONDAY)
    return set_clock


__all__ = [
    "MONDAY",
    "NEXT_WEEK",
    "ROLES",
    "Region",
    "at",
    "client_of",
    "make_region",
    "member_of",
    "messages_of",
    "sweep",
    "text_of",
    "url",
]
