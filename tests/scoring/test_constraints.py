"""F-R2, F-R3: what App. 1-2 forbids can't be stored, raw SQL included, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from attestation.by import By
from attestation.models import Decision
from scoring.models import Assessment, Rating, RatingRuling
from tests.factories import moment
from tests.siblings_cast import GRACE_OVER, current_decision, decided, read, seated, sweep

pytestmark = pytest.mark.django_db


def refused(sql: str, params: Sequence[Any] = ()) -> str:
    """The database's refusal of a statement; the test fails when it is accepted."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, list(params))
    return str(caught.value)


@pytest.mark.parametrize("score", ["0.9999", "5.0001", "0", "-1"])
def test_f_r2_a_rating_lies_between_1_and_5(score: str) -> None:
    decided(90)
    refused("UPDATE scoring_rating SET score = %s", [score])


@pytest.mark.parametrize("column", ["points_rating", "points_violations"])
def test_rows_2_and_3_are_10_or_0(column: str) -> None:
    case = decided(90)
    row = Assessment.objects.get(attestation=case)
    values = {field.attname: getattr(row, field.attname) for field in Assessment._meta.concrete_fields}
    with pytest.raises(IntegrityError), transaction.atomic():
        Assessment.objects.create(**{**values, "id": None, column: 5, "superseded_at": GRACE_OVER})


@pytest.mark.parametrize("column", ["points_total", "points_test", "formed_at", "held"])
def test_an_assessment_is_superseded_never_edited(column: str) -> None:
    decided(90)
    value = moment("2026-02-09 09:00") if column == "formed_at" else '["x"]' if column == "held" else "99"
    assert "superseded, never edited" in refused(f"UPDATE scoring_assessment SET {column} = %s", [value])


def test_it_is_superseded_once() -> None:
    case = decided(90)
    Assessment.objects.filter(attestation=case).update(superseded_at=GRACE_OVER)
    refused("UPDATE scoring_assessment SET superseded_at = NULL")


@pytest.mark.parametrize("table", ["scoring_assessment", "scoring_readthrough", "scoring_ratingruling"])
def test_f_r9_nothing_is_deleted(table: str) -> None:
    case = decided(90, "4")
    from scoring.services.rulings import rule_rating

    rule_rating(case, points=10, reason="…", by=By(seated(), GRACE_OVER))
    assert "never deleted" in refused(f"DELETE FROM {table}")


def test_a_ruling_is_made_once_and_stays() -> None:
    case = decided(90, "4")
    chair = seated()
    from scoring.services.rulings import rule_rating

    rule_rating(case, points=10, reason="…", by=By(chair, GRACE_OVER))
    assert "superseded, never edited" in refused("UPDATE scoring_ratingruling SET points = 0")
    with pytest.raises(IntegrityError), transaction.atomic():
        RatingRuling.objects.create(
            attestation=case, points=0, reason="…", ruled_by=chair, ruled_at=GRACE_OVER
        )


def test_one_assessment_is_current() -> None:
    case = decided(90, "4")
    read(case)
    row = Assessment.objects.current().get(attestation=case)
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_f_r3_no_final_decision_on_a_stale_score() -> None:
    case = decided(90)
    Assessment.objects.filter(attestation=case).update(superseded_at=GRACE_OVER)
    provisional = current_decision(case)
    Decision.objects.filter(pk=provisional.pk).update(superseded_at=GRACE_OVER)
    for assessment_id in (provisional.assessment_id, None):
        final = Decision.objects.get(pk=provisional.pk)
        final.pk, final.state, final.dated, final.superseded_at = None, "final", GRACE_OVER.date(), None
        final.supersedes = provisional
        final.assessment_id = assessment_id
        if assessment_id is None:
            # Without a score at all there must be none in force.
            row = Assessment.objects.filter(attestation=case).first()
            assert row is not None
            row.pk, row.superseded_at = None, None
            row.save(force_insert=True)
        with pytest.raises(IntegrityError, match="stands on the current score"), transaction.atomic():
            final.save(force_insert=True)


def test_f_r3_the_score_under_a_final_decision_stays() -> None:
    case = decided(90)
    sweep(GRACE_OVER)
    assert current_decision(case).state == "final"
    assert "a final decision stands on this score" in refused(
        "UPDATE scoring_assessment SET superseded_at = %s", [moment("2026-02-12 09:00")]
    )


def test_an_external_id_is_one_record() -> None:
    case = decided(90)
    one = Rating.objects.filter(employee=case.employee).first()
    assert one is not None
    one.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        one.save(force_insert=True)
