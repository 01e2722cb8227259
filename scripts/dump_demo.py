"""The demo on a new database of this version, as SQL: what later migrations are tried on (tests/data, F-U2).

`python -m scripts.dump_demo`, once a release, writes one file for each database. Needs pg_dump.
"""

import lzma
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.bootstrap import ROOT, say
from scripts.servers import postgres_binaries, throwaway_postgres

PLACE = ROOT / "tests" / "data"


def write(name: str, sql: str) -> None:
    """Compressed as far as it goes: it stays in the history for ever."""
    place = PLACE / f"demo-{name}.sql.xz"
    place.write_bytes(lzma.compress(sql.encode(), preset=9 | lzma.PRESET_EXTREME))
    say(f"{place.relative_to(ROOT)}: {place.stat().st_size:,} bytes")


def load(**env: str) -> None:
    """Tables and demo, as `make run` makes them."""
    everything = {**os.environ, "DEMO": "1", "ALLOW_TIME_TRAVEL": "1", **env}
    for arguments in (["migrate", "--no-input", "--verbosity", "0"], ["load_demo"]):
        subprocess.run([sys.executable, "manage.py", *arguments], env=everything, cwd=ROOT, check=True)


def main() -> None:
    """Both databases."""
    with tempfile.TemporaryDirectory() as folder:
        load(DATA_DIR=folder, DATABASE_URL=f"sqlite:///{folder}/demo.sqlite3")
        database = sqlite3.connect(Path(folder, "demo.sqlite3"))
        write("sqlite", "\n".join(database.iterdump()))
        database.close()
    with tempfile.TemporaryDirectory() as folder, throwaway_postgres() as url:
        load(DATA_DIR=folder, DATABASE_URL=url)
        program = (postgres_binaries() or Path()) / "pg_dump"
        host = "/" + url.split("@//")[1].rpartition("/")[0]
        options = ["--inserts", "--rows-per-insert=200", "--no-owner", "--no-privileges"]
        command: list[str | Path] = [program, "-h", host, "-U", "attestation", *options, "postgres"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        # psql's own commands and the settings of one version are of no use to another program.
        kept = [
            line
            for line in done.stdout.splitlines()
            if not line.startswith(("\\", "SET ", "SELECT pg_catalog.set_config"))
        ]
        write("postgresql", "\n".join(kept))


if __name__ == "__main__":
    main()
