"""Use cases of appeals (¶21) and of the commission that rules on them: one transaction an act."""

from appeals.services.commission import (
    VOTING_SEATS,
    appoint,
    commission_for,
    members_in_office,
    seat_in,
    sits,
    voting_members,
)
from appeals.services.filing import (
    Disputed,
    Filing,
    appeal_term,
    check_filing,
    check_item,
    file_appeal,
    late_sentence,
    questions_taken,
    withdraw,
)
from appeals.services.ruling import check_ruling, rule_item

__all__ = [
    "VOTING_SEATS",
    "Disputed",
    "Filing",
    "appeal_term",
    "appoint",
    "check_filing",
    "check_item",
    "check_ruling",
    "commission_for",
    "file_appeal",
    "late_sentence",
    "members_in_office",
    "questions_taken",
    "rule_item",
    "seat_in",
    "sits",
    "voting_members",
    "withdraw",
]
