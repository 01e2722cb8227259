"""Names as text: normal form, the Kazakh order, the blind search."""

import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attestation.names import (
    ALPHABET,
    KEY_LENGTH,
    TextError,
    folded,
    may_be_kin,
    normalise,
    search_key,
    sort_key,
)

letters = st.text(ALPHABET + ALPHABET.upper() + " -’", min_size=1, max_size=30)


def test_the_alphabet_has_its_42_letters_in_order():
    assert len(set(ALPHABET)) == 42
    shuffled = random.Random(1).sample(list(ALPHABET), 42)
    assert "".join(sorted(shuffled, key=sort_key)) == ALPHABET


def test_names_come_in_the_kazakh_order():
    names = [
        "Яна",
        "Іңкәр",
        "Ырыс",
        "Һарон",
        "Хан",
        "Үміт",
        "Ұлан",
        "Умар",
        "Өмір",
        "Олжас",
        "Қанат",
        "Кенже",
    ]
    names += ["Ғани", "Гүлім", "Әсем", "Аян", "Ёлкин", "Елена"]
    expected = ["Аян", "Әсем", "Гүлім", "Ғани", "Елена", "Ёлкин", "Кенже", "Қанат", "Олжас", "Өмір", "Умар"]
    expected += ["Ұлан", "Үміт", "Хан", "Һарон", "Ырыс", "Іңкәр", "Яна"]
    assert sorted(names, key=sort_key) == expected


def test_a_shorter_last_name_comes_first_whatever_follows():
    assert sort_key("Ким", "Яна") < sort_key("Кима", "Аян")
    assert sort_key("Ким", "Аян") < sort_key("Ким-Ли", "Аян") < sort_key("Кима", "Аян")
    assert sort_key("Ким", "Аян") < sort_key("Ким", "Аян", "А")


def test_latin_comes_after_cyrillic_and_foreign_signs_last():
    assert sort_key("Яна") < sort_key("Adam") < sort_key("日本")
    assert sort_key("José") == sort_key("Jose")


@given(letters, letters)
def test_keys_are_digits_alone_and_bounded(last, first):
    key = sort_key(last, first)
    assert key.isascii()
    assert key.isdigit()
    assert len(key) <= KEY_LENGTH


def test_long_names_fit_the_column():
    assert len(sort_key("Ә" * 120, "Ә" * 120, "Ә" * 120)) == KEY_LENGTH
    assert len(search_key("Ә" * 120, "Ә" * 120, "Ә" * 120)) <= KEY_LENGTH


@given(letters, letters)
def test_a_search_is_blind_to_case_and_to_yo(last, first):
    assert folded(f"{last} {first}") == folded(f"{last.upper().replace('Ё', 'Е')} {first.lower()}")


def test_a_search_key_holds_each_word_folded_and_as_it_is_spelled():
    assert search_key("ӘБІЛҚАСЫМОВ", "Нұрлан", "") == "абилкасимов нурлан =әбілқасымов =нұрлан"
    assert search_key("Щёкина", "Ирина") == "шекина ирина =щёкина =ирина"


@given(st.text(max_size=40))
@pytest.mark.daily(3)
def test_f_r10_what_is_kept_is_in_normal_form_and_printable(text):
    refused = None
    try:
        kept = normalise(text)
    except TextError as error:
        refused = error
    if refused is not None:
        assert 1 <= int(refused.params["position"]) <= len(text)
        return
    assert unicodedata.is_normalized("NFC", kept)
    assert not any(unicodedata.category(sign) in {"Cc", "Cs", "Cf"} for sign in kept)
    assert normalise(kept) == kept


def test_composed_and_decomposed_letters_are_one():
    assert normalise("Й" + "о\u0301") == normalise(unicodedata.normalize("NFD", "Йо\u0301"))


@pytest.mark.parametrize(
    ("text", "sign", "position"),
    [
        ("Иван\x00ов", "U+0000", 5),
        ("Иван\nBcc: x", "U+000A", 5),
        ("И\u202eван", "U+202E", 2),
        ("Ив\ud800ан", "U+D800", 3),
        ("Ива\u200bн", "U+200B", 4),
        ("Ив\ufffdан", "U+FFFD", 3),
    ],
)
def test_f_r10_control_and_invisible_signs_are_refused_with_their_place(text, sign, position):
    with pytest.raises(TextError) as caught:
        normalise(text)
    assert caught.value.params == {"character": sign, "position": position}


def test_f_i21_markup_and_formulas_are_plain_text_here():
    for text in ("<script>alert(1)</script>", '=HYPERLINK("x")', "{{7*7}}"):
        assert normalise(text) == text


def test_a_text_of_lines_keeps_its_lines_and_joined_emoji():
    assert normalise(" а\r\nб\tв\r г ", lines=True) == "а\nб\tв\n г"
    assert normalise("👩\u200d💼", lines=True) == "👩\u200d💼"
    with pytest.raises(TextError):
        normalise("а\x00", lines=True)


def test_blanks_are_tidied_in_a_line():
    assert normalise(" Ли\u00a0 Ен ") == "Ли Ен"


AKHMETOV = ("Ахметов", "Ерлан", "Серікұлы")


@pytest.mark.parametrize(
    ("one", "other", "kin"),
    [
        # Brother and sister, in either language and spelling.
        (AKHMETOV, ("Ахметова", "Айгүл", "Сериковна"), True),
        (AKHMETOV, ("АХМЕТОВА", "Айгүл", "Серік қызы"), True),
        (("Достоевский", "Ян", "Сергеевич"), ("Достоевская", "Ира", "Сергеевна"), True),
        (("Иванов", "Ян", "Ильич"), ("Иванова", "Ира", "Ильинична"), True),
        (("Болатұлы", "Ян", ""), ("Болатқызы", "Ира", ""), True),
        # Father and child.
        (AKHMETOV, ("Ахметов", "Серік", "Болатұлы"), True),
        (("Иванова", "Ира", "Сергеевна"), ("Иванов", "Сергей", "Ильич"), True),
        # What is not on record rules out nothing.
        (("Ким", "Ян", ""), ("Ким", "Ира", "Сергеевна"), True),
        (AKHMETOV, ("Ахметова", "Айгүл", "Болатқызы"), False),
        (AKHMETOV, ("Оспанова", "Айгүл", "Сериковна"), False),
        (("", "", ""), ("", "", ""), False),
    ],
)
def test_one_surname_and_one_father_are_a_hint(one, other, kin):
    assert may_be_kin(one, other) is may_be_kin(other, one) is kin
