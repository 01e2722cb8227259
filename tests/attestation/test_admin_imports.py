"""Import by the page: upload, preview with changes and errors, confirm once; staff out as a file."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from attestation import clock
from attestation.by import By
from attestation.intake import background
from attestation.intake.expiry import forget_rows
from attestation.intake.messages import message_of
from attestation.intake.missing import missing_people
from attestation.intake.template_marks import EXAMPLE
from attestation.models import Employee, ImportJob, ImportWork, JournalEntry, Role
from office import tasks
from scoring.models import Rating
from scoring.services.voiding import void_record
from tests.attestation.admin_cast import (
    MONDAY,
    Region,
    at,
    client_of,
    export_address,
    make_region,
    member_of,
    messages_of,
    text_of,
    url,
)
from tests.factories import AttestationFactory, EmployeeFactory, UserFactory, moment, numbered
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


def test_after_the_good_rows_the_page_says_what_comes_next_until_the_rows_are_forgotten(
    region: Region,
) -> None:
    client = client_of(region.officer)
    page = text_of(
        uploaded(client, workbook(HEADER, row(region, NEW[:-1] + "0", "Қ"), row(region, NEW, "Ә")))
    )
    # The primary button says what it does, and is not refused.
    assert '<input type="hidden" name="skip_errors" value="on">' in page
    assert "Import 1 without the 1 row with errors" in page
    job = ImportJob.objects.get()
    client.post(url("attestation_importjob_act", job.pk, "confirm"), {"skip_errors": "on"})
    address, failed = (url(f"attestation_importjob_{name}", job.pk) for name in ("change", "failed"))
    corrected = f'action="{url("attestation_importjob_upload", "staff")}"'
    page = text_of(client.get(address))
    assert "Next: download the rows with errors" in page
    assert failed in page
    assert corrected in page

    again = uploaded(client, client.get(failed).content)
    assert again.context["file_lines"][1:] == [
        "Column H “Reasons” only says what was wrong with the rows; it is not imported."
    ]
    forget_rows(clock.now() + timedelta(days=91))
    page = text_of(client.get(address))
    assert "The rows of this file are not kept any longer" in page
    assert failed not in page
    assert corrected not in page


def test_of_an_undone_import_the_number_left_stays_when_the_rows_are_forgotten(region: Region) -> None:
    client = client_of(region.officer)
    uploaded(client, content_of(region))
    job = ImportJob.objects.get()
    client.post(url("attestation_importjob_act", job.pk, "confirm"), follow=True)
    UserFactory(employee=Employee.objects.filter(last_name="Қасенова").earliest("pk"), username="here")
    undone = client.post(url("attestation_importjob_act", job.pk, "undo"), {"reason": "Екі рет"}, follow=True)
    assert messages_of(undone) == ["2 rows were undone. Left and listed: 1."]
    page = text_of(undone)
    assert "The person has an account here (here)." in page
    assert "Reason: Екі рет" in page
    assert url("attestation_importjob_act", job.pk, "undo") not in page
    forget_rows(clock.now() + timedelta(days=91))
    page = text_of(client.get(url("attestation_importjob_change", job.pk)))
    assert "rows 2, left 1." in page
    assert "(here)" not in page


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("staff.pdf", b"%PDF-1.7", "xlsx"),
        ("staff.xlsx", b"", "empty"),
        ("staff.xlsx", b"PK\x03\x04 no book", "damaged"),
        ("staff.csv", "Қала;Көше\nа;б\n".encode(), "none of the first ten rows"),
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
LATER += [("decisions", "for")]


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
    assert links[::2] == [
        f"{url('attestation_importjob_upload', kind)}?{key}={cycle}" for kind, key in offered
    ]
    of_cycle = {"cycle": f"?cycle={cycle}", "for": ""}
    templates = [url("attestation_importjob_template", kind) + of_cycle[key] for kind, key in offered]
    assert links[1::2] == templates


@pytest.mark.parametrize("wrong", [False, True])
def test_results_lead_on_to_what_their_publishing_does_unless_rows_are_left_out(
    wrong: bool, region: Region
) -> None:
    client = client_of(region.officer)
    case = AttestationFactory(cycle=region.case.cycle, employee=EmployeeFactory(center=region.career))
    rows = [(case.employee.iin, 100, 89, "2026-02-05 11:00")] + [(NEW, 100, 89, "2026-02-05 11:00")] * wrong
    header = ("ИИН", "Всего вопросов", "Правильных ответов", "Время окончания")
    uploaded(client, workbook(header, *rows), kind="results", cycle=case.cycle_id)
    job = ImportJob.objects.get()
    confirm = url("attestation_importjob_act", job.pk, "confirm")
    answer = client.post(confirm, {"skip_errors": "on"})
    publish = url("attestation_cycle_act", case.cycle_id, "publish")
    page = url("attestation_importjob_change", job.pk)
    assert answer.url == (page if wrong else publish)
    assert client.post(confirm, {"skip_errors": "on"}).url == answer.url
    assert publish in text_of(client.get(page))
    client.post(publish, {"step": "save", "shown": client.get(publish).context["digest"]})
    assert client.post(confirm, {"skip_errors": "on"}).url == page


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


def cells_of(answer: Any) -> list[list[Any]]:
    """The rows of the file below its header."""
    sheet = load_workbook(io.BytesIO(answer.content)).active
    return [list(row) for row in sheet.iter_rows(min_row=2, values_only=True)]


def test_a_cycles_records_go_out_from_its_page_and_come_back(region: Region) -> None:
    """Also once the step is over; of other cycles nothing, and the journal says which cycle it was."""
    stranger = make_region("Ц3")
    cycle = region.case.cycle
    client = client_of(region.officer)
    page = client.get(url("attestation_cycle_change", cycle.pk))
    offered = [address for step in page.context["steps"] for _text, address in step.exports]
    wanted = ("attestees", "courses", "results", "appeals")
    assert offered == [export_address(kind, cycle.pk) for kind in wanted]
    assert all(f'action="{address}" method="post"' in text_of(page) for address in offered)
    answer = client.post(export_address("results", cycle.pk))
    ours = {region.case.employee.iin, region.appealed.employee.iin}
    assert {row[0] for row in cells_of(answer)} == ours
    uploaded(client, answer.content, kind="results", cycle=cycle.pk)
    assert ImportJob.objects.get().rows_same == 2
    (entry,) = JournalEntry.objects.filter(act="export")
    said = {"rows": 2, "form": "xlsx", "cycle": cycle.code}
    assert (entry.subject, entry.data, entry.actor) == ("results", said, region.officer)
    assert client.get(export_address("results", cycle.pk)).status_code == 405
    assert client.post(export_address("results", stranger.case.cycle_id)).status_code == 404
    assert client.post(url("attestation_importjob_export", "staff")).status_code == 404


def test_whoever_may_not_bring_a_file_in_for_the_cycle_takes_none_out(region: Region) -> None:
    """¶9: an officer of a career centre sees the cycle, and its files are the labour mobility centre's."""
    career = UserFactory(role=Role.HR, center=region.career)
    cycle = region.case.cycle_id
    assert client_of(career).get(url("attestation_cycle_change", cycle)).status_code == 200
    assert client_of(career).post(export_address("results", cycle)).status_code == 403
    chair = client_of(member_of(Role.CHAIR, region))
    assert client_of(region.officer).get(url("attestation_center_changelist")).context["exports"] == []
    assert chair.get(url("appeals_appeal_changelist")).context["exports"]
    assert not JournalEntry.objects.filter(act="export").exists()


def test_a_template_with_people_in_it_is_put_down_in_the_journal(region: Region) -> None:
    client = client_of(region.officer)
    template = url("attestation_importjob_template", "results")
    assert client.get(template).status_code == 200
    assert not JournalEntry.objects.filter(act="export").exists()
    assert client.get(template, {"cycle": region.case.cycle_id}).status_code == 200
    (entry,) = JournalEntry.objects.filter(act="export")
    assert entry.data == {"rows": 2, "form": "template", "cycle": region.case.cycle.code}


def test_a_rating_that_was_voided_does_not_go_out(region: Region) -> None:
    """In an empty database its file would revive it (I-34); the search narrows the file as the list."""
    kept = Rating.objects.filter(employee=region.case.employee).first()
    assert kept is not None
    made = {"employee": region.case.employee, "rated_on": kept.rated_on, "score": kept.score}
    wrong = Rating.objects.create(**made, external_id="R-WRONG")
    client = client_of(region.officer)
    address = export_address("ratings")
    assert [row[3] for row in cells_of(client.post(f"{address}?q=R-WRONG"))] == ["R-WRONG"]
    why = {"reason": "бөтен адам", "document": "№ 5"}
    void_record("rating", wrong.external_id, **why, by=By(region.officer, MONDAY))
    found = [row[3] for row in cells_of(client.post(address))]
    assert kept.external_id in found
    assert "R-WRONG" not in found


# --- large files: a worker has them (F-I14) ---------------------------------------------------------------


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is large."""
    monkeypatch.setattr(background, "SMALL_BYTES", 0)
    monkeypatch.setattr(background, "SMALL_ROWS", 0)


def content_of(region: Region, people: int = 3) -> bytes:
    return workbook(
        HEADER, *(row(region, numbered("9003153", 100 + 9 * n), "Қасенова") for n in range(people))
    )


@pytest.mark.usefixtures("large")
def test_the_page_of_a_large_file_tells_how_far_it_is_and_gives_it_up(region: Region) -> None:
    client = client_of(region.officer)
    page = text_of(uploaded(client, content_of(region)))
    job = ImportJob.objects.get()
    assert '<label for="progress">The file waits to be read.</label>' in page
    assert 'data-refresh="3" data-state="waiting"' in page
    assert '<a href="">Refresh the page</a>' in page
    assert "<table" not in page

    address = url("attestation_importjob_change", job.pk)
    ImportJob.objects.update(state="reading")
    began = clock.now() - timedelta(minutes=2)
    ImportWork.objects.update(began_at=began, rows=5000, rows_done=2000)
    page = text_of(client.get(address))
    assert '<progress id="progress" max="100" value="40">' in page
    assert "2000 of 5000 rows, 40% · about 3 minutes left" in page
    give_up = url("attestation_importjob_act", job.pk, "cancel")
    assert give_up in page

    done = client.post(give_up, follow=True)
    assert messages_of(done) == ["“staff.xlsx” was given up; nothing was imported."]
    page = text_of(done)
    assert "<progress" not in page
    assert give_up not in page
    assert url("attestation_importjob_upload", "staff") in page


@pytest.mark.usefixtures("large")
def test_a_large_file_is_imported_by_a_worker_and_the_officer_comes_back(region: Region) -> None:
    client = client_of(region.officer)
    uploaded(client, content_of(region))
    job = ImportJob.objects.get()
    tasks.imports()
    confirm = url("attestation_importjob_act", job.pk, "confirm")
    assert confirm in text_of(client.get(url("attestation_importjob_change", job.pk)))
    done = client.post(confirm, follow=True)
    said = "“staff.xlsx” is being imported. You may leave this page and come back."
    assert messages_of(done) == [said]
    assert "It is too late to cancel." in text_of(done)
    assert messages_of(client.post(confirm, follow=True)) == [said]
    assert client.post(url("attestation_importjob_act", job.pk, "cancel")).status_code == 422
    tasks.imports()
    assert "Imported on" in text_of(client.get(url("attestation_importjob_change", job.pk)))
    assert Employee.objects.filter(last_name="Қасенова").count() == 3


@pytest.mark.usefixtures("large")
def test_what_a_worker_refused_stands_on_the_page_with_the_next_step(region: Region) -> None:
    client = client_of(region.officer)
    uploaded(client, workbook(("a", "b"), (1, 2)))
    tasks.imports()
    job = ImportJob.objects.get()
    page = text_of(client.get(url("attestation_importjob_change", job.pk)))
    assert message_of(job.refusal, {}) in page
    assert f'<a class="btn" href="{url("attestation_importjob_upload", "staff")}">' in page


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize(("redis", "state"), [("redis://nowhere", "waiting"), ("", "previewed")])
def test_a_worker_is_woken_and_without_one_the_page_does_the_work(
    redis: str,
    state: str,
    region: Region,
    settings: Any,
    django_capture_on_commit_callbacks: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.REDIS_URL = redis
    woken: list[str] = []
    monkeypatch.setattr("celery.current_app.send_task", woken.append)
    with django_capture_on_commit_callbacks(execute=True):
        uploaded(client_of(region.officer), content_of(region))
    assert ImportJob.objects.get().state == state
    assert woken == (["office.tasks.imports"] if redis else [])


def test_another_sheet_is_chosen_at_the_form(region: Region) -> None:
    client = client_of(region.officer)
    book = load_workbook(io.BytesIO(content_of(region, 1)))
    for line in (HEADER, row(region, NEW, "Ахметова")):
        (book["Екі"] if "Екі" in book else book.create_sheet("Екі")).append(line)
    out = io.BytesIO()
    book.save(out)
    page = text_of(uploaded(client, out.getvalue()))
    again = url("attestation_importjob_act", ImportJob.objects.get().pk, "sheet")
    assert f'action="{again}"' in page
    assert '<button type="submit" class="btn" name="sheet" value="Екі">' in page
    assert "Ахметова" in text_of(client.post(again, {"sheet": "Екі"}, follow=True))
    assert "Ахметова" in text_of(uploaded(client, out.getvalue(), sheet=" Екі "))
    wrong = uploaded(client, out.getvalue(), sheet="Үш")
    assert wrong.context["form"].errors["file"] == [
        f"The file has no sheet “Үш”. Choose one of its sheets: {book.sheetnames[0]}, Екі."
    ]


def test_the_corrected_file_shows_what_differs_alone_and_the_other_is_given_up(region: Region) -> None:
    client = client_of(region.officer)
    bad = NEW[:-1] + "0"
    good = row(region, numbered("9003153", 109), "Қасенова")
    page = text_of(uploaded(client, workbook(HEADER, good, row(region, bad, "Ахметова"))))
    first = ImportJob.objects.get()
    assert f'name="corrects" value="{first.pk}"' in page
    assert "Ахметова" in page  # beside the error of her row
    answer = uploaded(client, workbook(HEADER, good, row(region, NEW, "Ахметова")), corrects=first.pk)
    second = ImportJob.objects.latest("pk")
    assert second.columns["differs"] == [3]
    page = text_of(answer)
    assert "Ахметова" in page
    assert "Қасенова" not in page
    assert "Қасенова" in text_of(client.get(url("attestation_importjob_change", second.pk), {"kind": ""}))
    first.refresh_from_db()
    assert first.state == "cancelled"


def test_anothers_file_is_not_corrected(region: Region) -> None:
    uploaded(client_of(region.officer), workbook(HEADER, row(region, NEW[:-1] + "0", "Ахметова")))
    first = ImportJob.objects.get()
    other = UserFactory(role="hr", center=region.officer.center)
    uploaded(client_of(other), workbook(HEADER, row(region, NEW, "Ахметова")), corrects=first.pk)
    first.refresh_from_db()
    assert (first.state, ImportJob.objects.latest("pk").options.get("corrects")) == ("previewed", None)


def test_who_is_missing_from_a_whole_staff_file_is_listed_and_left_alone(region: Region) -> None:
    client = client_of(region.officer)
    center = region.career
    here = [EmployeeFactory(center=center, last_name=name) for name in ("Әлиева", "Бекова", "Ғалиева")]
    people = list(Employee.objects.filter(center=center, left_on=None))
    named = people[: len(people) // 2 + 1]
    content = workbook(HEADER, *(row(region, person.iin, person.last_name) for person in named))
    before = footprint()
    page = text_of(uploaded(client, content))
    left = {person.full_name for person in people} - {person.full_name for person in named}
    assert here
    assert "not in the file" in page
    assert all(name in page for name in left)
    assert footprint() == before
    # Not row by row for each person: a staff file of 2,500 took PostgreSQL seconds a question.
    plan = missing_people(ImportJob.objects.get()).explain()
    assert not re.search(r"CORRELATED|(?<!hashed )SubPlan \d+\)", plan)
    few = text_of(uploaded(client, workbook(HEADER, row(region, people[0].iin, people[0].last_name))))
    assert "not in the file" not in few


def test_the_upload_page_gives_the_template_of_its_kind_and_cycle(region: Region) -> None:
    client, cycle = client_of(region.officer), region.case.cycle_id
    address = f"{url('attestation_importjob_template', 'results')}?cycle={cycle}"
    page = client.get(url("attestation_importjob_upload", "results"), {"cycle": cycle})
    assert f'href="{address}"' in text_of(page)
    answer = client.get(address)
    assert answer["Content-Disposition"] == 'attachment; filename="results.xlsx"'
    sheet = load_workbook(io.BytesIO(answer.content)).worksheets[0]
    assert region.case.employee.iin in [cell.value for cell in sheet["A"]]
    assert f'href="{url("attestation_importjob_template", "staff")}"' in text_of(
        client.get(url("attestation_importjob_upload", "staff"))
    )


def test_the_people_of_another_region_are_in_no_template(region: Region) -> None:
    stranger = make_region("Ю7")
    address = url("attestation_importjob_template", "results")
    answer = client_of(stranger.officer).get(address, {"cycle": region.case.cycle_id})
    sheet = load_workbook(io.BytesIO(answer.content)).worksheets[0]
    assert [cell.value for cell in sheet["A"]][1:] == [EXAMPLE]
