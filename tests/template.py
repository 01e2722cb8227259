"""The database that tests start from: migrated once, then copied.

A copy takes a tenth of a second, running the migrations ten. On SQLite the migrated file is kept from run to
run beside pytest's own cache; on PostgreSQL it is a database of the server that DATABASE_URL names. Both have
the digest of what makes them in their name, so that a changed migration, trigger or default makes a new one.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".pytest_cache" / "templates"
MADE_FROM = (
    *("*/migrations/*.py", "*/models/*.py", "scoring/models.py", "*/triggers.py", "*/seed.py"),
    *(
        "attestation/calendar_seed.py",
        "attestation/law/*.py",
        "fixtures/regions.csv",
        "requirements.txt",
    ),
)


def digest() -> str:
    """What the migrated database is made from, in twelve hexadecimal digits."""
    found = hashlib.sha256()
    for pattern in MADE_FROM:
        for file in sorted(ROOT.glob(pattern)):
            found.update(file.read_bytes())
    return found.hexdigest()[:12]


def bare_environment() -> dict[str, str]:
    """No setting of ours: what a command needs of the machine, and by what `make reach` measures it."""
    needed = ("PATH", "HOME", "LANG", "COVERAGE_PROCESS_CONFIG")
    return {name: os.environ[name] for name in needed if name in os.environ}


def migrate(**env: str) -> None:
    """`manage.py migrate` in a process of its own, with these settings alone."""
    command = [sys.executable, str(ROOT / "manage.py"), "migrate", "--no-input", "--verbosity", "0"]
    subprocess.run(command, env={**bare_environment(), **env}, cwd=ROOT, check=True)


# --- SQLite -----------------------------------------------------------------------------------------------


def sqlite_template() -> Path:
    """The migrated file; the first worker that asks makes it, the others wait."""
    KEPT.mkdir(parents=True, exist_ok=True)
    place = KEPT / f"{digest()}.sqlite3"
    with open(KEPT / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            for old in KEPT.glob("*.sqlite3"):
                old.unlink()
            with tempfile.TemporaryDirectory(dir=KEPT) as folder:
                migrate(DATA_DIR=folder)
                Path(folder, "attestation.sqlite3").rename(place)
    return place


def copy_sqlite(place: Path) -> None:
    """A new migrated file at this place; whoever is still connected keeps the one that was there."""
    for end in ("", "-wal", "-shm"):
        Path(f"{place}{end}").unlink(missing_ok=True)
    shutil.copyfile(sqlite_template(), place)


# --- PostgreSQL -------------------------------------------------------------------------------------------


@contextlib.contextmanager
def maintenance() -> Iterator[Any]:
    """A psycopg connection to the server's own database, each statement by itself."""
    import psycopg
    from django.db import connection

    found = connection.settings_dict
    where = {"host": found["HOST"], "port": found["PORT"] or None}
    who = {"user": found["USER"], "password": found["PASSWORD"] or None}
    with psycopg.connect(dbname="postgres", autocommit=True, **where, **who) as server:
        yield server


def postgres_template() -> str:
    """The migrated database's name; the first worker that asks makes it, the others wait."""
    name = f"template_{digest()}"
    with maintenance() as server:
        server.execute("SELECT pg_advisory_lock(271)")
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            server.execute(f"DROP DATABASE IF EXISTS {name}_new")
            server.execute(f"CREATE DATABASE {name}_new")
            base = os.environ["DATABASE_URL"].rpartition("/")[0]
            migrate(DATABASE_URL=f"{base}/{name}_new")
            server.execute(f"ALTER DATABASE {name}_new RENAME TO {name}")
    return name


def copy_postgres(name: str) -> None:
    """A new migrated database of this name, whatever was there and whoever was connected to it."""
    template = postgres_template()
    with maintenance() as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")


# --- the one that the tests of this process use -------------------------------------------------------------


def start_with_a_copy(folder: Path, worker: str) -> None:
    """Point Django at a migrated database of this worker's own."""
    from django.conf import settings
    from django.db import connection

    places = (settings.DATABASES["default"], connection.settings_dict)
    if connection.vendor == "sqlite":
        # A file, as the product has it: threads then meet real locks, not a shared memory.
        name = str(folder / "test.sqlite3")
        for place in places:
            # Nothing in there must survive a power cut.
            place["OPTIONS"]["init_command"] = place["OPTIONS"]["init_command"].replace("=FULL", "=OFF")
    else:
        name = f"test_{worker}_{os.getpid()}"  # two rounds share the server
    for place in places:
        place["NAME"] = name
    start_again()


def make_templates() -> None:
    """Both at once, before the workers of `make test` start."""
    import django

    django.setup()
    with ThreadPoolExecutor() as pool:
        for made in [pool.submit(sqlite_template), pool.submit(postgres_template)]:
            made.result()


def start_again() -> None:
    """As if nothing had happened: the tables as migrations leave them, triggers and defaults in place."""
    from django.db import connection, connections

    connections.close_all()
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        copy_sqlite(Path(name))
    else:
        copy_postgres(name)


def end_with_it() -> None:
    """Leave no database behind on a server that lives longer than the run."""
    from django.db import connection, connections

    connections.close_all()
    if connection.vendor == "postgresql":
        with maintenance() as server:
            server.execute(f"DROP DATABASE IF EXISTS {connection.settings_dict['NAME']} WITH (FORCE)")
