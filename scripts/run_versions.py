"""`make versions`: the quick round on the Pythons beside the one of .venv, each in its own environment."""

import glob
import os
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.bootstrap import ROOT, VERSIONS, say, version_of


def interpreter(version: tuple[int, int]) -> str | None:
    """One of this version that runs: by its name on the path, else among pyenv's."""
    name = f"python{version[0]}.{version[1]}"
    pyenv = os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv"
    found = [shutil.which(name), *glob.glob(f"{pyenv}/versions/{version[0]}.{version[1]}.*/bin/{name}")]
    return next((each for each in found if each and version_of(each) == version), None)


def quick_round(python: str, version: tuple[int, int]) -> int:
    """Fill the environment and run; gives the exit status of the first step that failed, else 0."""
    venv = ROOT / f".venv-{version[0]}.{version[1]}"
    for command in (
        [python, "scripts/bootstrap.py", "--dev", "--venv", str(venv)],
        [str(venv / "bin" / "python"), "-m", "scripts.run_tests", "--quick"],
    ):
        if status := subprocess.run(command, cwd=ROOT, check=False).returncode:
            return status
    return 0


def main() -> None:
    """Exit 1 where a round failed, or where this machine has no other Python to try."""
    statuses: dict[str, int] = {}
    for version in VERSIONS:
        title = f"Python {version[0]}.{version[1]}"
        if version == sys.version_info[:2]:
            continue
        if python := interpreter(version):
            say(f"{title}: {python}")
            statuses[title] = quick_round(python, version)
        else:
            say(f"{title} is not on this machine: left out")
    failed = [title for title, status in statuses.items() if status]
    if failed or not statuses:
        sys.exit(
            f"make versions: failed: {', '.join(failed)}" if failed else "make versions: nothing was tried"
        )
    say(f"passed on {', '.join(statuses)}")


if __name__ == "__main__":
    main()
