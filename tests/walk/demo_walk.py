"""`make demo-walk`: the walk's spreadsheets through the whole chain by the public commands alone, twice.

Once on a new SQLite database, once on a new PostgreSQL, at fixed `--at` moments. Checked after each run: the
reports against fixtures/walk/expected.json, `replay` without a difference, the journal. Then both runs are
compared.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.servers import throwaway_postgres
from tests.walk.steps import REPORTS, Step, steps

ROOT = Path(__file__).resolve().parent.parent.parent
WALK = ROOT / "fixtures" / "walk"
REGIONS = {
    "akm1": "Ақмола",
    "akm2": "Ақмола",
    "tur": "Түркістан",
    **dict.fromkeys(("pav1", "pav2", "pav3"), "Павлодар"),
}
COMMAND_WITHIN_S = 120


class WalkFailed(Exception):
    """A command answered otherwise than the public contract says."""


@dataclass
class Run:
    """One run of the walk on one new database."""

    name: str
    database_url: str
    folder: Path
    reports: dict[str, Any] = field(default_factory=dict)
    commands: int = 0

    def walk(self) -> None:
        """Every step in order."""
        self.call(Step("", "migrate", ("--verbosity", "0"), json=False))
        for step in steps(numbers()):
            answer = self.call(step)
            if step.report:
                self.reports[step.report] = tones(answer) if step.command == "health" else answer

    def call(self, step: Step) -> Any:
        """Run one command as a user would; its JSON answer, or None where it has none."""
        line = [sys.executable, str(ROOT / "manage.py"), step.command, *step.arguments]
        line += ["--at", step.at] if step.at else []
        line += ["--json"] if step.json else []
        done = subprocess.run(
            line,
            cwd=WALK,
            env=self._environment(),
            input=step.stdin,
            capture_output=True,
            text=True,
            timeout=COMMAND_WITHIN_S,
            check=False,
        )
        self.commands += 1
        shown = f"[{self.name}] {step.command} {' '.join(step.arguments)}".rstrip()
        if done.returncode != step.status:
            said = f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
            raise WalkFailed(f"{shown}\nexit status {done.returncode}, expected {step.status}\n{said}")
        if not step.json:
            return None
        try:
            answer = json.loads(done.stdout)
        except ValueError as error:
            raise WalkFailed(
                f"{shown}\nno single JSON object on standard output:\n{done.stdout[:2000]}"
            ) from error
        for name, value in step.answers.items():
            if answer.get(name) != value:
                raise WalkFailed(
                    f"{shown}\n{name}: {answer.get(name)!r}, expected {value!r}\n{done.stdout[:2000]}"
                )
        return answer

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}
        return kept | {
            "DATABASE_URL": self.database_url,
            "DATA_DIR": str(self.folder),
            "ALLOW_TIME_TRAVEL": "1",
            "LOG_LEVEL": "WARNING",
            "PYTHONUTF8": "1",
        }


def tones(health: dict[str, Any]) -> dict[str, str]:
    """Each line of the health page with its tone; the moments in it are those of the real clock."""
    return {line["key"]: line["tone"] for line in health["lines"]}


def numbers() -> dict[str, str]:
    """The made-up IINs and BINs of the walk by their keys."""
    with (WALK / "who.csv").open(encoding="utf-8", newline="") as source:
        return {row["key"]: row["number"] for row in csv.DictReader(source)}


def mismatches(run: Run) -> list[str]:
    """Each field in which a report differs from what the order makes of the case."""
    by_key = numbers()
    found: list[str] = []
    by_hand = json.loads((WALK / "expected.json").read_text(encoding="utf-8"))
    for name, lines in by_hand["health"].items():
        for key, tone in lines.items():
            if (given := run.reports[name][key]) != tone:
                found.append(f"{name}: {key} {given!r}, by the order {tone!r}")
    for checkpoint in by_hand["checkpoints"]:
        name = checkpoint["report"]
        reported = {row["iin"]: row for row in run.reports[name]["attestations"]}
        if list(reported) != sorted(reported):
            found.append(f"{name}: not in order of iin")
        if checkpoint["complete"]:
            surplus = set(reported) - {by_key[key] for key in checkpoint["expect"]}
            found += [f"{name}: {iin} is not in expected.json" for iin in sorted(surplus)]
        for key, expected in checkpoint["expect"].items():
            row = reported.get(by_key[key])
            if row is None:
                found.append(f"{name}: {key} ({by_key[key]}) is missing")
                continue
            found += differences(f"{name}: {key}", {**checkpoint["defaults"], **expected}, row)
    return found


def differences(where: str, expected: dict[str, Any], row: dict[str, Any]) -> list[str]:
    """Each field of one case in which the report differs."""
    found = []
    for name, value in expected.items():
        if name == "why":
            continue
        given = row.get(name)
        if name == "cites":
            missing = [cite for cite in value if cite not in (given or [])]
            if missing:
                found.append(f"{where}: cites {given} lack {missing}")
        elif name == "consequences":
            if sorted(given or []) != sorted(value):
                found.append(f"{where}: consequences {given}, by the order {value}")
        elif given != value:
            found.append(f"{where}: {name} {given!r}, by the order {value!r}")
    return found


def table(run: Run) -> str:
    """Decisions by kind and region."""
    counted: Counter[tuple[str, str]] = Counter()
    for name, region in REGIONS.items():
        for row in run.reports[name]["attestations"]:
            counted[row["decision"] or f"({row['status']})", region] += 1
    regions = sorted(set(REGIONS.values()))
    kinds = sorted({kind for kind, _ in counted}, key=lambda kind: (kind.startswith("("), kind))
    lines = ["".join(["decision".ljust(20), *(region.rjust(12) for region in regions), "total".rjust(8)])]
    for kind in kinds:
        values = [counted[kind, region] for region in regions]
        cells = [str(value or "–").rjust(12) for value in values]
        lines.append("".join([kind.ljust(20), *cells, str(sum(values)).rjust(8)]))
    return "\n".join(lines)


def main() -> int:
    """Two runs side by side; 1 on any mismatch."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="demo-walk-") as temporary, throwaway_postgres() as postgres:
        folder = Path(temporary)
        urls = {"SQLite": f"sqlite:///{folder / 'walk.sqlite3'}", "PostgreSQL": postgres}
        try:
            runs = []
            for name, url in urls.items():
                (folder / name).mkdir()
                runs.append(Run(name, url, folder / name))
            with ThreadPoolExecutor(len(runs)) as pool:
                list(pool.map(Run.walk, runs))
        except WalkFailed as failure:
            print(failure, file=sys.stderr)
            return 1
    first, second = runs
    found = [f"[{run.name}] {line}" for run in runs for line in mismatches(run)]
    if first.reports != second.reports:
        found.append(
            "the two runs differ: " + ", ".join(n for n in REPORTS if first.reports[n] != second.reports[n])
        )
    print(table(first))
    print("\n".join(found), file=sys.stderr)
    if not found:
        cases = sum(len(report["attestations"]) for name, report in first.reports.items() if name in REGIONS)
        print(
            f"\n{cases} attestations as by the order, alike on both databases; replay: 0 differences; "
            f"journal unbroken; {first.commands} commands a run, {time.monotonic() - began:.0f} s"
        )
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
