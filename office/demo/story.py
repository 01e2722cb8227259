"""What happens in the demo: the cycles relative to today, and a part for each attestee.

Pure data and arithmetic: no database, no clock. `office.demo.demo` turns it into spreadsheets and commands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from attestation.law.calendar import WorkCalendar, add_months
from attestation.law.vocabulary import LADDER, Category, Position, one_below, rank

CATEGORY_YEARS = 3
# Only who was on the staff, with the first category on record, so long before the testing stage's end.
SETTLED_DAYS = 60
# Position (with `/category` for one held), purpose, part.
Wanted = Iterable[tuple[str, str, str]]


@dataclass(frozen=True)
class Staffer:
    """One line of the staff file, as far as the story needs it."""

    iin: str
    center_bin: str
    region: str
    position: str
    hired_on: date
    category: str
    category_from: date | None

    def existing_on(self, day: date) -> Category:
        """The category of the staff file in force on the day (I-17)."""
        if not self.category or self.category_from is None or self.category_from > day:
            return Category.NONE
        if day > add_months(self.category_from, 12 * CATEGORY_YEARS):
            return Category.NONE
        return Category(self.category)


@dataclass(frozen=True)
class Part:
    """How one attestation goes: the test, the ratings and violations in the window, an appeal.

    `appeal`: upheld, rejected, late, waiting (filed in time, not ruled on), reopened (filed in time, recorded
    after the final decision).
    """

    correct: int | None
    total: int = 100
    ratings: tuple[int, ...] = ()
    violations: int = 0
    appeal: str = ""
    ruling: int | None = None
    hours: tuple[int, int] = (72, 72)
    other_profile: bool = False
    wrong_list: bool = False


GOOD = (5, 4, 5, 5, 4, 5)
PARTS: dict[str, Part] = {
    "passes": Part(78),
    "excels": Part(94),
    "misses": Part(64),
    "nearly": Part(169, 200),
    "conferred": Part(92, ratings=GOOD),
    "best": Part(99, ratings=(5, 5, 5, 5)),
    "kept": Part(82, ratings=(5, 4, 4, 5), violations=1),
    "lowered": Part(72, ratings=(4, 3, 4)),
    "fails": Part(61, ratings=(4, 5)),
    "gap": Part(90, ratings=(4, 4, 4), ruling=10),
    "unrated": Part(86, ruling=0),
    "gap waiting": Part(88, ratings=(4, 4)),
    "unrated waiting": Part(91),
    "appeal upheld": Part(69, ratings=(5, 4, 5), appeal="upheld", wrong_list=True),
    "appeal rejected": Part(66, appeal="rejected"),
    "appeal late": Part(65, appeal="late"),
    "appeal waiting": Part(68, ratings=(5, 5, 4), appeal="waiting", wrong_list=True),
    "appeal reopened": Part(81, ratings=GOOD, appeal="reopened"),
    "absent": Part(None),
    "short of hours": Part(None, hours=(72, 48)),
    "other profile": Part(None, other_profile=True),
}


@dataclass(frozen=True)
class Case:
    """One attestee of a demo cycle."""

    who: Staffer
    purpose: str
    declared: str
    existing: str
    part: Part


@dataclass(frozen=True)
class DemoCycle:
    """A cycle of the demo with everything that is planned for it; what lies after today is not done yet."""

    code: str
    region: str
    starts: date
    ends: date
    cases: tuple[Case, ...]
    officer: str | None = None
    # Career centres whose ratings and violations nobody has read yet (I-27).
    unread: frozenset[str] = frozenset()
    # The last so many of the list are brought only after today.
    still_to_list: int = 0
    # Whose dismissal the employer has dealt with (I-19).
    settled: frozenset[str] = frozenset()
    # The last day on which tests were taken, where the stage goes on after it: the results wait in a file.
    tested_on: date | None = None
    # The results are on record, and nobody has published them.
    unpublished: bool = False
    # Whether the staff of the region is read again before it; else the reading for another cycle will do.
    reads_staff: bool = True

    @property
    def last_test(self) -> date:
        """When the tests end."""
        return self.tested_on or self.ends


@dataclass
class Casting:
    """Hands out people to parts, nobody twice."""

    staff: Sequence[Staffer]
    used: set[str] = field(default_factory=set)

    def pick(self, region: str, position: str, day: date, existing: str | None = None) -> Staffer | None:
        """Somebody of the region in service for a while, whose first category is not still to come."""
        for who in self.staff:
            fits = who.region == region and who.position == position and who.iin not in self.used
            long_ago = day - timedelta(days=SETTLED_DAYS)
            settled = who.hired_on <= long_ago and (
                who.category_from is None or who.category_from <= long_ago
            )
            if fits and settled and (existing is None or who.existing_on(day) == existing):
                self.used.add(who.iin)
                return who
        return None

    def cases(self, region: str, ends: date, wanted: Wanted) -> tuple[Case, ...]:
        """A case for each part that somebody can be found for; the category held is a wish."""
        made = []
        for who_text, purpose, part in wanted:
            position, _, existing = who_text.partition("/")
            who = self.pick(region, position, ends, existing or None)
            if who is None and purpose != "initial":  # I-22: not for one who holds a category
                who = self.pick(region, position, ends)
            if who is not None:
                made.append(_case(who, who.existing_on(ends), purpose, part))
        return tuple(made)


def _case(who: Staffer, existing: Category, purpose: str, part: str) -> Case:
    declared = ""
    if purpose == "category":
        declared = LADDER[min(rank(existing) + 1, len(LADDER) - 1)].value
    return Case(who, purpose, declared, existing.value if purpose == "category" else "", PARTS[part])


S = Position.CAREER_SPECIALIST.value
EVERY_KIND = (
    (Position.DIRECTOR.value, "position", "excels"),
    (Position.DEPUTY_DIRECTOR.value, "position", "excels"),
    (Position.UNIT_HEAD.value, "position", "excels"),
    (Position.UNIT_HEAD.value, "position", "nearly"),
    (Position.UNIT_HEAD.value, "initial", "excels"),
    (Position.CENTER_SPECIALIST.value, "position", "passes"),
    (Position.CENTER_SPECIALIST.value, "position", "misses"),
    (Position.CENTER_SPECIALIST.value, "initial", "passes"),
    (Position.ASSISTANT.value, "initial", "passes"),
    (Position.ASSISTANT.value, "position", "appeal rejected"),
    (Position.ASSISTANT.value, "position", "passes"),
    (Position.ASSISTANT.value, "initial", "short of hours"),
    (f"{S}/none", "initial", "passes"),
    (f"{S}/none", "initial", "misses"),
    (f"{S}/none", "initial", "absent"),
    (f"{S}/none", "category", "conferred"),
    (f"{S}/none", "category", "fails"),
    (f"{S}/none", "category", "fails"),
    (f"{S}/none", "category", "lowered"),
    (f"{S}/none", "category", "gap"),
    (f"{S}/none", "category", "unrated"),
    (f"{S}/none", "category", "appeal late"),
    (f"{S}/none", "category", "other profile"),
    (f"{S}/consultant", "category", "best"),
    (f"{S}/consultant", "category", "kept"),
    (f"{S}/consultant", "category", "lowered"),
    (f"{S}/consultant", "category", "fails"),
    (f"{S}/consultant", "category", "appeal upheld"),
    (f"{S}/case_manager", "category", "conferred"),
    (f"{S}/case_manager", "category", "fails"),
    (f"{S}/case_manager", "category", "appeal reopened"),
    (f"{S}/mentor", "category", "best"),
)
AFTERMATH = (
    (Position.CENTER_SPECIALIST.value, "position", "passes"),
    (Position.UNIT_HEAD.value, "initial", "excels"),
    (Position.ASSISTANT.value, "position", "misses"),
    (f"{S}/none", "category", "gap waiting"),
    (f"{S}/none", "category", "unrated waiting"),
    (f"{S}/none", "category", "conferred"),
    (f"{S}/none", "category", "conferred"),
    (f"{S}/none", "category", "appeal late"),
    (f"{S}/none", "category", "appeal waiting"),
    (f"{S}/consultant", "category", "gap waiting"),
    (f"{S}/consultant", "category", "appeal waiting"),
    (f"{S}/consultant", "category", "kept"),
    (f"{S}/case_manager", "category", "fails"),
    (S, "category", "conferred"),
    (S, "category", "kept"),
    (S, "category", "appeal late"),
)
RUNNING = (
    (Position.UNIT_HEAD.value, "position", "excels"),
    (Position.CENTER_SPECIALIST.value, "position", "misses"),
    (Position.ASSISTANT.value, "position", "passes"),
    (Position.ASSISTANT.value, "initial", "misses"),
    (f"{S}/none", "category", "conferred"),
    (f"{S}/none", "category", "appeal waiting"),
    (f"{S}/none", "category", "fails"),
    (f"{S}/none", "category", "gap waiting"),
    (f"{S}/consultant", "category", "conferred"),
    (f"{S}/consultant", "category", "appeal waiting"),
    (f"{S}/case_manager", "category", "kept"),
    (f"{S}/case_manager", "category", "lowered"),
)
SOON = tuple((S, "category", part) for part in ("conferred", "kept", "best", "fails", "unrated waiting") * 2)
SOON += (
    (Position.UNIT_HEAD.value, "position", "excels"),
    (Position.UNIT_HEAD.value, "position", "misses"),
    (Position.ASSISTANT.value, "initial", "passes"),
    (Position.ASSISTANT.value, "position", "absent"),
)
PREPARED = (
    (Position.DEPUTY_DIRECTOR.value, "initial", "excels"),
    (Position.UNIT_HEAD.value, "position", "excels"),
    (Position.UNIT_HEAD.value, "initial", "short of hours"),
    *((S, "category", "conferred"),) * 6,
    (S, "category", "other profile"),
    *((f"{S}/none", "initial", "passes"),) * 3,
    *((Position.ASSISTANT.value, "position", "passes"),) * 5,
)
OLDEST = (
    (Position.UNIT_HEAD.value, "position", "misses"),
    (Position.ASSISTANT.value, "position", "misses"),
    (Position.ASSISTANT.value, "initial", "passes"),
    (f"{S}/none", "category", "conferred"),
    (f"{S}/none", "category", "kept"),
)

# Small: whoever takes the tour does the rest by hand.
UNFINISHED = (
    (Position.UNIT_HEAD.value, "position", "excels"),
    (Position.UNIT_HEAD.value, "position", "misses"),
    (Position.ASSISTANT.value, "position", "passes"),
    (f"{S}/none", "category", "conferred"),
    (f"{S}/none", "category", "lowered"),
    (f"{S}/consultant", "category", "kept"),
)


def cycles(
    staff: Sequence[Staffer], today: date, calendar: WorkCalendar, first_day: date, officer: str
) -> list[DemoCycle]:
    """The demo's cycles, the earliest first. `first_day`: nothing may end before it (I-21)."""
    # Shuffled within one seed: neighbours in the file are of one centre.
    shuffled = sorted(staff, key=lambda who: who.iin)
    Random(30).shuffle(shuffled)  # noqa: S311 - nothing secret is drawn
    casting = Casting(shuffled)

    def working(days_ago: int) -> date:
        return _working(today - timedelta(days=days_ago), calendar)

    def made(code: str, region: str, ends: date, wanted: Wanted) -> DemoCycle:
        starts = _working(ends - timedelta(days=3), calendar)
        return DemoCycle(code, region, starts, ends, casting.cases(region, ends, wanted))

    planned = []
    if working(345) >= first_day:
        planned.append(made(_code("SQO", working(345), 1), "KZ-59", working(345), OLDEST))
    main = made(_code("AQM", working(205), 1), "KZ-11", working(205), EVERY_KIND)
    main = replace(main, officer=officer)
    planned += [main, made(_code("TUR", working(150), 1), "KZ-61", working(150), EVERY_KIND)]
    planned.append(_again(main, working(65), working(62), officer))
    aftermath = made(_code("QAR", working(16), 1), "KZ-35", working(16), AFTERMATH)
    planned.append(_partly_unread(aftermath, share=4))
    # Published on the last working day before today: the appeal terms always run still.
    running = made(_code("AQM", working(1), 3), "KZ-11", working(1), RUNNING)
    planned.append(replace(running, officer=officer))
    yesterday = today - timedelta(days=1)
    planned.append(_partly_unread(made(_code("AST", yesterday, 1), "KZ-71", yesterday, SOON), share=2))
    later = working(-24)
    prepared = made(_code("AQM", later, 4), "KZ-11", later, PREPARED)
    planned.append(replace(prepared, officer=officer, still_to_list=6))
    planned += _unfinished(casting, working, yesterday, officer)
    return planned


def _unfinished(
    casting: Casting, working: Callable[[int], date], yesterday: date, officer: str
) -> list[DemoCycle]:
    """Three for the officer to go on with: results to import, results to publish, a list to form."""

    def made(number: int, starts: date, ends: date, wanted: Wanted) -> DemoCycle:
        cases = casting.cases("KZ-11", ends, wanted)
        code = _code("AQM", ends, number)
        return DemoCycle(code, "KZ-11", starts, ends, cases, officer, reads_staff=False)

    # The stage goes on for a while yet, so that the file can be imported on a later day as well.
    to_import = replace(made(5, working(4), working(-14), UNFINISHED), tested_on=working(1))
    to_publish = replace(made(6, working(4), yesterday, UNFINISHED), unpublished=True)
    return [to_import, to_publish, made(7, working(-28), working(-31), ())]


def _working(day: date, calendar: WorkCalendar) -> date:
    """The day, or the last working day before it."""
    while not calendar.is_working_day(day):
        day -= timedelta(days=1)
    return day


def _code(prefix: str, ends: date, number: int) -> str:
    return f"{prefix}-{ends.year}-{number}"


def _again(first: DemoCycle, starts: date, ends: date, officer: str) -> DemoCycle:
    """The later cycle that takes up the first one's re-attestations (I-25); one of them is left owing.

    One head fails again (¶28.1), one applicant without a category too (¶28.1), and a case manager who was
    lowered loses the next category as well (¶28.2).
    """
    of_none = iter(("fails", "conferred"))
    cases = []
    for case in (case for case in first.cases if _owes(case)):
        below = one_below(Category(case.existing)) if case.existing else Category.NONE
        if case.purpose != "category":
            part: str | None = "nearly" if case.who.position == Position.UNIT_HEAD else "passes"
        elif case.existing == Category.NONE:
            part = next(of_none, None)
        else:
            part = "kept" if below is Category.NONE else "fails"
        if part is not None:
            cases.append(_case(case.who, below, case.purpose, part))
    code = f"{first.code.rsplit('-', 2)[0]}-{ends.year}-2"
    settled = frozenset(
        case.who.iin for case in cases if case.existing == Category.NONE and case.part is PARTS["fails"]
    )
    return DemoCycle(code, first.region, starts, ends, tuple(cases), officer, settled=settled)


def _owes(case: Case) -> bool:
    """¶27: whether the case ends below its threshold, so that a re-attestation is owed (¶27.2)."""
    part = case.part
    if part.correct is None or part.appeal == "upheld":
        return False
    bound = 85 if case.who.position in ("director", "deputy_director", "unit_head") else 70
    return part.correct * 100 < bound * part.total


def _partly_unread(cycle: DemoCycle, share: int) -> DemoCycle:
    """Leave every so many-th career centre of the cycle's applicants unread (I-27)."""
    centers = sorted({case.who.center_bin for case in cycle.cases if case.purpose == "category"})
    return replace(cycle, unread=frozenset(centers[::share]))
