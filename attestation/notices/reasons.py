"""Why a notice is not simply queued or sent: codes of ours in `Notice.last_error`, and their words."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from attestation.labels import Label
from attestation.models import Notice


class Why(StrEnum):
    """A reason of ours; what else stands in `last_error` are the mail server's own words."""

    IN_APPLICATION_ONLY = "in_application_only"
    NO_ADDRESS = "no_address"
    OCCASION_OVER = "occasion_over"
    ACCOUNT_CLOSED = "account_closed"
    SUPERSEDED = "superseded"
    LATER_REMINDER = "later_reminder"
    DEADLINE_OVER = "term_over"
    CAME_BACK = "came_back"
    TOLD_BY_HAND = "told_by_hand"
    HOLD_SAYS_IT = "hold_says_it"


WORDS: dict[str, Label] = {
    Why.IN_APPLICATION_ONLY: _("In the application only: the account has no e-mail address."),
    Why.NO_ADDRESS: _("There is no e-mail address: to be served by hand."),
    Why.OCCASION_OVER: _("Its occasion was over before it was sent."),
    Why.ACCOUNT_CLOSED: _("The account is not active any more."),
    Why.SUPERSEDED: _("What it told of was superseded before it was sent."),
    Why.LATER_REMINDER: _("Its moment was missed; a later reminder of the same term was sent in its place."),
    Why.DEADLINE_OVER: _("Its moment was missed, and the term was over when it could be sent."),
    Why.CAME_BACK: _("The e-mail came back: to be served by hand."),
    Why.TOLD_BY_HAND: _("Told by hand."),
    Why.HOLD_SAYS_IT: _("The notice that the decision is held names the same term."),
}


def stamped(why: Why, at: datetime) -> str:
    """The reason with the moment it came about."""
    return f"{why} {at.isoformat(timespec='seconds')}"


def reason_of(notice: Notice) -> str:
    """The reason in the reader's language; the mail server's words as they are."""
    code = notice.last_error.partition(" ")[0]
    return str(WORDS[code]) if code in WORDS else notice.last_error
