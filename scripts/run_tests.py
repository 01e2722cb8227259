"""`make test`: the tests on SQLite and a real PostgreSQL side by side, with a real Redis and a real Chromium.

NO_BROWSER=1 leaves the browser tests out. Anything else on the command line goes to pytest.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.bootstrap import CannotContinue, say
from scripts.compile_messages import compile_stale
from scripts.servers import ensure_chromium, throwaway_postgres

ROOT = Path(__file__).resolve().parent.parent
NOTHING_SELECTED = 5  # pytest's exit status
# Settings of the machine that would make a run here differ from a run there, or slower.
OURS = (
    *("DATABASE_URL", "REDIS_URL", "DEBUG", "DEMO", "DEPLOYMENT", "ALLOW_TIME_TRAVEL", "SIMULATED_CLOCK"),
    *(
        "SECRET_KEY",
        "ALLOWED_HOSTS",
        "CSRF_TRUSTED_ORIGINS",
        "EMAIL_URL",
        "DEFAULT_FROM_EMAIL",
        "BASE_URL",
        "LOG_LEVEL",
        "LOG_FORMAT",
    ),
    *("DJANGO_SETTINGS_MODULE", "PYTEST_ADDOPTS", "LANGUAGE", "PYTHONDONTWRITEBYTECODE"),
)


def clean_environment(browser: str | None) -> dict[str, str]:
    """The caller's environment without what steers our settings."""
    env = {name: value for name, value in os.environ.items() if name not in OURS}
    if browser:
        env["CHROMIUM"] = browser
    return env


@dataclass(frozen=True)
class Round:
    """One pytest run: which tests, on which database, by how many workers (0: no worker, in order)."""

    title: str
    postgres: bool
    markers: str
    workers: int
    second: bool = False

    def command(self, arguments: list[str]) -> list[str]:
        """The command line; a file's tests stay together, so that what a module sets up is set up once."""
        spread = ["-n", str(self.workers), "--dist", "loadfile"] if self.workers else []
        return [sys.executable, "-m", "pytest", "-m", self.markers, *spread, *arguments]


def rounds(*, long: bool, browser: bool) -> list[Round]:
    """What runs side by side; the long proofs run one after the other, for they watch the clock."""
    if long:
        return [
            Round("SQLite, long", False, "slow and not browser and not postgres", 0),
            Round("PostgreSQL, long", True, "slow or postgres", 0, second=True),
        ]
    everywhere = "not slow and not browser and not postgres"
    alone = "not slow and (browser or postgres)" if browser else "not slow and not browser and postgres"
    return [
        Round("SQLite", False, everywhere, 2),
        Round("PostgreSQL", True, everywhere, 2, second=True),
        Round("PostgreSQL: browser, races", True, alone, 2),
    ]


def run_rounds(arguments: list[str], *, long: bool) -> dict[str, int]:
    """Run them; gives pytest's exit status by the round's title."""
    browser = None if os.environ.get("NO_BROWSER") else ensure_chromium()
    if browser is None:
        say("NO_BROWSER is set: the browser tests are left out")
    started: dict[str, Running] = {}
    statuses: dict[str, int] = {}
    with contextlib.ExitStack() as stack:
        env = clean_environment(browser)
        database = {"DATABASE_URL": stack.enter_context(throwaway_postgres())}
        prepare(env | database)
        for each in rounds(long=long, browser=browser is not None):
            own = env | (database if each.postgres else {}) | ({"SECOND_ROUND": "1"} if each.second else {})
            started[each.title] = stack.enter_context(running(each, own, arguments))
            if long:
                started[each.title].process.wait()
        while len(statuses) < len(started):
            for title, run in started.items():
                if title not in statuses and (status := run.process.poll()) is not None:
                    statuses[title] = status
                    run.show()
            time.sleep(0.2)
    return statuses


def prepare(env: dict[str, str]) -> None:
    """What every worker would else make for itself: the migrated databases, the compiled tests."""
    commands = (
        [sys.executable, "-c", "from tests.template import make_templates; make_templates()"],
        [sys.executable, "-m", "pytest", "--collect-only", "-qq"],
    )
    settings = {"DJANGO_SETTINGS_MODULE": "config.settings"}
    started = [
        subprocess.Popen(each, env=env | settings, cwd=ROOT, stdout=subprocess.DEVNULL) for each in commands
    ]
    statuses = [each.wait() for each in started]
    if any(statuses):
        raise CannotContinue("The tests cannot be prepared, see above; `pytest --collect-only` says more.")


@dataclass(frozen=True)
class Running:
    """A round under way; what it prints is kept until it has ended, so that no two mix."""

    title: str
    process: subprocess.Popen[bytes]
    output: Path
    began: float

    def show(self) -> None:
        """Everything that it printed, and how long it took."""
        say(f"{self.title}, {time.monotonic() - self.began:.0f} s:")
        print(self.output.read_text(errors="replace"), flush=True)


@contextlib.contextmanager
def running(each: Round, env: dict[str, str], arguments: list[str]) -> Iterator[Running]:
    """Start it; whoever leaves before it has ended takes it along."""
    command = each.command(arguments)
    say(f"{each.title}: {' '.join(command[1:])}")
    with tempfile.NamedTemporaryFile(prefix="round-") as output:
        process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        try:
            yield Running(each.title, process, Path(output.name), time.monotonic())
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait()


def main() -> None:
    """Exit 0 only where every round passed and at least one of them ran a test."""
    arguments = sys.argv[1:]
    long = "--long" in arguments
    if long:
        arguments.remove("--long")
    compile_stale()
    try:
        statuses = run_rounds(arguments, long=long)
    except CannotContinue as error:
        sys.exit(f"[setup] {error}")
    failed = [name for name, status in statuses.items() if status not in (0, NOTHING_SELECTED)]
    if failed or all(status == NOTHING_SELECTED for status in statuses.values()):
        sys.exit(f"make test: failed: {', '.join(failed)}" if failed else "make test: no test was selected")
    say("passed on SQLite and PostgreSQL")


if __name__ == "__main__":
    main()
