"""One person's life through random cycles and acts, and what must hold at every moment of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from attestation.by import By
from attestation.cases.annulment import Document, annul_decision
from attestation.cases.corrections import confirm_correction, propose_correction
from attestation.cases.cycles import admit_cycle, close_attestation, list_attestee
from attestation.cases.fallen_grounds import settle_ground
from attestation.cases.finality import reopen
from attestation.cases.result_changes import correct_result
from attestation.cases.results import ResultFacts, publish_results, record_result
from attestation.law.calendar import ALMATY, add_months
from attestation.law.listing import same_duty
from attestation.law.refusals import RuleRefusal
from attestation.law.vocabulary import PURPOSES_OF, Category, Position, Purpose
from attestation.lookup import published_result
from attestation.models import (
    LIVE,
    Annulment,
    Attestation,
    CategoryTerm,
    Consequence,
    Decision,
    Employee,
    GroundMark,
    Result,
    Role,
)
from attestation.refusals import Refused
from office.replay.replay import replay
from office.sweep import sweep
from scoring.models import Assessment, ReadThrough, Violation
from scoring.services.records import record_read_through
from tests.jobs.story import Story
from tests.records import CourseRow, RatingRow, save_courses, save_ratings

FIRST_DAY = date(2026, 1, 12)
# Years whose days off nobody confirmed would brake what harms; here everything takes its course.
YEARS = tuple(range(2025, 2031))
POSITIONS = ("career_specialist", "career_specialist", "unit_head", "assistant")


def moment(day: date, hour: int = 10) -> datetime:
    """An hour of the day in Almaty."""
    return datetime.combine(day, time(hour), tzinfo=ALMATY)


class Life:
    """Whatever is refused by the rules changes nothing and is part of the life."""

    def __init__(self, position: str) -> None:
        self.story = Story(confirmed=YEARS)
        self.boss = self.story.account("boss", Role.ADMINISTRATOR)
        self.chair = self.story.account("chair", Role.CHAIR)
        self.who = self.story.employee(position)
        self.day = FIRST_DAY
        self.cycles = self.records = 0
        self.told: list[str] = [position]

    # --- acts ---------------------------------------------------------------------------------------------

    def tried(self, what: str, act: Callable[[], Any]) -> Any:
        """Do it; None where the rules refuse it."""
        try:
            done = act()
        except (Refused, RuleRefusal) as refusal:
            self.told.append(f"{self.day} {what}: {refusal.code}")
            return None
        self.told.append(f"{self.day} {what}")
        return done

    def pass_days(self, days: int) -> None:
        self.day += timedelta(days=days)
        self.sweep()

    def sweep(self) -> None:
        """And again where it did something: what one brings about, the next one finds."""
        for hour in (11, 12):
            summary = sweep.run(moment(self.day, hour))
            assert not summary.failed, (summary.failed, self.told)
            if not any(summary.counts.values()):
                break

    def attested(
        self, purpose: str, declared: str, correct: int, rating: int, violated: bool, waited: int
    ) -> None:
        """Listed, tested in a stage of a week, published on its last day, read the day after."""
        self.who.refresh_from_db()
        possible = PURPOSES_OF[Position(self.who.position)]
        if purpose not in possible:
            purpose = possible[-1].value
        if self.last("provisional", 0) is not None and waited:
            self.pass_days(waited)
        starts = self.day + timedelta(days=7)
        ends = starts + timedelta(days=4)
        self.cycles += 1
        now = moment(self.day)
        cycle = self.story.open_cycle(f"L-{self.cycles}", starts, ends, now=now)
        declared = declared if purpose == "category" else ""
        what = f"{purpose} {declared} {correct} {rating} {violated}"
        case = self.tried(what, lambda: list_attestee(cycle, self.who, purpose, declared, by=By(None, now)))
        if case is None:
            return
        hours = [CourseRow(self.who.pk, declared, Decimal(72), Decimal(72))]
        save_courses(cycle, hours, by=By(None, now))
        admit_cycle(cycle, by=By(None, now))
        self.day = starts
        self.sweep()
        found = ResultFacts(100, correct, None, "1", moment(starts, 11))
        self.tried("result", lambda: record_result(_fresh(case), found, by=By(None, moment(starts, 13))))
        if violated:
            self.violate()
        self.day = ends
        self.tried("publish", lambda: publish_results(cycle, by=By(None, moment(ends, 17))))
        self.pass_days(1)
        self.read(ends, rating)
        if waited:
            self.pass_days(waited)

    def violate(self) -> None:
        self.records += 1
        Violation.objects.create(
            employee=self.who,
            recorded_on=self.day,
            description="…",
            external_id=f"V{self.records}",
        )

    def read(self, through: date, rating: int) -> None:
        self.records += 1
        rows = [RatingRow(self.who.pk, through, Decimal(rating), f"R{self.records}")]
        now = moment(self.day, 13)
        save_ratings(rows, touched={self.who.pk: [through]}, by=By(None, now))
        centers = [self.story.career, self.story.mobility]
        for kind in ReadThrough.Kind:
            record_read_through(centers, kind, through, by=By(None, now))
        self.sweep()

    def last(self, status: str, nth: int) -> Attestation | None:
        cases = list(Attestation.objects.filter(employee=self.who, status=status).order_by("-pk")[:3])
        return cases[nth % len(cases)] if cases else None

    def reopened(self, nth: int) -> None:
        case = self.last("final", nth)
        if case is not None:
            why, now = "appeal_recorded_late", moment(self.day)
            self.tried("reopen", partial(reopen, case, by=By(None, now), reason=why))

    def corrected(self, nth: int, correct: int) -> None:
        """I-33: before the final decision at once, after it by two persons."""
        case = self.last("provisional", nth) or self.last("final", nth)
        result = case and published_result(case)
        if case is None or result is None:
            return
        now, ground = moment(self.day), {"reason": "…", "document": "№ 7"}
        found = ResultFacts(100, correct, None, "1", result.finished_at)
        if case.status == "provisional":
            self.tried("correct", partial(correct_result, case, found, **ground, by=By(None, now)))
            return
        asked = partial(propose_correction, case, found, **ground, by=By(self.chair, now))
        if self.tried("propose", asked):
            self.tried("confirm", partial(confirm_correction, _fresh(case), by=By(self.boss, now)))

    def annulled(self, nth: int) -> None:
        case = self.last("final", nth)
        if case is not None:
            paper = Document("court", f"№ {self.records}", self.day, "…")
            now = moment(self.day)
            self.tried("annul", partial(annul_decision, case, paper, by=By(self.boss, now)))

    def settled(self, outcome: str) -> None:
        mark = GroundMark.objects.unsettled().first()
        if mark is not None:
            asked = {"outcome": outcome, "reason": "…", "by": By(self.chair, moment(self.day))}
            self.tried(f"settle {outcome}", lambda: settle_ground(mark.attestation, **asked))

    def moved(self, position: str) -> None:
        Employee.objects.filter(pk=self.who.pk).update(position=position)
        self.told.append(f"{self.day} is {position}")
        self.sweep()

    def left(self, returns: bool) -> None:
        day = None if returns else self.day
        Employee.objects.filter(pk=self.who.pk).update(left_on=day)
        self.told.append(f"{self.day} {'returned' if returns else 'left'}")
        self.sweep()

    def categorised(self, category: str) -> None:
        """A category of before put on record, where none is there yet."""
        if CategoryTerm.objects.filter(employee=self.who).exists():
            return
        ends = add_months(self.day, 36)
        CategoryTerm.objects.create(
            employee=self.who, category=category, starts_on=self.day, ends_on=ends, planned_ends_on=ends
        )
        self.told.append(f"{self.day} holds {category}")
        self.sweep()

    def closed(self) -> None:
        case = self.last("absent", 0) or self.last("tested", 0) or self.last("not_admitted", 0)
        if case is not None:
            now = moment(self.day)
            self.tried("close", lambda: close_attestation(case, reason="…", by=By(None, now)))

    # --- what holds ---------------------------------------------------------------------------------------

    def check(self) -> None:
        for holds in (
            self._one_case_at_a_time,
            self._one_duty,
            self._windows,
            self._periods,
            self._no_dismissal_by_initial,
            self._consequences_rest_on_something,
            self._no_result_without_decision,
        ):
            holds()

    def _one_case_at_a_time(self) -> None:
        """I-31: a second live case stands only beside one that was final and is decided anew."""
        live = Attestation.objects.filter(employee=self.who, status__in=LIVE)
        fresh = [case for case in live if not case.decisions.filter(state="final").exists()]
        assert len(fresh) <= 1, self.told

    def _one_duty(self) -> None:
        """I-25."""
        rows = Consequence.objects.filter(kind="reattest", state="open").select_related("attestation")
        keys = [
            (row.attestation.position, same_duty(Purpose(row.attestation.purpose), Purpose.CATEGORY))
            for row in rows
        ]
        assert len(keys) == len(set(keys)), self.told

    def _windows(self) -> None:
        """I-06: each day of the twelve months before an assessment is counted once, by those that stand."""
        final = Decision.objects.current().filter(state="final", assessment_id__isnull=False)
        unsettled = GroundMark.objects.unsettled().values("attestation")
        reopened = Attestation.objects.filter(status="provisional", employee=self.who)
        if reopened.exists() or GroundMark.objects.unsettled().exists():
            return  # What stands beside it is held back and formed anew, or waits for a person.
        stood = GroundMark.objects.filter(outcome="stands", settled_by__isnull=False)
        if Annulment.objects.exists() or stood.exists():
            return  # A person let a case stand on a window that has moved.
        spans = list(
            Assessment.objects.filter(pk__in=final.exclude(attestation__in=unsettled).values("assessment_id"))
            .order_by("window_to")
            .values_list("window_from", "window_to")
        )
        before = None
        for first, last in spans:
            begins = add_months(last, -12) + timedelta(days=1)
            expected = begins if before is None else max(begins, before + timedelta(days=1))
            assert first == expected, (spans, self.told)
            before = last

    def _periods(self) -> None:
        """¶7: a period ends before it begins only where it was superseded on its first day: it is void."""
        for period in CategoryTerm.objects.filter(employee=self.who, suspended_at__isnull=True):
            if period.ends_on < period.starts_on:
                assert period.is_void, self.told
                assert period.ended_by_id is not None, self.told

    def _no_dismissal_by_initial(self) -> None:
        for row in Consequence.objects.filter(kind="dismissal", state="open", attestation__purpose="initial"):
            assert self.who.category_on(row.effective_on) is Category.NONE, self.told

    def _consequences_rest_on_something(self) -> None:
        """I-32."""
        for row in Consequence.objects.filter(state="open").select_related(
            "decision", "attestation__repeats"
        ):
            assert row.decision.superseded_at is None, self.told
            duty = row.attestation.repeats
            if not row.attestation.repeat or duty is None:
                continue
            ground = Attestation.objects.get(pk=duty.attestation_id)
            marked = GroundMark.objects.filter(attestation=row.attestation, earlier=ground).exists()
            assert ground.status == "final" or marked, self.told

    def _no_result_without_decision(self) -> None:
        """I-23."""
        published = Result.objects.current().filter(published_at__isnull=False, attestation__status="closed")
        for result in published:
            assert Annulment.objects.filter(attestation=result.attestation_id).exists(), self.told

    def end(self) -> None:
        """At the end of it: the record agrees with the rules."""
        assert [str(each) for each in replay().differences] == [], self.told


def _fresh(case: Attestation) -> Attestation:
    return Attestation.objects.get(pk=case.pk)
