"""What was not done in time: weekly to the officers, daily to the escalation address of the rule set.

An address gets one letter a day with the numbers of all cases, no names and no IINs; its day is in its key.
That the day was looked at is on record, so that later sweeps don't read all that was ever missed again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from attestation.law.calendar import ALMATY, local_day
from attestation.law.vocabulary import Consequence as ConsequenceKind
from attestation.models import Consequence, Deadline, JobRun, Notice, Status
from attestation.notices.kinds import Kind
from attestation.notices.ladder import MORNING
from attestation.notices.outbox import Recipients, rows_of
from attestation.notices.rule_sets import RuleSets

WEEK = timedelta(days=7)
MOST_LINES = 300
DISMISSAL = "dismissal"
# The day that was looked at, and whom was reported to then, stand in the record of this job. It is older than
# the digests of accounts, which are something else.
JOB = "digests"


class Line(NamedTuple):
    """A duty that was not done: what, in which case, since when, and under which rule set."""

    kind: str
    case_no: str
    day: date
    rule_set_id: int | None


def queue_dismissals(now: datetime) -> int:
    """¶28.1, I-19: "subject to dismissal" on which the employer has put nothing on record, weekly."""
    kind, today = Kind.DISMISSAL_DUE, local_day(now)
    waiting = list(_dismissals(today).select_related("attestation__center", "attestation__employee"))
    if not waiting:
        return 0
    recipients = Recipients(row.attestation.center for row in waiting)
    rows: list[Notice] = []
    for row in waiting:
        rows += rows_of(
            kind,
            recipients.users(kind, row.attestation.center, row.attestation.employee),
            row.attestation.employee,
            key=f"week-{(today - row.effective_on) // WEEK}:{row.pk}",
            now=now,
            attestation=row.attestation,
            context={
                "decision": row.decision_id,
                "dated": row.effective_on.isoformat(),
                "cites": [row.cite],
            },
        )
    return _add(rows)


def _dismissals(today: date) -> QuerySet[Consequence]:
    """Those that have waited for a week or longer."""
    return Consequence.objects.filter(
        kind=ConsequenceKind.DISMISSAL,
        state=Consequence.State.OPEN,
        effective_on__lte=today - WEEK,
    ).order_by("pk")


def queue_escalations(rule_sets: RuleSets, now: datetime) -> int:
    """From 09:00 in Almaty on, the day's letter to each escalation address that something is overdue for.

    Looked at once a day, and again where an address was changed: deadlines are over at midnight, so that what
    an act makes overdue later in the day is in the next day's letter, whether it had one today or not.
    """
    today = local_day(now)
    if not rule_sets.addresses() or now.astimezone(ALMATY).time() < MORNING:
        return 0
    look = {"day": today.isoformat(), "reported_to": rule_sets.reported_to()}
    if JobRun.objects.filter(name=JOB).values_list("summary", flat=True).first() == look:
        return 0
    by_address: dict[str, list[Line]] = {}
    for line in overdue_lines(now):
        by_address.setdefault(rule_sets.address_of(line.rule_set_id), []).append(line)
    # Nobody is told of what neither its rule set nor the one in force has an address for.
    by_address.pop("", None)
    with transaction.atomic():
        queued = _add(
            _letter(address, escalation_key(address, today), lines, now)
            for address, lines in sorted(by_address.items())
        )
        looked = {"summary": look, "started_at": now, "finished_at": now}
        JobRun.objects.update_or_create(name=JOB, defaults=looked)
    return queued


def escalation_key(address: str, day: date) -> str:
    """One letter an address and day; the address itself, which may be long, stands in its own column."""
    return f"{Kind.ESCALATION}:{day}:{hashlib.sha256(address.encode()).hexdigest()[:32]}"


def _letter(address: str, key: str, lines: list[Line], now: datetime) -> Notice:
    ordered = sorted(lines, key=lambda line: (line.day, line.kind, line.case_no))
    return Notice(
        key=key,
        kind=Kind.ESCALATION,
        address=address,
        context={
            "as_of": local_day(now).isoformat(),
            "count": len(ordered),
            "lines": [
                {"kind": line.kind, "case": line.case_no, "day": line.day.isoformat()}
                for line in ordered[:MOST_LINES]
            ],
        },
        created_at=now,
        not_before=now,
    )


def _undone_of_each_kind() -> tuple[Q, ...]:
    """¶27.2, ¶28-1: a duty of each kind that nobody has done; a ruling's is ours."""
    owed = Consequence.objects.filter(
        attestation=OuterRef("attestation"), kind=ConsequenceKind.REATTEST, state=Consequence.State.OPEN
    )
    return (
        Q(Exists(owed), kind=Deadline.Kind.REATTESTATION),
        Q(kind=Deadline.Kind.SCORING, attestation__status__in=(Status.TESTED, Status.HELD)),
        Q(kind=Deadline.Kind.RULING, attestation__open_appeals__gt=0),
    )


def undone() -> Q:
    """¶27.2, ¶28-1: of deadlines past their last day those whose duty nobody has done; a ruling's is ours."""
    reattestation, scoring, ruling = _undone_of_each_kind()
    return reattestation | scoring | ruling


def overdue_lines(now: datetime) -> list[Line]:
    """Duties past their deadline and not done: re-attestation, assessment, ruling, dismissal on record.

    ¶27.2, ¶28-1 and ¶28.1 set them; the deadline of a ruling is ours. Also where a brake keeps it open.
    """
    missed = Deadline.objects.filter(state=Deadline.State.MISSED)
    # Each kind by itself, from the few that are undone: an "or" has the database read all that was missed.
    found = [missed.filter(undone_of_kind) for undone_of_kind in _undone_of_each_kind()]
    found.append(Deadline.objects.open().over(now).filter(undone()))
    columns = ("kind", "attestation__case_no", "due_on", "rule_set")
    lines = [Line(*row) for rows in found for row in rows.order_by().values_list(*columns)]
    waiting = _dismissals(local_day(now)).values_list(
        "attestation__case_no", "effective_on", "attestation__rule_set"
    )
    return lines + [Line(DISMISSAL, *row) for row in waiting]


@transaction.atomic
def _add(rows: Iterable[Notice]) -> int:
    """Insert those whose key is new; one that another run adds meanwhile is its, not ours."""
    by_key = {row.key: row for row in rows}
    for key in Notice.objects.filter(key__in=list(by_key)).values_list("key", flat=True):
        del by_key[key]
    Notice.objects.bulk_create(by_key.values(), ignore_conflicts=True)
    return len(by_key)
