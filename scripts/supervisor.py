"""Several processes in one terminal: lines prefixed, restarted when they die, stopped together."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

STOP_WITHIN_S = 10
LONGEST_PAUSE_S = 30
STEADY_AFTER_S = 60  # a process that lived this long has a clean slate
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)  # loaded here: between fork and exec there is room for one plain call only


def die_with_parent() -> None:
    """In the child, before exec: be told when the supervisor is gone, even by kill -9 (Linux only)."""
    with contextlib.suppress(AttributeError):
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One process: what to run, and how it fares."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_at: float = 0.0
    deaths: int = field(default=0)


class Supervisor:
    """Starts children, keeps them running and stops all of them; nothing outlives it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.children: list[Child] = []
        self.stopping = threading.Event()
        self._print_lock = threading.Lock()
        self._relays: list[threading.Thread] = []

    def say(self, name: str, text: str) -> None:
        """One line under a prefix; a terminal that is gone is no reason to fail."""
        with self._print_lock, contextlib.suppress(OSError, ValueError):
            print(f"[{name}] {text}", flush=True)

    def listen_for_stop(self) -> None:
        """Ctrl-C, `kill` and a closed terminal mean the same: stop everything."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stopping.set())

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> Child:
        """Start a process that is to run for as long as we do."""
        child = Child(name, command, env)
        self.children.append(child)
        self._launch(child)
        return child

    def _launch(self, child: Child) -> None:
        # A session of its own: Ctrl-C in the terminal reaches us alone, and we decide the order.
        process = subprocess.Popen(
            child.command,
            env=child.env,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        child.process, child.started_at = process, time.monotonic()
        relay = threading.Thread(target=self._relay, args=(child.name, process.stdout), daemon=True)
        relay.start()
        self._relays = [*(thread for thread in self._relays if thread.is_alive()), relay]

    def _relay(self, name: str, output: IO[bytes]) -> None:
        with output:
            for line in output:
                self.say(name, line.decode(errors="replace").rstrip())

    def run_step(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> int:
        """Run something that ends, its lines prefixed; gives its exit status, or 130 when we were stopped."""
        child = Child(name, command, env)
        self._launch(child)
        assert child.process is not None
        while child.process.poll() is None:
            if self.stopping.wait(0.1):
                self._end([child])
                return 130
        self._relays[-1].join(1)
        return child.process.returncode

    def watch(self, each_second: Callable[[], None] = lambda: None) -> None:
        """Until told to stop: restart what died, later and later while it keeps dying."""
        while not self.stopping.wait(0.5):
            for child in self.children:
                self._look_after(child)
            each_second()

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is not None:
            status = child.process.poll()
            if status is None:
                return
            kill_group(child.process, signal.SIGKILL)  # what it left behind
            child.process = None
            child.deaths = 1 if now - child.started_at > STEADY_AFTER_S else child.deaths + 1
            pause = min(2 ** (child.deaths - 1), LONGEST_PAUSE_S)
            child.restart_at = now + pause
            self.say("run", f"{child.name} stopped (exit status {status}); starting it again in {pause} s")
        elif now >= child.restart_at:
            self._launch(child)

    def stop_all(self) -> None:
        """Ask everything to stop, the last started first; kill what has not after ten seconds."""
        self._end(list(reversed(self.children)))

    def _end(self, children: Sequence[Child]) -> None:
        running = [child.process for child in children if child.process is not None]
        for process in running:
            kill_group(process, signal.SIGTERM, leader_only=True)
        give_up_at = time.monotonic() + STOP_WITHIN_S
        while time.monotonic() < give_up_at and any(process.poll() is None for process in running):
            time.sleep(0.05)
        for process in running:
            kill_group(process, signal.SIGKILL)
            process.wait()
        for relay in self._relays:
            relay.join(1)  # their last words


def kill_group(process: subprocess.Popen[Any], number: signal.Signals, leader_only: bool = False) -> None:
    """Signal a child (it tells its own workers), or everything in its group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if leader_only:
            process.send_signal(number)
        else:
            os.killpg(process.pid, number)


if __name__ == "__main__":
    sys.exit("This is a module; `make run` uses it.")
