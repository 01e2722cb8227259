"""¶8, I-10, I-30: the testing stage of a cycle is moved, by an act with a reason, its deadlines with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from attestation import access, journal, lookup
from attestation.by import By
from attestation.cases.cycles import require_stage
from attestation.cases.reattestation import still_repeats
from attestation.deadlines.changes import Outcome, apply_recount, check_named
from attestation.deadlines.counting import (
    Moved,
    lock_open_deadlines,
    only_moved,
    open_deadlines,
    scoring_counted,
)
from attestation.labels import CATEGORIES
from attestation.law.calendar import day_close, local_day
from attestation.law.vocabulary import Category, Purpose
from attestation.models import Attestation, Cycle, Deadline, Result, RuleSet, Status, TermChange, User
from attestation.refusals import Refused

# The old last day is a part of these: data were read up to it (I-06), and decisions keep it.
ASSESSED = (Status.SCORED, Status.PROVISIONAL, Status.FINAL)


@dataclass(frozen=True, slots=True)
class Stage:
    """The first and the last day of a testing stage."""

    starts: date
    ends: date


def stage_of(cycle: Cycle) -> Stage:
    """The stage as it stands."""
    return Stage(cycle.testing_starts, cycle.testing_ends)


def moved_by_stage(cycle: Cycle, wanted: Stage, *, now: datetime) -> list[Moved]:
    """The open scoring deadlines that the move would lengthen or shorten; writes nothing. Raises Refused."""
    check_stage(cycle, wanted, now=now)
    return only_moved(_counted_from(wanted.ends, open_deadlines(_scoring_deadlines(cycle))))


@transaction.atomic
def move_stage(
    cycle: Cycle,
    wanted: Stage,
    *,
    reason: str,
    by: By,
    propose_to: User | None = None,
) -> Outcome:
    """I-10: the stage's days are others from now; open scoring deadlines counted from its end move with it.

    A stage that ended goes on where its new end lies ahead, as long as no assessment and no
    decision stands on the old one, and what its end fixed of the cases would be the same on the new one.
    Raises Refused or NotInForce and changes nothing.
    """
    cycle = Cycle.objects.select_for_update(of=("self",)).select_related("center").get(pk=cycle.pk)
    access.require(by.user, "move_stage", cycle.center)
    if not reason.strip():
        raise Refused("reason_missing", _("Give the reason for moving the testing stage."))
    cases = Attestation.objects.filter(cycle=cycle).order_by("pk")
    list(cases.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))
    check_stage(cycle, wanted, now=by.at)
    check_named(propose_to)
    deadlines = lock_open_deadlines(_scoring_deadlines(cycle))
    _set_stage(cycle, wanted, reason.strip(), by)
    return apply_recount(
        _counted_from(wanted.ends, deadlines),
        lookup.work_calendar(wanted.ends),
        cause=TermChange.Cause.STAGE,
        by=by,
        propose_to=propose_to,
        reason=reason.strip(),
    )


def _set_stage(cycle: Cycle, wanted: Stage, reason: str, by: By) -> None:
    was = stage_of(cycle)
    cycle.testing_starts, cycle.testing_ends = wanted.starts, wanted.ends
    cycle.set_stage_close()
    if cycle.stage_closes_at > by.at:
        cycle.stage_ended_at = None
    cycle.save(update_fields=["testing_starts", "testing_ends", "stage_closes_at", "stage_ended_at"])
    data = {
        "was": [was.starts, was.ends],
        "testing_starts": wanted.starts,
        "testing_ends": wanted.ends,
        "reason": reason,
    }
    journal.record("move_stage", by=by, subject=cycle.code, data=data)


def _scoring_deadlines(cycle: Cycle) -> Q:
    """Open scoring deadlines counted from the stage's end, and not from a ruling on an appeal (I-12)."""
    return Q(
        state=Deadline.State.OPEN,
        kind=Deadline.Kind.SCORING,
        attestation__cycle=cycle,
        days__0=(cycle.testing_ends + timedelta(days=1)).isoformat(),
    )


def _counted_from(ends: date, deadlines: Sequence[Deadline]) -> list[Moved]:
    calendar = lookup.work_calendar()
    return [Moved(deadline, scoring_counted(deadline, ends, calendar)) for deadline in deadlines]


def check_stage(cycle: Cycle, wanted: Stage, *, now: datetime) -> None:
    """Refuse days that the stage can't have any more. Raises Refused, NotInForce (I-21)."""
    today = local_day(now)
    if wanted == stage_of(cycle):
        raise Refused("stage_unmoved", _("The testing stage has these days already. Choose other days."))
    require_stage(wanted.starts, wanted.ends)
    if wanted.starts != cycle.testing_starts:
        _check_start(cycle, wanted, today)
    if wanted.ends != cycle.testing_ends:
        _check_end(cycle, wanted, today)
    _check_tests(cycle, wanted)


def _check_start(cycle: Cycle, wanted: Stage, today: date) -> None:
    if cycle.testing_has_begun(today):
        raise Refused(
            "testing_has_begun_already",
            _("The testing stage began on %(day)s: only its last day can be moved now."),
            cite="I-30",
            day=f"{cycle.testing_starts:%d.%m.%Y}",
        )
    if wanted.starts <= today:
        raise Refused(
            "stage_in_the_past",
            _(
                "The testing stage can begin tomorrow at the earliest (%(day)s is not a day to come). "
                "Choose a later day."
            ),
            day=f"{wanted.starts:%d.%m.%Y}",
        )


def _check_end(cycle: Cycle, wanted: Stage, today: date) -> None:
    if wanted.ends < today:
        raise Refused(
            "stage_in_the_past",
            _("The testing stage can't end on a day that is over (%(day)s). Choose a day still to come."),
            day=f"{wanted.ends:%d.%m.%Y}",
        )
    rule_set = RuleSet.objects.in_force_on(wanted.ends)
    pinned = Attestation.objects.filter(cycle=cycle, rule_set__isnull=False)
    if pinned.exclude(rule_set=rule_set).exists():
        raise Refused(
            "pinned_elsewhere",
            _(
                "On %(day)s another rule set is in force than the one the cases are decided by. Choose a "
                "day on which it is the same."
            ),
            cite="I-21",
            day=f"{wanted.ends:%d.%m.%Y}",
        )
    if pinned.filter(status__in=ASSESSED).exists():
        raise Refused(
            "assessed_already",
            _("The testing stage ended, and its last day stands in decisions: it can't be moved any more."),
            cite="I-06",
        )
    _check_pinned(pinned.exclude(status=Status.CLOSED), wanted.ends)


def _check_pinned(pinned: QuerySet[Attestation], ends: date) -> None:
    """I-21, I-25: what the end of the stage fixed of each case would be the same on the new last day."""
    found = pinned.select_related("employee", "repeats").prefetch_related("employee__category_terms")
    for case in found.order_by("pk"):
        existing = case.employee.category_on(ends)
        if case.purpose == Purpose.CATEGORY and existing != case.existing:
            raise Refused(
                "another_category_then",
                _(
                    "Case %(case)s: the existing category was fixed as “%(was)s” when the testing stage "
                    "ended, and on %(day)s it is “%(then)s”. Choose a last day on which it is the same, or "
                    "leave the stage as it is."
                ),
                cite="I-21",
                case=case.case_no,
                was=CATEGORIES[Category(case.existing)],
                then=CATEGORIES[existing],
                day=f"{ends:%d.%m.%Y}",
            )
        _check_repeat(case)


def _check_repeat(case: Attestation) -> None:
    pinned = case.repeat
    # As it was listed: the end of the stage takes the mark off where the duty was gone by then.
    case.repeat = pinned or case.repeats_id is not None
    if still_repeats(case) == pinned:
        return
    message = (
        _(
            "Case %(case)s was fixed as a re-attestation when the testing stage ended, and the duty of "
            "re-attestation is gone since. Leave the stage as it is, and put those who missed it on the list "
            "of a later cycle."
        )
        if pinned
        else _(
            "Case %(case)s was fixed as no re-attestation when the testing stage ended, and the duty of "
            "re-attestation stands again since. Leave the stage as it is, and put those who missed it on the "
            "list of a later cycle."
        )
    )
    raise Refused("another_repeat_then", message, cite="I-25", case=case.case_no)


def _check_tests(cycle: Cycle, wanted: Stage) -> None:
    """Tests that were taken stay within the stage."""
    taken = Result.objects.current().filter(attestation__cycle=cycle).order_by("finished_at")
    first, last = taken.first(), taken.last()
    if first is None or last is None:
        return
    if local_day(first.finished_at) < wanted.starts or last.finished_at >= day_close(wanted.ends):
        raise Refused(
            "tests_outside",
            _("Tests on record were taken from %(first)s to %(last)s: the stage has to contain these days."),
            first=f"{local_day(first.finished_at):%d.%m.%Y}",
            last=f"{local_day(last.finished_at):%d.%m.%Y}",
        )
