"""`make run`: everything on this machine, in one terminal, from nothing. PORT and DEMO may be set.

`make logins` prints the demo accounts again and starts nothing.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import bootstrap  # noqa: E402  found only with the line above
from scripts.bootstrap import CannotContinue  # noqa: E402
from scripts.keep import die_with_parent, is_running  # noqa: E402

PYTHON = str(bootstrap.PYTHON)
READY_WITHIN_S = 60
# What stands in the data folder.
OURS = ("attestation.sqlite3*", "secret_key", "run.lock", "demo*", "log*", "media", "redis")


def port() -> int:
    """The port asked for by PORT."""
    try:
        return int(os.environ.get("PORT") or 8000)
    except ValueError:
        raise CannotContinue(f"PORT={os.environ['PORT']} is not a number.") from None


def refuse_taken_port(wanted: int) -> None:
    """Say so before anything is installed or migrated."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError as error:
            raise CannotContinue(
                f"Port {wanted} cannot be used ({error.strerror}): something else listens there, perhaps "
                f"another `make run`. Stop it, or choose another port: make run PORT={wanted + 1}"
            ) from None


def data_dir() -> Path:
    """Where everything is kept between runs."""
    return Path(os.environ.get("DATA_DIR") or ROOT / "var").absolute()


def log_file() -> Path:
    """The lines of web, worker, beat and Redis."""
    return data_dir() / "log" / "run.log"


def letters() -> Path:
    """A file for each batch of letters, where no mail server is named."""
    return data_dir() / "log" / "letters"


def put_last_log_aside() -> None:
    """What the run before wrote is kept once, so that it does not grow for ever."""
    folder = log_file().parent
    before = folder.with_name("log.1")
    if folder.exists():
        if before.exists():
            shutil.rmtree(before)
        folder.rename(before)
    folder.mkdir(mode=0o700)


@contextlib.contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Two runs on the same data would be two schedulers and two Redis on one file."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "run.lock", "a", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotContinue(
                f"Another `make run` uses {folder}. Stop it first, or set DATA_DIR."
            ) from None
        yield


def keep_private(folder: Path) -> None:
    """Close to other accounts of the machine what an earlier version left open to them."""
    place = folder.resolve()
    ours = [path for name in OURS for top in place.glob(name) for path in (top, *top.rglob("*"))]
    loose = [path for path in (place, *ours) if not path.is_symlink() and path.stat().st_mode & 0o077]
    try:
        for path in loose:
            path.chmod(path.stat().st_mode & 0o700)
    except PermissionError as error:
        bootstrap.say(f"{error.filename} is not yours, and other accounts of this machine may read it")
    else:
        if loose:
            bootstrap.say(f"other accounts of this machine could read files of {folder}: now you alone can")


def environment(wanted_port: int) -> dict[str, str]:
    """What the children get: the caller's environment, and the demo unless it was declined."""
    env = dict(os.environ)
    if env.get("DEPLOYMENT", "embedded") != "embedded":
        raise CannotContinue("`make run` is the embedded mode; docs/install.md says how a server is set up.")
    env.setdefault("DEMO", "1")
    env.setdefault("DATA_DIR", str(data_dir()))
    env.setdefault("BASE_URL", f"http://127.0.0.1:{wanted_port}")
    env.setdefault("LOG_FORMAT", "text")
    env.setdefault("EMAIL_URL", f"filemail:///{urllib.parse.quote(str(letters()))}")
    env["PYTHONUNBUFFERED"] = "1"
    if os.geteuid() == 0:
        env["PYTHONWARNINGS"] = "ignore:You're running the worker with superuser privileges"
    return env


def truthy(value: str | None) -> bool:
    """As django-environ reads a boolean."""
    return (value or "").strip().lower() in {"1", "true", "yes", "on", "y", "ok", "t"}


def redis(env: dict[str, str]) -> list[str]:
    """The bundled Redis where none is named, so that the demo takes the same path as production."""
    from scripts.servers import bundled_redis_binary, free_port, redis_command

    password, redis_port = secrets.token_hex(16), free_port()
    env["REDIS_URL"] = f"redis://:{password}@127.0.0.1:{redis_port}/0"
    return redis_command(bundled_redis_binary(), data_dir() / "redis", redis_port, password, durable=True)


def step(env: dict[str, str], *command: str) -> int:
    """Run something that ends with Python; gives its exit status."""
    return subprocess.run(
        [PYTHON, *command],
        env=env,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        preexec_fn=die_with_parent,
        check=False,
    ).returncode


def manage(env: dict[str, str], *arguments: str) -> None:
    """Run a management command; CannotContinue where it fails."""
    if step(env, "manage.py", *arguments):
        raise CannotContinue(f"manage.py {arguments[0]} failed, see above.")


def prepare_database(env: dict[str, str]) -> None:
    """Bring the tables up to date; fill an empty database with the demo."""
    loading = data_dir() / "demo.loading"
    if loading.exists() and not env.get("DATABASE_URL"):
        bootstrap.say("the last loading of the demo data was interrupted: starting it over")
        for leftover in data_dir().glob("attestation.sqlite3*"):
            leftover.unlink()
        loading.unlink()
    manage(env, "migrate", "--no-input", "--verbosity", "0")
    if truthy(env["DEMO"]) and is_empty(env):
        bootstrap.say("loading the demo data (once; a minute or two)")
        loading.touch()
        manage({**env, "ALLOW_TIME_TRAVEL": "1"}, "load_demo")
        loading.unlink()


def is_empty(env: dict[str, str]) -> bool:
    """Whether the database has no centre and no user yet."""
    question = (
        "import django, sys; django.setup(); from attestation.models import Center, User; "
        "sys.exit(3 if Center.objects.exists() or User.objects.exists() else 0)"
    )
    status = step({**env, "DJANGO_SETTINGS_MODULE": "config.settings"}, "-c", question)
    if status not in (0, 3):
        raise CannotContinue("The database cannot be read, see above.")
    return status == 0


def services(env: dict[str, str], wanted_port: int) -> dict[str, list[str]]:
    """Redis, web, worker and beat, as in production but each once and small."""
    celery = [PYTHON, "-m", "celery", "--quiet", "-A", "config"]
    return ({} if env.get("REDIS_URL") else {"redis": redis(env)}) | {
        "web": [
            *(PYTHON, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{wanted_port}"),
            *("--worker-class", "gthread", "--workers", "2", "--threads", "4", "--timeout", "120"),
            *("--graceful-timeout", "5", "--no-control-socket", "--log-level", "warning"),
        ],
        "worker": [
            *(*celery, "worker", "--concurrency", "1", "--without-gossip", "--without-mingle", "-l", "INFO"),
        ],
        "beat": [*celery, "beat", "-l", "INFO"],
    }


def show_the_way(run: int) -> None:
    """`run.py RUN`, beside the services: what a user needs once web answers; ends with the run.

    Raises CannotContinue where web does not answer; honcho then stops everything.
    """
    url = f"http://127.0.0.1:{port()}"
    wait_until_ready(url)
    print(f"\nOpen {url}/\n", flush=True)
    show_logins(dict(os.environ))
    print(f"\nLetters: {letters_go_to()}\nLog:     {log_file()}")
    print(
        f"Ctrl-C stops everything; the data stays in {data_dir()}. `make logins` prints the logins again.",
        flush=True,
    )
    while is_running(run):
        time.sleep(1)


def letters_go_to() -> str:
    """Where to look for them."""
    return str(letters()) if os.environ["EMAIL_URL"].startswith("filemail:") else "sent as EMAIL_URL says"


def show_logins(env: dict[str, str]) -> int:
    """The demo accounts, or why there are none; gives the exit status."""
    if truthy(env["DEMO"]):
        return step(env, "manage.py", "load_demo", "--logins")
    print("The demo was declined (DEMO=0): docs/install.md says how to make the first account.", flush=True)
    return 1


def print_logins() -> NoReturn:
    """`make logins`."""
    if not bootstrap.PYTHON.exists():
        raise CannotContinue("Nothing is installed here yet: `make run` does it and loads the demo.")
    sys.exit(show_logins(environment(port())))


def wait_until_ready(url: str) -> None:
    """Wait for the health page; the web process is restarted meanwhile where it dies."""
    give_up_at = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < give_up_at:
        with contextlib.suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f"{url}/healthz", timeout=5).close()  # noqa: S310  our own http address
            return
        time.sleep(0.2)
    raise CannotContinue(
        f"The web server does not answer at {url} after {READY_WITHIN_S} s; its lines are in {log_file()}."
    )


def serve(wanted_port: int) -> None:
    """Everything after the environment stands."""
    from scripts.together import run_together

    env = environment(wanted_port)
    # `kill` and a closed terminal mean what Ctrl-C means.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    os.umask(0o077)  # what we and our children write is about people
    with only_one(data_dir()):
        keep_private(data_dir())
        put_last_log_aside()
        step(env, "scripts/compile_messages.py")
        prepare_database(env)
        kept = services(env, wanted_port)
        bootstrap.say("starting web, worker and beat")
        sys.exit(run_together(kept, [PYTHON, "scripts/run.py"], env, ROOT, log_file()))


def main() -> None:
    """On a bare Python: look at the version and the port, make .venv, go on inside it."""
    try:
        bootstrap.refuse_other_versions()
        if sys.argv[1:] == ["logins"]:
            print_logins()
        if sys.argv[1:]:
            show_the_way(int(sys.argv[1]))
            return
        wanted_port = port()
        if Path(sys.prefix).resolve() != bootstrap.VENV.resolve():
            refuse_taken_port(wanted_port)
            bootstrap.ensure(development=False)
            os.execv(PYTHON, [PYTHON, str(Path(__file__).resolve())])  # noqa: S606  our own file
        refuse_taken_port(wanted_port)
        serve(wanted_port)
    except CannotContinue as error:
        sys.exit(f"[run] {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
