"""A database as an earlier version left it: one career for each way in which one ended wrongly (I-32)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from unittest.mock import patch

from attestation.by import By
from attestation.cases import annulment, lifecycle
from attestation.cases.annulment import Document, annul_decision
from attestation.cases.cycles import admit_cycle, list_attestee
from attestation.cases.results import ResultFacts, publish_results, record_result
from attestation.lookup import locked
from attestation.models import (
    Attestation,
    CategoryTerm,
    Consequence,
    Decision,
    Employee,
    Role,
    RuleSet,
    User,
)
from scoring.models import ReadThrough
from scoring.services.records import record_read_through
from tests.jobs.story import FINAL, READ, STAGE_OVER, Story, at, before_i_22, without
from tests.records import CourseRow, RatingRow, save_courses, save_ratings

OPENED = at("2026-02-16 10:00")
PUBLISHED_AGAIN = at("2026-03-13 17:00")
OVER, READ_AGAIN, AGAIN_FINAL = at("2026-03-14 00:30"), at("2026-03-14 09:00"), at("2026-03-19 00:30")
ANNULLED = at("2026-03-20 10:00")
LATER = date(2026, 3, 13)


@dataclass
class Past:
    """The cases by the code of what is wrong with each; `right` ended as they would today."""

    story: Story = field(default_factory=Story)
    cases: dict[str, Attestation] = field(default_factory=dict)
    right: dict[str, Attestation] = field(default_factory=dict)

    def __post_init__(self) -> None:
        RuleSet.objects.update(kept_term="own_end", window="since_final")
        first = self._in_february()
        self._in_march(first)
        self._end_wrongly(first)
        for case in (*self.cases.values(), *self.right.values()):
            case.refresh_from_db()

    def _in_february(self) -> dict[str, Attestation]:
        story = self.story
        plain = ("parallel", "second_duty", "other_position", "not_first", "ground", "repeat")
        first = {code: story.listed(story.employee()) for code in plain}
        for code in ("window", "backwards", "conferred_elsewhere"):
            first[code] = story.listed(story.employee("career_specialist"), "category", "consultant")
        holder = story.employee("career_specialist", category="consultant")
        first["kept_end"] = story.listed(holder, "category", "consultant")
        with before_i_22():
            first["held_category"] = story.listed(
                story.employee("career_specialist", category="consultant"), "initial"
            )
        first["closed_published"] = story.listed(story.employee())
        Attestation.objects.filter(pk=first["held_category"].pk).update(repeat=True)
        correct = {"not_first": 90, "window": 90, "conferred_elsewhere": 90, "kept_end": 80}
        self.cycle = story.open_cycle("T-2026-2", date(2026, 3, 10), LATER)
        self.cases["parallel"] = story.listed_beside(first["parallel"].employee, "position", "", self.cycle)
        story.through(*((case, correct.get(code, 60)) for code, case in first.items()))
        closed = locked(first["closed_published"])
        lifecycle.close_case(closed, [{"text": "…"}], by=By(None, at("2026-02-06 10:00")))
        high = {first[code].employee: [5] for code in ("window", "conferred_elsewhere")}
        story.read(ratings={**high, holder: [3]})
        story.swept(STAGE_OVER, READ, FINAL)
        self.cases |= {
            code: first[code]
            for code in ("kept_end", "held_category", "closed_published", "conferred_elsewhere")
        }
        return first

    def _in_march(self, first: dict[str, Attestation]) -> None:
        story = self.story
        moved(first["other_position"].employee, "unit_head")
        for code in ("second_duty", "other_position", "ground", "repeat"):
            self.cases[code] = self._listed(first[code].employee)
        with before_i_22():
            self.cases["not_first"] = self._listed(first["not_first"].employee, "initial")
        self.cases["window"] = self._listed(first["window"].employee, "category", "case_manager")
        self.cases["backwards"] = self._listed(first["backwards"].employee, "category", "consultant")
        listed = Attestation.objects.filter(cycle=self.cycle)
        listed.filter(pk=self.cases["second_duty"].pk).update(repeat=False, repeats=None)
        duty = Consequence.objects.get(attestation=first["other_position"])
        listed.filter(pk=self.cases["other_position"].pk).update(repeat=True, repeats=duty)
        # Those that repeated a failure of which the record does not tell.
        unnamed = (self.cases["parallel"].pk, self.cases["not_first"].pk)
        listed.filter(pk__in=unnamed).update(repeat=True)
        admit_cycle(self.cycle, by=By(None, OPENED))
        for case in listed:
            correct = 90 if case.purpose == "category" else 60
            found = ResultFacts(100, correct, None, "1", at("2026-03-10 11:00"))
            record_result(locked(case), found, by=By(None, at("2026-03-10 12:00")))
        publish_results(self.cycle, by=By(None, PUBLISHED_AGAIN))
        people = [self.cases[code].employee_id for code in ("window", "backwards")]
        rated = [RatingRow(who, date(2026, 2, 20), Decimal(5), f"R-again-{who}") for who in people]
        touched = {row.employee_id: [row.rated_on] for row in rated}
        save_ratings(rated, touched=touched, by=By(None, READ_AGAIN))
        for kind in ReadThrough.Kind:
            record_read_through([story.career, story.mobility], kind, LATER, by=By(None, READ_AGAIN))
        story.swept(OVER, READ_AGAIN, AGAIN_FINAL)
        self.right["repeat"] = self.cases.pop("repeat")

    def _listed(self, who: Employee, purpose: str = "position", declared: str = "") -> Attestation:
        who.refresh_from_db()
        case = list_attestee(self.cycle, who, purpose, declared, by=By(None, OPENED))
        hours = [CourseRow(who.pk, declared, Decimal(72), Decimal(72))]
        save_courses(self.cycle, hours, by=By(None, OPENED))
        return case

    def _end_wrongly(self, first: dict[str, Attestation]) -> None:
        """What the services of today do not write any more."""
        duties = Consequence.objects.filter(kind="reattest", attestation=self.cases["second_duty"])
        dismissed = Consequence.objects.filter(kind="dismissal", attestation=self.cases["held_category"])
        with without("attestation_consequence_one_duty_again"):
            (duties | dismissed).update(state="open", why="")
        # By a decision that became final after it and is dated before.
        before = Decision.objects.current().get(attestation=first["backwards"])
        assert before.dated is not None
        cut = {"ends_on": before.dated - timedelta(days=1), "ended_by": before}
        CategoryTerm.objects.filter(decision__attestation=self.cases["backwards"]).update(**cut)
        moved(self.cases["conferred_elsewhere"].employee, "unit_head")
        boss, _made = User.objects.get_or_create(username="boss", defaults={"role": Role.ADMINISTRATOR})
        paper = Document("court", "2-17", date(2026, 3, 19), "…")
        with patch.object(annulment, "mark_dependents"):
            annul_decision(first["ground"], paper, by=By(boss, ANNULLED))


def moved(who: Employee, position: str) -> None:
    Employee.objects.filter(pk=who.pk).update(position=position)
