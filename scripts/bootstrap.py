"""Make .venv and install the locked requirements. Runs on a bare Python."""

from __future__ import annotations  # so that an older Python gets as far as the sentence about versions

import argparse
import importlib.util
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
VERSIONS = ((3, 11), (3, 12), (3, 13))  # with requires-python in pyproject.toml
RUNTIME = ROOT / "requirements.txt"
DEVELOPMENT = ROOT / "requirements-dev.txt"


class CannotContinue(Exception):
    """A sentence for the person at the terminal: what is missing and the command that brings it."""


def ensure(development: bool, venv: Path = VENV) -> None:
    """Bring the environment to the state of the lock file; uv sees in a moment where it is there already."""
    make_venv(venv)
    install(DEVELOPMENT if development else RUNTIME, venv)


def version_of(python: str | Path) -> tuple[int, ...] | None:
    """(3, 11) for an interpreter that runs; None for one that does not, or a shim that only says so."""
    question = "import sys; print(*sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-c", question], check=False, capture_output=True, text=True)
    except OSError:
        return None
    return tuple(map(int, done.stdout.split())) if done.returncode == 0 else None


def refuse_other_versions() -> None:
    """Say which Pythons the requirements are locked for."""
    if sys.version_info[:2] not in VERSIONS:
        known = ", ".join(f"{major}.{minor}" for major, minor in VERSIONS)
        raise CannotContinue(
            f"This is Python {sys.version_info[0]}.{sys.version_info[1]}; the requirements are for {known}. "
            "Name one: make PYTHON=/path/to/python3.13 …"
        )


def make_venv(venv: Path) -> None:
    """Make the environment anew where there is none of this Python's version."""
    if version_of(venv / "bin" / "python") == sys.version_info[:2]:
        return
    refuse_other_versions()
    shutil.rmtree(venv, ignore_errors=True)
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    say(f"making {venv.name} with Python {version}")
    if shutil.which("uv"):
        check(["uv", "venv", "--quiet", "--python", sys.executable, str(venv)])
    else:
        ensure_venv_module()
        check([sys.executable, "-m", "venv", str(venv)])


def ensure_venv_module() -> None:
    """Debian keeps `venv` in a package of its own: install it as root, else name it."""
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        return
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        apt_install(package)
        return
    raise CannotContinue(f"Python's venv module is missing. Install it: sudo apt-get install {package}")


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


def install(requirements: Path, venv: Path) -> None:
    """Install with uv, which is ten times quicker than pip; with pip where uv cannot be had."""
    python = venv / "bin" / "python"
    locked = ["--require-hashes", "-r", str(requirements)]
    if uv := shutil.which("uv") or uv_of(venv):
        check([uv, "pip", "install", "--compile-bytecode", "--python", python, *locked])
    else:
        check([python, "-m", "pip", "install", "--quiet", *locked])


def uv_of(venv: Path) -> str | None:
    """The environment's own uv, put there by pip from its pinned and hashed lines of the lock file."""
    uv = venv / "bin" / "uv"
    if uv.exists():
        return str(uv)
    pinned = re.search(r"^uv==.*?(?=^\S|\Z)", DEVELOPMENT.read_text(), re.MULTILINE | re.DOTALL)
    if pinned is None:
        return None
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(pinned.group())
        file.flush()
        command: list[str | Path] = [
            venv / "bin" / "python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "-r",
            file.name,
        ]
        done = subprocess.run(command, check=False, capture_output=True)
    return str(uv) if done.returncode == 0 and uv.exists() else None


def check(command: list[str | Path]) -> None:
    """Run a command; its own output explains a failure, we add which step it was."""
    if subprocess.run(command, check=False).returncode:
        raise CannotContinue(f"This step failed, see above: {' '.join(map(str, command))}")


def say(text: str) -> None:
    """One line for the person at the terminal."""
    print(f"[setup] {text}", flush=True)


def main() -> None:
    """`python3 scripts/bootstrap.py [--dev] [--venv FOLDER]`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", action="store_true", help="with what the tests and the checks need")
    parser.add_argument("--venv", type=Path, default=VENV, help="another folder than .venv")
    given = parser.parse_args()
    try:
        ensure(given.dev, given.venv)
    except CannotContinue as error:
        sys.exit(f"[setup] {error}")


if __name__ == "__main__":
    main()
