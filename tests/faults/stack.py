"""The real product as processes that can be killed: PostgreSQL or SQLite, Redis, web, worker, beat, and mail.

A keeper restarts what died after a short random while, as systemd would. Everything dies with the `with`.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import random
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.keep import die_with_parent
from scripts.servers import (
    bundled_postgres_binaries,
    free_port,
    init_cluster,
    postgres_binaries,
    redis_binary,
    redis_command,
    server_user,
)
from tests.faults.stack_mail import MailServer

ROOT = Path(__file__).resolve().parent.parent.parent
HOST = "attestation.example"
READY_WITHIN_S = 90
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 1.5
# As PostgreSQL comes: what it acknowledged survives kill -9, and the power going.
DURABLE = ("fsync=on", "full_page_writes=on", "synchronous_commit=on", "max_connections=80", "timezone=UTC")
KEPT = ("PATH", "HOME", "LANG")


# --- one process --------------------------------------------------------------------------------------------


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


# --- all of them --------------------------------------------------------------------------------------------


@dataclass
class Stack:
    """What runs, in what environment; `services` by name."""

    folder: Path
    chance: random.Random
    mail: MailServer
    database_url: str = ""
    redis_url: str = ""
    redis_folder: Path = Path()
    web_port: int = field(default_factory=free_port)
    services: dict[str, Service] = field(default_factory=dict)
    stopping: threading.Event = field(default_factory=threading.Event)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def postgres(self) -> bool:
        return self.database_url.startswith("postgres")

    def environment(self, **more: str) -> dict[str, str]:
        """As on a server: DEPLOYMENT=production on PostgreSQL; SQLite is the embedded mode's."""
        env = {name: os.environ[name] for name in KEPT if name in os.environ}
        env |= {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "DATA_DIR": str(self.folder / "data"),
            "EMAIL_URL": f"smtp://127.0.0.1:{self.mail.port}",
            "DEFAULT_FROM_EMAIL": f"office@{HOST}",
            "BASE_URL": f"https://{HOST}",
            "ALLOWED_HOSTS": HOST,
            "CSRF_TRUSTED_ORIGINS": f"https://{HOST}",
            "SECRET_KEY": "Zr4-mountain-lamp-81-wolf-paper-Qx-river-2207-stone-bridge",
            "LOG_FORMAT": "text",
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        }
        if self.postgres:
            # initdb makes a superuser, and no other.
            env |= {"DEPLOYMENT": "production", "ACCEPTED_RISKS": "postgres_superuser"}
        return env | more

    def desk_environment(self) -> dict[str, str]:
        """For commands with --at, which production refuses: the same database, the embedded mode."""
        env = self.environment(ALLOW_TIME_TRAVEL="1")
        env.pop("DEPLOYMENT", None)
        return env

    def add(self, name: str, command: Sequence[str], env: Mapping[str, str], **more: Any) -> Service:
        """One more process to keep running; the keeper starts it."""
        service = Service(name, command, env, self.folder / f"{name}.log", **more)
        with self.lock:
            self.services[name] = service
        return service

    def keep(self) -> None:
        """The keeper's thread: start, and start again what died. It alone starts processes, since a child
        is told of the end of the thread that made it."""
        while not self.stopping.wait(0.05):
            with self.lock:
                for service in list(self.services.values()):
                    self._look_after(service)

    def _look_after(self, service: Service) -> None:
        if service.alive or not service.wanted:
            return
        now = time.monotonic()
        if service.process is None:
            if now >= service.restart_at:
                service.start()
            return
        service.wait_gone()
        service.process = None
        service.restart_at = now + self.chance.uniform(SHORTEST_PAUSE_S, LONGEST_PAUSE_S)

    def stop(self, name: str, *, gently: bool = False) -> None:
        """For good: it is not started again until `want`."""
        service = self.services[name]
        with self.lock:
            service.wanted = False
            if gently and service.process is not None:
                kill([service.process.pid], signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    service.process.wait(20)
            service.kill_all()
            service.wait_gone()
            service.process = None

    def want(self, name: str) -> None:
        """Let the keeper start it again."""
        self.services[name].wanted = True

    def wait_for(self, *names: str) -> None:
        """Until the named services answer, or have been up for a moment where there is nothing to ask."""
        for name in names:
            self._wait(name)

    def _wait(self, name: str) -> None:
        give_up_at = time.monotonic() + READY_WITHIN_S
        while not self.answers(name):
            if time.monotonic() > give_up_at:
                raise AssertionError(f"{name} does not answer:\n{self.log_of(name)[-4000:]}")
            time.sleep(0.1)

    def answers(self, name: str) -> bool:
        """Whether the service does what it is there for."""
        service = self.services[name]
        if not service.alive:
            return False
        if name == "postgres":
            return self._postgres_answers()
        if name == "redis":
            return self._redis_answers()
        if name == "web":
            from tests.faults.stack_web import Browser

            with contextlib.suppress(OSError, ValueError):
                return Browser(self.web_port).get("/healthz").status == 200
            return False
        return service.age_s > 1

    def _postgres_answers(self) -> bool:
        import psycopg

        with contextlib.suppress(psycopg.Error), psycopg.connect(self.database_url_for_psycopg()) as there:
            there.execute("SELECT 1")
            return True
        return False

    def database_url_for_psycopg(self, name: str = "postgres") -> str:
        """The same cluster, in psycopg's words."""
        return f"host={self.folder / 'pg'} user=attestation dbname={name} connect_timeout=2"

    def _redis_answers(self) -> bool:
        import redis

        with contextlib.suppress(redis.exceptions.RedisError), self.redis_client() as there:
            return bool(there.ping())
        return False

    def redis_client(self) -> Any:
        """A client of the Redis of this stack."""
        import redis

        return redis.Redis.from_url(self.redis_url, socket_timeout=3, socket_connect_timeout=3)

    def log_of(self, name: str) -> str:
        """What the process wrote, all its lives long."""
        path = self.services[name].log
        return path.read_text(errors="replace") if path.exists() else ""

    def manage(
        self, *arguments: str, stdin: str = "", within_s: float = 120, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """One management command in a process of its own."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            env=dict(env or self.desk_environment()),
            cwd=ROOT,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
        )


def add_postgres(stack: Stack, copy_to: Path) -> None:
    """A cluster in the stack's folder that keeps what it acknowledged."""
    user = server_user()
    as_user: dict[str, Any] = {"user": user, "extra_groups": []} if user else {}
    folder = stack.folder / "pg"
    folder.mkdir()
    stack.folder.chmod(0o755)
    if user:
        owner = pwd.getpwnam(user)
        as_user["group"] = owner.pw_gid
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    binaries = postgres_binaries() or bundled_postgres_binaries(copy_to if user else None)
    init_cluster(binaries, folder, as_user)
    command = [str(binaries / "postgres"), "-D", str(folder / "data")]
    for option in ("listen_addresses=", f"unix_socket_directories={folder}", *DURABLE):
        command += ["-c", option]
    env = {name: os.environ[name] for name in KEPT if name in os.environ}
    service = stack.add("postgres", command, env, as_user=as_user)
    service.log = folder / "log"
    stack.database_url = f"postgres://attestation@//{str(folder).strip('/')}/postgres"


def add_redis(stack: Stack) -> None:
    """Redis as `make run` configures it: with the append-only file."""
    password, port = secrets.token_hex(16), free_port()
    stack.redis_folder = stack.folder / "redis"
    command = redis_command(redis_binary(), stack.redis_folder, port, password, durable=True)
    stack.add("redis", command, {name: os.environ[name] for name in KEPT if name in os.environ})
    stack.redis_url = f"redis://:{password}@127.0.0.1:{port}/0"


def add_web(stack: Stack, given: Mapping[str, str]) -> None:
    """gunicorn, as `make run` and docs/install.md have it."""
    if stack.postgres:
        made = stack.manage("collectstatic", "--no-input", "--verbosity", "0", env=given)
        assert made.returncode == 0, made.stderr
    stack.add(
        "web",
        [
            *(sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{stack.web_port}"),
            *("--worker-class", "gthread", "--workers", "2", "--threads", "4", "--timeout", "60"),
            *("--graceful-timeout", "5", "--no-control-socket", "--log-level", "warning"),
        ],
        given,
    )


def add_product(
    stack: Stack,
    app: str,
    *,
    workers: int = 1,
    beats: int = 1,
    web: bool = True,
    given: Mapping[str, str] | None = None,
) -> None:
    """Web, workers and beats, as the units of docs/install.md have them; `app` is the Celery app."""
    given = given or stack.environment()
    if web:
        add_web(stack, given)
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", app]
    for number in range(workers):
        name = "worker" if not number else f"worker{number + 1}"
        more = [
            "--concurrency",
            "1",
            "--without-gossip",
            "--without-mingle",
            "-n",
            f"{name}@%h",
            "-l",
            "INFO",
        ]
        stack.add(name, [*celery, "worker", *more], given)
    for number in range(beats):
        stack.add("beat" if not number else f"beat{number + 1}", [*celery, "beat", "-l", "INFO"], given)


@contextlib.contextmanager
def running_stack(seed: int, *, postgres: bool) -> Iterator[Stack]:
    """The servers up, the tables made, the product not started yet (`add_product`)."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    with MailServer().running() as mail:
        stack = Stack(folder, random.Random(seed), mail)
        (folder / "data").mkdir(mode=0o700)
        keeper = threading.Thread(target=stack.keep, daemon=True)
        try:
            if postgres:
                add_postgres(stack, folder)
            else:
                stack.database_url = f"sqlite:///{folder / 'data' / 'attestation.sqlite3'}"
            add_redis(stack)
            keeper.start()
            stack.wait_for(*stack.services)
            made = stack.manage("migrate", "--verbosity", "0", within_s=300)
            assert made.returncode == 0, made.stderr
            yield stack
        finally:
            stack.stopping.set()
            if keeper.ident is not None:
                keeper.join(40)
            for service in stack.services.values():
                service.kill_all()
                service.wait_gone()
            shutil.rmtree(folder, ignore_errors=True)
