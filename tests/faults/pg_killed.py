"""A PostgreSQL of our own that is killed under an act: it starts again, and what it acknowledged is there."""

from __future__ import annotations

import contextlib
import pickle
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django.db import Error as DatabaseTrouble
from django.db import connection, connections

from scripts.servers import wait_for_socket
from tests.faults import crash
from tests.faults.crash_cast import Act
from tests.faults.crash_copies import PostgresCopies
from tests.faults.crash_points import forked
from tests.faults.crash_post import Post
from tests.faults.stack_service import Service, family_of, kill, postgres_service


@dataclass
class Cluster:
    """PostgreSQL in a folder, as it comes: what it acknowledged is on the disk."""

    folder: Path
    service: Service

    def start(self) -> None:
        """Up, and through its recovery."""
        self.service.start()
        assert self.service.process is not None
        wait_for_socket(self.folder, self.service.process)

    @property
    def postmaster(self) -> int:
        """Its id; whoever strikes is no parent of it and can't ask whether it is alive."""
        assert self.service.process is not None
        return self.service.process.pid

    def kill_all(self) -> None:
        """kill -9 of the postmaster and its sessions, as when the machine goes."""
        kill(family_of(self.postmaster))

    def stop_at_once(self) -> None:
        """As `pg_ctl stop -m immediate`: no checkpoint, nobody is asked."""
        kill([self.postmaster], signal.SIGQUIT)

    def again(self) -> None:
        """Once it is gone, start it anew. Raises TimeoutExpired where nobody killed it."""
        assert self.service.process is not None
        self.service.process.wait(30)
        self.start()

    def take(self, database: str, name: str) -> None:
        """A database of the tests' own server, brought over under another name."""
        binaries, found = Path(self.service.command[0]).parent, connection.settings_dict
        port = ["-p", str(found["PORT"])] if found["PORT"] else []
        there: list[str] = ["-h", found["HOST"], "-U", found["USER"], *port]
        here = ["-h", str(self.folder), "-U", "attestation"]
        subprocess.run([binaries / "createdb", *here, name], check=True)
        dumped = subprocess.run([binaries / "pg_dump", *there, database], check=True, capture_output=True)
        load = [binaries / "psql", *here, "-q", "-v", "ON_ERROR_STOP=1", "-d", name]
        subprocess.run(load, check=True, input=dumped.stdout, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Up until the block ends; whatever is left of it then is killed.

    Not in a folder of pytest's: its next run, whoever's, closes that one to the server's own user.
    """
    folder = Path(tempfile.mkdtemp(prefix="killed-"))
    try:
        cluster = Cluster(folder, postgres_service(folder))
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.service.kill_all()
            cluster.service.wait_gone()
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def connected_there(cluster: Cluster) -> Iterator[None]:
    """Django speaks to this server and to no other."""
    before = dict(connection.settings_dict)
    connections.close_all()
    connection.settings_dict.update(HOST=str(cluster.folder), PORT="", USER="attestation")
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict.update(before)


def act_on_a_server_that_dies(
    database: str, post: Post, act: Act, wanted: int, strike: Callable[[], None]
) -> bytes:
    """Whoever does the act is told by the database that it is gone, or had done it all by then."""
    with contextlib.suppress(DatabaseTrouble):
        crash.act_until(database, post, act, wanted, strike)
    return b""


def struck_at(
    point: int,
    act: Act,
    whole: crash.Undisturbed,
    cluster: Cluster,
    copies: PostgresCopies,
    post: Post,
    strike: Callable[[], None],
) -> crash.Troubles:
    """Kill the server at one point of the act, start it again, recover, and compare as for a killed act."""
    post.empty()
    database = copies.copy("evening", "struck")
    status, _nothing = forked(partial(act_on_a_server_that_dies, database, post, act, point, strike))
    cluster.again()
    if status:
        return crash.Troubles(half_written=[f"the act ended with status {status}"])
    copies.settle(database)
    status, answer = forked(partial(crash.recover, database, post, act, ()))
    if status:
        return crash.Troubles(half_written=[f"the recovery ended with status {status}"])
    state, seen = pickle.loads(answer)
    return crash.judged(state, *seen, whole=whole)
