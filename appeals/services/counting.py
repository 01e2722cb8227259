"""An item of a sitting after the votes: counted, given its reason, sealed, maybe reopened (I-12, I-13).

The order guards the commission against itself: the count comes first, the reason is written for the outcome
that is counted, and sealing fixes both. The ruling takes effect when the sitting is closed. Ours, not the
order's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from appeals import rules
from appeals import sitting_lifecycle as lifecycle
from appeals.lifecycle import Ruled
from appeals.models import AgendaItem, AppealItem, CommissionRules, Membership, Reopening, Vote
from appeals.services.commission import seat_held
from appeals.services.earlier import departs_from
from appeals.services.lines import carry_over, case_of, lock_line, lock_sitting, row_ruling
from appeals.services.recusals import members_of, presides, settle_quorum
from appeals.services.ruling import apply_rulings
from appeals.services.voting import require_open
from attestation import access, journal, lookup
from attestation.by import By
from attestation.cases.waiting import waits_for_ruling
from attestation.law.calendar import local_day
from attestation.models import Attestation
from attestation.reason_words import coded
from attestation.refusals import Refused
from attestation.texts import required_text

Seat = Membership.Seat
Event = lifecycle.AgendaEvent
# Of a held row 2 the votes are for the points of its upper line or of its lower one; the rules count them as
# for and against.
AS_RULES = {Vote.Choice.TEN: rules.Choice.UPHOLD, Vote.Choice.ZERO: rules.Choice.REJECT}
ROW_RULINGS = {rules.Choice.UPHOLD: Vote.Choice.TEN, rules.Choice.REJECT: Vote.Choice.ZERO}
WHY_NOT: Mapping[str, str] = {
    rules.Why.NO_QUORUM: "no_quorum",
    rules.Why.NO_VOTES: "no_votes",
    rules.Why.TIE: "tied_vote",
}


def _locked(line: AgendaItem, by: By) -> tuple[Attestation, AgendaItem]:
    """The case and the line under their locks, for the commission's secretary. Raises Refused."""
    case = lookup.locked(case_of(line))
    line = lock_line(line)
    access.require(by.user, "keep_sitting", case.center, case.employee)
    assert by.user is not None  # `require` never lets the system keep a sitting
    seat_held(by.user, line.sitting.commission, [Seat.SECRETARY], local_day(by.at))
    return case, line


@transaction.atomic
def count_item(line: AgendaItem, *, by: By) -> AgendaItem:
    """The secretary has the votes counted, once: the outcome stands before anybody writes a reason for it.

    Without a ruling the item is closed and goes to the next sitting; what recusals left without a possible
    quorum passes to the central commission. Raises Refused.
    """
    case, line = _locked(line, by)
    lifecycle.guard_item(line, Event.COUNT, by.user)
    require_open(line)
    if line.item_id is None and not waits_for_ruling(case):
        lifecycle.close_item(line, Event.LEAVE, by=by, reason=coded("row_2_not_held"))
        return line
    if not settle_quorum(line, by=by):
        return line
    tally, minutes = _count(line, by)
    line.minutes, line.counted_at = minutes, by.at
    if tally.ruling is None:
        why = coded(WHY_NOT[tally.why])
        lifecycle.close_item(line, Event.NO_RULING, by=by, reason=why)
        carry_over(line, by=by)
    else:
        line.save(update_fields=["minutes", "counted_at"])
    return line


def _count(line: AgendaItem, by: By) -> tuple[rules.Tally, dict[str, Any]]:
    """The tally by the rules of the day, the minutes it stands on for ever, and its entry in the journal."""
    rule = CommissionRules.objects.in_force_on(local_day(by.at)).quorum
    members = members_of(line, now=by.at)
    takes_part = {member.id for member in members if member.takes_part}
    cast = {vote.membership_id: vote for vote in line.votes.order_by("membership")}
    counted = {pk: vote for pk, vote in cast.items() if pk in takes_part}
    votes: dict[int | str, str] = {pk: as_rules(vote.choice) for pk, vote in counted.items()}
    tally, quorum = rules.tally(votes, members, rule), rules.quorum(members, rule)
    names = dict(
        Membership.objects.filter(pk__in=[m.id for m in members]).values_list("pk", "user__username")
    )
    presides = rules.presiding(members)
    minutes = {
        "quorum": {"rule": rule, "present": quorum.present, "of": quorum.of, "needed": quorum.needed},
        "present": sorted(names[int(member.id)] for member in members if member.present),
        "recused": sorted(names[int(member.id)] for member in members if member.recused),
        "presides": names[int(presides.id)] if presides is not None else "",
        "votes": {names[pk]: vote.choice for pk, vote in counted.items()},
        "receipts": {names[pk]: vote.receipt for pk, vote in counted.items() if vote.receipt},
        "uphold": tally.uphold,
        "reject": tally.reject,
        "abstain": tally.abstain,
        "why": tally.why,
        "ruling": as_worded(line, tally.ruling),
    }
    set_aside = [pk for pk in cast if pk not in takes_part]
    _put_on_record(line, minutes, members, counted, set_aside, names, by=by)
    return tally, minutes


def _put_on_record(
    line: AgendaItem,
    minutes: Mapping[str, Any],
    members: Sequence[rules.MemberFact],
    counted: Mapping[int, Vote],
    set_aside: Sequence[int],
    names: Mapping[int, str],
    *,
    by: By,
) -> None:
    """What anybody needs to count again: the members, the choices with their nonces, the outcome."""
    journal.record(
        "count_item",
        by=by,
        subject=line.sitting.code,
        data={
            "agenda_item": line.pk,
            "sitting": line.sitting_id,
            "position": line.position,
            "rule": minutes["quorum"]["rule"],
            "members": [
                {"member": m.id, "user": names[int(m.id)], "seat": m.seat, "present": m.present}
                | {"recused": m.recused}
                for m in members
            ],
            "votes": [
                {"member": pk, "choice": vote.choice, "nonce": vote.nonce} for pk, vote in counted.items()
            ],
            "set_aside": set_aside,
            "ruling": minutes["ruling"],
            "basis": minutes["why"],
        },
    )


def as_rules(choice: str) -> str:
    """The choice as the rules count it: for, against or abstained."""
    return AS_RULES.get(Vote.Choice(choice), choice)


def as_worded(line: AgendaItem, ruling: str | None) -> str:
    """The ruling as the item's record words it; empty where there is none."""
    if ruling is None:
        return ""
    return ruling if line.item_id is not None else ROW_RULINGS[rules.Choice(ruling)].value


@transaction.atomic
def seal_item(line: AgendaItem, *, reason: str, departure: str = "", by: By) -> AgendaItem:
    """The secretary writes the reason for the outcome that was counted, and seals it: neither changes then.

    The ruling takes effect when the sitting is closed. `departure` is the sentence why it differs from an
    earlier ruling on the same question. Raises Refused: not counted, sealed already, no reason, no such
    sentence where there is one to differ from.
    """
    lookup.locked(case_of(line))
    # Of two items with one question, sealed at once, the second one sees the first.
    lock_sitting(line.sitting)
    _case, line = _locked(line, by)
    lifecycle.guard_item(line, Event.RULE, by.user)
    require_open(line)
    if line.counted_at is None:
        raise Refused(
            "not_counted",
            _("Item %(item)s: the votes are not counted yet. Have them counted, then write the reason."),
            item=line.position,
        )
    reason = required_text(reason, _("Give the reason of the ruling."))
    line.departure = _departure(line, departure)
    lifecycle.close_item(line, Event.RULE, by=by, ruling=line.minutes["ruling"], reason=reason)
    return line


def _departure(line: AgendaItem, text: str) -> str:
    """The sentence as it will stand; empty where no earlier ruling differs. Raises Refused."""
    earlier = departs_from(line)
    if earlier is None:
        return ""
    if not text.strip():
        raise Refused(
            "departure_missing",
            _(
                "Item %(item)s: an earlier ruling on the same question, of %(day)s, is “%(ruling)s”. Write "
                "in one sentence why this one differs, then seal the item."
            ),
            item=line.position,
            day=f"{local_day(earlier.at):%d.%m.%Y}",
            ruling=earlier.label,
        )
    return required_text(text, _("Write why this ruling differs."))


@transaction.atomic
def reopen_item(line: AgendaItem, *, why: str, by: By) -> AgendaItem:
    """The chair has an item of an open sitting voted on again; what was counted and sealed stays beside it.

    The votes stand as cast and may be changed. Raises Refused: not in the chair, not counted, no reason.
    """
    lookup.locked(case_of(line))
    line = lock_line(line)
    access.require(by.user, "reopen_item")
    assert by.user is not None  # `require` never lets the system reopen
    require_presiding(line, by)
    lifecycle.guard_reopening(line, by.user)
    require_open(line)
    why = required_text(why, _("Give the reason why the item is voted on again."))
    assert line.counted_at is not None  # guarded
    Reopening.objects.create(
        agenda_item=line,
        ruling=line.minutes["ruling"],
        reason=line.reason,
        departure=line.departure,
        minutes=line.minutes,
        counted_at=line.counted_at,
        sealed_at=line.closed_at,
        why=why,
        reopened_at=by.at,
        reopened_by=by.user,
    )
    lifecycle.reopen_item(line, why=why, by=by)
    return line


def require_presiding(line: AgendaItem, by: By) -> None:
    """The chair; where the chair is absent or recused from the item, the deputy. Raises Refused."""
    if by.user is None or not presides(by.user, line.sitting, local_day(by.at), line):
        raise Refused(
            "not_in_the_chair",
            _(
                "Item %(item)s: this is done by the chair, or by the deputy where the chair takes no "
                "part. Turn to them."
            ),
            item=line.position,
        )


def take_effect(line: AgendaItem, *, by: By) -> bool:
    """I-13: a sealed ruling goes on record of its question or row, and what follows follows; False where that
    was closed elsewhere meanwhile. The caller holds the locks of the case and the sitting."""
    case = lookup.locked(case_of(line))
    if line.item_id is None:
        if not waits_for_ruling(case):
            return False
        params = lookup.parameters_of(case)
        high = line.ruling == Vote.Choice.TEN
        points = params.rating_points_high if high else params.rating_points_low
        row_ruling()(case, points=points, reason=line.reason, by=by)
        return True
    item = (
        AppealItem.objects.select_for_update(of=("self",))
        .select_related("appeal", "ruled_by")
        .get(pk=line.item_id)
    )
    if item.is_closed:
        return False
    item.appeal.attestation = case
    where = {"sitting": line.sitting.full, "agenda_item": line.pk}
    apply_rulings(Ruled(item, line.ruling, line.reason, where), by=by)
    return True
