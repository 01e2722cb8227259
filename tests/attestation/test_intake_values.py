"""Cells into values: exact, in the forms of docs/formats.md, anything doubtful refused."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import translation

from attestation.intake import values, vocabulary
from attestation.intake.messages import sentence
from attestation.intake.values import CellError, freeze, harmless, plain, thaw
from attestation.labels import CATEGORIES, CENTER_KINDS, POSITIONS, PURPOSES
from attestation.law.calendar import ALMATY
from tests.attestation.intake_cast import IINS


def refused(parser, cell):
    with pytest.raises(CellError) as caught:
        parser(cell, [])
    return sentence(caught.value.code, caught.value.params)


def noted(parser, cell):
    notes = []
    return parser(cell, notes), notes


# --- identifiers ----------------------------------------------------------------------------------------


def test_f_i1_a_number_is_restored_and_says_so():
    assert noted(values.iin, int(IINS[2])) == (
        IINS[2],
        [("restored", {"number": int(IINS[2]), "value": IINS[2]})],
    )
    assert noted(values.iin, int(IINS[0])) == (IINS[0], [])
    assert noted(values.bin_number, 241140465976) == ("241140465976", [])


def test_f_i1_a_text_is_never_padded():
    assert refused(values.iin, IINS[2].lstrip("0")) == (
        "An IIN or BIN has 12 digits; here there are 11. Correct it."
    )


@pytest.mark.parametrize("text", ["8.50101E+11", "8,50101E+11", "8.50101e11"])
def test_f_i1_exponent_text_is_refused(text):
    assert refused(values.iin, text) == (
        f"The spreadsheet has shortened this number to {text}. Format the column as text and type it anew."
    )


def test_f_i1_a_restored_number_needs_its_check_digit():
    assert refused(values.iin, int(IINS[2]) + 1) == (
        "The check digit is wrong. Compare the number with the document."
    )


def test_f_i2_a_sign_that_is_no_digit_is_named_with_its_place():
    assert refused(values.iin, "780503\u00a0300124") == (
        "Only the digits 0 to 9 may stand in an IIN or BIN; character 7 is U+00A0. Correct it."
    )


# --- days and moments -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell", [["d", "2024-02-29"], ["t", "2024-02-29T00:00:00"], "2024-02-29", "29.02.2024"]
)
def test_a_day_in_the_forms_of_the_formats_page(cell):
    assert values.day(cell, []) == date(2024, 2, 29)


@pytest.mark.parametrize(
    "cell",
    [
        "01/02/2024",
        "45000",
        45000,
        "1.2.2024",
        "01.02.24",
        "2024-2-1",
        "٠١.٠٢.٢٠٢٤",
        ["n", "45000.5"],
        True,
        "вчера",
    ],
)
def test_f_i8_a_doubtful_day_is_refused(cell):
    sentence = refused(values.day, cell)
    assert sentence == (
        f"“{values.shown(cell)}” is no date that can be read without doubt. "
        "Write it as 2026-02-05 or 05.02.2026."
    )


@pytest.mark.parametrize("cell", ["31.02.2024", "2023-02-29", "00.01.2024"])
def test_f_i8_a_day_that_is_not_in_the_calendar_is_refused(cell):
    assert refused(values.day, cell) == f"There is no such day: {cell}."


@pytest.mark.parametrize("cell", ["01.02.0204", ["d", "1899-12-31"], "2999-01-01"])
def test_f_i8_a_year_that_can_t_be_right_is_refused(cell):
    assert refused(values.day, cell).startswith("The year ")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-02-05 17:40", datetime(2026, 2, 5, 12, 40, tzinfo=UTC)),
        ("2026-02-05 17:40:09", datetime(2026, 2, 5, 12, 40, 9, tzinfo=UTC)),
        ("05.02.2026 9:05", datetime(2026, 2, 5, 4, 5, tzinfo=UTC)),
        ("2026-02-05T17:40:00+05:00", datetime(2026, 2, 5, 12, 40, tzinfo=UTC)),
        ("2026-02-05 12:40Z", datetime(2026, 2, 5, 12, 40, tzinfo=UTC)),
        (["t", "2026-02-05T17:40:00"], datetime(2026, 2, 5, 12, 40, tzinfo=UTC)),
        (["t", "2026-02-05T17:39:59.999999"], datetime(2026, 2, 5, 12, 40, tzinfo=UTC)),
        (["d", "2026-02-05"], datetime(2026, 2, 4, 19, 0, tzinfo=UTC)),
        # Almaty was at +06 until 2024-03-01.
        ("2024-02-05 17:40", datetime(2024, 2, 5, 11, 40, tzinfo=UTC)),
    ],
)
def test_a_moment_is_almaty_time_unless_an_offset_stands(cell, expected):
    assert values.moment(cell, []) == expected


@pytest.mark.parametrize("cell", ["2026-02-05", "05.02.2026 17", "05/02/2026 17:40", 46058, "17:40"])
def test_a_doubtful_moment_is_refused(cell):
    assert refused(values.moment, cell) == (
        f"“{cell}” is no date and time. Write it as 2026-02-05 17:40 or 05.02.2026 17:40."
    )


def test_an_impossible_hour_is_refused():
    assert refused(values.moment, "2026-02-05 25:00") == "There is no such time of day: 2026-02-05 25:00."


# --- numbers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cell", "value"), [("4,5", "4.5"), ("4.5", "4.5"), (["n", "4.6"], "4.6"), (4, "4")])
def test_a_decimal_is_exact_with_point_or_comma(cell, value):
    assert values.number(1, 5, 2)(cell, []) == Decimal(value)


@pytest.mark.parametrize("cell", ["1e3", "NaN", "1 000", "4.5.6", "", "٤", True, ["d", "2024-04-05"]])
def test_f_r2_what_is_no_plain_number_is_refused(cell):
    assert "is no number" in refused(values.number(0, 5, 2), cell)


def test_f_r2_bounds_and_decimals_are_held():
    score = values.number(1, 5, 2)
    for cell in (1, 5, "1.00", "4.99"):
        score(cell, [])
    assert refused(score, "5.01") == "5.01 is not between 1 and 5. Correct it."
    assert refused(score, "0.99") == "0.99 is not between 1 and 5. Correct it."
    assert refused(score, "4.999") == "4.999 has more than 2 decimals. Correct it."


def test_a_whole_number_is_whole():
    count = values.whole(0, 100)
    assert [count(cell, []) for cell in ("7", 7, "7.0", ["n", "7.0"])] == [7] * 4
    assert refused(count, "7,5") == "7,5 is not a whole number. Correct it."
    assert refused(count, -1) == "-1 is not between 0 and 100. Correct it."


def test_question_lists_are_sorted_and_whole():
    assert values.question_list("12, 3;7", []) == [3, 7, 12]
    assert values.question_list(5, []) == [5]
    assert refused(values.question_list, "3, 3") == "Question 3 is named twice. Correct it."
    assert (
        refused(values.question_list, "3-7") == "“3-7” is no list of question numbers. Write it as 3, 7, 12."
    )
    assert refused(values.question_list, ["n", "3.7"]).startswith("The spreadsheet has turned this list into")
    assert refused(values.question_list, ["d", "2024-07-03"]).startswith("The spreadsheet has turned this")


# --- words ----------------------------------------------------------------------------------------------

VOCABULARIES = [
    (vocabulary.POSITIONS, POSITIONS),
    (vocabulary.CATEGORIES, CATEGORIES),
    (vocabulary.PURPOSES, PURPOSES),
    (vocabulary.CENTER_KINDS, CENTER_KINDS),
]


@pytest.mark.parametrize(("words", "labels"), VOCABULARIES)
def test_every_term_is_known_by_its_identifier_and_three_labels(words, labels):
    parse = values.choice(words)
    assert set(words) == set(labels)
    for value, three in words.items():
        for word in (value, *three):
            assert parse(f"  {word.upper()} ", []) == value
            assert parse(word, []) == value


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
@pytest.mark.parametrize(("words", "labels"), VOCABULARIES)
def test_what_an_export_writes_an_import_knows(words, labels, language):
    parse = values.choice(words)
    with translation.override(language):
        for value in words:
            assert parse(vocabulary.label(words, value), []) == value


def test_a_misspelt_word_gets_a_suggestion_and_a_strange_one_the_list():
    parse = values.choice(vocabulary.CATEGORIES)
    assert refused(parse, "мансап консультант") == (
        "“мансап консультант” is not known here. Did you mean “мансап консультанты”?"
    )
    assert refused(parse, "17") == (
        "“17” is not known here. One of these can stand here: none, consultant, case_manager, mentor."
    )


def test_text_is_normal_bounded_and_plain():
    name = values.text(5)
    assert name(" Ким\u00a0", []) == "Ким"
    assert name(12, []) == "12"
    assert refused(name, "Ааааааа") == "The text is longer than 5 characters. Shorten it."
    assert (
        refused(name, "А\nБ")
        == "Character 2 is U+000A, which can't be stored. Delete it or type the text anew."
    )
    assert refused(name, ["d", "2024-01-01"]).startswith("Text is expected here.")


@pytest.mark.parametrize("text", ["a@b.kz", "Әбіл@пошта.қаз"])
def test_an_address_is_checked_for_its_form(text):
    if text.isascii():
        assert values.email(f" {text} ", []) == text
    else:
        assert refused(values.email, text) == f"“{text}” is no e-mail address. Correct it."


@pytest.mark.parametrize("text", ["a@b.kz\nBcc: c@d.kz", "a", "a@b, c@d.kz", "<a@b.kz>"])
def test_f_i21_an_address_with_more_in_it_is_refused(text):
    assert "is no e-mail address" in refused(values.email, text)


@pytest.mark.parametrize("text", ["=1+1", "+7 701", "-Ли", "@x", "'=1", "''-", "\tx"])
def test_f_i22_formula_like_text_goes_out_harmless_and_comes_back(text):
    assert harmless(text) == f"'{text}"
    assert plain(harmless(text)) == text


@pytest.mark.parametrize("text", ["Ким", "О'Нил", "'Ким'", "1-2", ""])
def test_f_i22_other_text_is_left_alone(text):
    assert harmless(text) == text
    assert plain(text) == text


@pytest.mark.parametrize(
    "value",
    [
        "x",
        5,
        None,
        True,
        [1, 2],
        date(2026, 2, 5),
        datetime(2026, 2, 5, 17, 40, tzinfo=ALMATY),
        Decimal("4.50"),
    ],
)
def test_staged_values_come_back(value):
    assert thaw(freeze(value)) == value
