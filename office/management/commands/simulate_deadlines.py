"""`manage.py simulate_deadlines`: deadlines on JSON Lines, by the product's own rules, without a database."""

from __future__ import annotations

from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from office.simulate.answers import DEADLINE_KEYS, DaysMoved, answer_deadline, read_days_moved
from office.simulate.command import SimulateCommand
from office.simulate.json_lines import BOM, LineError, read_object


class Command(SimulateCommand):
    """¶21, ¶28-1, ¶27.2, ¶7: one deadline for each line."""

    help = "Read events as JSON Lines on standard input and write the deadline of each; no database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days-off",
            metavar="FILE",
            help='days moved by decree, a JSON object: {"off": ["2026-05-08"], "working": ["2026-05-16"]}',
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["days_off"]
        moved = DaysMoved() if path is None else days_moved(Path(path))
        self.simulate(partial(answer_deadline, moved=moved), DEADLINE_KEYS)


def days_moved(path: Path) -> DaysMoved:
    """I-09: the days of a `--days-off` file. Raises CommandError naming the file and what is wrong."""
    try:
        return read_days_moved(read_object(path.read_bytes().removeprefix(BOM)))
    except (OSError, LineError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CommandError(f"--days-off {path}: {reason}") from error
