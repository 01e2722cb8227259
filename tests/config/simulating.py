"""Runs a `simulate_*` command as a stranger would: its own process, no environment at all, JSON Lines."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]


class Ran(NamedTuple):
    status: int
    answers: list[dict[str, Any]]
    stderr: str


def run(command: str, lines: bytes, *options: str) -> Ran:
    done = subprocess.run(
        [sys.executable, "manage.py", command, *options],
        input=lines,
        cwd=ROOT,
        env={},
        capture_output=True,
        check=False,
    )
    assert done.stdout == b"" or done.stdout.endswith(b"\n")
    return Ran(done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode())


def run_objects(command: str, objects: list[Any], *options: str) -> Ran:
    return run(command, "".join(json.dumps(given) + "\n" for given in objects).encode(), *options)
