"""`make check`: every check, each to its end, so that one run shows everything that is wrong."""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scripts.compile_messages import compile_stale

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.prefix) / "bin"
PYTHON = sys.executable


def commands() -> dict[str, list[str]]:
    """Name and command of each check, the quick ones first."""
    return {
        "format": [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
        "lint": [str(BIN / "ruff"), "check", "--quiet", "."],
        "imports": [str(BIN / "lint-imports")],
        "migrations": [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"],
        "translations": [PYTHON, "-m", "scripts.messages", "check"],
        "system": [PYTHON, "-W", "error", "manage.py", "check", "--fail-level", "WARNING"],
        "types": [str(BIN / "mypy")],
    }


def run(command: list[str], env: dict[str, str]) -> tuple[float, subprocess.CompletedProcess[str]]:
    """How many seconds it took, and how it ended."""
    started = time.monotonic()
    done = subprocess.run(command, env=env, check=False, capture_output=True, text=True)
    return time.monotonic() - started, done


def main() -> None:
    """Run all of them on the embedded defaults, two at a time; exit 1 where one failed, naming those."""
    os.chdir(ROOT)
    compile_stale()
    failed = []
    with tempfile.TemporaryDirectory(prefix="check-") as data_dir, ThreadPoolExecutor(2) as pool:
        env = {**os.environ, "DATA_DIR": data_dir}
        # The last takes as long as all the others: it starts first.
        running = {name: pool.submit(run, each, env) for name, each in reversed(commands().items())}
        for name in commands():
            seconds, done = running[name].result()
            print(f"{name:12} {'FAILED' if done.returncode else 'ok':6} {seconds:5.1f} s", flush=True)
            if done.returncode:
                failed.append(name)
                print(done.stdout + done.stderr, flush=True)
    if failed:
        sys.exit(f"make check: failed: {', '.join(failed)}")
    print("make check: all passed")


if __name__ == "__main__":
    main()
