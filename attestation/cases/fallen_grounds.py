"""I-32: what becomes of a case whose ground fell: it stands, or it is formed anew on the changed facts."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from attestation import access, journal, lookup
from attestation.by import By
from attestation.cases.decisions import rescind_decision
from attestation.cases.finality import reopen
from attestation.cases.grounds import changed_facts, has_fallen_ground
from attestation.cases.lifecycle import count_appeal
from attestation.cases.positions import owe
from attestation.cases.reattestation import repeats_alike, still_repeats
from attestation.law.vocabulary import Category, Consequence, Purpose, rank
from attestation.models import Attestation, GroundMark, Status
from attestation.models import Consequence as ConsequenceRow
from attestation.reason_words import coded
from attestation.refusals import Refused
from attestation.texts import required_text
from attestation.work import each

State, Why = ConsequenceRow.State, ConsequenceRow.Why
Outcome, Cause = GroundMark.Outcome, GroundMark.Cause
GROUND_CHANGED = coded("ground_changed")


@transaction.atomic
def settle_ground(attestation: Attestation, *, outcome: str, reason: str, by: By) -> Attestation:
    """I-32: decide what becomes of a case whose ground was annulled, or that the revised readings would not
    carry; all its marks are settled by it.

    Raises Refused: nothing fell, an earlier case is still being decided, an unknown outcome, no reason, a
    closed case that is to be formed anew.
    """
    attestation = lookup.locked(attestation)
    access.require(by.user, "settle_ground", attestation.center, attestation.employee)
    marks = list(GroundMark.objects.unsettled().filter(attestation=attestation).select_related("earlier"))
    if not marks:
        raise Refused(
            "no_ground_fell",
            _("Case %(case)s: none of its grounds fell; there is nothing to settle."),
            cite="I-32",
            case=attestation.case_no,
        )
    if outcome not in Outcome.values:
        raise Refused("unknown_outcome", _("Say whether the case stands or is formed anew."))
    if outcome == Outcome.ANEW and attestation.status == Status.CLOSED:
        raise Refused(
            "closed_can_only_stand",
            _("Case %(case)s is closed: no decision can be formed, so it can only stand."),
            cite="I-32",
            case=attestation.case_no,
        )
    text = required_text(reason, _("Give the reason why the case stands, or is formed anew."))
    require_decided(attestation)
    if outcome == Outcome.ANEW and _existing_now(attestation) is None:
        raise Refused(
            "declared_below_existing",
            _("Case %(case)s: the category held then is above the declared one now, so it can only stand."),
            cite="I-18",
            case=attestation.case_no,
        )
    for mark in marks:
        _settle(mark, outcome, text, by=by)
    _carry_out(attestation, outcome, by=by)
    return attestation


def may_be_anew(attestation: Attestation) -> bool:
    """I-18, I-32: whether it can be formed anew: not closed, nor declared below the category held then."""
    return attestation.status != Status.CLOSED and _existing_now(attestation) is not None


def require_decided(attestation: Attestation) -> None:
    """I-32: no case it rests on is being decided anew. Raises Refused."""
    marks = sorted(attestation.ground_marks.all(), key=lambda mark: mark.pk)
    undecided = [
        mark.earlier
        for mark in marks
        if (mark.settled_at, mark.cause) == (None, Cause.REOPENED)
        if mark.earlier is not None and mark.earlier.status != Status.FINAL
    ]
    if undecided:
        raise Refused(
            "ground_undecided",
            _("Case %(case)s rests on case %(earlier)s, which is decided anew. Wait for that decision."),
            cite="I-32",
            case=attestation.case_no,
            earlier=undecided[0].case_no,
        )


def settle_grounds(*, now: datetime) -> int:
    """I-32: once the earlier case is final again, the later one is formed anew where its facts moved."""
    return each(_decided_again(), _settle_one, now=now, act="settle_ground")


def _decided_again() -> QuerySet[GroundMark]:
    return GroundMark.objects.unsettled().filter(cause=Cause.REOPENED, earlier__status=Status.FINAL)


def _settle_one(mark: GroundMark, now: datetime) -> bool:
    case = lookup.locked(Attestation(pk=mark.attestation_id))
    mark.refresh_from_db()
    if mark.settled_at is not None:
        return False
    changed = case.rule_set_id is not None and bool(changed_facts(case))
    if changed and _existing_now(case) is None:
        return False
    outcome = Outcome.ANEW if changed else Outcome.STANDS
    _settle(mark, outcome, "", by=By(None, now))
    # What the revised readings would not carry waits for a person; what it suspended stays suspended.
    unsettled = GroundMark.objects.unsettled().filter(attestation=case)
    if not unsettled.exclude(cause=Cause.REVISED).exists():
        _carry_out(case, outcome, by=By(None, now))
    return True


def _existing_now(case: Attestation) -> str | None:
    """I-17: the existing category by what stands on record now; None where it is above the declared one."""
    if case.purpose != Purpose.CATEGORY or case.rule_set_id is None:
        return case.existing
    found = case.employee.category_on(case.cycle.testing_ends)
    return None if rank(found) > rank(Category(case.declared)) else found.value


def _settle(mark: GroundMark, outcome: str, reason: str, *, by: By) -> None:
    mark.outcome, mark.reason, mark.settled_by, mark.settled_at = outcome, reason, by.user, by.at
    mark.save(update_fields=["outcome", "reason", "settled_by", "settled_at"])
    data = {"mark": mark.pk, "outcome": outcome, "why": reason}
    journal.record("settle_ground", by=by, attestation=mark.attestation, data=data)


def _carry_out(case: Attestation, outcome: str, *, by: By) -> None:
    if outcome == Outcome.STANDS:
        _stand(case, now=by.at)
        return
    if case.status == Status.FINAL:
        reopen(case, by=by, reason=GROUND_CHANGED, cause="ground")
        case = lookup.locked(case)
    case.repeat = still_repeats(case) and repeats_alike(case)
    case.existing = _existing_now(case) or case.existing
    case.save(update_fields=["repeat", "existing"])
    # The sweep assesses and decides it by the changed facts, dated by this day at the earliest (I-28).
    rescind_decision(case, reason=GROUND_CHANGED, by=by)
    count_appeal(case, change=0, closed_at=by.at)


def _stand(case: Attestation, *, now: datetime) -> None:
    """I-32: what was suspended goes on; a duty with its own day."""
    suspended = ConsequenceRow.objects.filter(attestation=case, state=State.SUSPENDED, why=Why.GROUND)
    if has_fallen_ground(case):
        suspended = suspended.exclude(kind=Consequence.DISMISSAL)
    for row in suspended:
        row.state, row.why = State.OPEN, ""
        row.save(update_fields=["state", "why"])
        if row.due_on is not None:
            owe(row, case, now)
