"""The real product as processes that can be killed: PostgreSQL or SQLite, Redis, web, worker, beat, and mail.

A keeper restarts what died after a short random while, as systemd would. Everything dies with the `with`.
"""

from __future__ import annotations

import contextlib
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

from scripts.servers import free_port, redis_binary, redis_command
from tests.faults.stack_mail import MailServer
from tests.faults.stack_service import ROOT, Service, kept_environment, kill, postgres_service

HOST = "attestation.example"
READY_WITHIN_S = 90
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 1.5


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
        env = kept_environment()
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


def add_postgres(stack: Stack, disk: Path | None) -> None:
    """A cluster in the stack's folder; its data lie on `disk` if given."""
    folder = stack.folder / "pg"
    folder.mkdir()
    stack.folder.chmod(0o755)
    stack.services["postgres"] = postgres_service(folder, disk)
    stack.database_url = f"postgres://attestation@//{str(folder).strip('/')}/postgres"


def add_redis(stack: Stack) -> None:
    """Redis as `make run` configures it: with the append-only file."""
    password, port = secrets.token_hex(16), free_port()
    stack.redis_folder = stack.folder / "redis"
    command = redis_command(redis_binary(), stack.redis_folder, port, password, durable=True)
    stack.add("redis", command, kept_environment())
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
def running_stack(seed: int, *, postgres: bool, disk: Path | None = None) -> Iterator[Stack]:
    """The servers up, the tables made, the product not started yet (`add_product`)."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    with MailServer().running() as mail:
        stack = Stack(folder, random.Random(seed), mail)
        (folder / "data").mkdir(mode=0o700)
        keeper = threading.Thread(target=stack.keep, daemon=True)
        try:
            if postgres:
                add_postgres(stack, disk)
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
