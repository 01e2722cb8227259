"""Columns as a spreadsheet shows them. Pure: the child process has it too."""

from __future__ import annotations


def column_letter(place: int) -> str:
    """A column's letter; the first is 1."""
    letters = ""
    while place > 0:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_place(letters: bytes) -> int:
    """The place of a column by its letters; A is 1."""
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place
