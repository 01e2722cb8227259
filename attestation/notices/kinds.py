"""The kinds of notices and whom each goes to. Ours, not the order's."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from attestation.labels import Label
from attestation.models import Deadline


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
    QUESTION_WITHDRAWN = "question_withdrawn"
    REMINDER_APPEAL = "reminder_appeal"
    REMINDER_SCORING = "reminder_scoring"
    REMINDER_REATTESTATION = "reminder_reattestation"
    REMINDER_CATEGORY = "reminder_category"
    REMINDER_RULING = "reminder_ruling"
    DISMISSAL_DUE = "dismissal_due"
    ESCALATION = "escalation"
    HELD = "held"
    DEADLINE_MOVED = "term_moved"
    DEADLINE_REOPENED = "term_reopened"
    DEADLINE_SHORTENING = "term_shortening"
    RULINGS_DIFFER = "rulings_differ"
    REPLAY_DIFFERS = "replay_differs"
    IMPORT_UNDONE = "import_undone"
    PASSWORD_LINK = "password_link"  # noqa: S105  a kind of letter
    ADDRESS_CHANGED = "address_changed"
    OFFICER_CREATED = "officer_created"
    SECOND_FACTOR_FORGOTTEN = "second_factor_forgotten"
    ACCOUNT_ASKED = "account_asked"
    ACCOUNT_SETTLED = "account_settled"
    ACCOUNT_RIGHTS_TAKEN = "account_rights_taken"
    # What an account is told of, all kinds together, twice a day at most (notices.digests).
    DIGEST = "digest"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderKind:
    """All that one kind of deadline's reminders need to be; a field left out is a TypeError at import.

    Its letter (`templates`) and its moments (`default_ladders` of the rule sets) are looked for at start-up:
    `completeness.check_reminders`.
    """

    deadline: Deadline.Kind
    notice: Kind
    # How lists and filters call the notice.
    title: Label
    audience: Audience
    # Sent only while the deadline is open: a reminder of what is over would only mislead.
    while_open: bool
    # ¶27.2, I-25: goes on every week after the last day, until the duty is done.
    weekly_when_missed: bool
    # I-17: not made where a higher category in force outlasts the period.
    undone_by_higher_category: bool
    # The commission rules without the appellant's name: then there is no way from the reminder to the case.
    leads_to_case: bool

    @property
    def templates(self) -> tuple[str, str]:
        """Subject and body."""
        return f"notices/{self.notice}-subject.txt", f"notices/{self.notice}-body.txt"


# In the order of the form of the ladders. The grace has no reminders: nobody acts in it.
REMINDERS = (
    ReminderKind(
        deadline=Deadline.Kind.APPEAL,
        notice=Kind.REMINDER_APPEAL,
        title=_("reminder: appeal term"),
        audience=Audience(True, False, ToEmployee.BY_EMAIL),
        while_open=True,
        weekly_when_missed=False,
        undone_by_higher_category=False,
        leads_to_case=True,
    ),
    ReminderKind(
        deadline=Deadline.Kind.SCORING,
        notice=Kind.REMINDER_SCORING,
        title=_("reminder: assessment"),
        audience=Audience(True, True, ToEmployee.NO),
        while_open=True,
        weekly_when_missed=False,
        undone_by_higher_category=False,
        leads_to_case=True,
    ),
    ReminderKind(
        deadline=Deadline.Kind.REATTESTATION,
        notice=Kind.REMINDER_REATTESTATION,
        title=_("reminder: re-attestation"),
        audience=Audience(True, False, ToEmployee.BY_EMAIL),
        while_open=True,
        weekly_when_missed=True,
        undone_by_higher_category=False,
        leads_to_case=True,
    ),
    ReminderKind(
        deadline=Deadline.Kind.CATEGORY,
        notice=Kind.REMINDER_CATEGORY,
        title=_("reminder: term of a category"),
        audience=Audience(True, False, ToEmployee.BY_EMAIL),
        while_open=True,
        weekly_when_missed=False,
        undone_by_higher_category=True,
        leads_to_case=True,
    ),
    ReminderKind(
        deadline=Deadline.Kind.RULING,
        notice=Kind.REMINDER_RULING,
        title=_("reminder: ruling on an appeal"),
        audience=Audience(False, True, ToEmployee.NO),
        while_open=True,
        weekly_when_missed=False,
        undone_by_higher_category=False,
        leads_to_case=False,
    ),
)
# Notices from which no link may lead to the case.
WITHOUT_CASE = frozenset(reminder.notice for reminder in REMINDERS if not reminder.leads_to_case)

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
    Kind.APPEAL_WITHDRAWN: Audience(True, True, ToEmployee.NO),
    # To the applicant, who did not press the button: with every question, and with the whole appeal.
    Kind.QUESTION_WITHDRAWN: Audience(False, False, ToEmployee.MUST),
    # To the chair, who treats all takers alike or says why not, and to the secretary.
    Kind.RULINGS_DIFFER: Audience(False, True, ToEmployee.NO),
    Kind.DISMISSAL_DUE: Audience(True, False, ToEmployee.NO),
    # To the escalation address of a rule set, which is no account of ours.
    Kind.ESCALATION: Audience(False, False, ToEmployee.NO),
    Kind.HELD: Audience(True, True, ToEmployee.NO),
    # F-D14: nobody acts by a day that has moved without having been told.
    Kind.DEADLINE_MOVED: Audience(True, False, ToEmployee.BY_EMAIL),
    # F-D2: a window that nobody is told of is no window.
    Kind.DEADLINE_REOPENED: Audience(True, True, ToEmployee.MUST),
    # To the administrators, who are named one by one (queue_to_users).
    Kind.DEADLINE_SHORTENING: Audience(False, False, ToEmployee.NO),
    Kind.REPLAY_DIFFERS: Audience(False, False, ToEmployee.NO),
    # To whoever got the notice that no longer holds (outbox.correct).
    Kind.IMPORT_UNDONE: Audience(False, False, ToEmployee.NO),
    # To the account whose password it is; to the address that an account had; to the auditors.
    Kind.PASSWORD_LINK: Audience(False, False, ToEmployee.NO),
    Kind.ADDRESS_CHANGED: Audience(False, False, ToEmployee.NO),
    Kind.OFFICER_CREATED: Audience(False, False, ToEmployee.NO),
    # To the owner of the account.
    Kind.SECOND_FACTOR_FORGOTTEN: Audience(False, False, ToEmployee.NO),
    # To the owner of the account and the auditors, who can stop it, and to whoever asked or may confirm.
    Kind.ACCOUNT_ASKED: Audience(False, False, ToEmployee.NO),
    Kind.ACCOUNT_SETTLED: Audience(False, False, ToEmployee.NO),
    Kind.ACCOUNT_RIGHTS_TAKEN: Audience(False, False, ToEmployee.NO),
    # To the account whose notices it holds.
    Kind.DIGEST: Audience(False, False, ToEmployee.NO),
    **{reminder.notice: reminder.audience for reminder in REMINDERS},
}

# What is told of accounts waits for no digest: whoever can stop an act has to hear of it in time.
AT_ONCE = frozenset(
    {
        Kind.PASSWORD_LINK,
        Kind.OFFICER_CREATED,
        Kind.ACCOUNT_ASKED,
        Kind.ACCOUNT_SETTLED,
        Kind.ACCOUNT_RIGHTS_TAKEN,
    }
)

# How lists and filters call them, and a letter that names no case.
TITLES: dict[str, Label] = {
    Kind.LISTED: _("put on the list"),
    Kind.ADMISSION_REFUSED: _("not admitted to testing"),
    Kind.RESULT_PUBLISHED: _("test result published"),
    Kind.RESULT_AMENDED: _("test result amended"),
    Kind.RESULT_CORRECTED: _("clerical error in the test result corrected"),
    Kind.CORRECTION_ASKED: _("correction asked for by the attestee"),
    Kind.CORRECTION_ANSWERED: _("request for a correction answered"),
    Kind.GROUND_FELL: _("the ground of a case fell"),
    Kind.CORRECTION_PROPOSED: _("correction proposed: a second person is needed"),
    Kind.DECISION_PROVISIONAL: _("provisional decision"),
    Kind.DECISION_FINAL: _("final decision"),
    Kind.DECISION_REOPENED: _("final decision reopened"),
    Kind.DECISION_ANNULLED: _("decision annulled"),
    Kind.APPEAL_RESOLVED: _("appeal resolved"),
    Kind.APPEAL_WITHDRAWN: _("appeal withdrawn"),
    Kind.RULINGS_DIFFER: _("rulings on one question differ"),
    Kind.QUESTION_WITHDRAWN: _("question of the appeal withdrawn"),
    **{reminder.notice: reminder.title for reminder in REMINDERS},
    Kind.DEADLINE_MOVED: _("term moved"),
    Kind.DEADLINE_REOPENED: _("term opened again"),
    Kind.DEADLINE_SHORTENING: _("shorter terms to be decided on"),
    Kind.IMPORT_UNDONE: _("earlier notice no longer holds"),
    Kind.DISMISSAL_DUE: _("subject to dismissal"),
    Kind.ESCALATION: _("overdue duties of the day"),
    Kind.HELD: _("decision held"),
    Kind.REPLAY_DIFFERS: _("replay found a difference"),
    Kind.PASSWORD_LINK: _("link to set the password"),
    Kind.ADDRESS_CHANGED: _("address of an account changed"),
    Kind.OFFICER_CREATED: _("account created on the server"),
    Kind.SECOND_FACTOR_FORGOTTEN: _("second factor taken away"),
    Kind.ACCOUNT_ASKED: _("rights of an account asked for"),
    Kind.ACCOUNT_SETTLED: _("request about an account settled"),
    Kind.ACCOUNT_RIGHTS_TAKEN: _("rights of an account taken away"),
    Kind.DIGEST: _("digest"),
}
