"""An evening on which every act has real work: who is killed in it, and what a person does again afterwards.

One database for all acts. At 23:00 on 10 February 2026 a publication, a file, a ruling, an assessment and
letters wait; at 00:30 the grace of one cycle is over, the stage of another, and a category of three years; at
08:30 the digests of the officers are due.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from appeals.models import AppealItem
from appeals.services.commission import appoint
from appeals.services.filing import file_appeal
from appeals.services.ruling import rule_item
from attestation.by import By
from attestation.cases.annulment import Document, annul_decision
from attestation.cases.confirmations import confirm_ready
from attestation.cases.cycles import admit_cycle, list_attestee
from attestation.cases.results import ResultFacts, publish_results, record_result
from attestation.deadlines.calendar import confirm_calendar
from attestation.deadlines.outage_deadlines import cut_deadlines, digest
from attestation.deadlines.outages import record_outage, settle_outage
from attestation.intake import engine, undo
from attestation.models import (
    Attestation,
    CalendarYear,
    CategoryTerm,
    Cycle,
    Employee,
    ImportJob,
    Outage,
    ReadyEffect,
    Role,
    User,
)
from attestation.notices import delivery, outbox
from attestation.refusals import Refused
from office.sweep import clocks, sweep
from scoring.models import ReadThrough
from scoring.services.assessing import score_due
from scoring.services.records import record_read_through
from tests.attestation.intake_cast import iin, table
from tests.jobs.story import Story, at
from tests.records import CourseRow, RatingRow, save_courses, save_ratings

LISTED, ADMITTED = at("2026-01-12 10:00"), at("2026-01-13 10:00")
PUBLISHED = at("2026-02-05 17:40")
EVENING, NIGHT, MORNING = at("2026-02-10 23:00"), at("2026-02-11 00:30"), at("2026-02-11 08:30")
# What ran before, up to the evening: nothing is left over from it but what the cast leaves on purpose.
SWEPT = ("02-07 00:30", "02-07 10:00", "02-08 10:00", "02-09 09:30", "02-10 00:30")
TODAY, TO_PUBLISH, TO_IMPORT = "T-TODAY", "T-PUBLISH", "T-IMPORT"
NEW_FILE, UNDONE_FILE = "new.xlsx", "undone.xlsx"
STAGE, LATER_STAGE = (date(2026, 2, 9), date(2026, 2, 10)), (date(2026, 2, 9), date(2026, 2, 13))
FIELDS = ("iin", "questions_total", "correct_answers", "finished_at")


@dataclass(frozen=True)
class Act:
    """Something that is killed: what it does at its moment, and what a person does who saw no answer."""

    name: str
    at: datetime
    do: Callable[[datetime], object]
    again: Callable[[datetime], object] | None = None


# --- the evening --------------------------------------------------------------------------------------------


class Evening(Story):
    """The story's centre, taken through December and February up to the evening."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for year in CalendarYear.objects.values_list("year", flat=True):
            confirm_calendar(year, by=By(None, LISTED))
        self.chair = self.account("chair", Role.CHAIR, language="kk")
        self.account("admin", Role.ADMINISTRATOR)
        self.account("deputy", Role.HR, self.career, email="")  # has notices in the application alone
        appoint(self.chair, "chair", None, date(2026, 1, 5), by=By(None, LISTED))

    def person(self, name: str, position: str = "assistant", **values: str) -> Employee:
        """Somebody with an address of their own."""
        return self.employee(position, **{"email": f"{name}@mail.example", **values})

    def enter(self, cycle: Cycle, employee: Employee, purpose: str = "position", declared: str = "") -> None:
        """On the list of a cycle, with the hours that ¶14 asks for."""
        now = LISTED if cycle.testing_starts.year == LISTED.year else at("2025-11-10 10:00")
        list_attestee(cycle, employee, purpose, declared, by=By(None, now))
        hours = CourseRow(employee.pk, declared, Decimal(72), Decimal(72))
        save_courses(cycle, [hours], by=By(None, now))

    def examine(self, cycle: Cycle, correct: dict[Employee, int], now: datetime, *, publish: bool) -> None:
        """Results of those who came, of 100 questions, on the first day of the stage."""
        for employee, number in correct.items():
            case = Attestation.objects.get(cycle=cycle, employee=employee)
            found = ResultFacts(100, number, None, "1", at(f"{cycle.testing_starts} 11:00"))
            record_result(case, found, by=By(None, now))
        if publish:
            publish_results(cycle, by=By(None, now))


def prepare() -> None:
    """Fill an empty database up to the evening."""
    evening = Evening()
    owing = december(evening)
    february(evening, owing)
    today(evening)
    waiting_for_a_person(evening)
    staff_files(evening)
    swept(at("2026-02-10 22:30"))
    fresh_letters(evening)


def swept(now: datetime) -> sweep.Summary:
    """A sweep as the worker runs it, by a machine whose clock shows that moment."""
    return sweep.run(now, machine=lambda: clocks.Reading(now))


def december(evening: Evening) -> Employee:
    """One fails by position and owes a re-attestation. Another is to be lowered when four days without a
    sweep have passed: that waits for a person (F-D8), and so do the deadlines to be closed."""
    cycle = evening.open_cycle("T-2025", date(2025, 12, 1), date(2025, 12, 5), now=at("2025-11-10 09:00"))
    owing = evening.person("dismissed")
    waits = evening.person("waits", "career_specialist", category="mentor")
    evening.enter(cycle, owing)
    evening.enter(cycle, waits, "category", "mentor")
    admit_cycle(cycle, by=By(None, at("2025-11-11 10:00")))
    evening.examine(cycle, {owing: 60, waits: 45}, at("2025-12-04 10:00"), publish=True)
    swept(at("2025-12-06 00:30"))
    swept(at("2025-12-10 00:30"))
    sweep.run(at("2026-01-11 10:00"))
    assert ReadyEffect.objects.waiting().count() == 5
    return owing


def february(evening: Evening, owing: Employee) -> None:
    """Grace over at midnight: a pass, a repeat failed, a category conferred, one lowered; two wait longer."""
    cycle = evening.cycle
    specialist = "career_specialist"
    passes, appeals = evening.person("passes"), evening.person("appeals")
    confers, late = evening.person("confers", specialist), evening.person("late", specialist)
    lowered = evening.person("lowered", specialist, category="case_manager")
    evening.enter(cycle, owing)
    for employee in (passes, appeals):
        evening.enter(cycle, employee)
    for employee in (confers, late):
        evening.enter(cycle, employee, "category", "consultant")
    evening.enter(cycle, lowered, "category", "case_manager")
    admit_cycle(cycle, by=By(None, ADMITTED))
    results = {owing: 55, passes: 90, appeals: 69, confers: 90, late: 92, lowered: 40}
    evening.examine(cycle, results, PUBLISHED, publish=True)
    rate(confers, 5, 5, 4, now=at("2026-02-06 18:00"))
    for kind in ReadThrough.Kind:
        record_read_through([evening.mobility], kind, date(2026, 2, 6), by=By(None, at("2026-02-07 09:00")))
    case = Attestation.objects.get(cycle=cycle, employee=appeals)
    file_appeal(
        case,
        filed_at=at("2026-02-06 12:00"),
        items=[(3, "The key is wrong.")],
        receipt_note="on paper",
        by=By(None, at("2026-02-06 15:00")),
    )
    for day in SWEPT:
        sweep.run(at(f"2026-{day}"))
    swept(at("2026-02-10 22:00"))
    assert Attestation.objects.get(cycle=cycle, employee=late).status == "held"


def rate(employee: Employee, *scores: int, now: datetime) -> None:
    """Ratings of February 2025 to 2026, by recipients of services."""
    rows = [
        RatingRow(employee.pk, date(2026, 1, 5), Decimal(score), f"R{employee.pk}-{number}")
        for number, score in enumerate(scores)
    ]
    save_ratings(rows, touched={employee.pk: [date(2026, 1, 5)]}, by=By(None, now))


def today(evening: Evening) -> None:
    """A stage that ends at midnight, with two results and one who did not come; a category ends with it."""
    cycle = evening.open_cycle(TODAY, *STAGE)
    came = {evening.person(f"came-{number}"): number for number in (85, 62)}
    for employee in (*came, evening.person("absent")):
        evening.enter(cycle, employee)
    admit_cycle(cycle, by=By(None, ADMITTED))
    evening.examine(cycle, came, at("2026-02-10 15:00"), publish=False)
    ends = date(2026, 2, 10)
    evening.person("ends", "career_specialist", category="consultant", since=date(2023, 2, 10), until=ends)


def waiting_for_a_person(evening: Evening) -> None:
    """Results to be published, and a file of results that is previewed."""
    for code, numbers in ((TO_PUBLISH, (88, 52, 71)), (TO_IMPORT, ())):
        cycle = evening.open_cycle(code, *LATER_STAGE)
        people = [evening.person(f"{code}-{number}".lower()) for number in range(3)]
        for employee in people:
            evening.enter(cycle, employee)
        admit_cycle(cycle, by=By(None, ADMITTED))
        evening.examine(
            cycle, dict(zip(people, numbers, strict=False)), at("2026-02-10 15:00"), publish=False
        )
    rows = [
        dict(zip(FIELDS, (case.employee.iin, 100, 60 + case.pk % 30, "10.02.2026 11:00"), strict=True))
        for case in Attestation.objects.filter(cycle=cycle).order_by("pk")
    ]
    engine.preview("results", table(*rows), "r.xlsx", by=By(evening.hr, at("2026-02-10 22:00")), cycle=cycle)


def staff_files(evening: Evening) -> None:
    """A file of staff with categories that is previewed, and one that was imported and is to be undone."""
    known = evening.person("changed")
    for name, first in ((UNDONE_FILE, 100), (NEW_FILE, 200)):
        rows = [
            {
                "iin": known.iin if number == 3 else iin(first + number),
                "last_name": "Әлиева",
                "first_name": f"Н-{first}",
                "center_bin": evening.career.bin,
                "position": "assistant" if number == 3 else "career_specialist",
                "hired_on": date(2020, 1, 15),
                "email": f"f{first + number}@mail.example",
                "category": "mentor" if number < 2 else None,
                "category_from": date(2024, 5, 11) if number < 2 else None,
            }
            for number in range(4)
        ]
        by = By(evening.hr, at("2026-02-10 22:10"))
        job = engine.preview("staff", table(*rows), name, by=by)
        if name == UNDONE_FILE:
            engine.confirm(job, by=by)


def fresh_letters(evening: Evening) -> None:
    """Queued since the last sweep: to officers and people with an address and without; and data came in."""
    publish_results(Cycle.objects.get(code=TODAY), by=By(evening.hr, at("2026-02-10 22:40")))
    employee = evening.person("without-address", email="")
    outbox.queue("listed", key="evening", now=at("2026-02-10 22:45"), employee=employee)
    late = Employee.objects.get(email="late@mail.example")
    rate(late, 5, 4, 5, now=at("2026-02-10 22:50"))
    # Not by a service: an imported period that the sweep has yet to put in the ledger.
    ends = date(2027, 5, 11)
    new = evening.person("imported", "career_specialist")
    CategoryTerm.objects.create(
        employee=new, category="consultant", starts_on=date(2024, 5, 11), ends_on=ends, planned_ends_on=ends
    )


# --- the acts -----------------------------------------------------------------------------------------------


def hr() -> User:
    """The officer who publishes and imports."""
    return User.objects.get(username="hr")


def publish(now: datetime) -> object:
    """¶21: the results of one cycle."""
    return publish_results(Cycle.objects.get(code=TO_PUBLISH), by=By(hr(), now))


def confirm_import(now: datetime) -> object:
    """F-I19: the previewed file of results."""
    return engine.confirm(ImportJob.objects.get(kind="results"), by=By(hr(), now))


def confirm_staff(now: datetime) -> object:
    """F-I19: people with categories and their deadlines."""
    return engine.confirm(ImportJob.objects.get(filename=NEW_FILE), by=By(hr(), now))


def undo_staff(now: datetime) -> object:
    """The other file of staff is undone; twice answers the first result."""
    return undo.undo(ImportJob.objects.get(filename=UNDONE_FILE), by=By(hr(), now), reason="The wrong month.")


def rule(now: datetime) -> object:
    """I-13: the one disputed question is upheld; result and decision are formed afresh."""
    chair = User.objects.get(username="chair")
    return rule_item(AppealItem.objects.get(), ruling="uphold", reason="By the key.", by=By(chair, now))


def confirm(now: datetime) -> object:
    """F-D8: what a brake held since December, with one click."""
    return confirm_ready(None, by=By(User.objects.get(username="admin"), now))


def annul(now: datetime) -> object:
    """F-D22: the decision of December is annulled; who saw no answer does it again, and is told so."""
    case = Attestation.objects.get(cycle__code="T-2025", employee__email="dismissed@mail.example")
    document = Document("court", "2-17/2026", date(2026, 2, 9), "The decision is annulled.")
    return annul_decision(case, document, by=By(User.objects.get(username="admin"), now))


def make_good(now: datetime) -> object:
    """F-D2: an outage is put on record and settled; a second try goes on where the first one stopped."""
    admin = User.objects.get(username="admin")
    outage = Outage.objects.first() or record_outage(
        began_at=at("2026-02-09 20:00"),
        ended_at=at("2026-02-10 10:00"),
        reason="No power in the data centre.",
        by=By(admin, now),
    )
    lines = cut_deadlines(outage, now=now)
    return settle_outage(
        outage,
        extend=[line.deadline.pk for line in lines if line.counted is not None],
        seen=digest(lines),
        reason="Filing was impossible.",
        by=By(admin, now),
    )


def unless(code: str, act: Callable[[datetime], object]) -> Callable[[datetime], object]:
    """Once more, by somebody who is then told that it is done; any other refusal is a trouble."""

    def again(now: datetime) -> object:
        try:
            return act(now)
        except Refused as refusal:
            if refusal.code != code:
                raise
            return None

    return again


def score(now: datetime) -> object:
    """¶28-1: the assessment closes with the data that came in the evening; the sweep does it again."""
    return score_due(now=now)


def deliver(now: datetime) -> object:
    """The letters of the evening; in the morning the officers' digests."""
    return delivery.deliver(now=now)


ACTS = {
    act.name: act
    for act in (
        Act("sweep", NIGHT, swept),
        Act("delivery", EVENING, deliver),
        Act("digests", MORNING, deliver),
        Act("publish", EVENING, publish, publish),
        Act("score closing", EVENING, score),
        Act("appeal ruling", EVENING, rule, unless("ruled_already", rule)),
        Act("import confirm", EVENING, confirm_import, confirm_import),
        Act("staff confirm", EVENING, confirm_staff, confirm_staff),
        Act("staff undo", EVENING, undo_staff, undo_staff),
        Act("confirm ready", EVENING, confirm, confirm),
        Act("annulment", EVENING, annul, unless("annulled_already", annul)),
        Act("outage made good", EVENING, make_good, unless("outage_settled", make_good)),
    )
}
