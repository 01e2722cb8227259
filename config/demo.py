"""Loads the living demo: the fixtures and eight cycles relative to today, by the commands of the contract.

Every act is a command with the moment at which it would have been done; what would lie after today is left
undone: terms run, assessments are due, a list is half formed. One transaction: all of it or nothing.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils.translation import gettext as _

from attestation.law.calendar import local_day
from attestation.models import CalendarDay, Center, Role, RuleSet, User
from attestation.refusals import Refused
from config import demo_story
from config.demo_acts import Act, cycle_acts
from config.demo_files import (
    CycleFiles,
    labour_mobility_bin,
    moment,
    read_centers,
    read_staff,
    staffers,
    write_early_staff,
)
from config.demo_story import DemoCycle, Staffer

FIXTURES = Path(settings.BASE_DIR) / "fixtures"
HR_REGION = "KZ-11"
STAFF_READ_AGAIN_DAYS_AGO = 20


@dataclass(frozen=True)
class Login:
    """A demo account; its password is public, so it opens nothing outside the demo."""

    username: str
    role: str
    password: str

    def label(self) -> str:
        """What the account may be tried out for."""
        return str(Role(self.role).label)


LOGINS = (
    Login("admin", Role.ADMINISTRATOR, "demo-admin-271"),
    Login("hr", Role.HR, "demo-hr-271"),
    Login("chair", Role.CHAIR, "demo-chair-271"),
    Login("auditor", Role.AUDITOR, "demo-auditor-271"),
)


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
    acts = _plan(now)
    with transaction.atomic(), _letters_aside():
        for act in acts:
            run(act)
        User.objects.filter(username__in=[login.username for login in LOGINS]).update(is_demo=True)
    return len(acts)


def run(act: Act) -> None:
    """Run one command as the command line would; `typed` is what somebody types in."""
    arguments = (*act.arguments, "--at", act.at.isoformat())
    typed_in, sys.stdin = sys.stdin, io.StringIO(f"{act.typed}\n")
    try:
        call_command(act.command, *arguments, stdout=io.StringIO(), stderr=io.StringIO())
    except CommandError:
        if not act.may_refuse:
            raise
    finally:
        sys.stdin = typed_in


@contextlib.contextmanager
def _letters_aside() -> Iterator[None]:
    """The console mail backend prints hundreds of letters of past months: not here."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield


def _plan(now: datetime) -> list[Act]:
    """Every act of the demo up to `now`, in order of time."""
    calendar = CalendarDay.objects.work_calendar()
    first_day = RuleSet.objects.order_by("effective_from").values_list("effective_from", flat=True)[0]
    header, rows = read_staff(FIXTURES / "staff.xlsx")
    centers = read_centers(FIXTURES / "centers.xlsx")
    people = staffers(header, rows, {number: center.region for number, center in centers.items()})
    cycles = demo_story.cycles(people, local_day(now), calendar, first_day, officer="hr")
    if cycles[0].ends < first_day:
        raise Refused(
            "demo_too_early",
            _("The demo needs half a year under the order, which is in force from %(day)s here."),
            day=f"{first_day:%d.%m.%Y}",
        )
    folder = Path(settings.DATA_DIR) / "demo"
    begins = cycles[0].starts - timedelta(days=45)
    early = write_early_staff(folder / "staff-before.xlsx", header, rows, begins)
    acts = _first_acts(begins, local_day(now), str(early), labour_mobility_bin(centers, HR_REGION))
    colleagues = _colleagues(people, cycles)
    for cycle in cycles:
        files = CycleFiles(folder, cycle, colleagues)
        acts += cycle_acts(cycle, labour_mobility_bin(centers, cycle.region), files, calendar)
    acts.append(Act(now, "sweep"))
    # A stable sort: acts of one moment stay in the order in which they were planned.
    return sorted((act for act in acts if act.at <= now), key=lambda act: act.at)


def _first_acts(begins: date, today: date, early_staff: str, hr_center: str) -> list[Act]:
    """Centres, staff, accounts and the calendar; the staff list is read again not long ago."""
    acts = [
        Act(moment(begins, 9), "import_centers", (str(FIXTURES / "centers.xlsx"),)),
        Act(moment(begins, 9, 20), "import_staff", (early_staff,)),
    ]
    for login in LOGINS:
        arguments = [login.username, "--role", login.role]
        if login.role == Role.HR:
            arguments += ["--center", hr_center]
        if login.role == Role.CHAIR:
            arguments += ["--from", begins.isoformat()]
        acts.append(Act(moment(begins, 10), "create_officer", tuple(arguments), typed=login.password))
    acts += [Act(moment(begins, 11), "confirm_calendar", (str(year),)) for year in (begins.year, today.year)]
    again = moment(today - timedelta(days=STAFF_READ_AGAIN_DAYS_AGO), 10)
    acts.append(Act(again, "import_staff", (str(FIXTURES / "staff.xlsx"), "--as", "admin")))
    return acts


def _colleagues(people: Sequence[Staffer], cycles: Sequence[DemoCycle]) -> dict[str, str]:
    """For each career centre somebody who is on no list of the demo."""
    listed = {case.who.iin for cycle in cycles for case in cycle.cases}
    first = min(cycle.starts for cycle in cycles)
    return {
        who.center_bin: who.iin
        for who in people
        if who.iin not in listed and who.hired_on < first - timedelta(60)
    }
