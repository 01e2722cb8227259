"""One process of the product that can be killed with all below it; and PostgreSQL as one."""

from __future__ import annotations

import contextlib
import os
import pwd
import random
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.keep import die_with_parent
from scripts.servers import bundled_postgres_binaries, init_cluster, postgres_binaries, server_user

ROOT = Path(__file__).resolve().parent.parent.parent
# As PostgreSQL comes: what it acknowledged survives kill -9, and the power going.
DURABLE = ("fsync=on", "full_page_writes=on", "synchronous_commit=on", "max_connections=80", "timezone=UTC")
KEPT = ("PATH", "HOME", "LANG")


def kept_environment() -> dict[str, str]:
    """What a process is told of ours."""
    return {name: os.environ[name] for name in KEPT if name in os.environ}


def children_of(pid: int) -> list[int]:
    """The live children of a process (Linux)."""
    with contextlib.suppress(OSError):
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def family_of(pid: int) -> list[int]:
    """The process and everything below it, the eldest first."""
    found = [pid]
    for child in children_of(pid):
        found += family_of(child)
    return found


def kill(pids: Sequence[int], number: int = signal.SIGKILL) -> None:
    """By id, and never mind those already gone."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


@dataclass
class Service:
    """One process of the product with its children: what to run, and what became of it."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    log: Path
    as_user: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_at: float = 0.0
    wanted: bool = True
    starts: int = 0

    def start(self) -> None:
        """Start it, in a session of its own."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                env=dict(self.env),
                cwd=ROOT if not self.as_user else self.log.parent,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent,
                **self.as_user,
            )
        self.started_at, self.starts = time.monotonic(), self.starts + 1

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def age_s(self) -> float:
        """How long it has been up; 0 where it is not."""
        return time.monotonic() - self.started_at if self.alive else 0.0

    def family(self) -> list[int]:
        """The process and all below it; empty where it is not up."""
        return family_of(self.process.pid) if self.process is not None and self.alive else []

    def kill_all(self) -> list[int]:
        """kill -9, the process and its children at once, as when a machine goes; which they were."""
        struck = self.family()
        kill(struck)
        return struck

    def kill_child(self, chance: random.Random) -> list[int]:
        """kill -9 one child alone; none where there is none."""
        struck = [chance.choice(below)] if (below := self.family()[1:]) else []
        kill(struck)
        return struck

    def wait_gone(self) -> None:
        """Reap it; what it left behind is killed."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(30)


def postgres_service(folder: Path, disk: Path | None = None) -> Service:
    """A cluster that keeps what it acknowledged, not started yet; its data lie on `disk` if given."""
    user = server_user()
    as_user: dict[str, Any] = {"user": user, "extra_groups": []} if user else {}
    if user:
        owner = pwd.getpwnam(user)
        as_user["group"] = owner.pw_gid
        for place in filter(None, (folder, disk)):
            os.chown(place, owner.pw_uid, owner.pw_gid)
    if disk:
        (folder / "data").symlink_to(disk)
    binaries = postgres_binaries() or bundled_postgres_binaries(folder if user else None)
    init_cluster(binaries, folder, as_user)
    command = [str(binaries / "postgres"), "-D", str(folder / "data")]
    for option in ("listen_addresses=", f"unix_socket_directories={folder}", *DURABLE):
        command += ["-c", option]
    return Service("postgres", command, kept_environment(), folder / "log", as_user)
