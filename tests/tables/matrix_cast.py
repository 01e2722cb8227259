"""The table of who may what: twelve people, every address of the product, whose row it is about."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

from django.contrib import admin
from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.test import Client
from django.urls import reverse

from appeals.models import AgendaItem, AppealItem, Attachment, DifferingRuling
from appeals.services.commission import appoint
from attestation.admin.actions import actions_on
from attestation.admin.base import REFERENCE, visible
from attestation.by import By
from attestation.models import Employee, ImportJob, Role, User
from scoring.models import HeldRow
from tests.attestation.admin_cast import Region, client_of, export_address, make_region, url
from tests.factories import CenterFactory, EmployeeFactory, UserFactory
from tests.siblings_cast import decided
from tests.tables.doors import answered
from tests.tables.office_cast import NOW
from tests.tables.page_cast import (
    NAMES,
    Record,
    addresses,
    at_the_screen,
    job_of,
    make_everything,
    name_of,
    row_of,
)
from tests.tables.twins import make_twins

VOTERS = ("deputy", "chair", "member")
PEOPLE = (
    *("nobody", "no-role", "hr", "hr-career", "hr-elsewhere", "auditor", "secretary"),
    *VOTERS,
    *("administrator", "superuser"),
)
TABLE = Path(__file__).with_name("matrix.txt")
# What reading may write: the log of views, the session's last-seen, the tries at a password.
NO_RECORD = {"attestation_viewentry", "django_session", "attestation_logintries"}
# The few that are no page of the back office, and what stands in them.
OUTSIDE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("home", "healthz", "metrics", "set_language"), ()),
    "feed": ("secret",),
    "set_password": ("MQ", "a-b"),
}
WRITES = re.compile(r'\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)
# What a form does not show, sent all the same.
EXTRA = {
    "is_superuser": "on",
    "role": Role.ADMINISTRATOR,
    "status": "final",
    "reason": "х",
    "choice": "reject",
}
MISSING = 10**9
# Of an open item these pages show the question, never the person.
NAMELESS: tuple[type[Model], ...] = (AgendaItem, AppealItem, HeldRow, DifferingRuling)


@dataclass
class World:
    """The record, another region with a row in every table of its own, and everybody at the screen."""

    record: Record
    there: Region
    people: dict[str, User]
    rows: dict[type[Model], dict[str, Model]] = field(default_factory=dict)


@dataclass
class Cell:
    """An address about a row: where it is, where the same of no row is, and what a POST brings along."""

    path: str
    missing: str = ""
    data: dict[str, Any] = field(default_factory=lambda: dict(EXTRA))


def make_world() -> World:
    """Rows of the officer's own region, of another one, and of people whose review is blind."""
    record = make_everything()
    office = record.office
    there = make_region("Ъ5Ү")
    decided(90, "4", employee=EmployeeFactory(center=there.career))
    make_twins(office.region, there)
    deputy = UserFactory(role=Role.CHAIR)
    appoint(deputy, "deputy", None, date(2026, 1, 5), by=By(None, NOW))
    people = {
        "no-role": UserFactory(role=""),
        "hr": office.region.officer,
        "hr-career": UserFactory(role=Role.HR, center=office.region.career),
        "hr-elsewhere": UserFactory(role=Role.HR, center=CenterFactory()),
        "deputy": deputy,
        "superuser": UserFactory(role="", is_superuser=True),
    }
    for role in ("auditor", "secretary", "chair", "member", "administrator"):
        user = office.people[role]
        assert user is not None
        people[role] = user
    office.people |= people
    job_of(people["hr"], "staff")
    job_of(there.officer, "staff")
    world = World(record, there, people)
    world.rows = {model: rows_of(model, world) for model in admin.site._registry}
    return world


def rows_of(model: type[Model], world: World) -> dict[str, Model]:
    """By whose it is: a row of the region, of another one, of somebody under blind review; else any."""
    rows: QuerySet[Any] = model._default_manager.order_by("pk")
    if model in REFERENCE or not visible(world.people["hr"], rows).exists():
        return {"one": row_of(model, world.record)}
    own = visible(world.people["hr"], rows)
    found: dict[str, Model | None] = {
        "own": row_of(model, world.record),
        "foreign": visible(world.there.officer, rows.exclude(pk__in=own.values("pk"))).first(),
        "blind": own.exclude(pk__in=visible(world.people["member"], rows).values("pk")).first(),
    }
    if model in NAMELESS:
        found["blind"] = own.first()
    return {whose: row for whose, row in found.items() if row is not None}


def cells(world: World) -> dict[tuple[str, str], Cell]:
    """Every address × whose row it is about."""
    found: dict[tuple[str, str], Cell] = {}
    for model, page in admin.site._registry.items():
        name = name_of(model)
        found[f"{name} add", "-"] = Cell(url(f"{name}_add"))
        bulk = [str(getattr(act, "__name__", act)) for act in page.actions or ()][:1]
        for whose, row in world.rows[model].items():
            data = {"action": bulk, "_selected_action": row.pk} if bulk else {}
            found[f"{name} list", whose] = Cell(url(f"{name}_changelist"), data=data)
            for title in ("record", "journal", "delete"):
                path, missing = (url(f"{name}_{NAMES[title]}", key) for key in (row.pk, MISSING))
                data = {"post": "yes"} if title == "delete" else EXTRA
                found[f"{name} {title}", whose] = Cell(path, missing, dict(data))
            for act in actions_on(model) if hasattr(page, "action_view") else ():
                path, missing = (url(f"{name}_act", key, act.slug) for key in (row.pk, MISSING))
                found[f"{name} do {act.slug}", whose] = Cell(path, missing, typed_into(world, act, row))
    found |= others(world)
    own = {name for name, whose in found if whose in ("own", "one", "-")}
    rest = {(name, "-"): Cell(path) for name, (_method, path) in addresses(world.record).items()}
    rest |= {(name, "-"): Cell(reverse(name, args=args)) for name, args in OUTSIDE.items()}
    return found | {key: cell for key, cell in rest.items() if key[0] not in own}


def typed_into(world: World, act: Any, row: Model) -> dict[str, Any]:
    """The form of the act, filled in as by an administrator, and sent as if what follows had been read."""
    form = answered(act, row, world.people["administrator"], NOW)
    return {**EXTRA, **dict(form.data.lists()), **form.files, "step": "save"}


def others(world: World) -> dict[tuple[str, str], Cell]:
    """The addresses about a row that are no page of a table."""
    found: dict[tuple[str, str], Cell] = {}
    appeals = {"own": world.record.office.item.appeal, "blind": world.record.office.item.appeal}
    for whose, appeal in (appeals | {"foreign": world.there.appeal}).items():
        paper = Attachment.objects.get(appeal=appeal)
        places = [url("appeals_appeal_paper", appeal.pk, key) for key in (paper.pk, MISSING)]
        found["appeals_appeal_paper", whose] = Cell(*places)
    for whose, user in (("own", world.people["hr"]), ("foreign", world.there.officer)):
        job = ImportJob.objects.get(actor=user, filename="f.csv")
        for name in ("attestation_importjob_differences", "attestation_importjob_failed"):
            found[name, whose] = Cell(*(url(name, key) for key in (job.pk, MISSING)))
    cycle = world.there.case.cycle_id
    for kind in ("attestees", "courses", "results", "appeals"):
        places = [export_address(kind, key) for key in (cycle, MISSING)]
        found[f"export {kind}", "foreign"] = Cell(*places)
    return found


# --- asking -----------------------------------------------------------------------------------------------


def enter(world: World, who: str) -> Client:
    """The person at the screen; whoever votes has read the names of the agenda."""
    if who == "nobody":
        client = Client()
    elif who in VOTERS:
        client = at_the_screen(world.record, who)
    else:
        client = client_of(world.people[who])
    # An error is an answer of 500, which names its address.
    client.raise_request_exception = False
    return client


@contextmanager
def taken_back() -> Iterator[list[str]]:
    """The tables that are written to, but for what is rolled back; in the end all of it is."""
    written: list[str] = []
    marks: list[tuple[str, int]] = []

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SAVEPOINT"):
            marks.append((sql.split()[-1], len(written)))
        elif sql.startswith("ROLLBACK TO SAVEPOINT"):
            del written[dict(marks)[sql.split()[-1]] :]
        elif match := WRITES.match(sql):
            written.append(match[1])
        return execute(sql, params, many, context)

    around = transaction.atomic()
    around._from_testcase = True  # type: ignore[attr-defined]  # durable blocks may stand inside
    with around, connection.execute_wrapper(watch):
        yield written
        transaction.set_rollback(True)


@dataclass
class Answer:
    """What somebody was answered, and which tables of the product's own record were written to."""

    status: int
    location: str
    said: list[str]
    written: set[str]
    text: str
    headers: str

    @property
    def word(self) -> str:
        """As the table has it."""
        if self.status != 302:
            return "out" if self.status == 200 and self.written else str(self.status)
        if self.written:
            return "did"
        if self.location.startswith(url("login")):
            return "log"
        return "non" if any("no such record" in said for said in self.said) else "302"

    @property
    def alike(self) -> tuple[int, str, list[str]]:
        """What must not tell a foreign row from none."""
        return self.status, self.location, self.said


def ask(client: Client, method: str, path: str, data: dict[str, Any]) -> Answer:
    """One request, whose every trace is taken back."""
    cookies = deepcopy(client.cookies)
    with taken_back() as written:
        answer = client.get(path) if method == "GET" else client.post(path, deepcopy(data))
        text = text_of(b"".join(answer))
    client.cookies = cookies
    kept = getattr(answer.wsgi_request, "_messages", None)
    said = [str(message) for message in kept._queued_messages] if kept is not None else []
    headers = "\n".join(answer.headers.values())
    return Answer(
        answer.status_code, answer.get("Location", ""), said, set(written) - NO_RECORD, text, headers
    )


def text_of(content: bytes) -> str:
    """A page as it is; of a spreadsheet what stands in its parts."""
    if not content.startswith(b"PK"):
        return content.decode(errors="replace")
    with zipfile.ZipFile(BytesIO(content)) as packed:
        return "\n".join(packed.read(name).decode(errors="replace") for name in packed.namelist())


def marks_of(world: World) -> list[str]:
    """All that tells whose the open item is."""
    case = world.record.office.region.appealed
    person = Employee.objects.get(pk=case.employee_id)
    return [person.last_name, person.iin, case.case_no]


# --- the table --------------------------------------------------------------------------------------------

Row = dict[str, tuple[str, str]]


def read_table() -> dict[tuple[str, str], Row]:
    """matrix.txt: by address and row, each person's answers to GET and to POST."""
    found: dict[tuple[str, str], Row] = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            *name, whose = line[:60].split()
            pairs = [tuple(word.split("/")) for word in line[60:].split()]
            found[" ".join(name), whose] = dict(zip(PEOPLE, pairs, strict=True))  # type: ignore[arg-type]
    return found


def write_column(who: str, column: dict[tuple[str, str], tuple[str, str]]) -> None:
    """Put one person's answers into matrix.txt."""
    old = read_table() if TABLE.exists() else {}
    lines = HEAD.splitlines()
    lines.append("#".ljust(60) + " ".join(name.ljust(13) for name in PEOPLE).rstrip())
    for (name, whose), pair in sorted(column.items()):
        row = {**dict.fromkeys(PEOPLE, ("?", "?")), **old.get((name, whose), {}), who: pair}
        words = " ".join("/".join(row[person]).ljust(13) for person in PEOPLE).rstrip()
        lines.append(f"{name} {whose}".ljust(59) + " " + words)
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


HEAD = """\
# Who may what: each address × whose row it is about × who asks: GET/POST (tests/tables/test_matrix.py).
# own: of the region of `hr`; foreign: of another region; blind: of somebody on whom a commission will vote;
# one: of a table without scope; -: about no row.
# did: a POST that wrote something on record; out: a file went out, which the journal has; log: to the login;
# non: "There is no such record among those in your sight"; the others are plain answers of HTTP.
"""
