"""F-D2: outages of the system or the Platform: recorded, ended, and settled by an authorised person.

While an outage is not settled, nothing harmful runs by itself on the deadlines it cut into (`safeguards`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from attestation import access, journal, lookup
from attestation.by import By
from attestation.deadlines.changes import follow, lengthen
from attestation.deadlines.ledger import close_deadline, open_deadline
from attestation.deadlines.outage_deadlines import CutDeadline, cut_deadlines, digest, touched_by
from attestation.law.calendar import ALMATY, Due, grace_due, local_day
from attestation.models import (
    Attestation,
    Deadline,
    Outage,
    TermChange,
    User,
    calendar_version,
)
from attestation.notices import outbox
from attestation.refusals import Refused
from attestation.texts import required_text
from attestation.years import ensure_years_from

Kind, State = Deadline.Kind, Deadline.State
OUTAGE = TermChange.Cause.OUTAGE
DOCUMENT_MAX = 200


@dataclass
class Settled:
    """What a settlement did: deadlines made longer, appeal terms opened again, the others left."""

    moved: list[Deadline] = field(default_factory=list)
    reopened: list[Deadline] = field(default_factory=list)
    left: list[Deadline] = field(default_factory=list)


def subject_of(outage: Outage) -> str:
    """How the journal names an outage."""
    return f"outage:{outage.pk}"


@transaction.atomic
def record_outage(
    *,
    began_at: datetime,
    ended_at: datetime | None,
    reason: str,
    document: str = "",
    by: By,
) -> Outage:
    """F-D2: put an outage on record, over or still on; its deadlines wait until somebody settles it.

    Raises Refused: of the future, ended before it began, one that another on record overlaps.
    """
    access.require(by.user, "record_outage")
    what = required_text(reason, _("Say what could not be used, and why."))
    paper = required_text(document, "", limit=DOCUMENT_MAX) if document.strip() else ""
    if began_at > by.at:
        raise Refused(
            "outage_of_the_future",
            _("An outage that begins on %(at)s is still to come. Record it once it has begun."),
            at=_shown(began_at),
        )
    if ended_at is not None:
        _check_end(began_at, ended_at, by.at)
    _check_overlap(began_at, ended_at)
    # The settlement's page only reads: the years that deadlines can reach into are on record before (F-R7).
    ensure_years_from(local_day(by.at))
    outage = Outage.objects.create(
        began_at=began_at,
        ended_at=ended_at,
        reason=what,
        document=paper,
        recorded_at=by.at,
        recorded_by=by.user,
    )
    journal.record(
        "record_outage",
        by=by,
        subject=subject_of(outage),
        data={"began_at": began_at, "ended_at": ended_at, "reason": what, "document": paper},
    )
    return outage


def _check_end(began_at: datetime, ended_at: datetime, now: datetime) -> None:
    if ended_at > now:
        raise Refused(
            "outage_of_the_future",
            _("The end, %(at)s, is still to come. Leave it empty while the outage is on."),
            at=_shown(ended_at),
        )
    if ended_at <= began_at:
        raise Refused(
            "outage_ends_first",
            _("The end, %(end)s, is not after the beginning, %(begin)s. Correct one of them."),
            end=_shown(ended_at),
            begin=_shown(began_at),
        )


def _check_overlap(began_at: datetime, ended_at: datetime | None) -> None:
    """Two records of one outage would have its days made good twice."""
    rest = Q(ended_at__isnull=True) | Q(ended_at__gt=began_at)
    others = Outage.objects.filter(rest).order_by("pk")
    if ended_at is not None:
        others = others.filter(began_at__lt=ended_at)
    other = others.first()
    if other is not None:
        raise Refused(
            "outage_overlaps",
            _("Outage № %(number)s, from %(begin)s, covers a part of this time. Record the rest alone."),
            number=other.pk,
            begin=_shown(other.began_at),
        )


@transaction.atomic
def end_outage(outage: Outage, *, ended_at: datetime, by: By) -> Outage:
    """F-D2: the only correction of a record: when an outage that was still on ended."""
    access.require(by.user, "record_outage")
    outage = _locked(outage)
    if outage.ended_at is not None:
        raise Refused(
            "outage_ended_already",
            _("Outage № %(number)s ended on %(at)s already; what is on record is not changed."),
            number=outage.pk,
            at=_shown(outage.ended_at),
        )
    _check_end(outage.began_at, ended_at, by.at)
    outage.ended_at = ended_at
    outage.save(update_fields=["ended_at"])
    journal.record("end_outage", by=by, subject=subject_of(outage), data={"ended_at": ended_at})
    return outage


@transaction.atomic
def settle_outage(
    outage: Outage,
    *,
    extend: Collection[int],
    seen: str,
    reason: str,
    by: By,
) -> Settled:
    """F-D2: make good, for each deadline in `extend` (keys of rows), the days that the outage touched.

    A running deadline becomes longer; an appeal term that is over is opened again. `seen` is the digest of
    the deadlines as they were shown. None may be chosen, with the reason. Raises Refused: not over, settled
    before, no reason, deadlines that have changed since they were shown, one's own case among them.
    """
    access.require(by.user, "settle_outage")
    outage = _locked(outage)
    _check_settleable(outage)
    why = required_text(reason, _("Give the reason for this settlement, also where no term becomes longer."))
    _lock_deadlines(outage, by.at)
    lines = cut_deadlines(outage, now=by.at)
    _check_choice(lines, extend, seen, by.user)
    outage.settled_at, outage.settled_by, outage.settled_reason = by.at, by.user, why
    outage.save(update_fields=["settled_at", "settled_by", "settled_reason"])
    done = Settled()
    for line in lines:
        if line.counted is None or line.deadline.pk not in extend:
            done.left.append(line.deadline)
        elif line.reopens:
            done.reopened.append(_open_again(line, outage, why, by=by))
        else:
            _make_longer(line, outage, why, by=by)
            done.moved.append(line.deadline)
    journal.record(
        "settle_outage",
        by=by,
        subject=subject_of(outage),
        data={
            "reason": why,
            "moved": [deadline.key for deadline in done.moved],
            "reopened": [deadline.key for deadline in done.reopened],
            "left": [deadline.key for deadline in done.left],
        },
    )
    return done


def _check_settleable(outage: Outage) -> None:
    if outage.settled_at is not None:
        raise Refused(
            "outage_settled",
            _("Outage № %(number)s was settled on %(at)s already."),
            number=outage.pk,
            at=_shown(outage.settled_at),
        )
    if outage.ended_at is None:
        raise Refused(
            "outage_still_on",
            _("Outage № %(number)s is still on. Record its end first; the terms wait until then."),
            number=outage.pk,
        )


def _check_choice(lines: list[CutDeadline], extend: Collection[int], seen: str, actor: User | None) -> None:
    possible = {line.deadline.pk for line in lines if line.counted is not None}
    if seen != digest(lines) or not set(extend) <= possible:
        raise Refused(
            "terms_changed",
            _("The terms have changed since they were shown. Look through them again; nothing was saved."),
        )
    own = [line for line in lines if line.counted and access.is_own(actor, line.deadline.employee)]
    if own:
        case = own[0].deadline.attestation
        raise Refused(
            "own_record",
            _("Case %(case)s is your own: a colleague settles this outage."),
            case=case.case_no if case else "",
        )


def _locked(outage: Outage) -> Outage:
    return Outage.objects.select_for_update(of=("self",)).get(pk=outage.pk)


def _lock_deadlines(outage: Outage, now: datetime) -> None:
    """Cases, then deadlines, by key, ahead of the first journal entry, as every act on a case does."""
    found = Deadline.objects.filter(touched_by(outage, now)).exclude(state=State.VOID)
    cases = set(found.exclude(attestation=None).values_list("attestation_id", flat=True))
    rows = Attestation.objects.filter(pk__in=cases).order_by("pk")
    list(rows.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))
    deadlines = Deadline.objects.filter(attestation__in=cases).order_by("pk")
    list(deadlines.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))


def _make_longer(line: CutDeadline, outage: Outage, why: str, *, by: By) -> None:
    assert line.counted is not None  # the caller asks
    lengthen(line.deadline, line.counted, cause=OUTAGE, by=by, reason=why, outage=outage)
    if line.deadline.kind == Kind.APPEAL:
        follow(line.deadline, cause=OUTAGE, by=by, reason=why)


def _open_again(line: CutDeadline, outage: Outage, why: str, *, by: By) -> Deadline:
    """¶21, I-12: a new appeal term in the place of one that is over, with a grace of its own."""
    old, counted, case = line.deadline, line.counted, line.deadline.attestation
    assert counted is not None  # the plan says so
    assert case is not None  # selected by it
    closed_by = f"outage {outage.pk}"
    _close_what_is_over(old, closed_by, by=by)
    rule_set = lookup.rule_set_of(case)
    appeal_days = Due(old.kind, counted.due_on, counted.days, (old.cite,), ("I-08", "I-09"))
    grace_days = grace_due(counted.due_on, lookup.work_calendar(counted.due_on), rule_set.settings())
    common: dict[str, Any] = {
        "employee": case.employee,
        "attestation": case,
        "counted_from": by.at,
        "now": by.at,
        "rule_set": rule_set,
        "outage": outage,
    }
    deadline = open_deadline(Kind.APPEAL, f"{old.key}:outage:{outage.pk}", appeal_days, **common)
    open_deadline(
        Kind.GRACE, f"{old.followed_by.key}:outage:{outage.pk}", grace_days, follows=deadline, **common
    )
    deadline.replaces = old
    deadline.save(update_fields=["replaces"])
    change = _change(old, deadline, outage, why, by=by)
    _tell(deadline, old, change, by=by)
    return deadline


def _close_what_is_over(old: Deadline, closed_by: str, *, by: By) -> None:
    """An appeal term that was over but not closed yet, and its grace: of a decision final already."""
    for deadline in Deadline.objects.open().filter(Q(pk=old.pk) | Q(follows=old)):
        close_deadline(deadline, State.MET, by=by, closed_by=closed_by)


def _change(old: Deadline, deadline: Deadline, outage: Outage, why: str, *, by: By) -> TermChange:
    return TermChange.objects.create(
        deadline=deadline,
        cause=OUTAGE,
        was_due_on=old.due_on,
        due_on=deadline.due_on,
        days=deadline.days,
        calendar_version=calendar_version((), deadline.due_on),
        outage=outage,
        state=TermChange.State.APPLIED,
        made_at=by.at,
        decided_at=by.at,
        decided_by=by.user,
        reason=why,
    )


def _tell(deadline: Deadline, old: Deadline, change: TermChange, *, by: By) -> None:
    case = deadline.attestation
    assert case is not None  # opened for a case
    journal.record(
        "term_reopened",
        by=by,
        attestation=case,
        subject=deadline.key,
        data={
            "kind": deadline.kind,
            "was_due_on": old.due_on,
            "due_on": deadline.due_on,
            "change": change.pk,
            "outage": change.outage_id,
            "reason": change.reason,
        },
    )
    result = lookup.published_result(case)
    outbox.queue(
        "term_reopened",
        now=by.at,
        key=str(change.pk),
        attestation=case,
        deadline=deadline,
        context={
            "was_due_on": old.due_on.isoformat(),
            "moved_to": deadline.due_on.isoformat(),
            "result": result.pk if result else None,
        },
    )


def _shown(moment: datetime) -> str:
    return f"{moment.astimezone(ALMATY):%d.%m.%Y %H:%M}"
