"""Triggers over appeals (¶21) and sittings; the frame is `attestation.triggers`."""

from __future__ import annotations

from attestation.triggers import Trigger, frozen_but, never_deleted, whenever_written

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

# What migration 0004 makes.
GROUND = "appeals_appealitem.ground"

# As migration 0003 installs them.
FILING: list[Trigger] = [
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
    frozen_but(
        "appeals_appealitem",
        ["appeal_id", "question", "argument", "ground"],
        once=["ruled_at"],
        needs=GROUND,
    ),
]

_ITEM_FROZEN = (
    "(OLD.ruled_at IS NOT NULL AND (OLD.ruling IS DISTINCT FROM NEW.ruling"
    " OR OLD.reason IS DISTINCT FROM NEW.reason OR OLD.ruled_by_id IS DISTINCT FROM NEW.ruled_by_id"
    " OR OLD.minutes IS DISTINCT FROM NEW.minutes OR OLD.commission_id IS DISTINCT FROM NEW.commission_id))"
    " OR (OLD.withdrawn_at IS NOT NULL AND (OLD.withdrawn_at IS DISTINCT FROM NEW.withdrawn_at"
    " OR OLD.withdrawal_reason IS DISTINCT FROM NEW.withdrawal_reason"
    " OR OLD.withdrawal_paper_id IS DISTINCT FROM NEW.withdrawal_paper_id"
    " OR OLD.withdrawal_received_on IS DISTINCT FROM NEW.withdrawal_received_on))"
)
_SITTING_CLOSED = "EXISTS (SELECT 1 FROM appeals_sitting s WHERE s.id = %s AND s.state = 'closed')"
_ITEM_OF_CLOSED_SITTING = (
    "EXISTS (SELECT 1 FROM appeals_agendaitem a JOIN appeals_sitting s ON s.id = a.sitting_id"
    " WHERE a.id = NEW.agenda_item_id AND s.state = 'closed')"
)
_SITTING_BACK = (
    "(OLD.state = 'closed') OR (OLD.state = 'open' AND NEW.state = 'planned')"
    " OR (OLD.state = 'planned' AND NEW.state = 'closed')"
)
_SITTING_WITH_PENDING = (
    "NEW.state = 'closed' AND EXISTS ("
    "SELECT 1 FROM appeals_agendaitem a WHERE a.sitting_id = NEW.id AND a.outcome = '')"
)
_VOTE_TOO_LATE = (
    "NOT EXISTS (SELECT 1 FROM appeals_agendaitem a JOIN appeals_sitting s ON s.id = a.sitting_id"
    " WHERE a.id = NEW.agenda_item_id AND a.outcome = '' AND a.counted_at IS NULL AND s.state = 'open')"
)
# Present, with a vote, of the composition at the opening, and not recused.
_NO_VOTER = (
    "NOT EXISTS (SELECT 1 FROM appeals_agendaitem a JOIN appeals_sitting s ON s.id = a.sitting_id"
    " JOIN appeals_membership m ON m.id = NEW.membership_id AND m.commission_id = s.commission_id"
    " JOIN appeals_attendance t ON t.sitting_id = s.id AND t.membership_id = m.id AND t.present"
    " WHERE a.id = NEW.agenda_item_id AND t.seat IN ('chair', 'deputy', 'member')"
    " AND NOT EXISTS (SELECT 1 FROM appeals_recusal r WHERE r.user_id = m.user_id"
    " AND (r.item_id = a.item_id OR r.attestation_id = a.attestation_id)))"
)
_OTHER_CHOICE = (
    "NOT EXISTS (SELECT 1 FROM appeals_agendaitem a WHERE a.id = NEW.agenda_item_id AND ("
    "NEW.choice = 'abstain' OR (a.item_id IS NOT NULL AND NEW.choice IN ('uphold', 'reject'))"
    " OR (a.attestation_id IS NOT NULL AND NEW.choice IN ('ten', 'zero'))))"
)
# Nothing of a count, and nothing of a seal, changes but by the chair's reopening, which keeps what stood.
_REOPENED = (
    "EXISTS (SELECT 1 FROM appeals_reopening r WHERE r.agenda_item_id = OLD.id"
    " AND r.counted_at = OLD.counted_at AND r.sealed_at IS NOT DISTINCT FROM OLD.closed_at)"
)
_CLOSED_CHANGES = f"OLD.outcome <> '' AND NOT (OLD.outcome = 'ruled' AND NEW.outcome = '' AND {_REOPENED})"
_COUNTED_CHANGES = (
    "OLD.counted_at IS NOT NULL AND (NEW.counted_at IS NULL OR NEW.counted_at <> OLD.counted_at"
    f" OR NEW.minutes <> OLD.minutes) AND NOT {_REOPENED}"
)
_SITTING_OPEN = "EXISTS (SELECT 1 FROM appeals_sitting s WHERE s.id = NEW.sitting_id AND s.state = 'open')"
_OTHER_COMMISSION = (
    "NOT EXISTS (SELECT 1 FROM appeals_sitting s JOIN appeals_membership m"
    " ON m.commission_id = s.commission_id WHERE s.id = NEW.sitting_id AND m.id = NEW.membership_id)"
)


# What migration 0003 makes.
COUNTED, SEATED = "appeals_agendaitem.counted_at", "appeals_attendance.seat"
REOPENED = "appeals_reopening.sealed_at"
# What migration 0005 makes.
DEPARTURE = "appeals_reopening.departure"


SITTINGS: list[Trigger] = [
    *never_deleted(
        "appeals_attachment",
        "appeals_commissionrules",
        "appeals_sitting",
        "appeals_agendaitem",
        "appeals_attendance",
        "appeals_recusal",
        "appeals_vote",
        "appeals_dissent",
        "appeals_reopening",
    ),
    Trigger(
        "appeals_appealitem_closed",
        "appeals_appealitem",
        "UPDATE",
        _ITEM_FROZEN,
        "a question that is ruled on or withdrawn never changes",
        when_sqlite=_ITEM_FROZEN.replace("IS DISTINCT FROM", "IS NOT"),
        needs=GROUND,
    ),
    frozen_but(
        "appeals_attachment",
        ["appeal_id", "name", "content_type", "size", "sha256", "file", "uploaded_by_id", "uploaded_at"],
        once=[],
    ),
    Trigger(
        "appeals_sitting_order",
        "appeals_sitting",
        "UPDATE",
        _SITTING_BACK,
        "a sitting is planned, then open, then closed; a closed one never changes",
    ),
    Trigger(
        "appeals_sitting_pending",
        "appeals_sitting",
        "UPDATE",
        _SITTING_WITH_PENDING,
        "a sitting closes when every item of its agenda is closed",
    ),
    frozen_but("appeals_sitting", ["commission_id", "number"], once=["opened_at", "closed_at"]),
    *whenever_written(
        "appeals_agendaitem_sitting",
        "appeals_agendaitem",
        _SITTING_CLOSED % "NEW.sitting_id",
        "nothing of a closed sitting changes",
    ),
    Trigger(
        "appeals_agendaitem_closed",
        "appeals_agendaitem",
        "UPDATE",
        _CLOSED_CHANGES,
        "an agenda item that is closed never changes",
        when_sqlite=_CLOSED_CHANGES.replace("IS NOT DISTINCT FROM", "IS"),
        needs=REOPENED,
    ),
    Trigger(
        "appeals_agendaitem_counted",
        "appeals_agendaitem",
        "UPDATE",
        _COUNTED_CHANGES,
        "what was counted never changes",
        when_sqlite=_COUNTED_CHANGES.replace("IS NOT DISTINCT FROM", "IS"),
        needs=REOPENED,
    ),
    frozen_but("appeals_agendaitem", ["sitting_id", "item_id", "attestation_id"], once=[]),
    *whenever_written(
        "appeals_attendance_sitting",
        "appeals_attendance",
        _SITTING_CLOSED % "NEW.sitting_id",
        "nothing of a closed sitting changes",
    ),
    Trigger(
        "appeals_attendance_member",
        "appeals_attendance",
        "INSERT",
        _OTHER_COMMISSION,
        "attendance is of the members of the commission that sits",
    ),
    Trigger(
        "appeals_attendance_opening",
        "appeals_attendance",
        "INSERT",
        _SITTING_OPEN,
        "the composition of a sitting is fixed at its opening",
    ),
    frozen_but("appeals_attendance", ["sitting_id", "membership_id", "seat"], once=[], needs=SEATED),
    frozen_but(
        "appeals_reopening",
        [
            *("agenda_item_id", "ruling", "reason", "departure", "minutes", "counted_at", "sealed_at"),
            *("why", "reopened_at", "reopened_by_id"),
        ],
        once=[],
        needs=DEPARTURE,
    ),
    frozen_but(
        "appeals_recusal",
        ["user_id", "item_id", "attestation_id", "automatic", "ground", "reason", "at"],
        once=[],
    ),
    *whenever_written(
        "appeals_vote_late", "appeals_vote", _VOTE_TOO_LATE, "no vote on a closed item", COUNTED
    ),
    *whenever_written(
        "appeals_vote_voter", "appeals_vote", _NO_VOTER, "no vote of a recused or absent member", SEATED
    ),
    *whenever_written("appeals_vote_choice", "appeals_vote", _OTHER_CHOICE, "no such choice on this item"),
    frozen_but("appeals_vote", ["agenda_item_id", "membership_id"], once=[]),
    Trigger(
        "appeals_dissent_sitting",
        "appeals_dissent",
        "INSERT",
        _ITEM_OF_CLOSED_SITTING,
        "nothing of a closed sitting changes",
    ),
    frozen_but("appeals_dissent", ["agenda_item_id", "membership_id", "text", "recorded_at"], once=[]),
]

FAULTY: list[Trigger] = [
    *never_deleted("appeals_faultyquestion"),
    Trigger(
        "appeals_faultyquestion_no_update",
        "appeals_faultyquestion",
        "UPDATE",
        "1 = 1",
        "the ruling on a faulty question is never undone",
    ),
]

DIFFERING: list[Trigger] = [
    *never_deleted("appeals_differingruling"),
    frozen_but(
        "appeals_differingruling",
        ["item_id", "cycle_id", "test_variant", "question", "noticed_at"],
        once=[],
    ),
    Trigger(
        "appeals_differingruling_settled",
        "appeals_differingruling",
        "UPDATE",
        "OLD.settled_at IS NOT NULL",
        "what is settled of differing rulings never changes",
    ),
]

TRIGGERS: list[Trigger] = [*FILING, *SITTINGS, *FAULTY, *DIFFERING]
