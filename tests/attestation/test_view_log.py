"""The log of views: each reading of a person's record, each file that was taken, each reach out of sight."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from appeals.models import Attachment
from attestation.models import Employee, JournalEntry, Role, User, ViewEntry
from tests.appeals.filing_cast import PDF, WHY, file_of, officer_of, send, typed
from tests.attestation.admin_cast import MONDAY, Region, at, client_of, make_region, url
from tests.factories import UserFactory
from tests.siblings_cast import published

__all__ = ["at"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at")]


def made_once() -> tuple[Region, Region]:
    return make_region("A"), make_region("B")


@pytest.fixture
def regions(shared: tuple[Region, Region]) -> tuple[Region, Region]:
    return shared


def logged(user: User) -> list[tuple[str, str, str, int | None]]:
    """What the log says of the account, the oldest first."""
    rows = ViewEntry.objects.filter(user=user).order_by("pk")
    return list(rows.values_list("what", "subject", "file", "employee"))


def test_each_page_of_a_persons_record_is_one_line_f_t7(regions: tuple[Region, Region]) -> None:
    """F-T7: who looked at whose file is on record."""
    own, _other = regions
    client, case = client_of(own.officer), own.case
    for address in (
        url("attestation_employee_change", case.employee_id),
        url("attestation_attestation_change", case.pk),
        url("attestation_attestation_history", case.pk),
        url("attestation_decision_change", case.decisions.get(superseded_at=None).pk),
    ):
        assert client.get(address).status_code == 200
    decision = case.decisions.get(superseded_at=None)
    assert logged(own.officer) == [
        ("page", f"employee:{case.employee_id}", "", case.employee_id),
        ("page", f"attestation:{case.pk}", "", case.employee_id),
        ("page", f"attestation:{case.pk}", "", case.employee_id),
        ("page", f"decision:{decision.pk}", "", case.employee_id),
    ]


def test_lists_and_records_about_nobody_are_not_in_it(regions: tuple[Region, Region]) -> None:
    own, _other = regions
    client = client_of(own.officer)
    for address in (
        reverse("admin:index"),
        url("attestation_attestation_changelist"),
        url("attestation_cycle_change", own.case.cycle_id),
    ):
        assert client.get(address).status_code == 200
    assert logged(own.officer) == []


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_each_file_that_is_taken_is_one_line_f_t7(regions: tuple[Region, Region], form: str) -> None:
    """F-T7: who took which file; the journal has with how many rows."""
    own, _other = regions
    assert client_of(own.officer).post(url("attestation_attestation_export", form)).status_code == 200
    assert logged(own.officer) == [("file", "", f"attestation.{form}", None)]
    entry = JournalEntry.objects.get(act="export")
    assert (entry.actor, entry.data) == (own.officer, {"rows": 2, "form": form})


def test_the_journal_has_what_a_list_was_filtered_for_when_it_went_out_f_t7(
    regions: tuple[Region, Region],
) -> None:
    own, _other = regions
    found = {"q": own.case.employee.last_name, "status__exact": own.case.status}
    address = f"{url('attestation_attestation_export', 'csv')}?{urlencode(found)}&o=1"
    assert client_of(own.officer).post(address).status_code == 200
    assert JournalEntry.objects.get(act="export").data == {"rows": 1, "form": "csv", "filter": found}


def test_a_paper_of_an_appeal_is_a_file_of_its_appellant(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    case = published(60)
    officer = officer_of(case)
    paper = file_of("өтініш.pdf", PDF, "application/pdf")
    assert send(officer, case, typed((12, WHY), papers=[paper])).status_code == 200
    kept = Attachment.objects.get()
    before = len(logged(officer))
    assert client_of(officer).get(url("appeals_appeal_paper", kept.appeal_id, kept.pk)).status_code == 200
    assert logged(officer)[before:] == [("file", f"attestation:{case.pk}", "өтініш.pdf", case.employee_id)]


def test_f_a1_a_reach_for_a_foreign_record_is_written_down_and_a_missing_one_is_not(
    regions: tuple[Region, Region],
) -> None:
    own, other = regions
    client = client_of(own.officer)
    foreign = client.get(url("attestation_employee_change", other.case.employee_id), follow=True)
    missing = client.get(url("attestation_employee_change", 10**9), follow=True)
    nonsense = client.get(url("attestation_employee_change", "x"), follow=True)
    # The same words for all three: only the log tells them apart.
    assert foreign.content.count(b"in your sight") == missing.content.count(b"in your sight") == 1
    assert nonsense.content.count(b"in your sight") == 1
    person = other.case.employee_id
    assert logged(own.officer) == [("refused", f"employee:{person}", "", person)]


def test_the_log_is_read_by_administrators_and_auditors_and_reading_it_is_not_in_it(
    regions: tuple[Region, Region],
) -> None:
    own, _other = regions
    client_of(own.officer).get(url("attestation_employee_change", own.case.employee_id))
    line = ViewEntry.objects.get()
    for role, status in ((Role.ADMINISTRATOR, 200), (Role.AUDITOR, 200), (Role.HR, 403), (Role.CHAIR, 403)):
        reader = client_of(UserFactory(role=role, center=own.center if role == Role.HR else None))
        answer = reader.get(url("attestation_viewentry_changelist"))
        assert answer.status_code == status
        assert reader.get(url("attestation_viewentry_change", line.pk)).status_code == status
        if status == 200:
            assert own.case.employee.full_name in answer.text
            assert own.officer.username in answer.text
    assert ViewEntry.objects.count() == 1


def test_what_was_read_stays_when_the_employee_is_forgotten(regions: tuple[Region, Region]) -> None:
    own, _other = regions
    person = Employee.objects.create(
        iin="900101300017", last_name="Х", first_name="Х", center=own.career, hired_on=MONDAY.date()
    )
    client_of(own.officer).get(url("attestation_employee_change", person.pk))
    key = person.pk
    Employee._base_manager.filter(pk=key).delete()
    assert logged(own.officer) == [("page", f"employee:{key}", "", key)]
    reader: Client = client_of(UserFactory(role=Role.AUDITOR))
    assert reader.get(url("attestation_viewentry_changelist")).status_code == 200


@pytest.mark.parametrize(
    "sql", ["UPDATE attestation_viewentry SET file = 'x'", "DELETE FROM attestation_viewentry"]
)
def test_the_log_is_append_only(regions: tuple[Region, Region], sql: str) -> None:
    own, _other = regions
    ViewEntry.objects.create(at=MONDAY, user=own.officer, what="file", file="a.csv")
    refused = pytest.raises(IntegrityError, match=r"append-only|never deleted")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
