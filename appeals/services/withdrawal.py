"""I-12: appeals withdrawn, as a whole or question by question, with a reason, until they are closed."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from appeals import lifecycle
from appeals.models import Appeal, AppealItem
from appeals.services.ruling import settle
from attestation import access, lookup
from attestation.by import By
from attestation.models import Attestation, User
from attestation.refusals import Refused
from attestation.texts import required_text

REASON_MISSING = _("Give the reason of the withdrawal.")


@transaction.atomic
def withdraw(appeal: Appeal, *, reason: str, by: By) -> Appeal:
    """I-12: withdraw an open appeal as a whole, while no question of it is ruled on. Raises Refused."""
    appeal = _locked(appeal.pk, appeal.attestation_id, by.user)
    lifecycle.guard(appeal, lifecycle.Event.WITHDRAW)
    reason = required_text(reason, REASON_MISSING)
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
    _withdraw_each(appeal, appeal.items.filter(withdrawn_at__isnull=True), reason, by)
    return appeal


@transaction.atomic
def withdraw_item(item: AppealItem, *, reason: str, by: By) -> AppealItem:
    """I-12: withdraw one question that is not closed; with the last open one the appeal is closed.

    Raises Refused: ruled on or withdrawn already (F-C4: the loser of two at once is told by whom), voted on.
    """
    appeal = _locked(item.appeal_id, item.appeal.attestation_id, by.user)
    item = appeal.items.select_for_update(of=("self",)).select_related("ruled_by").get(pk=item.pk)
    item.appeal = appeal
    lifecycle.guard_ruling(item)
    _withdraw_each(appeal, [item], required_text(reason, REASON_MISSING), by)
    return item


def _locked(appeal_id: int, attestation_id: int, actor: User | None) -> Appeal:
    attestation = lookup.locked(Attestation(pk=attestation_id))
    access.require(actor, "withdraw_appeal", attestation.center, attestation.employee)
    appeal = Appeal.objects.select_for_update(of=("self",)).get(pk=appeal_id)
    appeal.attestation = attestation
    return appeal


def _require_uncounted(item: AppealItem) -> None:
    """A question on which the commission has counted its votes is decided; the ruling follows."""
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


def _withdraw_each(appeal: Appeal, items: Iterable[AppealItem], reason: str, by: By) -> None:
    items = list(items)
    for item in items:
        _require_uncounted(item)
    for item in items:
        item.appeal = appeal
        lifecycle.withdraw_item(item, reason, by=by)
    settle(appeal, reason=reason, by=by)
