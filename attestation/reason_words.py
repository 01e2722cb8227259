"""I-12, I-14, I-33, I-34: why the system did something: stored as a code, shown in the reader's language.

What a person wrote as a reason stands as it was written. Reasons stored before there were codes are sentences
in the language of whoever acted; they are recognised and shown in the reader's language too.
"""

from __future__ import annotations

import json
import re
from functools import cache

from django.conf import settings
from django.utils.translation import gettext, gettext_noop, override

REASONS: dict[str, str] = {
    "grounds_changed": gettext_noop("ratings, violations or the ruling changed"),
    "appeal_recorded_late": gettext_noop("timely appeal recorded after the final decision"),
    "result_corrected": gettext_noop("clerical error corrected after the final decision"),
    "record_voided": gettext_noop("record voided after the final decision"),
    "ground_changed": gettext_noop("a decision that the case rests on fell"),
    "points_contradict": gettext_noop("two points of the order print different numbers for this position"),
    "question_ruled_faulty": gettext_noop("a question was ruled faulty after the final decision"),
    "existing_above_declared": gettext_noop(
        "The existing category is above the declared one since the list was formed."
    ),
    "row_2_not_held": gettext_noop("Row 2 is not held for a ruling any more."),
    "no_quorum": gettext_noop("No quorum: the item goes to the next sitting."),
    "no_votes": gettext_noop("Nobody voted for one of the two: the item goes to the next sitting."),
    "tied_vote": gettext_noop(
        "A tie that the chair's vote does not break: the item goes to the next sitting."
    ),
    "no_possible_quorum": gettext_noop("Recusals left the item without a possible quorum."),
    "sitting_closed": gettext_noop("The sitting was closed before the item was."),
    "appeal_upheld": gettext_noop("Appeal %(appeal)s upheld, questions %(questions)s."),
    "import_undone": gettext_noop("The import that had put it on record was undone."),
    "replacement_undone": gettext_noop("The import that had replaced this result was undone."),
    "imported_file": gettext_noop("imported file %(name)s"),
    "faulty_question": gettext_noop(
        "Question %(question)s of the variant “%(variant)s” is faulty: %(reason)s"
    ),
}

CODED = re.compile(r"(?P<code>[a-z0-9_]+)(?: (?P<values>\{.*\}))?", re.DOTALL)


def coded(code: str, **values: str | int) -> str:
    """I-14: a reason as it is stored: its code, and what its sentence is filled in with."""
    assert code in REASONS, code
    return f"{code} {json.dumps(values, ensure_ascii=False)}" if values else code


def reason_text(stored: str) -> str:
    """I-14: a stored reason in the reader's language; the words of a person as they were written."""
    found = CODED.fullmatch(stored)
    if found is not None and found["code"] in REASONS:
        values = json.loads(found["values"]) if found["values"] else {}
        return gettext(REASONS[found["code"]]) % values
    # Until the texts named no readings, one of them did.
    sentence = stored.replace(" (I-18)", "")
    for pattern, template in _sentences():
        if told := pattern.fullmatch(sentence):
            return gettext(template) % told.groupdict()
    return stored


@cache
def _sentences() -> list[tuple[re.Pattern[str], str]]:
    """Each sentence in each language of the product, as a pattern that finds what it was filled in with."""
    found: list[tuple[re.Pattern[str], str]] = []
    for language, _name in settings.LANGUAGES:
        with override(language):
            for template in REASONS.values():
                text = re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+)", re.escape(gettext(template)))
                found.append((re.compile(text, re.DOTALL), template))
    return found
