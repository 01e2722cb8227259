"""A change of position, leaving service, a category on record: what becomes of duties and categories."""

from __future__ import annotations

from datetime import date

import pytest

from attestation.models import Attestation, CategoryTerm, Consequence, Deadline, Employee, Notice
from office.replay.replay import replay
from tests.jobs.story import FINAL, PUBLISHED, STAGE_OVER, Story, at, before_i_22

pytestmark = pytest.mark.django_db
MARCH = at("2026-03-02 10:00")


@pytest.fixture
def story() -> Story:
    return Story()


def decided(story: Story, who: Employee, purpose: str, correct: int, declared: str = "") -> Attestation:
    """A case whose decision is final on 2026-02-10; whoever passed was never rated: 0 and 10 points."""
    case = story.listed(who, purpose, declared)
    story.through((case, correct))
    story.read(ratings={who: [5]})
    story.swept(STAGE_OVER, FINAL)
    case.refresh_from_db()
    assert case.status == "final"
    return case


def moved(who: Employee, position: str) -> None:
    Employee.objects.filter(pk=who.pk).update(position=position)


def stands(case: Attestation, kind: str = "reattest") -> tuple[str, str]:
    row = Consequence.objects.get(attestation=case, kind=kind)
    return row.state, row.why


def duty_deadlines(case: Attestation) -> list[tuple[str, str]]:
    found = Deadline.objects.filter(attestation=case, kind="reattestation").order_by("pk")
    return [(row.state, str(row.due_on)) for row in found]


class TestDuty:
    """I-25: the duty belongs to the position."""

    def test_it_is_void_once_the_position_changes_and_opens_again_on_the_way_back(self, story: Story) -> None:
        who = story.employee()
        case = decided(story, who, "position", 60)
        assert (stands(case), duty_deadlines(case)) == (("open", ""), [("open", "2027-02-10")])
        moved(who, "unit_head")
        story.swept(MARCH)
        assert (stands(case), duty_deadlines(case)) == (("void", "position"), [("void", "2027-02-10")])
        moved(who, "assistant")
        story.swept(at("2026-03-02 10:05"), at("2026-03-02 10:10"))
        assert stands(case) == ("open", "")
        assert duty_deadlines(case) == [("void", "2027-02-10"), ("open", "2027-02-10")]
        assert replay().differences == []

    def test_on_the_way_back_after_its_day_it_is_overdue(self, story: Story) -> None:
        who = story.employee()
        case = decided(story, who, "position", 60)
        moved(who, "unit_head")
        story.swept(MARCH)
        moved(who, "assistant")
        story.swept(at("2027-02-11 10:00"), at("2027-02-11 10:05"))
        assert stands(case) == ("open", "")
        assert duty_deadlines(case)[-1] == ("missed", "2027-02-10")
        assert Notice.objects.filter(kind="reminder_reattestation", context__overdue=True).exists()

    def test_a_transfer_in_the_same_position_changes_nothing(self, story: Story) -> None:
        who = story.employee()
        case = decided(story, who, "position", 60)
        Employee.objects.filter(pk=who.pk).update(center=story.mobility)
        (summary,) = story.swept(MARCH)
        assert stands(case) == ("open", "")
        assert summary.counts["positions_settled"] == 0

    @pytest.mark.parametrize(("now", "state"), [("2026-03-01 23:55", "open"), ("2026-03-02 00:05", "moot")])
    def test_leaving_service_voids_it_on_the_day(self, story: Story, now: str, state: str) -> None:
        who = story.employee()
        case = decided(story, who, "position", 60)
        Employee.objects.filter(pk=who.pk).update(left_on=date(2026, 3, 2))
        story.swept(at(now))
        assert stands(case)[0] == state

    def test_a_duty_of_an_initial_attestation_ends_when_a_category_is_put_on_record(
        self, story: Story
    ) -> None:
        who = story.employee("career_specialist")
        case = decided(story, who, "initial", 60)
        CategoryTerm.objects.create(
            employee=who,
            category="consultant",
            starts_on=date(2026, 2, 20),
            ends_on=date(2026, 6, 20),
            planned_ends_on=date(2026, 6, 20),
        )
        story.swept(MARCH)
        assert stands(case) == ("void", "category")
        # It ended: the category's own end brings nothing back.
        story.swept(at("2026-07-01 10:00"))
        assert stands(case) == ("void", "category")


class TestAtTheDecision:
    """I-23, I-36: how the person stands on the day of the final decision."""

    def test_of_one_who_left_the_decision_is_formed_and_its_duty_is_moot(self, story: Story) -> None:
        who = story.employee()
        case = story.listed(who)
        story.through((case, 60))
        Employee.objects.filter(pk=who.pk).update(left_on=date(2026, 2, 9))
        story.swept(STAGE_OVER, FINAL)
        assert stands(case) == ("moot", "left")
        assert duty_deadlines(case) == [("void", "2027-02-10")]
        assert replay().differences == []

    def test_a_dismissal_of_one_who_left_is_moot_and_asked_of_nobody(self, story: Story) -> None:
        who = story.employee()
        case = story.listed(who)
        Attestation.objects.filter(pk=case.pk).update(repeat=True)
        story.through((case, 60))
        Employee.objects.filter(pk=who.pk).update(left_on=date(2026, 2, 9))
        story.swept(STAGE_OVER, FINAL)
        assert stands(case, "dismissal") == ("moot", "left")
        assert not Notice.objects.filter(kind="dismissal_due").exists()

    def test_the_case_keeps_its_position_and_the_duty_of_the_old_one_is_void(self, story: Story) -> None:
        who = story.employee()
        case = story.listed(who)
        story.through((case, 60))
        moved(who, "unit_head")
        story.swept(STAGE_OVER, FINAL)
        case.refresh_from_db()
        assert (case.position, stands(case)) == ("assistant", ("void", "position"))

    def test_nobody_who_holds_a_category_is_dismissed_by_an_initial(self, story: Story) -> None:
        who = story.employee("career_specialist", category="mentor")
        with before_i_22():
            case = story.listed(who, "initial")
        Attestation.objects.filter(pk=case.pk).update(repeat=True)
        story.through((case, 60))
        story.swept(STAGE_OVER, FINAL)
        assert stands(case, "dismissal") == ("void", "category")
        assert replay().differences == []


class TestCategory:
    """I-36: a category is put in force only for somebody who is a career specialist."""

    def applied(self, story: Story, correct: int = 90, category: str = "") -> tuple[Employee, Attestation]:
        who = story.employee("career_specialist", category=category)
        case = story.listed(who, "category", "case_manager")
        story.through((case, correct))
        story.read(ratings={who: [5]})
        story.swept(STAGE_OVER)
        moved(who, "unit_head")
        story.swept(FINAL)
        return who, case

    def periods(self, who: Employee) -> list[tuple[str, str, str]]:
        return [
            (row.category, str(row.starts_on), str(row.ends_on)) for row in who.category_terms.order_by("pk")
        ]

    def test_a_conferral_waits_and_comes_into_force_from_the_day_of_the_decision(self, story: Story) -> None:
        who, case = self.applied(story)
        assert (stands(case, "confer_category"), self.periods(who)) == (("waiting", "position"), [])
        assert replay().differences == []
        story.swept(MARCH)
        assert stands(case, "confer_category") == ("waiting", "position")
        moved(who, "career_specialist")
        story.swept(at("2026-09-01 10:00"))
        assert stands(case, "confer_category") == ("done", "")
        assert self.periods(who) == [("case_manager", "2026-02-10", "2029-02-10")]
        assert replay().differences == []

    @pytest.mark.parametrize(
        ("back", "state"), [("2029-02-10 10:00", "done"), ("2029-02-11 00:05", "lapsed")]
    )
    def test_it_lapses_once_its_term_has_ended(self, story: Story, back: str, state: str) -> None:
        who, case = self.applied(story)
        moved(who, "career_specialist")
        story.swept(at(back))
        assert stands(case, "confer_category")[0] == state
        assert replay().differences == []

    def test_a_lowering_waits_with_what_it_would_end(self, story: Story) -> None:
        who, case = self.applied(story, correct=60, category="case_manager")
        assert stands(case, "lower_category") == ("waiting", "position")
        assert self.periods(who) == [("case_manager", "2024-03-11", "2027-03-11")]
        moved(who, "career_specialist")
        story.swept(MARCH)
        assert self.periods(who) == [
            ("case_manager", "2024-03-11", "2026-02-09"),
            ("consultant", "2026-02-10", "2029-02-10"),
        ]
        assert replay().differences == []

    def test_a_renewal_waits_too(self, story: Story) -> None:
        who, case = self.applied(story, correct=75, category="case_manager")
        assert stands(case, "keep_category") == ("waiting", "position")
        moved(who, "career_specialist")
        story.swept(MARCH)
        assert self.periods(who)[-1] == ("case_manager", "2026-02-10", "2029-02-10")


class TestInitial:
    """I-31: a category put on record while an initial attestation is under way ends it."""

    def with_category(self, who: Employee) -> None:
        CategoryTerm.objects.create(
            employee=who,
            category="consultant",
            starts_on=date(2026, 1, 12),
            ends_on=date(2029, 1, 12),
            planned_ends_on=date(2029, 1, 12),
        )

    def test_before_its_result_is_published(self, story: Story) -> None:
        who = story.employee("career_specialist")
        case = story.listed(who, "initial")
        self.with_category(who)
        story.swept(at("2026-01-14 10:00"))
        case.refresh_from_db()
        assert (case.status, case.status_reason) == (
            "closed",
            [{"code": "category_on_record", "category": "consultant"}],
        )

    def test_after_it_the_case_ends_with_its_decision_and_nothing_is_owed(self, story: Story) -> None:
        who = story.employee("career_specialist")
        case = story.listed(who, "initial")
        story.through((case, 60))
        self.with_category(who)
        story.swept(PUBLISHED, STAGE_OVER, FINAL)
        case.refresh_from_db()
        assert (case.status, stands(case)) == ("final", ("void", "category"))
