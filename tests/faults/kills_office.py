"""What is done at the desk: rounds of attestation by commands and in the admin, while things are killed."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.contract.desk import PASSWORD, RATINGS, RULINGS, VIOLATIONS
from tests.faults.kills_desk import LIVE, PAST, RESULTS, Desk, Person, Round
from tests.faults.stack_web import Browser, NoAnswer


@dataclass
class Office(Desk):
    """Rounds from their opening to the last act, each act with its evidence."""

    # --- rounds -----------------------------------------------------------------------------------------

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

    def quiet_round(self) -> None:
        """A past round in one process, before anything is killed: its letters wait to be sent."""
        people = self.next_round("past")
        assert people is not None
        made = Round(f"P-{people[0].iin[-6:]}", False, people, self.day(24), self.day(20))
        for name, arguments, at in self._preparation(made, 31, 30):
            self.must(name, *arguments, at=at)
        rows = [(p.iin, 100, p.correct, f"{self.day(21)} 11:00") for p in people]
        cycle = ("--cycle", made.code)
        self.must("import_results", self.file(RESULTS, rows), *cycle, at=self.at(21, "15:00"))
        self.must("publish_results", *cycle, at=self.at(20, "16:00"))
        self.set_up()
        self.rounds.append(made)

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
            step="save",
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
                answer = browser.act(path, **values)
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
