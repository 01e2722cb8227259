"""Runs a `simulate_*` command as a stranger would: its own process, no environment at all, JSON Lines.

That costs two seconds a process: what is no matter of the process itself is asked of the command `here`.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from django.core.management import load_command_class

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


def here(command: str, lines: bytes, *options: str) -> Ran:
    """The same command line, parsed and carried out as manage.py does it, in this process."""
    out, err, status = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO(), 0
    with (
        redirect_stdout(out),
        redirect_stderr(err),
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines))),
        mock.patch("django.core.management.base.connections"),
    ):
        try:
            load_command_class("office", command).run_from_argv(["manage.py", command, *options])
        except SystemExit as leaving:
            status = int(leaving.code or 0)
        out.flush()
    written = out.buffer.getvalue()  # type: ignore[attr-defined]  # the BytesIO of above
    assert written == b"" or written.endswith(b"\n")
    return Ran(status, [json.loads(line) for line in written.splitlines()], err.getvalue())


def lines_of(objects: list[Any]) -> bytes:
    """One object a line."""
    return "".join(json.dumps(given) + "\n" for given in objects).encode()
