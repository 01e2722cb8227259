"""Names as text: normal form, Kazakh alphabet order and case-blind search, on any database. Pure.

`sort_key` is made of digits alone, because digits have one order under every collation; `search_key` holds
the words that a search compares with: folded first, then, each after =, as they are spelled.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
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


# What papers write with one letter here and with another there is one letter of a folded word, whatever the
# alphabet: Kazakh Latin and that of passports, two letters for one first.
_LATIN = (
    *(("ş", "ш"), ("ç", "ч"), ("ý", "у"), ("ı", "и")),
    *(("shch", "ш"), ("sch", "ш"), ("sh", "ш"), ("ch", "ч"), ("dzh", "ж"), ("dj", "ж"), ("zh", "ж")),
    *(("kh", "х"), ("gh", "г"), ("ph", "ф"), ("tz", "тс"), ("ye", "е"), ("x", "кс")),
)
# Фёдоров, not Майоров.
_YO = re.compile("(?<![aeiou])yo")
_FOLDED = str.maketrans(
    {
        **dict(zip("әғқңөұүһіыйэёщ", "агкноуухиииееш", strict=True)),
        **dict(zip("abcdefghijklmnopqrstuvwyz", "абкдефгхижклмнопкрстуввиз", strict=True)),
        "я": "иа",
        "ю": "иу",
        "ц": "тс",
        "ъ": "",
        "ь": "",
    }
)
_APOSTROPHES = str.maketrans("", "", "'’ʼ`´")
_DOUBLED = re.compile(r"(\w)\1+")
# Keys of the English keyboard, and what the Kazakh one has there; its letter rows are those of the Russian.
_KAZAKH_KEYS = str.maketrans(
    "qwertyuiop[]asdfghjkl;'zxcvbnm,.`{}:\"<>~2345890-=@#$%*()_+",
    "йцукенгшщзхъфывапролджэячсмитьбюёхъжэбюёәіңғүұқөһәіңғүұқөһ",
)
_RUSSIAN_KEYS = {key: letter for key, letter in _KAZAKH_KEYS.items() if chr(key) not in "2345890-=@#$%*()_+"}
MOST_WORDS = 6
# A search in words, each the beginning of one of a name's: all of them, in one of the readings.
Readings = tuple[tuple[str, ...], ...]


def search_key(last_name: str, first_name: str = "", patronymic: str = "") -> str:
    """The words of a name as a search finds them: folded, then =spelled; at most 400 characters."""
    text = " ".join((last_name, first_name, patronymic))
    return " ".join((*folded(text), *spelled(text)))[:KEY_LENGTH]


def spelled(text: str) -> tuple[str, ...]:
    """Each word as it is spelled, without case, after =."""
    return tuple(f"={word}" for word in _words(unicodedata.normalize("NFC", text).casefold()))


def folded(text: str) -> tuple[str, ...]:
    """Each word in Russian letters: Kazakh ones and Latin ones folded, no doubled ones, no soft sign."""
    text = unicodedata.normalize("NFC", text).casefold()
    return tuple(filter(None, map(_folded, _words(text))))


@lru_cache(maxsize=10_000)
def _folded(word: str) -> str:
    for latin, letter in _LATIN:
        word = word.replace(latin, letter)
    word = _YO.sub("е", word)
    plain = "".join(sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign))
    return _DOUBLED.sub(r"\1", plain.translate(_FOLDED).replace("дж", "ж"))


def _words(text: str) -> list[str]:
    kept = (sign if sign.isalnum() else " " for sign in text.translate(_APOSTROPHES))
    return "".join(kept).split()


def as_spelled(query: str) -> Readings:
    """The words of a search as they are spelled, also with the keyboard left on EN."""
    return _readings(query, spelled)


def as_folded(query: str) -> Readings:
    """The words of a search folded, also with the keyboard left on EN."""
    return _readings(query, folded)


def as_numbers(query: str) -> tuple[str, ...]:
    """The number of a case as it may be stored, also with the keyboard left on EN; its digits are digits."""
    query = query.strip()
    typed = (query, query.upper(), query.casefold().translate(_RUSSIAN_KEYS).upper())
    return tuple(dict.fromkeys(typed))


def _readings(query: str, words: Callable[[str], tuple[str, ...]]) -> Readings:
    query = query.casefold()
    typed = [query]
    # Digits are Kazakh letters on a keyboard, but no name is made of digits alone.
    if any(sign.isascii() and sign.isalnum() for sign in query) and not query.isdigit():
        typed += [query.translate(_KAZAKH_KEYS), query.translate(_RUSSIAN_KEYS)]
    found = (words(one)[:MOST_WORDS] for one in typed)
    return tuple(dict.fromkeys(filter(None, found)))


def fits(query: str, *texts: str) -> bool:
    """Whether every word of the search, in one of its readings, begins a word of the texts."""
    there = folded(" ".join(texts))
    return any(
        all(any(word.startswith(part) for word in there) for part in parts) for parts in as_folded(query)
    )


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
    whole = unicodedata.normalize("NFC", name).casefold().replace("ё", "е").translate(_RUSSIAN)
    whole = "".join(whole.replace("-", " ").split())
    return (end.sub("", whole) if end else whole).rstrip("йиы")
