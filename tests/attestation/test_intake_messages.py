"""Errors and notes are stored as codes with values and read in the language of whoever reads them."""

import operator

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import translation
from django.utils.translation import gettext_lazy

from attestation.intake import report
from attestation.intake.failed_rows import failed_rows
from attestation.intake.messages import LANGUAGES, SENTENCES, declare, sentence
from attestation.intake.reading import read_table
from attestation.intake.spec import SheetRow
from attestation.law.refusals import RuleRefusal
from attestation.models import ImportJob, ImportRow
from attestation.refusals import Refused
from tests.attestation.intake_cast import NOW, PERSON, book, make_centers, preview, table


class AnyValue(dict):
    """Each value that a sentence may name; 5, of which plurals are chosen."""

    def __missing__(self, name):
        return 5


def test_a_code_has_one_sentence_whoever_declares_it():
    declare({"missing": SENTENCES["missing"]})
    with pytest.raises(ImproperlyConfigured, match="missing"):
        declare({"missing": gettext_lazy("The file is empty. Choose the file with the rows.")})
    with pytest.raises(ImproperlyConfigured, match="declared_none"):
        declare({"declared_none": gettext_lazy("The file is empty.")})


def test_every_code_is_short_and_has_a_sentence_of_its_own_in_each_language():
    for code, promise in SENTENCES.items():
        assert code == code.lower()
        assert len(code) <= 30
        said = set()
        for language in LANGUAGES:
            with translation.override(language):
                said.add(operator.mod(promise, AnyValue()))
        assert len(said) == 3, code


def test_a_plural_is_chosen_when_it_is_read():
    with translation.override("en"):
        assert sentence("too_long", {"limit": 1}) == "The text is longer than 1 character. Shorten it."
        assert sentence("too_long", {"limit": 2}) == "The text is longer than 2 characters. Shorten it."
    with translation.override("ru"):
        assert sentence("too_long", {"limit": 1}) == "Текст длиннее 1 знака. Сократите его."
        assert sentence("too_long", {"limit": 2}) == "Текст длиннее 2 знаков. Сократите его."


def test_what_a_row_keeps_of_a_refusal():
    row = SheetRow(7, ["a"], {"iin": 0})
    row.refuse("iin", RuleRefusal("declared_none", "I-18"))
    row.refuse("unit", Refused("busy", gettext_lazy("There is no such file. Upload it again.")))
    of_rule, of_service = row.errors
    assert of_rule == {
        "field": "iin",
        "column": "A",
        "value": "a",
        "code": "declared_none",
        "params": {"cite": "I-18"},
    }
    assert (of_service["code"], of_service["column"], of_service["params"]) == ("busy", None, {})
    assert set(of_service["texts"]) == set(LANGUAGES)
    assert len(set(of_service["texts"].values())) == 3


@pytest.mark.django_db
def test_a_stored_error_and_note_speak_the_readers_language():
    make_centers()
    job = preview("staff", table({**PERSON, "position": "бухгалтер", "first_name": None}))
    stored = job.rows.get().errors
    assert [(error["field"], error["code"]) for error in stored] == [
        ("first_name", "missing"),
        ("position", "not_known"),
    ]
    assert not any("message" in error for error in stored)
    said = {}
    for language in LANGUAGES:
        with translation.override(language):
            said[language] = [error["message"] for error in report.errors_of(job)]
            with read_table(failed_rows(job), "f.xlsx") as again:
                reasons = str(again.rows[1].cells[-1])
            assert all(message in reasons for message in said[language])
    assert said["en"][0] == "“First name” is missing. Fill it in."
    assert "«Имя»" in said["ru"][0]
    assert "«Аты»" in said["kk"][0]


@pytest.mark.django_db
def test_a_region_and_a_delimiter_are_named_in_the_readers_language():
    make_centers()
    header = ["bin", "name_kk", "name_ru", "kind", "region"]
    job = preview("centers", book([header, ["241140229174", "А", "Б", "labour_mobility", "Ақмла облысы"]]))
    said = set()
    for language in LANGUAGES:
        with translation.override(language):
            said |= {error["message"].rpartition("“")[2] for error in report.errors_of(job)}
    assert len(said) == 3
    lines = "\t".join(header).encode() + b"\n"
    tabbed = preview("centers", lines + b"241140229174\tA\tB\tlabour_mobility\tKZ-11\n", name="c.csv")
    with translation.override("ru"):
        assert "«табуляция»" in report.file_lines(tabbed)[0]
    assert report.as_data(tabbed)["notes"][0]["code"] == "read_as"
    assert report.as_data(tabbed)["sheet"] is None


@pytest.mark.django_db
def test_notes_of_one_code_past_a_hundred_rows_become_one():
    note = {"field": "iin", "column": "A", "code": "restored", "params": {"number": 1, "value": "01"}}
    job = ImportJob.objects.create(kind="staff", created_at=NOW, columns={"header": []})
    ImportRow.objects.bulk_create(
        ImportRow(job=job, row_no=number, kind="same", notes=[note]) for number in range(2, 103)
    )
    notes = report.as_data(job)["notes"]
    assert [entry["row"] for entry in notes] == [*range(2, 102), None]
    assert notes[0] == {"row": 2, "column": "A", "code": "restored", "message": "IIN: restored: 1 → 01"}
    assert notes[-1] == {
        "row": None,
        "column": None,
        "code": "restored",
        "message": "Rows with this note: 101; the first 100 are listed.",
        "rows": 101,
    }
    job.rows.latest("row_no").delete()
    assert len(report.as_data(job)["notes"]) == 100
