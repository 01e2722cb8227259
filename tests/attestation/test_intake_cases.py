"""Staff files as people and other programs make them: what is read of each, and what is said."""

from collections import Counter
from datetime import datetime

import pytest

from attestation.intake import report
from attestation.law.calendar import ALMATY
from attestation.models import Center, ImportJob, Region
from tests.attestation.intake_cast import HERE, PERSON, preview, table

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=ALMATY)
MOBILITY, CAREER = "241140465976", "241140229174"


def previewed(name: str) -> ImportJob:
    """The file of the two centres that the cases name."""
    region = Region.objects.get(code="KZ-10")
    center = Center.objects.create(
        bin=MOBILITY, kind="labour_mobility", name_kk="А", name_ru="Б", region=region
    )
    Center.objects.create(bin=CAREER, kind="career", name_kk="В", name_ru="Г", parent=center, region=region)
    return preview("staff", (HERE / "cases" / name).read_bytes(), name=name, now=NOW)


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("c-ddot.csv", {"cleaned": 6}),
        ("c-noz.csv", {"restored": 2}),
        ("pd-float.csv", {"cleaned": 5, "restored": 2}),
        ("pd-none.csv", {"word_for_nothing": 9}),
        ("iin-nbsp.xlsx", {"cleaned": 5}),
        ("c-quotes.csv", {"cleaned": 5}),
    ],
)
def test_a_file_is_read_and_says_what_was_repaired(name, codes):
    job = previewed(name)
    assert list(report.errors_of(job)) == []
    assert job.rows_new == 5
    assert Counter(note["code"] for note in report.row_notes_of(job)) == codes
    assert job.rows.order_by("row_no").first().key == "030115500013"


def test_a_word_for_nothing_is_not_stored():
    job = previewed("pd-none.csv")
    assert job.rows.order_by("row_no").last().after["patronymic"] == ""
    assert "category" not in job.rows.order_by("row_no").first().after


def test_lost_letters_are_an_error_of_each_row():
    job = previewed("c-1251-q.csv")
    found = list(report.errors_of(job))
    assert {error["row"] for error in found} == {2, 3, 4, 6}
    assert {error["code"] for error in found} == {"letters_lost"}
    assert job.rows_new == 1


def test_numbers_in_place_of_dates_are_named():
    job = previewed("serialdates.xlsx")
    found = [(error["row"], error["field"], error["code"]) for error in report.errors_of(job)]
    assert found == [(row, "hired_on", "number_instead_of_date") for row in range(2, 7)]


def test_a_word_for_nothing_in_a_required_column_is_an_error():
    previewed("pd-none.csv")
    job = preview("staff", table({**PERSON, "first_name": "Нет", "patronymic": "нет"}))
    errors = [(error["field"], error["code"]) for error in report.errors_of(job)]
    assert ("first_name", "word_for_nothing") in errors
    assert "patronymic" not in dict(errors)
