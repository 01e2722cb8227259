"""`python -m scripts.keep PID COMMAND…`: keeps a service of `make run` going until the run PID ends.

honcho relays the lines and stops all together. Of its own it would end everything with the first service that
dies, signal a service's workers in the middle of a task, and leave all behind when it is killed itself.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

STOP_WITHIN_S = 10
LONGEST_PAUSE_S = 30
STOPPED = "stopped (exit status "
STEADY_AFTER_S = 60  # a service that lived this long has a clean slate
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)  # loaded here: between fork and exec there is room for one plain call only


def die_with_parent() -> None:
    """In the child, before exec: be told when the parent is gone, even by kill -9 (Linux only)."""
    with contextlib.suppress(AttributeError):
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def is_running(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def keep(run: int, command: Sequence[str]) -> None:
    """Start it again, later and later while it keeps dying, until the run is gone or a signal interrupts."""
    deaths = 0
    while True:
        began = time.monotonic()
        # A session of its own: the signal reaches us alone, and the service tells its own workers.
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=die_with_parent
        )
        try:
            while is_running(run) and child.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(1)
        finally:
            end(child)
        if not is_running(run):
            return
        deaths = 1 if time.monotonic() - began > STEADY_AFTER_S else deaths + 1
        pause = min(2 ** (deaths - 1), LONGEST_PAUSE_S)
        print(f"{STOPPED}{child.returncode}); starting it again in {pause} s", flush=True)
        time.sleep(pause)


def end(child: subprocess.Popen[bytes]) -> None:
    """Ask it to stop; kill what has not after ten seconds, and what it left behind."""
    child.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(STOP_WITHIN_S)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        keep(int(sys.argv[1]), sys.argv[2:])
