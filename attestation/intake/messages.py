"""What the intake says of a file, a column or a cell: each sentence names the place and the next step.

Errors and notes are stored as a code with its values and become sentences when somebody reads them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise
from django.utils.translation import get_language, ngettext_lazy, override
from django.utils.translation import gettext_lazy as _

from attestation import explain
from attestation.intake import vocabulary
from attestation.intake.addresses import column_letter
from attestation.law.refusals import MESSAGES, RuleRefusal
from attestation.refusals import Refused, sign

FILES: dict[str, str | Promise] = {
    "kind": _("This kind of file is not taken. Save it as .xlsx, .csv, .ods or .xls and upload it again."),
    "macros": _("The file contains macros. Save it as an ordinary workbook (.xlsx) and upload it again."),
    "empty": _("The file is empty. Choose the file with the rows and upload it again."),
    "size": _("The file is larger than %(limit)s MB. Split it and upload the parts."),
    "content": _(
        "The contents of the file are not those of a .%(kind)s file. Save it anew as .xlsx or .csv."
    ),
    "protected": _("The file is protected by a password. Save it without a password and upload it again."),
    "html": _("The file is a web page. Open it in Excel, save it as .xlsx and upload it again."),
    "busy": _(
        "The server is busy and did not finish reading the file. Nothing was imported. "
        "Upload the file again in some minutes."
    ),
    "far_row": _(
        "Row %(row)s stands far below the row before it, %(before)s. "
        "Move it up to the table, or delete it, and upload the file again."
    ),
    "entities": _("The file declares XML entities, which is not allowed. Save it anew as .xlsx or .csv."),
    "damaged": _("The file is damaged or too large. Open it, save it anew as .xlsx and upload it again."),
    "too_large": _("The file is damaged or too large. Remove blank rows and pictures, or split it."),
    "no_rows": _("The file has no rows. Fill in the rows under the header and upload it again."),
    "no_such_sheet": _("The file has no sheet “%(sheet)s”. Choose one of its sheets: %(sheets)s."),
    "too_many_rows": _("The file has more than %(limit)s rows. Split it and upload the parts."),
    "too_many_columns": _(
        "There is something in column %(letter)s; more than %(limit)s columns are not read. "
        "Delete what stands right of the table."
    ),
    "cell_too_long": _("Row %(row)s has a cell of more than %(limit)s characters. Shorten it."),
    "control_character": _(
        "Line %(line)s holds %(character)s (position %(position)s), which is no text. "
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

LANGUAGES = ("kk", "ru", "en")

# Errors and notes of rows, and notes of files. The kinds of files declare their own.
SENTENCES: dict[str, Promise] = {
    # of the file
    "sheet_read": _("Sheet read: “%(sheet)s”."),
    "read_as": _("Read as %(encoding)s, columns divided by “%(delimiter)s”."),
    "header_guessed": _("Column %(letter)s “%(title)s” was read as “%(field)s”."),
    "total": _("Row %(row)s is a total and was left out: “%(text)s”."),
    "numbering": _("Row %(row)s numbers the columns and was left out: “%(text)s”."),
    "note": _("Row %(row)s says nothing of a person and was left out: “%(text)s”."),
    "example": _("Row %(row)s is the example of the template and was left out: “%(text)s”."),
    "unfilled": _("Row %(row)s of the template was not filled in and was left out: “%(text)s”."),
    "column_ignored": _("Column %(letter)s “%(title)s” is not known and was ignored."),
    "reasons_ignored": _(
        "Column %(letter)s “%(title)s” only says what was wrong with the rows; it is not imported."
    ),
    "renamed": _("By its contents the file is of the kind %(kind)s; it was read as such."),
    "other_sheet": _("Another sheet with rows, “%(sheet)s”, was not read. If it is meant, choose it."),
    "stray_cell": ngettext_lazy(
        "A cell far from the table was left out: %(cells)s. If it is needed, move it to the table.",
        "%(count)s cells far from the table were left out: %(cells)s. If they are needed, move them there.",
        "count",
    ),
    "links": _(
        "The file has links to other workbooks. They were not followed; the values saved with it were read."
    ),
    # of a row
    "hidden_row": _("The row is hidden in the file. It was read like the others."),
    "row_too_wide": _(
        "The row has more fields than the header, which has %(columns)s: something stands at %(cell)s. "
        "Put a text that contains the delimiter into quotation marks, or save the file as .xlsx."
    ),
    "short_row": _(
        "The row has %(width)s fields, the header %(columns)s; what is missing counts as not given."
    ),
    "row_too_short": _(
        "The row has %(width)s fields, the header %(columns)s: required ones are missing. Fill them in."
    ),
    "cut_off": _(
        "The file ends in the middle of this row: it has %(width)s fields, the header %(columns)s. "
        "Save the file anew from the program that made it, and upload it again."
    ),
    "name_split": _("The name was split: %(value)s."),
    # of a cell
    "missing": _("“%(title)s” is missing. Fill it in."),
    "formula": _("Cell %(cell)s has a formula without a value: save as values."),
    "cell_error": _("Cell %(cell)s holds an error of the spreadsheet: correct it."),
    "doubled": _("The same stands in row %(rows)s. Leave one of the rows."),
    "no_text": _("Text is expected here. Format the cell as text and type it anew."),
    "too_long": ngettext_lazy(
        "The text is longer than %(limit)s character. Shorten it.",
        "The text is longer than %(limit)s characters. Shorten it.",
        "limit",
    ),
    "character": _(
        "Character %(position)s is %(character)s, which can't be stored. Delete it or type the text anew."
    ),
    "not_known": _("“%(value)s” is not known here. One of these can stand here: %(known)s."),
    "misspelt": _("“%(value)s” is not known here. Did you mean “%(close)s”?"),
    "no_email": _("“%(value)s” is no e-mail address. Correct it."),
    "word_for_nothing": _(
        "“%(word)s” says that there is nothing and is not taken as a value. "
        "Fill in the value if there is one."
    ),
    "cleaned": _("cleaned: %(given)s → %(value)s"),
    "letters_lost": _(
        "Letters were lost when the file was saved: “%(value)s”. Save it as .xlsx or as CSV UTF-8 and "
        "upload it again."
    ),
    "no_letters": _("“%(value)s” has no letter, so it is no name. Correct it."),
    "mixed_alphabets": _(
        "“%(word)s” has letters of two alphabets; of the other one: %(letters)s. Type the word anew."
    ),
    "date_instead_of_text": _(
        "The spreadsheet has made a date of this text: %(value)s. Format the column as text and type it anew."
    ),
    # of an IIN or BIN
    "unknown_iin": _("There is nobody with this IIN among the staff of your centres. Check the IIN."),
    "restored": _("restored: %(number)s → %(value)s"),
    "shortened": _(
        "The spreadsheet has shortened this number to %(value)s. Format the column as text and type it anew."
    ),
    "not_digits": _(
        "Only the digits 0 to 9 may stand in an IIN or BIN; character %(position)s is %(character)s. "
        "Correct it."
    ),
    "length": _("An IIN or BIN has 12 digits; here there are %(length)s. Correct it."),
    "check_digit": _("The check digit is wrong. Compare the number with the document."),
    "not_issued": _("Such a number is never issued. Compare it with the document."),
    "odd_birth_date": _(
        "Digits 1 to 7 of the IIN are no date of birth. Compare the number with the document."
    ),
    "zeros": _("An IIN or BIN of zeros only is never issued. Compare it with the document."),
    # of a day, a moment, a number
    "no_date": _(
        "“%(value)s” is no date that can be read without doubt. Write it as 2026-02-05 or 05.02.2026."
    ),
    "no_such_day": _("There is no such day: %(value)s. Correct it."),
    "odd_year": _("The year %(year)s can't be right. Correct it."),
    "no_moment": _("“%(value)s” is no date and time. Write it as 2026-02-05 17:40 or 05.02.2026 17:40."),
    "moment_without_time": _(
        "%(value)s has no time of day. Write it as 2026-02-05 17:40 or 05.02.2026 17:40."
    ),
    "number_instead_of_date": _(
        "The number %(value)s stands where a date was. Format the column as a date and save the file anew."
    ),
    "date_instead_of_number": _(
        "The spreadsheet has made a date of this number: %(value)s. "
        "Format the column as a number and type it anew."
    ),
    "no_such_time": _("There is no such time of day: %(value)s. Correct it."),
    "no_number": _("“%(value)s” is no number. Write it with digits, like 12 or 4.5."),
    "out_of_bounds": _("%(value)s is not between %(lowest)s and %(highest)s. Correct it."),
    "too_many_decimals": ngettext_lazy(
        "%(value)s has more than %(places)s decimal. Correct it.",
        "%(value)s has more than %(places)s decimals. Correct it.",
        "places",
    ),
    "not_whole": _("%(value)s is not a whole number. Correct it."),
    # of a row that an undone import leaves
    "edited_since": _("It was changed since."),
    "on_list": _("The person was put on the list of a cycle since (case %(what)s)."),
    "has_account": _("The person has an account here (%(what)s)."),
    "has_records": _("Other records rest on it: %(what)s."),
    # of a list of questions
    "list_turned": _(
        "The spreadsheet has turned this list into a number or a date. Format the column as text: 3, 7, 12."
    ),
    "no_question_list": _("“%(value)s” is no list of question numbers. Write it as 3, 7, 12."),
    "question_doubled": _("Question %(number)s is named twice. Correct it."),
}


def declare(sentences: Mapping[str, Promise]) -> None:
    """Add a kind's sentences. Raises ImproperlyConfigured for a code that has one already."""
    for code, promise in sentences.items():
        if code in MESSAGES or SENTENCES.setdefault(code, promise) is not promise:
            raise ImproperlyConfigured(f"the code {code} has a sentence already")


def sentence(code: str, params: Mapping[str, Any]) -> str:
    """What a code says with its values, in the language active now; a rule's code as the rule says it.

    Raises KeyError for a code without a sentence.
    """
    if code in MESSAGES:
        return explain.refusal_text(RuleRefusal(code, **params))
    shown = {name: _shown(name, value) for name, value in params.items()}
    return str(operator.mod(SENTENCES[code], shown))


def message_of(entry: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """A stored error or note in the language active now; `titles` are those of the columns by field."""
    if "texts" in entry:
        return _in_language(entry["texts"])
    field = entry.get("field") or ""
    return sentence(
        entry["code"], {"title": titles.get(field, ""), **entry["params"], **_known_values(field, entry)}
    )


def _known_values(field: str, entry: Mapping[str, Any]) -> dict[str, str]:
    """The terms of which an entry speaks, by their labels."""
    words_for = vocabulary.OF_FIELD.get(field, {})
    said = {"known": ", ".join(vocabulary.label(words_for, value) for value in words_for)}
    if "close" in entry["params"]:
        said["close"] = vocabulary.label(words_for, entry["params"]["close"])
    return said


def note_of(entry: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """A stored note; one of a cell begins with the title of its column."""
    title = titles.get(entry.get("field") or "")
    return f"{title}: {message_of(entry, titles)}" if title else message_of(entry, titles)


def entry_of(refusal: Refused | RuleRefusal) -> dict[str, Any]:
    """A refusal as an entry that `message_of` reads: a rule's by its values, a service's as it was worded."""
    if isinstance(refusal, RuleRefusal):
        return {"code": refusal.code, "params": refusal.params}
    return {"code": refusal.code, "params": {}, "texts": in_languages(lambda: refusal.message)}


def in_languages(text: Callable[[], str]) -> dict[str, str]:
    """A text in each language, to be stored beside a code: what has no identifier, or a service worded."""
    words = {}
    for language in LANGUAGES:
        with override(language):
            words[language] = text()
    return words


def _in_language(words: Mapping[str, str]) -> str:
    return words.get((get_language() or "")[:2]) or words["en"]


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return _in_language(value)
    if name == "character":
        return sign(value)
    return explain.shown_value(name, value) if name in ("category", "cite") else value


def file_refused(code: str, **params: Any) -> Refused:
    """The refusal of a whole file, ready to be raised."""
    if "column" in params:
        params["letter"] = column_letter(int(params["column"]))
    return Refused(f"file_{code}", FILES[code], **params)
