"""An outsider's desk: numbers with right check digits, spreadsheets, commands and what they answered."""

import csv
import io
import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from django.core.management import CommandError, get_commands, load_command_class
from openpyxl import Workbook

STAFF = ("iin", "last_name", "first_name", "center_bin", "position", "hired_on", "category", "category_from")
CENTERS = ("bin", "name_kk", "name_ru", "kind", "parent_bin", "region")
RATINGS = ("iin", "rated_on", "score", "external_id")
VIOLATIONS = ("iin", "recorded_on", "description", "external_id")
APPEALS = ("iin", "question", "argument", "filed_at", "external_id")
RULINGS = ("external_id", "question", "ruling", "reason", "present", "for", "against")
MANAGERS = ("director", "deputy_director", "unit_head", "center_specialist")
PASSWORD = "Long-enough-phrase-71\n"


def check_digit(eleven: str) -> str | None:
    """The twelfth digit as formats.md has it; None where there is none."""
    for weights in (range(1, 12), [*range(3, 12), 1, 2]):
        digit = sum(int(a) * b for a, b in zip(eleven, weights, strict=True)) % 11
        if digit < 10:
            return str(digit)
    return None


def number(stem: str, serials: Iterable[int]) -> str:
    """The next valid number that begins so."""
    for serial in serials:
        eleven = f"{stem}{serial:0{11 - len(stem)}d}"
        digit = check_digit(eleven)
        if digit is not None:
            return eleven + digit
    raise AssertionError("no number is left")


@dataclass
class Answer:
    """What a command left behind: its exit status, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The one JSON object on standard output; anything else there is an error."""
        return json.loads(self.out)

    @property
    def errors(self) -> list[tuple[int, str, str, str]]:
        return [(e["row"], e["column"], e["field"], e["value"]) for e in self.data["errors"]]

    @property
    def messages(self) -> list[str]:
        return [error["message"] for error in self.data["errors"]]


def run(name: str, *arguments: str, stdin: str = "") -> Answer:
    """One command line, parsed as manage.py parses it; the database connection stays open.

    Django's checks of the whole project are left to `make check`: they are a fifth of what these tests cost.
    """
    out, err, code = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err), mock.patch.object(sys, "stdin", io.StringIO(stdin)):
        try:
            command = load_command_class(str(get_commands()[name]), name)
            options = vars(command.create_parser("manage.py", name).parse_args(list(arguments)))
            command.execute(*options.pop("args", ()), **(options | {"skip_checks": True}))
        except CommandError as refusal:
            code = refusal.returncode
            err.write(str(refusal))
        except SystemExit as leaving:
            code = int(leaving.code or 0)
    return Answer(code, out.getvalue(), err.getvalue())


@dataclass
class Serials:
    """Counts on; a copy of it counts by itself."""

    last: int = 16

    def __iter__(self) -> "Serials":
        return self

    def __next__(self) -> int:
        self.last += 1
        return self.last


@dataclass
class Desk:
    """A folder for spreadsheets, two labour mobility centres with a career centre each, nicknames."""

    folder: Path
    people: dict[str, str] = field(default_factory=dict)
    serials: Serials = field(default_factory=Serials)

    def __post_init__(self) -> None:
        self.lmc, self.career, self.other_lmc, self.other_career = (self.bin() for _ in range(4))

    # --- numbers and files ------------------------------------------------------------------------------

    def iin(self, born: str = "900517", century: str = "4") -> str:
        return number(born + century, self.serials)

    def bin(self) -> str:
        return number("0701400", self.serials)

    def xlsx(self, header: Sequence[Any], *rows: Sequence[Any], above: Sequence[Sequence[Any]] = ()) -> str:
        book = Workbook()
        for row in [*above, header, *rows]:
            book.active.append(list(row))
        path = self.folder / f"{next(iter(self.serials))}.xlsx"
        book.save(path)
        return str(path)

    def csv(
        self, header: Sequence[Any], *rows: Sequence[Any], encoding: str = "utf-8", delimiter: str = ","
    ) -> str:
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter).writerows([header, *rows])
        path = self.folder / f"{next(iter(self.serials))}.csv"
        path.write_bytes(text.getvalue().encode(encoding))
        return str(path)

    # --- commands ---------------------------------------------------------------------------------------

    def ask(self, name: str, *arguments: str, at: str, stdin: str = "") -> Answer:
        return run(name, *arguments, "--json", "--at", f"{at}+05:00" if "+" not in at else at, stdin=stdin)

    def do(self, name: str, *arguments: str, at: str, stdin: str = "") -> Any:
        """A command that must be carried out; its JSON."""
        answer = self.ask(name, *arguments, at=at, stdin=stdin)
        assert answer.code == 0, answer
        return answer.data

    def report(self, cycle: str) -> dict[str, dict[str, Any]]:
        """The report, by nickname."""
        answer = run("report", "--cycle", cycle, "--json")
        assert answer.code == 0, answer
        assert answer.data["cycle"] == cycle
        rows = answer.data["attestations"]
        assert [row["iin"] for row in rows] == sorted(row["iin"] for row in rows)
        names = {iin: name for name, iin in self.people.items()}
        return {names[row["iin"]]: row for row in rows}

    # --- the way there ------------------------------------------------------------------------------------

    def settle(self, at: str = "2025-10-01T09:00") -> None:
        """The centres and the commission of one."""
        rows = [
            (self.career, "Мансап орталығы", "Карьерный центр", "career", self.lmc, "Алматы"),
            (self.lmc, "Еңбек мобильділігі орталығы", "Центр", "labour_mobility", "", "Алматы"),
            (self.other_lmc, "Екінші орталық", "Второй центр", "labour_mobility", "", "Астана"),
            (self.other_career, "Екінші мансап", "Второй", "career", self.other_lmc, "Астана"),
        ]
        assert self.do("import_centers", self.xlsx(CENTERS, *rows), at=at)["new"] == 4
        self.officer("chair", "chair", "--from", "2025-09-01", at=at)

    def officer(self, name: str, role: str, *more: str, at: str = "2025-10-01T09:00") -> None:
        self.do("create_officer", name, "--role", role, *more, at=at, stdin=PASSWORD)

    def hire(self, at: str = "2025-10-01T10:00", **people: str) -> None:
        """nickname="position" or "position category from" on the staff of the two first centres."""
        rows = []
        for name, words in people.items():
            position, category, since = (*words.split(), "", "")[:3]
            own = (*MANAGERS, "center_specialist")
            center = self.lmc if position in own else self.career
            self.people[name] = self.iin()
            rows.append((self.people[name], "Ким", "Ан", center, position, "2020-01-15", category, since))
        assert self.do("import_staff", self.xlsx(STAFF, *rows), at=at)["new"] == len(rows)

    def cycle(self, code: str, starts: str, ends: str, at: str, **people: str) -> None:
        """nickname="purpose" or "purpose declared": opened, listed, with courses, admitted."""
        stage = ("--testing-starts", starts, "--testing-ends", ends)
        self.do("open_cycle", "--center", self.lmc, "--code", code, *stage, at=at)
        wanted = {name: (*words.split(), "")[:2] for name, words in people.items()}
        listed = [(self.people[name], purpose, declared) for name, (purpose, declared) in wanted.items()]
        file = self.xlsx(("iin", "purpose", "declared"), *listed)
        self.do("list_attestees", "--cycle", code, "--file", file, at=at)
        header = ("iin", "hours_required", "hours_completed", "course_category")
        hours = [(iin, 40, 40, declared) for iin, _, declared in listed]
        self.do("import_courses", self.xlsx(header, *hours), "--cycle", code, at=at)
        assert self.do("admit", "--cycle", code, at=at)["not_admitted"] == []

    def results(self, code: str, finished: str, at: str, **people: str) -> None:
        """nickname="correct total" or "correct total 1,2,3": on record, not published."""
        header = ("iin", "questions_total", "correct_answers", "wrong_questions", "finished_at")
        rows = []
        for name, words in people.items():
            correct, total, wrong = (*words.split(), "")[:3]
            rows.append((self.people[name], int(total), int(correct), wrong, finished))
        self.do("import_results", self.xlsx(header, *rows), "--cycle", code, at=at)

    def publish(self, code: str, at: str) -> int:
        return int(self.do("publish_results", "--cycle", code, at=at)["published"])

    def sweep(self, at: str) -> dict[str, Any]:
        return dict(self.do("sweep", at=at))

    def read(self, through: str, at: str, ratings: dict[str, Any], violations: dict[str, str]) -> None:
        """I-27: one rating, one violation a person, and through which day both are read."""
        scores = [
            (self.people[who], "2026-01-10", score, f"R-{who}-{through}") for who, score in ratings.items()
        ]
        wrongs = [(self.people[who], day, "Қате", f"V-{who}-{through}") for who, day in violations.items()]
        more = ("--read-through", through, "--center", self.lmc)
        self.do("import_ratings", self.xlsx(RATINGS, *scores), *more, at=at)
        self.do("import_violations", self.xlsx(VIOLATIONS, *wrongs), *more, at=at)

    def appeal(self, code: str, at: str, *rows: tuple[str, int, str, str]) -> Answer:
        """Rows of nickname, question, filed_at, external_id."""
        lines = [(self.people[who], question, "Дәлел", filed, ext) for who, question, filed, ext in rows]
        return self.ask("import_appeals", self.xlsx(APPEALS, *lines), "--cycle", code, at=at)

    def rule(self, at: str, *rows: Sequence[Any], by: str = "chair") -> Answer:
        lines = [(*row, *[""] * (len(RULINGS) - len(row))) for row in rows]
        return self.ask("rule_appeals", self.xlsx(RULINGS, *lines), "--as", by, at=at)
