"""Several services at once by honcho: their lines in a log, stopped together. `scripts.keep` keeps each."""

import contextlib
import os
import shlex
import signal
import sys
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

import honcho.manager
from honcho.printer import Message, Printer

from scripts.keep import STOP_WITHIN_S, STOPPED

TOLD_TO_STOP = (128 + signal.SIGINT, 128 + signal.SIGTERM)
BESIDE = "run"
LAST_LINES = 10


class LogAndTerminal(Printer):
    """Every line goes to the log; a terminal or a disk that is gone is no reason to fail."""

    def __init__(self, log: TextIO) -> None:
        super().__init__(log, colour=False)
        self.last: defaultdict[str, deque[str]] = defaultdict(lambda: deque(maxlen=LAST_LINES))

    def write(self, message: Message) -> None:
        """One message, each of its lines under the name; some of it to the terminal too."""
        with contextlib.suppress(OSError, ValueError):
            super().write(message)
        with contextlib.suppress(OSError, ValueError):
            self._tell(message.name, _text(message.data).rstrip("\n"))

    def _tell(self, name: str, line: str) -> None:
        """What `beside` says; that a service died, with its last lines."""
        if name == BESIDE:
            print(line, flush=True)
            return
        self.last[name].append(line)
        if line.startswith(STOPPED):
            print(*(f"{name} | {one}" for one in self.last.pop(name)), sep="\n", flush=True)


def _text(data: str | bytes) -> str:
    return data.decode("utf-8", "replace") if isinstance(data, bytes) else data


def run_together(
    kept: Mapping[str, Sequence[str]], beside: Sequence[str], env: Mapping[str, str], folder: Path, log: Path
) -> int:
    """Until told to stop (Ctrl-C, `kill`, a closed terminal; gives 0), or `beside` ends: its exit status."""
    signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    honcho.manager.KILL_WAIT = STOP_WITHIN_S + 2  # by then `keep` has killed what does not stop
    run = str(os.getpid())
    commands = {name: [sys.executable, "-m", "scripts.keep", run, *command] for name, command in kept.items()}
    lines = open(log, "a", encoding="utf-8")  # noqa: SIM115  closed below, where a full disk is no failure
    manager = honcho.manager.Manager(LogAndTerminal(lines))
    for name, command in (commands | {BESIDE: [*beside, run]}).items():
        manager.add_process(name, f"exec {shlex.join(command)}", env=dict(env), cwd=folder)
    try:
        manager.loop()
    except KeyError:  # told to stop before honcho heard of every start: `keep` sees that we are gone
        os._exit(0)
    with contextlib.suppress(OSError):
        lines.close()
    return 0 if manager.returncode in TOLD_TO_STOP else int(manager.returncode)
