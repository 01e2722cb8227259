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
from importlib.util import source_hash
from pathlib import Path
from typing import Any

import pytest

from scripts.bootstrap import CannotContinue, say
from scripts.compile_messages import compile_stale
from scripts.reach import Record, project, untouched
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


def of_the_day() -> dict[str, str]:
    """Which of the many that show the same are taken (tests/shares.py): today's, or those of a given day; and
    all that are about what is not committed yet."""
    day = os.environ.get("OF_THE_DAY") or time.strftime("%Y-%m-%d")
    return {"OF_THE_DAY": day, "OF_CHANGES": " ".join(sorted(tests_of_changes()))}


def of_the_untouched() -> dict[str, str]:
    """The test files of which a share is taken, for nothing that they run has changed since they passed."""
    files = untouched(project(ROOT), Record.read(ROOT))
    say(f"{len(files)} test files are asked in shares: nothing that they run has changed since they passed")
    return {"UNTOUCHED": " ".join(sorted(files))}


def clean_environment(browser: str | None) -> dict[str, str]:
    """The caller's environment without what steers our settings."""
    env = {name: value for name, value in os.environ.items() if name not in OURS}
    if browser:
        env["CHROMIUM"] = browser
    return env


# The rooms of `make quick`: the law, what changes a record and who may, and the shape of the house.
QUICK = (
    *("tests/law", "tests/architecture", "tests/services", "tests/scoring", "tests/tables/test_rights.py"),
    *("tests/tables/test_finalising.py", "tests/tables/test_triggers.py"),
    *("tests/attestation/test_services.py", "tests/attestation/test_lifecycle.py"),
    *("tests/appeals/test_filing.py", "tests/appeals/test_ruling.py", "tests/appeals/test_lifecycle.py"),
)


@dataclass(frozen=True)
class Round:
    """One pytest run: which tests, on which database, by how many workers (0: no worker, in order)."""

    title: str
    postgres: bool
    markers: str
    workers: int
    second: bool = False

    def command(self, arguments: list[str]) -> list[str]:
        """The command line; neighbours stay together until a worker has nothing left to do."""
        spread = ["-n", str(self.workers), "--dist", "worksteal"] if self.workers else []
        return [
            sys.executable,
            "-m",
            "pytest",
            "--durations=10",
            "-m",
            self.markers,
            *spread,
            *arguments,
        ]


def rounds(*, long: bool, browser: bool) -> list[Round]:
    """What runs side by side; the long proofs run one after the other, for they watch the clock."""
    everywhere = "not slow and not browser and not postgres"
    if long:
        proofs = "slow or postgres or browser" if browser else "(slow or postgres) and not browser"
        return [
            Round("SQLite, long", False, "slow and not browser and not postgres", 0),
            Round("PostgreSQL, long", True, proofs, 0, second=True),
            Round("PostgreSQL, all", True, everywhere, 2),
        ]
    # What waits a lot (faults, walks of the browser) comes first there, and the rest fills in.
    second = "not slow" if browser else "not slow and not browser"
    return [Round("SQLite", False, everywhere, 2), Round("PostgreSQL", True, second, 2, second=True)]


def quick_round(arguments: list[str]) -> dict[str, int]:
    """SQLite alone: law, services, architecture, and the tests of what was changed."""
    prepare(clean_environment(None), postgres=False)
    each = Round("quick", False, "not slow and not browser and not postgres", 2)
    chosen = [*QUICK, *sorted(tests_of_changes() - {file for room in QUICK for file in files_below(room)})]
    command = each.command([*chosen, *arguments])
    say(f"{each.title}: {' '.join(command[1:])}")
    done = subprocess.run(command, env=clean_environment(None) | of_the_day(), cwd=ROOT, check=False)
    return {each.title: done.returncode}


def files_below(place: str) -> set[str]:
    """The test files in a folder, or the file itself."""
    found = (ROOT / place).rglob("test_*.py") if (ROOT / place).is_dir() else [ROOT / place]
    return {str(file.relative_to(ROOT)) for file in found}


def tests_of_changes() -> set[str]:
    """Test files that differ from the last commit, and those whose name holds that of a module that does."""
    status = ["git", "status", "--porcelain", "--untracked-files=all"]
    done = subprocess.run(status, cwd=ROOT, check=False, capture_output=True, text=True)
    lines = done.stdout.splitlines() if done.returncode == 0 else []  # no clone: nothing tells
    changed = [Path(line[3:].split(" -> ")[-1]) for line in lines if line[:2].strip() != "D"]
    stems = {path.stem for path in changed if path.suffix == ".py" and path.parts[0] != "tests"}
    every = files_below("tests")
    return {file for file in every if Path(file) in changed or any(stem in Path(file).stem for stem in stems)}


def run_rounds(arguments: list[str], *, long: bool) -> dict[str, int]:
    """Run them; gives pytest's exit status by the round's title."""
    browser = None if os.environ.get("NO_BROWSER") else ensure_chromium()
    if browser is None:
        say("NO_BROWSER is set: the browser tests are left out")
    chosen = {} if long else of_the_day()
    chosen |= {} if long or arguments else of_the_untouched()  # whoever names tests means them
    started: dict[str, Running] = {}
    statuses: dict[str, int] = {}
    with contextlib.ExitStack() as stack:
        env = clean_environment(browser)
        database = {"DATABASE_URL": stack.enter_context(throwaway_postgres())}
        prepare(env | database, postgres=True)
        for each in rounds(long=long, browser=browser is not None):
            own = env | (database if each.postgres else {}) | ({"SECOND_ROUND": "1"} if each.second else {})
            own |= chosen
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


def prepare(env: dict[str, str], *, postgres: bool) -> None:
    """What every worker would else make for itself: the migrated databases, the compiled tests."""
    made = "make_templates" if postgres else "sqlite_template"
    commands = [[sys.executable, "-c", f"from tests.template import {made}; {made}()"]]
    if stale := sorted(filter(is_stale, files_below("tests"))):
        commands.append([sys.executable, "-m", "pytest", "--collect-only", "-qq", *stale])
    env = env | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    quiet: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    started = [subprocess.Popen(each, env=env, cwd=ROOT, **quiet) for each in commands]
    output = [each.communicate()[0] for each in started]
    failed = [text for text, each in zip(output, started, strict=True) if each.returncode]
    if failed:
        raise CannotContinue("The tests cannot be prepared:\n" + "\n".join(failed))


def is_stale(file: str) -> bool:
    """Whether pytest has not compiled a test file as it is now."""
    path = ROOT / file
    name = f"{path.stem}.{sys.implementation.cache_tag}-pytest-{pytest.__version__}.pyc"
    compiled = path.parent / "__pycache__" / name
    # pytest goes by the contents: a checkout that only touches a file leaves its compiled twin valid.
    return not compiled.exists() or compiled.read_bytes()[8:16] != source_hash(path.read_bytes())


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
    chosen = {"--long", "--quick"} & set(sys.argv)
    arguments = [each for each in sys.argv[1:] if each not in chosen]
    compile_stale()
    try:
        quick = "--quick" in chosen
        statuses = quick_round(arguments) if quick else run_rounds(arguments, long="--long" in chosen)
    except CannotContinue as error:
        sys.exit(f"[setup] {error}")
    failed = [name for name, status in statuses.items() if status not in (0, NOTHING_SELECTED)]
    if failed or all(status == NOTHING_SELECTED for status in statuses.values()):
        sys.exit(f"make test: failed: {', '.join(failed)}" if failed else "make test: no test was selected")
    say(f"passed: {', '.join(statuses)}")


if __name__ == "__main__":
    main()
