"""What no password is: words, names and rows of keys, and the tricks that everybody plays with them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn

from attestation.models import User
from attestation.names import folded

# As many tries a password is to take; zxcvbn's highest score.
LEAST_GUESSES = 10**10
# It tells nothing of what stands after so many characters.
LONGEST = 72
WORDS_FILE = Path(__file__).with_name("words.txt")
# What of the Russian and Kazakh layouts lies on which key of the English one.
_KEYS = str.maketrans(
    "йцукенгшщзхъфывапролджэячсмитьбюёәіңғүұқөһ", "qwertyuiop[]asdfghjkl;'zxcvbnm,.`2345890-="
)


def readings(text: str) -> set[str]:
    """A word or a password as it stands, by its keys, and folded as names are: one letter for like ones."""
    text = unicodedata.normalize("NFC", text).lower()
    return {text, text.translate(_KEYS), re.sub(r"\w+", lambda found: " ".join(folded(found[0])), text)}


@lru_cache(maxsize=1)
def known_words() -> tuple[str, ...]:
    """Words of the state languages and of this work, and years before them, in all their readings."""
    words = WORDS_FILE.read_text(encoding="utf-8").split()
    written = dict.fromkeys(reading for word in words for reading in sorted(readings(word)))
    return (*map(str, range(1940, 2041)), *written)


def words_about(account: Any) -> Iterator[str]:
    """The name, the address and the centre of an account, in all their readings."""
    if not isinstance(account, User):
        return
    said = [account.username, account.last_name, account.first_name, account.email]
    if account.center is not None:
        said += [account.center.name_kk, account.center.name_ru]
    for word in re.findall(r"[^\W_]{3,}", " ".join(said)):
        yield from sorted(readings(word))


def guesses(password: str, account: Any = None) -> int:
    """How many tries somebody needs who knows the account, by the easiest reading of the password."""
    known = [*words_about(account), *known_words()]
    password = unicodedata.normalize("NFC", password)
    # A sign between two words, or after the last one, is where everybody puts it.
    joined = re.sub(r"(?<=[^\W_]{3})[\W_]+(?=[^\W_]{3}|$)", "", password)
    tried = {password, *readings(password), joined, *readings(joined)}
    return min(int(zxcvbn(one[:LONGEST], user_inputs=known)["guesses"]) for one in tried if one)


class NotGuessed:
    """A validator of Django's: no password that is put together from what everybody knows."""

    def validate(self, password: str, user: Any = None) -> None:
        if password and guesses(password, user) < LEAST_GUESSES:
            raise ValidationError(
                _(
                    "This password is guessed easily: it is made of known words or names, years, rows of "
                    "keys or repeats. Choose four words that have nothing to do with each other."
                ),
                code="password_guessed",
            )

    def get_help_text(self) -> str:
        return _(
            "No known words with figures at the end, no names, no rows of keys. Four words that have nothing "
            "to do with each other are good."
        )
