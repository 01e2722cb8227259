"""A database to be killed in: prepared once, copied afresh for each point; real files, real databases."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.db import connection, connections

GONE_WITHIN_S = 10


class SqliteCopies:
    """Copies of one SQLite file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, source: str, name: str) -> str:
        """The prepared database, at rest: nothing of it is left in the log beside the file."""
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connections.close_all()
        return self.copy(source, name)

    def place(self, name: str) -> str:
        """What Django calls the copy of this name."""
        return str(self._folder / f"{name}.sqlite3")

    def copy(self, source: str, name: str) -> str:
        """A fresh copy, in place of the one before."""
        place = self.place(name)
        self.drop(name)
        shutil.copyfile(source, place)
        return place

    def settle(self, place: str) -> None:
        """Nothing to wait for: the file's locks went with the process."""

    def drop(self, name: str) -> None:
        """The file, and the log beside it."""
        for end in ("", "-wal", "-shm"):
            Path(f"{self.place(name)}{end}").unlink(missing_ok=True)


class PostgresCopies:
    """Copies made by PostgreSQL from a template."""

    def __init__(self) -> None:
        found = connection.settings_dict
        self._place = {"host": found["HOST"], "port": found["PORT"] or None, "user": found["USER"]}
        self._ours = found["NAME"]  # of this worker: others work on the same server

    def _execute(self, statement: str) -> list[tuple[object, ...]]:
        import psycopg

        with psycopg.connect(dbname="postgres", autocommit=True, **self._place) as maintenance:
            done = maintenance.execute(statement)  # type: ignore[call-overload]
            return list(done.fetchall()) if done.description else []

    def keep(self, source: str, name: str) -> str:
        """The prepared database; whoever was connected to it is gone."""
        connections.close_all()
        self.settle(source)
        return self.copy(source, name)

    def place(self, name: str) -> str:
        """What Django calls the copy of this name."""
        return f"{self._ours}_crash_{name}"

    def copy(self, source: str, name: str) -> str:
        """A fresh copy, in place of the one before."""
        place = self.place(name)
        self.settle(place)
        self.drop(name)
        self._execute(f'CREATE DATABASE {place} TEMPLATE "{source}"')
        return place

    def settle(self, place: str) -> None:
        """Wait until the server has noticed that its client was killed, and rolled back what it had begun."""
        give_up_at = time.monotonic() + GONE_WITHIN_S
        query = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{place}'"
        while self._execute(query) != [(0,)]:
            if time.monotonic() > give_up_at:
                raise AssertionError(f"somebody is still connected to {place}")
            time.sleep(0.002)

    def drop(self, name: str) -> None:
        """Away with it, whoever is connected."""
        self._execute(f"DROP DATABASE IF EXISTS {self.place(name)} WITH (FORCE)")


Copies = SqliteCopies | PostgresCopies


def copies_here(folder: Path) -> Copies:
    """Of the database that the tests run on."""
    return PostgresCopies() if connection.vendor == "postgresql" else SqliteCopies(folder)


@contextlib.contextmanager
def connected_to(name: str) -> Iterator[None]:
    """Django works on this database and on no other."""
    before = connection.settings_dict["NAME"]
    connections.close_all()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = before


def prepared(copies: Copies, prepare: Callable[[], None], name: str) -> str:
    """A copy of the migrated database with what `prepare` puts into it; gives its name."""
    empty = copies.keep(str(connection.settings_dict["NAME"]), name)
    with connected_to(empty):
        prepare()
        if connection.vendor == "sqlite":
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return empty
