"""The staff file: who is put on record, who is not, and what no file can do (F-I1 to F-I5, F-I23)."""

from datetime import date, timedelta

import pytest

from attestation.by import By
from attestation.identifiers import check_digit
from attestation.intake import report, uploads
from attestation.intake.answers import Answers
from attestation.law.vocabulary import Category
from attestation.models import CategoryTerm, Center, Deadline, Employee, JournalEntry, Role
from attestation.refusals import Refused
from tests.attestation.intake_cast import (
    CENTER_BIN,
    HERE,
    IINS,
    MOBILITY_BIN,
    NOW,
    PERSON,
    confirm,
    errors,
    iin,
    make_centers,
    make_officer,
    make_stranger,
    message,
    notes,
    preview,
    table,
)

pytestmark = pytest.mark.django_db

GOOD_FILES = [
    "staff-kk.xlsx",
    "staff-id-numbers-1904.xlsx",
    "staff-ru-windows-1251.csv",
    "staff-kk-kz-1048.csv",
    "staff-kk-utf-16.csv",
    "staff-en-utf-8-bom.csv",
    "staff-ru.ods",
]


def counts(job):
    return job.rows_new, job.rows_changed, job.rows_same, job.rows_error


def staff(*records, actor=None, **options):
    return preview("staff", table(*records), actor, **options)


@pytest.mark.parametrize("name", GOOD_FILES)
def test_the_same_people_come_out_of_files_of_every_hand(name):
    make_centers()
    job = confirm(preview("staff", (HERE / name).read_bytes(), None, name))
    assert counts(job) == (3, 0, 0, 0)
    people = list(Employee.objects.order_by("iin"))
    assert [person.iin for person in people] == sorted(IINS)
    assert [person.position for person in people] == ["assistant", "director", "career_specialist"]
    assert [person.hired_on for person in people] == [date(2024, 2, 29), date(2015, 3, 2), date(2019, 9, 1)]
    assert {person.center.bin for person in people} == {CENTER_BIN}
    if "1251" not in name:
        assert [person.last_name for person in people] == ["Ким", "Әбілқасымов", "Өмірзақова"]
        assert [person.last_name for person in Employee.objects.all()] == ["Әбілқасымов", "Ким", "Өмірзақова"]
    assert counts(preview("staff", (HERE / name).read_bytes(), None, name)) == (0, 0, 3, 0)


def test_f_i1_restored_numbers_are_noted_at_their_row():
    make_centers()
    name = "staff-id-numbers-1904.xlsx"
    job = preview("staff", (HERE / name).read_bytes(), None, name)
    assert notes(job) == [(4, "restored", f"IIN: restored: {int(IINS[2])} → {IINS[2]}")]


def test_a_changed_row_shows_old_and_new_and_counts_up_the_version():
    make_centers()
    confirm(staff(PERSON))
    job = staff({**PERSON, "last_name": "Ким", "unit": "1-бөлім"})
    assert counts(job) == (0, 1, 0, 0)
    row = job.rows.get()
    changed = {name for name in row.after if row.before[name] != row.after[name]}
    assert changed == {"last_name", "unit"}
    assert (row.before["last_name"], row.after["last_name"]) == ("Өмірзақова", "Ким")
    confirm(job)
    person = Employee.objects.get()
    assert (person.last_name, person.unit, person.version) == ("Ким", "1-бөлім", 2)
    assert person.search_key.startswith("ким")


def test_a_column_that_is_not_there_says_nothing_and_a_blank_cell_says_none():
    make_centers()
    confirm(staff({**PERSON, "patronymic": "Ғалымқызы", "email": "a@b.kz", "language": "ru"}))
    assert counts(staff(PERSON)) == (0, 0, 1, 0)
    confirm(staff({**PERSON, "patronymic": None, "language": None}))
    person = Employee.objects.get()
    assert (person.patronymic, person.email, person.language) == ("", "a@b.kz", "ru")


def test_f_i23_an_import_never_removes_anybody():
    make_centers()
    confirm(staff(PERSON, {**PERSON, "iin": iin(1)}))
    confirm(staff(PERSON))
    assert Employee.objects.count() == 2


# --- what is wrong with a row ---------------------------------------------------------------------------


def test_f_i2_a_wrong_check_digit_is_named_with_row_and_letter():
    make_centers()
    name = "bad/wrong-check-digit.xlsx"
    job = preview("staff", (HERE / name).read_bytes(), None, name)
    assert counts(job) == (2, 0, 0, 1)
    assert errors(job) == [(3, "A", "iin", "The check digit is wrong. Compare the number with the document.")]
    with pytest.raises(Refused, match="1 row has an error; nothing was imported"):
        confirm(job)
    assert not Employee.objects.exists()


def test_f_i3_the_same_iin_twice_names_both_rows():
    make_centers()
    name = "bad/doubled-iin.xlsx"
    job = preview("staff", (HERE / name).read_bytes(), None, name)
    assert errors(job) == [
        (2, "A", "iin", "The same stands in row 5. Leave one of the rows."),
        (5, "A", "iin", "The same stands in row 2. Leave one of the rows."),
    ]
    with pytest.raises(Refused, match="2 rows have errors"):
        confirm(job)
    assert not Employee.objects.exists()


def test_an_unknown_center_is_named():
    make_centers()
    name = "bad/unknown-center.xlsx"
    job = preview("staff", (HERE / name).read_bytes(), None, name)
    assert errors(job) == [
        (
            4,
            "E",
            "center_bin",
            "There is no centre with the BIN 241140229174 among yours. "
            "Correct the BIN, or have the centre imported first.",
        )
    ]


def test_f_a1_a_center_of_others_reads_as_an_unknown_one():
    center, _career = make_centers()
    officer, stranger = make_officer(center), make_stranger()
    assert message(staff({**PERSON, "center_bin": stranger.bin}, actor=officer)) == (
        f"There is no centre with the BIN {stranger.bin} among yours. "
        "Correct the BIN, or have the centre imported first."
    )
    above = {**PERSON, "center_bin": MOBILITY_BIN, "position": "director"}
    assert counts(staff(above, actor=officer)) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("center", "position", "stands"),
    [
        (CENTER_BIN, "assistant", True),
        (CENTER_BIN, "center_specialist", False),
        (MOBILITY_BIN, "center_specialist", True),
        (MOBILITY_BIN, "assistant", False),
    ],
)
def test_i_35_a_position_stands_at_its_kind_of_centre(center, position, stands):
    make_centers()
    job = staff({**PERSON, "center_bin": center, "position": position})
    assert counts(job) == ((1, 0, 0, 0) if stands else (0, 0, 0, 1))
    if not stands:
        ((_row, _column, field, said),) = errors(job)
        assert field == "position"
        assert "has no position" in said


def test_f_i3_f_i4_a_transfer_is_no_side_effect_of_an_import():
    center, _career = make_centers()
    stranger = make_stranger()
    confirm(staff({**PERSON, "center_bin": stranger.bin, "position": "director"}))
    job = staff(PERSON, actor=make_officer(center))
    assert message(job) == (
        "This person can't be taken on by a file. Use the transfer: with the consent of both centres, "
        "the administrator makes it on the person's page."
    )
    assert Employee.objects.get().center == stranger
    assert message(staff(PERSON)) == message(job)


def test_a_file_says_nothing_else_of_somebody_elses_people():
    center, _career = make_centers()
    stranger = make_stranger()
    elsewhere = {**PERSON, "center_bin": stranger.bin, "position": "director"}
    confirm(staff(elsewhere))
    Employee.objects.update(left_on=date(2026, 1, 5))
    officer = make_officer(center)
    row = {**PERSON, "category": "mentor", "category_from": "2031-01-01"}
    ((error, *others),) = staff(row, actor=officer).rows.values_list("errors", flat=True)
    assert (error["field"], error["code"], others) == ("center_bin", "needs_transfer", [])
    entry = JournalEntry.objects.get(act="foreign_people_met")
    assert (entry.actor, entry.data["rows"]) == (officer, 1)


def test_past_twenty_of_them_a_day_the_file_is_refused_without_saying_which():
    center, _career = make_centers()
    stranger = make_stranger()
    people = [{**PERSON, "iin": iin(number)} for number in range(21)]
    confirm(staff(*({**person, "center_bin": stranger.bin, "position": "director"} for person in people)))
    officer = make_officer(center)
    assert staff(*people[:20], actor=officer).rows_error == 20
    for some in (people[20:], people):
        with pytest.raises(Refused) as caught:
            staff(*some, actor=officer)
        assert caught.value.code == "too_many_foreign"
        assert not any(person["iin"] in str(caught.value) for person in people)
    refused = JournalEntry.objects.filter(act="import_refused", actor=officer)
    assert [entry.data["code"] for entry in refused] == ["too_many_foreign"] * 2
    # Read once more by an answer, a file tells nothing new.
    second = make_officer(center, name="hr3")
    asked = uploads.upload("staff", table(*people[:15]), "f.xlsx", by=By(second, NOW))
    assert uploads.answer(asked, Answers(), by=By(second, NOW)).rows_error == 15
    # Another day, another officer, and somebody who sees them all.
    assert staff(*people[20:], actor=officer, now=NOW + timedelta(days=1)).rows_error == 1
    assert staff(*people[20:], actor=make_officer(center, name="hr2")).rows_error == 1
    assert staff(*people).rows_error == 21


def test_f_i4_an_id_is_no_key():
    make_centers()
    confirm(staff(PERSON))
    other = {**PERSON, "iin": iin(1), "id": Employee.objects.get().pk}
    job = confirm(staff(other))
    assert "Column G “id” is not known and was ignored." in report.file_lines(job)
    assert report.as_data(job)["ignored"] == [{"column": "G", "header": "id"}]
    assert Employee.objects.count() == 2


def test_f_a6_nobody_changes_their_own_record():
    center, _career = make_centers()
    confirm(staff(PERSON))
    officer = make_officer(center)
    officer.employee = Employee.objects.get()
    officer.save()
    assert counts(staff(PERSON, actor=officer)) == (0, 0, 1, 0)
    assert message(staff({**PERSON, "position": "director"}, actor=officer)) == (
        "Nobody changes their own record. Ask a colleague to import this row."
    )


def test_somebody_who_left_is_not_taken_back_by_a_file():
    make_centers()
    confirm(staff(PERSON))
    Employee.objects.update(left_on=date(2025, 12, 31))
    left = "This employee left service on 31.12.2025; taking them back is an act of its own."
    assert message(staff({**PERSON, "last_name": "Ким"})) == left
    # An export of the staff comes back as the same, and changes nothing.
    job = staff(PERSON)
    assert (job.rows_same, notes(job)) == (1, [(2, "left_service", f"IIN: {left}")])


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("hired_on", date(2026, 2, 6), "The date of hiring is in the future. Correct it."),
        (
            "hired_on",
            date(1991, 11, 12),
            "The date of hiring is before the date of birth in the IIN. Correct one of them.",
        ),
        ("hired_on", None, "“Hired on” is missing. Fill it in."),
        ("position", "бухгалтер", None),
        ("language", "de", None),
        ("email", "a", "“a” is no e-mail address. Correct it."),
        (
            "last_name",
            "А" * 121,
            "The text is longer than 120 characters. Shorten it.",
        ),
        ("hired_on", 45000, None),
    ],
)
def test_f_i8_a_cell_that_can_t_be_right_is_named(field, value, sentence):
    make_centers()
    job = staff({**PERSON, field: value})
    ((row, _column, name, said),) = errors(job)
    assert (row, name) == (2, field)
    assert sentence is None or said == sentence


def test_somebody_who_is_not_born_yet_is_refused():
    make_centers()
    first = "27010150001"
    job = staff({**PERSON, "iin": f"{first}{check_digit(first)}"})
    assert message(job) == "By this IIN the employee is not born yet. Compare it with the document."


def test_hired_as_a_child_is_noted_and_not_refused():
    make_centers()
    job = staff({**PERSON, "hired_on": date(2000, 1, 1)})
    assert notes(job) == [(2, "hired_young", "Hired before the age of 14 by the IIN; check both.")]
    assert counts(job) == (1, 0, 0, 0)


def test_f_i9_formula_and_error_cells_are_named_by_their_address():
    make_centers()
    name = "bad/formula-without-value.xlsx"
    job = preview("staff", (HERE / name).read_bytes(), None, name)
    assert [error[3] for error in errors(job)] == [
        "Cell C3 has a formula without a value: save as values.",
        "Cell G4 holds an error of the spreadsheet: correct it.",
    ]


def test_f_i21_markup_and_formulas_are_stored_as_typed():
    make_centers()
    confirm(staff({**PERSON, "last_name": "<script>alert(1)</script>", "unit": "{{7*7}}"}))
    person = Employee.objects.get()
    assert (person.last_name, person.unit) == ("<script>alert(1)</script>", "{{7*7}}")
    job = staff({**PERSON, "last_name": "Ким\nBcc: x"})
    assert notes(job) == [(2, "cleaned", "Last name: cleaned: Ким\nBcc: x → Ким Bcc: x")]
    assert job.rows.get().after["last_name"] == "Ким Bcc: x"


# --- the first category on record (¶7) ------------------------------------------------------------------

HELD = {**PERSON, "category": "кейс-менеджер", "category_from": date(2024, 2, 29)}


def test_point_7_a_category_runs_three_years_from_its_day():
    make_centers()
    confirm(staff(HELD))
    period = CategoryTerm.objects.get()
    assert (period.category, period.starts_on, period.ends_on) == (
        "case_manager",
        date(2024, 2, 29),
        date(2027, 2, 28),
    )
    assert Deadline.objects.get(kind="category").due_on == date(2027, 2, 28)


def test_f_r5_a_category_that_is_over_is_put_on_record_as_ended():
    make_centers()
    job = confirm(staff({**HELD, "category_from": date(2023, 2, 4)}))
    assert notes(job) == [
        (2, "category_ended", "The category's term ended on 04.02.2026; it is put on record as ended.")
    ]
    person = Employee.objects.get()
    assert person.category_on(date(2026, 2, 4)) == Category.CASE_MANAGER
    assert person.category_on(date(2026, 2, 5)) == Category.NONE
    assert not Deadline.objects.exists()


def test_the_same_category_again_is_the_same():
    make_centers()
    confirm(staff(HELD))
    assert counts(staff(HELD)) == (0, 0, 1, 0)
    assert counts(staff(PERSON)) == (0, 0, 1, 0)
    confirm(staff({**HELD, "unit": "1"}))
    assert CategoryTerm.objects.count() == 1


@pytest.mark.parametrize("other", [{"category": "mentor"}, {"category_from": date(2024, 3, 1)}])
def test_f_i5_a_category_on_record_is_not_changed_by_a_file(other):
    make_centers()
    confirm(staff(HELD))
    assert message(staff({**HELD, **other})) == (
        "A category is on record already (case manager from 29.02.2024); an import does not change it. "
        "Leave the cell blank or give the same values."
    )


@pytest.mark.parametrize(
    ("other", "field", "sentence"),
    [
        ({"category_from": None}, "category_from", "Give the day from which the category holds."),
        (
            {"category": None},
            "category",
            "A date of conferral is given without a category. Fill in the category.",
        ),
        (
            {"position": "assistant"},
            "category",
            "Only a specialist of a career centre has a category. Leave the cell blank.",
        ),
        (
            {"category_from": date(2026, 2, 6)},
            "category_from",
            "The day of conferral is in the future. Correct it.",
        ),
    ],
)
def test_a_category_needs_its_day_and_its_position(other, field, sentence):
    make_centers()
    ((_row, _column, name, said),) = errors(staff({**HELD, **other}))
    assert (name, said) == (field, sentence)


def test_no_category_is_no_statement():
    make_centers()
    confirm(staff({**PERSON, "category": "без категории", "category_from": None}))
    assert not CategoryTerm.objects.exists()


def test_f_i5_a_category_needs_the_permission(monkeypatch):
    from attestation import access

    center, _career = make_centers()
    officer = make_officer(center)
    monkeypatch.setitem(access.RIGHTS, "set_category", frozenset({Role.ADMINISTRATOR}))
    assert message(staff(HELD, actor=officer)) == (
        "You may not set a category. Leave the cell blank or ask the administrator."
    )


# --- who may ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.CHAIR, Role.MEMBER, Role.SECRETARY])
def test_f_a9_other_roles_import_nothing(role):
    center, _career = make_centers()
    with pytest.raises(Refused, match="Your role does not allow this"):
        staff(PERSON, actor=make_officer(center, role))


def test_an_import_leaves_one_entry_in_the_journal():
    center, _career = make_centers()
    officer = make_officer(center)
    job = confirm(staff(PERSON, {**PERSON, "iin": iin(1)}, actor=officer), officer)
    entry = JournalEntry.objects.get(act="import_confirmed")
    assert (entry.actor, entry.subject) == (officer, f"import {job.pk}")
    assert entry.data | {"sha256": "", "rows_sha256": ""} == {
        "job": job.pk,
        "kind": "staff",
        "file": "f.xlsx",
        "sha256": "",
        "new": 2,
        "changed": 0,
        "same": 0,
        "skipped": 0,
        "rows_sha256": "",
    }


def test_checks_take_no_query_a_row(django_assert_max_num_queries):
    make_centers()
    many = [{**PERSON, "iin": iin(n), "last_name": f"Ким{n}"} for n in range(300)]
    data = table(*many)
    with django_assert_max_num_queries(20):
        job = preview("staff", data)
    with django_assert_max_num_queries(35):
        confirm(job)
    assert Employee.objects.count() == len({record["iin"] for record in many})


def test_center_of_new_people_must_exist_when_confirmed():
    _center, career = make_centers()
    job = staff(PERSON)
    Center.objects.filter(pk=career.pk).delete()
    with pytest.raises(Refused, match="Records were changed since the preview"):
        confirm(job)
