"""Triggers over appeals (¶21); the frame is `attestation.triggers`."""

from __future__ import annotations

from attestation.triggers import Trigger, frozen_but, never_deleted

_NO_SUCH_QUESTION = (
    "NOT EXISTS (SELECT 1 FROM appeals_appeal p JOIN attestation_result r ON r.id = p.result_id"
    " WHERE p.id = NEW.appeal_id AND NEW.question <= r.questions_total"
    " AND (p.state = 'late' OR r.wrong_questions IS NULL OR %s))"
)
_UNPUBLISHED = (
    "NOT EXISTS (SELECT 1 FROM attestation_result r WHERE r.id = NEW.result_id"
    " AND r.attestation_id = NEW.attestation_id AND r.published_at IS NOT NULL)"
)
_UNDER_FINAL = (
    "NEW.state = 'open' AND EXISTS (SELECT 1 FROM attestation_decision d"
    " WHERE d.attestation_id = NEW.attestation_id AND d.state = 'final' AND d.superseded_at IS NULL)"
)
_FINAL_UNDER_APPEAL = (
    "NEW.state = 'final' AND NEW.superseded_at IS NULL AND EXISTS (SELECT 1 FROM appeals_appeal p"
    " WHERE p.attestation_id = NEW.attestation_id AND p.state = 'open')"
)

TRIGGERS: list[Trigger] = [
    *never_deleted("appeals_appeal", "appeals_appealitem", "appeals_membership"),
    Trigger(
        "appeals_item_question",
        "appeals_appealitem",
        "INSERT",
        _NO_SUCH_QUESTION % "r.wrong_questions @> to_jsonb(NEW.question)",
        "no such question, or it was answered correctly",
        when_sqlite=_NO_SUCH_QUESTION
        % "EXISTS (SELECT 1 FROM json_each(r.wrong_questions) j WHERE j.value = NEW.question)",
    ),
    Trigger(
        "appeals_appeal_unpublished",
        "appeals_appeal",
        "INSERT",
        _UNPUBLISHED,
        "an appeal is against a published result",
    ),
    Trigger(
        "appeals_appeal_under_final",
        "appeals_appeal",
        "INSERT",
        _UNDER_FINAL,
        "an open appeal reopens the final decision first",
    ),
    Trigger(
        "appeals_decision_under_appeal",
        "attestation_decision",
        "INSERT",
        _FINAL_UNDER_APPEAL,
        "no final decision under an open appeal",
    ),
    frozen_but(
        "appeals_appeal",
        [
            "attestation_id",
            "result_id",
            "external_id",
            "filed_at",
            "closes_at",
            "recorded_at",
            "receipt_note",
        ],
        once=["resolved_at"],
    ),
    frozen_but("appeals_appealitem", ["appeal_id", "question", "argument"], once=["ruled_at"]),
]
