"""What the law forbids can't be stored, raw SQL included, on both databases."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from attestation import journal, triggers
from attestation.by import By
from attestation.models import (
    Attestation,
    CategoryTerm,
    Center,
    Consequence,
    Decision,
    JournalEntry,
    Result,
    RuleSet,
)
from tests.factories import (
    AttestationFactory,
    CareerCenterFactory,
    CategoryTermFactory,
    CenterFactory,
    CycleFactory,
    EmployeeFactory,
    ResultFactory,
    moment,
)

pytestmark = pytest.mark.django_db

NOW = moment("2026-02-10 12:00")


def refused(sql: str, params: list[object] | None = None) -> str:
    """The database's refusal of a statement; the test fails when it is accepted."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params or [])
    return str(caught.value)


def decision_for(result: Result, state: str = "final", **more: object) -> Decision:
    values = {
        "attestation": result.attestation,
        "state": state,
        "outcome": "lower",
        "result": result,
        "dated": date(2026, 2, 10) if state == "final" else None,
        "inputs": {},
        "rule_settings": {},
        "verdict": {"cites": []},
        "formed_at": NOW,
    }
    return Decision.objects.create(**{**values, **more})


def test_every_trigger_of_the_list_is_in_the_database() -> None:
    from appeals.triggers import TRIGGERS as APPEALS
    from scoring.triggers import TRIGGERS as SCORING

    wanted = {trigger.name for trigger in [*triggers.TRIGGERS, *SCORING, *APPEALS]}
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        found = {row[0] for row in cursor.fetchall()}
    assert wanted <= found


def test_two_open_attestations_of_one_person_in_a_cycle_are_refused() -> None:
    first = AttestationFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        AttestationFactory(employee=first.employee, cycle=first.cycle)
    closed = AttestationFactory(
        employee=EmployeeFactory(center=first.center), cycle=first.cycle, status="closed"
    )
    AttestationFactory(employee=closed.employee, cycle=first.cycle)


@pytest.mark.parametrize(
    "values",
    [
        {"purpose": "initial", "declared": "consultant", "existing": ""},
        {"purpose": "category", "declared": "", "existing": "none"},
        {"purpose": "category", "declared": "none", "existing": "none"},
        {"purpose": "initial", "declared": "", "existing": "none"},
        {"purpose": "category", "declared": "consultant", "existing": "case_manager"},
        {"purpose": "category", "declared": "case_manager", "existing": "mentor"},
        {"purpose": "position", "declared": "", "existing": ""},
        {"status": "unknown"},
        {"status": "provisional"},
    ],
)
def test_an_attestation_that_the_order_does_not_know_is_refused(values: dict[str, str]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        AttestationFactory(**values)


@pytest.mark.parametrize("values", [{"correct_answers": 101}, {"questions_total": 0, "correct_answers": 0}])
def test_f_r2_a_result_out_of_range_is_refused(values: dict[str, int]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ResultFactory(**values)


def test_the_list_of_wrong_questions_has_total_minus_correct_numbers() -> None:
    ResultFactory(correct_answers=98, wrong_questions=[3, 7])
    with pytest.raises(IntegrityError, match="total minus correct"), transaction.atomic():
        ResultFactory(correct_answers=98, wrong_questions=[3])


def test_a_result_is_superseded_never_edited_or_deleted() -> None:
    result = ResultFactory()
    assert "never edited" in refused(
        "UPDATE attestation_result SET correct_answers = 100 WHERE id = %s", [result.pk]
    )
    assert "never edited" in refused(
        "UPDATE attestation_result SET published_at = %s WHERE id = %s", [NOW, result.pk]
    )
    assert "never deleted" in refused("DELETE FROM attestation_result WHERE id = %s", [result.pk])
    Result.objects.filter(pk=result.pk).update(superseded_at=NOW)


def test_one_result_of_a_case_is_in_force() -> None:
    result = ResultFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        ResultFactory(attestation=result.attestation)


def test_overlapping_terms_of_the_same_category_are_refused() -> None:
    period = CategoryTermFactory()
    overlap = {"employee": period.employee, "starts_on": period.ends_on, "ends_on": date(2031, 1, 10)}
    with pytest.raises(IntegrityError, match="overlapping terms"), transaction.atomic():
        CategoryTermFactory(**overlap)
    CategoryTermFactory(**overlap, category="case_manager")
    CategoryTermFactory(**{**overlap, "starts_on": date(2028, 1, 11)})
    assert "overlapping" in refused(
        "UPDATE attestation_categoryterm SET ends_on = %s WHERE id = %s", [date(2028, 1, 11), period.pk]
    )


def test_i_36_a_category_is_conferred_on_a_career_specialist_only() -> None:
    decision = decision_for(ResultFactory())
    head = EmployeeFactory(position="unit_head")
    with pytest.raises(IntegrityError, match="career specialist only"), transaction.atomic():
        CategoryTermFactory(employee=head, decision=decision)
    CategoryTermFactory(employee=head)
    CategoryTermFactory(decision=decision)


@pytest.mark.parametrize("status", ["absent", "not_admitted", "closed"])
def test_i_31_a_second_case_is_put_on_record_where_the_first_brings_no_decision_any_more(status: str) -> None:
    first = AttestationFactory()
    with pytest.raises(IntegrityError, match="another case"), transaction.atomic():
        AttestationFactory(employee=first.employee, cycle=CycleFactory())
    Attestation.objects.filter(pk=first.pk).update(status=status)
    AttestationFactory(employee=first.employee, cycle=CycleFactory())


def test_i_25_one_duty_is_open_for_a_person_a_position_and_a_purpose() -> None:
    def owe(state: str, **values: Any) -> Consequence:
        case = AttestationFactory(employee=who, cycle=CycleFactory(), status="closed", **values)
        decision = decision_for(ResultFactory(attestation=case))
        return Consequence.objects.create(
            decision=decision,
            attestation=case,
            kind="reattest",
            state=state,
            cite="¶27.2",
            effective_on=date(2026, 2, 10),
        )

    who = EmployeeFactory(position="unit_head")
    owe("open", position="unit_head", purpose="position")
    owe("open", position="assistant", purpose="position")
    owe("open", position="career_specialist", purpose="initial")
    owe("open", position="career_specialist", purpose="category")
    with pytest.raises(IntegrityError, match="owes a re-attestation"), transaction.atomic():
        owe("open", position="unit_head", purpose="initial")
    void = owe("void", position="unit_head", purpose="initial")
    assert "owes a re-attestation" in refused(
        "UPDATE attestation_consequence SET state = 'open' WHERE id = %s", [void.pk]
    )


def test_a_suspended_or_empty_term_overlaps_nothing() -> None:
    period = CategoryTermFactory(suspended_at=NOW)
    CategoryTermFactory(employee=period.employee)
    CategoryTermFactory(employee=period.employee, starts_on=date(2026, 1, 2), ends_on=date(2026, 1, 1))
    assert CategoryTerm.objects.in_force_on(date(2026, 1, 1)).count() == 1


def test_f_r3_a_final_decision_on_a_stale_result_is_refused() -> None:
    result = ResultFactory()
    Result.objects.filter(pk=result.pk).update(superseded_at=NOW)
    with pytest.raises(IntegrityError, match="current published result"), transaction.atomic():
        decision_for(result)


def test_f_r3_a_final_decision_on_an_unpublished_result_is_refused() -> None:
    with pytest.raises(IntegrityError, match="current published result"), transaction.atomic():
        decision_for(ResultFactory(published_at=None))


def test_f_r3_a_result_under_a_final_decision_is_not_superseded() -> None:
    result = ResultFactory()
    decision_for(result)
    assert "stands on this result" in refused(
        "UPDATE attestation_result SET superseded_at = %s WHERE id = %s", [NOW, result.pk]
    )


def test_f_r3_a_decision_is_superseded_never_edited() -> None:
    decision = decision_for(ResultFactory())
    assert "never edited" in refused(
        "UPDATE attestation_decision SET outcome = 'declared' WHERE id = %s", [decision.pk]
    )
    assert "never deleted" in refused("DELETE FROM attestation_decision WHERE id = %s", [decision.pk])


def test_f_r3_no_decision_is_stored_on_a_held_row() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        decision_for(ResultFactory(), state="provisional", outcome="held")


def test_f_r3_conferred_and_lowered_at_once_is_refused() -> None:
    decision = decision_for(ResultFactory())
    common = {"attestation": decision.attestation, "cite": "¶7", "effective_on": date(2026, 2, 10)}
    decision.consequences.create(kind="confer_category", **common)
    with pytest.raises(IntegrityError, match="both confer"), transaction.atomic():
        decision.consequences.create(kind="lower_category", **common)


def test_f_r4_final_without_a_final_decision_is_refused() -> None:
    attestation = AttestationFactory(pinned=True, status="provisional")
    assert "final without" in refused(
        "UPDATE attestation_attestation SET status = 'final' WHERE id = %s", [attestation.pk]
    )


def test_f_r1_the_pinned_rule_set_neither_changes_nor_is_exchanged() -> None:
    attestation = AttestationFactory(pinned=True)
    other = RuleSet.objects.create(title="other", effective_from=date(2026, 6, 1))
    assert "does not change" in refused(
        "UPDATE attestation_ruleset SET low_total = 'existing' WHERE id = %s", [attestation.rule_set_id]
    )
    assert "keeps the rule set" in refused(
        "UPDATE attestation_attestation SET rule_set_id = %s WHERE id = %s", [other.pk, attestation.pk]
    )
    RuleSet.objects.filter(pk=other.pk).update(low_total="existing")


def test_a_career_centre_belongs_to_a_labour_mobility_centre() -> None:
    career = CareerCenterFactory()
    with pytest.raises(IntegrityError, match="belongs to"), transaction.atomic():
        CareerCenterFactory(parent=career)
    with pytest.raises(IntegrityError), transaction.atomic():
        CareerCenterFactory(parent=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        CenterFactory(parent=CenterFactory())
    assert "belongs to" in refused(
        "UPDATE attestation_center SET parent_id = %s WHERE id = %s", [career.pk, career.pk]
    )
    assert Center.objects.filter(kind="career").count() == 1


def test_f_t1_the_journal_is_append_only() -> None:
    entry = journal.record("test", by=By(None, NOW))
    assert "append-only" in refused(
        "UPDATE attestation_journalentry SET act = 'x' WHERE seq = %s", [entry.pk]
    )
    assert "never deleted" in refused("DELETE FROM attestation_journalentry WHERE seq = %s", [entry.pk])


@pytest.mark.postgres
def test_f_t1_the_journal_is_not_truncated() -> None:
    assert "append-only" in refused("TRUNCATE attestation_journalentry")


class TestJournalChain:
    """F-T2: the first entry that does not fit is named."""

    @pytest.fixture
    def chain(self) -> list[JournalEntry]:
        return [journal.record("act", by=By(None, NOW), data={"n": n, "ә": "Ұлы"}) for n in range(4)]

    def tamper(self, sql: str, params: list[object]) -> None:
        triggers.remove(connection)
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
        triggers.install(connection)

    def test_a_whole_chain_is_verified(self, chain: list[JournalEntry]) -> None:
        assert journal.verify() is None

    def test_a_changed_entry_is_named(self, chain: list[JournalEntry]) -> None:
        self.tamper("UPDATE attestation_journalentry SET act = 'other' WHERE seq = %s", [chain[1].seq])
        assert journal.verify() == journal.Broken(chain[1].seq, "changed")

    def test_a_deleted_entry_is_named(self, chain: list[JournalEntry]) -> None:
        self.tamper("DELETE FROM attestation_journalentry WHERE seq = %s", [chain[2].seq])
        assert journal.verify() == journal.Broken(chain[2].seq, "missing")

    def test_a_cut_tail_is_noticed(self, chain: list[JournalEntry]) -> None:
        self.tamper("DELETE FROM attestation_journalentry WHERE seq = %s", [chain[3].seq])
        broken = journal.verify()
        assert broken is not None
        assert broken.seq == chain[3].seq
