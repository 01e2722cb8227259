"""The lists that people work by: what a row of decisions says, in whichever language."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.utils import translation

from attestation.models import Attestation
from tests.attestation.admin_cast import Region, at, client_of, make_region, text_of, url
from tests.factories import EmployeeFactory
from tests.siblings_cast import decided

__all__ = ["at"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at")]
DECISIONS = "attestation_decision_changelist"


def made_once() -> Region:
    return make_region("Ю9")


@pytest.fixture
def region(shared: Region) -> Region:
    """A decided case, and one under appeal."""
    return shared


def cells_of(region: Region, name: str, **query: str) -> list[dict[str, str]]:
    """Each row of a list by its columns, without the tags."""
    page = text_of(client_of(region.officer).get(url(name), query))
    rows = re.findall(r'<tr class="data-row.*?</tr>', page, re.DOTALL)
    cell = re.compile(r"field-(\w+).*?>(.*?)</t[dh]>", re.DOTALL)
    return [
        {
            column: " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())
            for column, html in cell.findall(row)
        }
        for row in rows
    ]


def decided_again(region: Region, correct: int, **values: Any) -> Attestation:
    """One more decision in the region's cycle."""
    employee = EmployeeFactory(center=region.career)
    return decided(correct, "4.6", employee=employee, cycle=region.case.cycle, **values)


def test_a_decision_says_its_outcome_in_a_word_and_what_it_does_to_the_category(region: Region) -> None:
    decided_again(region, 62, existing="case_manager", declared="mentor")
    decided_again(region, 75, existing="consultant", declared="case_manager")
    shown = [(row["outcome_shown"], row["points"], row["change"]) for row in cells_of(region, DECISIONS)]
    assert shown == [
        ("Existing", "80", "career consultant"),
        ("Lower", "62%", "case manager → career consultant"),
        ("Declared", "91.2", "no category → career consultant"),
    ]


@pytest.mark.parametrize(
    ("language", "word", "sentence"),
    [
        ("kk", "Мәлімделген", "Мәлімделген біліктілік санатына сәйкес келеді"),
        ("ru", "Заявленная", "Соответствует заявленной квалификационной категории"),
    ],
)
def test_the_orders_sentence_stands_behind_the_word(
    language: str, word: str, sentence: str, region: Region
) -> None:
    type(region.officer).objects.filter(pk=region.officer.pk).update(language=language)
    with translation.override(language):
        page = text_of(client_of(region.officer).get(url(DECISIONS)))
    assert f'title="{sentence}">{word}</span>' in page


def test_only_decisions_in_force_are_listed_until_others_are_asked_for(region: Region) -> None:
    decision = region.case.decisions.get()
    decision.superseded_at = decision.formed_at
    decision.save()
    assert cells_of(region, DECISIONS) == []
    assert cells_of(region, DECISIONS, in_force="yes") == []
    (row,) = cells_of(region, DECISIONS, in_force="no")
    assert row["day"] == "07.02.2026 superseded"
    assert cells_of(region, DECISIONS, in_force="all") == [row]
