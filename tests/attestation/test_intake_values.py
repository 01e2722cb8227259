"""Cells into values: exact, in the forms of docs/formats.md, anything doubtful refused."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import translation

from attestation import identifiers
from attestation.intake import values, vocabulary
from attestation.intake.frozen import freeze, thaw
from attestation.intake.messages import sentence
from attestation.intake.values import CellError, harmless, plain
from attestation.labels import CATEGORIES, CENTER_KINDS, OUTCOMES, POSITIONS, PURPOSES
from attestation.law.calendar import ALMATY
from attestation.law.vocabulary import Outcome
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


def with_digit(first_eleven):
    return f"{first_eleven}{identifiers.check_digit(first_eleven)}"


LOST_TWO = with_digit("00110150001")


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        (" 030201500174", ["cleaned"]),
        ("030201500174\u00a0", ["cleaned"]),
        ("030201 500174", ["cleaned"]),
        ("'030201500174", ["cleaned"]),
        ("’030201500174", ["cleaned"]),
        ('="030201500174"', ["cleaned"]),
        ("030201500174.0", ["cleaned"]),
        ("30201500174", ["restored"]),
        ("30201500174.0", ["cleaned", "restored"]),
        ("30201500174,00", ["cleaned", "restored"]),
        ("030201500174", []),
    ],
)
def test_f_i1_a_text_is_repaired_where_the_check_digit_proves_it(cell, codes):
    value, notes = noted(values.iin, cell)
    assert value == "030201500174"
    assert [code for code, _params in notes] == codes


def test_f_i1_what_a_repair_was_is_said_with_both_values():
    assert noted(values.iin, "30201500174.0")[1] == [
        ("cleaned", {"given": "30201500174.0", "value": "30201500174"}),
        ("restored", {"number": "30201500174", "value": "030201500174"}),
    ]
    assert noted(values.bin_number, " 241140465976 ")[1] == [
        ("cleaned", {"given": " 241140465976 ", "value": "241140465976"})
    ]


def test_f_i1_at_most_two_zeros_are_put_back_in_a_text_and_none_without_the_digit():
    assert values.iin(LOST_TWO[2:], []) == LOST_TWO
    three = with_digit("00010150001")
    assert refused(values.iin, three[3:]) == "An IIN or BIN has 12 digits; here there are 9. Correct it."
    assert values.iin(int(three), []) == three
    assert refused(values.iin, "30201500175") == (
        "An IIN or BIN has 12 digits; here there are 11. Correct it."
    )
    assert refused(values.iin, "030201500175 ") == (
        "The check digit is wrong. Compare the number with the document."
    )
    assert refused(values.iin, "030201500174.5").startswith("Only the digits 0 to 9")


@pytest.mark.parametrize("first", ["99023030001", "99010190002"])
def test_i_38_odd_birth_digits_are_a_note(first):
    assert noted(values.iin, with_digit(first)) == (with_digit(first), [("odd_birth_date", {})])
    assert noted(values.bin_number, with_digit(first)) == (with_digit(first), [])


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
    assert refused(values.iin, "780503/300124") == (
        "Only the digits 0 to 9 may stand in an IIN or BIN; character 7 is “/”. Correct it."
    )


# --- days and moments -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell", [["d", "2024-02-29"], ["t", "2024-02-29T00:00:00"], "2024-02-29", "29.02.2024"]
)
def test_a_day_in_the_forms_of_the_formats_page(cell):
    assert noted(values.day, cell) == (date(2024, 2, 29), [])


@pytest.mark.parametrize(
    "cell",
    [
        "1.3.2024",
        "1.03.2024",
        "01.03.2024 г.",
        "01.03.2024г.",
        "1.3.2024 ж.",
        "01.03.2024 0:00:00",
        "01.03.2024 00:00",
        "2024-03-01T00:00:00",
        "2024-03-01 00:00:00.000",
    ],
)
def test_another_form_of_a_day_is_taken_and_noted(cell):
    assert noted(values.day, cell) == (
        date(2024, 3, 1),
        [("cleaned", {"given": cell, "value": "01.03.2024"})],
    )


@pytest.mark.parametrize("cell", [20000, 45352, "45352", 80000, ["n", "45000.5"], "46058,5"])
def test_f_i8_a_number_in_place_of_a_date_is_named(cell):
    said = f"The number {values.shown(cell)} stands where a date was. "
    for parser in (values.day, values.moment):
        assert refused(parser, cell) == said + "Format the column as a date and save the file anew."


@pytest.mark.parametrize(
    "cell",
    [
        "01/02/2024",
        "19999",
        80001,
        "01.03.2024 0:00:01",
        "01.03.2024 12:00",
        "01.02.24",
        "2024-2-1",
        "٠١.٠٢.٢٠٢٤",
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
    assert refused(values.day, cell) == f"There is no such day: {cell}. Correct it."


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
        ("2026-02-05 00:00", datetime(2026, 2, 4, 19, 0, tzinfo=UTC)),
        (["t", "2026-02-05T00:00:01"], datetime(2026, 2, 4, 19, 0, 1, tzinfo=UTC)),
        # Almaty was at +06 until 2024-03-01.
        ("2024-02-05 17:40", datetime(2024, 2, 5, 11, 40, tzinfo=UTC)),
    ],
)
def test_a_moment_is_almaty_time_unless_an_offset_stands(cell, expected):
    assert values.moment(cell, []) == expected


@pytest.mark.parametrize(
    "cell", [["d", "2026-02-05"], ["t", "2026-02-05T00:00:00"], "05.02.2026", "2026-02-05"]
)
def test_a_moment_without_a_time_is_refused_in_every_format(cell):
    assert refused(values.moment, cell).endswith(
        "has no time of day. Write it as 2026-02-05 17:40 or 05.02.2026 17:40."
    )


@pytest.mark.parametrize("cell", ["05.02.2026 17", "05/02/2026 17:40", 7, "17:40"])
def test_a_doubtful_moment_is_refused(cell):
    assert refused(values.moment, cell) == (
        f"“{cell}” is no date and time. Write it as 2026-02-05 17:40 or 05.02.2026 17:40."
    )


def test_an_impossible_hour_is_refused():
    assert refused(values.moment, "2026-02-05 25:00") == (
        "There is no such time of day: 2026-02-05 25:00. Correct it."
    )


# --- numbers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cell", "value"), [("4,5", "4.5"), ("4.5", "4.5"), (["n", "4.6"], "4.6"), (4, "4")])
def test_a_decimal_is_exact_with_point_or_comma(cell, value):
    assert values.number(1, 5, 2)(cell, []) == Decimal(value)


@pytest.mark.parametrize("cell", ["1e3", "NaN", "1 000", "4.5.6", "", "٤", True])
def test_f_r2_what_is_no_plain_number_is_refused(cell):
    assert "is no number" in refused(values.number(0, 5, 2), cell)


def test_a_number_that_became_a_date_is_named():
    assert refused(values.number(1, 5, 2), ["d", "2026-05-04"]) == (
        "The spreadsheet has made a date of this number: 04.05.2026. "
        "Format the column as a number and type it anew."
    )


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
    (vocabulary.OUTCOMES, {outcome: label for outcome, label in OUTCOMES.items() if outcome != Outcome.HELD}),
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
    with pytest.raises(CellError) as caught:
        parse("мансап консультант", [])
    assert caught.value.params == {"value": "мансап консультант", "close": "consultant"}
    with pytest.raises(CellError) as caught:
        parse("17", [])
    assert (caught.value.code, caught.value.params) == ("not_known", {"value": "17"})


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("спецалист карьерного центра", "career_specialist"),
        ("Спецалист центра трудовой мобильности", "center_specialist"),
        ("дирктор", "director"),
        ("заместитель директра", "deputy_director"),
        # Another position by one word, and so perhaps another threshold: nothing is suggested.
        ("ассистент центра трудовой мобильности", None),
        ("заместитель руководителя", None),
        ("главный специалист", None),
        ("специалист", None),
    ],
)
def test_a_position_is_suggested_only_where_each_word_is_near(word, meant):
    assert values.choice(vocabulary.POSITIONS).meant(word) == meant


def test_text_is_normal_bounded_and_plain():
    name = values.text(5)
    assert name(" Ким\u00a0", []) == "Ким"
    assert name(12, []) == "12"
    assert refused(name, "Ааааааа") == "The text is longer than 5 characters. Shorten it."
    assert noted(name, "А \r\n Б") == ("А Б", [("cleaned", {"given": "А \r\n Б", "value": "А Б"})])
    assert noted(values.text(5, lines=True), "А\nБ") == ("А\nБ", [])
    assert refused(name, "А\x00Б").startswith("Character 2 is an empty sign, which")
    assert refused(name, True).startswith("Text is expected here.")
    assert refused(name, ["t", "2024-05-01T00:00:00"]) == (
        "The spreadsheet has made a date of this text: 01.05.2024. "
        "Format the column as text and type it anew."
    )


@pytest.mark.parametrize(
    "lost",
    [
        "?лімханов",
        "Н?рлан",
        "Анна?",
        "Ahm?tov",
        "Ким\ufffd",
        *(word.encode().decode("cp1252", "replace") for word in ("Нұрлан", "Әлия", "Иванов")),
        *(word.encode().decode("latin-1") for word in ("Нұрлан", "Әлия", "Иванов")),
        *(word.encode().decode("cp1251", "replace") for word in ("Нұрлан", "Әлия", "Иванов", "Семён")),
        "РќС",
        "Ð˜Ð²",
    ],
)
def test_letters_that_were_lost_are_named_with_what_to_do(lost):
    for parser in (values.name(120), values.text(255, words=True)):
        assert "Save it as .xlsx or as CSV UTF-8" in refused(parser, lost)


@pytest.mark.parametrize(
    "word",
    [
        "Әлімханов",
        "Үсенұлы",
        "Семёнова-Петренко",
        "Лё",
        "О’Нил",
        "Müller",
        "Рёрих",
        "Сіңкәр",
        "ТОО «РТС»",
        "ЦТ №5",
        "СУ №5",
    ],
)
def test_letters_that_were_not_lost_are_left_alone(word):
    assert noted(values.name(120), word) == (word, [])


def test_a_question_mark_elsewhere_is_text():
    assert values.text(255)("Қалай? Почему?", []) == "Қалай? Почему?"


@pytest.mark.parametrize("cell", ["...", "12", 12, "«»"])
def test_a_name_has_a_letter(cell):
    assert refused(values.name(120), cell) == (f"“{cell}” has no letter, so it is no name. Correct it.")


def test_alphabets_mixed_in_one_word_are_noted_and_two_words_are_not():
    mixed = values.name(120)
    assert noted(mixed, "Aлия")[1] == [("mixed_alphabets", {"word": "Aлия", "letters": "A"})]
    assert noted(mixed, "Ali Кәрім-Smitһ")[1] == [("mixed_alphabets", {"word": "Smitһ", "letters": "һ"})]
    assert noted(mixed, "Anna Ким")[1] == []


@pytest.mark.parametrize("cell", ["None", "NULL", "nan", "n/a", "-", "—", "–", " Нет ", "ЖОҚ", "'-"])
def test_a_word_for_nothing_is_one_alone_in_its_cell(cell):
    for parser in (values.text(9), values.iin, values.choice(vocabulary.POSITIONS)):
        assert values.word_for_nothing(cell, parser) == plain(cell).strip()


def test_the_identifier_none_is_a_category_and_none_of_a_program_is_nothing():
    categories = values.choice(vocabulary.CATEGORIES)
    assert values.word_for_nothing("none", categories) == ""
    assert values.word_for_nothing("None", categories) == "None"
    assert values.word_for_nothing("none", values.text(9)) == "none"


@pytest.mark.parametrize("cell", ["нет верного ответа", "Нетесов", "--", None, 0, ["d", "2026-01-01"]])
def test_a_longer_text_is_no_word_for_nothing(cell):
    assert values.word_for_nothing(cell, values.text(9)) == ""


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
