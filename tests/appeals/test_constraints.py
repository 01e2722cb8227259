"""F-R3, F-R9: what ¶21 and the readings forbid can't be stored, raw SQL included, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from appeals.models import Appeal, AppealItem, Commission, Membership
from appeals.services.commission import appoint
from appeals.services.filing import file_appeal
from appeals.services.ruling import rule_item
from attestation.by import By
from attestation.models import Attestation, Decision
from tests.factories import AttestationFactory, ResultFactory, UserFactory, moment
from tests.siblings_cast import APPEAL_CLOSES, GRACE_OVER, current_decision, decided, published, seated, sweep

pytestmark = pytest.mark.django_db

FILED, RECORDED = moment("2026-02-09 16:30"), moment("2026-02-10 18:00")


def refused(sql: str, params: Sequence[Any] = ()) -> str:
    """The database's refusal of a statement; the test fails when it is accepted."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, list(params))
    return str(caught.value)


def raw(case: Attestation, **values: Any) -> Appeal:
    """An appeal past the services."""
    return Appeal.objects.create(
        **{
            "attestation": case,
            "result": case.results.get(superseded_at__isnull=True),
            "external_id": "AP-1",
            "filed_at": FILED,
            "closes_at": APPEAL_CLOSES,
            "recorded_at": RECORDED,
            "receipt_note": "…",
            "state": "open",
            **values,
        }
    )


def filed(case: Attestation, *questions: int, **more: Any) -> Appeal:
    return file_appeal(
        case,
        filed_at=more.get("filed_at", FILED),
        items=[(question, "…") for question in questions or (12,)],
        receipt_note="…",
        by=By(None, RECORDED),
    )


def test_i_24_an_appeal_is_of_a_test_result() -> None:
    with pytest.raises(IntegrityError, match="an appeal is against a published result"), transaction.atomic():
        raw(published(60), result=None)


@pytest.mark.parametrize(
    "values",
    [
        {"state": "late"},
        {"filed_at": APPEAL_CLOSES},
        {"filed_at": RECORDED + timedelta(microseconds=1), "state": "late"},
        {"receipt_note": ""},
        {"state": "resolved"},
        {"state": "open", "resolved_at": RECORDED},
    ],
)
def test_i_14_an_appeal_agrees_with_its_term(values: dict[str, Any]) -> None:
    case = published(60)
    with pytest.raises(IntegrityError), transaction.atomic():
        raw(case, **values)


def test_point_21_no_appeal_against_an_unpublished_result() -> None:
    case = AttestationFactory(status="tested")
    ResultFactory(attestation=case, published_at=None)
    with pytest.raises(IntegrityError, match="against a published result"), transaction.atomic():
        raw(case)


def test_no_appeal_against_somebody_elses_result() -> None:
    case, other = published(60), published(60)
    with pytest.raises(IntegrityError, match="against a published result"), transaction.atomic():
        raw(case, result=other.results.get())


@pytest.mark.parametrize("question", [0, 101])
def test_point_21_no_item_for_a_question_that_does_not_exist(question: int) -> None:
    appeal = filed(published(60))
    with pytest.raises(IntegrityError), transaction.atomic():
        AppealItem.objects.create(appeal=appeal, question=question, argument="…")


def test_i_13_no_item_for_a_question_answered_correctly() -> None:
    appeal = filed(published(98, wrong=[12, 47]), 12)
    with pytest.raises(IntegrityError, match="no such question"), transaction.atomic():
        AppealItem.objects.create(appeal=appeal, question=13, argument="…")
    AppealItem.objects.create(appeal=appeal, question=47, argument="…")


def test_a_question_stands_once_in_an_appeal() -> None:
    appeal = filed(published(60))
    with pytest.raises(IntegrityError), transaction.atomic():
        AppealItem.objects.create(appeal=appeal, question=12, argument="…")


def test_point_21_no_item_without_an_argument() -> None:
    appeal = filed(published(60))
    with pytest.raises(IntegrityError), transaction.atomic():
        AppealItem.objects.create(appeal=appeal, question=13, argument="")


@pytest.mark.parametrize(
    "change",
    ["ruling = 'uphold'", "ruling = 'perhaps'", "ruled_at = '2026-02-12 00:00:00+00:00'"],
)
def test_a_ruling_has_moment_and_reason(change: str) -> None:
    filed(published(60))
    refused(f"UPDATE appeals_appealitem SET {change}")


def test_f_r3_no_open_appeal_under_a_final_decision() -> None:
    case = decided(60)
    sweep(GRACE_OVER)
    assert current_decision(case).state == "final"
    with pytest.raises(IntegrityError, match="reopens the final decision first"), transaction.atomic():
        raw(case)
    raw(case, state="late", filed_at=APPEAL_CLOSES)


def test_f_r3_no_final_decision_under_an_open_appeal() -> None:
    case = decided(60)
    filed(case)
    final = current_decision(case)
    Decision.objects.filter(pk=final.pk).update(superseded_at=GRACE_OVER)
    final.supersedes_id, final.pk, final.state, final.dated = final.pk, None, "final", date(2026, 2, 10)
    with pytest.raises(IntegrityError, match="no final decision under an open appeal"), transaction.atomic():
        final.save(force_insert=True)


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("appeals_appeal", "filed_at = '2026-02-09 00:00:00+00:00'"),
        ("appeals_appeal", "closes_at = '2026-02-20 00:00:00+00:00'"),
        ("appeals_appeal", "receipt_note = 'x'"),
        ("appeals_appeal", "external_id = 'x'"),
        ("appeals_appealitem", "argument = 'x'"),
        ("appeals_appealitem", "question = 13"),
    ],
)
def test_i_14_what_was_filed_is_never_edited(table: str, change: str) -> None:
    filed(published(60))
    assert "never edited" in refused(f"UPDATE {table} SET {change}")


@pytest.mark.parametrize("table", ["appeals_appeal", "appeals_appealitem", "appeals_membership"])
def test_f_r9_nothing_is_deleted(table: str) -> None:
    case, chair = published(60), seated()
    rule_item(filed(case).items.get(), ruling="uphold", reason="…", by=By(chair, RECORDED))
    assert "never deleted" in refused(f"DELETE FROM {table}")


def test_one_seat_a_person_and_one_central_commission() -> None:
    chair = seated()
    with pytest.raises(IntegrityError), transaction.atomic():
        Commission.objects.create(center=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(
            commission=Commission.objects.get(),
            user=chair,
            seat="member",
            appointed_on=date(2026, 1, 1),
        )


def test_released_not_before_appointed() -> None:
    appoint(UserFactory(role="chair"), "chair", None, date(2026, 1, 5), by=By(None, RECORDED))
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.update(released_on=date(2026, 1, 4))
