"""The chain by its services: list, admission, results, publication, decisions, what they bring."""

from __future__ import annotations

from datetime import date

import pytest

from attestation.by import By
from attestation.cases.consequences import close_consequence
from attestation.cases.cycles import admit_cycle, list_attestee, open_cycle
from attestation.cases.decisions import form_due
from attestation.cases.finality import appeal_closed, appeal_opened, finalise, finalise_due
from attestation.cases.result_changes import correct_result
from attestation.cases.results import ResultFacts, publish_results, record_result
from attestation.cases.testing_stage import close_deadlines, end_testing_stages
from attestation.law.refusals import RuleRefusal
from attestation.lookup import current_decision
from attestation.models import (
    Attestation,
    CategoryTerm,
    Consequence,
    CourseRecord,
    Cycle,
    Deadline,
    Decision,
    Employee,
    JournalEntry,
    Role,
    RuleSet,
    User,
)
from attestation.refusals import Refused
from tests.factories import (
    AttestationFactory,
    CareerCenterFactory,
    CategoryTermFactory,
    CenterFactory,
    CycleFactory,
    EmployeeFactory,
    ResultFactory,
    UserFactory,
    moment,
)
from tests.records import CourseRow, save_courses

pytestmark = pytest.mark.django_db

BEFORE = moment("2026-01-20 10:00")
STAGE_OVER = moment("2026-02-07 00:05")
GRACE_OVER = moment("2026-02-11 00:05")


@pytest.fixture
def cycle() -> Cycle:
    return CycleFactory()


def staff(cycle: Cycle, **values: object) -> Employee:
    return EmployeeFactory(center=CareerCenterFactory(parent=cycle.center), **values)


def with_result(correct: int = 60, total: int = 100, **values: object) -> Attestation:
    """An assistant confirming conformity, with a published result."""
    employee = EmployeeFactory(position=values.pop("position", "assistant"))
    case = AttestationFactory(employee=employee, status="tested", **{"purpose": "position", **values})
    ResultFactory(attestation=case, correct_answers=correct, questions_total=total, published_at=None)
    publish_results(case.cycle, by=By(None, moment("2026-02-05 17:40")))
    return case


def finished(case: Attestation) -> Decision:
    """Through the end of the stage and of the grace, by the sweep's steps."""
    end_testing_stages(now=STAGE_OVER)
    form_due(now=STAGE_OVER)
    finalise_due(now=GRACE_OVER)
    case.refresh_from_db()
    decision = current_decision(case)
    assert decision is not None
    return decision


class TestOpenCycle:
    def test_it_opens_for_a_labour_mobility_centre(self) -> None:
        cycle = open_cycle(CenterFactory(), "A-1", date(2026, 2, 2), date(2026, 2, 6), by=By(None, BEFORE))
        assert cycle.stage_closes_at == moment("2026-02-07 00:00")
        assert JournalEntry.objects.get(act="open_cycle").subject == "A-1"

    def test_point_9_a_career_centre_forms_no_list(self) -> None:
        with pytest.raises(RuleRefusal) as refusal:
            open_cycle(CareerCenterFactory(), "A-1", date(2026, 2, 2), date(2026, 2, 6), by=By(None, BEFORE))
        assert refusal.value.cite == "¶9"

    def test_i_21_a_stage_that_ends_before_the_order_is_refused(self) -> None:
        with pytest.raises(RuleRefusal) as refusal:
            open_cycle(CenterFactory(), "A-1", date(2025, 9, 22), date(2025, 9, 28), by=By(None, BEFORE))
        assert refusal.value.cite == "I-21"
        assert not Cycle.objects.exists()

    def test_an_officer_opens_none_for_another_centre(self) -> None:
        officer = UserFactory(role=Role.HR, center=CenterFactory())
        with pytest.raises(Refused, match="among those of your centre"):
            open_cycle(CenterFactory(), "A-1", date(2026, 2, 2), date(2026, 2, 6), by=By(officer, BEFORE))


class TestList:
    def list(self, cycle: Cycle, employee: Employee, purpose: str, declared: str = "") -> Attestation:
        return list_attestee(cycle, employee, purpose, declared, by=By(None, BEFORE))

    def test_position_and_category_stand_as_they_are(self, cycle: Cycle) -> None:
        employee = staff(cycle)
        CategoryTermFactory(employee=employee)
        case = self.list(cycle, employee, "category", "case_manager")
        assert (case.existing, case.declared, case.position, case.repeat) == (
            "consultant",
            "case_manager",
            "career_specialist",
            False,
        )
        assert case.case_no == f"{cycle.code}-0001"

    def test_i_18_declared_below_existing_is_refused(self, cycle: Cycle) -> None:
        employee = staff(cycle)
        CategoryTermFactory(employee=employee, category="case_manager")
        with pytest.raises(RuleRefusal, match="is below the existing one") as refusal:
            self.list(cycle, employee, "category", "consultant")
        assert refusal.value.cite == "I-18"
        assert not Attestation.objects.exists()

    def test_i_22_a_career_specialist_confirms_no_position(self, cycle: Cycle) -> None:
        with pytest.raises(RuleRefusal) as refusal:
            self.list(cycle, staff(cycle), "position")
        assert refusal.value.cite == "I-22"

    def test_point_9_staff_of_another_region_is_refused(self, cycle: Cycle) -> None:
        with pytest.raises(RuleRefusal) as refusal:
            self.list(cycle, EmployeeFactory(), "initial")
        assert refusal.value.cite == "¶9"

    def test_nobody_is_listed_twice(self, cycle: Cycle) -> None:
        employee = staff(cycle)
        self.list(cycle, employee, "initial")
        with pytest.raises(Refused, match="is on the list of the cycle"):
            self.list(cycle, employee, "initial")

    def test_the_list_stands_once_testing_begins(self, cycle: Cycle) -> None:
        with pytest.raises(Refused, match=r"testing stage began on 02\.02\.2026"):
            list_attestee(cycle, staff(cycle), "initial", "", by=By(None, moment("2026-02-02 00:00")))
        list_attestee(cycle, staff(cycle), "initial", "", by=By(None, moment("2026-02-01 23:59")))

    def test_f_a6_officers_do_not_list_themselves(self, cycle: Cycle) -> None:
        employee = staff(cycle)
        officer: User = UserFactory(role=Role.HR, center=cycle.center, employee=employee)
        with pytest.raises(Refused, match="their own record"):
            list_attestee(cycle, employee, "initial", "", by=By(officer, BEFORE))


class TestAdmission:
    def test_point_14_hours_decide_and_can_be_repeated(self, cycle: Cycle) -> None:
        employee = staff(cycle)
        case = list_attestee(cycle, employee, "initial", "", by=By(None, BEFORE))
        (outcome,) = admit_cycle(cycle, by=By(None, BEFORE))
        assert (outcome.admitted, outcome.reason) == (False, "no_learning_plan")
        save_courses(cycle, [CourseRow(employee.pk, "", 72, 71)], by=By(None, BEFORE))
        assert admit_cycle(cycle, by=By(None, BEFORE))[0].reason == "hours_short"
        save_courses(cycle, [CourseRow(employee.pk, "", 72, 72)], by=By(None, BEFORE))
        assert CourseRecord.objects.count() == 1
        assert admit_cycle(cycle, by=By(None, BEFORE))[0].admitted
        case.refresh_from_db()
        assert case.status == "admitted"
        assert case.status_reason[0]["cite"] == "¶14.1"

    def test_point_14_2_the_profile_is_the_declared_category(self, cycle: Cycle) -> None:
        employee = staff(cycle)
        list_attestee(cycle, employee, "category", "consultant", by=By(None, BEFORE))
        save_courses(cycle, [CourseRow(employee.pk, "mentor", None, None)], by=By(None, BEFORE))
        assert admit_cycle(cycle, by=By(None, BEFORE))[0].reason == "no_course_in_profile"
        save_courses(cycle, [CourseRow(employee.pk, "consultant", None, None)], by=By(None, BEFORE))
        assert admit_cycle(cycle, by=By(None, BEFORE))[0].admitted

    def test_i_30_not_once_testing_begins(self, cycle: Cycle) -> None:
        with pytest.raises(Refused) as refusal:
            admit_cycle(cycle, by=By(None, moment("2026-02-02 08:00")))
        assert refusal.value.cite == "I-30"

    def test_admitted_again_writes_nothing(self, cycle: Cycle) -> None:
        employee = staff(cycle)
        list_attestee(cycle, employee, "initial", "", by=By(None, BEFORE))
        save_courses(cycle, [CourseRow(employee.pk, "", 72, 72)], by=By(None, BEFORE))
        admit_cycle(cycle, by=By(None, BEFORE))
        entries = JournalEntry.objects.count()
        admit_cycle(cycle, by=By(None, BEFORE))
        assert JournalEntry.objects.count() == entries


class TestResults:
    def facts(self, **values: object) -> ResultFacts:
        return ResultFacts(
            **{
                "questions_total": 100,
                "correct_answers": 98,
                "wrong_questions": [3, 7],
                "test_variant": "A",
                "finished_at": moment("2026-02-04 11:00"),
                **values,
            }
        )

    def record(self, case: Attestation, facts: ResultFacts) -> object:
        return record_result(case, facts, by=By(None, moment("2026-02-05 09:00")))

    def test_the_same_result_again_is_the_row_on_record(self) -> None:
        case = AttestationFactory()
        assert self.record(case, self.facts()) == self.record(case, self.facts())
        case.refresh_from_db()
        assert case.status == "tested"

    def test_an_unpublished_one_is_superseded_by_another(self) -> None:
        case = AttestationFactory()
        first = self.record(case, self.facts())
        second = self.record(case, self.facts(correct_answers=97, wrong_questions=[3, 7, 9]))
        assert second.supersedes == first

    def test_somebody_not_admitted_has_no_result(self) -> None:
        case = AttestationFactory(status="not_admitted")
        with pytest.raises(Refused, match="is not admitted to testing"):
            self.record(case, self.facts())
        assert not case.results.exists()

    @pytest.mark.parametrize(
        "values",
        [
            {"correct_answers": 101},
            {"wrong_questions": [3]},
            {"wrong_questions": [3, 3]},
            {"wrong_questions": [3, 101]},
        ],
    )
    def test_numbers_that_do_not_fit_are_refused(self, values: dict[str, object]) -> None:
        with pytest.raises(RuleRefusal):
            self.record(AttestationFactory(), self.facts(**values))

    def test_a_published_one_is_not_imported_over(self) -> None:
        case = with_result()
        with pytest.raises(Refused, match="clerical error is corrected"):
            self.record(case, self.facts())

    @pytest.mark.parametrize("day", ["2026-02-01 23:59", "2026-02-07 00:00"])
    def test_a_test_outside_the_stage_is_refused(self, day: str) -> None:
        with pytest.raises(Refused, match="outside the testing stage"):
            record_result(
                AttestationFactory(),
                self.facts(finished_at=moment(day)),
                by=By(None, moment("2026-02-08 09:00")),
            )

    def test_d1_publication_opens_appeal_and_grace(self) -> None:
        case = with_result()
        appeal = Deadline.objects.get(attestation=case, kind="appeal")
        assert (appeal.due_on, appeal.days, appeal.cite) == (
            date(2026, 2, 9),
            ["2026-02-06", "2026-02-09"],
            "¶21",
        )
        assert appeal.closes_at == moment("2026-02-10 00:00")
        assert Deadline.objects.get(attestation=case, kind="grace").due_on == date(2026, 2, 10)

    def test_published_again_there_is_nothing_to_do(self) -> None:
        case = with_result()
        assert publish_results(case.cycle, by=By(None, STAGE_OVER)) == []

    def test_a_clerical_error_is_an_act_with_a_new_appeal_term(self) -> None:
        case = with_result(correct=60)
        end_testing_stages(now=STAGE_OVER)
        form_due(now=STAGE_OVER)
        now = moment("2026-02-09 10:00")
        facts = self.facts(correct_answers=70, wrong_questions=None)
        with pytest.raises(Refused, match="Give the reason"):
            correct_result(case, facts, reason=" ", by=By(None, now))
        result = correct_result(case, facts, reason="Typed wrong.", by=By(None, now))
        case.refresh_from_db()
        assert (case.status, result.source) == ("tested", "correction")
        deadlines = Deadline.objects.filter(attestation=case, kind="appeal").order_by("pk")
        assert [deadline.state for deadline in deadlines] == ["void", "open"]
        assert deadlines[1].due_on == date(2026, 2, 11)
        form_due(now=now)
        finalise_due(now=moment("2026-02-12 12:00"))
        case.refresh_from_db()
        assert case.status == "provisional"
        finalise_due(now=moment("2026-02-13 00:00"))
        assert current_decision(case).dated == date(2026, 2, 12)


class TestStageEnd:
    def test_i_23_without_a_result_one_is_absent(self) -> None:
        case = AttestationFactory()
        end_testing_stages(now=moment("2026-02-06 23:59"))
        case.refresh_from_db()
        assert (case.status, case.rule_set) == ("admitted", None)
        end_testing_stages(now=moment("2026-02-07 00:00"))
        case.refresh_from_db()
        assert (case.status, case.rule_set) == ("absent", RuleSet.objects.get())
        assert Cycle.objects.get(pk=case.cycle_id).stage_ended_at == moment("2026-02-07 00:00")

    def test_i_23_a_late_report_finds_the_absent_one(self) -> None:
        case = AttestationFactory(purpose="initial")
        end_testing_stages(now=STAGE_OVER)
        facts = ResultFactory.build(attestation=case)
        record_result(
            case,
            ResultFacts(100, 70, None, "", facts.finished_at),
            by=By(None, moment("2026-02-09 09:00")),
        )
        publish_results(case.cycle, by=By(None, moment("2026-02-09 10:00")))
        form_due(now=moment("2026-02-09 10:05"))
        assert current_decision(case).outcome == "conforms"

    def test_i_21_the_rule_set_in_force_on_the_last_day_is_pinned(self) -> None:
        RuleSet.objects.create(title="later", effective_from=date(2026, 2, 7))
        sooner = RuleSet.objects.create(title="sooner", effective_from=date(2026, 2, 6))
        case = AttestationFactory()
        end_testing_stages(now=moment("2026-03-01 00:00"))
        case.refresh_from_db()
        assert case.rule_set == sooner

    def test_the_existing_category_is_that_of_the_last_day(self) -> None:
        case = AttestationFactory(declared="mentor")
        CategoryTermFactory(employee=case.employee, starts_on=date(2026, 2, 6), ends_on=date(2029, 2, 6))
        end_testing_stages(now=STAGE_OVER)
        case.refresh_from_db()
        assert case.existing == "consultant"

    def test_i_18_an_outgrown_application_is_closed(self) -> None:
        case = AttestationFactory(declared="consultant")
        CategoryTermFactory(employee=case.employee, category="mentor")
        end_testing_stages(now=STAGE_OVER)
        case.refresh_from_db()
        assert case.status == "closed"
        assert case.status_reason[0]["code"] == "existing_above_declared"

    def test_d4_the_scoring_term_runs_over_the_weekend(self) -> None:
        case = with_result(89, position="career_specialist", purpose="category")
        end_testing_stages(now=STAGE_OVER)
        deadline = Deadline.objects.get(attestation=case, kind="scoring")
        assert (deadline.due_on, deadline.cite) == (date(2026, 2, 8), "¶28-1")
        close_deadlines(now=moment("2026-02-09 00:00"))
        deadline.refresh_from_db()
        assert deadline.state == "missed"


class TestDecisions:
    def test_e1_an_assistant_conforms(self) -> None:
        decision = finished(with_result(70))
        assert (decision.outcome, decision.verdict["cites"]) == ("conforms", ["¶17.4", "¶30.4"])
        assert not Consequence.objects.exists()

    def test_e2_and_d6_a_failed_one_owes_a_re_attestation(self) -> None:
        case = with_result(69)
        decision = finished(case)
        assert (decision.outcome, decision.state, decision.dated) == (
            "does_not_conform",
            "final",
            date(2026, 2, 10),
        )
        duty = Consequence.objects.get(kind="reattest")
        assert (duty.cite, duty.state, duty.due_on) == ("¶27.2", "open", date(2027, 2, 10))
        deadline = Deadline.objects.get(kind="reattestation")
        assert deadline.closes_at == moment("2027-02-11 00:00")

    def test_nothing_is_final_before_the_grace_is_over(self) -> None:
        case = with_result(69)
        end_testing_stages(now=STAGE_OVER)
        form_due(now=STAGE_OVER)
        case.refresh_from_db()
        with pytest.raises(Refused, match=r"run until the end of 10\.02\.2026"):
            finalise(case, by=By(None, moment("2026-02-10 23:59")))
        assert finalise_due(now=moment("2026-02-10 23:59")) == 0
        assert finalise_due(now=moment("2026-02-11 00:00")) == 1
        assert finalise_due(now=moment("2026-02-11 00:00")) == 0

    def test_i_28_the_job_may_run_late_and_the_day_stands(self) -> None:
        case = with_result(69)
        end_testing_stages(now=moment("2026-05-01 00:00"))
        form_due(now=moment("2026-05-01 00:00"))
        finalise_due(now=moment("2026-05-01 00:00"))
        assert current_decision(case).dated == date(2026, 2, 10)

    def test_i_28_the_stage_can_be_the_last_thing_waited_for(self) -> None:
        cycle = CycleFactory(testing_ends=date(2026, 2, 20))
        case = with_result(69, cycle=cycle)
        end_testing_stages(now=GRACE_OVER)
        assert form_due(now=GRACE_OVER) == 0
        late = moment("2026-02-21 00:00")
        end_testing_stages(now=late)
        form_due(now=late)
        finalise_due(now=late)
        assert current_decision(case).dated == date(2026, 2, 20)

    def test_e8_a_failed_application_lowers_the_category(self) -> None:
        case = AttestationFactory(existing="case_manager", declared="mentor", status="tested")
        held = CategoryTermFactory(employee=case.employee, category="case_manager")
        ResultFactory(attestation=case, correct_answers=69, published_at=None)
        publish_results(case.cycle, by=By(None, moment("2026-02-05 17:40")))
        decision = finished(case)
        held.refresh_from_db()
        assert held.ends_on == date(2026, 2, 9)
        begun = CategoryTerm.objects.get(decision=decision)
        assert (begun.category, begun.starts_on, begun.ends_on) == (
            "consultant",
            date(2026, 2, 10),
            date(2029, 2, 10),
        )
        assert {(c.kind, c.cite) for c in decision.consequences.all()} == {
            ("not_admitted_to_assessment", "¶27.3"),
            ("lower_category", "¶27.1"),
            ("reattest", "¶27.2"),
        }

    def test_i_14_reopened_its_consequences_are_suspended(self) -> None:
        case = AttestationFactory(existing="case_manager", declared="mentor", status="tested")
        held = CategoryTermFactory(employee=case.employee, category="case_manager")
        ResultFactory(attestation=case, correct_answers=69, published_at=None)
        publish_results(case.cycle, by=By(None, moment("2026-02-05 17:40")))
        final = finished(case)
        now = moment("2026-02-12 09:00")
        appeal_opened(case, by=By(None, now))
        case.refresh_from_db()
        held.refresh_from_db()
        assert (case.status, case.open_appeals) == ("provisional", 1)
        assert (held.ends_on, held.ended_by) == (date(2028, 1, 10), None)
        assert case.employee.category_on(date(2026, 2, 12)) == "case_manager"
        assert set(final.consequences.values_list("state", flat=True)) == {"suspended"}
        assert Deadline.objects.get(kind="reattestation").state == "void"
        with pytest.raises(Refused, match="under appeal"):
            finalise(case, by=By(None, now))
        appeal_closed(case, by=By(None, now))
        finalise_due(now=now)
        again = current_decision(case)
        assert (again.state, again.dated, again.supersedes.supersedes) == (
            "final",
            date(2026, 2, 12),
            final,
        )
        assert CategoryTerm.objects.get(decision=again).starts_on == date(2026, 2, 12)

    def test_a_re_attestation_failed_again_is_subject_to_dismissal(self) -> None:
        first = with_result(69)
        finished(first)
        cycle = CycleFactory(
            center=first.cycle.center, testing_starts=date(2026, 9, 7), testing_ends=date(2026, 9, 11)
        )
        with pytest.raises(RuleRefusal) as refusal:
            list_attestee(cycle, first.employee, "initial", "", by=By(None, moment("2026-08-01 09:00")))
        assert refusal.value.cite == "I-22"
        second = list_attestee(cycle, first.employee, "position", "", by=By(None, moment("2026-08-01 09:00")))
        assert (second.repeat, second.repeats.attestation) == (True, first)
        Attestation.objects.filter(pk=second.pk).update(status="tested")
        ResultFactory(
            attestation=second,
            correct_answers=60,
            finished_at=moment("2026-09-08 10:00"),
            published_at=None,
        )
        publish_results(cycle, by=By(None, moment("2026-09-09 10:00")))
        duty = Consequence.objects.get(kind="reattest")
        assert (duty.state, Deadline.objects.get(kind="reattestation").state) == ("done", "met")
        now = moment("2026-10-01 00:00")
        end_testing_stages(now=now)
        form_due(now=now)
        finalise_due(now=now)
        dismissal = Consequence.objects.get(kind="dismissal")
        assert (dismissal.cite, dismissal.state) == ("¶28.1", "open")
        assert Deadline.objects.filter(kind="reattestation").count() == 1
        with pytest.raises(Refused, match="Say what the employer did"):
            close_consequence(dismissal, text="", by=By(None, now))
        close_consequence(dismissal, text="Order № 5", by=By(None, now))
        with pytest.raises(Refused, match="does not wait for the employer"):
            close_consequence(dismissal, text="Order № 5", by=By(None, now))

    def test_f_d18_a_poisoned_case_does_not_stop_the_rest(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from attestation.cases import testing_stage

        poisoned, well = AttestationFactory(), AttestationFactory()
        real = testing_stage.lookup.locked

        def locked(case: Attestation) -> Attestation:
            if case.pk == poisoned.pk:
                raise RuntimeError("poison")
            return real(case)

        monkeypatch.setattr(testing_stage.lookup, "locked", locked)
        assert end_testing_stages(now=STAGE_OVER) == 1
        end_testing_stages(now=STAGE_OVER)
        well.refresh_from_db()
        assert well.status == "absent"
        entry = JournalEntry.objects.get(act="needs_attention")
        assert (entry.attestation, entry.data) == (
            poisoned,
            {"act": "end_testing_stage", "error": "RuntimeError"},
        )
