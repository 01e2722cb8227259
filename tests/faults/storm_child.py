"""What runs inside the product's own settings: the quiet run to compare with, and what a database holds.

`python -m tests.faults.storm_child steps FILE | alone FILE | snapshot`; tests/faults/storm.py calls it.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest import mock

import django


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
    """One process, never interrupted: at each tick the acts that are due, then a sweep."""
    from config import tasks

    clock, steps = Path(os.environ["SIMULATED_CLOCK"]), list(plan["steps"])
    for tick in plan["ticks"]:
        clock.write_text(tick)
        while steps and datetime.fromisoformat(steps[0]["at"]) <= datetime.fromisoformat(tick):
            take(steps.pop(0))
        tasks.sweep_now()


def snapshot() -> dict[str, list[str]]:
    """What is on record, without numbers of rows and without when it was done: lists of lines, in order."""
    return {name: sorted(lines()) for name, lines in PARTS.items()}


def _cases() -> list[str]:
    from attestation.models import Attestation, Decision

    found = []
    for case in Attestation.objects.select_related("employee"):
        finals = Decision.objects.filter(attestation=case, state="final").order_by("pk")
        said = [
            f"{d.dated} {d.outcome} {d.category} until {d.category_until} again by {d.reattest_by} "
            f"{d.verdict['cites']}"
            for d in finals
        ]
        found.append(f"{case.case_no} {case.employee.iin} {case.status} {said}")
    return found


def _deadlines() -> list[str]:
    from attestation.models import Deadline

    return [
        f"{d.kind} {d.employee.iin} {d.attestation and d.attestation.case_no} {d.days} {d.due_on} {d.state}"
        for d in Deadline.objects.select_related("employee", "attestation")
    ]


def _consequences() -> list[str]:
    from attestation.models import Consequence

    return [
        f"{c.attestation.case_no} {c.kind} {c.state} {c.cite} {c.effective_on} {c.due_on}"
        for c in Consequence.objects.select_related("attestation")
    ]


def _terms() -> list[str]:
    from attestation.models import CategoryTerm

    return [
        f"{t.employee.iin} {t.category} {t.starts_on} {t.ends_on}"
        for t in CategoryTerm.objects.select_related("employee")
    ]


def _notices() -> list[str]:
    """Sent or superseded is one: it depends on whether a delivery came between two acts of one hour."""
    from attestation.models import Notice

    done = {"sent": "done with", "superseded": "done with"}
    rows = Notice.objects.select_related("attestation", "deadline__employee", "user", "employee")
    return [
        f"{n.kind} {n.attestation and n.attestation.case_no} "
        f"{n.deadline and (n.deadline.kind, n.deadline.employee.iin)} {n.context.get('rung')} "
        f"{n.user or (n.employee and n.employee.iin) or n.address} {done.get(n.state, n.state)}"
        for n in rows
    ]


def _journal() -> list[str]:
    from attestation.models import JournalEntry

    rows = JournalEntry.objects.filter(attestation__isnull=False).values_list("act", "attestation__case_no")
    return [f"{act} {case} {times}" for (act, case), times in Counter(rows).items()]


PARTS = {
    "cases": _cases,
    "deadlines": _deadlines,
    "consequences": _consequences,
    "terms": _terms,
    "notices": _notices,
    "journal": _journal,
}


def broken() -> str:
    """What is wrong whatever one compares with."""
    from attestation import journal
    from attestation.models import Notice, ReadyEffect, WorkFailure

    found = [str(journal.verify() or "")]
    found += [f"failed: {row} {row.error}" for row in WorkFailure.objects.filter(solved_at__isnull=True)]
    found += [f"waits: {row}" for row in ReadyEffect.objects.waiting()]
    found += [f"queued: {row.key}" for row in Notice.objects.filter(state="queued")]
    return "\n".join(filter(None, found))


def letters() -> list[tuple[str, str]]:
    """Message-ID and address of each letter that the outbox says was sent."""
    from attestation.models import Notice
    from attestation.notices.letters import address_of, message_id

    sent = Notice.objects.filter(sent_at__isnull=False).select_related("user", "employee")
    return [(message_id(notice.key), address_of(notice)) for notice in sent if address_of(notice)]


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
