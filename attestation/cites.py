"""Points of the order as the reader's language cites them; what is stored stays as the law writes it.

The code of a reading is for docs, data and the page of the rule set: elsewhere it is “interpretation”.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _

POINT = re.compile(r"¶(?P<point>\d+(?:-\d+)?)(?:\.(?P<part>\d+))?")
READING = re.compile(r"I-\d\d")
APPENDIX = re.compile(r"App\. 1-2(?: row (?P<row>\d))?(?P<footnote> footnote)?")


def cite_label(cite: str) -> str:
    """A cite such as ¶17.3, “App. 1-2 row 2” or I-16 in the language active now."""
    if found := POINT.fullmatch(cite):
        return (_("¶%(point)s.%(part)s") if found["part"] else _("¶%(point)s")) % found.groupdict()
    if READING.fullmatch(cite):
        return _("interpretation")
    found = APPENDIX.fullmatch(cite)
    if found is None:
        return cite
    if found["row"]:
        return _("App. 1-2 row %(row)s") % {"row": found["row"]}
    return _("App. 1-2 footnote") if found["footnote"] else _("App. 1-2")


def cite_labels(cites: Iterable[str]) -> list[str]:
    """The labels of cites in their order, each once."""
    return list(dict.fromkeys(cite_label(cite) for cite in cites))


def without_reading(sentence: str, cite: str) -> str:
    """A sentence to be filled in: where it rests on a reading, without the brackets for its point."""
    return sentence.replace(" (%(cite)s)", "") if READING.fullmatch(cite) else sentence
