"""Command lines one after the other, each as manage.py is given it, in one process: two seconds to start."""

import json
from collections.abc import Sequence
from subprocess import CompletedProcess

_EACH = """
import json
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from manage import main
import sys
for command in {commands}:
    out, err, status = StringIO(), StringIO(), 0
    sys.argv = ["manage.py", *command]
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as leaving:
            status = leaving.code
    print(json.dumps([status or 0, out.getvalue(), err.getvalue()]))
"""


def each(*commands: Sequence[str]) -> str:
    """The program that runs them; `answers` reads what it prints."""
    return _EACH.format(commands=commands)


def answers(done: CompletedProcess[str], *commands: Sequence[str]) -> list[CompletedProcess[str]]:
    """What each of them left: exit status, standard output and errors. Fails where one did not come to it."""
    lines = done.stdout.splitlines()
    assert len(lines) == len(commands), done.stderr
    found = zip(commands, map(json.loads, lines), strict=True)
    return [CompletedProcess(command, *answer) for command, answer in found]
