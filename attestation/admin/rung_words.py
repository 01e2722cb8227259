"""The rungs of a ladder of reminders in words: as the page shows them, and as somebody may type them.

What is stored is the identifier (`notices.ladder`). The words shown come from the translations; what may be
typed are the identifiers and the words of all three languages, whatever the reader's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attestation.notices import ladder
from attestation.refusals import Refused

FIXED = {
    ladder.OPENING: ("open", "at the opening", "при открытии", "открытие", "ашылғанда", "ашылған кезде"),
    ladder.LAST_MORNING: (
        "last-morning",
        "last morning",
        "morning of the last day",
        "утро последнего дня",
        "утром последнего дня",
        "соңғы күннің таңы",
        "соңғы күні таңертең",
    ),
}
UNITS = {
    "days": ("days", "day", "дней", "дня", "день", "дн", "күн"),
    "hours": ("hours", "hour", "часов", "часа", "час", "ч", "сағат", "сағ"),
}
TYPED = {words: rung for rung, each in FIXED.items() for words in each}
UNIT_OF = {word: unit for unit, each in UNITS.items() for word in each}
NUMBER, UNIT = r"([1-9][0-9]{0,2})", f"({'|'.join(UNIT_OF)})"
COUNTED = re.compile(rf"(?:за )?{NUMBER}[ -]?{UNIT}\.?(?: (?:before|бұрын|қалғанда))?")


def words_of(rung: str) -> str:
    """A rung in the reader's language; one that is none, as it is stored."""
    if rung == ladder.OPENING:
        return _("at the opening")
    if rung == ladder.LAST_MORNING:
        return _("morning of the last day")
    found = ladder.COUNTED.fullmatch(rung)
    if found is None:
        return rung
    count = int(found[1])
    if found[2] == "hours":
        text = ngettext("%(count)s hour before", "%(count)s hours before", count)
    else:
        text = ngettext("%(count)s day before", "%(count)s days before", count)
    return text % {"count": count}


def line_of(rungs: Iterable[str]) -> str:
    """A ladder as one line."""
    return ", ".join(words_of(rung) for rung in rungs)


def parse(text: str) -> list[str]:
    """The rungs that somebody typed, separated by commas; empty: no reminders.

    Raises Refused for what is no rung, for one that stands twice, and for too many, in the reader's words.
    """
    rungs = [rung for part in re.split(r"[,;\n]", text) if part.strip() for rung in _understood(part)]
    ladder.check(rungs, words_of)
    return rungs


def _understood(part: str) -> list[str]:
    """The rung between two commas; several, where words that have no blanks stand without commas."""
    for tokens in ([" ".join(part.split())], part.split()):
        rungs = [rung for token in tokens if (rung := _rung(token.lower()))]
        if len(rungs) == len(tokens):
            return rungs
    raise Refused(
        "unknown_rung",
        _("“%(rung)s” is no moment of a reminder. Write, separated by commas, for instance: %(example)s."),
        rung=" ".join(part.split())[:40],
        example=line_of((ladder.OPENING, "90-days", "12-hours", ladder.LAST_MORNING)),
    )


def _rung(words: str) -> str | None:
    if words in TYPED:
        return TYPED[words]
    found = COUNTED.fullmatch(words)
    return f"{found[1]}-{UNIT_OF[found[2]]}" if found else None
