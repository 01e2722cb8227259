"""What happens in the storm's month: October 2026, with Republic Day in it, as commands with moments."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from attestation.law.calendar import ALMATY
from tests.contract.desk import (
    APPEALS,
    CENTERS,
    MANAGERS,
    PASSWORD,
    RATINGS,
    RULINGS,
    STAFF,
    VIOLATIONS,
    number,
)

FIRST_TICK = "2026-10-05T08:00"

# name: position, category on record and since when
STAFF_OF = {
    "passes": ("assistant",),
    "upheld": ("assistant",),
    "rejected": ("assistant",),
    "absent": ("assistant",),
    "manager": ("unit_head",),
    "confers": ("career_specialist",),
    "lowered": ("career_specialist", "consultant", "2024-05-20"),
    "no-rating": ("career_specialist",),
    "again": ("assistant",),
    "twice": ("assistant",),
    "overdue": ("assistant",),
    "ends": ("career_specialist", "consultant", "2023-10-16"),
    "ends-soon": ("career_specialist", "mentor", "2023-11-05"),
    "ninety": ("career_specialist", "consultant", "2024-01-20"),
    "half-year": ("career_specialist", "case_manager", "2024-04-12"),
    **{f"holiday-{n}": ("assistant",) for n in range(6)},
}
OCTOBER = {
    "passes": ("initial", "", 75),
    "upheld": ("position", "", 69),
    "rejected": ("position", "", 69),
    "absent": ("initial", "", None),
    "manager": ("initial", "", 84),
    "confers": ("category", "consultant", 85),
    "lowered": ("category", "case_manager", 60),
    "no-rating": ("category", "consultant", 80),
    "again": ("position", "", 90),
    "twice": ("position", "", 50),
}
LAST_YEAR = dict.fromkeys(("again", "twice", "overdue"), ("position", "", 50))
HOLIDAY = {f"holiday-{n}": ("initial", "", 60 + 4 * n) for n in range(6)}


@dataclass
class Cast:
    """The files in a folder, the steps before the storm and in it."""

    folder: Path
    serials: Any = field(default_factory=lambda: count(17))
    before: list[dict[str, Any]] = field(default_factory=list)
    within: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lmc, self.career = number("0701400", self.serials), number("0701400", self.serials)
        self.iins = {name: number("9005174", self.serials) for name in STAFF_OF}
        self._settle()
        self._cycle("OLD", LAST_YEAR, ("2025-10-06", "2025-10-09"), "2025-10-01")
        self._publish("OLD", LAST_YEAR, "2025-10-09")
        for day in ("2025-10-11", "2025-10-18", "2025-10-19"):
            self.step(f"{day}T09:00", "sweep")
        self._october()
        self._holiday()
        self.within.sort(key=lambda step: str(step["at"]))

    def file(self, header: Sequence[str], *rows: Sequence[Any]) -> str:
        path = self.folder / f"{next(self.serials)}.csv"
        with path.open("w", encoding="utf-8", newline="") as target:
            csv.writer(target).writerows([header, *rows])
        return str(path)

    def step(self, at: str, name: str, *arguments: str, stdin: str = "") -> None:
        """One command; before the storm or in it, by its moment."""
        made = {"at": f"{at}:00+05:00", "name": name, "arguments": list(arguments), "stdin": stdin}
        (self.before if at < FIRST_TICK else self.within).append(made)

    def _settle(self) -> None:
        at = "2025-09-29T09:00"
        for year in ("2025", "2026"):
            self.step(at, "confirm_calendar", year)
        centers = [
            (self.lmc, "Еңбек мобильділігі орталығы", "Центр", "labour_mobility", "", "Алматы"),
            (self.career, "Мансап орталығы", "Карьерный центр", "career", self.lmc, "Алматы"),
        ]
        self.step(at, "import_centers", self.file(CENTERS, *centers))
        self.step(at, "create_officer", "chair", "--role", "chair", "--from", "2025-09-29", stdin=PASSWORD)
        self.step(at, "create_officer", "hr", "--role", "hr", "--center", self.lmc, stdin=PASSWORD)
        rows = []
        for name, (position, *held) in STAFF_OF.items():
            center = self.lmc if position in MANAGERS else self.career
            category, since = held or ("", "")
            iin = self.iins[name]
            address = f"{iin}@mail.example"
            rows.append((iin, "Ким", "Ан", center, position, "2020-01-15", category, since, address))
        self.step("2025-09-29T10:00", "import_staff", self.file((*STAFF, "email"), *rows))

    def _cycle(self, code: str, people: dict[str, Any], stage: tuple[str, str], day: str) -> None:
        cycle = ("--cycle", code)
        dates = ("--testing-starts", stage[0], "--testing-ends", stage[1])
        self.step(f"{day}T10:00", "open_cycle", "--center", self.lmc, "--code", code, *dates)
        listed = [(self.iins[name], purpose, declared) for name, (purpose, declared, _) in people.items()]
        hours = [(iin, 40, 40, declared) for iin, _purpose, declared in listed]
        file = self.file(("iin", "purpose", "declared"), *listed)
        self.step(f"{day}T10:10", "list_attestees", *cycle, "--file", file)
        header = ("iin", "hours_required", "hours_completed", "course_category")
        self.step(f"{day}T10:20", "import_courses", self.file(header, *hours), *cycle)
        self.step(f"{day}T10:30", "admit", *cycle)

    def _publish(self, code: str, people: dict[str, Any], day: str) -> None:
        came = [(name, correct) for name, (_p, _d, correct) in people.items() if correct is not None]
        rows = [(self.iins[name], 100, correct, f"{day} 11:00") for name, correct in came]
        header = ("iin", "questions_total", "correct_answers", "finished_at")
        self.step(f"{day}T17:20", "import_results", self.file(header, *rows), "--cycle", code)
        self.step(f"{day}T17:40", "publish_results", "--cycle", code)

    def _read(self, day: str, through: str, rated: str) -> None:
        """At two moments with a sweep between, which finds the case held for the second file."""
        rating = (self.iins[rated], "2026-09-10", 5, f"R-{through}")
        wrong = (self.iins[rated], "2026-09-11", "Қате", f"V-{through}")
        more = ("--read-through", through, "--center", self.lmc)
        self.step(f"{day}T10:00", "import_ratings", self.file(RATINGS, rating), *more)
        self.step(f"{day}T15:00", "import_violations", self.file(VIOLATIONS, wrong), *more)

    def _october(self) -> None:
        self._cycle("OCT", OCTOBER, ("2026-10-12", "2026-10-16"), "2026-10-05")
        self._publish("OCT", OCTOBER, "2026-10-15")
        filed = [
            (self.iins[name], 3, "Дәлел", "2026-10-16 12:00", f"AP-{name}") for name in ("upheld", "rejected")
        ]
        self.step("2026-10-16T15:00", "import_appeals", self.file(APPEALS, *filed), "--cycle", "OCT")
        self._read("2026-10-17", "2026-10-16", "confers")
        held = ("--cycle", "OCT", "--iin", self.iins["no-rating"], "--points", "10")
        self.step("2026-10-22T12:00", "rule_rating", *held, "--reason", "Отзывов нет.", "--as", "chair")
        rulings = [("AP-upheld", 3, "uphold"), ("AP-rejected", 3, "reject")]
        rows = [(*row, "Рассмотрено.", "", "", "") for row in rulings]
        self.step("2026-10-23T15:30", "rule_appeals", self.file(RULINGS, *rows), "--as", "chair")
        done = ("--cycle", "OCT", "--iin", self.iins["twice"], "--done", "Приказ № 14")
        self.step("2026-10-28T12:00", "close_consequence", *done, "--as", "hr")

    def _holiday(self) -> None:
        self._cycle("REP", HOLIDAY, ("2026-10-19", "2026-10-22"), "2026-10-08")
        self._publish("REP", HOLIDAY, "2026-10-22")
        self._read("2026-10-23", "2026-10-22", "confers")


def agenda(
    first: str, days: int, hours: int, steps: Sequence[dict[str, Any]]
) -> list[tuple[str, list[dict[str, Any]]]]:
    """The moments that the simulated clock stands at, each with people's commands at it; they have moments of
    their own, so that no two things fall together that the clock keeps apart."""
    begin = datetime.fromisoformat(first).replace(tzinfo=ALMATY)
    ticks = [begin + timedelta(hours=hours * n) for n in range(1, days * 24 // hours + 1)]
    found: dict[datetime, list[dict[str, Any]]] = {tick: [] for tick in ticks}
    for step in steps:
        if (at := datetime.fromisoformat(step["at"])) <= ticks[-1]:
            found.setdefault(at, []).append(step)
    return [(at.isoformat(), found[at]) for at in sorted(found)]
