"""What runs inside the product's own settings: the quiet run to compare with, and what a database holds.

`python -m tests.faults.storm_child steps FILE | alone FILE | snapshot`; tests/faults/storm.py calls it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import django

from tests.faults.storm_watch import swept

MOST_SWEEPS = 9


def take(step: dict[str, Any]) -> None:
    """One command at its moment; anything but success is an error."""
    import io

    from django.core.management import CommandError, call_command

    with mock.patch.object(sys, "stdin", io.StringIO(step["stdin"])):
        try:
            call_command(step["name"], *step["arguments"], "--at", step["at"], stdout=io.StringIO())
        except CommandError as error:
            raise SystemExit(f"{step['name']} {step['arguments']} at {step['at']}: {error}") from error


def alone(plan: dict[str, Any]) -> None:
    """One process, never interrupted: at each moment what is due, then each act and what follows of it."""
    clock = Path(os.environ["SIMULATED_CLOCK"])
    for moment, steps in plan["moments"]:
        clock.write_text(moment)
        sweep_until_nothing_is_due()
        for step in steps:
            take(step)
            sweep_until_nothing_is_due()


def sweep_until_nothing_is_due() -> None:
    """As a worker would; a sweep that finds something to do again and again is an error."""
    from attestation.models import JobRun
    from office import tasks

    for _ in range(MOST_SWEEPS):
        tasks.sweep()
        if not swept(JobRun.objects.get(name="sweep").summary).changed:
            return
    raise SystemExit(f"after {MOST_SWEEPS} sweeps at one moment there is still something to do")


def snapshot() -> dict[str, list[str]]:
    """What is on record, without numbers of rows: lists of lines, in order."""
    return {name: sorted(lines()) for name, lines in PARTS.items()}


def _cases() -> list[str]:
    from attestation.models import Attestation, Decision

    found = []
    for case in Attestation.objects.select_related("employee"):
        said = [
            f"{d.state} {d.dated} {d.outcome} {d.category} until {d.category_until} again by {d.reattest_by} "
            f"{d.verdict['cites']} formed {d.formed_at} over {d.superseded_at}"
            for d in Decision.objects.filter(attestation=case).order_by("pk")
        ]
        found.append(f"{case.case_no} {case.employee.iin} {case.status} {said}")
    return found


def _deadlines() -> list[str]:
    from attestation.models import Deadline

    return [
        f"{d.kind} {d.employee.iin} {d.attestation and d.attestation.case_no} {d.days} {d.due_on} {d.state} "
        f"opened {d.opened_at} closed {d.closed_at} by {d.closed_by} next {d.remind_at} after {d.rung}"
        for d in Deadline.objects.select_related("employee", "attestation")
    ]


def _consequences() -> list[str]:
    from attestation.models import Consequence

    return [
        f"{c.attestation.case_no} {c.kind} {c.state} {c.cite} {c.effective_on} {c.due_on} done {c.done_at}"
        for c in Consequence.objects.select_related("attestation")
    ]


def _periods() -> list[str]:
    from attestation.models import CategoryTerm

    return [
        f"{t.employee.iin} {t.category} {t.starts_on} {t.ends_on} of {t.planned_ends_on} {t.suspended_at} "
        f"{t.in_ledger}"
        for t in CategoryTerm.objects.select_related("employee")
    ]


def _notices() -> list[str]:
    from attestation.models import Notice

    rows = Notice.objects.select_related("attestation", "deadline__employee", "user", "employee")
    return [
        f"{n.kind} {n.attestation and n.attestation.case_no} "
        f"{n.deadline and (n.deadline.kind, n.deadline.employee.iin)} {n.rung or None} "
        f"{n.user or (n.employee and n.employee.iin) or n.address} made {n.created_at} "
        f"{n.state} {n.sent_at} {n.last_error}"
        for n in rows
    ]


def _journal() -> list[str]:
    from attestation.models import JournalEntry

    rows = JournalEntry.objects.filter(attestation__isnull=False)
    return [
        f"{act} {case} {at} {who}"
        for act, case, at, who in rows.values_list("act", "attestation__case_no", "at", "actor__username")
    ]


PARTS = {
    "cases": _cases,
    "deadlines": _deadlines,
    "consequences": _consequences,
    "periods": _periods,
    "notices": _notices,
    "journal": _journal,
}


def broken() -> str:
    """What is wrong whatever one compares with."""
    from django.db.models import Q

    from attestation import journal
    from attestation.models import Notice, ReadyEffect, WorkFailure

    waits = Q(in_digest=True, digest=None)  # for the digest of a moment that is still to come
    found = [str(journal.verify() or "")]
    found += [f"failed: {row} {row.error}" for row in WorkFailure.objects.filter(solved_at__isnull=True)]
    found += [f"waits: {row}" for row in ReadyEffect.objects.waiting()]
    found += [f"queued: {row.key}" for row in Notice.objects.filter(state="queued").exclude(waits)]
    return "\n".join(filter(None, found))


def letters() -> list[tuple[str, str]]:
    """Message-ID and address of each letter that the outbox says was sent."""
    from attestation.models import Notice
    from attestation.notices.letters import address_of, message_id

    sent = Notice.objects.filter(sent_at__isnull=False).select_related("user", "employee", "digest")
    return sorted(
        {(message_id(notice.letter_key), address_of(notice)) for notice in sent if address_of(notice)}
    )


def main() -> None:
    """One of the three."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    what = sys.argv[1]
    if what == "snapshot":
        said = {"parts": snapshot(), "broken": broken(), "letters": letters()}
        sys.stdout.write(json.dumps(said, ensure_ascii=False))
        return
    plan = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    if what == "alone":
        alone(plan)
        return
    for step in plan["steps"]:
        if "SIMULATED_CLOCK" in os.environ:
            Path(os.environ["SIMULATED_CLOCK"]).write_text(step["at"])
        take(step)


if __name__ == "__main__":
    main()
