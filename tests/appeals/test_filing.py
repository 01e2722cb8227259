"""¶21, I-08, I-13, I-14, I-24: what goes on record, in time or late, and what is refused."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from appeals.models import Appeal, AppealItem
from appeals.services.filing import file_appeal, late_sentence
from appeals.services.ruling import rule_item
from appeals.services.withdrawal import withdraw
from attestation.by import By
from attestation.cases.result_changes import correct_result
from attestation.cases.results import ResultFacts
from attestation.law.refusals import RuleRefusal
from attestation.models import Attestation, CategoryTerm, Consequence, Deadline, JournalEntry, Role, User
from attestation.refusals import Refused
from tests.factories import AttestationFactory, CenterFactory, ResultFactory, UserFactory, moment
from tests.siblings_cast import (
    APPEAL_CLOSES,
    GRACE_OVER,
    PUBLISHED,
    current_decision,
    decided,
    footprint,
    fresh,
    made_once,
    published,
    seated,
    sweep,
)

pytestmark = pytest.mark.django_db

RECORDED = moment("2026-02-10 18:00")
IN_TIME = moment("2026-02-09 16:30")
WHY = "Сұрақта екі жауап нұсқасы да дұрыс: Қағиданың 12-тармағында екеуі де аталған."

made = made_once(lambda: published(60))


@pytest.fixture
def case(made: Attestation, db: None) -> Attestation:
    """A case below 70 % that may appeal."""
    return deepcopy(made)


def file(case: Attestation, *questions: int, filed_at: datetime = IN_TIME, **more: Any) -> Appeal:
    values: dict[str, Any] = {
        "items": [(question, WHY) for question in questions or (12,)],
        "receipt_note": "by the Platform",
        **more,
    }
    by = By(values.pop("actor", None), values.pop("now", RECORDED))
    return file_appeal(case, filed_at=filed_at, by=by, **values)


def refusal(case: Attestation, *questions: int, **more: Any) -> Refused | RuleRefusal:
    """What is said; nothing may have changed."""
    before, status = footprint(), fresh(case).status
    with pytest.raises((Refused, RuleRefusal)) as refused:
        file(case, *questions, **more)
    assert footprint() == before
    assert (fresh(case).status, fresh(case).open_appeals) == (status, case.open_appeals)
    return refused.value


class TestDeadline:
    """D1: published on Thursday at 17:40, in time until Monday 23:59:59."""

    def test_d1_the_term_is_in_the_ledger(self, case: Attestation) -> None:
        deadline = Deadline.objects.get(attestation=case, kind="appeal")
        assert (deadline.due_on, deadline.closes_at, deadline.days) == (
            date(2026, 2, 9),
            APPEAL_CLOSES,
            ["2026-02-06", "2026-02-09"],
        )

    @pytest.mark.parametrize(
        ("filed_at", "state"),
        [
            (PUBLISHED, "open"),
            (APPEAL_CLOSES - timedelta(microseconds=1), "open"),
            (APPEAL_CLOSES, "late"),
            (APPEAL_CLOSES + timedelta(microseconds=1), "late"),
            (RECORDED, "late"),
        ],
    )
    def test_f_d15_both_sides_of_midnight(self, case: Attestation, filed_at: datetime, state: str) -> None:
        appeal = file(case, filed_at=filed_at)
        appeal.refresh_from_db()
        assert (appeal.state, appeal.filed_at, appeal.closes_at) == (state, filed_at, APPEAL_CLOSES)
        assert fresh(case).open_appeals == (state == "open")

    def test_i_08_the_offset_it_was_filed_with_does_not_matter(self) -> None:
        assert file(published(60), filed_at=datetime(2026, 2, 9, 18, 59, 59, tzinfo=UTC)).state == "open"
        assert file(published(60), filed_at=datetime(2026, 2, 9, 19, 0, tzinfo=UTC)).state == "late"

    def test_the_stored_bound_decides_whatever_the_calendar_says_now(self, case: Attestation) -> None:
        closes_at = moment("2026-02-11 00:00")
        Deadline.objects.filter(attestation=case, kind="appeal").update(
            due_on=date(2026, 2, 10), closes_at=closes_at
        )
        assert file(case, filed_at=moment("2026-02-10 12:00")).state == "open"

    def test_a_corrected_result_has_a_term_of_its_own(self, case: Attestation) -> None:
        found = ResultFacts(100, 61, None, "", moment("2026-02-04 11:00"))
        corrected = moment("2026-02-12 09:00")
        correct_result(case, found, reason="typing error", by=By(None, corrected))
        appeal = file(case, filed_at=moment("2026-02-16 23:59"), now=moment("2026-02-17 09:00"))
        assert (appeal.state, appeal.result.correct_answers) == ("open", 61)
        refused = refusal(fresh(case), 13, filed_at=IN_TIME, now=moment("2026-02-17 09:00"))
        assert refused.code == "filed_before_publication"


class TestRecord:
    def test_point_21_an_item_for_each_question_with_its_argument(self, case: Attestation) -> None:
        appeal = file(case, 12, 47)
        assert list(appeal.items.values_list("question", "argument", "ruling")) == [
            (12, WHY, ""),
            (47, WHY, ""),
        ]
        assert (appeal.recorded_at, appeal.receipt_note) == (RECORDED, "by the Platform")
        entry = JournalEntry.objects.get(act="file_appeal", attestation=case)
        assert entry.data["questions"] == [12, 47]

    def test_i_14_a_late_one_is_kept_with_its_text(self, case: Attestation) -> None:
        appeal = file(case, 33, filed_at=APPEAL_CLOSES)
        assert appeal.items.get().argument == WHY
        assert JournalEntry.objects.filter(act="late_appeal", attestation=case).exists()
        sentence = late_sentence(appeal.filed_at, Deadline.objects.get(attestation=case, kind="appeal"))
        assert sentence == (
            "Filed on 10.02.2026 00:00:00, after the term ended on 09.02.2026 23:59:59 (¶21): it is not "
            "accepted and stays on record as late. For questions the employee turns to the secretary of the "
            "commission."
        )

    def test_i_14_a_late_one_holds_nothing_up(self) -> None:
        case = decided(60)
        file(case, 33, filed_at=APPEAL_CLOSES)
        sweep(GRACE_OVER)
        assert fresh(case).status == "final"

    def test_i_12_an_open_one_holds_the_final_decision_up(self) -> None:
        case = decided(60)
        file(case)
        sweep(GRACE_OVER)
        assert fresh(case).status == "provisional"

    def test_without_a_number_from_outside_it_gets_one(self, case: Attestation) -> None:
        assert [file(case, 1).external_id, file(case, 2).external_id] == [
            f"{case.case_no}-A1",
            f"{case.case_no}-A2",
        ]

    def test_filed_and_recorded_at_one_moment_needs_no_note(self, case: Attestation) -> None:
        appeal = file(case, filed_at=IN_TIME, now=IN_TIME, receipt_note="")
        assert (appeal.state, appeal.receipt_note) == ("open", "")

    def test_before_the_stage_ends_it_can_be_filed_too(self, case: Attestation) -> None:
        filed = moment("2026-02-05 18:00")
        assert file(case, filed_at=filed, now=filed).state == "open"
        assert fresh(case).rule_set is None


class TestRefused:
    def test_an_unpublished_result_can_not_be_appealed(self) -> None:
        case = AttestationFactory(status="tested")
        ResultFactory(attestation=case, published_at=None)
        refused = refusal(case)
        assert str(refused) == (
            f"Case {case.case_no}: no test result is published, so there is nothing to appeal against (¶21). "
            "An appeal can be filed once the result is published."
        )

    def test_no_result_at_all(self) -> None:
        assert refusal(AttestationFactory()).code == "result_unpublished"

    def test_i_14_filed_before_the_publication(self, case: Attestation) -> None:
        refused = refusal(case, filed_at=PUBLISHED - timedelta(seconds=1))
        assert (refused.code, refused.cite) == ("filed_before_publication", "I-14")
        assert "2026-02-05T17:39:59+05:00" in str(refused)

    def test_i_14_filed_in_the_future(self, case: Attestation) -> None:
        refused = refusal(case, filed_at=RECORDED + timedelta(microseconds=1))
        assert refused.code == "filed_after_recording"

    @pytest.mark.parametrize("note", ["", "  "])
    def test_i_14_filed_earlier_needs_a_note(self, case: Attestation, note: str) -> None:
        refused = refusal(case, receipt_note=note)
        assert refused.code == "filed_note_missing"
        assert "say how it was received" in str(refused)

    @pytest.mark.parametrize("question", [0, -1, 101])
    def test_point_21_there_is_no_such_question(self, case: Attestation, question: int) -> None:
        refused = refusal(case, 1, question)
        assert (refused.code, refused.cite) == ("question_out_of_range", "¶21")

    @pytest.mark.parametrize("question", [0, 101])
    def test_not_even_late(self, case: Attestation, question: int) -> None:
        assert refusal(case, question, filed_at=APPEAL_CLOSES).code == "question_out_of_range"

    def test_i_13_a_question_answered_correctly(self) -> None:
        case = published(98, wrong=[12, 47])
        refused = refusal(case, 13)
        assert (refused.code, refused.cite) == ("question_not_wrong", "I-13")
        assert "only these can be appealed: 12, 47" in str(refused)

    def test_late_it_is_kept_all_the_same(self) -> None:
        assert file(published(98, wrong=[12, 47]), 13, filed_at=APPEAL_CLOSES).state == "late"

    def test_no_question(self, case: Attestation) -> None:
        assert refusal(case, items=[]).code == "no_question"

    def test_a_question_twice(self, case: Attestation) -> None:
        assert refusal(case, 12, 12).code == "question_twice"

    @pytest.mark.parametrize("argument", ["", " \n\t"])
    def test_point_21_an_argument_is_mandatory(self, case: Attestation, argument: str) -> None:
        refused = refusal(case, items=[(12, argument)])
        assert "Each question needs its argument" in str(refused)

    def test_f_r10_an_endless_argument(self) -> None:
        assert refusal(published(60), items=[(12, "ұ" * 10_001)]).code == "text_too_long"
        assert file(published(60), items=[(12, "ұ" * 10_000)]).items.get().argument == "ұ" * 10_000

    def test_a_question_under_appeal_already(self, case: Attestation) -> None:
        first = file(case, 12)
        refused = refusal(fresh(case), 12)
        assert f"question 12 is under appeal {first.external_id} already" in str(refused)

    def test_a_question_ruled_on_already(self, case: Attestation) -> None:
        first = file(case, 12)
        for item in first.items.all():
            rule_item(item, ruling="uphold", reason="…", by=By(seated(), RECORDED))
        assert refusal(fresh(case), 12).code == "question_taken"

    def test_a_late_or_withdrawn_one_takes_no_question(self, case: Attestation) -> None:
        file(case, 12, filed_at=APPEAL_CLOSES)
        withdraw(file(case, 12), reason="…", by=By(None, RECORDED))
        assert file(case, 12).state == "open"

    def test_a_number_on_record_already(self, case: Attestation) -> None:
        file(case, 12, external_id="AP-1")
        assert refusal(fresh(case), 13, external_id="AP-1").code == "appeal_on_record"

    def test_a_closed_case(self, case: Attestation) -> None:
        Attestation.objects.filter(pk=case.pk).update(status="closed")  # as versions before I-23 closed it
        assert refusal(fresh(case)).code == "case_closed"

    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.CHAIR, Role.MEMBER])
    def test_who_may_not_file(self, case: Attestation, role: str) -> None:
        assert refusal(case, actor=UserFactory(role=role)).code == "no_permission"

    def test_f_a1_an_officer_of_another_centre(self, case: Attestation) -> None:
        officer = UserFactory(role=Role.HR, center=CenterFactory())
        assert refusal(case, actor=officer).code == "not_found"

    def test_f_a6_the_appellants_own_account(self, case: Attestation) -> None:
        officer = UserFactory(role=Role.HR, center=case.center, employee=case.employee)
        assert refusal(case, actor=officer).code == "own_record"
        assert file(case, actor=seated(Role.SECRETARY)).state == "open"


class TestAfterTheFinalDecision:
    """I-14: a timely appeal recorded late reopens it; what it brought is suspended."""

    def final(self) -> tuple[Attestation, User]:
        case = decided(60, existing="consultant", declared="case_manager")
        sweep(GRACE_OVER)
        assert current_decision(case).state == "final"
        return fresh(case), seated()

    def test_i_14_it_is_reopened(self) -> None:
        case, _ = self.final()
        final = current_decision(case)
        assert Consequence.objects.filter(attestation=case, state="open").exists()
        appeal = file(case, now=moment("2026-02-18 15:00"))
        assert (appeal.state, fresh(case).status) == ("open", "provisional")
        assert (current_decision(case).state, current_decision(case).supersedes) == ("provisional", final)
        assert not Consequence.objects.filter(attestation=case).exclude(state="suspended").exists()
        assert case.employee.category_on(date(2026, 2, 18)) == "consultant"
        assert JournalEntry.objects.filter(act="reopen", attestation=case).exists()

    def test_a_late_one_leaves_it(self) -> None:
        case, _ = self.final()
        file(case, filed_at=APPEAL_CLOSES, now=moment("2026-02-18 15:00"))
        assert (fresh(case).status, current_decision(case).state) == ("final", "final")

    def test_rejected_it_becomes_final_anew_dated_by_the_ruling(self) -> None:
        case, chair = self.final()
        appeal = file(case, now=moment("2026-02-18 15:00"))
        ruled = moment("2026-02-20 11:00")
        rule_item(appeal.items.get(), ruling="reject", reason="…", by=By(chair, ruled))
        sweep(moment("2026-02-21 09:00"))
        final = current_decision(case)
        assert (final.state, final.dated, final.outcome) == ("final", date(2026, 2, 20), "lower")
        assert final.reattest_by == date(2027, 2, 20)
        assert CategoryTerm.objects.filter(
            employee=case.employee, suspended_at__isnull=True
        ).get().ends_on == date(2026, 2, 19)

    def test_withdrawn_likewise(self) -> None:
        case, _ = self.final()
        appeal = file(case, now=moment("2026-02-18 15:00"))
        withdraw(appeal, reason="by the employee", by=By(None, moment("2026-02-19 10:00")))
        sweep(moment("2026-02-21 09:00"))
        assert (current_decision(case).state, current_decision(case).dated) == ("final", date(2026, 2, 19))


class TestWithdraw:
    def test_i_12_a_withdrawn_one_is_closed(self) -> None:
        case = decided(60)
        appeal = file(case, 12, 47)
        withdraw(appeal, reason="Өз өтініші бойынша", by=By(None, RECORDED))
        appeal.refresh_from_db()
        assert (appeal.state, appeal.closing_reason) == ("withdrawn", "Өз өтініші бойынша")
        assert (fresh(case).open_appeals, fresh(case).last_appeal_closed_at) == (0, RECORDED)
        sweep(GRACE_OVER)
        assert fresh(case).status == "final"

    def test_the_reason_is_mandatory(self, case: Attestation) -> None:
        appeal = file(case)
        with pytest.raises(Refused, match="Give the reason of the withdrawal"):
            withdraw(appeal, reason=" ", by=By(None, RECORDED))

    def test_not_twice(self, case: Attestation) -> None:
        appeal = file(case)
        withdraw(appeal, reason="…", by=By(None, RECORDED))
        with pytest.raises(Refused, match="the state is “withdrawn”"):
            withdraw(appeal, reason="…", by=By(None, RECORDED))

    def test_f_c4_not_once_a_question_is_ruled_on(self, case: Attestation) -> None:
        appeal = file(case, 12, 47)
        rule_item(appeal.items.get(question=12), ruling="uphold", reason="…", by=By(seated(), RECORDED))
        with pytest.raises(Refused, match="question 12 is ruled on already"):
            withdraw(appeal, reason="…", by=By(None, RECORDED))
        assert AppealItem.objects.get(question=12).ruling == "uphold"

    def test_a_late_one_stays_late(self, case: Attestation) -> None:
        appeal = file(case, filed_at=APPEAL_CLOSES)
        with pytest.raises(Refused, match="the state is “late: not accepted”"):
            withdraw(appeal, reason="…", by=By(None, RECORDED))
