"""The kinds of notices and whom each goes to. Ours, not the order's."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """One kind of notice; its texts are templates/notices/<kind>-subject.txt and -body.txt."""

    LISTED = "listed"
    ADMISSION_REFUSED = "admission_refused"
    RESULT_PUBLISHED = "result_published"
    RESULT_AMENDED = "result_amended"
    RESULT_CORRECTED = "result_corrected"
    CORRECTION_PROPOSED = "correction_proposed"
    CORRECTION_ASKED = "correction_asked"
    CORRECTION_ANSWERED = "correction_answered"
    GROUND_FELL = "ground_fell"
    DECISION_PROVISIONAL = "decision_provisional"
    DECISION_FINAL = "decision_final"
    DECISION_REOPENED = "decision_reopened"
    DECISION_ANNULLED = "decision_annulled"
    APPEAL_RESOLVED = "appeal_resolved"
    APPEAL_WITHDRAWN = "appeal_withdrawn"
    REMINDER_APPEAL = "reminder_appeal"
    REMINDER_SCORING = "reminder_scoring"
    REMINDER_REATTESTATION = "reminder_reattestation"
    REMINDER_CATEGORY = "reminder_category"
    REMINDER_RULING = "reminder_ruling"
    DISMISSAL_DUE = "dismissal_due"
    ESCALATION = "escalation"
    HELD = "held"
    TERM_MOVED = "term_moved"
    TERM_REOPENED = "term_reopened"
    TERM_SHORTENING = "term_shortening"
    REPLAY_DIFFERS = "replay_differs"


class ToEmployee(StrEnum):
    """Whether the employee gets the notice.

    MUST: also without an e-mail address; it then fails at once and is HR's to serve by hand.
    """

    NO = "no"
    BY_EMAIL = "by_email"
    MUST = "must"


class Audience(NamedTuple):
    """Who gets a kind of notice: the HR officers of the centre and of the labour mobility centre it belongs
    to (the administrators where there are none, I-37), the chair and secretary of the commission, the
    employee."""

    officers: bool
    commission: bool
    employee: ToEmployee


# Officers are not told one by one what they did themselves for a whole list (form it, publish it).
AUDIENCES: dict[Kind, Audience] = {
    Kind.LISTED: Audience(False, False, ToEmployee.BY_EMAIL),
    Kind.ADMISSION_REFUSED: Audience(True, False, ToEmployee.MUST),
    Kind.RESULT_PUBLISHED: Audience(False, False, ToEmployee.MUST),
    Kind.RESULT_AMENDED: Audience(True, False, ToEmployee.MUST),
    Kind.RESULT_CORRECTED: Audience(True, False, ToEmployee.MUST),
    # To the second person (I-33), and to the officers of whom one proposed it.
    Kind.CORRECTION_PROPOSED: Audience(True, True, ToEmployee.NO),
    # To the chair, who answers the request (I-33), and to the officers of whom one recorded it.
    Kind.CORRECTION_ASKED: Audience(True, True, ToEmployee.NO),
    Kind.CORRECTION_ANSWERED: Audience(True, True, ToEmployee.MUST),
    # Whoever decides what becomes of the case (I-32), and the officers who were reminded of it.
    Kind.GROUND_FELL: Audience(True, True, ToEmployee.NO),
    Kind.DECISION_PROVISIONAL: Audience(False, False, ToEmployee.BY_EMAIL),
    Kind.DECISION_FINAL: Audience(True, False, ToEmployee.MUST),
    Kind.DECISION_REOPENED: Audience(True, True, ToEmployee.MUST),
    Kind.DECISION_ANNULLED: Audience(True, True, ToEmployee.MUST),
    Kind.APPEAL_RESOLVED: Audience(True, False, ToEmployee.MUST),
    Kind.APPEAL_WITHDRAWN: Audience(True, True, ToEmployee.BY_EMAIL),
    Kind.REMINDER_APPEAL: Audience(True, False, ToEmployee.BY_EMAIL),
    Kind.REMINDER_SCORING: Audience(True, True, ToEmployee.NO),
    Kind.REMINDER_REATTESTATION: Audience(True, False, ToEmployee.BY_EMAIL),
    Kind.REMINDER_CATEGORY: Audience(True, False, ToEmployee.BY_EMAIL),
    Kind.REMINDER_RULING: Audience(False, True, ToEmployee.NO),
    Kind.DISMISSAL_DUE: Audience(True, False, ToEmployee.NO),
    # To the escalation address of a rule set, which is no account of ours.
    Kind.ESCALATION: Audience(False, False, ToEmployee.NO),
    Kind.HELD: Audience(True, True, ToEmployee.NO),
    # F-D14: nobody acts by a day that has moved without having been told.
    Kind.TERM_MOVED: Audience(True, False, ToEmployee.BY_EMAIL),
    # F-D2: a window that nobody is told of is no window.
    Kind.TERM_REOPENED: Audience(True, True, ToEmployee.MUST),
    # To the administrators, who are named one by one (queue_to_users).
    Kind.TERM_SHORTENING: Audience(False, False, ToEmployee.NO),
    Kind.REPLAY_DIFFERS: Audience(False, False, ToEmployee.NO),
}
