"""¶21: what is said to whoever files before it is sent; a hint is never a refusal. Ours, not the order's."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _

from appeals.services.filing import Disputed
from attestation.models import Attestation

# Below this nobody says which answers a question has and why one is right: “жоқ”, “ошибка”, “12 – б”.
FEWEST_LETTERS, FEWEST_WORDS = 15, 2
# A surname this short is a part of many words, so it must be a word of its own: Ли, Ким.
SHORT_SURNAME = 4
_WORD = re.compile(r"[^\W\d_]{2,}")


def is_short(argument: str) -> bool:
    """Whether an explanation is a few letters rather than the full one that ¶21 asks for."""
    letters = sum(char.isalpha() for char in argument)
    return letters < FEWEST_LETTERS or len(_WORD.findall(argument)) < FEWEST_WORDS


def short_sentence(question: int) -> str:
    """The warning about such an explanation."""
    return _(
        "Question %(question)s: the explanation has a few letters only. The order asks for a full one (¶21), "
        "and the commission rules by what stands in it."
    ) % {"question": question}


def names(text: str, surname: str) -> bool:
    """Whether a text, or the name of a file, has the surname in it, in whichever grammatical case."""
    surname = _plain(surname)
    if not surname:
        return False
    # A masculine surname is the beginning of its other forms; a feminine one changes its last letter.
    stem = surname if len(surname) <= SHORT_SURNAME else surname.removesuffix("а")
    end = r"(?![^\W_])" if len(surname) <= SHORT_SURNAME else ""
    return re.search(rf"(?<![^\W_]){re.escape(stem)}{end}", _plain(text)) is not None


def _plain(text: str) -> str:
    return text.strip().casefold().replace("ё", "е")


def warnings_of(case: Attestation, items: Iterable[Disputed], files: Iterable[str]) -> list[str]:
    """What whoever files should look at once more; `files` are the names of the attachments."""
    surname = case.employee.last_name
    found = []
    for one in items:
        if is_short(one.argument):
            found.append(short_sentence(one.question))
        if names(one.argument, surname):
            found.append(
                _(
                    "Question %(question)s: the explanation names the employee. The commission reviews "
                    "without the name; leave it out."
                )
                % {"question": one.question}
            )
    found += [
        _(
            "“%(name)s”: the name of the file names the employee. The commission reviews without the name; "
            "attach the file under another name."
        )
        % {"name": name}
        for name in files
        if names(name, surname)
    ]
    return found
