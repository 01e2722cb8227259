"""`make test`: the tests on SQLite, then on a real PostgreSQL, with a real Redis and a real Chromium.

NO_BROWSER=1 leaves the browser tests out. Anything else on the command line goes to pytest.
"""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from scripts.bootstrap import CannotContinue, say
from scripts.compile_messages import compile_stale
from scripts.servers import ensure_chromium, throwaway_postgres, throwaway_redis

ROOT = Path(__file__).resolve().parent.parent
NOTHING_SELECTED = 5  # pytest's exit status
# Settings of the machine that would make a run here differ from a run there.
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
    *("DJANGO_SETTINGS_MODULE", "PYTEST_ADDOPTS", "LANGUAGE"),
)


def pytest(title: str, env: dict[str, str], markers: str, arguments: list[str]) -> int:
    """One run; gives pytest's exit status."""
    say(f"{title}: pytest -m '{markers}' {' '.join(arguments)}")
    command = [sys.executable, "-m", "pytest", "-m", markers, *arguments]
    return subprocess.run(command, env=env, cwd=ROOT, check=False).returncode


def clean_environment(browser: str | None) -> dict[str, str]:
    """The caller's environment without what steers our settings."""
    env = {name: value for name, value in os.environ.items() if name not in OURS}
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    if browser:
        env["CHROMIUM"] = browser
    return env


def run_all(arguments: list[str], long: bool) -> dict[str, int]:
    """Both databases; pure tests run in the first round only (tests/conftest.py, SECOND_ROUND)."""
    browser = None if os.environ.get("NO_BROWSER") else ensure_chromium()
    if browser is None:
        say("NO_BROWSER is set: the browser tests are left out")
    kind = "(slow or postgres)" if long else "not slow"  # the long proofs, and the races with them
    with contextlib.ExitStack() as stack:
        env = clean_environment(browser)
        env["REDIS_URL"] = stack.enter_context(throwaway_redis())
        statuses = {"SQLite": pytest("SQLite", env, f"{kind} and not browser and not postgres", arguments)}
        env["DATABASE_URL"] = stack.enter_context(throwaway_postgres())
        env["SECOND_ROUND"] = "1"
        selected = kind if browser else f"{kind} and not browser"
        statuses["PostgreSQL"] = pytest("PostgreSQL", env, selected, arguments)
    return statuses


def main() -> None:
    """Exit 0 only where both rounds passed and at least one of them ran a test."""
    arguments = sys.argv[1:]
    long = "--long" in arguments
    if long:
        arguments.remove("--long")
    compile_stale()
    try:
        statuses = run_all(arguments, long)
    except CannotContinue as error:
        sys.exit(f"[setup] {error}")
    failed = [name for name, status in statuses.items() if status not in (0, NOTHING_SELECTED)]
    if failed or all(status == NOTHING_SELECTED for status in statuses.values()):
        sys.exit(f"make test: failed on {', '.join(failed)}" if failed else "make test: no test was selected")
    say("passed on SQLite and PostgreSQL")


if __name__ == "__main__":
    main()
