"""Two cycles of February 2026 as a list of moments, and what of the database must not depend on the sweeps.

Worker and beat are down for a while; the office and the commission go on working meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from appeals.models import Appeal, AppealItem
from appeals.services.commission import appoint
from appeals.services.filing import file_appeal
from appeals.services.ruling import rule_item
from attestation.by import By
from attestation.cases.confirmations import confirm_ready
from attestation.cases.cycles import admit_cycle, list_attestee
from attestation.cases.results import ResultFacts, publish_results, record_result
from attestation.models import (
    Attestation,
    CategoryTerm,
    Consequence,
    Cycle,
    Deadline,
    Decision,
    Employee,
    Notice,
    ReadyEffect,
    Result,
    Role,
)
from attestation.notices import kinds
from scoring.models import Assessment, ReadThrough
from scoring.services.records import record_read_through
from scoring.services.rulings import rule_rating
from tests.faults.downtime_reminders import reminders
from tests.jobs.machine import Machine
from tests.jobs.story import PUBLISHED, Story, at, before_i_31
from tests.records import CourseRow, RatingRow, save_courses, save_ratings

# Friday, the last day of the testing stage; the worker stops at one of its hours.
DOWN_DAY = at("2026-02-06 00:00")
END = at("2026-02-19 12:00")
FIVE_MINUTES = timedelta(minutes=5)
Act = tuple[datetime, Callable[[], None]]


@dataclass
class Cast:
    """Who takes part; `acts` are what people do, at fixed moments, whether the worker runs or not."""

    story: Story = field(default_factory=Story)
    cases: dict[str, Attestation] = field(default_factory=dict)
    acts: list[Act] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chair = self.story.account("chair", Role.CHAIR)
        appoint(self.chair, "chair", None, date(2025, 10, 1), by=By(None, at("2025-10-01 09:00")))
        self._last_year()
        self._february()
        self._next_week()
        # ¶7: two categories end of themselves within the time.
        for until in (date(2026, 2, 8), date(2026, 2, 12)):
            self.story.employee("career_specialist", category="consultant", until=until)
        self.acts.sort(key=lambda act: act[0])

    def _listed(self, cycle: Cycle, name: str, employee: Employee, purpose: str, declared: str = "") -> None:
        now = cycle.opened_at
        case = list_attestee(cycle, employee, purpose, declared, by=By(None, now))
        hours = CourseRow(employee.pk, declared, Decimal(72), Decimal(72))
        save_courses(cycle, [hours], by=By(None, now))
        self.cases[name] = case

    def _results(self, cycle: Cycle, correct: dict[str, int], now: datetime) -> None:
        for name, number in correct.items():
            case = self.cases[name]
            case.refresh_from_db()
            found = ResultFacts(100, number, None, "1", at(f"{cycle.testing_starts} 11:00"))
            record_result(case, found, by=By(None, now))
        publish_results(cycle, by=By(None, now))

    def _last_year(self) -> None:
        """Two who failed in November and owe a re-attestation."""
        opened = at("2025-10-20 09:00")
        cycle = self.story.open_cycle("T-2025-9", date(2025, 11, 3), date(2025, 11, 6), opened)
        for name in ("again", "twice"):
            self._listed(cycle, f"{name} 2025", self.story.employee(), "position")
        admit_cycle(cycle, by=By(None, opened))
        self._results(cycle, {"again 2025": 60, "twice 2025": 50}, at("2025-11-05 17:00"))
        self.story.swept(at("2025-11-07 01:00"), at("2025-11-14 01:00"))

    def _february(self) -> None:
        story, cycle = self.story, self.story.cycle
        people = {name: story.employee("career_specialist") for name in ("confers", "gap", "upheld", "idle")}
        for name in ("lowered", "kept", "falls"):
            people[name] = story.employee("career_specialist", category="consultant")
        for name, employee in people.items():
            held = name in ("lowered", "kept", "falls")
            self._listed(cycle, name, employee, "category", "case_manager" if held else "consultant")
        for name in ("turned", "rejected", "absent"):
            self._listed(cycle, name, story.employee(), "position")
        for name in ("again", "twice"):
            self._listed(cycle, name, self.cases[f"{name} 2025"].employee, "position")
        admit_cycle(cycle, by=By(None, at("2026-01-13 10:00")))
        correct = {"confers": 92, "gap": 90, "upheld": 64, "idle": 90, "lowered": 40, "kept": 80, "falls": 66}
        correct |= {"turned": 69, "rejected": 69, "again": 90, "twice": 50}
        self._results(cycle, correct, PUBLISHED)
        ratings = {"confers": [5, 5], "gap": [4, 4], "kept": [5, 4], "falls": [3, 3], "upheld": [5]}
        self._at("2026-02-07 09:10", lambda: self._read(people, ratings, date(2026, 2, 6)))
        filed = {"turned": "2026-02-06 12:10", "rejected": "2026-02-06 12:40", "upheld": "2026-02-09 11:10"}
        for name, recorded in filed.items():
            self._at(recorded, partial(self._file, name, at(recorded)))
        self._at("2026-02-09 15:10", lambda: self._rule_row("gap", 10, at("2026-02-09 15:10")))
        rulings = {"turned": "uphold", "rejected": "reject", "upheld": "uphold"}
        for number, (name, ruling) in enumerate(rulings.items()):
            moment = at("2026-02-12 10:00") + number * FIVE_MINUTES
            self.acts.append((moment, partial(self._rule, name, ruling, moment)))
        self._at("2026-02-13 12:00", lambda: self._rule_row("idle", 0, at("2026-02-13 12:00")))

    def _next_week(self) -> None:
        """A second cycle: who was lowered in the first tries again, its stage ends on Friday the 13th."""
        story = self.story
        cycle = story.open_cycle("T-2026-2", date(2026, 2, 12), date(2026, 2, 13))
        again = self.cases["lowered"].employee
        people = {"lowered again": again}
        with before_i_31():
            self._listed(cycle, "lowered again", again, "category", "consultant")
        self._listed(cycle, "newcomer", story.employee(), "initial")
        admit_cycle(cycle, by=By(None, at("2026-01-20 10:00")))
        correct = {"lowered again": 95, "newcomer": 60}
        self._at("2026-02-13 17:40", lambda: self._results(cycle, correct, at("2026-02-13 17:40")))
        ratings = {"lowered again": [5, 5]}
        self._at("2026-02-14 09:00", lambda: self._read(people, ratings, date(2026, 2, 13)))

    def _at(self, moment: str, act: Callable[[], None]) -> None:
        self.acts.append((at(moment), act))

    def _read(self, people: dict[str, Employee], ratings: dict[str, list[int]], through: date) -> None:
        now = at(f"{through + timedelta(days=1)} 09:10")
        rows = [
            RatingRow(people[name].pk, date(2026, 1, 5), Decimal(score), f"R{people[name].pk}-{through}-{n}")
            for name, scores in ratings.items()
            for n, score in enumerate(scores)
        ]
        touched = {row.employee_id: [row.rated_on] for row in rows}
        save_ratings(rows, touched=touched, by=By(None, now))
        for kind in ReadThrough.Kind:
            centers = [self.story.career, self.story.mobility]
            record_read_through(centers, kind, through, by=By(None, now))

    def _file(self, name: str, now: datetime) -> None:
        filed = at("2026-02-06 12:00")
        note = "on paper, the day before yesterday"
        file_appeal(
            self.cases[name],
            filed_at=filed,
            items=[(3, "The key is wrong.")],
            receipt_note=note,
            external_id=f"A-{name}",
            by=By(None, now),
        )

    def _rule(self, name: str, ruling: str, now: datetime) -> None:
        for item in AppealItem.objects.filter(appeal__attestation=self.cases[name]):
            rule_item(item, ruling=ruling, reason="By the key.", by=By(self.chair, now))

    def _rule_row(self, name: str, points: int, now: datetime) -> None:
        case = self.cases[name]
        case.refresh_from_db()
        rule_rating(case, points=points, reason="By the file.", by=By(self.chair, now))


# --- the course of time -----------------------------------------------------------------------------------


def sweeps(acts: list[Act]) -> list[datetime]:
    """When a sweep could find something: after each act, each midnight and nine in the morning; and at noon.

    The worker sweeps every five minutes; the ones in between find nothing to do.
    """
    found = {moment + FIVE_MINUTES for moment, _act in acts}
    day = DOWN_DAY - timedelta(days=1)
    while day < END:
        found |= {day + FIVE_MINUTES, day + timedelta(hours=9) + FIVE_MINUTES}
        found.add(day + timedelta(hours=12))
        day += timedelta(days=1)
    return sorted(found)


@dataclass
class Course:
    """Time as it passes for one database and one machine."""

    acts: list[Act]
    machine: Machine

    def copy(self) -> Course:
        """The same course, to go another way from here."""
        return Course(self.acts, self.machine.copy())

    def afterwards(self, way: Callable[[Course], None]) -> dict[str, list[Any]]:
        """The database as it is after going that way; `ready`: what had to be confirmed;
        `reminders`: what was sent. Taken back again."""
        with transaction.atomic():
            course = self.copy()
            way(course)
            ready = list(ReadyEffect.objects.values_list("key", flat=True))
            found = {**state(), "ready": ready, "reminders": reminders()}
            transaction.set_rollback(True)
        return found

    def until(self, moment: datetime, *, down: bool = False) -> None:
        """Everything after the machine's present, `moment` included; no sweep while the worker is down."""
        for when, act in self._ahead(moment, down):
            self.machine.to(when)
            if act is None:
                self.machine.sweep()
            else:
                act()
        self.machine.to(moment)

    def _ahead(self, moment: datetime, down: bool) -> Iterator[tuple[datetime, Callable[[], None] | None]]:
        plan: list[tuple[datetime, Callable[[], None] | None]] = list(self.acts)
        if not down:
            plan += [(when, None) for when in sweeps(self.acts)]
        return iter(
            sorted((row for row in plan if self.machine.wall < row[0] <= moment), key=lambda row: row[0])
        )

    def starts_again(self) -> None:
        """The worker sweeps as it starts; a person lets go what a brake held, and the next sweep goes on."""
        self.machine.sweep()
        waiting = ReadyEffect.objects.waiting().count()
        if waiting:
            answer = confirm_ready(None, by=By(None, self.machine.wall))
            assert (answer.done, answer.refused) == (waiting, [])
        # What people do in these minutes is done, too.
        self.until(self.machine.wall + FIVE_MINUTES, down=True)
        self.machine.sweep()


# --- what must be the same --------------------------------------------------------------------------------

PEOPLE = "attestation__employee__iin"


def state() -> dict[str, list[Any]]:
    """Every legal table by natural keys, without the moments at which a job ran and who confirmed.

    Left out besides: what was superseded on the way (a provisional decision that nobody saw), and how often
    a row was written (`version`).
    """
    return {
        "attestations": _rows(
            Attestation.objects.all(),
            *("case_no", "status", "status_reason", "repeat", "existing", "declared", "open_appeals"),
            *("last_appeal_closed_at", "rule_set", "repeats__attestation__case_no", "repeats__kind"),
        ),
        "results": _rows(
            Result.objects.all(),
            *("attestation__case_no", "correct_answers", "questions_total", "source", "reason"),
            *("published_at", "superseded_at"),
        ),
        "assessments": _rows(
            Assessment.objects.current(),
            *("attestation__case_no", "result__correct_answers", "window_from", "window_to", "rating_sum"),
            *("rating_count", "violations", "ratings_read", "ruling__points", "points_test", "points_rating"),
            *("points_violations", "points_total", "held", "inputs", "due_on"),
        ),
        "decisions": _rows(
            Decision.objects.current(),
            *("attestation__case_no", "state", "outcome", "result__correct_answers", "category"),
            *("category_until", "reattest_by", "dated", "inputs", "rule_settings", "verdict", "ready_on"),
        ),
        "consequences": _rows(
            Consequence.objects.all(),
            *("attestation__case_no", "kind", "state", "cite", "effective_on", "due_on", "done_text"),
        ),
        "terms": _rows(
            CategoryTerm.objects.all(),
            *("employee__iin", "category", "starts_on", "ends_on", "planned_ends_on", "suspended_at"),
            *("decision__attestation__case_no", "ended_by__attestation__case_no", "in_ledger"),
        ),
        "deadlines": sorted(map(_deadline, Deadline.objects.select_related("attestation", "employee"))),
        "appeals": _rows(
            Appeal.objects.all(),
            "external_id",
            "filed_at",
            "closes_at",
            "recorded_at",
            "state",
            "resolved_at",
        ),
        "items": _rows(AppealItem.objects.all(), "appeal__external_id", "question", "ruling", "ruled_at"),
        "notices": sorted(set(_rows(_legal_notices(), "kind", *_RECIPIENT))),
        "waiting": _rows(ReadyEffect.objects.waiting(), "key"),
    }


_RECIPIENT = ("attestation__case_no", "user__username", "employee__iin", "address")


def _rows(rows: QuerySet[Any], *fields: str) -> list[str]:
    return sorted(repr(row) for row in rows.values_list(*fields))


def _legal_notices() -> QuerySet[Notice]:
    """What a person is told of their case. Reminders, and `held`, which asks the commission for a ruling that
    in the meantime was made, depend on when the job ran: they tell of a moment that nobody saw."""
    told = Notice.objects.exclude(kind__startswith="reminder_")
    return told.exclude(kind__in=[kinds.Kind.HELD, kinds.Kind.ESCALATION, kinds.Kind.DISMISSAL_DUE])


def _deadline(row: Deadline) -> str:
    closed_by = re.sub(r"\d+", "N", row.closed_by)
    state, closed_by = row.state, "time" if closed_by in ("sweep", "confirm_ready") else closed_by
    if row.kind in (Deadline.Kind.SCORING, Deadline.Kind.RULING) and state in ("met", "missed"):
        # Whether these were met follows from `done_at`: what the job did late was late.
        state = closed_by = "closed"
    derivation = (row.counted_from, row.due_on, row.closes_at, row.days, row.cite, row.calendar_version)
    case = row.attestation.case_no if row.attestation else ""
    return repr((row.kind, case, row.employee.iin, *derivation, row.provisional, state, closed_by))
