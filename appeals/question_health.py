"""Whether the questions of one test look sound, from who answered which of them wrongly. Pure.

Ours, not the order's: the figures decide nothing. They say where a commission should look at the question.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import atanh, sqrt
from statistics import NormalDist

KK, RU = "kk", "ru"
# Fewer say nothing: one answer more or less would move each figure by more than two per cent.
FEWEST_TAKERS = 50
FEWEST_IN_A_LANGUAGE = 50
# In a test in which every question is sound, one is flagged by chance in fewer than one test of twenty. The
# bound of a single question is this, divided by the number of questions (Bonferroni).
CHANCE_OF_A_FALSE_FLAG = 0.05
# Ebel, Essentials of Educational Measurement (1965): below 0.20 a question is poor. A wrong key shows as a
# value that is certainly below it, on a question that many get wrong; certainly below 0, on any question.
SOUND_DISCRIMINATION = 0.20
MANY_WRONG = 0.50
# What is certain and small harms nobody: at least ten takers of a hundred answer otherwise.
LARGE_DIFFERENCE = 0.10
# Takers of one band of ability, at least: narrower bands hold takers of one language alone, wider ones hide
# that one group knows more.
BAND = 20


class Flag(StrEnum):
    """Why a question looks faulty."""

    KEY = "key"
    HARDER_KK = "harder_kk"
    HARDER_RU = "harder_ru"


@dataclass(frozen=True, slots=True)
class Taker:
    """One taker's test: the numbers of the questions answered wrongly; `language` `kk`, `ru` or empty."""

    wrong: Iterable[int]
    language: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """One question: the figures, and the flags that follow.

    `share_wrong` is from 0 to 1, `discrimination` from -1 to 1; `difference` is the share of wrong answers
    among Kazakh takers less that among Russian takers of the same ability, from -1 to 1. None: too few
    takers to say, or nothing to compare.
    """

    question: int
    takers: int
    wrong: int
    share_wrong: float
    discrimination: float | None
    difference: float | None
    flags: tuple[Flag, ...]


def examine(total: int, takers: Sequence[Taker]) -> list[Health]:
    """Every question of a test of `total` questions, in order of its number."""
    test = _Test(total, takers)
    return [test.health(question) for question in range(1, total + 1)]


class _Test:
    """The takers counted by score, once for all questions; a question then costs a look at each score."""

    def __init__(self, total: int, takers: Sequence[Taker]) -> None:
        self.total, self.takers = total, len(takers)
        self.by_score = {language: [0] * (total + 1) for language in (KK, RU, "")}
        self.wrong: list[dict[str, dict[int, int]]] = [{KK: {}, RU: {}, "": {}} for _ in range(total + 1)]
        for taker in takers:
            numbers = set(taker.wrong)
            score, language = total - len(numbers), taker.language if taker.language in (KK, RU) else ""
            self.by_score[language][score] += 1
            for question in numbers:
                found = self.wrong[question][language]
                found[score] = found.get(score, 0) + 1
        scores = [sum(counts) for counts in zip(*self.by_score.values(), strict=True)]
        self.sum = sum(score * count for score, count in enumerate(scores))
        self.squares = sum(score * score * count for score, count in enumerate(scores))
        tail = NormalDist().inv_cdf
        self.one_sided = tail(1 - CHANCE_OF_A_FALSE_FLAG / total)
        self.two_sided = tail(1 - CHANCE_OF_A_FALSE_FLAG / total / 2)

    def health(self, question: int) -> Health:
        """The figures of one question."""
        wrong = sum(sum(found.values()) for found in self.wrong[question].values())
        enough = self.takers >= FEWEST_TAKERS
        discrimination = self.discrimination(question, wrong) if enough else None
        difference, certain = self.by_language(question)
        flags = [Flag.KEY] if enough and self.key_looks_wrong(wrong, discrimination) else []
        if difference is not None and certain and abs(difference) >= LARGE_DIFFERENCE:
            flags.append(Flag.HARDER_KK if difference > 0 else Flag.HARDER_RU)
        share = wrong / self.takers if self.takers else 0.0
        return Health(question, self.takers, wrong, share, discrimination, difference, tuple(flags))

    def discrimination(self, question: int, wrong: int) -> float | None:
        """The corrected item-rest correlation: Pearson's r (a point-biserial one) of the question, 1 right
        and 0 wrong, with the number of right answers to all the others. None where either never varies.

        With the whole score the question would be compared with itself. Source: Crocker and Algina,
        Introduction to Classical and Modern Test Theory (1986), ch. 14; from sums, so exact:
        r = (cov(x, T) - var x) / sqrt(var x · (var T + var x - 2 cov(x, T))).
        """
        n, right = self.takers, self.takers - wrong
        missed = sum(
            score * count for found in self.wrong[question].values() for score, count in found.items()
        )
        # Each times n², in whole numbers.
        covariance = n * (self.sum - missed) - right * self.sum
        of_item, of_score = right * wrong, n * self.squares - self.sum * self.sum
        of_rest = of_score + of_item - 2 * covariance
        if not of_item or not of_rest:
            return None
        return float((covariance - of_item) / sqrt(of_item * of_rest))

    def key_looks_wrong(self, wrong: int, discrimination: float | None) -> bool:
        """Nobody is right; or those who know more certainly do worse; or many are wrong, and the question
        certainly tells apart worse than a sound one does (Fisher's z, one-sided)."""
        if wrong == self.takers:
            return True
        if discrimination is None:
            return False
        bound = SOUND_DISCRIMINATION if wrong >= MANY_WRONG * self.takers else 0.0
        # Of -1 and 1 there is no z.
        below = atanh(bound) - atanh(max(-0.999999, min(discrimination, 0.999999)))
        return below * sqrt(self.takers - 3) > self.one_sided

    def by_language(self, question: int) -> tuple[float | None, bool]:
        """The difference between the languages among takers of one ability, and whether it is no chance.

        A plain difference flags sound questions wherever one group knows more. So takers are compared
        within bands of the rest score: the Mantel-Haenszel difference of shares (Greenland and Robins,
        Biometrics 41, 1985), tested by the Mantel-Haenszel chi-square with continuity correction (Holland
        and Thayer, Differential Item Performance and the Mantel-Haenszel Procedure, 1988).
        """
        if min(sum(self.by_score[KK]), sum(self.by_score[RU])) < FEWEST_IN_A_LANGUAGE:
            return None, False
        apart = weights = excess = variance = 0.0
        for kk_wrong, kk, ru_wrong, ru in self.bands(question):
            n, wrong = kk + ru, kk_wrong + ru_wrong
            if not kk or not ru:
                continue
            apart += (kk_wrong * ru - ru_wrong * kk) / n
            weights += kk * ru / n
            excess += kk_wrong - kk * wrong / n
            variance += kk * ru * wrong * (n - wrong) / (n * n * (n - 1))
        if not weights:
            return None, False
        if not variance:
            return apart / weights, False
        return apart / weights, max(abs(excess) - 0.5, 0.0) > self.two_sided * sqrt(variance)

    def bands(self, question: int) -> list[list[int]]:
        """Wrong and all Kazakh, wrong and all Russian takers of each band of the rest score, from the lowest
        up; a last band with fewer than `BAND` belongs to the one before."""
        found: list[list[int]] = []
        for rest in range(self.total):
            row = [
                *self._at(KK, self.wrong[question][KK], rest),
                *self._at(RU, self.wrong[question][RU], rest),
            ]
            if found and found[-1][1] + found[-1][3] < BAND:
                found[-1] = [one + other for one, other in zip(found[-1], row, strict=True)]
            else:
                found.append(row)
        if len(found) > 1 and found[-1][1] + found[-1][3] < BAND:
            last = found.pop()
            found[-1] = [one + other for one, other in zip(found[-1], last, strict=True)]
        return found

    def _at(self, language: str, wrong: Mapping[int, int], rest: int) -> tuple[int, int]:
        """Wrong and all takers of the language with this rest score: whoever was right scored one more."""
        missed = wrong.get(rest, 0)
        return missed, missed + self.by_score[language][rest + 1] - wrong.get(rest + 1, 0)
