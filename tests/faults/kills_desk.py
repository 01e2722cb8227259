"""The desk of those who work while processes are killed: people, files, commands, and evidence."""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from attestation.law.calendar import local_day
from tests.contract.desk import CENTERS, MANAGERS, PASSWORD, STAFF, number
from tests.faults.stack import Stack
from tests.faults.stack_service import ROOT
from tests.faults.stack_web import Browser, NoAnswer

ATTENDEES = ("iin", "purpose", "declared")
COURSES = ("iin", "hours_required", "hours_completed", "course_category")
RESULTS = ("iin", "questions_total", "correct_answers", "finished_at")
MOST_TRIES = 60
QUIET_AFTER_DAYS = 40


@dataclass
class Person:
    """Somebody attested once, and the facts the order needs to decide."""

    iin: str
    position: str
    purpose: str
    declared: str = ""
    category: str = ""
    correct: int | None = None
    repeat: bool = False


@dataclass
class Act:
    """Something a person did; `evidence` counts its effects in the database, of which there is one."""

    kind: str
    key: str
    evidence: str
    tries: int = 0
    refused: int = 0
    acknowledged: bool = False
    seen: bool = False


@dataclass
class Round:
    """A cycle and what is expected of it."""

    code: str
    live: bool
    people: list[Person]
    starts: date
    ends: date
    ruled: dict[str, str] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)


# A past round: who conforms, who does not, a conferral, a lowering, a manager under 85 %, a repeated failure.
PAST = (
    ("assistant", "initial", "", "", 75),
    ("assistant", "position", "", "", 60),
    ("career_specialist", "category", "consultant", "", 85),
    ("career_specialist", "category", "case_manager", "consultant", 60),
    ("unit_head", "initial", "", "", 84),
    ("assistant", "position", "", "", 55),  # for the second time: ¶34
)
# A round of today: an appeal that is upheld, one that is rejected, none, and one who did not come.
LIVE = (
    ("assistant", "position", "", "", 69),
    ("assistant", "position", "", "", 69),
    ("assistant", "initial", "", "", 80),
    ("assistant", "initial", "", "", None),
)


class Refusal(Exception):
    """The product refuses what a person did, and it is not there: the harness asked for something wrong."""


@dataclass
class Desk:
    """The desk of everybody at work: numbers, files, commands, the acts that were done."""

    stack: Stack
    chance: random.Random
    now: datetime
    most_rounds: int
    first: list[dict[str, Any]] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    pages: Counter[str] = field(default_factory=Counter)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    serials: Any = field(default_factory=lambda: count(17))
    lmc: str = ""
    career: str = ""
    pool: dict[str, list[Person]] = field(default_factory=dict)
    later: list[Callable[[Browser], bool]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder = self.stack.folder / "files"
        self.folder.mkdir()
        self.today = local_day(self.now)
        self.lmc, self.career = number("0701400", self.serials), number("0701400", self.serials)

    def day(self, ago: int) -> date:
        return self.today - timedelta(days=ago)

    def at(self, ago: int, clock: str = "10:00") -> str:
        return f"{self.day(ago)}T{clock}:00+05:00"

    # --- files and the database -------------------------------------------------------------------------

    def file(self, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
        path = self.folder / f"{next(self.serials)}.csv"
        with path.open("w", encoding="utf-8", newline="") as target:
            csv.writer(target).writerows([header, *rows])
        return str(path)

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """What the database says, past the product."""
        if not self.stack.postgres:
            import sqlite3

            there = sqlite3.connect(self.stack.folder / "data" / "attestation.sqlite3", timeout=30)
            try:
                found = there.execute(query).fetchall()
                there.commit()
                return found
            finally:
                there.close()
        import psycopg

        give_up_at = time.monotonic() + 60
        while True:
            try:
                with psycopg.connect(self.stack.database_url_for_psycopg(), autocommit=True) as there:
                    done = there.execute(query)
                    return done.fetchall() if done.description else []
            except psycopg.OperationalError:
                if time.monotonic() > give_up_at:
                    raise
                time.sleep(0.2)

    def one(self, query: str) -> Any:
        """The one value."""
        return self.sql(query)[0][0]

    # --- acts -------------------------------------------------------------------------------------------

    def perform(self, kind: str, key: str, evidence: str, do: Callable[[], str]) -> Act:
        """Do it until it is known to be done. `do` says "" (done), or why not; NoAnswer: nobody knows."""
        act = Act(kind, key, evidence)
        with self.lock:
            self.acts.append(act)
        while act.tries < MOST_TRIES:
            act.tries += 1
            try:
                refused = do()
            except (OSError, subprocess.TimeoutExpired):
                time.sleep(self.chance.uniform(0.3, 1.0))
                continue
            if not refused:
                act.acknowledged = True
                return act
            if act.tries > 1 and self.one(evidence) == 1:
                act.seen = True
                return act
            act.refused += 1
            if act.refused > 2:
                raise Refusal(f"{kind} {key}: {refused}")
            # "The database is busy, try again": a person does.
            time.sleep(2)
        raise Refusal(f"{kind} {key}: no answer after {MOST_TRIES} tries")

    def command(self, name: str, *arguments: str, at: str = "", stdin: str = "") -> str:
        """A command as `perform` takes it."""
        moment = ("--at", at) if at else ()
        done = self.stack.manage(name, *arguments, *moment, "--json", stdin=stdin)
        if done.returncode == 0:
            return ""
        try:
            said = json.loads(done.stdout)
        except ValueError:
            raise NoAnswer(done.stderr[-300:]) from None
        return json.dumps(said, ensure_ascii=False)[:600]

    def must(self, name: str, *arguments: str, at: str = "", stdin: str = "") -> None:
        """A command before anything is killed; `set_up` runs them."""
        self.first.append({"at": at, "name": name, "arguments": list(arguments), "stdin": stdin})

    def set_up(self) -> None:
        """What was asked with `must`, in one process."""
        plan = self.folder / f"{next(self.serials)}.json"
        plan.write_text(json.dumps({"steps": self.first}))
        command = [sys.executable, "-m", "tests.faults.storm_child", "steps", str(plan)]
        env = self.stack.desk_environment()
        done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
        self.first = []

    # --- before anything is killed ----------------------------------------------------------------------

    def settle(self, *, failures: bool = True) -> None:
        """Centres, accounts, staff, and those who failed before and repeat now."""
        for year in sorted({self.day(80).year, self.day(-QUIET_AFTER_DAYS - 15).year}):
            self.must("confirm_calendar", str(year), at=self.at(90))
        centers = [
            (self.lmc, "Еңбек мобильділігі орталығы", "Центр", "labour_mobility", "", "Алматы"),
            (self.career, "Мансап орталығы", "Карьерный центр", "career", self.lmc, "Алматы"),
        ]
        self.must("import_centers", self.file(CENTERS, centers), at=self.at(90))
        self.must(
            *("create_officer", "chair", "--role", "chair", "--from", str(self.day(91))),
            at=self.at(90),
            stdin=PASSWORD,
        )
        self.must(
            *("create_officer", "hr", "--role", "hr", "--center", self.lmc), at=self.at(90), stdin=PASSWORD
        )
        self.set_up()
        # Their owners have changed the passwords that were typed for them.
        owned = "email = username || '@office.example', language = 'ru', must_change_password = FALSE"
        self.sql(f"UPDATE attestation_user SET {owned}")
        self._hire()
        if failures:
            self._fail_once()
        self.set_up()

    def _hire(self) -> None:
        rows = []
        for name, cast in (("past", PAST), ("live", LIVE)):
            self.pool[name] = []
            for _ in range(self.most_rounds):
                for position, purpose, declared, category, correct in cast:
                    iin = number("9005174", self.serials)
                    person = Person(iin, position, purpose, declared, category, correct)
                    self.pool[name].append(person)
                    center = self.lmc if position in MANAGERS else self.career
                    since = str(self.day(700)) if category else ""
                    rows.append(
                        (
                            iin,
                            "Ким",
                            "Ан",
                            center,
                            position,
                            "2020-01-15",
                            category,
                            since,
                            f"{iin}@mail.example",
                        )
                    )
        self.must("import_staff", self.file((*STAFF, "email"), rows), at=self.at(89))

    def _fail_once(self) -> None:
        """The last of each past round fails already here, so that the next failure is the second."""
        people = [person for place, person in enumerate(self.pool["past"]) if place % len(PAST) == 5]
        for person in people:
            person.repeat = True
        first = Round("OLD", False, people, self.day(77), self.day(73))
        failed = [(p.iin, 100, 50, f"{self.day(75)} 11:00") for p in people]
        for name, arguments, at in self._preparation(first, 85, 84):
            self.must(name, *arguments, at=at)
        results = self.file(RESULTS, failed)
        self.must("import_results", results, "--cycle", "OLD", at=self.at(75, "15:00"))
        self.must("publish_results", "--cycle", "OLD", at=self.at(74, "15:00"))
        for ago in (72, 60, 60):
            self.must("sweep", at=self.at(ago))

    def _preparation(self, made: Round, opened: int, listed: int) -> list[tuple[str, tuple[str, ...], str]]:
        """From opening to admission: commands, with their moments."""
        cycle = ("--cycle", made.code)
        rows = [(p.iin, p.purpose, p.declared) for p in made.people]
        hours = [(p.iin, 40, 40, p.declared) for p in made.people]
        stage = ("--testing-starts", str(made.starts), "--testing-ends", str(made.ends))
        return [
            ("open_cycle", ("--center", self.lmc, "--code", made.code, *stage), self.at(opened)),
            ("list_attestees", (*cycle, "--file", self.file(ATTENDEES, rows)), self.at(listed)),
            ("import_courses", (self.file(COURSES, hours), *cycle), self.at(listed, "11:00")),
            ("admit", cycle, self.at(listed, "12:00")),
        ]
