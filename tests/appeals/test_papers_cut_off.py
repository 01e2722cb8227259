"""F-D4: killed between file and commit, an act leaves a paper of nobody's; the sweep takes it away."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction

from appeals.services.attachments import checked, remove_unsettled
from appeals.services.filing import file_appeal
from attestation.by import By
from attestation.law.calendar import day_close, local_day
from office.sweep import sweep
from tests.appeals.filing_cast import PDF, WHY, file_of
from tests.attestation.admin_cast import MONDAY
from tests.siblings_cast import published

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

SOON, LATER = (day_close(local_day(MONDAY)) + timedelta(days=days, hours=9) for days in (0, 1))


def filed() -> None:
    """An appeal with one paper; where a test rolls back at its end, nothing follows the commit."""
    papers = checked([file_of("a.pdf", PDF)], now=MONDAY)
    file_appeal(published(60), filed_at=MONDAY, items=[(12, WHY)], papers=papers, by=By(None, MONDAY))


def files(media: Path) -> list[str]:
    return sorted(str(place.relative_to(media).parts[0]) for place in media.rglob("*") if place.is_file())


@pytest.mark.django_db(transaction=True)
def test_an_act_that_comes_to_its_end_takes_its_mark_away(media: Path) -> None:
    filed()
    assert files(media) == ["appeals"]


def test_a_paper_on_record_stays_where_its_mark_was_left(media: Path) -> None:
    filed()
    assert files(media) == ["appeals", "unsettled"]
    assert remove_unsettled(now=LATER) == 0
    assert files(media) == ["appeals"]
    assert not list((media / "unsettled").iterdir())


def test_a_paper_of_nobodys_is_removed_from_the_day_after_tomorrow_on(media: Path) -> None:
    with transaction.atomic():
        filed()
        transaction.set_rollback(True)  # as after a kill: the database forgets, the disk does not
    assert [remove_unsettled(now=now) for now in (MONDAY, SOON)] == [0, 0]
    assert files(media) == ["appeals", "unsettled"]
    assert sweep.run(LATER).counts["papers_removed"] == 1
    assert files(media) == []
    assert remove_unsettled(now=LATER) == 0
