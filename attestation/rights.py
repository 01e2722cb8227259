"""Who may do what at all, by role; where, `attestation.access` says."""

from __future__ import annotations

from attestation.models import Role

ADMINISTRATOR, AUDITOR, HR = Role.ADMINISTRATOR, Role.AUDITOR, Role.HR
SECRETARY, CHAIR, MEMBER = Role.SECRETARY, Role.CHAIR, Role.MEMBER
COMMISSION = frozenset({SECRETARY, CHAIR, MEMBER})

# ¶9 and the readings name who forms the list and who rules; the rest of the table is ours.
RIGHTS: dict[str, frozenset[str]] = {
    "import_centers": frozenset({ADMINISTRATOR}),
    "import_staff": frozenset({ADMINISTRATOR, HR}),
    # Of another officer; one's own needs the right of its kind alone.
    "undo_any_import": frozenset({ADMINISTRATOR}),
    "set_category": frozenset({ADMINISTRATOR, HR}),
    "open_cycle": frozenset({ADMINISTRATOR, HR}),
    "list_attestees": frozenset({ADMINISTRATOR, HR}),
    "import_courses": frozenset({ADMINISTRATOR, HR}),
    "admit": frozenset({ADMINISTRATOR, HR}),
    "import_results": frozenset({ADMINISTRATOR, HR}),
    "publish_results": frozenset({ADMINISTRATOR, HR}),
    "correct_result": frozenset({ADMINISTRATOR, HR}),
    "propose_correction": frozenset({ADMINISTRATOR, HR, CHAIR}),
    "confirm_correction": frozenset({ADMINISTRATOR, CHAIR}),
    "withdraw_correction": frozenset({ADMINISTRATOR, HR, CHAIR}),
    "record_correction_request": frozenset({ADMINISTRATOR, HR, CHAIR}),
    "answer_correction_request": frozenset({ADMINISTRATOR, CHAIR}),
    "void_record": frozenset({ADMINISTRATOR, HR, CHAIR}),
    "settle_ground": frozenset({ADMINISTRATOR, CHAIR}),
    "import_ratings": frozenset({ADMINISTRATOR, HR}),
    "import_violations": frozenset({ADMINISTRATOR, HR}),
    "score": frozenset({ADMINISTRATOR, HR, SECRETARY, CHAIR}),
    "rule_rating": frozenset({CHAIR}),
    "file_appeal": frozenset({ADMINISTRATOR, HR, SECRETARY}),
    "withdraw_appeal": frozenset({ADMINISTRATOR, HR, SECRETARY}),
    "rule_appeal": frozenset({CHAIR, SECRETARY}),
    "mark_faulty": frozenset({CHAIR}),
    # A commission's sitting is ours, not the order's.
    "keep_sitting": frozenset({SECRETARY}),
    "close_sitting": frozenset({CHAIR}),
    "reopen_item": frozenset({CHAIR}),
    "vote": frozenset({CHAIR, MEMBER}),
    "record_dissent": frozenset({SECRETARY, CHAIR, MEMBER}),
    "finalise": frozenset({ADMINISTRATOR, SECRETARY, CHAIR}),
    "confirm_ready": frozenset({ADMINISTRATOR, SECRETARY, CHAIR}),
    "record_outage": frozenset({ADMINISTRATOR}),
    "settle_outage": frozenset({ADMINISTRATOR}),
    "decide_term_change": frozenset({ADMINISTRATOR}),
    "move_stage": frozenset({ADMINISTRATOR, HR}),
    "prove_service": frozenset({ADMINISTRATOR, HR}),
    "annul_decision": frozenset({ADMINISTRATOR}),
    "retry_work": frozenset({ADMINISTRATOR}),
    "rehearse": frozenset({ADMINISTRATOR, AUDITOR, HR, SECRETARY, CHAIR}),
    "keep_feed": frozenset(Role),
    "close_consequence": frozenset({ADMINISTRATOR, HR}),
    "close_attestation": frozenset({ADMINISTRATOR, HR}),
    "record_absence": frozenset({ADMINISTRATOR, HR}),
    "confirm_calendar": frozenset({ADMINISTRATOR}),
    "edit_calendar": frozenset({ADMINISTRATOR}),
    "edit_rule_sets": frozenset({ADMINISTRATOR}),
    "edit_accounts": frozenset({ADMINISTRATOR}),
    "change_rights": frozenset({ADMINISTRATOR}),
    "stop_account_request": frozenset(Role),  # of the own account; the administration any
    # The answer is a list of decisions that can be taken away, as an export is.
    "compare_decisions": frozenset({ADMINISTRATOR, AUDITOR, HR}),
    "export": frozenset({ADMINISTRATOR, AUDITOR, HR}),
}
# The system may do whatever an administrator may; a ruling is always a person's.
NEVER_THE_SYSTEM = frozenset(
    {
        "rule_rating",
        "rule_appeal",
        "mark_faulty",
        "keep_sitting",
        "close_sitting",
        "reopen_item",
        "vote",
        "decide_term_change",
        "settle_outage",
        "annul_decision",
        # Of two persons: the system is none (I-33).
        "propose_correction",
        "confirm_correction",
        "withdraw_correction",
        "record_correction_request",
        "answer_correction_request",
        "void_record",
        "settle_ground",
        "keep_feed",
        "change_rights",
        "stop_account_request",
    }
)
