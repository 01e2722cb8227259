"""The lists that people work by: what a row of decisions says, in whichever language."""

from __future__ import annotations

import csv
import io
import re
from html import unescape
from typing import Any

import pytest
from django.utils import translation

from attestation.by import By
from attestation.journal import record
from attestation.models import Attestation, GroundMark, JournalEntry, Role
from tests.attestation.admin_cast import MONDAY, Region, at, client_of, make_region, text_of, url
from tests.factories import AttestationFactory, EmployeeFactory, UserFactory
from tests.siblings_cast import decided

__all__ = ["at"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at")]
DECISIONS = "attestation_decision_changelist"
CASES = "attestation_attestation_changelist"
JOURNAL = "attestation_journalentry_changelist"


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


def test_a_case_says_its_test_its_decision_and_what_it_waits_for(region: Region) -> None:
    decided_again(region, 62, existing="case_manager", declared="mentor")
    Attestation.objects.filter(pk=region.case.pk).update(open_appeals=1)
    AttestationFactory(employee=EmployeeFactory(center=region.career), cycle=region.case.cycle)
    said = ("test", "stands", "points", "waits")
    assert {tuple(row[name] for name in said) for row in cells_of(region, CASES)} == {
        ("62% < 70%", "Lower provisional decision", "62%", "end of the appeal term: 10.02.2026"),
        ("89% ≥ 70%", "Declared provisional decision", "91.2", "ruling on the appeal"),
        ("89% ≥ 70%", "Decision held", "–", "ruling on row 2"),
        ("–", "Admitted to testing", "–", "test result"),
    }


@pytest.mark.parametrize(
    ("status", "reasons", "said"),
    [
        ("held", ["ratings_not_read", "violations_not_read"], "loading of data"),
        ("held", ["rating_gap", "violations_not_read"], "loading of data, ruling on row 2"),
        ("held", ["points_contradict"], "two points of the order to agree"),
        ("listed", [], "decision on admission"),
        ("tested", [], "assessment or decision"),
        ("absent", [], "decision on the absence"),
        ("scored", [], "forming of the decision"),
        ("closed", [], "–"),
    ],
)
def test_each_status_says_what_it_waits_for(
    status: str, reasons: list[str], said: str, region: Region
) -> None:
    values = {"status": status, "status_reason": [{"code": code} for code in reasons]}
    case = decided_again(region, 75, existing="consultant", declared="case_manager")
    Attestation.objects.filter(pk=case.pk).update(**values)
    assert said in {row["waits"] for row in cells_of(region, CASES)}


def test_a_case_whose_ground_fell_waits_for_that_before_its_terms(region: Region) -> None:
    fell = {"earlier": region.appealed, "cause": "annulled", "grounds": ["repeat"], "marked_at": MONDAY}
    GroundMark.objects.create(attestation=region.case, **fell)
    assert "new consideration" in {row["waits"] for row in cells_of(region, CASES)}


def test_the_journal_says_who_it_is_about_and_finds_them(region: Region) -> None:
    person = region.case.employee
    told = cells_of(region, JOURNAL, q="Әбенова")
    assert {row["person"] for row in told} == {f"{person.full_name} {region.case.case_no} · {region.career}"}
    assert "Provisional decision formed status: assessed → provisional decision" in {r["told"] for r in told}
    assert [] != cells_of(region, JOURNAL, q="abenova") == told == cells_of(region, JOURNAL, q="Ю9-0001")
    assert cells_of(region, JOURNAL, q="Байтұрсынұлы") == []


def test_an_entry_of_no_case_names_the_employee(region: Region) -> None:
    person = region.case.employee
    record("record_changed", by=By(None, MONDAY), subject=f"employee:{person.pk}", data={})
    region.officer = UserFactory(role=Role.AUDITOR)
    assert f"{person.full_name} {person.center}" in {row["person"] for row in cells_of(region, JOURNAL)}
    assert "Record changed" in {row["told"] for row in cells_of(region, JOURNAL, q="әбенова")}
    assert "Record changed" not in {row["told"] for row in cells_of(region, JOURNAL, q="оспанова")}


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        ("2026-02-05", "2026-02-05", {"05.02.2026"}),
        ("2026-02-06", "2026-02-06", set()),
        ("2026-02-07", "", {"07.02.2026"}),
        ("", "2026-02-06", {"05.02.2026"}),
    ],
)
def test_the_journal_is_narrowed_by_days_of_almaty(
    first: str, last: str, found: set[str], region: Region
) -> None:
    rows = cells_of(region, JOURNAL, at_from=first, at_to=last, q=region.case.case_no)
    assert {row["moment"].split()[0] for row in rows} == found


def test_a_day_that_is_none_and_an_act_that_is_none_narrow_nothing(region: Region) -> None:
    answer = client_of(region.officer).get(url(JOURNAL), {"at_from": "yesterday"})
    assert (answer.status_code, answer["Location"]) == (302, f"{url(JOURNAL)}?e=1")
    assert cells_of(region, JOURNAL, act="nothing") == cells_of(region, JOURNAL)
    (row,) = cells_of(region, JOURNAL, act="decide")
    assert row["told"] == "Provisional decision formed status: assessed → provisional decision"


def test_a_file_holds_the_rows_on_the_screen_and_the_journal_says_so(region: Region) -> None:
    decided_again(region, 62, existing="case_manager", declared="mentor")
    answer = client_of(region.officer).post(
        f"{url('attestation_decision_export', 'csv')}?outcome__exact=lower"
    )
    header, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    (row,) = (dict(zip(header, row, strict=True)) for row in rows)
    assert row["Points"] == "62"
    assert (row["Existing category"], row["Category by the decision"]) == (
        "case manager",
        "career consultant",
    )
    assert row["Decision"].startswith("does not conform to the declared category")
    entry = JournalEntry.objects.get(act="export")
    assert (entry.actor, entry.subject, entry.data) == (
        region.officer,
        "decision",
        {"rows": 1, "form": "csv", "filter": {"outcome__exact": "lower"}},
    )
    assert cells_of(region, JOURNAL, act="export") == []
    region.officer = UserFactory(role=Role.AUDITOR)
    (row,) = cells_of(region, JOURNAL, act="export")
    assert (row["told"], row["person"]) == ("Records exported to a file", "decisions")


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
