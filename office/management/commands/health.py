"""`manage.py health`: the lines of the health page, for a monitor or a terminal."""

from __future__ import annotations

import sys
from typing import Any

from attestation import clock
from attestation.by import By
from attestation.management.acting import ActingCommand, Report
from office.health.health import lines
from office.health.line import BAD, GOOD, WAIT, Line, worst

EXIT_STATUS = {GOOD: 0, WAIT: 1, BAD: 2}
SHOWN = {GOOD: "   ", WAIT: " ! ", BAD: "!!!"}


class Command(ActingCommand):
    """Only reads. Exit status: 0 well, 1 late or waiting for somebody, 2 not working."""

    help = "How the office stands: exit 0 well, 1 late or waiting for somebody, 2 not working."
    as_user = ""
    changes = False

    def act(self, *, by: By, **options: Any) -> Report:
        found = lines(clock.now())
        self.tone = worst(found)
        data = {"tone": self.tone, "lines": [line.as_data() for line in found]}
        return Report(data, "\n".join(map(_shown, found)))

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        sys.exit(EXIT_STATUS[self.tone])


def _shown(line: Line) -> str:
    todo = f"\n      {line.todo}" if line.todo else ""
    return f"{SHOWN[line.tone]} {line.title}: {line.state}{todo}"
