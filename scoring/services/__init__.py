"""Use cases of the assessment (¶28-1, App. 1-2): each checks, changes and journals in one transaction."""

from scoring.services.assessing import assessable, score, score_due
from scoring.services.evidence import Evidence, gather, points_on, window_moved, windows_not_between
from scoring.services.records import (
    PEOPLE_A_QUERY,
    RatingRow,
    ViolationRow,
    assess_afresh,
    check_read_through,
    lock_provisional_cases,
    record_read_through,
    save_ratings,
    save_violations,
    scores_of_final_decisions,
)
from scoring.services.rulings import HELD_FOR_A_RULING, rule_rating
from scoring.services.voiding import void_record

__all__ = [
    "HELD_FOR_A_RULING",
    "PEOPLE_A_QUERY",
    "Evidence",
    "RatingRow",
    "ViolationRow",
    "assess_afresh",
    "assessable",
    "check_read_through",
    "gather",
    "lock_provisional_cases",
    "points_on",
    "record_read_through",
    "rule_rating",
    "save_ratings",
    "save_violations",
    "score",
    "score_due",
    "scores_of_final_decisions",
    "void_record",
    "window_moved",
    "windows_not_between",
]
