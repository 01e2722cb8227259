"""Made-up IINs and BINs with valid check digits, for fixtures only.

Deliberately apart from the product's own check, so that a fault there does not fall into the fixtures unseen.
"""

from datetime import date
from random import Random

_FIRST_PASS = range(1, 12)
_SECOND_PASS = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)


def check_digit(digits: str) -> int | None:
    """The twelfth digit of an IIN or BIN; None where a 10 after the second pass makes it no valid number."""
    for weights in (_FIRST_PASS, _SECOND_PASS):
        value = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11
        if value != 10:
            return value
    return None


class Numbers:
    """Gives out numbers that pass the check and were not given out before in the same run."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._given: set[str] = set()

    def iin(self, born: date, male: bool) -> str:
        """Date of birth, century and sex digit, a running number, check digit."""
        sex = (3 if born.year < 2000 else 5) + (0 if male else 1)
        return self._draw(f"{born:%y%m%d}{sex}", width=4, lowest=9000)

    def bin(self, registered: date) -> str:
        """Year and month of registration, 4 (legal person), 0 (head office), a number, check digit."""
        return self._draw(f"{registered:%y%m}40", width=5, lowest=0)

    def _draw(self, head: str, width: int, lowest: int) -> str:
        while True:
            digits = f"{head}{self._rng.randrange(lowest, 10**width):0{width}d}"
            last = check_digit(digits)
            number = f"{digits}{last}"
            if last is not None and number not in self._given:
                self._given.add(number)
                return number
