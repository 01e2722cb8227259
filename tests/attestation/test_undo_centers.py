"""An import of centres is undone; a centre that anything belongs to by now stays."""

from datetime import date, timedelta

import pytest

from attestation.by import By
from attestation.intake import undo
from attestation.models import Center, Employee, Region
from tests.attestation.intake_cast import (
    CENTER_BIN,
    MOBILITY_BIN,
    NOW,
    PERSON,
    book,
    confirm,
    iin,
    preview,
    table,
)

pytestmark = pytest.mark.django_db

HEADER = ["bin", "name_kk", "name_ru", "kind", "parent_bin", "region"]
ABOVE = [MOBILITY_BIN, "ЕМО", "ЦТМ", "labour_mobility", "", "KZ-10"]
BELOW = [CENTER_BIN, "МО", "КЦ", "career", MOBILITY_BIN, "Жаңа өңір"]
LONE_BIN = "241140229174"
LATER = NOW + timedelta(hours=1)


def imported(*rows):
    return confirm(preview("centers", book([HEADER, *rows])))


def undone(job):
    return undo.as_data(undo.undo(job, by=By(None, LATER)))


def test_new_centres_and_the_region_they_brought_go():
    regions = Region.objects.count()
    job = imported(BELOW, ABOVE)
    assert Region.objects.count() == regions + 1
    assert undone(job) == {"job": job.pk, "undone": 2, "left": []}
    assert not Center.objects.exists()
    assert Region.objects.count() == regions
    again = preview("centers", book([HEADER, BELOW, ABOVE]))
    assert (again.rows_new, again.rows_error) == (2, 0)


def test_staff_of_an_undone_file_keep_no_centre_but_their_void_categories_do():
    job = imported(ABOVE, BELOW, [LONE_BIN, *BELOW[1:]])
    held = {**PERSON, "iin": iin(1), "category": "mentor", "category_from": date(2024, 5, 1)}
    undone(confirm(preview("staff", table({**PERSON, "center_bin": LONE_BIN}, held))))
    answer = undone(job)
    assert [left["key"] for left in answer["left"]] == [MOBILITY_BIN, CENTER_BIN]
    assert Employee._base_manager.get().iin == iin(1)


def test_names_that_a_file_changed_are_as_before():
    imported(ABOVE, BELOW)
    before = list(Center.objects.order_by("pk").values())
    job = imported([*ABOVE[:1], "Басқа", *ABOVE[2:]], BELOW)
    assert undone(job)["undone"] == 1
    assert list(Center.objects.order_by("pk").values()) == before


def test_a_centre_with_staff_stays_and_so_does_the_one_above_it():
    job = imported(ABOVE, BELOW, [LONE_BIN, "Б", "Б", "labour_mobility", "", "KZ-11"])
    Employee.objects.create(
        iin="850101300779", center=Center.objects.get(bin=CENTER_BIN), hired_on=NOW.date()
    )
    answer = undone(job)
    assert answer["undone"] == 1
    assert [(left["row"], left["key"], left["why"]) for left in answer["left"]] == [
        (2, MOBILITY_BIN, "has_records"),
        (3, CENTER_BIN, "has_records"),
    ]
    assert Center.objects.count() == 2


def test_a_centre_renamed_since_stays():
    imported(ABOVE)
    job = imported([*ABOVE[:1], "Басқа", *ABOVE[2:]], BELOW)
    Center.objects.filter(bin=MOBILITY_BIN).update(name_kk="Үшінші")
    answer = undone(job)
    assert [(left["row"], left["why"]) for left in answer["left"]] == [(2, "edited_since")]
    assert Center.objects.get().name_kk == "Үшінші"


def test_a_region_that_only_a_changed_centre_brought_goes():
    imported(ABOVE)
    regions = Region.objects.count()
    job = imported([*ABOVE[:5], "Байқоңыр"])
    assert Region.objects.count() == regions + 1
    assert undone(job)["undone"] == 1
    assert (Region.objects.count(), Center.objects.get().region.code) == (regions, "KZ-10")


def test_a_centre_whose_former_centre_or_region_is_gone_stays():
    """Both were brought by an earlier file, undone first."""
    other = [LONE_BIN, "Б", "Б", "labour_mobility", "", "KZ-11"]
    imported(other)
    first = imported(ABOVE, BELOW)
    job = imported([*BELOW[:4], other[0], "KZ-11"], [*other[:1], "Басқа", *other[2:]])
    assert undone(first)["undone"] == 1
    answer = undone(job)
    assert answer["undone"] == 1
    (left,) = answer["left"]
    assert (left["row"], left["why"]) == (2, "former_gone")
    assert MOBILITY_BIN in left["message"]
    assert Center.objects.get(bin=CENTER_BIN).parent == Center.objects.get(bin=other[0])


def test_a_centre_that_a_file_was_uploaded_for_stays():
    job = imported(ABOVE, [LONE_BIN, "Б", "Б", "labour_mobility", "", "KZ-11"])
    center = Center.objects.get(bin=MOBILITY_BIN)
    header = table({"iin": "", "rated_on": "", "score": "", "external_id": ""})
    preview("ratings", header, center=center, read_through=NOW.date())
    answer = undone(job)
    assert [(left["key"], left["why"]) for left in answer["left"]] == [(MOBILITY_BIN, "has_records")]
    assert Center.objects.get() == center
