"""IIN and BIN: twelve digits, a check digit, and in the IIN a date of birth. Pure.

Check digit: weights 1…11 over the first eleven digits, modulo 11; where that gives 10, weights 3…11, 1, 2;
a 10 after the second pass means that no such number is issued. Source: docs/formats.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from operator import mul

LENGTH = 12
MOST_ZEROS_LOST = 2
# As exports and people dress a number: an apostrophe, ="…", .0; blanks are taken away before.
_DRESSED = re.compile(r"""['’`]*(?:=")?['’`]*([0-9]+)(?:[.,]0+)?["'’`]*""")
_FIRST = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
_SECOND = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)
_CENTURIES = {"1": 1800, "2": 1800, "3": 1900, "4": 1900, "5": 2000, "6": 2000}


class IdentifierError(ValueError):
    """A number that is no IIN or BIN.

    `code`: not_digits, length, check_digit, not_issued, zeros.
    """

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def check_digit(first_eleven: str) -> int | None:
    """The twelfth digit for the first eleven; None where no number with them is issued."""
    for weights in (_FIRST, _SECOND):
        rest: int = sum(map(mul, weights, map(int, first_eleven))) % 11
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
    if not text.strip("0"):
        raise IdentifierError("zeros")


def birth_date(iin: str) -> date | None:
    """I-38: the date of birth in digits 1 to 7 of an IIN; None where they are no real date."""
    century = _CENTURIES.get(iin[6])
    if century is None:
        return None
    try:
        return date(century + int(iin[:2]), int(iin[2:4]), int(iin[4:6]))
    except ValueError:
        return None


def check_iin(text: str) -> None:
    """I-38: raises IdentifierError unless the text is an IIN by its check digit."""
    _check_number(text)


def check_bin(text: str) -> None:
    """Raises IdentifierError unless the text is a BIN by its check digit."""
    _check_number(text)


def restore(number: int) -> str:
    """The twelve digits of a number whose leading zeros a spreadsheet dropped."""
    if number < 0:
        raise IdentifierError("not_digits", position=1, character="U+002D")
    return str(number).zfill(LENGTH)


def repair(text: str, check: Callable[[str], None]) -> tuple[str, str]:
    """F-I1: the digits of a text without what stands around them, and the number they make.

    At most two zeros are put back, where the check digit proves it. Raises IdentifierError, as `check` does.
    """
    if len(text) == LENGTH and text.isdigit():
        check(text)
        return text, text
    bare = _DRESSED.fullmatch("".join(text.split()))
    digits = bare[1] if bare else text.strip()
    if LENGTH - MOST_ZEROS_LOST <= len(digits) < LENGTH:
        try:
            check(digits.zfill(LENGTH))
        except IdentifierError:
            pass
        else:
            return digits, digits.zfill(LENGTH)
    check(digits)
    return digits, digits
