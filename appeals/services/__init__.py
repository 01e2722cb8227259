"""Use cases of appeals (¶21) and of the commission that rules on them: one transaction an act."""

from appeals.services.attachments import ACCEPTED, MOST_FILES, Paper, checked, limit_mb, read
from appeals.services.commission import (
    VOTING_SEATS,
    appoint,
    commission_for,
    members_in_office,
    seat_in,
    sits,
    voting_members,
)
from appeals.services.faulty import (
    Change,
    digest_of,
    faulty_dry_run,
    mark_faulty,
    require_competent,
    variants_of,
)
from appeals.services.filing import (
    Disputed,
    Filing,
    appeal_term,
    check_filing,
    check_item,
    commission_competent,
    file_appeal,
    late_sentence,
    questions_taken,
)
from appeals.services.filing_here import file_here, require_filer
from appeals.services.ruling import check_ruling, rule_item, settle
from appeals.services.withdrawal import withdraw, withdraw_item

__all__ = [
    "ACCEPTED",
    "MOST_FILES",
    "VOTING_SEATS",
    "Change",
    "Disputed",
    "Filing",
    "Paper",
    "appeal_term",
    "appoint",
    "check_filing",
    "check_item",
    "check_ruling",
    "checked",
    "commission_competent",
    "commission_for",
    "digest_of",
    "faulty_dry_run",
    "file_appeal",
    "file_here",
    "late_sentence",
    "limit_mb",
    "mark_faulty",
    "members_in_office",
    "questions_taken",
    "read",
    "require_competent",
    "require_filer",
    "rule_item",
    "seat_in",
    "settle",
    "sits",
    "variants_of",
    "voting_members",
    "withdraw",
    "withdraw_item",
]
