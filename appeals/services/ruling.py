"""Rulings on appealed questions, and what follows when an appeal has them all (I-12, I-13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy

from appeals import lifecycle, rules
from appeals.models import Appeal, AppealItem, Commission, CommissionRules, Membership, Sitting
from appeals.services.commission import (
    VOTING_SEATS,
    is_of_one,
    members_in_office,
    seat_held,
    voting_members,
)
from appeals.services.deadlines import close_ruling_deadline
from appeals.services.differing import put_before_the_chair
from appeals.services.lines import commission_of_item
from appeals.services.recusals import ground_for
from attestation import access, lookup
from attestation.by import By
from attestation.cases.finality import appeal_closed
from attestation.cases.result_changes import amend_result
from attestation.law.calendar import local_day
from attestation.models import Attestation, User
from attestation.notices import outbox
from attestation.reason_words import coded
from attestation.refusals import Refused
from attestation.texts import required_text

Seat = Membership.Seat
Minutes = Mapping[str, Sequence[str]]
UPHOLD, REJECT = AppealItem.Ruling.UPHOLD, AppealItem.Ruling.REJECT


def check_ruling(
    item: AppealItem,
    *,
    ruling: str,
    reason: str,
    by: By,
    minutes: Minutes | None = None,
) -> str:
    """Whether the ruling may go on record; returns the reason as it will stand. Raises Refused.

    Without `minutes` the chair of a commission of one rules; with them the secretary types in what a
    sitting held elsewhere ruled, by the same rules of quorum and recusal: user names under present, for,
    against. A commission of several rules in a sitting.
    """
    attestation = item.appeal.attestation
    access.require(by.user, "rule_appeal", attestation.center, attestation.employee)
    assert by.user is not None  # `require` never lets the system rule
    lifecycle.guard_ruling(item)
    today, commission = local_day(by.at), commission_of_item(item, by.at)
    _require_seat(by.user, commission, today, typed_in=minutes is not None)
    if ruling not in AppealItem.Ruling.values:
        raise Refused(
            "bad_ruling",
            gettext_lazy("The ruling on a question is uphold or reject, not “%(ruling)s”."),
            ruling=ruling,
        )
    reason = required_text(reason, gettext_lazy("Give the reason of the ruling."))
    alone = is_of_one(commission, today)
    if alone:
        _require_taking_part(voting_members(commission, today).get().user, item, today)
    # A file may leave out who was present and how they voted: then the secretary vouches for it.
    if minutes and any(minutes.values()):
        _check_minutes(minutes, ruling, item, commission, today, alone=alone)
    return reason


def _require_seat(actor: User, commission: Commission, today: date, *, typed_in: bool) -> None:
    seats = (Seat.CHAIR, Seat.SECRETARY) if typed_in else (Seat.CHAIR,)
    seat = seat_held(actor, commission, seats, today)
    if seat.seat == Seat.CHAIR and not is_of_one(commission, today):
        raise Refused(
            "not_a_commission_of_one",
            gettext_lazy(
                "The commission has several members and rules in a sitting. Put the question on an agenda; "
                "of a sitting held elsewhere the secretary types in the rulings."
            ),
        )


def may_rule(item: AppealItem, user: User, now: datetime) -> bool:
    """Whether the person rules on the question without a sitting held here: the chair of a commission of one
    who is not recused, or the secretary who types in the ruling of a sitting held elsewhere."""
    day, commission = local_day(now), commission_of_item(item, now)
    try:
        _require_seat(user, commission, day, typed_in=access.role_of(user) == access.SECRETARY)
        if is_of_one(commission, day):
            _require_taking_part(voting_members(commission, day).get().user, item, day)
    except Refused:
        return False
    return not item.agenda_items.standing().filter(sitting__state=Sitting.State.OPEN).exists()


def _require_taking_part(user: User, item: AppealItem, today: date) -> None:
    """F-R8: nobody rules on an item they are recused from."""
    stated = item.recusals.filter(user=user).exists()
    if stated or ground_for(user, item.appeal.attestation, today) is not None:
        raise Refused(
            "recused",
            gettext_lazy("“%(name)s” is recused from question %(question)s and takes no part in it."),
            name=user.username,
            question=item.question,
        )


def _check_minutes(
    minutes: Minutes, ruling: str, item: AppealItem, commission: Commission, today: date, *, alone: bool
) -> None:
    """I-12: names of members in office, votes of those present and not recused, a quorum, and the ruling
    that the votes make. A commission of one needs no names."""
    present, ayes, noes = (list(minutes.get(name, ())) for name in ("present", "for", "against"))
    if not alone and not (present and (ayes or noes)):
        raise Refused(
            "minutes_missing",
            gettext_lazy(
                "Name those present, those for and those against: the commission has several members, and "
                "the ruling rests on their votes."
            ),
        )
    seats = {seat.user.username: seat for seat in members_in_office(commission, today)}
    for name in dict.fromkeys([*present, *ayes, *noes]):
        _check_member(name, seats, item.appeal.attestation)
    for name in [*ayes, *noes]:
        _check_voter(name, seats[name], item, today, present=present, both=name in ayes and name in noes)
    if ayes or noes:
        _check_count(present, ayes, noes, ruling, item, commission, today)


def _check_voter(
    name: str, seat: Membership, item: AppealItem, today: date, *, present: Sequence[str], both: bool
) -> None:
    if present and name not in present:
        raise Refused(
            "voted_absent",
            gettext_lazy("“%(name)s” voted but is not among those present. Correct the row."),
            name=name,
        )
    if seat.seat not in VOTING_SEATS:
        raise Refused(
            "no_vote",
            gettext_lazy("“%(name)s” is the secretary and has no vote. Correct the row."),
            name=name,
        )
    if both:
        raise Refused(
            "voted_twice",
            gettext_lazy("“%(name)s” stands among those for and those against. Correct the row."),
            name=name,
        )
    _require_taking_part(seat.user, item, today)


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


def _check_count(
    present: Sequence[str],
    ayes: Sequence[str],
    noes: Sequence[str],
    ruling: str,
    item: AppealItem,
    commission: Commission,
    today: date,
) -> None:
    """The quorum, and the ruling that the votes make by the rules of a sitting held here."""
    stated = set(item.recusals.values_list("user_id", flat=True))
    case, there = item.appeal.attestation, set(present) or {*ayes, *noes}
    members = [
        rules.MemberFact(
            seat.user.username,
            present=seat.user.username in there,
            recused=seat.user_id in stated or ground_for(seat.user, case, today) is not None,
            seat=seat.seat,
        )
        for seat in voting_members(commission, today)
    ]
    rule = CommissionRules.objects.in_force_on(today).quorum
    quorum = rules.quorum(members, rule)
    if not quorum.reached:
        raise Refused(
            "no_quorum",
            gettext_lazy(
                "%(present)s present of %(of)s members who are not recused make no quorum; %(needed)s do. "
                "There is no ruling. Put the question before the next sitting."
            ),
            present=quorum.present,
            of=quorum.of,
            needed=quorum.needed,
        )
    votes: dict[int | str, str] = {**dict.fromkeys(ayes, UPHOLD.value), **dict.fromkeys(noes, REJECT.value)}
    if rules.tally(votes, members, rule).ruling != ruling:
        raise Refused(
            "not_the_majority",
            gettext_lazy(
                "%(ayes)s for and %(noes)s against do not make the ruling “%(ruling)s”. Correct the row."
            ),
            ayes=len(ayes),
            noes=len(noes),
            ruling=str(AppealItem.Ruling(ruling).label),
        )


@transaction.atomic
def rule_item(
    item: AppealItem,
    *,
    ruling: str,
    reason: str,
    by: By,
    minutes: Minutes | None = None,
) -> AppealItem:
    """I-13: uphold or reject one question. With the last one the appeal is resolved: an upheld question
    counts as answered correctly, and score and decision are formed afresh from the amended result (I-12).

    Raises Refused as `check_ruling` does.
    """
    attestation = lookup.locked(Attestation(pk=item.appeal.attestation_id))
    item = (
        AppealItem.objects.select_for_update(of=("self",))
        .select_related("appeal", "ruled_by")
        .get(pk=item.pk)
    )
    item.appeal.attestation = attestation
    reason = check_ruling(item, ruling=ruling, reason=reason, by=by, minutes=minutes)
    assert by.user is not None  # checked: a ruling is always a person's
    kept = {name: list(names) for name, names in (minutes or {}).items() if names}
    apply_ruling(item, ruling, reason, by=by, minutes=kept)
    return item


def apply_ruling(
    item: AppealItem,
    ruling: str,
    reason: str,
    *,
    by: By,
    minutes: Mapping[str, Any],
) -> None:
    """I-13: a checked ruling on record, and what follows. The caller holds the locks of case and item."""
    lifecycle.rule(item, ruling, reason, by=by, minutes=minutes)
    settle(item.appeal, by=by)
    put_before_the_chair(item, by=by)


def settle(appeal: Appeal, *, reason: str = "", by: By) -> None:
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
    lifecycle.close(appeal, event, by=by, reason="" if ruled else reason, data=found if ruled else None)
    if found["upheld"]:
        _amend(appeal, found["upheld"], by=by)
    close_ruling_deadline(appeal, by=by)
    appeal_closed(appeal.attestation, by=by)
    outbox.queue(
        "appeal_resolved" if ruled else "appeal_withdrawn",
        key=f"appeal:{appeal.pk}",
        now=by.at,
        attestation=appeal.attestation,
        context={
            "appeal": appeal.external_id,
            **{name: ", ".join(map(str, numbers)) for name, numbers in found.items()},
        },
    )


def _amend(appeal: Appeal, upheld: Sequence[int], *, by: By) -> None:
    """I-13: the upheld questions applied to the result as it stands now, maybe amended meanwhile."""
    result = lookup.published_result(appeal.attestation)
    assert result is not None  # an appeal is against a published result, and one stays in force
    before = result.correct_answers, result.questions_total, result.wrong_questions
    if result.wrong_questions is not None:
        # A question marked faulty meanwhile counts as correct already.
        upheld = [question for question in upheld if question in result.wrong_questions]
    correct, wrong = rules.apply_upheld(*before, upheld)
    if correct == result.correct_answers:
        return
    amend_result(
        appeal.attestation,
        correct=correct,
        wrong=None if wrong is None else list(wrong),
        reason=coded("appeal_upheld", appeal=appeal.external_id, questions=", ".join(map(str, upheld))),
        by=by,
    )
