"""F-R8: who takes no part in an item, by rule or by own statement. Ours, not the order's."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from appeals import rules
from appeals.models import (
    AgendaItem,
    AppealItem,
    Commission,
    CommissionRules,
    Membership,
    Recusal,
    Sitting,
)
from appeals.services.commission import VOTING_SEATS, members_in_office, voting_members
from appeals.services.lines import case_of, hand_over, lock_line, lock_sitting, pass_to_central
from attestation import access, journal, lookup
from attestation.by import By
from attestation.law.calendar import local_day
from attestation.models import Attestation, Role, User
from attestation.refusals import Refused
from attestation.texts import required_text
from attestation.work import each

Ground = Recusal.Ground


def background(user: User) -> rules.MemberBackground:
    """What is on record of a member: the staff record, the centres where it was attested, an officer's post.

    Somebody who changed the centre is known to have worked in the former one until the testing stage of the
    last attestation there.
    """
    officer = {user.center} if user.role == Role.HR and user.center is not None else set()
    serves = {center.pk for center in officer} | {
        below.pk for center in officer for below in center.career_centers.all()
    }
    employee = user.employee
    if employee is None:
        return rules.MemberBackground(None, frozenset(serves))
    worked = [rules.Worked(employee.center_id, employee.left_on)]
    worked += [
        rules.Worked(center_id, until)
        for center_id, until in Attestation.objects.filter(employee=employee)
        .exclude(center_id=employee.center_id)
        .values_list("center_id", "cycle__testing_ends")
    ]
    return rules.MemberBackground(employee.pk, frozenset(serves), tuple(worked))


def ground_for(user: User, case: Attestation, day: date) -> str | None:
    """F-R8: why the rule keeps the user out of this case; None where it does not."""
    months = CommissionRules.objects.in_force_on(day).recusal_months
    return ground_by(background(user), case, day, months)


def ground_by(known: rules.MemberBackground, case: Attestation, day: date, months: int) -> str | None:
    """`ground_for` somebody of whom this is known."""
    # The case keeps its centre as it stood; the appellant may work in another one by now.
    centers = {case.center_id, case.employee.center_id}
    return rules.recusal_reason(known, case.employee_id, centers, day, months)


def recused_users(line: AgendaItem) -> set[int]:
    """The accounts that are recused from what is on this line, as recorded."""
    found = (
        Recusal.objects.filter(item=line.item)
        if line.item_id
        else Recusal.objects.filter(attestation=line.attestation)
    )
    return set(found.values_list("user_id", flat=True))


def is_recused(user: User, line: AgendaItem, day: date) -> bool:
    """Whether the user takes no part in the item: by what is recorded, or by the rule as things stand."""
    return user.pk in recused_users(line) or ground_for(user, case_of(line), day) is not None


def record_automatic(line: AgendaItem, *, now: datetime) -> list[Recusal]:
    """Put on record whom the rule keeps out of the item, of those who vote. The caller locked the case."""
    case, day, known = case_of(line), local_day(now), recused_users(line)
    made = []
    for member in _voters(line.sitting, day):
        ground = None if member.user_id in known else ground_for(member.user, case, day)
        if ground is not None:
            made.append(_record(member.user, line, ground, "", by=By(None, now)))
    return made


def settle_quorum(line: AgendaItem, *, by: By) -> bool:
    """Record the automatic recusals; True where they leave the item with this commission.

    What recusals leave without a possible quorum passes to the central commission; there it can only wait.
    """
    record_automatic(line, now=by.at)
    rule = CommissionRules.objects.in_force_on(local_day(by.at)).quorum
    if rules.possible(members_of(line, now=by.at), rule) or line.sitting.commission.center_id is None:
        return True
    moved = pass_to_central(line, by=by)
    if moved is not None:
        record_automatic(moved, now=by.at)
    return False


def leaves_quorum(commission: Commission, case: Attestation, item: AppealItem | None, day: date) -> bool:
    """Whether anybody of the commission is left to rule on the case: in office, and not recused."""
    stated: set[int] = set()
    if item is not None:
        stated = set(item.recusals.values_list("user_id", flat=True))
    members = [
        rules.MemberFact(
            member.pk,
            present=True,
            recused=member.user_id in stated or ground_for(member.user, case, day) is not None,
        )
        for member in voting_members(commission, day)
    ]
    return rules.possible(members, CommissionRules.objects.in_force_on(day).quorum)


def pass_on_due(*, now: datetime) -> int:
    """F-R8: questions before a commission in which nobody is left to rule go to the central one, by
    themselves: also those on no agenda, and where all members were released. How many went."""
    waiting = AppealItem.objects.unclosed().filter(commission__center__isnull=False)
    # The case is locked before the question, as by every act of a person on it.
    return each(waiting, _pass_on, now=now, act="pass_to_central", claim=False)


def _pass_on(item: AppealItem, now: datetime) -> bool:
    if _somebody_rules(item, now):
        return False
    case = lookup.locked(item.appeal.attestation)
    item = AppealItem.objects.select_related("appeal__attestation", "commission").get(pk=item.pk)
    if item.is_closed or _somebody_rules(item, now):
        return False
    line = AgendaItem.objects.pending().filter(item=item).first()
    if line is not None:
        pass_to_central(lock_line(line), by=By(None, now))
    else:
        hand_over(item, None, case, by=By(None, now))
    return True


def _somebody_rules(item: AppealItem, now: datetime) -> bool:
    """The central commission can only wait; another keeps what it can rule on or has in an open sitting."""
    if item.commission is None or item.commission.center_id is None:
        return True
    if item.agenda_items.standing().filter(sitting__state=Sitting.State.OPEN).exists():
        return True
    return leaves_quorum(item.commission, item.appeal.attestation, item, local_day(now))


# A member, the seat, and whether they are there (None: not marked yet).
Seated = tuple[Membership, str, bool | None]


def composition_of(sitting: Sitting, day: date) -> list[Seated]:
    """Who sits, in which seat, and who is there: as fixed at the opening; before it, those in office on the
    day."""
    if sitting.state == Sitting.State.PLANNED:
        return [(member, member.seat, None) for member in members_in_office(sitting.commission, day)]
    rows = sitting.attendance.composition().order_by("membership")
    return [(row.membership, row.seat, row.present) for row in rows]


def _voters(sitting: Sitting, day: date) -> list[Membership]:
    return [member for member, seat, _here in composition_of(sitting, day) if seat in VOTING_SEATS]


def members_of(line: AgendaItem, *, now: datetime) -> list[rules.MemberFact]:
    """Those who vote, with their presence and recusals, for the pure rules; ids are memberships."""
    return members_at(line.sitting, local_day(now), recused_users(line))


def members_at(sitting: Sitting, day: date, recused: Collection[int] = frozenset()) -> list[rules.MemberFact]:
    """Those who vote in the sitting, with their presence; `recused` are the accounts that take no part."""
    return facts_of(composition_of(sitting, day), recused)


def facts_of(composition: Iterable[Seated], recused: Collection[int] = frozenset()) -> list[rules.MemberFact]:
    """Those of a composition who vote, for the pure rules."""
    return [
        rules.MemberFact(member.pk, present=bool(here), recused=member.user_id in recused, seat=seat)
        for member, seat, here in composition
        if seat in VOTING_SEATS
    ]


def presides(user: User, sitting: Sitting, day: date, line: AgendaItem | None = None) -> bool:
    """I-12: whether the user is in the chair of the sitting now; with `line`, of that item, from which the
    chair may be recused."""
    if line is not None:
        chair = rules.presiding(members_at(sitting, day, recused_users(line)))
    else:
        chair = rules.in_the_chair(members_at(sitting, day))
    return chair is not None and Membership.objects.filter(pk=chair.id, user=user).exists()


def _record(user: User, line: AgendaItem, ground: str, reason: str, *, by: By) -> Recusal:
    recusal = Recusal.objects.create(
        user=user,
        item=line.item,
        attestation=line.attestation,
        automatic=ground != Ground.STATEMENT,
        ground=ground,
        reason=reason,
        at=by.at,
    )
    journal.record(
        "recuse",
        by=by,
        attestation=case_of(line),
        data={"member": user.username, "ground": ground, "why": reason, "agenda_item": line.pk},
    )
    return recusal


@transaction.atomic
def recuse(case: Attestation, *, reason: str, by: By) -> list[Recusal]:
    """The member's own statement: no part in anything of this person that waits on an agenda.

    The names are shown before the items, so that a statement is on a person and not on a question. A vote
    cast before counts no more; of what is counted nothing changes. Raises Refused: no seat, nothing that
    waits, all of it counted, no reason.
    """
    case = lookup.locked(case)
    access.require(by.user, "vote")
    assert by.user is not None  # `require` never lets the system vote
    reason = required_text(reason, _("Give the reason why you take no part."))
    waiting = [line for line in pending_lines(case) if _votes_in(by.user, line, by.at)]
    if not waiting:
        raise Refused(
            "nothing_to_recuse_from",
            _(
                "Nothing of this person waits on an agenda of your commission, so there is nothing to recuse "
                "from."
            ),
        )
    if all(line.counted_at is not None for line in waiting):
        raise Refused(
            "counted_already",
            _(
                "The votes on this person's items are counted: a recusal is stated before that. Tell the "
                "chair, who may reopen an item."
            ),
        )
    made = []
    for line in waiting:
        lock_sitting(line.sitting)
        line = lock_line(line)
        if line.outcome or line.counted_at is not None or by.user.pk in recused_users(line):
            continue
        made.append(_record(by.user, line, Ground.STATEMENT, reason, by=by))
        settle_quorum(line, by=by)
    return made


def pending_lines(case: Attestation) -> list[AgendaItem]:
    """What of the case is on an agenda and not closed."""
    items = AppealItem.objects.filter(appeal__attestation=case)
    found = AgendaItem.objects.pending().select_related("sitting__commission__center")
    return [*found.filter(item__in=items).order_by("pk"), *found.filter(attestation=case)]


def _votes_in(user: User, line: AgendaItem, now: datetime) -> bool:
    return any(member.user_id == user.pk for member in _voters(line.sitting, local_day(now)))
