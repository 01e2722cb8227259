"""Rulings on appealed questions, and what follows when an appeal has them all (I-12, I-13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appeals import lifecycle, rules
from appeals.models import Appeal, AppealItem, Commission, Membership
from appeals.services.commission import VOTING_SEATS, members_in_office, seat_in, voting_members
from appeals.services.terms import close_ruling_term
from attestation import access, notices, services
from attestation.law.calendar import local_day
from attestation.models import Attestation, User
from attestation.refusals import Refused
from attestation.services import facts
from attestation.texts import required_text

Seat = Membership.Seat
Minutes = Mapping[str, Sequence[str]]
UPHOLD, REJECT = AppealItem.Ruling.UPHOLD, AppealItem.Ruling.REJECT


def check_ruling(
    item: AppealItem,
    *,
    ruling: str,
    reason: str,
    actor: User | None,
    now: datetime,
    minutes: Minutes | None = None,
) -> str:
    """Whether the ruling may go on record; returns the reason as it will stand. Raises Refused.

    Without `minutes` the chair rules; with them the secretary types in what a sitting ruled elsewhere, or
    the chair of a commission of one does. `minutes` may name user names under present, for, against.
    """
    attestation = item.appeal.attestation
    access.require(actor, "rule_appeal", attestation.center, attestation.employee)
    assert actor is not None  # `require` never lets the system rule
    today = local_day(now)
    seat = _seat_of(actor, attestation, today, typed_in=minutes is not None)
    lifecycle.guard_ruling(item)
    if ruling not in AppealItem.Ruling.values:
        raise Refused(
            "bad_ruling",
            gettext_lazy("The ruling on a question is uphold or reject, not “%(ruling)s”."),
            ruling=ruling,
        )
    reason = required_text(reason, gettext_lazy("Give the reason of the ruling."))
    if minutes:
        _check_minutes(minutes, ruling, attestation, seat.commission, today)
    return reason


def _seat_of(actor: User, attestation: Attestation, today: date, *, typed_in: bool) -> Membership:
    seats = (Seat.CHAIR, Seat.SECRETARY) if typed_in else (Seat.CHAIR,)
    seat = seat_in(actor, seats, attestation.center, today)
    if seat is None:
        raise Refused(
            "not_in_office",
            gettext_lazy(
                "Case %(case)s: you hold no seat in the commission competent for it from which you can rule. "
                "Turn to the administrator about the appointment."
            ),
            case=attestation.case_no,
        )
    if typed_in and seat.seat == Seat.CHAIR and voting_members(seat.commission, today).count() > 1:
        raise Refused(
            "not_a_commission_of_one",
            gettext_lazy("The commission has several members: its secretary types in the rulings."),
        )
    return seat


def _check_minutes(
    minutes: Minutes, ruling: str, attestation: Attestation, commission: Commission, today: date
) -> None:
    """Names of members in office, votes of those present, and a ruling that is the majority's."""
    present, ayes, noes = (list(minutes.get(name, ())) for name in ("present", "for", "against"))
    seats = {seat.user.username: seat for seat in members_in_office(commission, today)}
    for name in dict.fromkeys([*present, *ayes, *noes]):
        _check_member(name, seats, attestation)
    for name in [*ayes, *noes]:
        if present and name not in present:
            raise Refused(
                "voted_absent",
                gettext_lazy("“%(name)s” voted but is not among those present. Correct the row."),
                name=name,
            )
        if seats[name].seat not in VOTING_SEATS:
            raise Refused(
                "no_vote",
                gettext_lazy("“%(name)s” is the secretary and has no vote. Correct the row."),
                name=name,
            )
        if name in ayes and name in noes:
            raise Refused(
                "voted_twice",
                gettext_lazy("“%(name)s” stands among those for and those against. Correct the row."),
                name=name,
            )
    if (ayes or noes) and _majority(ayes, noes, seats) != ruling:
        raise Refused(
            "not_the_majority",
            gettext_lazy(
                "%(ayes)s for and %(noes)s against do not make the ruling “%(ruling)s”. Correct the row."
            ),
            ayes=len(ayes),
            noes=len(noes),
            ruling=str(AppealItem.Ruling(ruling).label),
        )


def _check_member(name: str, seats: Mapping[str, Membership], attestation: Attestation) -> None:
    """F-R8: in office, and not the appellant."""
    if name not in seats:
        raise Refused(
            "not_a_member",
            gettext_lazy("“%(name)s” is no member of the commission in office. Correct the user name."),
            name=name,
        )
    if access.is_own(seats[name].user, attestation.employee):
        raise Refused(
            "own_record",
            gettext_lazy("“%(name)s” is the appellant and takes no part in the ruling."),
            name=name,
        )


def _majority(ayes: Sequence[str], noes: Sequence[str], seats: Mapping[str, Membership]) -> str | None:
    """The ruling of the votes; on a tie the chair's own vote decides; None where there is no ruling."""
    if len(ayes) != len(noes):
        return UPHOLD if len(ayes) > len(noes) else REJECT
    chairs = [name for name in [*ayes, *noes] if seats[name].seat == Seat.CHAIR]
    if not chairs:
        return None
    return UPHOLD if chairs[0] in ayes else REJECT


@transaction.atomic
def rule_item(
    item: AppealItem,
    *,
    ruling: str,
    reason: str,
    actor: User | None,
    now: datetime,
    minutes: Minutes | None = None,
) -> AppealItem:
    """I-13: uphold or reject one question. With the last one the appeal is resolved: an upheld question
    counts as answered correctly, and score and decision are formed afresh from the amended result (I-12).

    Raises Refused as `check_ruling` does.
    """
    attestation = facts.locked(Attestation(pk=item.appeal.attestation_id))
    item = (
        AppealItem.objects.select_for_update(of=("self",))
        .select_related("appeal", "ruled_by")
        .get(pk=item.pk)
    )
    item.appeal.attestation = attestation
    reason = check_ruling(item, ruling=ruling, reason=reason, actor=actor, now=now, minutes=minutes)
    assert actor is not None  # checked: a ruling is always a person's
    kept = {name: list(names) for name, names in (minutes or {}).items() if names}
    lifecycle.rule(item, ruling, reason, actor=actor, now=now, minutes=kept)
    settle(item.appeal, actor=actor, now=now)
    return item


def settle(appeal: Appeal, *, reason: str = "", actor: User | None, now: datetime) -> None:
    """I-12: an appeal none of whose questions is open any more is resolved, or withdrawn where none was
    ruled on; the result follows. Called with every closing of a question; before the last one it waits."""
    items = list(appeal.items.order_by("question"))
    if not all(item.is_closed for item in items):
        return
    found = {
        "upheld": [item.question for item in items if item.ruling == UPHOLD],
        "rejected": [item.question for item in items if item.ruling == REJECT],
        "withdrawn": [item.question for item in items if item.withdrawn_at is not None],
    }
    ruled = bool(found["upheld"] or found["rejected"])
    event = lifecycle.Event.RESOLVE if ruled else lifecycle.Event.WITHDRAW
    lifecycle.close(
        appeal, event, actor=actor, now=now, reason="" if ruled else reason, data=found if ruled else None
    )
    if found["upheld"]:
        _amend(appeal, found["upheld"], actor=actor, now=now)
    close_ruling_term(appeal, actor=actor, now=now)
    services.appeal_closed(appeal.attestation, actor=actor, now=now)
    notices.queue(
        "appeal_resolved" if ruled else "appeal_withdrawn",
        key=f"appeal:{appeal.pk}",
        now=now,
        attestation=appeal.attestation,
        context={
            "appeal": appeal.external_id,
            **{name: ", ".join(map(str, numbers)) for name, numbers in found.items()},
        },
    )


def _amend(appeal: Appeal, upheld: Sequence[int], *, actor: User | None, now: datetime) -> None:
    """I-13: the upheld questions applied to the result as it stands now, maybe amended meanwhile."""
    result = facts.published_result(appeal.attestation)
    assert result is not None  # an appeal is against a published result, and one stays in force
    before = result.correct_answers, result.questions_total, result.wrong_questions
    if result.wrong_questions is not None:
        # A question marked faulty meanwhile counts as correct already.
        upheld = [question for question in upheld if question in result.wrong_questions]
    correct, wrong = rules.apply_upheld(*before, upheld)
    if correct == result.correct_answers:
        return
    services.amend_result(
        appeal.attestation,
        correct=correct,
        wrong=None if wrong is None else list(wrong),
        reason=_("Appeal %(appeal)s upheld, questions %(questions)s.")
        % {"appeal": appeal.external_id, "questions": ", ".join(map(str, upheld))},
        actor=actor,
        now=now,
    )
