"""Cells into values: one parser per type, exact, with an error that says what to do.

A parser takes the cell as `child.py` typed it and a list that it may add notes to, each a code and its
values; it returns the value or raises CellError, by the cell alone. Blank cells never reach it. Ambiguous
forms are refused, never guessed (F-I1, F-I2, F-I8, F-I9).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from attestation import identifiers
from attestation.intake.letters import has_lost_letters, mixed_words
from attestation.intake.template_marks import WITH_NAME
from attestation.intake.vocabulary import Vocabulary
from attestation.law.calendar import ALMATY
from attestation.names import TextError, normalise

Notes = list[tuple[str, dict[str, Any]]]
Parser = Callable[[Any, Notes], Any]

# What `validate_email` takes at sixteen times the price.
USUAL_EMAIL = re.compile(
    r"[a-z0-9]{1,20}([._-][a-z0-9]{1,20}){0,2}@([a-z0-9]{1,20}\.){1,3}(com|kz|org|ru)", re.I
)
FIRST_YEAR, LAST_YEAR = 1900, 2200
MADE_HARMLESS = re.compile(r"'+[=+\-@\t\r\0]")
FORMULA_LIKE = re.compile(r"'*[=+\-@\t\r\0]")
EXPONENT = re.compile(r"\d+([.,]\d+)?[eEеЕ][+-]?\d+")
PLAIN_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}\.[0-9]{2}\.[0-9]{4}")
AFTER_DATE = re.compile(r"([ T]0?0:00(:00(\.0+)?)?)?( ?[гж]\.?)?$")
# A day as spreadsheets count them, from 1954 to 2119.
SERIAL = re.compile(r"([2-7][0-9]{4}|80000)([.,][0-9]+)?")
MOMENT = re.compile(
    r"(?P<day>[0-9.-]{10})[ T](?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(:(?P<second>[0-9]{2}))?"
    r"( ?(?P<offset>Z|[+-][0-9]{2}:?[0-9]{2}))?"
)
WORDS_FOR_NOTHING = frozenset({"none", "null", "nan", "n/a", "-", "—", "–", "нет", "жоқ"})
LINE_BREAK = re.compile(r"\s*[\r\n]\s*")
NEAR_WORD = 0.75
DECIMAL = re.compile(r"-?[0-9]{1,15}([.,][0-9]{1,15})?")


class CellError(ValueError):
    """What is wrong with a cell: a code of `messages.SENTENCES` and its values."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def is_blank(cell: Any) -> bool:
    """Whether a cell holds nothing a person sees."""
    return cell is None or (cell.__class__ is str and not cell.strip())


def word_for_nothing(cell: Any, parser: Parser) -> str:
    """The word that alone in a cell says that there is nothing, as it stands there; else "".

    Not the identifier `none` of a category; `None` is what a program writes.
    """
    word = plain(cell).strip() if cell.__class__ is str else ""
    if word.casefold() not in WORDS_FOR_NOTHING or (isinstance(parser, Choice) and word in parser.known):
        return ""
    return word


def shown(cell: Any) -> str:
    """The cell as a person sees it, for error lists."""
    if cell is None:
        return ""
    if isinstance(cell, list):
        return "" if len(cell) == 1 else str(cell[1])
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    return str(cell)


def plain(cell: Any) -> Any:
    """A text without the apostrophe that our exports put before formula-like cells (F-I22)."""
    if cell.__class__ is str and cell[:1] == "'" and MADE_HARMLESS.match(cell):
        return cell[1:]
    return cell


def harmless(text: str) -> str:
    """The text as it may stand in an exported cell: formula-like ones behind an apostrophe (F-I22)."""
    return f"'{text}" if FORMULA_LIKE.match(text) else text


def folded(text: str) -> str:
    """A word as headers and labels are compared: no case, ё as е, single blanks, no trailing star."""
    bare = " ".join(text.replace("\ufeff", "").split()).rstrip("*").rstrip()
    return bare.casefold().replace("ё", "е")


# --- parsers ------------------------------------------------------------------------------------------


def is_date(cell: Any) -> bool:
    """Whether the spreadsheet holds a date here."""
    return isinstance(cell, list) and cell[0] in ("d", "t")


def text(max_length: int, *, lines: bool = False, words: bool = False) -> Parser:
    """Text in NFC, blanks tidied, of at most `max_length` characters; a number is taken as its digits.

    Without `lines` a line break becomes a blank. With `words` it is refused where letters were lost.
    """

    def parse(cell: Any, notes: Notes) -> str:
        if is_date(cell):
            raise CellError("date_instead_of_text", value=_date_shown(cell))
        if isinstance(cell, bool) or (isinstance(cell, list) and cell[0] != "n"):
            raise CellError("no_text")
        given = shown(plain(cell)).strip()
        if words and has_lost_letters(given):
            raise CellError("letters_lost", value=given[:80])
        joined = given if lines else LINE_BREAK.sub(" ", given)
        if joined != given:
            notes.append(("cleaned", {"given": given[:80], "value": joined[:80]}))
        try:
            value = normalise(joined, lines=lines)
        except TextError as error:
            raise CellError(error.code, **error.params) from error
        if len(value) > max_length:
            raise CellError("too_long", limit=max_length)
        return value

    return parse


def name(max_length: int) -> Parser:
    """A part of a person's name: text with a letter in it; alphabets mixed in one word are a note."""
    as_text = text(max_length, words=True)

    def parse(cell: Any, notes: Notes) -> str:
        value: str = as_text(cell, notes)
        if not any(character.isalpha() for character in value):
            raise CellError("no_letters", value=value[:80])
        notes += [
            ("mixed_alphabets", {"word": word, "letters": ", ".join(strange)})
            for word, strange in mixed_words(value)
        ]
        return value

    return parse


def _identifier(cell: Any, notes: Notes, check: Callable[[str], None]) -> str:
    try:
        if cell.__class__ is int:
            value = identifiers.restore(cell)
            check(value)
            if value != str(cell):
                notes.append(("restored", {"number": cell, "value": value}))
            return value
        return _identifier_in_text(shown(cell), notes, check)
    except identifiers.IdentifierError as error:
        raise CellError(error.code, **error.params) from error


def _identifier_in_text(given: str, notes: Notes, check: Callable[[str], None]) -> str:
    """F-I1: characters taken away and zeros put back, where the check digit proves it."""
    if EXPONENT.fullmatch(given.strip()):
        raise CellError("shortened", value=given.strip())
    digits, value = identifiers.repair(given, check)
    if digits != given:
        notes.append(("cleaned", {"given": given[:80], "value": digits}))
    if value != digits:
        notes.append(("restored", {"number": digits, "value": value}))
    return value


def iin(cell: Any, notes: Notes) -> str:
    """I-38: an IIN of twelve digits, repaired where its check digit proves it (F-I1).

    First six digits that are no date, or a seventh outside 1 to 6, are a note.
    """
    value = _identifier(cell, notes, identifiers.check_iin)
    if identifiers.birth_date(value) is None:
        notes.append(("odd_birth_date", {}))
    return value


def bin_number(cell: Any, notes: Notes) -> str:
    """A BIN of twelve digits, also one `with_name`; repaired where its check digit proves it (F-I1)."""
    offered = cell.__class__ is str and WITH_NAME.fullmatch(cell)
    return _identifier(offered[1] if offered else cell, notes, identifiers.check_bin)


def _day(year: str, month: str, day: str, cell: Any) -> date:
    try:
        value = date(int(year), int(month), int(day))
    except ValueError as error:
        raise CellError("no_such_day", value=shown(cell)) from error
    return _in_our_times(value)


def _in_our_times(value: date) -> date:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise CellError("odd_year", year=value.year)
    return value


def _date_shown(cell: Any) -> str:
    return f"{datetime.fromisoformat(cell[1]):%d.%m.%Y}"


def _refuse_serial(cell: Any) -> None:
    if SERIAL.fullmatch(shown(cell).strip()):
        raise CellError("number_instead_of_date", value=shown(cell).strip())


def _text_day(value: str) -> date | None:
    if not PLAIN_DATE.fullmatch(value):
        return None
    day, month, year = value.split(".") if "." in value else reversed(value.split("-"))
    return _day(year, month, day, value)


def day(cell: Any, notes: Notes) -> date:
    """A real spreadsheet date, `YYYY-MM-DD` or `D.M.YYYY`, with `г.`, `ж.` or midnight behind it.

    Every other form is refused (F-I8).
    """
    if is_date(cell):
        return _in_our_times(datetime.fromisoformat(cell[1]).date())
    _refuse_serial(cell)
    if cell.__class__ is str:
        given = cell.strip()
        bare = AFTER_DATE.sub("", given)
        value = _text_day(re.sub(r"\b([0-9])\.", r"0\1.", bare))
        if value is not None:
            if not PLAIN_DATE.fullmatch(given):
                notes.append(("cleaned", {"given": given, "value": f"{value:%d.%m.%Y}"}))
            return value
    raise CellError("no_date", value=shown(cell))


def moment(cell: Any, notes: Notes) -> datetime:
    """An instant: a real date and time, or `YYYY-MM-DD HH:MM[:SS]`, `DD.MM.YYYY HH:MM[:SS]`; Almaty time."""
    _refuse_serial(cell)
    if is_date(cell):
        value = datetime.fromisoformat(cell[1])
        _in_our_times(value.date())
        # A spreadsheet shows whole days so, and a file must not read otherwise in another format.
        if value.time() == time.min:
            raise CellError("moment_without_time", value=_date_shown(cell))
        # A spreadsheet keeps a moment as a fraction of a day: 17:40 may come as 17:39:59.999999.
        return (value + timedelta(milliseconds=500)).replace(tzinfo=ALMATY, microsecond=0)
    match = MOMENT.fullmatch(cell.strip()) if cell.__class__ is str else None
    on = _text_day(match["day"]) if match else None
    if match is None or on is None:
        if cell.__class__ is str and _text_day(cell.strip()):
            raise CellError("moment_without_time", value=cell.strip())
        raise CellError("no_moment", value=shown(cell))
    clock = f"{match['hour']:0>2}:{match['minute']}:{match['second'] or '00'}{match['offset'] or ''}"
    try:
        value = datetime.fromisoformat(f"{on.isoformat()}T{clock}")
    except ValueError as error:
        raise CellError("no_such_time", value=shown(cell)) from error
    return value if value.tzinfo else value.replace(tzinfo=ALMATY)


def _number(cell: Any) -> Decimal:
    if is_date(cell):
        raise CellError("date_instead_of_number", value=_date_shown(cell))
    if cell.__class__ is int:
        return Decimal(cell)
    if isinstance(cell, list) and cell[0] == "n":
        return Decimal(cell[1])
    if cell.__class__ is str and DECIMAL.fullmatch(cell.strip()):
        return Decimal(cell.strip().replace(",", "."))
    raise CellError("no_number", value=shown(cell))


def number(lowest: Decimal | int, highest: Decimal | int, places: int) -> Parser:
    """An exact decimal with point or comma, within bounds, of at most `places` decimals."""

    def parse(cell: Any, notes: Notes) -> Decimal:
        value = _number(cell)
        if not lowest <= value <= highest:
            raise CellError("out_of_bounds", value=shown(cell), lowest=str(lowest), highest=str(highest))
        if value != round(value, places):
            raise CellError("too_many_decimals", value=shown(cell), places=places)
        return value

    return parse


def whole(lowest: int, highest: int) -> Parser:
    """A whole number within bounds, both inclusive."""
    decimal = number(lowest, highest, 15)

    def parse(cell: Any, notes: Notes) -> int:
        value = decimal(cell, notes)
        if value != value.to_integral_value():
            raise CellError("not_whole", value=shown(cell))
        return int(value)

    return parse


@dataclass(frozen=True, eq=False)
class Choice:
    """An identifier of a vocabulary, written as such or as one of its labels; `known` are those, folded.

    `unknown`: the code of what is said of a word that is near to none. `choosable`: whether an officer may
    say at once, for all the rows of a file, which term such a word means.
    """

    known: dict[str, str]
    unknown: str
    choosable: bool

    def __call__(self, cell: Any, notes: Notes) -> str:
        word = shown(plain(cell))
        value = self.known.get(folded(word))
        if value is not None:
            return value
        meant = self.meant(word)
        if meant is not None:
            raise CellError("misspelt", value=word[:80], close=meant)
        raise CellError(self.unknown, value=word[:80])

    @property
    def values(self) -> tuple[str, ...]:
        """The identifiers, in the vocabulary's order."""
        return tuple(dict.fromkeys(self.known.values()))

    def meant(self, word: str) -> str | None:
        """The term whose label was misspelt: word by word, for two positions may differ by one (App. 3)."""
        given = folded(word).split()
        near = [value for label, value in self.known.items() if _is_misspelt(given, label.split())]
        return near[0] if near and len(set(near)) == 1 else None


def _is_misspelt(given: list[str], label: list[str]) -> bool:
    return len(given) == len(label) and all(
        SequenceMatcher(None, one, other, autojunk=False).ratio() >= NEAR_WORD
        for one, other in zip(given, label, strict=True)
    )


def choice(vocabulary: Vocabulary, *, unknown: str = "not_known", choosable: bool = True) -> Choice:
    """The parser of a column that holds terms of the vocabulary."""
    known = {folded(word): str(value) for value, words in vocabulary.items() for word in (str(value), *words)}
    return Choice(known, unknown, choosable)


def email(cell: Any, notes: Notes) -> str:
    """One e-mail address of at most 254 characters."""
    value = shown(plain(cell)).strip()
    if USUAL_EMAIL.fullmatch(value):
        return value
    try:
        validate_email(value)
    except ValidationError as error:
        raise CellError("no_email", value=value[:80]) from error
    if len(value) > 254 or not value.isprintable():
        raise CellError("no_email", value=value[:80])
    return value


def question_list(cell: Any, notes: Notes) -> list[int]:
    """Question numbers separated by commas, each once, in rising order."""
    if cell.__class__ is int:
        cell = str(cell)
    if cell.__class__ is not str:
        raise CellError("list_turned")
    parts = [part.strip() for part in re.split(r"[,;]", cell)]
    if not all(re.fullmatch(r"[0-9]{1,5}", part) and int(part) > 0 for part in parts):
        raise CellError("no_question_list", value=cell[:80])
    numbers = sorted(int(part) for part in parts)
    doubled = next((first for first, second in pairwise(numbers) if first == second), None)
    if doubled is not None:
        raise CellError("question_doubled", number=doubled)
    return numbers


def names_list(cell: Any, notes: Notes) -> list[str]:
    """User names separated by commas, each once, in the order given."""
    parts = [part.strip() for part in shown(plain(cell)).split(",")]
    return list(dict.fromkeys(part for part in parts if part))
