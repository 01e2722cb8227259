"""The figures of a question, worked out apart from the product: every taker a row, every step spelled out."""

from __future__ import annotations

from itertools import groupby
from statistics import correlation

Row = tuple[frozenset[int], str]


def share_wrong(rows: list[Row], question: int) -> float:
    return sum(question in wrong for wrong, _language in rows) / len(rows)


def item_rest(rows: list[Row], total: int, question: int) -> float:
    right = [0.0 if question in wrong else 1.0 for wrong, _language in rows]
    rest = [float(total - 1 - len(wrong - {question})) for wrong, _language in rows]
    return correlation(right, rest)


def bands_of(rows: list[Row], question: int, at_least: int) -> list[list[Row]]:
    """Takers of a known language by rest score, the lowest first, levels joined until there are enough."""

    def missed_elsewhere(row: Row) -> int:
        return -len(row[0] - {question})

    known = sorted((row for row in rows if row[1]), key=missed_elsewhere)
    bands: list[list[Row]] = []
    for _score, level in groupby(known, key=missed_elsewhere):
        if bands and len(bands[-1]) < at_least:
            bands[-1] += level
        else:
            bands.append(list(level))
    if len(bands) > 1 and len(bands[-1]) < at_least:
        last = bands.pop()
        bands[-1] += last
    return bands


def matched_difference(rows: list[Row], question: int, at_least: int = 20) -> float:
    """The shares wrong of kk less ru within each band, weighted by the harmonic size of the two groups."""
    above = below = 0.0
    for band in bands_of(rows, question, at_least):
        kk = [question in wrong for wrong, language in band if language == "kk"]
        ru = [question in wrong for wrong, language in band if language == "ru"]
        if kk and ru:
            weight = 1 / (1 / len(kk) + 1 / len(ru))
            above += weight * (sum(kk) / len(kk) - sum(ru) / len(ru))
            below += weight
    return above / below
