"""The points at which a process is killed: around each statement, commit, file and exchange of letters.

Everything here runs in a process that is about to die; `watch` counts and `kill_at` never returns.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import smtplib
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.files.storage import FileSystemStorage
from django.db import connection, connections

ANSWER_WITHIN_S = 10


def die() -> None:
    """SIGKILL, as by `kill -9`: no handler, no rollback, no farewell to any server."""
    os.kill(os.getpid(), signal.SIGKILL)


class Points:
    """Counts the points that are passed, from 1, and strikes at the wanted one: this process, unless said
    otherwise. Keeps their names."""

    def __init__(self, wanted: int | None = None, strike: Callable[[], None] = die) -> None:
        self._wanted, self._strike = wanted, strike
        self.names: list[str] = []

    def reach(self, name: str) -> None:
        """At the wanted point this is the end."""
        self.names.append(name)
        if len(self.names) == self._wanted:
            self._strike()

    def install(self) -> None:
        """Watch the statements, what ends a transaction, the files, and the talk with the mail server."""
        connection.execute_wrappers.append(self._statement)
        for name in ("_commit", "_rollback"):
            self._around(connection, name, name.strip("_").upper())
        if connection.vendor == "postgresql":
            # There psycopg begins a transaction by itself, with the first statement after this.
            self._around(connection, "_set_autocommit", "AUTOCOMMIT")
        self._around(smtplib.SMTP, "connect", "SMTP connect")
        for name in ("_save", "delete"):
            self._around(FileSystemStorage, name, f"file {name.strip('_')}")
        self._answers()

    def _statement(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        name = " ".join(str(sql).split())[:90]
        self.reach(f"before {name}")
        done = execute(sql, params, many, context)
        self.reach(f"after {name}")
        return done

    def _around(self, owner: Any, method: str, name: str) -> None:
        inner = getattr(owner, method)

        def outer(*args: Any, **kwargs: Any) -> Any:
            self.reach(f"before {name}")
            done = inner(*args, **kwargs)
            self.reach(f"after {name}")
            return done

        setattr(owner, method, outer)

    def _answers(self) -> None:
        """The server has done what it was asked and its answer is under way; then the answer is read."""
        inner = smtplib.SMTP.getreply

        def outer(client: smtplib.SMTP) -> tuple[int, bytes]:
            assert client.sock is not None
            if not select.select([client.sock], [], [], ANSWER_WITHIN_S)[0]:
                raise AssertionError("the mail server does not answer")
            self.reach("before SMTP answer")
            answer = inner(client)
            self.reach(f"after SMTP {answer[0]}")
            return answer

        smtplib.SMTP.getreply = outer  # type: ignore[method-assign]


@dataclass(frozen=True)
class Forked:
    """A process of its own that runs one function; whoever starts it has no database connection open."""

    pid: int
    answers: int

    def wait(self) -> tuple[int, bytes]:
        """How the process ended (as waitpid has it), and what it said."""
        with os.fdopen(self.answers, "rb") as answers:
            said = answers.read()
        return os.waitpid(self.pid, 0)[1], said


def process_of_its_own() -> int:
    """`os.fork`, where nobody of this process has a SQLite file open any more; 0 in the new one.

    A connection that somebody left behind is closed here: the new process would close its copy, find that it
    is the last (locks are not inherited), and take the log away under those that still write into it.
    """
    connections.close_all()
    gc.collect()
    left = [place for place in _open_files() if ".sqlite3" in place]
    assert not left, f"still open, and not to be taken into another process: {left}"
    return os.fork()


def _open_files() -> Iterator[str]:
    for number in os.listdir("/proc/self/fd"):
        # The one that lists is closed by now.
        with contextlib.suppress(FileNotFoundError):
            yield os.readlink(f"/proc/self/fd/{number}")


def fork(work: Callable[[], bytes], *, within_s: int = 120) -> Forked:
    """Begin; who takes longer than `within_s` is ended by SIGALRM."""
    reading, writing = os.pipe()
    pid = process_of_its_own()
    if pid == 0:
        status = 70
        try:
            os.close(reading)
            signal.alarm(within_s)
            said = work()
            with os.fdopen(writing, "wb") as out:
                out.write(said)
            status = 0
        except BaseException:  # noqa: BLE001  shown here, and its status shows in the caller
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(writing)
    return Forked(pid, reading)


def forked(work: Callable[[], bytes]) -> tuple[int, bytes]:
    """Begin and wait."""
    return fork(work).wait()
