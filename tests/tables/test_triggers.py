"""What the databases refuse by triggers: three lists written by hand, and each trigger tried on a real row.

The lists are compared with those of the code and with what stands in the database's own catalogue, so that a
trigger can neither be left out nor come to stand there unseen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from appeals.models import (
    AgendaItem,
    AppealItem,
    Attachment,
    Attendance,
    DifferingRuling,
    Dissent,
    FaultyQuestion,
    Membership,
    Reopening,
    Sitting,
    Vote,
)
from appeals.services.counting import count_item, reopen_item
from appeals.services.recusals import recuse
from appeals.services.sittings import close_sitting, open_sitting, plan_sitting
from appeals.triggers import TRIGGERS as APPEALS
from attestation.accounts.rights import rights_of
from attestation.by import By
from attestation.cases.finality import finalise
from attestation.cases.testing_stage import close_deadlines
from attestation.lookup import locked
from attestation.models import (
    AccountRequest,
    Annulment,
    Attestation,
    Correction,
    CorrectionRequest,
    Deadline,
    GroundMark,
    ProofOfService,
    Result,
    ViewEntry,
)
from attestation.triggers import TRIGGERS as ATTESTATION
from scoring.models import RatingRuling, ReadThrough, Voiding
from scoring.triggers import TRIGGERS as SCORING
from tests.appeals.sitting_cast import cast, count_and_seal, line_of
from tests.factories import CategoryTermFactory, UserFactory
from tests.siblings_cast import decided, seated, violate
from tests.tables.office_cast import NOW, Office, make_office

# A row of these is closed, superseded or made void, and never deleted.
NEVER_DELETED = [
    "attestation_attestation",
    "attestation_result",
    "attestation_decision",
    "attestation_consequence",
    "attestation_deadline",
    "attestation_categoryterm",
    "attestation_journalentry",
    "attestation_viewentry",
    "attestation_outage",
    "attestation_termchange",
    "attestation_proofofservice",
    "attestation_annulment",
    "attestation_correction",
    "attestation_correctionrequest",
    "attestation_groundmark",
    "attestation_accountrequest",
    "scoring_assessment",
    "scoring_ratingruling",
    "scoring_readthrough",
    "scoring_voiding",
    "appeals_appeal",
    "appeals_appealitem",
    "appeals_membership",
    "appeals_attachment",
    "appeals_commissionrules",
    "appeals_sitting",
    "appeals_agendaitem",
    "appeals_attendance",
    "appeals_recusal",
    "appeals_vote",
    "appeals_dissent",
    "appeals_reopening",
    "appeals_faultyquestion",
    "appeals_differingruling",
]

# Of these the columns never change; those after `once:` are set a single time.
FROZEN = {
    "attestation_result": """attestation_id questions_total correct_answers wrong_questions test_variant
        test_language finished_at source reason supersedes_id recorded_at recorded_by_id
        once: published_at superseded_at voided_at""",
    "attestation_decision": """attestation_id state outcome result_id assessment_id category category_until
        reattest_by dated inputs rule_settings verdict ready_on formed_at supersedes_id reason
        once: superseded_at""",
    "attestation_annulment": """decision_id attestation_id body document_no document_date reason recorded_at
        recorded_by_id once:""",
    "attestation_correction": """attestation_id kind result_id questions_total correct_answers wrong_questions
        test_variant finished_at external_id reason document proposed_by_id proposed_at once:""",
    "attestation_correctionrequest": """attestation_id asked_on text document recorded_by_id recorded_at
        once: corrected_at""",
    "attestation_accountrequest": """kind account_id payload was reason asked_by_id asked_at due_at
        once:""",
    "attestation_groundmark": "attestation_id earlier_id cause grounds marked_at once: settled_at",
    "attestation_proofofservice": """attestation_id result_id decision_id served_at how outcome note
        recorded_at recorded_by_id served_by_id once:""",
    "scoring_assessment": """attestation_id result_id window_from window_to rating_sum rating_count violations
        ratings_read ruling_id points_test points_rating points_violations points_total held inputs due_on
        formed_at once: superseded_at""",
    "scoring_ratingruling": "attestation_id points reason ruled_by_id ruled_at once:",
    "scoring_readthrough": "center_id kind through recorded_at recorded_by_id job_id once: voided_at",
    "scoring_voiding": "rating_id violation_id reason document correction_id voided_by_id voided_at once:",
    "appeals_appeal": """attestation_id result_id external_id filed_at closes_at recorded_at receipt_note
        once: resolved_at""",
    "appeals_appealitem": "appeal_id question argument ground once: ruled_at",
    "appeals_attachment": """appeal_id name content_type size sha256 file uploaded_by_id uploaded_at once:""",
    "appeals_sitting": "commission_id number once: opened_at closed_at",
    "appeals_agendaitem": "sitting_id item_id attestation_id once:",
    "appeals_attendance": "sitting_id membership_id seat once:",
    "appeals_reopening": """agenda_item_id ruling reason departure minutes counted_at sealed_at why
        reopened_at reopened_by_id once:""",
    "appeals_recusal": "user_id item_id attestation_id automatic ground reason at once:",
    "appeals_differingruling": "item_id cycle_id test_variant question noticed_at once:",
    "appeals_vote": "agenda_item_id membership_id once:",
    "appeals_dissent": "agenda_item_id membership_id text recorded_at once:",
}

# The others: when each looks, and the words of its refusal.
OTHERS = {
    "attestation_journalentry_no_update": ("UPDATE", "the journal is append-only"),
    "attestation_viewentry_no_update": ("UPDATE", "the log of views is append-only"),
    "attestation_center_parent_insert": ("INSERT", "a career centre belongs to a labour mobility centre"),
    "attestation_center_parent_update": ("UPDATE", "a career centre belongs to a labour mobility centre"),
    "attestation_term_overlap_insert": ("INSERT", "overlapping terms of one category"),
    "attestation_term_overlap_update": ("UPDATE", "overlapping terms of one category"),
    "attestation_ruleset_pinned": ("UPDATE", "a rule set that cases are pinned to does not change"),
    "attestation_attestation_pin": ("UPDATE", "an attestation keeps the rule set it was pinned to"),
    "attestation_attestation_final": ("UPDATE", "final without a final decision"),
    "attestation_attestation_one_at_a_time": (
        "INSERT",
        "another case of the employee can still bring a decision",
    ),
    "attestation_consequence_one_duty": (
        "INSERT",
        "the employee owes a re-attestation of this purpose in this position already",
    ),
    "attestation_consequence_one_duty_again": (
        "UPDATE",
        "the employee owes a re-attestation of this purpose in this position already",
    ),
    "attestation_categoryterm_specialist": ("INSERT", "a category is conferred on a career specialist only"),
    "attestation_result_wrong_list": (
        "INSERT",
        "the list of wrong questions has total minus correct numbers",
    ),
    "attestation_result_void": (
        "UPDATE",
        "a void result counts nowhere: it is superseded and was never published",
    ),
    "attestation_result_under_final": ("UPDATE", "a final decision stands on this result"),
    "attestation_decision_stale": ("INSERT", "a final decision stands on the current published result"),
    "attestation_deadline_closed": ("UPDATE", "a closed deadline never changes"),
    "attestation_correctionrequest_answered": (
        "UPDATE",
        "an answer to a request for a correction never changes",
    ),
    "attestation_correction_decided": (
        "UPDATE",
        "a correction that is confirmed or withdrawn never changes",
    ),
    "attestation_accountrequest_settled": (
        "UPDATE",
        "a request about an account that is settled never changes",
    ),
    "attestation_consequence_contradiction": (
        "INSERT",
        "one decision does not both confer, keep or lower a category",
    ),
    "scoring_decision_stale_score": ("INSERT", "a final decision stands on the current score"),
    "scoring_assessment_under_final": ("UPDATE", "a final decision stands on this score"),
    "appeals_item_question": ("INSERT", "no such question, or it was answered correctly"),
    "appeals_appeal_unpublished": ("INSERT", "an appeal is against a published result"),
    "appeals_appeal_under_final": ("INSERT", "an open appeal reopens the final decision first"),
    "appeals_decision_under_appeal": ("INSERT", "no final decision under an open appeal"),
    "appeals_appealitem_closed": ("UPDATE", "a question that is ruled on or withdrawn never changes"),
    "appeals_sitting_order": (
        "UPDATE",
        "a sitting is planned, then open, then closed; a closed one never changes",
    ),
    "appeals_sitting_pending": ("UPDATE", "a sitting closes when every item of its agenda is closed"),
    "appeals_agendaitem_sitting_insert": ("INSERT", "nothing of a closed sitting changes"),
    "appeals_agendaitem_sitting_update": ("UPDATE", "nothing of a closed sitting changes"),
    "appeals_agendaitem_closed": ("UPDATE", "an agenda item that is closed never changes"),
    "appeals_agendaitem_counted": ("UPDATE", "what was counted never changes"),
    "appeals_attendance_opening": ("INSERT", "the composition of a sitting is fixed at its opening"),
    "appeals_attendance_sitting_insert": ("INSERT", "nothing of a closed sitting changes"),
    "appeals_attendance_sitting_update": ("UPDATE", "nothing of a closed sitting changes"),
    "appeals_attendance_member": ("INSERT", "attendance is of the members of the commission that sits"),
    "appeals_vote_late_insert": ("INSERT", "no vote on a closed item"),
    "appeals_vote_late_update": ("UPDATE", "no vote on a closed item"),
    "appeals_vote_voter_insert": ("INSERT", "no vote of a recused or absent member"),
    "appeals_vote_voter_update": ("UPDATE", "no vote of a recused or absent member"),
    "appeals_vote_choice_insert": ("INSERT", "no such choice on this item"),
    "appeals_vote_choice_update": ("UPDATE", "no such choice on this item"),
    "appeals_dissent_sitting": ("INSERT", "nothing of a closed sitting changes"),
    "appeals_faultyquestion_no_update": ("UPDATE", "the ruling on a faulty question is never undone"),
    "appeals_differingruling_settled": ("UPDATE", "what is settled of differing rulings never changes"),
}
# What only PostgreSQL has: SQLite knows no TRUNCATE.
POSTGRES_ONLY = {"attestation_journal_no_truncate"}


# --- the lists are the code's and the database's ---------------------------------------------------------


def in_code() -> dict[str, Any]:
    """The triggers that the three apps declare."""
    return {trigger.name: trigger for trigger in [*ATTESTATION, *SCORING, *APPEALS]}


def by_hand() -> dict[str, tuple[str, str]]:
    """When each trigger of the lists above looks, and what it says."""
    return {
        **{f"{table}_no_delete": ("DELETE", f"{table} is never deleted") for table in NEVER_DELETED},
        **{f"{table}_frozen": ("UPDATE", f"{table} is superseded, never edited") for table in FROZEN},
        **OTHERS,
    }


def test_the_code_declares_the_triggers_of_the_lists() -> None:
    assert len(in_code()) == len([*ATTESTATION, *SCORING, *APPEALS]), "a name stands twice"
    assert {name: (found.event, found.message) for name, found in in_code().items()} == by_hand()


def test_each_stands_on_the_table_that_its_name_says() -> None:
    tables = {name: found.table for name, found in in_code().items()}
    assert {table for table in NEVER_DELETED if tables[f"{table}_no_delete"] != table} == set()
    assert {table for table in FROZEN if tables[f"{table}_frozen"] != table} == set()


@pytest.mark.django_db
def test_the_database_has_the_triggers_of_the_lists_and_no_others() -> None:
    lite = connection.vendor == "sqlite"
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if lite
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        found = [row[0] for row in cursor.fetchall()]
    assert sorted(found) == sorted({*by_hand(), *(() if lite else POSTGRES_ONLY)})


# --- a row of everything ---------------------------------------------------------------------------------


@dataclass
class Record:
    """The office with a row in every table that a trigger stands on, and rows that attempts are about."""

    office: Office
    ruled: AgendaItem
    shut: Sitting
    planned: Sitting
    late: Membership
    other: Membership
    final: Attestation


def make_record() -> Record:
    """A vote cast and another item ruled on, a recusal, a closed sitting, a final decision, the papers."""
    office = make_office()
    people, chair, case = office.board, office.board.chair, office.case
    sitting = office.sitting
    ruled = line_of(office.item.appeal.items.order_by("question")[1])
    cast(ruled, *((user, "uphold") for user in people.voters))
    count_item(ruled, by=By(people.secretary, NOW))
    reopen_item(ruled, why="…", by=By(chair, NOW))
    cast(ruled, *((user, "reject") for user in people.voters))
    count_and_seal(ruled, reason="…", by=By(people.secretary, NOW))
    cast(office.line, (chair, "reject"))
    recuse(office.region.appealed, reason="…", by=By(people.members[1], NOW))
    ruled.refresh_from_db()
    Dissent.objects.create(
        agenda_item=ruled, membership=people.seat(people.members[0]), text="…", recorded_at=NOW
    )
    shut = plan_sitting(people.commission, starts_at=NOW, place="…", fill=False, by=By(people.secretary, NOW))
    open_sitting(shut, by=By(people.secretary, NOW))
    shut = close_sitting(shut, by=By(chair, NOW))
    planned = plan_sitting(
        people.commission, starts_at=NOW, place="A", fill=False, by=By(people.secretary, NOW)
    )
    late = people.seat(seated("member"))
    # As the closing of the sitting puts it on record.
    ruling = {"ruling": "reject", "reason": "…", "ruled_at": NOW, "ruled_by": chair}
    AppealItem.objects.filter(pk=ruled.item_id).update(**ruling)
    ViewEntry.objects.create(at=NOW, user=chair, what="page", subject=f"attestation:{case.pk}")
    Attachment.objects.create(
        appeal=office.item.appeal,
        name="a.pdf",
        content_type="application/pdf",
        size=1,
        sha256="0" * 64,
        file="a.pdf",
        uploaded_by=chair,
        uploaded_at=NOW,
    )
    FaultyQuestion.objects.create(
        cycle=office.cycle,
        test_variant="1",
        question=1,
        reason="…",
        commission=people.commission,
        ruled_by=chair,
        ruled_at=NOW,
        digest="0" * 64,
    )
    DifferingRuling.objects.create(
        item=office.item, cycle=office.cycle, test_variant="1", question=1, noticed_at=NOW
    )
    RatingRuling.objects.create(attestation=case, points=10, reason="…", ruled_by=chair, ruled_at=NOW)
    ProofOfService.objects.create(
        attestation=case,
        result=office.result,
        served_at=NOW,
        how="in_person",
        outcome="signed",
        recorded_at=NOW,
    )
    Annulment.objects.create(
        decision=office.decision,
        attestation=case,
        body="court",
        document_no="1",
        document_date=date(2026, 2, 11),
        reason="…",
        recorded_at=NOW,
    )
    CategoryTermFactory()
    final = decided(89)
    close_deadlines(now=NOW)
    finalise(final, by=By(None, NOW))
    Correction.objects.create(
        attestation=case,
        kind="result",
        result=office.result,
        questions_total=100,
        correct_answers=90,
        finished_at=NOW,
        reason="…",
        document="…",
        proposed_by=chair,
        proposed_at=NOW,
    )
    CorrectionRequest.objects.create(
        attestation=case, asked_on=NOW.date(), text="…", document="…", recorded_by=chair, recorded_at=NOW
    )
    officer = office.region.officer
    AccountRequest.objects.create(
        kind="role",
        account=officer,
        payload=rights_of(officer) | {"role": "auditor"},
        was=rights_of(officer),
        reason="…",
        asked_by=UserFactory(),
        asked_at=NOW,
    )
    GroundMark.objects.create(
        attestation=case, earlier=final, cause="annulled", grounds=["repeat"], marked_at=NOW
    )
    Voiding.objects.create(
        violation=violate(case, date(2025, 1, 10)), reason="…", document="…", voided_by=chair, voided_at=NOW
    )
    stranger = seated("member", office.region.center)
    other = Membership.objects.get(user=stranger)
    assert sitting.state == Sitting.State.OPEN
    return Record(office, ruled, shut, planned, late, other, locked(final))


def model_of(table: str) -> type[models.Model]:
    """The model whose rows stand in the table."""
    (found,) = [
        model for model in apps.get_models() if model._meta.db_table == table and not model._meta.proxy
    ]
    return found


def answer(attempt: Callable[[], Any]) -> str:
    """What the database says to an attempt, which is taken back; empty when it lets it through."""
    try:
        with transaction.atomic():
            attempt()
            transaction.set_rollback(True)
    except IntegrityError as refused:
        return str(refused).partition("\n")[0]
    return ""


def run(sql: str, *params: Any) -> Callable[[], Any]:
    """An attempt by raw SQL."""

    def attempt() -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)

    return attempt


def made_once() -> Record:
    return make_record()


@pytest.fixture
def record(shared: Record) -> Record:
    """A row in every table that a trigger stands on."""
    return shared


# --- each is tried ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_no_row_on_record_is_ever_deleted_f_r9(record: Record) -> None:
    """Of each table of the first list, one row, by raw SQL."""
    told = {}
    for table in NEVER_DELETED:
        model = model_of(table)
        row = model._default_manager.order_by("pk").first()
        assert row is not None, f"the record has no row in {table}"
        key = model._meta.pk
        assert key is not None
        told[table] = answer(run(f"DELETE FROM {table} WHERE {key.column} = %s", row.pk))
    assert told == {table: f"{table} is never deleted" for table in NEVER_DELETED}


def another(field: Any, value: Any) -> Any:
    """A value of the same type that differs."""
    if isinstance(field, models.JSONField):
        return ["another"]
    if isinstance(field, models.BooleanField):
        return not value
    if isinstance(field, models.DateTimeField):
        return (value or NOW) + timedelta(days=1)
    if isinstance(field, models.DateField):
        return (value or NOW.date()) + timedelta(days=1)
    if isinstance(field, (models.ForeignKey, models.IntegerField, models.DecimalField)):
        return (value or 0) + 1
    return "y" if value == "x" else "x"


def columns(table: str) -> tuple[list[str], list[str]]:
    """The frozen columns of a table, and those that are set once."""
    frozen, once = FROZEN[table].split("once:")
    return frozen.split(), once.split()


# Where the first row will not do: one that another trigger does not look at first.
A_ROW: dict[str, Callable[[Record], Any]] = {
    "attestation_result": lambda r: r.office.result,
    "attestation_decision": lambda r: r.office.decision,
    "scoring_assessment": lambda r: r.office.case.assessments.get(superseded_at=None),
    "appeals_appealitem": lambda r: r.office.item,
    "appeals_agendaitem": lambda r: r.office.line,
    "appeals_sitting": lambda r: r.office.sitting,
    "appeals_attendance": lambda r: Attendance.objects.filter(sitting=r.office.sitting).first(),
    "appeals_vote": lambda r: Vote.objects.get(agenda_item=r.office.line),
    "appeals_reopening": lambda r: Reopening.objects.get(),
}


@pytest.mark.django_db
def test_what_is_frozen_never_changes(record: Record) -> None:
    """Of each table of the second list, each column, past the services."""
    let_through = []
    for table in FROZEN:
        model = model_of(table)
        row = A_ROW[table](record) if table in A_ROW else model._default_manager.order_by("pk").first()
        assert row is not None, f"the record has no row in {table}"
        for column in columns(table)[0]:
            (field,) = [one for one in model._meta.concrete_fields if one.column == column]
            value = another(field, getattr(row, field.attname))
            rows = model._default_manager.filter(pk=row.pk)
            said = answer(lambda rows=rows, name=field.attname, to=value: rows.update(**{name: to}))
            # A vote's or an agenda's own trigger may be asked first; either refuses.
            if said != f"{table} is superseded, never edited" and said not in FIRST_ASKED.get(table, ()):
                let_through.append((table, column, said))
    assert let_through == []


FIRST_ASKED = {
    "appeals_vote": ("no vote on a closed item", "no vote of a recused or absent member"),
}


def taken_back(office: Office) -> Result:
    """A result that was never published and is superseded."""
    return Result.objects.create(
        attestation=office.case,
        questions_total=1,
        correct_answers=1,
        finished_at=NOW,
        recorded_at=NOW,
        superseded_at=NOW,
    )


@pytest.mark.django_db
def test_what_is_set_once_is_not_set_again(record: Record) -> None:
    """Each column after `once:`: it takes a value, and then neither another one nor none."""
    office, day = record.office, timedelta(days=1)
    appeal, item = office.item.appeal, AppealItem.objects.get(pk=record.ruled.item_id)
    score = office.case.assessments.get(superseded_at=None)
    first: dict[tuple[str, str], tuple[Any, dict[str, Any]]] = {
        ("attestation_result", "published_at"): (office.result, {}),
        ("attestation_result", "superseded_at"): (office.result, {"superseded_at": NOW}),
        ("attestation_result", "voided_at"): (taken_back(office), {"voided_at": NOW}),
        ("attestation_decision", "superseded_at"): (office.decision, {"superseded_at": NOW}),
        ("attestation_correctionrequest", "corrected_at"): (
            CorrectionRequest.objects.get(),
            {**granted_by(office.board.chair), "corrected_at": NOW},
        ),
        ("attestation_groundmark", "settled_at"): (
            GroundMark.objects.get(),
            {"settled_at": NOW, "outcome": "stands"},
        ),
        ("scoring_assessment", "superseded_at"): (score, {"superseded_at": NOW}),
        ("scoring_readthrough", "voided_at"): (ReadThrough.objects.first(), {"voided_at": NOW}),
        ("appeals_appeal", "resolved_at"): (appeal, {"state": "resolved", "resolved_at": NOW}),
        ("appeals_appealitem", "ruled_at"): (item, {}),
        ("appeals_sitting", "opened_at"): (office.sitting, {}),
        ("appeals_sitting", "closed_at"): (record.shut, {}),
    }
    assert set(first) == {(table, column) for table in FROZEN for column in columns(table)[1]}
    let_through = []
    for (table, column), (row, values) in first.items():
        rows = type(row)._base_manager.filter(pk=row.pk)
        if values:
            assert rows.update(**values) == 1
        at = getattr(rows.get(), column)
        for to in (at + day, None):
            said = answer(lambda rows=rows, name=column, to=to: rows.update(**{name: to}))
            if not (said.endswith("never edited") or "closed one never changes" in said):
                let_through.append((table, column, to, said))
    assert let_through == []


# Tried where what they are about is tested, by raw SQL or past the services, with the words of the refusal.
TRIED_ELSEWHERE = {
    "appeals_differingruling_settled": "tests/appeals/test_differing.py",
    "attestation_journalentry_no_update": "tests/attestation/test_constraints.py",
    "attestation_viewentry_no_update": "tests/attestation/test_view_log.py",
    "attestation_center_parent_insert": "tests/attestation/test_constraints.py",
    "attestation_center_parent_update": "tests/attestation/test_constraints.py",
    "attestation_term_overlap_insert": "tests/attestation/test_constraints.py",
    "attestation_term_overlap_update": "tests/attestation/test_constraints.py",
    "attestation_ruleset_pinned": "tests/attestation/test_constraints.py",
    "attestation_attestation_pin": "tests/attestation/test_constraints.py",
    "attestation_attestation_final": "tests/attestation/test_constraints.py",
    "attestation_attestation_one_at_a_time": "tests/attestation/test_constraints.py",
    "attestation_consequence_one_duty": "tests/attestation/test_constraints.py",
    "attestation_consequence_one_duty_again": "tests/attestation/test_constraints.py",
    "attestation_categoryterm_specialist": "tests/attestation/test_constraints.py",
    "attestation_result_wrong_list": "tests/attestation/test_constraints.py",
    "attestation_result_void": "tests/attestation/test_undo_results.py",
    "attestation_result_under_final": "tests/attestation/test_constraints.py",
    "attestation_decision_stale": "tests/attestation/test_constraints.py",
    "attestation_consequence_contradiction": "tests/attestation/test_constraints.py",
    "scoring_decision_stale_score": "tests/scoring/test_constraints.py",
    "scoring_assessment_under_final": "tests/scoring/test_constraints.py",
    "appeals_item_question": "tests/appeals/test_constraints.py",
    "appeals_appeal_unpublished": "tests/appeals/test_constraints.py",
    "appeals_appeal_under_final": "tests/appeals/test_constraints.py",
    "appeals_decision_under_appeal": "tests/appeals/test_constraints.py",
}


def granted_by(user: Any) -> dict[str, Any]:
    """The answer to a request for a correction."""
    return {"answer": "granted", "reason": "…", "answered_by": user, "answered_at": NOW}


def vote_of(record: Record, line: AgendaItem, user: Any, choice: str = "reject") -> Callable[[], Any]:
    """A vote past the services."""
    seat = record.office.board.seat(user)
    return lambda: Vote.objects.create(agenda_item=line, membership=seat, choice=choice, cast_at=NOW)


def attempts(record: Record) -> dict[str, list[Callable[[], Any]]]:
    """For each other trigger what it refuses; each half of its condition where it has several."""
    office, people, ruled, shut = record.office, record.office.board, record.ruled, record.shut
    question, withdrawn = ruled.item_id, office.item.pk
    AppealItem.objects.filter(pk=withdrawn).update(
        withdrawn_at=NOW,
        withdrawal_reason="…",
        withdrawal_paper=Attachment.objects.first(),
        withdrawal_received_on=NOW.date(),
    )
    closed = Deadline.objects.filter(attestation=record.final).exclude(state="open").first()
    assert closed is not None
    withdrawn_correction = Correction.objects.get()
    asked, other = CorrectionRequest.objects.get(), people.members[0]
    CorrectionRequest.objects.update(**granted_by(people.chair))
    Correction.objects.update(state="withdrawn", decided_by=people.chair, decided_at=NOW)
    stopped = AccountRequest.objects.get()
    AccountRequest.objects.update(state="stopped", settled_by=people.chair, settled_at=NOW)
    update = "UPDATE {} SET {} WHERE id = %s".format
    # Nobody closes a sitting with something pending; here an item comes to stand in a closed one.
    in_shut = AgendaItem(
        sitting=shut, attestation=office.case, position=9, outcome="", reason="", ruling="", minutes={}
    )
    absent, recused = people.members[0], people.members[1]
    Attendance.objects.filter(sitting=office.sitting, membership=people.seat(absent)).update(present=False)
    mine = Vote.objects.get(agenda_item=office.line, membership=people.seat(people.chair))
    counted = AgendaItem.objects.filter(pk=office.line.pk)
    cast_on_ruled = Vote.objects.filter(agenda_item=ruled).first()
    assert cast_on_ruled is not None
    return {
        "attestation_deadline_closed": [
            run(update("attestation_deadline", "due_on = '2026-03-01'"), closed.pk),
            run(update("attestation_deadline", "closes_at = '2026-03-01 00:00:00+00:00'"), closed.pk),
            run(update("attestation_deadline", "state = 'open'"), closed.pk),
            run(update("attestation_deadline", "closed_by = 'x'"), closed.pk),
            run(update("attestation_deadline", "kind = 'ruling'"), closed.pk),
            run(update("attestation_deadline", "closed_at = '2026-03-01 00:00:00+00:00'"), closed.pk),
            run(update("attestation_deadline", "counted_from = '2026-03-01 00:00:00+00:00'"), closed.pk),
            run(update("attestation_deadline", "days = '[1]'"), closed.pk),
        ],
        "attestation_correctionrequest_answered": [
            run(update("attestation_correctionrequest", f"{column} = {value}"), asked.pk)
            for column, value in (
                ("answer", "'refused'"),
                ("reason", "'x'"),
                ("answered_by_id", other.pk),
                ("answered_at", "'2026-03-01 00:00:00+00:00'"),
            )
        ],
        "attestation_correction_decided": [
            run(update("attestation_correction", "state = 'confirmed'"), withdrawn_correction.pk),
            run(update("attestation_correction", "decided_at = decided_at"), withdrawn_correction.pk),
        ],
        "attestation_accountrequest_settled": [
            run(update("attestation_accountrequest", "state = 'open', settled_at = NULL"), stopped.pk),
            run(update("attestation_accountrequest", "settled_reason = 'x'"), stopped.pk),
        ],
        "appeals_appealitem_closed": [
            run(update("appeals_appealitem", "ruling = 'uphold'"), question),
            run(update("appeals_appealitem", "reason = 'x'"), question),
            run(update("appeals_appealitem", "ruled_by_id = NULL"), question),
            run(update("appeals_appealitem", "minutes = '[1]'"), question),
            run(update("appeals_appealitem", "withdrawn_at = NULL"), withdrawn),
            run(update("appeals_appealitem", "withdrawal_reason = 'x'"), withdrawn),
            run(update("appeals_appealitem", "withdrawal_paper_id = NULL"), withdrawn),
            run(update("appeals_appealitem", "withdrawal_received_on = NULL"), withdrawn),
        ],
        "appeals_sitting_order": [
            run(update("appeals_sitting", "place = 'x'"), shut.pk),
            run(update("appeals_sitting", "state = 'planned'"), office.sitting.pk),
        ],
        "appeals_sitting_pending": [run(update("appeals_sitting", "state = 'closed'"), office.sitting.pk)],
        "appeals_agendaitem_sitting_insert": [in_shut.save],
        "appeals_agendaitem_closed": [
            run(update("appeals_agendaitem", "reason = 'x'"), ruled.pk),
            run(update("appeals_agendaitem", "outcome = ''"), ruled.pk),
        ],
        "appeals_agendaitem_counted": [
            lambda: (counted.update(counted_at=NOW), counted.update(minutes={"votes": {}})),
            lambda: (counted.update(counted_at=NOW), counted.update(counted_at=None)),
            lambda: (counted.update(counted_at=NOW), counted.update(counted_at=NOW + timedelta(days=1))),
        ],
        "appeals_attendance_opening": [
            lambda: Attendance.objects.create(sitting=office.sitting, membership=record.late),
        ],
        "appeals_attendance_sitting_insert": [
            lambda: Attendance.objects.create(sitting=shut, membership=people.seat(people.chair))
        ],
        "appeals_attendance_member": [
            lambda: Attendance.objects.create(sitting=record.planned, membership=record.other)
        ],
        "appeals_vote_late_insert": [vote_of(record, ruled, people.chair)],
        "appeals_vote_late_update": [run(update("appeals_vote", "choice = 'uphold'"), cast_on_ruled.pk)],
        "appeals_vote_voter_insert": [
            vote_of(record, office.line, absent),
            vote_of(record, office.line, recused),
            vote_of(record, office.line, people.secretary),
        ],
        "appeals_vote_voter_update": [
            lambda: (
                Attendance.objects.filter(sitting=office.sitting, membership=mine.membership).update(
                    present=False
                ),
                Vote.objects.filter(pk=mine.pk).update(choice="uphold"),
            )
        ],
        "appeals_vote_choice_insert": [vote_of(record, office.line, people.chair, "ten")],
        "appeals_vote_choice_update": [run(update("appeals_vote", "choice = 'ten'"), mine.pk)],
        "appeals_faultyquestion_no_update": [
            run("UPDATE appeals_faultyquestion SET reason = 'x'"),
        ],
    }


@pytest.mark.django_db
def test_every_other_trigger_refuses_what_its_words_say(record: Record) -> None:
    tried = attempts(record)
    told = {(name, n): answer(one) for name, each in tried.items() for n, one in enumerate(each)}
    assert {key: said for key, said in told.items() if said != OTHERS[key[0]][1]} == {}
    assert {*tried, *TRIED_ELSEWHERE, *TRIED_ON_A_CLOSED_SITTING} == set(OTHERS)


# What a closed sitting already holds: an item, a member's presence, a ruled item for a dissent.
TRIED_ON_A_CLOSED_SITTING = {
    "appeals_agendaitem_sitting_update",
    "appeals_attendance_sitting_update",
    "appeals_dissent_sitting",
}


@pytest.mark.django_db
def test_nothing_of_a_closed_sitting_changes(record: Record) -> None:
    """The sitting is closed with what it ruled; then an item, a presence and a dissent are tried."""
    office, people = record.office, record.office.board
    sitting = close_sitting(office.sitting, by=By(people.chair, NOW))
    there = Attendance.objects.filter(sitting=sitting).first()
    assert there is not None
    chair = people.seat(people.chair)
    told = [
        answer(run("UPDATE appeals_agendaitem SET position = position + 50 WHERE id = %s", record.ruled.pk)),
        answer(run("UPDATE appeals_attendance SET present = NOT present WHERE id = %s", there.pk)),
        answer(
            lambda: Dissent.objects.create(
                agenda_item=record.ruled, membership=chair, text="…", recorded_at=NOW
            )
        ),
    ]
    # The item's own trigger may be asked before the sitting's.
    assert told[0] in ("nothing of a closed sitting changes", "an agenda item that is closed never changes")
    assert told[1:] == ["nothing of a closed sitting changes"] * 2
