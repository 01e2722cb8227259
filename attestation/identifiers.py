"""IIN and BIN: twelve digits, a check digit, and in the IIN a date of birth. Pure.

Check digit: weights 1…11 over the first eleven digits, modulo 11; where that gives 10, weights 3…11, 1, 2;
a 10 after the second pass means that no such number is issued. Source: docs/formats.md.
"""

from __future__ import annotations

from datetime import date

LENGTH = 12
_FIRST = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
_SECOND = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)
_CENTURIES = {"1": 1800, "2": 1800, "3": 1900, "4": 1900, "5": 2000, "6": 2000}


class IdentifierError(ValueError):
    """A number that is no IIN or BIN.

    `code`: not_digits, length, check_digit, not_issued, birth_date, zeros.
    """

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def check_digit(first_eleven: str) -> int | None:
    """The twelfth digit for the first eleven; None where no number with them is issued."""
    digits = [int(digit) for digit in first_eleven]
    for weights in (_FIRST, _SECOND):
        rest = sum(weight * digit for weight, digit in zip(weights, digits, strict=True)) % 11
        if rest < 10:
            return rest
    return None


def _check_number(text: str) -> None:
    # Not str.isdigit alone: Arabic and full-width digits are digits to it.
    if text and not (text.isascii() and text.isdigit()):
        place = next(place for place, sign in enumerate(text) if sign not in "0123456789")
        raise IdentifierError("not_digits", position=place + 1, character=f"U+{ord(text[place]):04X}")
    if len(text) != LENGTH:
        raise IdentifierError("length", length=len(text))
    expected = check_digit(text[:-1])
    if expected is None:
        raise IdentifierError("not_issued")
    if expected != int(text[-1]):
        raise IdentifierError("check_digit")


def birth_date(iin: str) -> date:
    """The date of birth in digits 1 to 7; raises IdentifierError where it is no real date."""
    century = _CENTURIES.get(iin[6])
    if century is None:
        raise IdentifierError("birth_date")
    try:
        return date(century + int(iin[:2]), int(iin[2:4]), int(iin[4:6]))
    except ValueError as error:
        raise IdentifierError("birth_date") from error


def check_iin(text: str) -> None:
    """Raises IdentifierError unless the text is an IIN: check digit, and a real date of birth."""
    _check_number(text)
    birth_date(text)


def check_bin(text: str) -> None:
    """Raises IdentifierError unless the text is a BIN by its check digit."""
    _check_number(text)
    if not text.strip("0"):
        raise IdentifierError("zeros")


def restore(number: int) -> str:
    """The twelve digits of a number whose leading zeros a spreadsheet dropped."""
    if number < 0:
        raise IdentifierError("not_digits", position=1, character="U+002D")
    return str(number).zfill(LENGTH)
