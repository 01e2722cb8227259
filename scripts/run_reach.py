"""`make reach`: run each test file that a change can have touched by itself, and note what code it runs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from coverage import CoverageData

from scripts.bootstrap import ROOT, CannotContinue, say
from scripts.compile_messages import compile_stale
from scripts.reach import Project, Record, project, untouched
from scripts.run_tests import NOTHING_SELECTED, clean_environment, prepare
from scripts.servers import ensure_chromium, throwaway_postgres

# As in `make test`: on PostgreSQL what only PostgreSQL can show, all else on SQLite.
ON_SQLITE = "not slow and not browser and not postgres"
ON_POSTGRES = "not slow and (browser or postgres)"
Env = dict[str, str]


def reached_by(file: str, root: Path, now: Project, sqlite: Env, postgres: Env) -> set[str] | None:
    """Names of the blocks that its tests ran, also in processes they started; None where one failed."""
    text = (root / file).read_text(encoding="utf-8")
    rounds = [(ON_SQLITE, sqlite)]
    if "mark.postgres" in text or "mark.browser" in text:
        rounds.append((ON_POSTGRES, postgres))
    with tempfile.TemporaryDirectory(prefix="reach-") as folder:
        for markers, env in rounds:
            command = [sys.executable, "-m", "coverage", "run", f"--rcfile={ROOT / 'pyproject.toml'}"]
            command += [
                f"--source={root}",
                f"--data-file={folder}/ran",
                "-m",
                "pytest",
                "-q",
                "-m",
                markers,
                file,
            ]
            done = subprocess.run(command, cwd=root, env=env, check=False, capture_output=True, text=True)
            if done.returncode not in (0, NOTHING_SELECTED):
                say(f"{file}: failed\n{done.stdout[-6000:]}{done.stderr[-2000:]}")
                return None
        ran = lines_run(Path(folder), root)
    return {
        name for name, block in now.blocks.items() if block.lines & ran.get(name.partition("::")[0], set())
    }


def lines_run(folder: Path, root: Path) -> dict[str, set[int]]:
    """Of each of the project's files, the lines that any of the processes ran."""
    found: dict[str, set[int]] = {}
    for place in folder.iterdir():
        data = CoverageData(str(place))
        data.read()
        for file in data.measured_files():
            found.setdefault(os.path.relpath(file, root), set()).update(data.lines(file) or ())
    return found


def main() -> None:
    """Exit 1 where a test failed; what passed until then is kept all the same."""
    compile_stale()
    now, before = project(ROOT), Record.read(ROOT)
    if now is None:
        sys.exit("[setup] make reach asks git which files belong to the project: it needs a clone.")
    kept = untouched(now, before)
    record, failed, began = Record.of(now, before, kept), [], time.monotonic()
    files = sorted(
        now.tests - kept, key=lambda file: (not file.startswith(("tests/faults/", "tests/browser/")), file)
    )
    try:
        sqlite = clean_environment(ensure_chromium())
        with throwaway_postgres() as url, ThreadPoolExecutor(os.cpu_count()) as pool:
            postgres = sqlite | {"DATABASE_URL": url}
            prepare(postgres, postgres=True)
            asked = {pool.submit(reached_by, file, ROOT, now, sqlite, postgres): file for file in files}
            for number, done in enumerate(as_completed(asked), start=1):
                say(f"{number} of {len(files)}, {time.monotonic() - began:.0f} s: {asked[done]}")
                failed += [] if record.takes(asked[done], done.result()) else [asked[done]]
                record.write(ROOT)
    except CannotContinue as error:
        sys.exit(f"[setup] {error}")
    if failed:
        sys.exit(f"make reach: failed: {', '.join(failed)}")
    say(f"make reach: {len(files)} test files run, {len(kept)} kept")


if __name__ == "__main__":
    main()
