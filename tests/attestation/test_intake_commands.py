"""The import commands: the contract's JSON, exit status, --as, --at, --dry-run, --skip-errors."""

import io
import json
import shutil

import pytest
from django.core.management import CommandError, call_command

from attestation.models import Center, Employee, ImportJob, JournalEntry, Role
from tests.attestation.intake_cast import (
    CENTER_BIN,
    HERE,
    IINS,
    MOBILITY_BIN,
    PERSON,
    make_centers,
    make_officer,
    make_stranger,
    table,
)

AT = "2026-02-05T12:00"
NO_ROWS = {"new": 0, "changed": 0, "same": 0, "skipped": 0}
NO_WORDS = {"notes": [], "ignored": [], "left_out": []}


@pytest.fixture
def time_travel(settings):
    settings.ALLOW_TIME_TRAVEL = True


@pytest.fixture
def written(tmp_path):
    """Writes a file and returns its path."""

    def write(data, name="f.xlsx"):
        path = tmp_path / name
        path.write_bytes(data)
        return str(path)

    return write


def run(name, *arguments):
    """(the JSON on standard output, what was refused or None)."""
    out = io.StringIO()
    try:
        call_command(name, *arguments, "--json", stdout=out)
    except CommandError as error:
        return json.loads(out.getvalue()), str(error) if error.returncode == 1 else error
    return json.loads(out.getvalue()), None


@pytest.mark.django_db
def test_json_is_the_contracts_and_a_second_run_changes_nothing():
    make_centers()
    path = str(HERE / "staff-kk.xlsx")
    data, refused = run("import_staff", path)
    assert refused is None
    ignored = [{"column": "I", "header": "Ескерту"}]
    sentence = "Another sheet with rows, “Анықтама”, was not read. If it is meant, choose it."
    other = {"row": None, "column": None, "code": "other_sheet", "message": sentence}
    said = {"notes": [other], "ignored": ignored, "left_out": []}
    nothing_wrong = {**said, "errors": [], "sheet": "Қызметкерлер"}
    assert data == {**NO_ROWS, **nothing_wrong, "job": ImportJob.objects.get().pk, "new": 3}
    data, refused = run("import_staff", path)
    assert refused is None
    assert data == {**NO_ROWS, **nothing_wrong, "job": ImportJob.objects.latest("pk").pk, "same": 3}
    assert Employee.objects.count() == 3


@pytest.mark.django_db
def test_an_error_is_answered_with_row_column_field_and_value():
    make_centers()
    data, refused = run("import_staff", str(HERE / "bad/wrong-check-digit.xlsx"))
    assert data["new"] == 2
    assert data["errors"] == [
        {
            "row": 3,
            "column": "A",
            "field": "iin",
            "value": data["errors"][0]["value"],
            "code": "check_digit",
            "message": "The check digit is wrong. Compare the number with the document.",
        }
    ]
    assert "Nothing was imported." in refused
    assert not Employee.objects.exists()


@pytest.mark.django_db
def test_skip_errors_imports_the_others_and_says_that_something_was_refused(tmp_path):
    make_centers()
    # A copy: the rows left out are given back as a file beside the one that was read.
    path = shutil.copy(HERE / "bad/wrong-check-digit.xlsx", tmp_path)
    data, refused = run("import_staff", str(path), "--skip-errors")
    assert (data["new"], data["skipped"], len(data["errors"])) == (2, 1, 1)
    assert "Imported; 1 row was left out." in refused
    assert Employee.objects.count() == 2


@pytest.mark.django_db
def test_a_dry_run_imports_nothing():
    make_centers()
    data, refused = run("import_staff", str(HERE / "staff-kk.xlsx"), "--dry-run")
    assert (data["job"], data["new"], refused) == (None, 3, None)
    assert not Employee.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "code", "sentence"),
    [
        ("nowhere.xlsx", "file_unreadable", "The file “{path}” can't be opened. Check its name and place."),
        (
            "cases/html.xls",
            "file_html",
            "The file is a web page. Open it in Excel, save it as .xlsx and upload it again.",
        ),
        ("bad/header-only.xlsx", "no_data", "There are no rows under the header. Fill them in."),
    ],
)
def test_a_refused_file_is_one_error_without_a_row(name, code, sentence):
    make_centers()
    path = str(HERE / name)
    data, refused = run("import_staff", path)
    sentence = sentence.format(path=path)
    error = {
        "row": None,
        "column": None,
        "field": None,
        "value": path.rpartition("/")[2],
        "code": code,
        "message": sentence,
    }
    assert data == {**NO_ROWS, **NO_WORDS, "job": None, "errors": [error], "sheet": None}
    assert refused == sentence
    assert not Employee.objects.exists()


@pytest.mark.django_db
def test_as_acts_with_the_officers_rights(written):
    center, _career = make_centers()
    officer = make_officer(center)
    stranger = make_stranger()
    data, _refused = run("import_staff", str(HERE / "staff-kk.xlsx"), "--as", "hr")
    assert ImportJob.objects.get(pk=data["job"]).actor == officer
    assert JournalEntry.objects.get(act="import_confirmed").actor == officer
    elsewhere = written(table({**PERSON, "center_bin": stranger.bin}))
    data, refused = run("import_staff", elsewhere, "--as", "hr")
    assert data["errors"][0]["field"] == "center_bin"
    assert refused


@pytest.mark.django_db
def test_without_as_the_system_acts_and_the_journal_says_so():
    make_centers()
    run("import_staff", str(HERE / "staff-kk.xlsx"))
    assert JournalEntry.objects.get(act="import_confirmed").actor is None


@pytest.mark.django_db
@pytest.mark.parametrize("active", [True, False])
def test_an_unknown_or_inactive_user_is_refused(active):
    center, _career = make_centers()
    officer = make_officer(center)
    officer.is_active = False
    officer.save()
    name = "nobody" if active else "hr"
    data, refused = run("import_staff", str(HERE / "staff-kk.xlsx"), "--as", name)
    assert refused == f"There is no active user “{name}”. Check the name after --as."
    assert data["errors"][0]["message"] == refused


@pytest.mark.django_db
def test_an_auditor_imports_nothing():
    center, _career = make_centers()
    make_officer(None, Role.AUDITOR, "auditor")
    _data, refused = run("import_staff", str(HERE / "staff-kk.xlsx"), "--as", "auditor")
    assert refused.startswith("Your role does not allow this.")
    assert not Employee.objects.exists()


@pytest.mark.django_db
def test_at_stands_in_for_the_clock_and_the_journal_says_so(time_travel):
    make_centers()
    run("import_staff", str(HERE / "staff-kk.xlsx"), "--at", AT)
    job = ImportJob.objects.get()
    assert job.confirmed_at.isoformat() == "2026-02-05T07:00:00+00:00"
    entry = JournalEntry.objects.get(act="clock_stood_in")
    assert entry.data["at"] == "2026-02-05T12:00:00+05:00"
    assert entry.data["command"] == "import_staff"


@pytest.mark.django_db
def test_at_is_refused_where_it_is_not_allowed(settings):
    settings.DEBUG = settings.ALLOW_TIME_TRAVEL = False
    make_centers()
    _data, refused = run("import_staff", str(HERE / "staff-kk.xlsx"), "--at", AT)
    assert refused.startswith("--at stands in for the clock only where DEBUG or ALLOW_TIME_TRAVEL is set.")
    assert not Employee.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01", "0001-01-01T00:00+14:00"])
def test_at_needs_a_moment(text, time_travel):
    _data, refused = run("import_staff", str(HERE / "staff-kk.xlsx"), "--at", text)
    assert refused == f"“{text}” is no moment. Write it like 2026-02-05T17:40:00+05:00."


@pytest.mark.django_db
def test_a_cycle_that_is_not_there_is_refused():
    _data, refused = run("import_results", str(HERE / "staff-kk.xlsx"), "--cycle", "X")
    assert refused == "There is no cycle with the code “X”. Check the code."


@pytest.mark.django_db
def test_people_at_a_terminal_read_lines(written):
    make_centers()
    out = io.StringIO()
    call_command("import_staff", str(HERE / "staff-kk.xlsx"), stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0].endswith("3 new, 0 changed, 0 same, 0 with errors.")
    assert lines[1] == "Sheet read: “Қызметкерлер”."
    assert lines[3] == "Column I “Ескерту” is not known and was ignored."
    assert lines[-1] == "The whole file was imported."


@pytest.mark.django_db
def test_an_officer_is_answered_in_their_language(written):
    from django.utils import translation

    center, _career = make_centers()
    officer = make_officer(center)
    officer.language = "ru"
    officer.save()
    path = written(table({**PERSON, "hired_on": None}))
    data, _refused = run("import_staff", path, "--as", "hr")
    assert "Дата приёма" in data["errors"][0]["message"]
    assert translation.get_language() == "en"


@pytest.mark.daily(4)
def test_a_new_database_takes_the_files_at_once(manage_py, new_database, written):
    centers = written(
        table(
            {
                "bin": MOBILITY_BIN,
                "name_kk": "Абай ЕМО",
                "name_ru": "ЦТМ",
                "kind": "labour_mobility",
                "region": "Абай",
                "parent_bin": "",
            },
            {
                "bin": CENTER_BIN,
                "name_kk": "Семей МО",
                "name_ru": "КЦ",
                "kind": "career",
                "region": "Абай",
                "parent_bin": MOBILITY_BIN,
            },
        ),
        "centers.xlsx",
    )
    done = manage_py("import_centers", centers, "--json")
    assert (done.returncode, json.loads(done.stdout)["new"]) == (0, 2), done.stderr
    staff = str(HERE / "staff-id-numbers-1904.xlsx")
    done = manage_py("import_staff", staff, "--json", "--at", AT, ALLOW_TIME_TRAVEL="1")
    assert (done.returncode, json.loads(done.stdout)["new"]) == (0, 3), done.stderr
    done = manage_py("import_staff", str(HERE / "bad/doubled-iin.xlsx"), "--json")
    assert done.returncode == 1
    assert [error["row"] for error in json.loads(done.stdout)["errors"]] == [2, 5]
    assert IINS[0] in done.stdout
    assert len(done.stdout.splitlines()) == 1
    refused = manage_py("import_staff", staff, "--json", "--at", AT)
    assert refused.returncode == 1
    assert len(json.loads(refused.stdout)["errors"]) == 1


@pytest.mark.django_db
def test_centers_of_the_command_belong_to_the_administrator():
    center, _career = make_centers()
    make_officer(center)
    _data, refused = run("import_centers", str(HERE / "staff-kk.xlsx"), "--as", "hr")
    assert refused.startswith("Your role does not allow this.")
    assert Center.objects.count() == 2
