"""The steps of one demo cycle, each a command of the contract at the moment it would have been done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from attestation.law.calendar import WorkCalendar
from office.demo.files import CycleFiles, moment
from office.demo.story import Case, DemoCycle

CHAIR = ("--as", "chair")
RATING_REASONS = {
    10: "Бағалар аз, бірақ ескертусіз; орталық басшысының түсіндірмесі тіркелді.",
    0: "Оценок нет: услуги в этот период не оказывались.",
}


@dataclass(frozen=True)
class Step:
    """One command at its moment; `typed` is what somebody types in.

    `call` stands for a command where people act on a page and no command does it for them.
    """

    at: datetime
    command: str
    arguments: tuple[str, ...] = ()
    typed: str = ""
    call: Callable[[datetime], None] | None = None


@dataclass(frozen=True)
class Deadlines:
    """The days on which the deadlines of a cycle end, published on the last day of its testing stage."""

    first_day: date
    appeal_due: date
    grace_due: date
    ruling_day: date

    @classmethod
    def after(cls, published_on: date, calendar: WorkCalendar) -> Deadlines:
        """¶21, I-12: two working days, one of grace; the chair rules on the next."""
        return cls(*calendar.count_working_days(published_on, 4))


def cycle_steps(
    cycle: DemoCycle, center_bin: str, files: CycleFiles, calendar: WorkCalendar, now: datetime
) -> list[Step]:
    """Every step of the cycle, some after `now` among them: the caller leaves those out."""
    steps = _preparation(cycle, center_bin, files)
    if cycle.tested_on is not None:
        files.results()  # ready for whoever tries the demo
    if moment(cycle.ends, 16) > now:
        # No files of tests that nobody has sat yet.
        return steps
    deadlines = Deadlines.after(cycle.ends, calendar)
    steps += _stage(cycle, files) + _rating_rulings(cycle)
    return steps + _appeals(cycle, files, deadlines) + _aftermath(cycle, deadlines)


def officer_of(cycle: DemoCycle) -> tuple[str, ...]:
    """Who acts: the demo officer in her own region, elsewhere the system."""
    return ("--as", cycle.officer) if cycle.officer else ()


def _preparation(cycle: DemoCycle, center_bin: str, files: CycleFiles) -> list[Step]:
    """¶9, ¶14: open the cycle; list, courses and admission, in two parts where some come later."""
    starts, code, officer = cycle.starts, ("--cycle", cycle.code), officer_of(cycle)
    stage = ("--testing-starts", starts.isoformat(), "--testing-ends", cycle.ends.isoformat())
    opening = ("--center", center_bin, "--code", cycle.code, *stage, *officer)
    steps = [Step(moment(starts - timedelta(days=35), 9), "open_cycle", opening)]
    first = len(cycle.cases) - cycle.still_to_list
    parts = [(24, "1", cycle.cases[:first]), (10, "2", cycle.cases[first:])]
    for days, name, cases in parts:
        if not cases:
            continue
        attestees = str(files.attestees(cases, f"attestees-{name}"))
        courses = str(files.courses(cases, f"courses-{name}"))
        day = starts - timedelta(days=days)
        listing = (*code, "--file", attestees, *officer)
        steps += [
            Step(moment(day, 10), "list_attestees", listing),
            Step(moment(day + timedelta(days=1), 10), "import_courses", (courses, *code, *officer)),
            Step(moment(day + timedelta(days=2), 11), "admit", (*code, *officer)),
        ]
    return steps


def _stage(cycle: DemoCycle, files: CycleFiles) -> list[Step]:
    """¶17, ¶21, ¶28-1: the last day of the testing stage, and the sweep of the night after it."""
    ends, code, officer = cycle.ends, ("--cycle", cycle.code), officer_of(cycle)
    through = ("--read-through", ends.isoformat(), *officer)
    steps = [Step(moment(ends, 16), "import_results", (str(files.results()), *code, *officer))]
    if not cycle.unpublished:
        steps.append(Step(moment(ends, 17), "publish_results", (*code, *officer)))
    steps += [
        Step(moment(ends, 18, 30), "import_ratings", (str(files.ratings(unread=False)), *through)),
        Step(moment(ends, 18, 40), "import_violations", (str(files.violations(unread=False)), *through)),
        Step(moment(ends + timedelta(days=1), 0, 30), "sweep"),
    ]
    if cycle.unread:
        # Ready for whoever tries the demo: what is read with them lets the held cases go on.
        files.ratings(unread=True)
        files.violations(unread=True)
    return steps


def _rating_rulings(cycle: DemoCycle) -> list[Step]:
    """I-04, I-05: the chair's rulings on held rows, within the two days."""
    at = moment(cycle.ends + timedelta(days=1), 9, 30)
    return [
        Step(
            at + timedelta(minutes=5 * number),
            "rule_rating",
            (
                *("--cycle", cycle.code, "--iin", case.who.iin, "--points", str(case.part.ruling)),
                *("--reason", RATING_REASONS[case.part.ruling], *CHAIR),
            ),
        )
        for number, case in enumerate(cycle.cases)
        if case.part.ruling is not None
    ]


def _with_appeal(cycle: DemoCycle, kinds: Iterable[str]) -> list[Case]:
    return [case for case in cycle.cases if case.part.appeal in kinds]


def _appeals(cycle: DemoCycle, files: CycleFiles, deadlines: Deadlines) -> list[Step]:
    """¶21, I-14: appeals filed at once, in the appeal term, after it, recorded once the decision is final."""
    waiting = _filed(_with_appeal(cycle, {"waiting"}), moment(cycle.ends, 18, 5))
    timely = _filed(_with_appeal(cycle, {"upheld", "rejected"}), moment(deadlines.first_day, 11, 20))
    late = _filed(_with_appeal(cycle, {"late"}), moment(deadlines.appeal_due + timedelta(days=1), 9, 15))
    reopening = _filed(_with_appeal(cycle, {"reopened"}), moment(deadlines.first_day, 16, 45))
    week = deadlines.grace_due + timedelta(days=7)
    steps = []
    for at, name, filed in (
        (moment(cycle.ends, 18, 50), "appeals-1", waiting),
        (moment(deadlines.grace_due, 12), "appeals-2", timely + late),
        (moment(week, 10), "appeals-3", reopening),
    ):
        if filed:
            file = str(files.appeals(filed, name))
            steps.append(Step(at, "import_appeals", (file, "--cycle", cycle.code, *officer_of(cycle))))
    for at, name, filed in (
        (moment(deadlines.ruling_day, 11), "rulings-2", timely),
        (moment(week + timedelta(days=2), 11), "rulings-3", reopening),
    ):
        if filed:
            file = str(files.rulings([case for case, _ in filed], name))
            steps.append(Step(at, "rule_appeals", (file, *CHAIR)))
    return steps


def _filed(cases: Sequence[Case], first: datetime) -> list[tuple[Case, datetime]]:
    return [(case, first + timedelta(minutes=7 * number)) for number, case in enumerate(cases)]


def _aftermath(cycle: DemoCycle, deadlines: Deadlines) -> list[Step]:
    """I-12, I-19: the nights after the deadlines, and what the employer did about a dismissal."""
    nights = (deadlines.grace_due, deadlines.ruling_day, deadlines.grace_due + timedelta(days=9))
    steps = [Step(moment(day + timedelta(days=1), 0, 30), "sweep") for day in nights]
    done = "Ассистент лауазымына ауыстырылды, № 14 бұйрық."
    for iin in sorted(cycle.settled):
        arguments = ("--cycle", cycle.code, "--iin", iin, "--done", done, *officer_of(cycle))
        steps.append(
            Step(moment(deadlines.grace_due + timedelta(days=15), 9), "close_consequence", arguments)
        )
    return steps
