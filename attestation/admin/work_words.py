"""Scheduled work in words: what failed, at which step, by which kind of error."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attestation.labels import Label

WORK: dict[str, Label] = {
    "end_testing_stage": gettext_lazy("ending the testing stage of a case"),
    "score": gettext_lazy("assessing professional activity"),
    "fill_in": gettext_lazy("filling in Appendix 1-2"),
    "form_decision": gettext_lazy("forming a decision"),
    "close_term": gettext_lazy("closing a term"),
    "finalise": gettext_lazy("making a decision final"),
    "settle_position": gettext_lazy("settling what a change of position left"),
    "settle_ground": gettext_lazy("settling a case whose ground is decided anew"),
    "watch_term": gettext_lazy("putting the term of a category into the ledger"),
    "pass_to_central": gettext_lazy("passing a question to the central commission"),
    "confirm_ready": gettext_lazy("letting a confirmed effect go"),
    "remind": gettext_lazy("reminding of a term"),
    "settle_account_request": gettext_lazy("settling a request about an account"),
    "expire_account_request": gettext_lazy("closing a request about an account that is too old"),
    "step": gettext_lazy("a whole step of the sweep"),
}
# A step of the sweep that failed as a whole, by the work of its rows.
STEPS: dict[str, Label] = {
    "stages_ended": WORK["end_testing_stage"],
    "scored": WORK["score"],
    "decided": WORK["form_decision"],
    "released": gettext_lazy("looking through what waits to be confirmed"),
    "terms_closed": WORK["close_term"],
    "finalised": WORK["finalise"],
    "passed_on": WORK["pass_to_central"],
    "positions_settled": WORK["settle_position"],
    "grounds_settled": WORK["settle_ground"],
    "account_requests_settled": WORK["settle_account_request"],
    "terms_watched": WORK["watch_term"],
    "reminders_queued": WORK["remind"],
    "rows_forgotten": gettext_lazy("deleting the rows of imports that can no longer be undone"),
    "files_read": gettext_lazy("reading and importing large files"),
    "delivered": gettext_lazy("sending notices"),
    "ready": gettext_lazy("holding back what is to be confirmed"),
}
ERRORS: dict[str, Label] = {
    "OperationalError": gettext_lazy("the database was busy or away"),
    "InterfaceError": gettext_lazy("the connection to the database was lost"),
    "IntegrityError": gettext_lazy("the database refused it: it would break a rule of the record"),
    "DataError": gettext_lazy("a value does not fit into the record"),
    "DoesNotExist": gettext_lazy("a record that belongs to it is missing"),
    "NotInForce": gettext_lazy("no rule set is in force on the day of the case"),
    "RuleRefusal": gettext_lazy("the rules give no answer for the facts of the case"),
    "KeyError": gettext_lazy("something is missing in the stored data of the case"),
}


def work_words(act: str) -> str:
    """What failed, in words."""
    return str(WORK.get(act, act))


def step_words(name: str) -> str:
    """A step of the sweep, in words."""
    return str(STEPS.get(name, name))


def error_words(name: str) -> str:
    """The kind of error in plain words; the log has the rest."""
    known = ERRORS.get(name)
    if known is not None:
        return str(known)
    return _("an error of the program (%(name)s); the log of the worker tells more") % {"name": name}
