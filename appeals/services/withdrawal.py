"""I-12: appeals withdrawn, as a whole or question by question, with a reason, until they are closed.

Whoever withdraws is never the applicant (nobody acts on their own record), so it is by a paper of the
applicant's that stays on record, and the applicant is always told. Ours, not the order's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from appeals import lifecycle
from appeals.models import Appeal, AppealItem, Attachment
from appeals.services.attachments import Paper, attach, attached, removed_unless_done
from appeals.services.filing import appeal_deadline
from appeals.services.ruling import settle
from attestation import access, lookup
from attestation.by import By
from attestation.law.calendar import local_day
from attestation.models import Attestation, User
from attestation.notices import outbox
from attestation.refusals import Refused
from attestation.texts import required_text

REASON_MISSING = _("Give the reason of the withdrawal.")


class Wish(NamedTuple):
    """The applicant's paper that asks for the withdrawal, and the day on which it was received."""

    paper: Paper
    received_on: date


def withdraw(appeal: Appeal, *, reason: str, wish: Wish | None = None, by: By) -> Appeal:
    """I-12: withdraw an open appeal as a whole, while no question of it is ruled on.

    Raises Refused: ruled on in part or closed, voted on, no reason, no paper or one of an impossible day.
    """
    with removed_unless_done() as stored, transaction.atomic():
        return _withdraw(appeal, reason, wish, stored, by=by)


def _withdraw(appeal: Appeal, reason: str, wish: Wish | None, stored: list[str], *, by: By) -> Appeal:
    appeal = _locked(appeal.pk, appeal.attestation_id, by.user)
    lifecycle.guard(appeal, lifecycle.Event.WITHDRAW)
    reason = required_text(reason, REASON_MISSING)
    items = require_whole(appeal)
    _withdraw_each(appeal, items, reason, wish, stored, by=by)
    return appeal


def require_whole(appeal: Appeal) -> list[AppealItem]:
    """The questions of an appeal of which none is ruled on, nor voted on. Raises Refused."""
    ruled = appeal.items.exclude(ruling="").order_by("question").first()
    if ruled is not None:
        raise Refused(
            "ruled_in_part",
            _(
                "Appeal %(appeal)s: question %(question)s is ruled on already, so the appeal can't be "
                "withdrawn as a whole. Withdraw the questions that are still open one by one."
            ),
            appeal=appeal.external_id,
            question=ruled.question,
        )
    items = list(appeal.items.filter(withdrawn_at__isnull=True).order_by("question"))
    for item in items:
        require_uncounted(item)
    return items


def withdraw_item(item: AppealItem, *, reason: str, wish: Wish | None = None, by: By) -> AppealItem:
    """I-12: withdraw one question that is not closed; with the last open one the appeal is closed.

    Raises Refused: ruled on or withdrawn already (F-C4: the loser of two at once is told by whom), voted on,
    no reason, no paper or one of an impossible day.
    """
    with removed_unless_done() as stored, transaction.atomic():
        return _withdraw_item(item, reason, wish, stored, by=by)


def _withdraw_item(
    item: AppealItem, reason: str, wish: Wish | None, stored: list[str], *, by: By
) -> AppealItem:
    appeal = _locked(item.appeal_id, item.appeal.attestation_id, by.user)
    item = appeal.items.select_for_update(of=("self",)).select_related("ruled_by").get(pk=item.pk)
    item.appeal = appeal
    lifecycle.guard_ruling(item)
    _withdraw_each(appeal, [item], required_text(reason, REASON_MISSING), wish, stored, by=by)
    return item


def _locked(appeal_id: int, attestation_id: int, actor: User | None) -> Appeal:
    attestation = lookup.locked(Attestation(pk=attestation_id))
    access.require(actor, "withdraw_appeal", attestation.center, attestation.employee)
    appeal = Appeal.objects.select_for_update(of=("self",)).get(pk=appeal_id)
    appeal.attestation = attestation
    return appeal


def require_uncounted(item: AppealItem) -> None:
    """No votes on the question are counted: counted, it is decided and the ruling follows. Raises Refused."""
    line = item.agenda_items.standing().filter(counted_at__isnull=False).select_related("sitting").first()
    if line is not None:
        raise Refused(
            "counted_already",
            _(
                "Question %(question)s: the commission has voted on it, and it can't be withdrawn any more. "
                "The ruling stands when the sitting is closed: %(sitting)s."
            ),
            question=item.question,
            sitting=str(line.sitting),
        )


def _require_wish(appeal: Appeal, wish: Wish | None, by: By) -> None:
    """A person withdraws by the applicant's paper, received between the filing and now."""
    if wish is None:
        if by.user is None:
            return
        raise Refused(
            "paper_missing",
            _(
                "Appeal %(appeal)s: a question is withdrawn by the applicant's paper. Attach it, with the "
                "day on which it was received."
            ),
            appeal=appeal.external_id,
        )
    first, last = local_day(appeal.filed_at), local_day(by.at)
    if not first <= wish.received_on <= last:
        raise Refused(
            "paper_day",
            _(
                "Appeal %(appeal)s: the paper was received on %(day)s, but the appeal was filed on %(first)s "
                "and today is %(last)s. Give the day on which it was received."
            ),
            appeal=appeal.external_id,
            day=f"{wish.received_on:%d.%m.%Y}",
            first=f"{first:%d.%m.%Y}",
            last=f"{last:%d.%m.%Y}",
        )


def _withdraw_each(
    appeal: Appeal, items: Sequence[AppealItem], reason: str, wish: Wish | None, stored: list[str], *, by: By
) -> None:
    for item in items:
        require_uncounted(item)
    _require_wish(appeal, wish, by)
    paper = None if wish is None else _kept(appeal, wish.paper, stored, by=by)
    for item in items:
        item.appeal = appeal
        lifecycle.withdraw_item(item, reason, paper, wish.received_on if wish else None, by=by)
    _tell(appeal, items, by=by)
    settle(appeal, reason=reason, by=by)


def _kept(appeal: Appeal, paper: Paper, stored: list[str], *, by: By) -> Attachment:
    """The paper on record; the same one given with another question before is there once."""
    there = attached(appeal, paper)
    if there is None:
        attach(appeal, [paper], stored, by=by)
        there = attached(appeal, paper)
    assert there is not None  # it was attached in this transaction
    return there


def _tell(appeal: Appeal, items: Sequence[AppealItem], *, by: By) -> None:
    """The applicant always learns what was withdrawn, and until when it can be filed again."""
    deadline = appeal_deadline(appeal.attestation)
    assert deadline is not None  # an appeal is measured by its appeal term
    outbox.queue(
        "question_withdrawn",
        key=f"item:{items[0].pk}",
        now=by.at,
        attestation=appeal.attestation,
        context={
            "appeal": appeal.external_id,
            "questions": ", ".join(str(item.question) for item in items),
            "again_until": deadline.due_on.isoformat(),
            "term_over": deadline.is_over(by.at),
        },
    )
