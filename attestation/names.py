"""Names as text: normal form, Kazakh alphabet order and case-blind search, on any database. Pure.

`sort_key` is made of digits alone, because digits have one order under every collation; `search_key` is
what a search compares with, once the words searched for went through the same function.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

ALPHABET = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"
LATIN = "abcdefghijklmnopqrstuvwxyz"
KEY_LENGTH = 400

# Parts are divided by 00, so that "Ким Я." comes before "Кимаева А."; blanks and marks come before letters.
_PART = "00"
_CODES: dict[str, str] = {
    " ": "01",
    "-": "02",
    "'": "03",
    "’": "03",
    **{str(digit): f"{10 + digit}" for digit in range(10)},
    **{letter: f"{20 + place}" for place, letter in enumerate(ALPHABET)},
    **{letter: f"{20 + len(ALPHABET) + place}" for place, letter in enumerate(LATIN)},
}
_FORBIDDEN = frozenset({"Cc", "Cs", "Cf", "Zl", "Zp"})
# Joiners are parts of emoji and of some scripts; in a text of several lines they do no harm.
_ALLOWED_IN_LINES = frozenset("\n\t\u200c\u200d\ufe0f")


class TextError(ValueError):
    """A text with a character that may not be stored. `params`: position (from 1) and code point."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def normalise(text: str, *, lines: bool = False) -> str:
    """The text in NFC, ends trimmed; refuses NUL, control and invisible characters and lone surrogates.

    In one line every run of blanks becomes one blank. With `lines` line breaks and tabs stay.
    """
    if lines:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    # Trimmed first: a line break after the last word of a cell is nobody's intention.
    text = text.strip()
    suspects = "" if text.isprintable() and "\ufffd" not in text else text
    for position, character in enumerate(suspects, start=1):
        if lines and character in _ALLOWED_IN_LINES:
            continue
        if character == "\ufffd" or unicodedata.category(character) in _FORBIDDEN:
            raise TextError("character", position=position, character=f"U+{ord(character):04X}")
    text = unicodedata.normalize("NFC", text)
    return text if lines else " ".join(text.split())


@lru_cache(maxsize=10_000)
def _coded(text: str) -> str:
    codes = []
    for character in unicodedata.normalize("NFC", text).casefold():
        code = _CODES.get(character)
        if code is None:
            # é sorts as e; what is no letter of ours comes last, in the order of its code point.
            base = unicodedata.normalize("NFD", character)[0]
            code = _CODES.get(base) or f"99{ord(character):07d}"
        codes.append(code)
    return "".join(codes)


def sort_key(last_name: str, first_name: str = "", patronymic: str = "") -> str:
    """Digits whose order is that of the Kazakh alphabet (42 letters), then Latin; at most 400 of them."""
    return _PART.join(_coded(part) for part in (last_name, first_name, patronymic))[:KEY_LENGTH]


def search_key(last_name: str, first_name: str = "", patronymic: str = "") -> str:
    """The name folded for searching: NFC, no case, ё as е, single blanks; at most 400 characters."""
    text = " ".join(part for part in (last_name, first_name, patronymic) if part)
    folded = unicodedata.normalize("NFC", text).casefold().replace("ё", "е")
    return " ".join(folded.split())[:KEY_LENGTH]


# Papers write one name with Kazakh letters and with Russian ones.
_RUSSIAN = str.maketrans("әғқңөұүһі", "агкноуухи")
# Of a daughter's, a son's, in either language.
_SURNAME_END = re.compile("(кызы|улы|[сц]кая|[сц]кий|[ое]ва|[иы]на|[ое]в|[иы]н)$")
_PATRONYMIC_END = re.compile("(кызы|улы|инична|ична|[ое]вна|[ое]вич|ич)$")


def may_be_kin(one: tuple[str, str, str], other: tuple[str, str, str]) -> bool:
    """Whether two names (last, first, patronymic) look like those of close relatives: one surname, whatever
    its ending, and one father, or one the other's child. A patronymic that is not on record excludes nothing.
    """
    if not one[0] or _stem(one[0], _SURNAME_END) != _stem(other[0], _SURNAME_END):
        return False
    fathers = [_stem(name[2], _PATRONYMIC_END) for name in (one, other)]
    if not all(fathers) or fathers[0] == fathers[1]:
        return True
    return any(_stem(name[1]) == father for name, father in zip((other, one), fathers, strict=True))


def _stem(name: str, end: re.Pattern[str] | None = None) -> str:
    """The name folded, without its ending, its blanks and hyphens and a vowel left over (Серге-евич)."""
    folded = "".join(search_key(name).translate(_RUSSIAN).replace("-", " ").split())
    return (end.sub("", folded) if end else folded).rstrip("йиы")
