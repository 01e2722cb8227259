"""Triggers over assessments (App. 1-2); the frame is `attestation.triggers`."""

from __future__ import annotations

from attestation.triggers import Trigger, frozen_but, never_deleted

_STALE_SCORE = (
    "NEW.state = 'final' AND NEW.superseded_at IS NULL AND ("
    "(NEW.assessment_id IS NULL AND EXISTS (SELECT 1 FROM scoring_assessment s"
    " WHERE s.attestation_id = NEW.attestation_id AND s.result_id = NEW.result_id"
    " AND s.superseded_at IS NULL))"
    " OR (NEW.assessment_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM scoring_assessment s"
    " WHERE s.id = NEW.assessment_id AND s.attestation_id = NEW.attestation_id"
    " AND s.result_id = NEW.result_id AND s.superseded_at IS NULL)))"
)
_SUPERSEDES_UNDER_FINAL = (
    "OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL AND EXISTS ("
    "SELECT 1 FROM attestation_decision d WHERE d.assessment_id = OLD.id"
    " AND d.state = 'final' AND d.superseded_at IS NULL)"
)

TRIGGERS: list[Trigger] = [
    *never_deleted("scoring_assessment", "scoring_ratingruling", "scoring_readthrough", "scoring_voiding"),
    Trigger(
        "scoring_decision_stale_score",
        "attestation_decision",
        "INSERT",
        _STALE_SCORE,
        "a final decision stands on the current score",
    ),
    Trigger(
        "scoring_assessment_under_final",
        "scoring_assessment",
        "UPDATE",
        _SUPERSEDES_UNDER_FINAL,
        "a final decision stands on this score",
    ),
    frozen_but(
        "scoring_assessment",
        [
            "attestation_id",
            "result_id",
            "window_from",
            "window_to",
            "rating_sum",
            "rating_count",
            "violations",
            "ratings_read",
            "ruling_id",
            "points_test",
            "points_rating",
            "points_violations",
            "points_total",
            "held",
            "inputs",
            "due_on",
            "formed_at",
        ],
        once=["superseded_at"],
    ),
    frozen_but(
        "scoring_ratingruling", ["attestation_id", "points", "reason", "ruled_by_id", "ruled_at"], once=[]
    ),
    frozen_but(
        "scoring_readthrough",
        ["center_id", "kind", "through", "recorded_at", "recorded_by_id", "job_id"],
        once=["voided_at"],
        needs="scoring_readthrough.voided_at",
    ),
    frozen_but(
        "scoring_voiding",
        ["rating_id", "violation_id", "reason", "document", "correction_id", "voided_by_id", "voided_at"],
        once=[],
    ),
]
