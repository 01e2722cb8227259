"""While appeal terms run, too, a button is offered only where it can succeed; see test_doors.py."""

from __future__ import annotations

from typing import Any

import pytest

from appeals.models import Appeal, AppealItem
from appeals.services.commission import commission_for
from attestation.models import Attestation, Role
from tests.attestation.admin_cast import MONDAY, ROLES, at, client_of, make_region, member_of, text_of, url
from tests.tables.doors import shut_doors

__all__ = ["at"]
pytestmark = pytest.mark.django_db


def test_while_the_terms_run(at: Any) -> None:
    """An appeal is open, and the term of the other case has not ended."""
    at(MONDAY)
    region = make_region("Ю8")
    # The region's commission is of the chair alone, who rules without a sitting.
    people = {role: member_of(role, region) for role in ROLES if role != Role.MEMBER}
    region.appeal.items.update(commission=commission_for(region.center))
    shut, opened = shut_doors(people, MONDAY, Attestation, Appeal, AppealItem)
    assert shut == {}
    assert {"appeal withdraw", "appealitem rule", "attestation file-appeal"} <= opened
    assert "attestation finalise" not in opened


def test_the_page_says_where_the_matter_lies_instead(at: Any) -> None:
    """What the service would say, as a link to what it names."""
    at(MONDAY)
    region = make_region("Ю7")
    chair = client_of(member_of(Role.CHAIR, region))
    page = text_of(chair.get(url("attestation_attestation_change", region.case.pk)))
    assert "do/finalise/" not in page
    assert 'href="#deadlines">Case Ю7-0001: the appeal term and the grace after it run until' in page
    appealed = text_of(chair.get(url("attestation_attestation_change", region.appealed.pk)))
    assert "do/correct-result/" not in appealed
