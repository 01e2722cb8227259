"""Cells into values: one parser per type, exact, with an error that says what to do.

A parser takes the cell as `child.py` typed it and a list that it may add notes to, each a code and its
values; it returns the value or raises CellError, by the cell alone. Blank cells never reach it. Ambiguous
forms are refused, never guessed (F-I1, F-I2, F-I8, F-I9).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from attestation import identifiers
from attestation.intake.vocabulary import Vocabulary
from attestation.law.calendar import ALMATY
from attestation.names import TextError, normalise

Notes = list[tuple[str, dict[str, Any]]]
Parser = Callable[[Any, Notes], Any]

FIRST_YEAR, LAST_YEAR = 1900, 2200
MADE_HARMLESS = re.compile(r"'+[=+\-@\t\r\0]")
FORMULA_LIKE = re.compile(r"'*[=+\-@\t\r\0]")
EXPONENT = re.compile(r"\d+([.,]\d+)?[eEеЕ][+-]?\d+")
ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
DOTTED_DATE = re.compile(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})")
MOMENT = re.compile(
    r"(?P<day>[0-9.-]{10})[ T](?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(:(?P<second>[0-9]{2}))?"
    r"( ?(?P<offset>Z|[+-][0-9]{2}:?[0-9]{2}))?"
)
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


def text(max_length: int, *, lines: bool = False) -> Parser:
    """Text in NFC, blanks tidied, of at most `max_length` characters; a number is taken as its digits."""

    def parse(cell: Any, notes: Notes) -> str:
        if isinstance(cell, bool) or (isinstance(cell, list) and cell[0] != "n"):
            raise CellError("no_text")
        try:
            value = normalise(shown(plain(cell)), lines=lines)
        except TextError as error:
            raise CellError(error.code, **error.params) from error
        if len(value) > max_length:
            raise CellError("too_long", limit=max_length)
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
        value = shown(plain(cell)).strip(" \t\r\n")
        if EXPONENT.fullmatch(value):
            raise CellError("shortened", value=value)
        check(value)
    except identifiers.IdentifierError as error:
        raise CellError(error.code, **error.params) from error
    return value


def iin(cell: Any, notes: Notes) -> str:
    """An IIN of twelve digits; one that came as a number gets its leading zeros back (F-I1)."""
    return _identifier(cell, notes, identifiers.check_iin)


def bin_number(cell: Any, notes: Notes) -> str:
    """A BIN of twelve digits; one that came as a number gets its leading zeros back (F-I1)."""
    return _identifier(cell, notes, identifiers.check_bin)


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


def _text_day(value: str) -> date | None:
    iso = ISO_DATE.fullmatch(value)
    if iso:
        return _day(iso[1], iso[2], iso[3], value)
    dotted = DOTTED_DATE.fullmatch(value)
    if dotted:
        day, month, year = dotted.groups()
        return _day(year, month, day, value)
    return None


def day(cell: Any, notes: Notes) -> date:
    """A real spreadsheet date, `YYYY-MM-DD` or `DD.MM.YYYY`; every other form is refused (F-I8)."""
    if isinstance(cell, list) and cell[0] in ("d", "t"):
        return _in_our_times(datetime.fromisoformat(cell[1]).date())
    if cell.__class__ is str:
        value = _text_day(cell.strip())
        if value is not None:
            return value
    raise CellError("no_date", value=shown(cell))


def moment(cell: Any, notes: Notes) -> datetime:
    """An instant: a real date and time, or `YYYY-MM-DD HH:MM[:SS]`, `DD.MM.YYYY HH:MM[:SS]`; Almaty time."""
    if isinstance(cell, list) and cell[0] in ("d", "t"):
        value = datetime.fromisoformat(cell[1])
        _in_our_times(value.date())
        # A spreadsheet keeps a moment as a fraction of a day: 17:40 may come as 17:39:59.999999.
        return (value + timedelta(milliseconds=500)).replace(tzinfo=ALMATY, microsecond=0)
    match = MOMENT.fullmatch(cell.strip()) if cell.__class__ is str else None
    on = _text_day(match["day"]) if match else None
    if match is None or on is None:
        raise CellError("no_moment", value=shown(cell))
    clock = f"{match['hour']:0>2}:{match['minute']}:{match['second'] or '00'}{match['offset'] or ''}"
    try:
        value = datetime.fromisoformat(f"{on.isoformat()}T{clock}")
    except ValueError as error:
        raise CellError("no_such_time", value=shown(cell)) from error
    return value if value.tzinfo else value.replace(tzinfo=ALMATY)


def _number(cell: Any) -> Decimal:
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


def choice(vocabulary: Vocabulary) -> Parser:
    """An identifier of the vocabulary, written as such or as one of its labels."""
    known = {folded(word): str(value) for value, words in vocabulary.items() for word in (str(value), *words)}

    def parse(cell: Any, notes: Notes) -> str:
        word = shown(plain(cell))
        value = known.get(folded(word))
        if value is not None:
            return value
        close = get_close_matches(folded(word), known, n=1, cutoff=0.7)
        if close:
            raise CellError("misspelt", value=word[:80], close=close[0])
        raise CellError("not_known", value=word[:80], known=", ".join(str(value) for value in vocabulary))

    return parse


def email(cell: Any, notes: Notes) -> str:
    """One e-mail address of at most 254 characters."""
    value = shown(plain(cell)).strip()
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


# --- staging --------------------------------------------------------------------------------------------


def freeze(value: Any) -> Any:
    """A value as JSON that `thaw` turns back."""
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    if isinstance(value, Decimal):
        return {"n": str(value)}
    return value


def thaw(value: Any) -> Any:
    """The value that `freeze` was given."""
    if not isinstance(value, dict):
        return value
    if "t" in value:
        return datetime.fromisoformat(value["t"])
    return date.fromisoformat(value["d"]) if "d" in value else Decimal(value["n"])


def as_cell(value: Any) -> Any:
    """The cell in which a value may have stood, as child.py would have typed it."""
    if isinstance(value, datetime):
        return ["t", value.isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    if isinstance(value, Decimal):
        return ["n", str(value)]
    return ", ".join(str(part) for part in value) if isinstance(value, list) else value


def freeze_all(values: dict[str, Any] | None) -> dict[str, Any] | None:
    """`freeze` for each value of a row; None where there is no row."""
    return None if values is None else {name: freeze(value) for name, value in values.items()}
