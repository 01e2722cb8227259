"""Letters that a file lost or mixed up on its way: what no person typed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

WORD = re.compile(r"[^\W\d_]+")
LATIN, CYRILLIC = re.compile(r"[A-Za-zÀ-ɏ]"), re.compile(r"[Ѐ-ӿ]")
# The second byte of a Cyrillic letter in UTF-8 as windows-1251 shows it, where that is no letter of ours;
# and as windows-1252 or latin-1 show it.
MOJIBAKE = re.compile(
    "[РСТУ][ЂЃѓЉЊЌЋЏђљњќћџЎўЈјЅѕҐґ€†‡‰™¤¦¬®±µ¶\x98]"
    f"|[ÐÑÒÓ][\x80-\xbf{re.escape(bytes(range(0x80, 0xA0)).decode('cp1252', 'ignore'))}]"
)


def has_lost_letters(value: str) -> bool:
    """Whether a "?", a replacement character or another encoding's letters stand for those of a name."""
    if value.isascii():
        return "?" in value
    if "?" in value or "\ufffd" in value or MOJIBAKE.search(value):
        return True
    try:
        meant = value.encode("cp1251").decode("utf-8")
    except UnicodeError:
        return False
    # One letter alone may be a chance: “Лё” is a letter of UTF-8 too.
    return len(value) - len(meant) > 1


def mixed_words(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each word of Latin and Cyrillic letters, and those of the alphabet that has fewer in it."""
    if not (LATIN.search(text) and CYRILLIC.search(text)):
        return
    for word in WORD.findall(text):
        latin, cyrillic = LATIN.findall(word), CYRILLIC.findall(word)
        if latin and cyrillic:
            yield word, min(latin, cyrillic, key=len)
