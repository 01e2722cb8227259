"""Several services in one terminal by honcho: lines prefixed, stopped together. `scripts.keep` keeps each."""

import contextlib
import os
import shlex
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import honcho.manager
from honcho.printer import Message, Printer

from scripts.keep import STOP_WITHIN_S

TOLD_TO_STOP = (128 + signal.SIGINT, 128 + signal.SIGTERM)


class Terminal(Printer):
    """Where the lines go; a terminal that is gone is no reason to fail."""

    def write(self, message: Message) -> None:
        """One message, each of its lines under the name."""
        with contextlib.suppress(OSError, ValueError):
            super().write(message)


def run_together(
    kept: Mapping[str, Sequence[str]], beside: Sequence[str], env: Mapping[str, str], folder: Path
) -> int:
    """Until told to stop (Ctrl-C, `kill`, a closed terminal; gives 0), or `beside` ends: its exit status."""
    signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    honcho.manager.KILL_WAIT = STOP_WITHIN_S + 2  # by then `keep` has killed what does not stop
    manager = honcho.manager.Manager(Terminal(sys.stdout))
    run = str(os.getpid())
    commands = {name: [sys.executable, "-m", "scripts.keep", run, *command] for name, command in kept.items()}
    for name, command in (commands | {"run": [*beside, run]}).items():
        manager.add_process(name, f"exec {shlex.join(command)}", env=dict(env), cwd=folder)
    try:
        manager.loop()
    except KeyError:  # told to stop before honcho heard of every start: `keep` sees that we are gone
        os._exit(0)
    return 0 if manager.returncode in TOLD_TO_STOP else int(manager.returncode)
