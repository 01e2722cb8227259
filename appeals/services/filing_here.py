"""¶21: an appeal filed on our own page: by whom, at which moment, once (F-A6, F-C2, F-D15)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from appeals.models import Appeal
from appeals.services.attachments import Paper
from appeals.services.filing import Disputed, Filing, Given, check_filing, check_items, file_appeal
from attestation import access, lookup
from attestation.by import By
from attestation.models import Attestation, Role, User
from attestation.refusals import Refused
from attestation.texts import required_text


def officers_of(attestation: Attestation) -> list[User]:
    """The HR officers of the employee's own centre, and of the labour mobility centre it belongs to, who may
    file: the appellant is none of them."""
    center = attestation.center
    return list(
        User.objects.filter(
            role=Role.HR, is_active=True, center__in={center.pk, center.parent_id or center.pk}
        )
        .exclude(employee=attestation.employee_id)
        .order_by("username")
    )


def require_filer(attestation: Attestation, actor: User | None) -> None:
    """Who files here: an officer of the employee's centre, never the appellant; the commission's secretary
    where there is no other officer. Raises Refused."""
    access.require(actor, "file_appeal", attestation.center, attestation.employee)
    if actor is None or actor.role != Role.SECRETARY:
        return
    officers = officers_of(attestation)
    if officers:
        raise Refused(
            "officers_file",
            _(
                "Case %(case)s: the HR officer of the centre files appeals: %(who)s. The secretary does "
                "where the appellant is the only officer."
            ),
            case=attestation.case_no,
            who=", ".join(str(officer) for officer in officers[:3]),
        )


def file_here(
    attestation: Attestation,
    *,
    stated_at: datetime | None,
    items: Iterable[Given],
    receipt_note: str,
    external_id: str,
    papers: Sequence[Paper],
    form_key: str,
    by: By,
) -> Appeal:
    """¶21, I-14: file what was typed; `now` is when the server received it, and that decides, unless an
    earlier filing is stated with a note of how it came. The same form a second time is the first appeal.

    Raises Refused and RuleRefusal as `file_appeal` does.
    """
    disputed = [Disputed(*item) for item in items]
    require_filer(attestation, by.user)
    with transaction.atomic():
        lookup.locked(attestation)
        key = f"{attestation.pk}:{form_key}" if form_key else None
        first = Appeal.objects.filter(form_key=key).first() if key else None
        if first is not None:
            return _same(first, disputed)
        return file_appeal(
            attestation,
            filed_at=stated_at or by.at,
            items=disputed,
            receipt_note=receipt_note,
            external_id=external_id,
            papers=papers,
            form_key=key,
            by=by,
        )


def check_here(
    attestation: Attestation, *, stated_at: datetime | None, items: Iterable[Given], receipt_note: str, by: By
) -> tuple[Filing, list[Disputed]]:
    """¶21: what `file_here` would put on record now; writes nothing.

    Raises Refused and RuleRefusal as `file_here` does.
    """
    require_filer(attestation, by.user)
    filing = check_filing(attestation, filed_at=stated_at or by.at, receipt_note=receipt_note, by=by)
    return filing, check_items(filing, items)


def _same(first: Appeal, disputed: list[Disputed]) -> Appeal:
    """F-C2: the first result; where the contents differ, nothing is dropped silently."""
    given = [
        (one.question, required_text(one.argument, ""), one.ground)
        for one in disputed
        if one.argument.strip()
    ]
    on_record = list(first.items.order_by("question").values_list("question", "argument", "ground"))
    if sorted(given) == on_record:
        return first
    raise Refused(
        "form_used",
        _(
            "This form was filed already, as appeal %(appeal)s, with other contents. Copy what you typed, "
            "open a new form and file it there."
        ),
        appeal=first.external_id,
    )
