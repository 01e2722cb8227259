"""The parameters of a list's address: what is not understood is left out, an IIN never stays in one."""

from __future__ import annotations

import re

from django.http import QueryDict
from django.utils.translation import gettext as _

# Of the list itself: search, page, order, all, the mark of a bad filter, popups, kept filters.
OWN = frozenset({"q", "p", "o", "all", "e", "_popup", "_to_field", "_changelist_filters", "_facets"})
IIN_IN_TEXT = re.compile(r"(?<!\d)(?:\d[\s\-]?){11}\d(?!\d)", re.ASCII)
ORDER = re.compile(r"-?\d{1,2}(\.-?\d{1,2})*")
PLAIN_KEY = re.compile(r"[0-9]{1,18}")
LONGEST_VALUE = 200


def is_plain_key(text: str) -> bool:
    """Whether the text can be a key of ours."""
    return PLAIN_KEY.fullmatch(text) is not None


def holds_iin(text: str) -> bool:
    """F-W10: whether a text holds twelve digits in a row, blanks and hyphens aside."""
    return IIN_IN_TEXT.search(text) is not None


def iin_in(text: str) -> str:
    """The first twelve digits in a row, without the blanks and hyphens between them; or nothing."""
    found = IIN_IN_TEXT.search(text)
    return "".join(sign for sign in found[0] if sign.isdigit()) if found else ""


def cleaned_parameters(
    given: QueryDict, filters: set[str], refuses_iin: bool = True
) -> tuple[QueryDict, list[str]]:
    """The parameters that the list understands, and a sentence on each kind that was left out."""
    kept = QueryDict(mutable=True)
    unknown: list[str] = []
    notes: list[str] = []
    for name in given:
        values = given.getlist(name)
        if refuses_iin and any(holds_iin(value) for value in values):
            notes.append(
                _(
                    "An IIN is not searched for through the address of a page, where it would stay in logs. "
                    "Type it into the search box at the top of the page."
                )
            )
        elif name not in OWN and name not in filters:
            unknown.append(name)
        elif not _readable(name, values):
            notes.append(_("A value in the address of the page was not understood and was left out."))
        else:
            kept.setlist(name, values)
    if unknown:
        notes.append(
            _("The page has no such filter; it was left out: %(names)s.")
            % {"names": ", ".join(sorted(unknown))[:LONGEST_VALUE]}
        )
    return kept, notes


def _readable(name: str, values: list[str]) -> bool:
    if any("\x00" in value or len(value) > LONGEST_VALUE for value in values):
        return name == "_changelist_filters" and not any("\x00" in value for value in values)
    if name == "p":
        return all(value.isascii() and value.isdigit() and len(value) < 7 for value in values)
    if name == "o":
        return all(ORDER.fullmatch(value) or not value for value in values)
    return True
