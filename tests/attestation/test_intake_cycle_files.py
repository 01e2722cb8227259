"""The files of a cycle: the list (¶9), courses (¶14), results (¶17)."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from attestation.by import By
from attestation.cases import cycles
from attestation.law.calendar import ALMATY
from attestation.models import Attestation, CourseRecord, Employee, Result
from attestation.refusals import Refused
from tests.attestation.intake_cast import (
    NOW,
    PERSON,
    confirm,
    errors,
    iin,
    make_centers,
    make_officer,
    make_stranger,
    message,
    preview,
    table,
)

pytestmark = pytest.mark.django_db

STAGE = date(2026, 3, 2), date(2026, 3, 6)
FINISHED = datetime(2026, 3, 3, 11, 0, tzinfo=ALMATY)
AFTER = datetime(2026, 3, 4, 9, 0, tzinfo=ALMATY)
TOTAL, CORRECT = 100, 85


@pytest.fixture
def cycle():
    """A cycle with a specialist and an assistant on the staff, nobody listed yet."""
    center, _career = make_centers()
    assistant = {**PERSON, "iin": iin(1), "position": "assistant"}
    confirm(preview("staff", table(PERSON, assistant)))
    return cycles.open_cycle(center, "C1", *STAGE, by=By(None, NOW))


def admitted(cycle):
    """The specialist, listed for an initial attestation and admitted."""
    confirm(preview("attestees", table({"iin": PERSON["iin"], "purpose": "initial"}), cycle=cycle))
    row = {"iin": PERSON["iin"], "hours_required": 72, "hours_completed": 72}
    confirm(preview("courses", table(row), cycle=cycle))
    cycles.admit_cycle(cycle, by=By(None, NOW))
    return Attestation.objects.get()


def result(**other):
    row = {
        "iin": PERSON["iin"],
        "questions_total": TOTAL,
        "correct_answers": CORRECT,
        "finished_at": "03.03.2026 11:00",
    }
    return {**row, **other}


# --- the list (¶9) ---------------------------------------------------------------------------------------


def test_point_9_the_list_is_formed_from_a_file_and_read_again_it_is_the_same(cycle):
    rows = [
        {"iin": PERSON["iin"], "purpose": "заявление на категорию", "declared": "карьерный консультант"},
        {"iin": iin(1), "purpose": "алғашқы аттестаттау"},
    ]
    confirm(preview("attestees", table(*rows), cycle=cycle))
    listed = set(Attestation.objects.values_list("employee__iin", "purpose", "declared", "existing"))
    assert listed == {(PERSON["iin"], "category", "consultant", "none"), (iin(1), "initial", "", "")}
    job = preview("attestees", table(*rows), cycle=cycle)
    assert (job.rows_new, job.rows_same) == (0, 2)


@pytest.mark.parametrize(
    ("row", "field", "sentence"),
    [
        (
            {"iin": iin(99), "purpose": "initial"},
            "iin",
            "There is nobody with this IIN among the staff of your centres. Check the IIN.",
        ),
        ({"iin": PERSON["iin"], "purpose": "position"}, "purpose", "The purpose"),
        ({"iin": iin(1), "purpose": "category", "declared": "mentor"}, "purpose", "The purpose"),
        ({"iin": PERSON["iin"], "purpose": "category"}, "declared", "An application for a category needs"),
        (
            {"iin": PERSON["iin"], "purpose": "category", "declared": "none"},
            "declared",
            "“No category” cannot be declared",
        ),
        (
            {"iin": PERSON["iin"], "purpose": "initial", "declared": "mentor"},
            "declared",
            "A category is declared",
        ),
    ],
)
def test_who_can_t_be_listed_is_named_with_the_reason(cycle, row, field, sentence):
    ((number, _column, name, said),) = errors(preview("attestees", table(row), cycle=cycle))
    assert (number, name) == (2, field)
    assert said.startswith(sentence)
    assert not Attestation.objects.exists()


def test_i_18_a_category_below_the_existing_one_is_refused(cycle):
    held = {**PERSON, "category": "mentor", "category_from": date(2025, 3, 1)}
    confirm(preview("staff", table(held)))
    row = {"iin": PERSON["iin"], "purpose": "category", "declared": "consultant"}
    job = preview("attestees", table(row), cycle=cycle)
    assert message(job).startswith("The declared category")
    assert "I-18" not in message(job)
    with pytest.raises(Refused):
        confirm(job)
    assert not Attestation.objects.exists()


def test_i_30_nobody_is_listed_once_testing_has_begun(cycle):
    job = preview("attestees", table({"iin": PERSON["iin"], "purpose": "initial"}), cycle=cycle, now=AFTER)
    assert "the testing stage began on 02.03.2026" in message(job)


def test_f_a1_the_list_of_others_is_out_of_reach(cycle):
    officer = make_officer(make_stranger())
    with pytest.raises(Refused, match="There is no such record among those of your centre"):
        preview("attestees", table({"iin": PERSON["iin"], "purpose": "initial"}), officer, cycle=cycle)


def test_f_a6_nobody_lists_themselves(cycle):
    officer = make_officer(cycle.center)
    officer.employee = Employee.objects.get(iin=PERSON["iin"])
    officer.save()
    job = preview("attestees", table({"iin": PERSON["iin"], "purpose": "initial"}), officer, cycle=cycle)
    assert message(job) == "Nobody puts themselves on the list. Ask a colleague to import this row."


# --- courses (¶14) ---------------------------------------------------------------------------------------


def test_point_14_hours_come_exact_and_a_later_file_replaces_them(cycle):
    rows = [
        {"iin": PERSON["iin"], "hours_required": 72, "hours_completed": "36,5", "course_category": ""},
        {"iin": PERSON["iin"], "hours_required": 36, "hours_completed": 36, "course_category": "тәлімгер"},
    ]
    confirm(preview("courses", table(*rows), cycle=cycle))
    found = list(
        CourseRecord.objects.order_by("course_category").values_list("course_category", "hours_completed")
    )
    assert found == [("", Decimal("36.5")), ("mentor", Decimal(36))]
    rows[0]["hours_completed"] = 72
    job = confirm(preview("courses", table(*rows), cycle=cycle))
    assert (job.rows_new, job.rows_changed, job.rows_same) == (0, 1, 1)
    assert CourseRecord.objects.get(course_category="").hours_completed == 72


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"iin": iin(99), "hours_required": 1, "hours_completed": 1}, "iin"),
        ({"iin": PERSON["iin"], "hours_required": -1, "hours_completed": 1}, "hours_required"),
        ({"iin": PERSON["iin"], "hours_required": 1, "hours_completed": 1.005}, "hours_completed"),
        ({"iin": PERSON["iin"], "hours_required": 1}, "hours_completed"),
        (
            {"iin": PERSON["iin"], "hours_required": 1, "hours_completed": 1, "course_category": "none"},
            "course_category",
        ),
    ],
)
def test_hours_that_can_t_be_are_named(cycle, row, field):
    data = table({"hours_completed": None, **row})
    assert [error[2] for error in errors(preview("courses", data, cycle=cycle))] == [field]


def test_the_same_course_twice_is_an_error_on_both_rows(cycle):
    row = {"iin": PERSON["iin"], "hours_required": 72, "hours_completed": 72}
    found = errors(preview("courses", table(row, row), cycle=cycle))
    assert [(number, name) for number, _column, name, _said in found] == [
        (2, "course_category"),
        (3, "course_category"),
    ]


# --- results (¶17) ---------------------------------------------------------------------------------------


def test_point_17_results_go_on_record_unpublished_and_come_back_the_same(cycle):
    case = admitted(cycle)
    wrong = ", ".join(str(n) for n in range(1, 16))
    row = result(wrong_questions=wrong, test_variant="7Б", test_language="Қаз")
    confirm(preview("results", table(row), cycle=cycle, now=AFTER), now=AFTER)
    found = Result.objects.get(attestation=case)
    assert (found.correct_answers, found.questions_total, found.finished_at) == (CORRECT, TOTAL, FINISHED)
    assert (found.wrong_questions, found.test_variant, found.published_at) == (list(range(1, 16)), "7Б", None)
    assert found.test_language == "kk"
    job = preview("results", table(row), cycle=cycle, now=AFTER)
    assert (job.rows_same, job.rows_error) == (1, 0)
    job = confirm(preview("results", table(result()), cycle=cycle, now=AFTER), now=AFTER)
    assert job.rows_changed == 1
    assert Result.objects.current().get().wrong_questions is None


def test_a_perfect_result_has_an_empty_list_of_wrong_questions(cycle):
    admitted(cycle)
    row = result(correct_answers=TOTAL, wrong_questions="")
    confirm(preview("results", table(row), cycle=cycle, now=AFTER), now=AFTER)
    assert Result.objects.get().wrong_questions == []


@pytest.mark.parametrize(
    ("other", "field", "sentence"),
    [
        ({"correct_answers": 101}, "correct_answers", "Correct answers: 101 of 100."),
        ({"questions_total": 0, "correct_answers": 0}, "questions_total", "The number of questions is 0"),
        ({"correct_answers": -1}, "correct_answers", "-1 is not between 0 and 1000."),
        ({"correct_answers": "84,5"}, "correct_answers", "84,5 is not a whole number."),
        ({"wrong_questions": "1, 2"}, "wrong_questions", "The list of wrong questions has 2 numbers"),
        (
            {"correct_answers": 98, "wrong_questions": "1, 101"},
            "wrong_questions",
            "There is no question 101",
        ),
        ({"finished_at": "03/03/2026 11:00"}, "finished_at", "“03/03/2026 11:00” is no date and time."),
        ({"finished_at": "2026-03-05 11:00"}, "finished_at", None),
        ({"finished_at": "2026-02-27 11:00"}, "finished_at", None),
        ({"iin": iin(1)}, "iin", "There is nobody with this IIN on the list of the cycle C1."),
    ],
)
def test_a_result_that_can_t_be_is_named_and_changes_nothing(cycle, other, field, sentence):
    admitted(cycle)
    job = preview("results", table(result(**other)), cycle=cycle, now=AFTER)
    ((number, _column, name, said),) = errors(job)
    assert (number, name) == (2, field)
    assert sentence is None or said.startswith(sentence)
    with pytest.raises(Refused, match="1 row has an error; nothing was imported"):
        confirm(job, now=AFTER)
    assert not Result.objects.exists()


def test_point_14_a_result_of_somebody_not_admitted_is_refused(cycle):
    confirm(preview("attestees", table({"iin": PERSON["iin"], "purpose": "initial"}), cycle=cycle))
    job = preview("results", table(result()), cycle=cycle, now=AFTER)
    assert "is not admitted to testing" in message(job)
    with pytest.raises(Refused):
        confirm(job, now=AFTER)
    assert not Result.objects.exists()


def test_a_published_result_is_not_overwritten_by_a_file(cycle):
    from attestation.cases.results import publish_results

    admitted(cycle)
    confirm(preview("results", table(result()), cycle=cycle, now=AFTER), now=AFTER)
    publish_results(cycle, by=By(None, AFTER))
    assert preview("results", table(result()), cycle=cycle, now=AFTER).rows_same == 1
    job = preview("results", table(result(correct_answers=90)), cycle=cycle, now=AFTER)
    assert "is published. A clerical error is corrected" in message(job)


def test_f_i18_a_result_recorded_since_the_preview_is_seen(cycle):
    admitted(cycle)
    first = preview("results", table(result()), cycle=cycle, now=AFTER)
    second = preview("results", table(result(correct_answers=90)), cycle=cycle, now=AFTER)
    confirm(first, now=AFTER)
    with pytest.raises(Refused, match="Records were changed since the preview"):
        confirm(second, now=AFTER + timedelta(minutes=1))
    assert Result.objects.get().correct_answers == CORRECT
