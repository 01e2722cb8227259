"""The storm: two beats, four workers, manual sweeps, messages three times, Redis flushed; weeks in minutes.

The simulated clock stands still until nobody has anything left to do at its moment, then goes on: a slow
machine makes the storm longer and no different. What comes out is compared with a quiet run of one process on
a copy, to the moment of each effect. The sweeps' lease is broken again and again, so that sweeps do overlap.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.faults.stack import Stack, add_product
from tests.faults.stack_service import ROOT
from tests.faults.storm_cast import Cast, agenda
from tests.faults.storm_watch import FILE, Watch, noted, swept

APP = "tests.faults.storm_app"
BEATS = 2
PATIENCE_S = 120


@dataclass
class Figures:
    """What the storm was, and what came out."""

    days: int = 0
    workers: int = 0
    ticks: int = 0
    flushes: int = 0
    manual: int = 0
    leases_broken: int = 0
    tasks: int = 0
    letters: int = 0
    repeats: int = 0
    compared: Counter[str] = field(default_factory=Counter)
    doubled: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    broken: str = ""
    seconds: dict[str, int] = field(default_factory=dict)

    def table(self) -> str:
        """For people."""
        lines = {
            "simulated days": self.days,
            "moments": self.ticks,
            "beats": BEATS,
            "workers": self.workers,
            "Redis flushed": self.flushes,
            "tasks run": self.tasks,
            "manual sweeps": self.manual,
            "leases broken": self.leases_broken,
            **{f"compared: {name}": number for name, number in self.compared.items()},
            "letters": self.letters,
            "letters repeated": self.repeats,
            "doubled": len(self.doubled),
            "missed": len(self.missed),
            **{f"seconds, {name}": value for name, value in self.seconds.items()},
        }
        return "\n".join(name.ljust(24) + str(value).rjust(8) for name, value in lines.items())


@dataclass
class Storm:
    """One run; `first` is where the simulated clock begins."""

    stack: Stack
    first: str
    days: int
    hours: int
    flushes: int
    seed: int
    workers: int = 4
    # Of each beat; every message comes three times.
    every_s: int = 1
    # Of the sweeps by hand, each a process of its own.
    by_hand_s: int = 5
    app: str = APP
    figures: Figures = field(default_factory=Figures)
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        files = self.stack.folder / "files"
        files.mkdir()
        self.cast = Cast(files)
        self.clock = self.stack.folder / "data" / "clock"
        self.at_work = self.clock.with_name(FILE)
        self.watch = Watch(self.at_work)
        early = [step for step in self.cast.within if step["at"] < f"{self.first}:00+05:00"]
        self.cast.before += early
        self.moments = agenda(self.first, self.days, self.hours, self.cast.within[len(early) :])
        self.figures.days, self.figures.workers, self.figures.ticks = (
            self.days,
            self.workers,
            len(self.moments),
        )

    def environment(self, database: str = "postgres", **more: str) -> dict[str, str]:
        """The embedded mode on PostgreSQL: production refuses a simulated clock."""
        env = self.stack.desk_environment() | {"SIMULATED_CLOCK": str(self.clock)} | more
        env["FAULTS_SWEEP_EVERY_S"] = str(self.every_s)
        if database != "postgres":
            env["DATABASE_URL"] = env["DATABASE_URL"].removesuffix("postgres") + database
            env["EMAIL_URL"] = "dummymail://"
            env["SIMULATED_CLOCK"] = str(self.clock.with_suffix(".alone"))
        return env

    def child(self, *arguments: str, env: dict[str, str], within_s: float = 900) -> str:
        """A run of storm_child.py."""
        command = [sys.executable, "-m", "tests.faults.storm_child", *arguments]
        done = subprocess.run(
            command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=within_s, check=False
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    def plan(self, name: str, **plan: Any) -> str:
        path = self.stack.folder / "files" / f"{name}.json"
        path.write_text(json.dumps(plan))
        return str(path)

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """Past the product."""
        import psycopg

        with psycopg.connect(self.stack.database_url_for_psycopg(), autocommit=True) as there:
            done = there.execute(query)
            return done.fetchall() if done.description else []

    # --- before -----------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """The same past for both: made once, copied."""
        self.child("steps", self.plan("before", steps=self.cast.before), env=self.environment())
        self.sql("UPDATE attestation_user SET email = username || '@office.example', language = 'ru'")
        self.sql("UPDATE attestation_ruleset SET escalation_address = 'above@office.example'")
        at = f"{self.first}:00+05:00"
        self.clock.write_text(at)
        self.settle(at)
        # What was sent so far is no part of the storm.
        self.stack.mail.taken.clear()
        self.copy()

    def settle(self, at: str) -> None:
        """Sweeps at one moment until the outbox is empty."""
        for _ in range(3):
            done = self.stack.manage("sweep", "--at", at, "--json", env=self.environment())
            assert done.returncode == 0, done.stdout + done.stderr

    def copy(self) -> None:
        """A template must have nobody connected: another database is asked."""
        import psycopg

        url = self.stack.database_url_for_psycopg("template1")
        with psycopg.connect(url, autocommit=True) as there:
            there.execute("CREATE DATABASE alone TEMPLATE postgres")

    # --- the two runs -----------------------------------------------------------------------------------

    def alone(self) -> dict[str, Any]:
        """One process, never interrupted."""
        env = self.environment("alone")
        self.child("alone", self.plan("alone", moments=self.moments), env=env)
        return dict(json.loads(self.child("snapshot", env=env)))

    def blow(self) -> dict[str, Any]:
        """Everything at once."""
        chance = random.Random(self.seed)
        given = self.environment()
        add_product(self.stack, self.app, workers=self.workers, beats=BEATS, web=False, given=given)
        self.stack.wait_for(*self.stack.services)
        others = [
            threading.Thread(target=work, daemon=True) for work in (self.sweep_by_hand, self.break_leases)
        ]
        for other in others:
            other.start()
        flushed = set(chance.sample(range(len(self.moments)), self.flushes))
        try:
            for place, (moment, steps) in enumerate(self.moments):
                self.live_through(moment, steps, chance.random() if place in flushed else None)
        finally:
            self.over.set()
            for other in others:
                other.join(60)
        for name in self.stack.services:
            if name.startswith(("worker", "beat")):
                self.stack.stop(name, gently=True)
        self.figures.tasks = sum(
            self.stack.log_of(name).count("succeeded in")
            for name in self.stack.services
            if name.startswith("worker")
        )
        return dict(json.loads(self.child("snapshot", env=self.environment())))

    def live_through(self, moment: str, steps: list[dict[str, Any]], flush_after_s: float | None) -> None:
        """One moment of the clock: what is due, then people's commands with the sweeps around them."""
        self.move_clock(moment)
        flush = None if flush_after_s is None else threading.Timer(flush_after_s, self.flush)
        if flush:
            flush.start()
        self.calm(moment)
        for step in steps:
            self.act(step)
            self.calm(moment)
        if flush:
            flush.join()

    def move_clock(self, moment: str) -> None:
        """For all processes at once: the file is replaced, never half written."""
        new = self.clock.with_suffix(".new")
        new.write_text(moment)
        new.replace(self.clock)

    def flush(self) -> None:
        """Everything in Redis is gone: queues, what was handed out, bindings."""
        with self.stack.redis_client() as there:
            there.flushall()
        self.figures.flushes += 1

    def act(self, step: dict[str, Any]) -> None:
        """A person's command in the middle of it."""
        given = (step["name"], *step["arguments"], "--at", step["at"])
        with noted(self.at_work):
            done = self.stack.manage(*given, stdin=step["stdin"], env=self.environment())
        assert done.returncode == 0, f"{step}: {done.stdout}{done.stderr}"

    def calm(self, moment: str) -> None:
        """Until nobody has anything left to do at this moment, and no letter is on its way."""
        give_up_at = time.monotonic() + PATIENCE_S
        waits = f"state = 'queued' AND (attempts > 0 OR not_before <= '{moment}')"
        while not self.watch.is_quiet(moment) or self.sql(f"SELECT 1 FROM attestation_notice WHERE {waits}"):
            if time.monotonic() > give_up_at:
                logs = "\n".join(self.stack.log_of(name)[-1500:] for name in self.stack.services)
                raise AssertionError(f"still at work at {moment} after {PATIENCE_S} s:\n{logs}")
            time.sleep(0.05)

    def sweep_by_hand(self) -> None:
        """Somebody who does not trust the workers."""
        while not self.over.wait(self.by_hand_s):
            with noted(self.at_work) as work:
                done = self.stack.manage("sweep", "--json", env=self.environment())
                if done.returncode:
                    self.figures.broken += done.stderr[-1000:]
                else:
                    found = swept(json.loads(done.stdout))
                    work.changed, work.swept_at = found.changed, found.swept_at
            self.figures.manual += 1

    def break_leases(self) -> None:
        """A process that slept longer than its lease: the next sweep begins while it is still at work."""
        import psycopg

        chance = random.Random(self.seed)
        held = "name = 'sweep' AND lease_until IS NOT NULL"
        broken = f"UPDATE attestation_jobrun SET lease_until = NULL WHERE {held}"
        with psycopg.connect(self.stack.database_url_for_psycopg(), autocommit=True) as there:
            while not self.over.wait(chance.uniform(0.05, 0.3)):
                self.figures.leases_broken += there.execute(broken).rowcount

    # --- the comparison ---------------------------------------------------------------------------------

    def compare(self, quiet: dict[str, Any], stormy: dict[str, Any]) -> Figures:
        """Line by line: one more is a double, one less is missed."""
        found = self.figures
        for name, expected in quiet["parts"].items():
            one, other = Counter(expected), Counter(stormy["parts"][name])
            found.compared[name] = len(expected)
            found.doubled += [f"{name}: {line}" for line in (other - one).elements()]
            found.missed += [f"{name}: {line}" for line in (one - other).elements()]
        found.broken += stormy["broken"]
        taken = self.stack.mail.times()
        found.letters, found.repeats = len(taken), self.stack.mail.repeats()
        before = {tuple(letter) for letter in self.sent_before}
        promised = {tuple(letter) for letter in stormy["letters"]} - before
        found.missed += [f"never received: {letter}" for letter in promised - set(taken)]
        found.doubled += [f"received {n} times: {letter}" for letter, n in taken.items() if n > 1]
        found.doubled += [f"of no notice: {letter}" for letter in set(taken) - promised - before]
        return found

    def run(self) -> Figures:
        """All of it."""
        self.timed("set-up", self.prepare)
        self.sent_before = json.loads(self.child("snapshot", env=self.environment()))["letters"]
        quiet = self.timed("quiet run", self.alone)
        return self.compare(quiet, self.timed("storm", self.blow))

    def timed(self, name: str, work: Callable[[], Any]) -> Any:
        """What it gives, and how long it took."""
        begun = time.monotonic()
        done = work()
        self.figures.seconds[name] = round(time.monotonic() - begun)
        return done
