"""¶28-1, App. 1-2: who is assessed, by which data, when it waits, and what comes of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from attestation.by import By
from attestation.cases.decisions import form_decision
from attestation.cases.finality import finalise, reopen
from attestation.cases.result_changes import amend_result, correct_result
from attestation.cases.results import ResultFacts
from attestation.law.reasons import Points
from attestation.lookup import published_result
from attestation.models import Attestation, Deadline, JournalEntry, Notice, Role, RuleSet
from attestation.refusals import Refused
from scoring.models import Assessment, ReadThrough
from scoring.services import assessing
from scoring.services.assessing import score, score_due
from scoring.services.evidence import gather
from scoring.services.records import record_read_through
from tests.factories import AttestationFactory, CareerCenterFactory, UserFactory, moment
from tests.jobs.story import without
from tests.siblings_cast import (
    GRACE_OVER,
    READ,
    STAGE_OVER,
    WINDOW_FIRST,
    WINDOW_LAST,
    current_decision,
    current_score,
    decided,
    examined,
    footprint,
    fresh,
    other_cycle,
    published,
    rate,
    read,
    sweep,
    violate,
)

pytestmark = pytest.mark.django_db

LATER = moment("2026-02-08 12:00")


class TestExamples:
    """The worked examples of docs/readings.md, from the data to the decision."""

    def test_e5_65_of_80_and_both_rows(self) -> None:
        case = decided(65, total=80)
        row = current_score(case)
        assert (row.points_test, row.points_rating, row.points_violations, row.points_total) == (
            "65",
            10,
            10,
            "85",
        )
        assert case.status == "provisional"
        assert (current_decision(case).outcome, current_decision(case).category) == ("declared", "consultant")
        assert current_decision(case).verdict["cites"] == ["¶17.2", "¶28-1", "¶30.2", "¶7"]

    def test_e6_a_violation_takes_ten_points(self) -> None:
        case = decided(85, violations=1, existing="consultant", declared="case_manager")
        assert current_score(case).points_total == "78"
        assert current_decision(case).outcome == "existing"

    def test_e7_a_mean_of_3_9_gives_nothing(self) -> None:
        case = decided(70, "4", "3.8", existing="consultant", declared="case_manager")
        assert (current_score(case).points_rating, current_score(case).points_total) == (0, "66")
        assert (current_decision(case).outcome, current_decision(case).category) == ("lower", "none")

    def test_e12_exact_to_a_tenth(self) -> None:
        case = decided(99, "5", "4.8", existing="consultant", declared="case_manager")
        assert current_score(case).points_total == "99.2"
        assert current_decision(case).category == "case_manager"

    def test_e14_both_rows_without_points(self) -> None:
        case = decided(70, "3.2", violations=2)
        assert current_score(case).points_total == "56"
        assert current_decision(case).outcome == "lower"


class TestHeld:
    """I-04, I-05, I-27: what waits says why, and its deadline runs on."""

    def held_codes(self, case: Attestation) -> list[str]:
        assert case.status == "held"
        assert current_score(case).points_total == ""
        assert not case.decisions.exists()
        return [reason["code"] for reason in case.status_reason]

    def test_i_04_a_mean_of_4_0_is_held(self) -> None:
        assert self.held_codes(decided(90, "4")) == ["rating_gap"]

    def test_i_05_no_ratings_are_held(self) -> None:
        case = examined(90)
        read(case)
        sweep(READ)
        assert self.held_codes(fresh(case)) == ["no_rating"]

    def test_i_27_nothing_read_holds_both_rows(self) -> None:
        case = examined(90)
        rate(case, "5")
        sweep(STAGE_OVER)
        assert self.held_codes(fresh(case)) == ["ratings_not_read", "violations_not_read"]

    def test_e15_violations_not_read_are_not_none(self) -> None:
        case = examined(89)
        rate(case, "4.4")
        read(case, "ratings")
        sweep(READ)
        assert self.held_codes(fresh(case)) == ["violations_not_read"]
        assert current_score(case).points_rating == 10
        assert current_score(case).violations is None

    def test_i_27_read_to_the_day_before_the_end_is_not_read(self) -> None:
        case = examined(89)
        rate(case, "4.4")
        read(case, through=date(2026, 2, 5))
        sweep(READ)
        assert len(self.held_codes(fresh(case))) == 2

    def test_the_scoring_term_runs_on_until_the_row_is_open(self) -> None:
        case = decided(90, "4")
        assert Deadline.objects.get(attestation=case, kind="scoring").state == "open"
        sweep(moment("2026-02-09 00:00"))
        assert Deadline.objects.get(attestation=case, kind="scoring").state == "missed"
        assert fresh(case).status == "held"

    def test_the_commission_is_told_once(self) -> None:
        chair = UserFactory(role=Role.CHAIR)
        case = decided(90, "4")
        sweep(LATER)
        assert Notice.objects.filter(attestation=case, kind="held", user=chair).count() == 1

    def test_a_sweep_that_finds_the_same_writes_nothing(self) -> None:
        held, decided_case = decided(90, "4"), decided(90)
        before = footprint()
        versions = fresh(held).version, fresh(decided_case).version
        assert score_due(now=LATER) == 0
        assert score_due(now=LATER) == 0
        assert footprint() == before
        assert (fresh(held).version, fresh(decided_case).version) == versions

    @pytest.mark.parametrize(("value", "points"), [("ten", "92"), ("zero", "82")])
    def test_i_04_the_setting_says_what_the_gap_gives(self, value: str, points: str) -> None:
        RuleSet.objects.update(rating_gap=value)
        assert current_score(decided(90, "4")).points_total == points

    @pytest.mark.parametrize(("value", "points"), [("ten", "92"), ("zero", "82")])
    def test_i_05_the_setting_says_what_no_rating_gives(self, value: str, points: str) -> None:
        RuleSet.objects.update(no_rating=value)
        case = examined(90)
        read(case)
        sweep(READ)
        assert current_score(case).points_total == points


class TestWindow:
    """I-06: 12 months through the stage's last day, and only since the attestation before."""

    @pytest.mark.parametrize(
        ("day", "counts"),
        [
            (date(2025, 2, 6), False),
            (WINDOW_FIRST, True),
            (WINDOW_LAST, True),
            (date(2026, 2, 7), False),
        ],
    )
    def test_app_1_2_footnote_both_edges(self, day: date, counts: bool) -> None:
        case = examined(90)
        rate(case, "1", on=day)
        violate(case, on=day)
        read(case)
        found = gather(case, published_result(case))  # type: ignore[arg-type]  # it is published
        assert found.span == (WINDOW_FIRST, WINDOW_LAST)
        assert (len(found.scores), found.violations) == ((1, 1) if counts else (0, 0))

    @pytest.mark.parametrize(
        ("reading", "correct", "first_day"),
        [
            # The day after the window of the assessment before: none between the two falls out.
            ("between", 80, date(2026, 2, 7)),
            # Who failed the test was not assessed: nothing was counted.
            ("between", 60, date(2025, 3, 20)),
            ("twelve_months", 80, date(2025, 3, 20)),
            # The day of the final decision does not count, the day after does.
            ("since_final", 80, date(2026, 2, 11)),
            ("since_final", 60, date(2026, 2, 11)),
        ],
    )
    def test_i_06_it_begins_after_what_was_counted_before_by_the_setting(
        self, reading: str, correct: int, first_day: date
    ) -> None:
        first = decided(correct)
        sweep(GRACE_OVER)
        assert current_decision(first).dated == date(2026, 2, 10)
        RuleSet.objects.create(title="Later", effective_from=date(2026, 3, 1), window=reading)
        assert gather(self.next_case(first), first.results.get()).span == (first_day, date(2026, 3, 19))

    def test_i_06_an_assessment_whose_decision_does_not_stand_moves_nothing(self) -> None:
        first = decided(80)
        second = self.next_case(first)
        assert gather(second, first.results.get()).span.first_day == date(2025, 3, 20)
        sweep(GRACE_OVER)
        assert gather(second, first.results.get()).span.first_day == date(2026, 2, 7)
        reopen(first, by=By(None, GRACE_OVER), reason="a test")
        assert gather(second, first.results.get()).span.first_day == date(2025, 3, 20)

    @staticmethod
    def next_case(first: Attestation) -> Attestation:
        cycle = other_cycle(first, testing_starts=date(2026, 3, 16), testing_ends=date(2026, 3, 19))
        # Two at a time as lists of before this rule may hold them.
        with without("attestation_attestation_one_at_a_time"):
            return AttestationFactory(employee=first.employee, status="tested", cycle=cycle)

    def test_another_specialists_records_do_not_count(self) -> None:
        case, other = examined(90), examined(90)
        rate(other, "1")
        violate(other)
        rate(case, "5")
        read(case)
        sweep(READ)
        assert current_score(case).points_total == "92"

    def test_i_26_the_mean_is_exact_whatever_the_database(self) -> None:
        """Ten scores of 3.9 add to more than 39 in binary floats: that would be the gap."""
        case = decided(70, *["3.9"] * 10)
        assert (current_score(case).points_rating, str(current_score(case).rating_sum)) == (0, "39.0000")


class TestReadThrough:
    """I-27: through which day a centre's data are read."""

    def test_a_labour_mobility_centre_speaks_for_its_career_centres(self) -> None:
        case = examined(90)
        sibling = CareerCenterFactory(parent=case.center.parent)
        stranger = CareerCenterFactory()
        parent = case.center.parent
        assert parent is not None
        added = record_read_through([parent], "ratings", WINDOW_LAST, by=By(None, READ))
        assert {row.center for row in added} == {parent, case.center, sibling}
        assert not ReadThrough.objects.filter(center=stranger).exists()

    def test_a_day_reached_before_adds_nothing(self) -> None:
        case = examined(90)
        read(case)
        before = footprint()
        read(case)
        read(case, through=date(2026, 1, 31))
        assert footprint() == before
        assert ReadThrough.objects.count() == 2

    def test_tomorrow_is_refused(self) -> None:
        case = examined(90)
        with pytest.raises(Refused, match=r"can't be read through 08\.02\.2026: today is 07\.02\.2026"):
            read(case, through=date(2026, 2, 8))
        assert not ReadThrough.objects.exists()

    def test_i_28_the_decision_waited_for_the_last_of_the_data(self) -> None:
        case = examined(89)
        rate(case, "4.4")
        read(case, "ratings", at=moment("2026-02-09 09:00"))
        # Before midnight in UTC, but the 12th in Almaty.
        read(case, "violations", at=moment("2026-02-12 00:30"))
        read(case, through=date(2026, 2, 12), at=moment("2026-02-13 09:00"))
        sweep(moment("2026-02-16 09:00"))
        final = current_decision(case)
        assert (final.state, final.ready_on, final.dated) == ("final", date(2026, 2, 12), date(2026, 2, 12))

    def test_i_28_without_waiting_the_grace_dates_it(self) -> None:
        case = decided(89)
        sweep(moment("2026-02-20 09:00"))
        final = current_decision(case)
        assert (final.ready_on, final.dated) == (date(2026, 2, 7), date(2026, 2, 10))


class TestDeadline:
    """¶28-1, I-10: two calendar days after the day the testing stage ended."""

    @pytest.mark.parametrize(
        ("at", "state"),
        [("2026-02-08 23:59:59", "met"), ("2026-02-09 00:00:00", "missed")],
    )
    def test_point_28_1_both_sides_of_its_last_second(self, at: str, state: str) -> None:
        case = examined(90)
        rate(case, "5")
        read(case, at=STAGE_OVER)
        score_due(now=moment(at))
        assert Deadline.objects.get(attestation=case, kind="scoring").state == state
        assert current_score(case).due_on == date(2026, 2, 8)


class TestBasis:
    """I-02: by the test alone a held row holds nothing up."""

    def test_i_02_test_decides_with_a_held_row(self) -> None:
        RuleSet.objects.update(category_basis="test")
        case = decided(90, "4")
        assert case.status == "provisional"
        assert current_score(case).held == ["rating_gap"]
        assert (current_decision(case).outcome, current_decision(case).ready_on) == ("declared", None)

    def test_nothing_more_is_written_about_it(self) -> None:
        RuleSet.objects.update(category_basis="test")
        decided(90, "4")
        before = footprint()
        assert score_due(now=LATER) == 0
        assert footprint() == before


class TestWhoIsAssessed:
    """¶8.2, ¶27.3, ¶28-1: refusals name the point, and change nothing."""

    def refusal(self, case: Attestation, actor: Any = None, now: datetime = READ) -> Refused:
        before = footprint()
        with pytest.raises(Refused) as refused:
            score(case, by=By(actor, now))
        assert footprint() == before
        return refused.value

    def test_point_8_2_another_purpose_is_not(self) -> None:
        case = examined(90, purpose="initial")
        assert (self.refusal(case).code, self.refusal(case).cite) == ("no_assessment", "¶8.2")

    def test_point_28_1_not_before_the_stage_is_over(self) -> None:
        refused = self.refusal(published(90), now=moment("2026-02-06 23:59:59"))
        assert (refused.code, refused.cite) == ("stage_not_over", "¶28-1")
        assert "06.02.2026" in str(refused)

    def test_point_27_3_a_failed_test_is_not(self) -> None:
        refused = self.refusal(examined(69))
        assert (refused.code, refused.cite) == ("not_admitted_to_assessment", "¶27.3")

    def test_an_unpublished_result_is_not(self) -> None:
        case = AttestationFactory(status="tested", pinned=True)
        assert self.refusal(case).code == "result_unpublished"

    def test_a_final_decision_stands(self) -> None:
        case = decided(90)
        sweep(GRACE_OVER)
        rate(case, "1", "1", "1")
        assert self.refusal(fresh(case)).code == "case_over"
        assert score_due(now=GRACE_OVER) == 0

    def test_f_a6_nobody_scores_themselves(self) -> None:
        case = examined(90)
        officer = UserFactory(role=Role.HR, center=case.center, employee=case.employee)
        assert self.refusal(case, actor=officer).code == "own_record"

    def test_f_a1_another_centres_officer_finds_nothing(self) -> None:
        case = examined(90)
        officer = UserFactory(role=Role.HR, center=CareerCenterFactory())
        assert self.refusal(case, actor=officer).code == "not_found"

    def test_an_auditor_changes_nothing(self) -> None:
        assert self.refusal(examined(90), actor=UserFactory(role=Role.AUDITOR)).code == "no_permission"


class TestDecisionOnAHeldRow:
    """F-R4: a decision before the score is closed is refused with what it waits for."""

    def test_a_decision_on_a_held_row_is_refused_and_changes_nothing(self) -> None:
        case = decided(90, "4")
        points = Points.from_data(current_score(case).inputs["points"])
        before = footprint()
        with pytest.raises(Refused, match="a row of Appendix 1-2 is held; the decision waits") as refused:
            form_decision(
                case,
                points=points,
                assessment_id=current_score(case).pk,
                ready_on=None,
                by=By(None, LATER),
            )
        assert refused.value.cite == "App. 1-2 row 2"
        assert footprint() == before
        with pytest.raises(Refused, match="there is no provisional decision"):
            finalise(case, by=By(None, GRACE_OVER))
        assert footprint() == before
        assert fresh(case).status == "held"


class TestAfresh:
    """I-12: a score follows its data and its result."""

    def test_data_read_later_open_the_row(self) -> None:
        case = examined(89)
        rate(case, "4.4")
        sweep(STAGE_OVER)
        held = current_score(case)
        read(case)
        assert score_due(now=LATER) == 1
        assert fresh(case).status == "provisional"
        assert Assessment.objects.get(pk=held.pk).superseded_at == LATER
        assert current_decision(case).assessment_id == current_score(case).pk

    def test_an_amended_result_is_scored_afresh(self) -> None:
        case = decided(89)
        before = current_score(case)
        amend_result(case, correct=90, wrong=None, reason="appeal", by=By(None, LATER))
        assert fresh(case).status == "tested"
        assert score_due(now=LATER) == 1
        row = current_score(case)
        assert (row.points_total, row.result_id) == ("92", published_result(case).pk)  # type: ignore[union-attr]
        assert Assessment.objects.get(pk=before.pk).superseded_at == LATER

    def test_a_score_of_a_result_that_was_corrected_below_the_threshold_counts_no_more(self) -> None:
        case = decided(89)
        found = ResultFacts(100, 60, None, "", moment("2026-02-04 11:00"))
        correct_result(case, found, reason="typing error", by=By(None, LATER))
        sweep(LATER)
        assert not Assessment.objects.current().filter(attestation=case).exists()
        sweep(moment("2026-02-20 00:05"))
        assert (current_decision(case).state, current_decision(case).outcome) == ("final", "lower")

    def test_the_journal_says_what_was_found(self) -> None:
        case = decided(65, total=80)
        entry = JournalEntry.objects.get(act="assess", attestation=case)
        assert entry.data["points_total"] == "85"
        assert entry.data["assessment"] == current_score(case).pk


def test_f_d18_a_poisoned_case_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    poisoned, healthy = examined(90), examined(90)
    for case in (poisoned, healthy):
        rate(case, "5")
        read(case)
    assess = assessing.assess_case

    def broken(attestation: Attestation, **more: object) -> object:
        if attestation.pk == poisoned.pk:
            raise ZeroDivisionError
        return assess(attestation, **more)  # type: ignore[arg-type]  # handed through as they came

    monkeypatch.setattr(assessing, "assess_case", broken)
    assert score_due(now=READ) == 1
    assert score_due(now=LATER) == 0
    assert (fresh(poisoned).status, fresh(healthy).status) == ("tested", "provisional")
    assert JournalEntry.objects.filter(act="needs_attention", attestation=poisoned).count() == 1
    monkeypatch.undo()
    # After the second failure it backs off for ten minutes.
    assert score_due(now=LATER + timedelta(minutes=10)) == 1
