"""Points of the order as the reader's language cites them; what is stored stays as the law writes it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _

POINT = re.compile(r"¶(?P<point>\d+(?:-\d+)?)(?:\.(?P<part>\d+))?")
APPENDIX = re.compile(r"App\. 1-2(?: row (?P<row>\d))?(?P<footnote> footnote)?")


def cite_label(cite: str) -> str:
    """A cite such as ¶17.3 or “App. 1-2 row 2” in the language active now; of a reading its code."""
    if found := POINT.fullmatch(cite):
        return (_("¶%(point)s.%(part)s") if found["part"] else _("¶%(point)s")) % found.groupdict()
    found = APPENDIX.fullmatch(cite)
    if found is None:
        return cite
    if found["row"]:
        return _("App. 1-2 row %(row)s") % {"row": found["row"]}
    return _("App. 1-2 footnote") if found["footnote"] else _("App. 1-2")


def cite_labels(cites: Iterable[str]) -> list[str]:
    """The labels of cites, in their order."""
    return [cite_label(cite) for cite in cites]
