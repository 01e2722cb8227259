"""IIN and BIN: check digit in two passes, date of birth, numbers that lost their zeros."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attestation.identifiers import (
    IdentifierError,
    birth_date,
    check_bin,
    check_digit,
    check_iin,
    restore,
)


def refusal(check, text):
    with pytest.raises(IdentifierError) as caught:
        check(text)
    return caught.value


@given(st.text("0123456789", min_size=11, max_size=11))
def test_it_takes_the_check_digit_of_the_second_pass_only_after_a_ten(digits):
    weights = [*range(1, 12)], [*range(3, 12), 1, 2]
    first, second = (sum(w * int(d) for w, d in zip(ws, digits, strict=True)) % 11 for ws in weights)
    expected = first if first < 10 else (second if second < 10 else None)
    assert check_digit(digits) == expected


def test_both_passes_and_the_numbers_never_issued_are_met():
    passes = {check_digit(f"8503150{n:04d}") for n in range(2000)}
    assert None in passes
    assert passes > set(range(10))


@given(st.dates(date(1900, 1, 1), date(2029, 12, 31)), st.integers(0, 9999), st.booleans())
def test_it_finds_the_date_of_birth_by_the_century_digit(born, serial, woman):
    century = {19: 3, 20: 5}[born.year // 100] + woman
    first = f"{born:%y%m%d}{century}{serial:04d}"
    last = check_digit(first)
    if last is None:
        return
    check_iin(f"{first}{last}")
    assert birth_date(f"{first}{last}") == born


def test_any_other_last_digit_is_refused():
    for last in "012356789":
        assert refusal(check_iin, "78050330012" + last).code == "check_digit"
    check_iin("780503300124")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "length"),
        ("78050330012", "length"),
        ("7805033001240", "length"),
        ("780503 300124", "not_digits"),
        ("780503300124 ", "not_digits"),
        ("780503\u00a0300124", "not_digits"),
        ("٧٨٠٥٠٣٣٠٠١٢٤", "not_digits"),
        ("７８０５０３３００１２４", "not_digits"),
        ("7.80503E+11", "not_digits"),
        ("-78050330012", "not_digits"),
    ],
)
def test_f_i2_whatever_is_not_twelve_plain_digits_is_refused(text, code):
    assert refusal(check_iin, text).code == code
    assert refusal(check_bin, text).code == code


def with_digit(first_eleven):
    return f"{first_eleven}{check_digit(first_eleven)}"


@pytest.mark.parametrize("first", ["99023030001", "99130130001", "99000130001", "99010100001", "99010190002"])
def test_i_38_the_check_digit_decides_whatever_the_day_and_the_century(first):
    check_iin(with_digit(first))
    assert birth_date(with_digit(first)) is None


def test_the_29th_of_february_is_real_in_leap_years_alone():
    assert birth_date(with_digit("96022940012")) == date(1996, 2, 29)
    assert birth_date(with_digit("97022940013")) is None


def test_a_number_never_issued_and_zeros_are_refused():
    never = next(f"8503153{n:04d}" for n in range(9999) if check_digit(f"8503153{n:04d}") is None)
    assert refusal(check_iin, never + "0").code == "not_issued"
    assert refusal(check_bin, "000000000000").code == "zeros"
    assert refusal(check_iin, "000000000000").code == "zeros"


def test_f_i1_a_number_gets_its_zeros_back():
    assert restore(30201500174) == "030201500174"
    assert restore(780503300124) == "780503300124"
    assert refusal(restore, -1).code == "not_digits"
