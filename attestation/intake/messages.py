"""What the intake says when it refuses a file, a column or a cell: each names the place and the next step."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from attestation.identifiers import IdentifierError
from attestation.names import TextError
from attestation.refusals import Refused

FILES: dict[str, str | Promise] = {
    "kind": _("This kind of file is not taken. Save it as .xlsx, .csv, .ods or .xls and upload it again."),
    "macros": _("The file contains macros. Save it as an ordinary workbook (.xlsx) and upload it again."),
    "empty": _("The file is empty. Choose the file with the rows and upload it again."),
    "size": _("The file is larger than %(limit)s MB. Split it and upload the parts."),
    "content": _(
        "The contents of the file are not those of a .%(kind)s file. Save it anew as .xlsx or .csv."
    ),
    "protected": _("The file is protected by a password. Save it without a password and upload it again."),
    "links": _("The file contains links to other workbooks. Break the links, save it and upload it again."),
    "entities": _("The file declares XML entities, which is not allowed. Save it anew as .xlsx or .csv."),
    "damaged": _("The file is damaged or too large. Open it, save it anew as .xlsx and upload it again."),
    "too_large": _("The file is damaged or too large. Remove blank rows and pictures, or split it."),
    "no_rows": _("The file has no rows. Fill in the rows under the header and upload it again."),
    "no_such_sheet": _("The file has no sheet “%(sheet)s”. Choose one of its sheets."),
    "too_many_rows": _("The file has more than %(limit)s rows. Split it and upload the parts."),
    "too_many_columns": _(
        "There is something in column %(letter)s; more than %(limit)s columns are not read. "
        "Delete what stands right of the table."
    ),
    "cell_too_long": _("Row %(row)s has a cell of more than %(limit)s characters. Shorten it."),
    "control_character": _(
        "Line %(line)s holds the character %(character)s (position %(position)s), which is no text. "
        "Save the file as CSV UTF-8."
    ),
    "undecodable": _(
        "Line %(line)s can't be read as %(encoding)s: byte %(byte)s at position %(position)s. "
        "Save the file as CSV UTF-8."
    ),
    "quotes": _(
        "Row %(row)s (line %(line)s) has a quotation mark that is not closed. Correct it in the file."
    ),
}

IDENTIFIERS: dict[str, str | Promise] = {
    "not_digits": _(
        "Only the digits 0 to 9 may stand in an IIN or BIN; character %(position)s is %(character)s. "
        "Correct it."
    ),
    "length": _("An IIN or BIN has 12 digits; here there are %(length)s. Correct it."),
    "check_digit": _("The check digit is wrong. Compare the number with the document."),
    "not_issued": _("Such a number is never issued. Compare it with the document."),
    "birth_date": _("Digits 1 to 7 of the IIN are no date of birth. Compare the number with the document."),
    "zeros": _("A BIN of zeros only is never issued. Compare it with the document."),
}

TEXTS: dict[str, str | Promise] = {
    "character": _(
        "Character %(position)s is %(character)s, which can't be stored. Delete it or type the text anew."
    ),
}


def column_letter(place: int) -> str:
    """A column's letter as a spreadsheet shows it; the first is 1."""
    letters = ""
    while place > 0:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def file_refused(code: str, **params: Any) -> Refused:
    """The refusal of a whole file, ready to be raised."""
    if "column" in params:
        params["letter"] = column_letter(int(params["column"]))
    return Refused(f"file_{code}", FILES[code], **params)


def identifier_sentence(error: IdentifierError) -> str:
    """What is wrong with an IIN or BIN, in the reader's language."""
    return str(IDENTIFIERS[error.code]) % error.params


def text_sentence(error: TextError) -> str:
    """What is wrong with a text, in the reader's language."""
    return str(TEXTS[error.code]) % error.params
