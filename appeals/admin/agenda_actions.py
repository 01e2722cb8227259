"""What is done with one matter of a sitting: voted on, counted, sealed, reopened, dissented from."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from appeals.admin import board
from appeals.models import AgendaItem, Sitting, Vote
from appeals.services import counting, recusals, voting
from appeals.services.earlier import departs_from, of_line
from appeals.services.voting import choices_for, record_dissent
from attestation import clock
from attestation.admin import fields
from attestation.admin.actions import Action, ActionForm, offer
from attestation.by import By
from attestation.law.calendar import local_day
from attestation.models import Role, User
from attestation.refusals import allows

# Of 64: enough to compare with the minutes at a glance.
RECEIPT_SHOWN = 12


class VoteForm(ActionForm):
    """One of three."""

    choice = fields.radio(pgettext_lazy("vote", "Vote"), ())

    def prepare(self) -> None:
        choices = [(value, Vote.Choice(value).label) for value in choices_for(self.obj)]
        self.choose_from("choice", choices)


class SealForm(ActionForm):
    """The secretary's words for the outcome that was counted."""

    reason = fields.long_text(
        gettext_lazy("Reason of the ruling"),
        max_length=4000,
        rows=6,
        help_text=gettext_lazy("What the commission found, for the outcome that stands above."),
    )
    departure = fields.long_text(
        gettext_lazy("Why it differs from an earlier ruling"),
        max_length=1000,
        rows=3,
        help_text=gettext_lazy(
            "One sentence. The minutes show it; the earlier appellants are put before the chair."
        ),
    )

    def prepare(self) -> None:
        self.earlier = of_line(self.obj)
        if departs_from(self.obj) is None:
            del self.fields["departure"]


class CountForm(ActionForm):
    """Nothing is asked; the earlier rulings on the same question are read first."""

    def prepare(self) -> None:
        self.earlier = of_line(self.obj)


class ReopenForm(ActionForm):
    """Why the commission votes again."""

    why = fields.long_text(gettext_lazy("Reason"), max_length=4000, rows=4)


class RecuseForm(ActionForm):
    """Why the member takes no part; whose matter it is, stays hidden."""

    reason = fields.long_text(gettext_lazy("Reason"), max_length=4000)


class DissentForm(ActionForm):
    """A member's own opinion, in the minutes."""

    text = fields.long_text(gettext_lazy("Dissent"), max_length=4000, rows=6)

    def prepare(self) -> None:
        if self.user.role != Role.SECRETARY:
            return
        self.fields["member"] = fields.record(gettext_lazy("Whose"), voting.silent(self.obj))
        self.order_fields(["member", "text"])


def vote(line: AgendaItem, answers: dict[str, Any], by: By) -> str:
    cast = voting.vote(line, answers["choice"], by=by)
    return _(
        "Item %(item)s, your vote: %(choice)s. You can change it until the votes are counted. Receipt: "
        "%(receipt)s."
    ) % {
        "item": line.position,
        "choice": cast.get_choice_display(),
        "receipt": cast.receipt[:RECEIPT_SHOWN],
    }


def count(line: AgendaItem, answers: dict[str, Any], by: By) -> str:
    counted = counting.count_item(line, by=by)
    if counted.outcome:
        return _("The matter is closed: %(outcome)s.") % {"outcome": counted.get_outcome_display()}
    outcome = board.ruling_label(counted.minutes["ruling"])
    return _("Counted: %(outcome)s. Write the reason for it and seal the matter.") % {"outcome": outcome}


def seal(line: AgendaItem, answers: dict[str, Any], by: By) -> str:
    departure = answers.get("departure", "")
    sealed = counting.seal_item(line, reason=answers["reason"], departure=departure, by=by)
    return _("Sealed: %(outcome)s. It takes effect when the sitting is closed.") % {
        "outcome": board.ruling_label(sealed.ruling)
    }


def reopen(line: AgendaItem, answers: dict[str, Any], by: By) -> str:
    counting.reopen_item(line, why=answers["why"], by=by)
    return _("The matter is open again; what was counted before stays in the minutes.")


def recuse(line: AgendaItem, answers: dict[str, Any], by: By) -> str:
    recusals.recuse(line.case, reason=answers["reason"], by=by)
    return _("You are recused: you take no part in the matters of this person.")


def dissent(line: AgendaItem, answers: dict[str, Any], by: By) -> str:
    member = answers.get("member")
    record_dissent(line, answers["text"], membership=member, by=by)
    return _("The dissent is in the minutes.")


def may_recuse(line: AgendaItem, user: User) -> bool:
    """Whether the user votes on the line and may still state a recusal from it."""
    reader = board.agenda_of(user, line.sitting, local_day(clock.now()))[1]
    return line.counted_at is None and reader.votes and not reader.recused(line)


VOTE = Action(
    slug="vote",
    right="vote",
    title=gettext_lazy("Vote"),
    icon="how_to_vote",
    form=VoteForm,
    run=vote,
    offered=board.is_voted_on,
    fits=lambda line, user: allows(voting.require_voter, line, user, clock.now()),
    facts="admin/appeals/sitting/act.html",
)
COUNT = Action(
    slug="count",
    right="keep_sitting",
    title=gettext_lazy("Count the votes"),
    explain=gettext_lazy(
        "From then on nobody votes on it. You and the chair see the outcome, and you write the reason for "
        "it. Without a quorum, or without a majority that the chair's vote decides, there is no ruling and "
        "the matter goes to the next sitting."
    ),
    icon="calculate",
    primary=True,
    form=CountForm,
    run=count,
    offered=board.is_voted_on,
    fits=lambda line, user: board.keeps(line.sitting, user),
    facts="admin/appeals/sitting/act.html",
)
SEAL = Action(
    slug="seal",
    right="keep_sitting",
    title=gettext_lazy("Write the reason and seal"),
    explain=gettext_lazy(
        "Outcome and reason are fixed. The ruling takes effect when the sitting is closed; "
        "until then the commission alone reads it, and the chair may reopen it."
    ),
    icon="gavel",
    primary=True,
    form=SealForm,
    run=seal,
    offered=lambda line: not line.outcome and line.counted_at is not None and board.is_open(line),
    fits=lambda line, user: board.keeps(line.sitting, user),
    facts="admin/appeals/sitting/act.html",
)
REOPEN = Action(
    slug="reopen",
    right="reopen_item",
    title=gettext_lazy("Reopen the matter"),
    explain=gettext_lazy(
        "The commission votes on it again; the votes stand as cast and can be changed. What was counted, and "
        "its reason, stay in the minutes beside the new ruling."
    ),
    icon="replay",
    form=ReopenForm,
    run=reopen,
    offered=lambda line: (
        line.outcome in ("", AgendaItem.Outcome.RULED) and line.counted_at is not None and board.is_open(line)
    ),
    fits=lambda line, user: allows(counting.require_presiding, line, By(user, clock.now())),
    facts="admin/appeals/sitting/act.html",
)
RECUSE = Action(
    slug="recuse",
    right="vote",
    title=gettext_lazy("Recuse myself"),
    explain=gettext_lazy(
        "For whoever recognises the person by the question. You take no part in any matter of theirs on the "
        "agenda; a vote you cast on one counts no more. It is in the minutes with your reason and is not "
        "taken back."
    ),
    icon="person_off",
    form=RecuseForm,
    run=recuse,
    offered=board.is_voted_on,
    fits=may_recuse,
    facts="admin/appeals/sitting/act.html",
)
DISSENT = Action(
    slug="dissent",
    right="record_dissent",
    title=gettext_lazy("Record a dissent"),
    explain=gettext_lazy("It stands in the minutes beside the ruling, until the sitting is closed."),
    icon="contract_edit",
    form=DissentForm,
    run=dissent,
    offered=lambda line: (
        line.outcome == AgendaItem.Outcome.RULED and line.sitting.state == Sitting.State.OPEN
    ),
    fits=lambda line, user: voting.may_dissent(line, user, clock.now()),
    facts="admin/appeals/sitting/act.html",
)
offer(AgendaItem, VOTE, COUNT, SEAL, REOPEN, RECUSE, DISSENT)
