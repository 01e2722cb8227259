"""Loads the living demo: the fixtures and eleven cycles relative to today, by the commands of the contract.

Every step is a command with the moment at which it would have been done; what would lie after today is left
undone: deadlines run, assessments are due, a list is half formed. One transaction: all of it or nothing.
"""

from __future__ import annotations

import contextlib
import io
import secrets
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from attestation.law.calendar import local_day
from attestation.models import CalendarDay, Center, Role, RuleSet, User
from attestation.refusals import Refused
from office.demo import sittings, story
from office.demo.files import (
    CycleFiles,
    StaffFile,
    labour_mobility_bin,
    moment,
    read_centers,
    read_staff,
    staffers,
)
from office.demo.steps import Step, cycle_steps, officer_of
from office.demo.story import DemoCycle, Staffer

FIXTURES = Path(settings.BASE_DIR) / "fixtures"
HR_REGION = "KZ-11"
STAFF_READ_DAYS_BEFORE = 36
CALENDAR_AHEAD_DAYS = 30
STAFF_READ_AGAIN_DAYS_AGO = 20


@dataclass(frozen=True)
class Login:
    """A demo account; its password is public, so it opens nothing outside the demo."""

    username: str
    role: str
    password: str
    last_name: str
    first_name: str
    purpose: Promise | str = ""

    def label(self) -> str:
        """What the account may be tried out for."""
        return str(Role(self.role).label)


LOGINS = (
    Login(
        *("admin", Role.ADMINISTRATOR, "demo-admin-271", "Досмагамбетов", "Тимур"),
        lazy("accounts, the calendar of days off, the rule sets, the health of the system"),
    ),
    Login(
        *("hr", Role.HR, "demo-hr-271", "Сүлейменова", "Әсем"),
        lazy("files, cycles, the list, admission, publishing results"),
    ),
    Login(
        *("chair", Role.CHAIR, "demo-chair-271", "Оразалиев", "Қанат"),
        lazy("rulings on appeals and ratings, sittings"),
    ),
    Login(
        *("auditor", Role.AUDITOR, "demo-auditor-271", "Захарова", "Вера"),
        lazy("sees everything, changes nothing"),
    ),
    Login(
        *("secretary", Role.SECRETARY, "demo-secretary-271", "Әлиева", "Гүлнар"),
        lazy("plans sittings, counts the votes, writes the reasons"),
    ),
    Login(
        *("member", Role.MEMBER, "demo-member-271", "Нұрғалиева", "Сәуле"),
        lazy("votes on the questions of appeals"),
    ),
    Login(
        *("admin2", Role.ADMINISTRATOR, "demo-admin2-271", "Ибраева", "Айгүл"),
        lazy("the second administrator: confirms the rights and seats that the first one asks for"),
    ),
)
# Sits with the others so that there are votes; nobody logs in as this one.
OTHERS = (Login(sittings.OTHER_MEMBER, Role.MEMBER, "", "Ким", "Виктор"),)
# Who is there from the first day; the others are appointed later.
FIRST_ROLES = frozenset({Role.ADMINISTRATOR, Role.HR, Role.CHAIR, Role.AUDITOR})


def is_loaded() -> bool:
    """Whether the demo is in this database."""
    return User.objects.filter(is_demo=True).exists()


def load(now: datetime) -> int:
    """Load the demo as of `now`; returns the number of commands run, 0 where it is there already.

    Raises Refused outside DEMO, on a database with other records, and before the order's first half year.
    """
    if not settings.DEMO:
        raise Refused("no_demo", _("The demo is refused here: set DEMO=1, on a database of its own."))
    if is_loaded():
        return 0
    if Center.objects.exists() or User.objects.exists():
        raise Refused(
            "not_empty", _("There are other records in this database. Load the demo into a new one.")
        )
    steps = _plan(now)
    with transaction.atomic(), _letters_aside():
        for step in steps:
            run(step)
    return len(steps)


def run(step: Step) -> None:
    """Run one command as the command line would; `typed` is what somebody types in."""
    if step.call is not None:
        step.call(step.at)
        return
    arguments = (*step.arguments, "--at", step.at.isoformat())
    typed_in, sys.stdin = sys.stdin, io.StringIO(f"{step.typed}\n")
    try:
        call_command(step.command, *arguments, stdout=io.StringIO(), stderr=io.StringIO())
    except CommandError as error:
        raise CommandError(f"{step.command} at {step.at:%Y-%m-%d %H:%M}: {error}") from error
    finally:
        sys.stdin = typed_in
    if step.command == "create_officer":
        _introduce(step.arguments[0])


def _introduce(username: str) -> None:
    """Mark a new account as a demo one and give it what the command does not take: the name and address, and
    a password so easy that everybody knows it."""
    login = next(login for login in (*LOGINS, *OTHERS) if login.username == username)
    User.objects.filter(username=username).update(
        is_demo=True,
        password=make_password(login.password or None),
        last_name=login.last_name,
        first_name=login.first_name,
        email=f"{username}@demo.example",
    )


@contextlib.contextmanager
def _letters_aside() -> Iterator[None]:
    """Hundreds of letters of past months: neither printed nor, with a mail server configured, sent."""
    backend = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    try:
        yield
    finally:
        settings.EMAIL_BACKEND = backend


def _plan(now: datetime) -> list[Step]:
    """Every step of the demo up to `now`, in order of time."""
    calendar = CalendarDay.objects.work_calendar()
    first_day = RuleSet.objects.order_by("effective_from").values_list("effective_from", flat=True)[0]
    header, rows = read_staff(FIXTURES / "staff.xlsx")
    centers = read_centers(FIXTURES / "centers.xlsx")
    people = staffers(header, rows, {number: center.region for number, center in centers.items()})
    cycles = story.cycles(people, local_day(now), calendar, first_day, officer="hr")
    if cycles[0].ends < first_day:
        raise Refused(
            "demo_too_early",
            _("The demo needs half a year under the order, which is in force from %(day)s here."),
            day=f"{first_day:%d.%m.%Y}",
        )
    folder = Path(settings.DATA_DIR) / "demo"
    staff = StaffFile(header, rows)
    begins = cycles[0].starts - timedelta(days=45)
    everybody = staff.as_of(begins, folder / "staff.xlsx")
    steps = _first_steps(begins, local_day(now), everybody, labour_mobility_bin(centers, HR_REGION))
    colleagues = _colleagues(people, cycles)
    for cycle in cycles:
        files = CycleFiles(folder, cycle, colleagues)
        day = cycle.starts - timedelta(days=STAFF_READ_DAYS_BEFORE)
        if cycle.reads_staff:
            region = {number for number, center in centers.items() if center.region == cycle.region}
            of_region = staff.as_of(day, files.folder / "staff.xlsx", region)
            steps.append(Step(moment(day, 9), "import_staff", (str(of_region), *officer_of(cycle))))
        steps += cycle_steps(cycle, labour_mobility_bin(centers, cycle.region), files, calendar, now)
    later = [login for login in (*LOGINS, *OTHERS) if login.role not in FIRST_ROLES]
    steps += sittings.seats([(one.username, one.role) for one in later], cycles)
    steps += sittings.sittings(cycles, calendar, now)
    steps.append(Step(now, "sweep"))
    # A stable sort: steps of one moment stay in the order in which they were planned.
    return sorted((step for step in steps if step.at <= now), key=lambda step: step.at)


def _first_steps(begins: date, today: date, early_staff: Path, hr_center: str) -> list[Step]:
    """Centres, staff, accounts and the calendar; the staff list is read again not long ago."""
    steps = [
        Step(moment(begins, 9), "import_centers", (str(FIXTURES / "centers.xlsx"),)),
        Step(moment(begins, 9, 20), "import_staff", (str(early_staff),)),
    ]
    for login in LOGINS:
        if login.role not in FIRST_ROLES:
            continue
        arguments = [login.username, "--role", login.role]
        if login.role == Role.HR:
            arguments += ["--center", hr_center]
        if login.role == Role.CHAIR:
            arguments += ["--from", begins.isoformat()]
        steps.append(
            Step(moment(begins, 10), "create_officer", tuple(arguments), typed=secrets.token_urlsafe(24))
        )
    # Also the year into which the deadlines of today's cycles may reach: else their ends would wait.
    years = range(begins.year, (today + timedelta(days=CALENDAR_AHEAD_DAYS)).year + 1)
    steps += [Step(moment(begins, 11), "confirm_calendar", (str(year),)) for year in years]
    again = moment(today - timedelta(days=STAFF_READ_AGAIN_DAYS_AGO), 10)
    steps.append(Step(again, "import_staff", (str(FIXTURES / "staff.xlsx"), "--as", "admin")))
    return steps


def _colleagues(people: Sequence[Staffer], cycles: Sequence[DemoCycle]) -> dict[str, str]:
    """For each career centre somebody who is on no list of the demo."""
    listed = {case.who.iin for cycle in cycles for case in cycle.cases}
    first = min(cycle.starts for cycle in cycles)
    return {
        who.center_bin: who.iin
        for who in people
        if who.iin not in listed and who.hired_on < first - timedelta(60)
    }
