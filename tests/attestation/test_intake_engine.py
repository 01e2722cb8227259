"""Preview and confirm: all or nothing, once, for its officer, on records as they stand (F-I16 to F-I20)."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.db import DatabaseError, OperationalError
from psycopg.errors import DeadlockDetected

from attestation import people
from attestation.by import By
from attestation.intake import engine, report
from attestation.intake.failed_rows import failed_rows
from attestation.intake.kinds.staff import StaffResource
from attestation.models import Center, Employee, ImportJob, ImportRow, JournalEntry
from attestation.refusals import Refused
from tests.attestation.intake_cast import (
    CENTER_BIN,
    HERE,
    NOW,
    PERSON,
    confirm,
    iin,
    make_centers,
    make_officer,
    message,
    preview,
    table,
)
from tests.attestation.test_intake_reading import repacked

pytestmark = pytest.mark.django_db

GOOD = PERSON
BAD = {**PERSON, "iin": iin(1), "position": "бухгалтер"}


def refusal(act, *args, **options):
    with pytest.raises(Refused) as caught:
        act(*args, **options)
    return caught.value


# --- files that are refused as a whole ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("cases/html.xls", "file_html"),
        ("bad/misspelt-header.xlsx", "unsure_header"),
        ("bad/no-header.xlsx", "header_missing"),
        ("bad/header-only.xlsx", "no_data"),
    ],
)
def test_a_refused_file_changes_nothing_and_is_journalled(name, code):
    make_centers()
    refused = refusal(preview, "staff", (HERE / name).read_bytes(), None, name)
    assert refused.code == code
    assert not ImportJob.objects.exists()
    assert not Employee.objects.exists()
    entry = JournalEntry.objects.get()
    assert (entry.act, entry.data["code"]) == ("import_refused", code)


def test_f_i10_a_header_without_rows_is_an_error():
    make_centers()
    name = "bad/header-only.xlsx"
    refused = refusal(preview, "staff", (HERE / name).read_bytes(), None, name)
    assert str(refused) == "There are no rows under the header. Fill them in."


# --- all or nothing, or the good rows --------------------------------------------------------------------


def test_one_bad_row_stops_the_whole_file():
    make_centers()
    job = preview("staff", table(GOOD, BAD))
    assert str(refusal(confirm, job)) == (
        "1 row has an error; nothing was imported. Correct it, or import without it."
    )
    assert not Employee.objects.exists()
    job.refresh_from_db()
    assert job.state == ImportJob.State.PREVIEWED


def test_skip_errors_writes_the_good_rows_and_gives_the_bad_ones_back():
    make_centers()
    job = confirm(preview("staff", table(GOOD, BAD)), skip_errors=True)
    assert Employee.objects.get().iin == GOOD["iin"]
    assert report.as_data(job) == {
        "job": job.pk,
        "new": 1,
        "changed": 0,
        "same": 0,
        "skipped": 1,
        "errors": [
            {
                "row": 3,
                "column": "E",
                "field": "position",
                "value": "бухгалтер",
                "code": "not_known",
                "message": "“бухгалтер” is not known here. One of these can stand here: director, "
                "deputy director, head of a structural unit, specialist of a labour mobility centre, "
                "specialist of a career centre, assistant of a career centre.",
            }
        ],
        "notes": [],
        "ignored": [],
        "left_out": [],
        "sheet": "Sheet",
    }


def test_the_rows_left_out_come_back_as_a_file_that_can_be_read_again():
    from openpyxl import load_workbook

    make_centers()
    bad = {**BAD, "last_name": "'=A1", "hired_on": "01.09.2019", "unit": 4.5}
    job = confirm(preview("staff", table(GOOD, bad)), skip_errors=True)
    data = failed_rows(job)
    sheet = load_workbook(io.BytesIO(data)).active
    header, row = [[cell.value for cell in line] for line in sheet.iter_rows()]
    assert header[-1] == "Reasons"
    assert row[0] == bad["iin"]
    assert row[1] == "'=A1"
    assert row[-1].startswith("Row 3: “бухгалтер” is not known here.")
    again = preview("staff", data)
    assert (again.rows_new, again.rows_error) == (0, 1)
    out = io.BytesIO()
    book = load_workbook(io.BytesIO(data))
    book.active.cell(2, header.index("position") + 1).value = "director"
    book.save(out)
    corrected = confirm(preview("staff", out.getvalue()))
    assert (corrected.rows_new, corrected.rows_error) == (1, 0)
    assert Employee.objects.get(iin=bad["iin"]).last_name == "=A1"


# --- confirm -----------------------------------------------------------------------------------------------


def test_f_i16_a_second_confirm_returns_the_first_result():
    make_centers()
    job = confirm(preview("staff", table(GOOD)))
    entries = JournalEntry.objects.count()
    again = confirm(job, now=NOW + timedelta(hours=30))
    assert (again.pk, again.state, again.confirmed_at) == (job.pk, ImportJob.State.CONFIRMED, NOW)
    assert (again.rows_new, JournalEntry.objects.count()) == (1, entries)


def test_f_i16_a_preview_is_good_for_24_hours():
    make_centers()
    job = preview("staff", table(GOOD))
    refused = refusal(confirm, job, now=NOW + timedelta(hours=24, seconds=1))
    assert str(refused) == "This preview is no longer valid. Upload the file again."
    assert not Employee.objects.exists()
    confirm(job, now=NOW + timedelta(hours=24))
    assert Employee.objects.exists()


def test_f_i17_nobody_confirms_another_officers_file():
    center, _career = make_centers()
    mine, other = make_officer(center), make_officer(center, name="other")
    job = preview("staff", table(GOOD), mine)
    for actor in (other, None):
        assert refusal(confirm, job, actor).code == "not_found"
    assert not Employee.objects.exists()
    confirm(job, mine)


def test_a_right_lost_since_the_preview_counts():
    center, _career = make_centers()
    officer = make_officer(center)
    job = preview("staff", table(GOOD), officer)
    officer.role = "auditor"
    officer.save()
    assert refusal(confirm, job, officer).code == "no_permission"


def test_f_i18_records_changed_since_the_preview_are_shown_again():
    make_centers()
    confirm(preview("staff", table(GOOD)))
    job = preview("staff", table({**GOOD, "unit": "1"}))
    Employee.objects.update(unit="2")
    refused = refusal(confirm, job)
    assert refused.code == "changed_since_preview"
    assert Employee.objects.get().unit == "2"
    row = job.rows.get()
    assert (row.kind, row.before["unit"], row.after["unit"]) == ("changed", "2", "1")
    confirm(job)
    assert Employee.objects.get().unit == "1"


def test_f_i18_a_row_that_was_put_on_record_meanwhile_is_no_longer_new():
    make_centers()
    first, second = preview("staff", table(GOOD)), preview("staff", table(GOOD))
    confirm(first)
    assert refusal(confirm, second).code == "changed_since_preview"
    second.refresh_from_db()
    assert (second.rows_new, second.rows_same) == (0, 1)


def test_f_i20_an_error_of_the_database_in_the_middle_leaves_nothing(monkeypatch):
    make_centers()
    job = preview("staff", table(*({**GOOD, "iin": iin(n)} for n in range(30))))

    def fail(*args, **options):
        raise DatabaseError("disk full")

    monkeypatch.setattr(people, "_confer_first_categories", fail)
    with pytest.raises(DatabaseError):
        confirm(job)
    assert not Employee.objects.exists()
    assert not JournalEntry.objects.exists()
    monkeypatch.undo()
    confirm(job)
    assert Employee.objects.count() == 30


def test_f_c5_a_clash_that_no_lock_foresaw_is_a_clear_refusal(monkeypatch):
    make_centers()
    job = preview("staff", table(GOOD))
    write = StaffResource.write_batch

    def write_twice(self, rows, context):
        write(self, rows, context)
        write(self, rows, context)

    monkeypatch.setattr(StaffResource, "write_batch", write_twice)
    refused = refusal(confirm, job)
    assert (refused.code, refused.params) == ("changed_meanwhile", {"row": 2})
    assert not Employee.objects.exists()


def test_f_i20_the_row_that_the_database_does_not_take_is_named(monkeypatch):
    make_centers()
    rows = [{**GOOD, "iin": iin(n)} for n in range(40)]
    job = preview("staff", table(*rows))
    lock = StaffResource.lock

    def spoil(self, job, context):
        lock(self, job, context)
        Employee.objects.create(iin=rows[30]["iin"], center=Center.objects.first(), hired_on=NOW.date())

    monkeypatch.setattr(StaffResource, "lock", spoil)
    monkeypatch.setattr(StaffResource, "stale", lambda self, job: job.rows.none())
    refused = refusal(confirm, job)
    assert (refused.code, refused.params) == ("changed_meanwhile", {"row": 32})
    assert "row 32" in str(refused)
    assert Employee.objects.count() == 0
    monkeypatch.undo()
    confirm(job)
    assert Employee.objects.count() == 40


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("failures", [2, 3])
def test_f_c6_a_busy_database_is_tried_three_times(monkeypatch, failures):
    make_centers()
    job = preview("staff", table(GOOD))
    write, left = StaffResource.write_batch, [None] * failures

    def fail_at_first(self, rows, context):
        if left:
            left.pop()
            raise OperationalError("deadlock detected") from DeadlockDetected()
        write(self, rows, context)

    monkeypatch.setattr(StaffResource, "write_batch", fail_at_first)
    if failures == 2:
        confirm(job)
        assert Employee.objects.count() == 1
        return
    assert str(refusal(confirm, job)) == (
        "The database is busy; nothing was imported. Confirm again in a minute."
    )
    assert not Employee.objects.exists()


def test_f_i15_the_file_name_is_shown_and_short():
    make_centers()
    job = preview("staff", table(GOOD), None, "../../<b>" + "ұ" * 300 + ".xlsx")
    assert len(job.filename) <= 120
    assert "/" not in job.filename


def test_the_same_file_is_known_by_its_hash():
    make_centers()
    data = table(GOOD)
    assert preview("staff", data).sha256 == preview("staff", data, name="other.xlsx").sha256


def test_f_r10_a_nul_in_a_cell_is_an_error_of_that_cell():
    make_centers()
    data = table({**GOOD, "last_name": "AAAA"})
    with zipfile.ZipFile(io.BytesIO(data)) as pack:
        sheet = pack.read("xl/worksheets/sheet1.xml")
    # Excel's own way to write a NUL, which is no XML.
    job = preview("staff", repacked(data, xl__worksheets__sheet1=sheet.replace(b"AAAA", b"A_x0000_B")))
    assert message(job).startswith("Letters were lost when the file was saved")
    assert failed_rows(job)


def test_text_for_the_terminal_names_what_was_assumed():
    make_centers()
    name = "staff-kk-kz-1048.csv"
    job = preview("staff", (HERE / name).read_bytes(), None, name)
    assert report.as_text(job).splitlines() == [
        f"{name} (import {job.pk}): 3 new, 0 changed, 0 same, 0 with errors.",
        "Read as KZ-1048, columns divided by “tab”.",
        "Nothing was imported.",
    ]


def test_rows_with_errors_alone_keep_their_cells():
    make_centers()
    confirm(preview("staff", table(GOOD)))
    changed, new = {**GOOD, "unit": "2"}, {**GOOD, "iin": iin(2)}
    for record, kind, kept in (
        (GOOD, "same", {"key"}),
        (changed, "changed", {"key", "seen", "before", "after", "derived"}),
        (new, "new", {"key", "after", "derived"}),
        (BAD, "error", {"key", "cells", "errors"}),
    ):
        row = ImportRow.objects.get(job=preview("staff", table(record)))
        assert row.kind == kind
        fields = ("key", "cells", "before", "after", "seen", "derived", "errors", "notes", "record")
        assert {name for name in fields if getattr(row, name) not in ("", None)} == kept
    assert row.cells[0] == BAD["iin"]


# --- export ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_f_i22_an_export_comes_back_as_all_same(language):
    from django.utils import translation

    from attestation.admin.files import csv_text
    from attestation.intake.failed_rows import workbook

    make_centers()
    wild = {**GOOD, "iin": iin(7), "last_name": "'=HYPERLINK(1)", "unit": "-", "first_name": "@Ә"}
    held = {**GOOD, "iin": iin(8), "category": "mentor", "category_from": "2024-05-01"}
    confirm(preview("staff", table(GOOD, wild, held)))
    with translation.override(language):
        header = list(StaffResource.titles().values())
        rows = list(StaffResource().lines(Employee.objects.all()))
        assert header[0] == {"kk": "ЖСН", "ru": "ИИН", "en": "IIN"}[language]
        assert {row[4] for row in rows} == {CENTER_BIN}
        assert "'=HYPERLINK(1)" in csv_text(header, rows)
        for name, data in (
            ("e.xlsx", workbook("e", header, rows)),
            ("e.csv", csv_text(header, rows).encode()),
        ):
            job = preview("staff", data, None, name)
            assert (job.rows_new, job.rows_changed, job.rows_same, job.rows_error) == (0, 0, 3, 0), name


def test_an_unknown_kind_is_an_error_of_ours():
    with pytest.raises(KeyError):
        engine.preview("nothing", b"", "f.csv", by=By(None, NOW))
