"""F-A2: a curious officer's crawl: of the records of others no word is told, by no door.

Every text of every row out of sight carries a canary. One reader is the officer of another region; the other
one of a career centre, who sees of the labour mobility centre above only its name and its cycles' codes.
"""

from __future__ import annotations

import pytest
from django.contrib import admin

from attestation.models import Employee
from tests.attestation.admin_cast import at
from tests.tables.crawl_cast import READERS, crawl
from tests.tables.matrix_cast import World
from tests.tables.test_matrix import made_once, world

__all__ = ["at", "made_once", "world"]

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.usefixtures("frame_once")]


@pytest.mark.daily(4)
@pytest.mark.parametrize("who", READERS)
def test_a_part_of_the_crawl_tells_nothing_f_a2(who: str, world: World) -> None:
    count, told = crawl(world, who, rows=2, links=60, part=150)
    assert told == []
    assert count > 200


@pytest.mark.slow
@pytest.mark.parametrize("who", READERS)
def test_the_whole_crawl_tells_nothing_f_a2(who: str, world: World) -> None:
    count, told = crawl(world, who, rows=20, links=2_500, part=None)
    assert told == []
    assert count >= 5_000


@pytest.mark.daily(4)
def test_the_crawl_sees_a_planted_leak(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """F-A2: with one page whose rows are not kept to the reader's centres."""
    page = admin.site._registry[Employee]
    monkeypatch.setattr(page, "get_queryset", lambda request: Employee.objects.all())
    _count, told = crawl(world, "elsewhere", rows=1, links=40, part=60)
    assert any("/attestation/employee/" in line for line in told)
