"""The file of centres: labour mobility centres, their career centres, regions as people write them (I-29)."""

import pytest

from attestation.intake.regions import RegionRegister
from attestation.models import Center, Region, Role
from attestation.refusals import Refused
from tests.attestation.intake_cast import (
    CENTER_BIN,
    MOBILITY_BIN,
    confirm,
    errors,
    make_centers,
    make_officer,
    message,
    notes,
    preview,
    table,
)

pytestmark = pytest.mark.django_db

ABOVE = {
    "bin": CENTER_BIN,
    "name_kk": "Абай ЕМО",
    "name_ru": "ЦТМ Абай",
    "kind": "еңбек мобильділігі орталығы",
    "region": "Абай облысы",
}
BELOW = {
    "bin": MOBILITY_BIN,
    "name_kk": "Семей МО",
    "name_ru": "КЦ Семей",
    "kind": "карьерный центр",
    "parent_bin": CENTER_BIN,
    "region": "KZ-10",
}


def centers(*records, actor=None):
    return preview("centers", table(*records), actor)


def test_a_career_centre_may_stand_before_its_labour_mobility_centre():
    confirm(centers(BELOW, ABOVE))
    below = Center.objects.get(bin=MOBILITY_BIN)
    assert below.parent == Center.objects.get(bin=CENTER_BIN)
    assert below.region.code == "KZ-10"
    job = centers(BELOW, ABOVE)
    assert (job.rows_new, job.rows_changed, job.rows_same) == (0, 0, 2)


def test_a_changed_name_is_written_and_nothing_else():
    confirm(centers(BELOW, ABOVE))
    before = Center.objects.get(bin=MOBILITY_BIN)
    job = confirm(centers({**BELOW, "name_ru": "КЦ города Семей"}, ABOVE))
    assert (job.rows_new, job.rows_changed, job.rows_same) == (0, 1, 1)
    after = Center.objects.get(bin=MOBILITY_BIN)
    assert (after.pk, after.parent_id, after.name_ru) == (before.pk, before.parent_id, "КЦ города Семей")


@pytest.mark.parametrize(
    ("other", "field", "sentence"),
    [
        (
            {"parent_bin": None},
            "parent_bin",
            "Give the BIN of the labour mobility centre that this centre belongs to.",
        ),
        (
            {"parent_bin": "241140229174"},
            "parent_bin",
            "There is no centre with the BIN 241140229174, neither on record nor in this file. "
            "Add it or correct the BIN.",
        ),
        (
            {"parent_bin": MOBILITY_BIN},
            "parent_bin",
            f"The centre {MOBILITY_BIN} is no labour mobility centre; a career centre belongs to one. "
            "Correct the BIN.",
        ),
        ({"bin": "241140465977"}, "bin", "The check digit is wrong. Compare the number with the document."),
        ({"kind": "филиал"}, "kind", None),
        ({"region": "Абай облыс"}, None, None),
        (
            {"region": "Абаи облысы"},
            "region",
            "There is no region “Абаи облысы”. Did you mean “Abai Region”?",
        ),
    ],
)
def test_what_is_wrong_with_a_career_centre_is_named(other, field, sentence):
    job = centers(ABOVE, {**BELOW, **other})
    found = errors(job)
    if field is None:
        assert found == []
        return
    ((row, _column, name, said),) = found
    assert (row, name) == (3, field)
    assert sentence is None or said == sentence


def test_a_labour_mobility_centre_has_none_above_it():
    job = centers({**ABOVE, "parent_bin": MOBILITY_BIN})
    assert message(job) == "A labour mobility centre has no centre above it. Leave the cell blank."


def test_the_kind_of_a_centre_on_record_stays():
    make_centers()
    job = centers({**ABOVE, "bin": MOBILITY_BIN, "kind": "career", "parent_bin": MOBILITY_BIN})
    assert "The kind of a centre on record can't be changed by an import. Correct the row." in [
        error[3] for error in errors(job)
    ]


def test_a_career_centre_waits_for_the_row_of_its_centre():
    job = centers(BELOW, {**ABOVE, "region": "Абаи"})
    assert [(row, field) for row, _column, field, _message in errors(job)] == [
        (2, "parent_bin"),
        (3, "region"),
    ]
    with pytest.raises(Refused):
        confirm(job)
    job = confirm(centers(BELOW, {**ABOVE, "region": "Абаи"}), skip_errors=True)
    assert not Center.objects.exists()
    assert job.rows_skipped == 2


def test_the_same_bin_twice_is_an_error_on_both_rows():
    job = centers(ABOVE, ABOVE)
    assert [(row, field) for row, _column, field, _message in errors(job)] == [(2, "bin"), (3, "bin")]


def test_a_region_that_is_not_in_the_register_is_added_and_noted():
    job = centers({**ABOVE, "region": "Байқоңыр қаласы"})
    assert notes(job) == [
        (2, "region_new", "The region “Байқоңыр қаласы” is new and will be added to the register.")
    ]
    assert not Region.objects.filter(name_kk="Байқоңыр қаласы").exists()
    confirm(job)
    assert Center.objects.get().region.name_kk == "Байқоңыр қаласы"
    again = centers({**ABOVE, "region": "Байқоңыр"})
    assert (again.rows_same, again.rows_error) == (1, 0)


@pytest.mark.parametrize("role", [Role.HR, Role.AUDITOR, Role.CHAIR])
def test_f_a9_centres_are_the_administrators_file(role):
    center, _career = make_centers()
    with pytest.raises(Refused, match="Your role does not allow this"):
        centers(ABOVE, actor=make_officer(center, role))


# --- regions as people write them -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("KZ-11", "KZ-11"),
        ("kz-11", "KZ-11"),
        ("Ақмола облысы", "KZ-11"),
        ("АҚМОЛА", "KZ-11"),
        ("Акмола", "KZ-11"),
        ("Акмолинская область", "KZ-11"),
        ("Акмолинская обл.", "KZ-11"),
        ("Akmola Region", "KZ-11"),
        ("akmola", "KZ-11"),
        ("область Жетісу", "KZ-33"),
        ("Жетысу обл", None),
        ("Жетісу", "KZ-33"),
        ("г. Астана", "KZ-71"),
        ("Астана", "KZ-71"),
        ("Астана қ.", "KZ-71"),
        ("Алматы", "KZ-75"),
        ("г.Алматы", "KZ-75"),
        ("Алматы облысы", "KZ-19"),
        ("Алматинская", "KZ-19"),
        ("Almaty Region", "KZ-19"),
        ("Almaty", "KZ-75"),
        ("Восточно-Казахстанская", "KZ-63"),
        ("Шығыс Қазақстан", "KZ-63"),
        ("Ұлытау", "KZ-62"),
        ("Улытау", "KZ-62"),
        ("Мангистауская область", "KZ-47"),
    ],
)
def test_a_region_is_known_however_it_is_written(text, code):
    found = RegionRegister(Region.objects.all()).find(text)
    assert (found.code if found else None) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Акмалинская область", "KZ-11"),
        ("Жетысу обл", "KZ-33"),
        ("Шимкент", "KZ-79"),
        ("Байқоңыр", None),
        ("Москва", None),
        ("X", None),
    ],
)
def test_a_misspelt_region_is_near_one(text, code):
    near = RegionRegister(Region.objects.all()).near(text)
    assert (near.code if near else None) == code
