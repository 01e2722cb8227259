"""Import by the page: upload, preview with changes and errors, confirm once; staff out as a file."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from attestation.models import Employee, ImportJob, JournalEntry, Role
from tests.attestation.admin_cast import (
    Region,
    at,
    client_of,
    make_region,
    member_of,
    messages_of,
    text_of,
    url,
)
from tests.factories import moment, numbered
from tests.siblings_cast import footprint, workbook

__all__ = ["at"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at")]
HEADER = ("ИИН", "Фамилия", "Имя", "БИН центра", "Подразделение", "Должность", "Дата приёма")
NEW = numbered("9003153", 11)


def made_once() -> Region:
    return make_region("Ю9")


@pytest.fixture
def region(shared: Region) -> Region:
    """A region."""
    return shared


def row(region: Region, iin: str, name: str, unit: str = "", **values: Any) -> tuple[Any, ...]:
    """A line of a staff file."""
    first, hired = values.get("first", "Іңкәр"), values.get("hired", "15.01.2020")
    return (iin, name, first, region.career.bin, unit, "career_specialist", hired)


def uploaded(client: Any, content: bytes, name: str = "staff.xlsx", kind: str = "staff", **more: Any) -> Any:
    """Upload a file and follow to its preview."""
    file = SimpleUploadedFile(name, content)
    return client.post(url("attestation_importjob_upload", kind), {"file": file, **more}, follow=True)


def test_a_file_is_previewed_then_confirmed_once(region: Region) -> None:
    person = region.case.employee
    client = client_of(region.officer)
    content = workbook(
        HEADER,
        row(region, NEW, "Қасенова"),
        row(region, person.iin, person.last_name, "Жаңа бөлім", first=person.first_name),
    )
    before = footprint()
    answer = uploaded(client, content)
    page = text_of(answer)
    assert footprint() == before
    assert not Employee.objects.filter(iin=NEW).exists()
    assert "Қасенова" in page
    assert f"<del>{region.mark} бөлімі</del> → <ins>Жаңа бөлім</ins>" in page
    job = ImportJob.objects.get()
    assert (job.rows_new, job.rows_changed, job.rows_error) == (1, 1, 0)

    confirm = url("attestation_importjob_act", job.pk, "confirm")
    first = client.post(confirm, follow=True)
    assert messages_of(first) == ["Imported: new 1, changed 1, same 0, left out 0."]
    assert Employee.objects.get(iin=NEW).last_name == "Қасенова"
    second = client.post(confirm, follow=True)
    assert messages_of(second) == ["This file was imported before: new 1, changed 1, same 0."]
    assert JournalEntry.objects.filter(act="import_confirmed").count() == 1


def test_errors_name_the_cell_and_nothing_is_written(region: Region) -> None:
    client = client_of(region.officer)
    content = workbook(
        HEADER, row(region, NEW[:-1] + "0", "Қасенова"), row(region, NEW, "Ахметова", hired="31.02.2024")
    )
    answer = uploaded(client, content)
    page = text_of(answer)
    assert ">A2</b>" in page
    assert ">G3</b>" in page
    assert "The check digit is wrong" in page
    job = ImportJob.objects.get()
    refused = client.post(url("attestation_importjob_act", job.pk, "confirm"))
    assert refused.status_code == 422
    assert "2 rows have errors; nothing was imported" in text_of(refused)
    assert not Employee.objects.filter(iin=NEW).exists()


def test_good_rows_alone_are_imported_when_asked_and_the_bad_ones_come_back(region: Region) -> None:
    client = client_of(region.officer)
    content = workbook(HEADER, row(region, NEW[:-1] + "0", "Қасенова"), row(region, NEW, "Ахметова"))
    uploaded(client, content)
    job = ImportJob.objects.get()
    done = client.post(
        url("attestation_importjob_act", job.pk, "confirm"), {"skip_errors": "on"}, follow=True
    )
    assert messages_of(done) == ["Imported: new 1, changed 0, same 0, left out 1."]
    answer = client.get(url("attestation_importjob_failed", job.pk))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert "check digit" in str(list(sheet.iter_rows(values_only=True))[1][-1])


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("staff.pdf", b"%PDF-1.7", "xlsx"),
        ("staff.xlsx", b"", "empty"),
        ("staff.xlsx", b"PK\x03\x04 no book", "damaged"),
        ("staff.csv", "Аты;Жөні\nа;б\n".encode(), "columns are missing"),
    ],
)
def test_a_file_that_is_not_taken_says_so_on_the_form_f_i10(
    name: str, content: bytes, words: str, region: Region
) -> None:
    answer = uploaded(client_of(region.officer), content, name)
    assert answer.status_code == 422
    assert words in " ".join(answer.context["form"].errors["file"]).lower()
    assert not ImportJob.objects.exists()


def test_the_preview_is_paged_and_filtered_by_kind(region: Region) -> None:
    client = client_of(region.officer)
    rows = [row(region, numbered("9003153", 100 + 9 * n), "Қасенова") for n in range(60)]
    uploaded(client, workbook(HEADER, *rows))
    job = ImportJob.objects.get()
    address = url("attestation_importjob_change", job.pk)
    first = client.get(address)
    assert len(first.context["rows"]) == 50
    assert len(client.get(address, {"p": 2}).context["rows"]) == 10
    assert client.get(address, {"kind": "error"}).context["rows"] == []
    assert client.get(address, {"p": "abc", "kind": "nothing"}).status_code == 200


def test_a_file_of_a_cycle_asks_for_the_cycle(region: Region) -> None:
    client = client_of(region.officer)
    content = workbook(("ИИН", "Часы по плану", "Пройдено часов"), (region.case.employee.iin, 10, 10))
    without = uploaded(client, content, kind="courses")
    assert "cycle" in without.context["form"].errors
    cycle = region.case.cycle
    answer = uploaded(client, content, kind="courses", cycle=cycle.pk)
    assert answer.status_code == 200
    assert ImportJob.objects.get().cycle == cycle


# What a cycle's page offers in its steps, with what the address says of the cycle.
PREPARED = [("attestees", "cycle"), ("courses", "cycle")]
LATER = [("results", "cycle"), ("appeals", "cycle"), ("ratings", "for"), ("violations", "for")]


@pytest.mark.parametrize(
    ("now", "offered"),
    [("2026-02-01 23:59", PREPARED + LATER), ("2026-02-02 00:00", LATER)],
)
def test_the_list_and_course_hours_are_offered_until_testing_begins_i_30(
    now: str, offered: list[tuple[str, str]], region: Region, at: Callable[[datetime], None]
) -> None:
    at(moment(now))
    cycle = region.case.cycle_id
    page = client_of(region.officer).get(url("attestation_cycle_change", cycle))
    links = [address for step in page.context["steps"] for _text, address in step.links]
    assert links == [f"{url('attestation_importjob_upload', kind)}?{key}={cycle}" for kind, key in offered]


def test_ratings_ask_through_which_day_they_are_read_i_27(region: Region) -> None:
    client = client_of(region.officer)
    header = ("ИИН", "Дата оценки", "Оценка", "Внешний номер")
    content = workbook(header, (region.case.employee.iin, "03.02.2026", "4,5", "R-900"))
    assert "read_through" in uploaded(client, content, kind="ratings").context["form"].errors
    answer = uploaded(client, content, kind="ratings", read_through="2026-02-06")
    assert answer.status_code == 200
    page = client.get(url("attestation_importjob_upload", "ratings"), {"for": region.case.cycle.pk})
    assert 'value="2026-02-06"' in text_of(page)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.SECRETARY, Role.CHAIR, Role.MEMBER])
def test_only_the_office_imports(role: str, region: Region) -> None:
    client = client_of(member_of(role, region))
    assert uploaded(client, workbook(HEADER, row(region, NEW, "Қ"))).status_code == 403
    assert not ImportJob.objects.exists()


def test_the_staff_on_the_screen_go_out_within_the_scope_and_can_come_back(region: Region) -> None:
    stranger = make_region("Ц3")
    client = client_of(region.officer)
    answer = client.post(url("attestation_employee_export", "xlsx"))
    rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
    known = {str(row[0]) for row in rows[1:]}
    assert known == {region.case.employee.iin, region.appealed.employee.iin}
    assert stranger.case.employee.iin not in known
    back = uploaded(client, answer.content)
    assert ImportJob.objects.get().rows_same == 2, text_of(back)
    filtered = client.post(url("attestation_employee_export", "csv") + "?q=Оспанова")
    assert filtered.content.decode("utf-8-sig").count("\n") == 2
    assert JournalEntry.objects.filter(act="export").count() == 2


def test_an_export_is_asked_for_by_post_and_by_those_who_may(region: Region) -> None:
    assert client_of(region.officer).get(url("attestation_employee_export", "xlsx")).status_code == 405
    chair = client_of(member_of(Role.CHAIR, region))
    assert chair.post(url("attestation_employee_export", "xlsx")).status_code == 403
    assert client_of(region.officer).post(url("attestation_employee_export", "exe")).status_code == 404
