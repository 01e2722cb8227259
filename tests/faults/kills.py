"""Random kills: people at work on the real product while its processes are killed, and the audit afterwards.

A person who gets no answer does the act again; one who is then refused looks whether it is there. At the end
everything that was acknowledged, or seen, must be on record once, with what the order makes of it.
"""

from __future__ import annotations

import csv
import json
import random
import secrets
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count, pairwise
from typing import Any

from attestation.law.calendar import ALMATY, appeal_due, grace_due, local_day
from attestation.law.finality import final_on
from attestation.law.parameters import parameters_on
from attestation.law.settings import DEFAULTS
from config.simulation import calendar_from, read_days_moved
from tests.contract.desk import CENTERS, MANAGERS, PASSWORD, RATINGS, RULINGS, STAFF, VIOLATIONS, number
from tests.faults.stack import Service, Stack
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
    """The product refused what a person did for the first time: the harness asked for something wrong."""


@dataclass
class Office:
    """The desk of everybody at work: numbers, files, commands, the acts that were done."""

    stack: Stack
    chance: random.Random
    now: datetime
    most_rounds: int
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
            raise Refusal(f"{kind} {key}: {refused}")
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
        """A command before anything is killed."""
        refused = self.command(name, *arguments, at=at, stdin=stdin)
        assert not refused, f"{name}: {refused}"

    # --- before anything is killed ----------------------------------------------------------------------

    def settle(self) -> None:
        """Centres, accounts, staff, and last year's failures who repeat now."""
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
        self.sql("UPDATE attestation_user SET email = username || '@office.example', language = 'ru'")
        self._hire()
        self._fail_once()

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

    # --- rounds -----------------------------------------------------------------------------------------

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

    def _of(self, code: str, table: str, more: str = "") -> str:
        """SQL: whether all of a round's cases have their row: 1 where they do, else 0 or the surplus."""
        return (
            f"SELECT CASE WHEN COUNT(DISTINCT a.id) = {{size}} THEN COUNT(*) - {{size}} + 1 ELSE 0 END "
            f"FROM attestation_attestation a JOIN attestation_cycle c ON c.id = a.cycle_id {table} "
            f"WHERE c.code = '{code}' {more}"
        )

    def prepare(self, made: Round, opened: int, listed: int) -> None:
        """Commands, each with its evidence."""
        size = len(made.people)
        joined = "JOIN attestation_courserecord r ON r.cycle_id = c.id AND r.employee_id = a.employee_id"
        evidence = {
            "open_cycle": f"SELECT COUNT(*) FROM attestation_cycle WHERE code = '{made.code}'",
            "list_attestees": self._of(made.code, "").format(size=size),
            "import_courses": self._of(made.code, joined).format(size=size),
            "admit": self._of(made.code, "", "AND a.status <> 'listed'").format(size=size),
        }
        for name, arguments, at in self._preparation(made, opened, listed):
            self.perform(
                name, made.code, evidence[name], lambda n=name, a=arguments, t=at: self.command(n, *a, at=t)
            )

    def results(self, made: Round, tested: int) -> None:
        """The Platform's file."""
        came = [p for p in made.people if p.correct is not None]
        rows = [(p.iin, 100, p.correct, f"{self.day(tested)} 11:00") for p in came]
        file = self.file(RESULTS, rows)
        first = "JOIN attestation_result r ON r.attestation_id = a.id AND r.supersedes_id IS NULL"
        self.perform(
            "import_results",
            made.code,
            self._of(made.code, first).format(size=len(came)),
            lambda: self.command("import_results", file, "--cycle", made.code, at=self.at(tested, "15:00")),
        )

    def published(self, made: Round) -> str:
        """SQL: each result of the round was published, and once."""
        once = (
            "JOIN attestation_journalentry j ON j.attestation_id = a.id AND j.act = 'publish' "
            "JOIN attestation_result r ON r.attestation_id = a.id AND r.published_at IS NOT NULL "
            "AND r.supersedes_id IS NULL"
        )
        return self._of(made.code, once).format(size=sum(p.correct is not None for p in made.people))

    def next_round(self, name: str) -> list[Person] | None:
        cast = PAST if name == "past" else LIVE
        with self.lock:
            people, self.pool[name] = self.pool[name][: len(cast)], self.pool[name][len(cast) :]
        return people or None

    def past_round(self, browser: Browser) -> bool:
        """A cycle of last month by commands: everything is due as soon as it is published."""
        people = self.next_round("past")
        if people is None:
            return False
        made = Round(f"P-{people[0].iin[-6:]}", False, people, self.day(24), self.day(20))
        self.prepare(made, 31, 30)
        self.results(made, 21)
        for kind, header, value in (
            ("import_ratings", RATINGS, 5),
            ("import_violations", VIOLATIONS, "Қате"),
        ):
            self._read(made, kind, header, value)
        self.perform(
            *("publish_results", made.code, self.published(made)),
            lambda: self.command("publish_results", "--cycle", made.code, at=self.at(20, "16:00")),
        )
        with self.lock:
            self.rounds.append(made)
            self.later.append(lambda browser: self.dismissed(made, browser))
        return True

    def _read(self, made: Round, kind: str, header: Sequence[str], value: Any) -> None:
        who = made.people[2]
        name = "rating" if kind == "import_ratings" else "violation"
        key = f"{name[0].upper()}-{who.iin}"
        file = self.file(header, [(who.iin, str(self.day(60)), value, key)])
        more = ("--read-through", str(made.ends), "--center", self.lmc)
        self.perform(
            *(kind, key, f"SELECT COUNT(*) FROM scoring_{name} WHERE external_id = '{key}'"),
            lambda: self.command(kind, file, *more, at=self.at(19, "09:00")),
        )

    def dismissed(self, made: Round, browser: Browser) -> bool:
        """Once the repeated failure is final, the officer records what the employer did."""
        found = self.sql(
            "SELECT q.id FROM attestation_consequence q JOIN attestation_attestation a "
            "ON a.id = q.attestation_id JOIN attestation_cycle c ON c.id = a.cycle_id "
            f"WHERE c.code = '{made.code}' AND q.kind = 'dismissal' AND q.state = 'open'"
        )
        if not found:
            return False
        pk = found[0][0]
        self.click(
            browser,
            "close_consequence",
            f"/admin/attestation/consequence/{pk}/do/done/",
            "SELECT COUNT(*) FROM attestation_journalentry WHERE act = 'close_consequence' "
            f"AND subject LIKE '{made.code}%'",
            text="Приказ № 14",
        )
        return True

    def live_round(self, browser: Browser) -> bool:
        """A cycle of this week: published, appealed and closed in the admin, ruled by a command."""
        people = self.next_round("live")
        if people is None:
            return False
        made = Round(f"L-{people[0].iin[-6:]}", True, people, self.day(5), self.day(1))
        self.prepare(made, 12, 11)
        self.results(made, 2)
        pk = self.one(f"SELECT id FROM attestation_cycle WHERE code = '{made.code}'")
        self.click(browser, "publish", f"/admin/attestation/cycle/{pk}/do/publish/", self.published(made))
        with self.lock:
            self.rounds.append(made)
            self.later.append(lambda browser: self.absent(made, browser))
        rulings = []
        for person, ruling in zip(people[:2], ("uphold", "reject"), strict=True):
            self.appeal(made, person, browser)
            rulings.append((f"AP-{person.iin}", 3, ruling, "Рассмотрено."))
        self.rule(made, rulings)
        return True

    def case_pk(self, made: Round, person: Person) -> int:
        return int(
            self.one(
                "SELECT a.id FROM attestation_attestation a JOIN attestation_employee e "
                "ON e.id = a.employee_id JOIN attestation_cycle c ON c.id = a.cycle_id "
                f"WHERE c.code = '{made.code}' AND e.iin = '{person.iin}'"
            )
        )

    def appeal(self, made: Round, person: Person, browser: Browser) -> None:
        """¶21: the form, sent again with the same key where no answer came."""
        key = f"AP-{person.iin}"
        self.click(
            browser,
            "file_appeal",
            f"/admin/attestation/attestation/{self.case_pk(made, person)}/do/file-appeal/",
            f"SELECT COUNT(*) FROM appeals_appeal WHERE external_id = '{key}'",
            rows=3,
            form_key=secrets.token_hex(16),
            question_0=3,
            argument_0="Ключ к вопросу неверен.",
            external_id=key,
        )

    def rule(self, made: Round, rulings: Sequence[Sequence[Any]]) -> None:
        """The chair's file."""
        file = self.file(RULINGS, [(*row, "", "", "") for row in rulings])
        keys = ", ".join(f"'{row[0]}'" for row in rulings)
        ruled = (
            "SELECT CASE WHEN COUNT(*) = 2 THEN 1 ELSE COUNT(*) END FROM appeals_appealitem i "
            f"JOIN appeals_appeal p ON p.id = i.appeal_id WHERE p.external_id IN ({keys}) AND i.ruling <> ''"
        )
        self.perform(
            "rule_appeals", made.code, ruled, lambda: self.command("rule_appeals", file, "--as", "chair")
        )
        made.ruled = {row[0].removeprefix("AP-"): row[2] for row in rulings}

    def absent(self, made: Round, browser: Browser) -> bool:
        """I-23: who did not come is closed with a reason, once the stage's end is on record."""
        person = made.people[3]
        pk = self.case_pk(made, person)
        if self.one(f"SELECT status FROM attestation_attestation WHERE id = {pk}") != "absent":
            return False
        self.click(
            browser,
            "close_case",
            f"/admin/attestation/attestation/{pk}/do/close/",
            f"SELECT COUNT(*) FROM attestation_journalentry WHERE act = 'close' AND attestation_id = {pk}",
            reason="Уволился до тестирования.",
        )
        made.closed.add(person.iin)
        return True

    # --- people -----------------------------------------------------------------------------------------

    def click(self, browser: Browser, kind: str, path: str, evidence: str, **values: object) -> None:
        """An act in the admin."""

        def do() -> str:
            try:
                answer = browser.post(path, **values)
            except NoAnswer:
                browser.log_in("hr", PASSWORD.strip())
                raise
            if answer.status == 302:
                return ""
            return f"{answer.status} {' '.join(answer.body.split())[-1500:]}"

        self.perform(kind, path, evidence, do)

    def hand(self, seed: int) -> None:
        """Somebody who takes rounds through, and does what became possible meanwhile."""
        browser, turn = Browser(self.stack.web_port), seed
        work = (self.past_round, self.live_round)
        try:
            while not self.over.is_set():
                turn += 1
                did = work[turn % 2](browser) or work[(turn + 1) % 2](browser)
                self.catch_up(browser)
                if not did:
                    self.over.wait(1)
        except Exception as error:  # noqa: BLE001  whatever stopped a person, the test shows it
            self.troubles.append(f"{type(error).__name__}: {error}")

    def catch_up(self, browser: Browser) -> None:
        """What had to wait for a sweep."""
        with self.lock:
            waiting, self.later = self.later, []
        for try_ in waiting:
            if not try_(browser):
                with self.lock:
                    self.later.append(try_)

    def read_pages(self) -> None:
        """Somebody who only reads."""
        browser = Browser(self.stack.web_port)
        pages = ("", "attestation/cycle/", "attestation/attestation/", "attestation/notice/")
        while not self.over.wait(0.5):
            try:
                answer = browser.get(f"/admin/{self.chance.choice(pages)}")
                if answer.status == 302:
                    browser.log_in("hr", PASSWORD.strip())
                self.pages[str(answer.status)] += 1
            except OSError:
                self.pages["no answer"] += 1


# --- kills --------------------------------------------------------------------------------------------------

# Web and workers have children; PostgreSQL's are its sessions, and the death of one restarts it altogether.
WITH_CHILDREN = ("web", "worker", "postgres")


@dataclass
class Killer:
    """kill -9 at random moments, of what has been up for a while; `log` has (moment, what)."""

    stack: Stack
    chance: random.Random
    names: Sequence[str]
    log: list[tuple[float, str]] = field(default_factory=list)
    pause_s: tuple[float, float] = (1.5, 4.5)
    least_age_s: float = 4.0

    def kill(self, times: int) -> None:
        """So many, spread over the services."""
        left = [self.names[place % len(self.names)] for place in range(times)]
        self.chance.shuffle(left)
        for name in left:
            time.sleep(self.chance.uniform(*self.pause_s))
            service = self.grown(name)
            alone = name in WITH_CHILDREN and self.chance.random() < 0.4
            with self.stack.lock:
                what = f"{name}, one child" if alone and service.kill_child(self.chance) else name
                if what == name:
                    service.kill_all()
            self.log.append((time.monotonic(), what))

    def grown(self, name: str) -> Service:
        """The service, once it has been up for a moment: one that is killed as it starts does no work."""
        service = self.stack.services[name]
        give_up_at = time.monotonic() + 60
        while service.age_s < self.least_age_s:
            assert time.monotonic() < give_up_at, (
                f"{name} does not stay up:\n{self.stack.log_of(name)[-3000:]}"
            )
            time.sleep(0.05)
        return service

    def between(self, since: float, until: float) -> bool:
        """Whether something was killed that time."""
        return any(since - 1 <= moment <= until for moment, _what in self.log)


# --- the audit ----------------------------------------------------------------------------------------------


@dataclass
class Findings:
    """What is wrong, by kind; all empty is a pass."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    letters: int = 0
    repeats: int = 0

    def all(self) -> list[str]:
        return [*self.lost, *self.doubled, *self.wrong]


def calm_down(office: Office) -> None:
    """Everything up, then sweeps far ahead until nothing is left to do."""
    stack = office.stack
    stack.wait_for(*(name for name, service in stack.services.items() if service.wanted))
    for name in stack.services:
        if name.startswith(("worker", "beat")):
            # Gently: a sweep that is killed holds the next one up for the rest of its lease.
            stack.stop(name, gently=True)
    at = office.at(-QUIET_AFTER_DAYS)
    for _ in range(60):
        done = stack.manage("sweep", "--at", at, "--json", within_s=300)
        assert done.returncode == 0, done.stdout + done.stderr
        said = json.loads(done.stdout)
        changed = [v for k, v in said.items() if isinstance(v, int) and not isinstance(v, bool) and v]
        if said["ran"] and not changed:
            return
        if not said["ran"]:
            time.sleep(5)
    raise AssertionError("the sweeps do not come to rest")


def audit(office: Office, killer: Killer) -> Findings:
    """Everything that is promised, against what is there."""
    found = Findings()
    for act in office.acts:
        if not (act.acknowledged or act.seen):
            continue
        number_of = office.one(act.evidence)
        if number_of < 1:
            found.lost.append(f"{act.kind} {act.key}: acknowledged, and not there")
        elif number_of > 1:
            found.doubled.append(f"{act.kind} {act.key}: {number_of} times")
    audit_effects(office, found)
    audit_letters(office, killer, found)
    audit_verdicts(office, found)
    broken = json.loads(office.stack.manage("verify_journal", "--json").stdout)["broken"]
    if broken:
        found.wrong.append(f"the journal is broken: {broken}")
    return found


ONCE = {
    "finalised": "SELECT subject, COUNT(*) FROM attestation_journalentry WHERE act = 'finalise' "
    "GROUP BY subject HAVING COUNT(*) > 1",
    "final decision": "SELECT attestation_id, COUNT(*) FROM attestation_decision WHERE state = 'final' "
    "GROUP BY attestation_id HAVING COUNT(*) > 1",
    "consequence": "SELECT attestation_id, kind, COUNT(*) FROM attestation_consequence "
    "GROUP BY attestation_id, kind HAVING COUNT(*) > 1",
    "term": "SELECT attestation_id, kind, COUNT(*) FROM attestation_deadline WHERE state <> 'void' "
    "AND attestation_id IS NOT NULL AND kind <> 'category' GROUP BY attestation_id, kind HAVING COUNT(*) > 1",
    "deadline closed": "SELECT subject, COUNT(*) FROM attestation_journalentry WHERE act LIKE 'deadline_%' "
    "GROUP BY subject HAVING COUNT(*) > 1",
    "notice": "SELECT attestation_id, kind, user_id, employee_id, COUNT(*) FROM attestation_notice "
    "WHERE kind IN ('result_published', 'decision_final', 'listed', 'dismissal_due', 'appeal_resolved') "
    "GROUP BY attestation_id, kind, user_id, employee_id HAVING COUNT(*) > 1",
    "category term": "SELECT employee_id, starts_on, COUNT(*) FROM attestation_categoryterm "
    "GROUP BY employee_id, starts_on HAVING COUNT(*) > 1",
}
NONE_LEFT = {
    "a final decision without its journal entry": "SELECT d.id FROM attestation_decision d WHERE d.state = "
    "'final' AND NOT EXISTS (SELECT 1 FROM attestation_journalentry j WHERE j.act = 'finalise' "
    "AND j.attestation_id = d.attestation_id)",
    "a final decision without its notice": "SELECT d.id FROM attestation_decision d WHERE d.state = 'final' "
    "AND NOT EXISTS (SELECT 1 FROM attestation_notice n WHERE n.kind = 'decision_final' "
    "AND n.attestation_id = d.attestation_id)",
    "a published result without its term": "SELECT r.id FROM attestation_result r WHERE r.published_at IS "
    "NOT NULL AND r.supersedes_id IS NULL AND NOT EXISTS (SELECT 1 FROM attestation_deadline t "
    "WHERE t.kind = 'appeal' AND t.attestation_id = r.attestation_id)",
    "a term that is over and open": "SELECT id FROM attestation_deadline WHERE state = 'open' "
    "AND kind IN ('appeal', 'grace', 'scoring')",
    "a notice that stays queued": "SELECT id FROM attestation_notice WHERE state IN ('queued', 'failed')",
    "work that failed for good": "SELECT id FROM attestation_workfailure WHERE solved_at IS NULL",
    "an effect that waits": "SELECT id FROM attestation_readyeffect WHERE state = 'waiting'",
}


def audit_effects(office: Office, found: Findings) -> None:
    """Legal effects once each, none missing."""
    for what, query in ONCE.items():
        found.doubled += [f"{what}: {row}" for row in office.sql(query)]
    for what, query in NONE_LEFT.items():
        found.lost += [f"{what}: {row}" for row in office.sql(query)]


def audit_letters(office: Office, killer: Killer, found: Findings) -> None:
    """Each sent notice reached the mail server; more than once only around a kill, as the same letter."""
    import hashlib

    sent = office.sql(
        "SELECT n.key, COALESCE(u.email, e.email) FROM attestation_notice n "
        "LEFT JOIN attestation_user u ON u.id = n.user_id "
        "LEFT JOIN attestation_employee e ON e.id = n.employee_id WHERE n.sent_at IS NOT NULL"
    )
    promised = {f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}": (key, to) for key, to in sent}
    moments: dict[str, list[float]] = {}
    for message_id, to, moment in office.stack.mail.taken:
        digest = message_id.split("@")[0]
        if digest not in promised or promised[digest][1] != to:
            found.wrong.append(f"a letter to {to} that no notice stands for: {message_id}")
        moments.setdefault(digest, []).append(moment)
    found.lost += [f"sent, and never received: {promised[d]}" for d in promised if d not in moments]
    found.letters, found.repeats = len(moments), office.stack.mail.repeats()
    for digest, times in moments.items():
        for first, second in pairwise(times):
            if not killer.between(first, second):
                found.doubled.append(f"a letter twice with nothing killed between: {promised.get(digest)}")


def audit_verdicts(office: Office, found: Findings) -> None:
    """Each case as the order has it, by the pure rules alone."""
    lines, reported = [], []
    for made in office.rounds:
        said = json.loads(office.stack.manage("report", "--cycle", made.code, "--json").stdout)
        rows = {row["iin"]: row for row in said["attestations"]}
        for person in made.people:
            row = rows.get(person.iin)
            if row is None:
                found.lost.append(f"{made.code} {person.iin}: not in the report")
            elif person.correct is None:
                expected = "closed" if person.iin in made.closed else "absent"
                if row["status"] != expected:
                    found.wrong.append(f"{made.code} {person.iin}: {row['status']}, not {expected}")
            else:
                lines.append(facts_of(office, made, person))
                reported.append((made.code, person.iin, row))
    asked = office.stack.manage("simulate_decisions", stdin="\n".join(json.dumps(line) for line in lines))
    for answer, (code, iin, row) in zip(asked.stdout.splitlines(), reported, strict=True):
        compare(json.loads(answer), f"{code} {iin}", row, found)


def facts_of(office: Office, made: Round, person: Person) -> dict[str, Any]:
    """A line for `simulate_decisions`: what was put in, and the day that follows from it."""
    pk = office.case_pk(made, person)
    published = office.one(
        "SELECT published_at FROM attestation_result "
        f"WHERE attestation_id = {pk} AND supersedes_id IS NULL"
    )
    if isinstance(published, str):
        published = datetime.fromisoformat(published + "+00:00")
    params = parameters_on(made.ends)
    calendar = calendar_from(local_day(published).year, read_days_moved({}))
    grace = grace_due(appeal_due(published, calendar, params).due_on, calendar, DEFAULTS)
    ruling = made.ruled.get(person.iin)
    waited = [made.ends] + ([local_day(ruled_at(office, pk))] if ruling else [])
    return {
        "id": person.iin,
        "position": person.position,
        "purpose": person.purpose,
        "repeat": person.repeat,
        "existing": (person.category or "none") if person.purpose == "category" else None,
        "declared": person.declared or None,
        "correct": (person.correct or 0) + (ruling == "uphold"),
        "total": 100,
        "rating": "5" if person is made.people[2] and not made.live else None,
        "violations": (1 if person is made.people[2] and not made.live else 0),
        "decided_on": final_on(grace.due_on, waited).isoformat(),
    }


def ruled_at(office: Office, pk: int) -> datetime:
    """When the appeal was closed, by the record."""
    at = office.one(f"SELECT last_appeal_closed_at FROM attestation_attestation WHERE id = {pk}")
    return datetime.fromisoformat(at + "+00:00") if isinstance(at, str) else at


def compare(answer: Mapping[str, Any], where: str, row: Mapping[str, Any], found: Findings) -> None:
    """The report against the pure rules."""
    if answer["error"]:
        found.wrong.append(f"{where}: {answer['error']}")
        return
    expected = {"status": "final", "final": True}
    expected |= {name: answer[name] for name in ("decision", "category", "reattest_by", "category_until")}
    for name, value in expected.items():
        if row[name] != value:
            found.wrong.append(f"{where}: {name} {row[name]!r}, by the order {value!r}")
    if sorted(row["consequences"]) != sorted(answer["consequences"]):
        found.wrong.append(f"{where}: {row['consequences']}, by the order {answer['consequences']}")


# --- the whole run ------------------------------------------------------------------------------------------


def set_up(stack: Stack, *, seed: int, rounds: int) -> Office:
    """The office settled; the product not started yet."""
    office = Office(stack, random.Random(seed), datetime.now(ALMATY), rounds)
    office.settle()
    return office


def work(office: Office, *, kills: int, seed: int, hands: int = 2) -> tuple[Killer, Findings]:
    """The load, the kills, the rest, the audit."""
    stack = office.stack
    killer = Killer(stack, random.Random(seed), list(stack.services))
    stack.wait_for(*stack.services)
    people = [threading.Thread(target=office.hand, args=(n,), daemon=True) for n in range(hands)]
    people.append(threading.Thread(target=office.read_pages, daemon=True))
    for person in people:
        person.start()
    killer.kill(kills)
    office.over.set()
    for person in people:
        person.join(180)
    if any(person.is_alive() for person in people):
        office.troubles.append("somebody did not come to an end")
    finish(office)
    return killer, audit(office, killer)


def finish(office: Office) -> None:
    """What waited for a sweep, before and after everything has come to rest."""
    calm_down(office)
    browser = Browser(office.stack.web_port)
    browser.log_in("hr", PASSWORD.strip())
    office.catch_up(browser)
    calm_down(office)
    if office.later:
        office.troubles.append(f"{len(office.later)} acts never became possible")


def table(office: Office, killer: Killer, found: Findings) -> str:
    """The figures, for people."""
    kinds = Counter(what for _moment, what in killer.log)
    acts = Counter(act.kind for act in office.acts)
    lines = ["kills".ljust(24) + str(len(killer.log)).rjust(6)]
    lines += [f"  {name}".ljust(24) + str(count).rjust(6) for name, count in sorted(kinds.items())]
    lines.append("acts".ljust(24) + str(len(office.acts)).rjust(6))
    lines += [f"  {name}".ljust(24) + str(count).rjust(6) for name, count in sorted(acts.items())]
    figures = {
        "acknowledged": sum(act.acknowledged for act in office.acts),
        "seen after no answer": sum(act.seen for act in office.acts),
        "tries without an answer": sum(act.tries - 1 for act in office.acts),
        "pages read": sum(office.pages.values()),
        "  without an answer": office.pages["no answer"],
        "cases": sum(len(made.people) for made in office.rounds),
        "letters": found.letters,
        "letters repeated": found.repeats,
        "lost": len(found.lost),
        "doubled": len(found.doubled),
        "not as by the order": len(found.wrong),
    }
    return "\n".join(lines + [name.ljust(24) + str(value).rjust(6) for name, value in figures.items()])
