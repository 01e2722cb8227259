"""A reader who has nothing but the text of a case's page, and recomputes the decision by hand.

It takes the numbers of the order from the words quoted on the page, and knows the order of the categories. It
imports nothing of the product.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

WORDS = {
    "kk": {
        "ladder": ("санатсыз", "мансап консультанты", "кейс-менеджер", "тәлімгер"),
        "test": "тестілеу",
        "repeat": "қайта аттестаттау",
        "existing": "қолданыстағы біліктілік санаты",
        "declared": "мәлімделген біліктілік санаты",
        "counted": "есепке алынды",
        "day": "Шешім күні: ",
        "point": "{}-тармақ",
        "part": "{}-тармақтың {}) тармақшасы",
        "row": "1-2-қосымшаның {}-жолы.",
        "own_end": "Жаңа мерзім басталмайды",
        "window": "Есепті кезең: ",
    },
    "ru": {
        "ladder": ("без категории", "карьерный консультант", "кейс-менеджер", "наставник"),
        "test": "тестирование",
        "repeat": "повторная аттестация",
        "existing": "действующая квалификационная категория",
        "declared": "заявленная квалификационная категория",
        "counted": "учтено",
        "day": "День решения: ",
        "point": "п. {}",
        "part": "подп. {1}) п. {0}",
        "row": "строка {} приложения 1-2.",
        "own_end": "Новый срок не начинается",
        "window": "Учётный период: ",
    },
}
NUMBER = re.compile(r"\d+(?:,\d+)?")
DAY = re.compile(r"(\d\d)\.(\d\d)\.(\d{4})")


@dataclass(frozen=True)
class Recomputed:
    """What the reader finds: `bound` is the point of the order that decided."""

    outcome: str
    bound: int
    points: Fraction
    day: date
    category: str
    until: date | None
    dismissal: bool


def text_of_page(source: str) -> list[str]:
    """The lines a person reads, without the markup."""
    source = re.sub(r"<(script|style)\b.*?</\1>", "", source, flags=re.DOTALL)
    # What is set in bold or small inside a line belongs to the line.
    plain = html.unescape(re.sub(r"<[^>]+>", "\n", source))
    return [line for line in (" ".join(part.split()) for part in plain.splitlines()) if line]


class Reader:
    """One page in one language."""

    def __init__(self, source: str, language: str) -> None:
        self.lines, self.words = text_of_page(source), WORDS[language]

    def after(self, label: str) -> str:
        """The line below a label; empty where the label is not on the page."""
        return self.lines[self.lines.index(label) + 1] if label in self.lines else ""

    def fact(self, name: str) -> str:
        return self.after(str(self.words[name]))

    def numbers(self, cite: str) -> list[Fraction]:
        """The numbers in the words of a point."""
        return [number(text) for text in NUMBER.findall(self.after(cite))]

    def cite(self, point: int, part: int | None = None) -> str:
        """A point as the page quotes it, with its full stop."""
        return str(self.words["part" if part else "point"]).format(point, part) + "."

    def named(self, point: int) -> str:
        """The first of several parts of a point of which the page quotes one."""
        cites = [self.cite(point, part) for part in range(1, 10)]
        return next(line for line in self.lines if line in cites)

    def days_waited_for(self) -> list[date]:
        """The list below the day of the decision."""
        begin = next(n for n, line in enumerate(self.lines) if line.startswith(str(self.words["day"])))
        found = []
        for line in self.lines[begin + 1 :]:
            if not re.match(r"\d\d\.\d\d\.\d{4} – ", line):
                break
            found.append(day(line))
        return found

    def records(self) -> tuple[list[Fraction], int]:
        """The scores and the number of violations that count and lie in the window."""
        line = next(line for line in self.lines if line.startswith(str(self.words["window"])))
        first, last = [date(int(y), int(m), int(d)) for d, m, y in DAY.findall(line)][:2]
        scores, violations = [], 0
        for n, state in enumerate(self.lines):
            if state != self.words["counted"] or not first <= day(self.lines[n - 2]) <= last:
                continue
            said = self.lines[n - 3]
            if NUMBER.fullmatch(said):
                scores.append(number(said))
            else:
                violations += 1
        return scores, violations

    def recomputed(self) -> Recomputed:
        """The decision, from the first number to the last."""
        correct, total = (int(text) for text in NUMBER.findall(self.fact("test"))[:2])
        percent = Fraction(correct * 100, total)
        waited = max(self.days_waited_for())
        if not self.fact("declared"):
            conforms, _below = self.numbers(self.named(30))[-2:]
            passed = percent >= conforms
            outcome = "conforms" if passed else "does_not_conform"
            dismissed = not passed and bool(self.fact("repeat"))
            return Recomputed(outcome, int(conforms), percent, waited, "", None, dismissed)
        return self._category(correct, total, percent, waited)

    def _category(self, correct: int, total: int, percent: Fraction, waited: date) -> Recomputed:
        ladder = self.words["ladder"]
        existing, declared = (ladder.index(self.fact(name)) for name in ("existing", "declared"))
        below = max(existing - 1, 0)
        threshold = self.numbers(self.cite(17, 2))[-1]
        dismissal = False
        if percent < threshold:
            dismissal = bool(self.fact("repeat")) and existing == 0
            outcome, bound, points, category = "lower", threshold, percent, below
        else:
            points = self._total(correct, total)
            upper, lower = self.numbers(self.cite(30, 2))[:2]
            if points >= upper:
                outcome, bound, category = "declared", upper, declared
            elif points >= lower:
                outcome, bound, category = "existing", lower, existing
            else:
                outcome, bound, category = "lower", lower, below
        until = self._until(waited) if category else None
        return Recomputed(outcome, int(bound), points, waited, ladder[category], until, dismissal)

    def _total(self, correct: int, total: int) -> Fraction:
        row = str(self.words["row"]).format
        most = self.numbers(row(1))[-1]
        scores, violations = self.records()
        high, low = (
            [number(text) for text in NUMBER.findall(half)] for half in self.after(row(2)).split(";")
        )
        mean = sum(scores, Fraction()) / len(scores)
        above, at_most = (next(n for n in half if n not in (12, 5)) for half in (high, low))
        assert mean > above or mean <= at_most
        none, any_ = (NUMBER.findall(half)[-1] for half in self.after(row(3)).split(";"))
        rating = high[-1] if mean > above else low[-1]
        return Fraction(correct * most, total) + rating + number(any_ if violations else none)

    def _until(self, waited: date) -> date:
        for line in self.lines:
            if line.startswith(str(self.words["own_end"])):
                return day(line)
        years = int(self.numbers(self.cite(7))[0])
        return date(waited.year + years, waited.month, waited.day)


def number(text: str) -> Fraction:
    return Fraction(text.replace(",", "."))


def day(text: str) -> date:
    found = DAY.search(text)
    assert found is not None, text
    return date(int(found[3]), int(found[2]), int(found[1]))
