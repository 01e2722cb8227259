"""Make .venv and install the locked requirements, once for each change. Runs on a bare Python 3.11."""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"
RUNTIME = ROOT / "requirements.txt"
DEVELOPMENT = ROOT / "requirements-dev.txt"


class CannotContinue(Exception):
    """A sentence for the person at the terminal: what is missing and the command that brings it."""


def ensure(development: bool) -> None:
    """Bring .venv to the state of the lock file; does nothing where it is there already."""
    wanted = DEVELOPMENT if development else RUNTIME
    digest = hashlib.sha256(wanted.read_bytes()).hexdigest()
    stamps = read_stamps()
    if PYTHON.exists() and stamps.get(wanted.name) == digest:
        return
    make_venv()
    say(f"installing {wanted.name} into .venv (once; it takes a minute at most)")
    install(wanted)
    stamps[wanted.name] = digest
    if development:  # it holds the runtime's pins as well
        stamps[RUNTIME.name] = hashlib.sha256(RUNTIME.read_bytes()).hexdigest()
    STAMP.write_text(json.dumps(stamps))


def read_stamps() -> dict[str, str]:
    """Which lock files the environment was last filled from."""
    try:
        return dict(json.loads(STAMP.read_text()))
    except (OSError, ValueError):
        return {}


def make_venv() -> None:
    """Make .venv where there is none that works."""
    if PYTHON.exists() and subprocess.run([PYTHON, "-c", ""], check=False).returncode == 0:
        return
    if sys.version_info[:2] != (3, 11):
        raise CannotContinue(
            f"This is Python {sys.version_info[0]}.{sys.version_info[1]}; the requirements are for 3.11. "
            "Name one: make PYTHON=/path/to/python3.11 …"
        )
    shutil.rmtree(VENV, ignore_errors=True)
    say("making .venv")
    if shutil.which("uv"):
        check(["uv", "venv", "--quiet", "--python", sys.executable, str(VENV)])
        return
    ensure_venv_module()
    check([sys.executable, "-m", "venv", str(VENV)])


def ensure_venv_module() -> None:
    """Debian keeps `venv` in a package of its own: install it as root, else name it."""
    if (
        subprocess.run(
            [sys.executable, "-c", "import ensurepip, venv"], check=False, capture_output=True
        ).returncode
        == 0
    ):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        apt_install("python3.11-venv")
        return
    raise CannotContinue("Python's venv module is missing. Install it: sudo apt-get install python3.11-venv")


def apt_install(*packages: str) -> None:
    """Install Debian packages without a question; raises CannotContinue where that fails."""
    say(f"installing {', '.join(packages)} by apt-get")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
    ):
        done = subprocess.run(
            command, env=quiet, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if done.returncode:
            raise CannotContinue(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}")


def install(requirements: Path) -> None:
    """Install with uv, which is ten times quicker than pip; with pip where uv cannot be had."""
    uv = shutil.which("uv") or uv_of_venv()
    if uv:
        check(
            [
                uv,
                "pip",
                "install",
                "--quiet",
                "--python",
                str(PYTHON),
                "--require-hashes",
                "-r",
                str(requirements),
            ]
        )
    else:
        check([PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(requirements)])


def uv_of_venv() -> str | None:
    """The uv inside .venv, put there by pip from its own pinned and hashed lines of the lock file."""
    uv = VENV / "bin" / "uv"
    if uv.exists():
        return str(uv)
    pinned = re.search(r"^uv==.*?(?=^\S|\Z)", DEVELOPMENT.read_text(), re.MULTILINE | re.DOTALL)
    if pinned is None:
        return None
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(pinned.group())
        file.flush()
        done = subprocess.run(
            [PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", file.name],
            check=False,
            capture_output=True,
        )
    return str(uv) if done.returncode == 0 and uv.exists() else None


def check(command: list[str | Path]) -> None:
    """Run a command; its own output explains a failure, we add which step it was."""
    if subprocess.run(command, check=False).returncode:
        raise CannotContinue(f"This step failed, see above: {' '.join(map(str, command))}")


def say(text: str) -> None:
    """One line for the person at the terminal."""
    print(f"[setup] {text}", flush=True)


def main() -> None:
    """`python3 scripts/bootstrap.py [--dev]`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", action="store_true", help="with what the tests and the checks need")
    try:
        ensure(parser.parse_args().dev)
    except CannotContinue as error:
        sys.exit(f"[setup] {error}")


if __name__ == "__main__":
    main()
